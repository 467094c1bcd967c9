# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # dir is the test's
# Checks that the tests of bench/figures share. Sourced by them.

fail()
{
    echo "FAIL: $*" >&2
    exit 1
}

# has FILE TEXT
has()
{
    grep -Fq -- "$2" "$1" || {
        cat "$1" >&2
        fail "no '$2' in $1"
    }
}

# lacks FILE TEXT
lacks()
{
    ! grep -Fq -- "$2" "$1" || fail "'$2' in $1"
}

# exits CODE COMMAND...: its standard error is in $dir/said
exits()
{
    wanted=$1 code=0
    shift
    "$@" 2>"$dir/said" || code=$?
    [ "$code" -eq "$wanted" ] || {
        cat "$dir/said" >&2
        fail "$* ended with $code, not $wanted"
    }
}
