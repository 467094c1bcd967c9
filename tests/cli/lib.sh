# SPDX-License-Identifier: GPL-2.0-only
# lib.sh: run the command and check what it says. Source it; CHAOS is the
# binary. check_end gives the script's exit code.

: "${CHAOS:=build/bin/chaos}"
dir=$(mktemp -d "${TMPDIR:-/tmp}/chaos-cli-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
failures=0

fail()
{
    echo "FAIL: $*" >&2
    failures=$((failures + 1))
}

# run EXIT-CODE WORD...: output in $dir/out, messages in $dir/err
run()
{
    expected=$1
    shift
    "$CHAOS" "$@" >"$dir/out" 2>"$dir/err" </dev/null
    got=$?
    [ "$got" = "$expected" ] || fail "chaos $*: exit code $got, not $expected"
}

# refused EXIT-CODE TEXT WORD...: one line of error with TEXT, and no output
refused()
{
    code=$1
    text=$2
    shift 2
    run "$code" "$@"
    [ "$(wc -l <"$dir/err")" -eq 1 ] ||
        fail "chaos $*: not one line of error: $(cat "$dir/err")"
    grep -q '^chaos: ' "$dir/err" || fail "chaos $*: $(cat "$dir/err")"
    grep -qF -e "$text" "$dir/err" ||
        fail "chaos $*: '$(cat "$dir/err")' does not say '$text'"
    [ ! -s "$dir/out" ] || fail "chaos $*: output beside the error"
}

check_end()
{
    [ "$failures" -eq 0 ] || return 1
    echo "ok"
}
