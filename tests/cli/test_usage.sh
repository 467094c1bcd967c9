# SPDX-License-Identifier: GPL-2.0-only
# The real binary without a Xen host: help, usage errors, exit codes, and that
# a failure leaves no trace.

. "${0%/*}/lib.sh"

commands=$("$CHAOS" help | awk '/^Commands:/ { on = 1; next }
    /^$/ { on = 0 } on { print $1 }')
[ "$(echo "$commands" | wc -l)" -ge 14 ] || fail "commands: $commands"

# help in all its forms
run 0 --help
cp "$dir/out" "$dir/help"
grep -q '^Usage: chaos ' "$dir/help" || fail "no usage"
run 0 -h
cmp -s "$dir/out" "$dir/help" || fail "-h differs from --help"
run 0 help
cmp -s "$dir/out" "$dir/help" || fail "help differs from --help"
for command in $commands; do
    run 0 help "$command"
    cp "$dir/out" "$dir/help"
    grep -q "^Usage: chaos $command" "$dir/help" || fail "help $command"
    run 0 "$command" --help
    cmp -s "$dir/out" "$dir/help" || fail "$command --help differs"
    run 0 "$command" -h
    refused 2 "unknown or ambiguous option '--bogus'" "$command" --bogus
    refused 2 "see 'chaos help $command'" "$command" -Z
done

# versions
run 0 --version
cp "$dir/out" "$dir/version"
run 0 -V
cmp -s "$dir/out" "$dir/version" || fail "-V differs from --version"
run 0 version
cmp -s "$dir/out" "$dir/version" || fail "version differs from --version"
run 0 version --json
grep -q '"noxs": ' "$dir/out" || fail "version --json"

# usage
refused 2 "needs a command"
refused 2 "unknown command 'bogus'" bogus
refused 2 "unknown command 'bogus'" help bogus
refused 2 "unknown option '-x'" -x list
for command in create destroy shutdown reboot pause unpause console domid \
    domname rename; do
    refused 2 "chaos: $command: needs " "$command"
done
for kind in vif vbd; do
    refused 2 "chaos: $kind: needs a command" "$kind"
    refused 2 "chaos: $kind: unknown command 'bogus'" "$kind" bogus
    refused 2 "unknown command '$kind bogus'" help "$kind" bogus
    for part in attach detach list; do
        run 0 help "$kind" "$part"
        cp "$dir/out" "$dir/help"
        grep -q "^Usage: chaos $kind $part " "$dir/help" ||
            fail "help $kind $part"
        run 0 "$kind" "$part" --help
        cmp -s "$dir/out" "$dir/help" || fail "$kind $part --help differs"
        refused 2 "see 'chaos help $kind $part'" "$kind" "$part" -Z
    done
    refused 2 "chaos: $kind attach: needs ID KEY=VALUE..." "$kind" attach 1
    refused 2 "chaos: $kind detach: needs ID " "$kind" detach 1
    refused 2 "too many arguments" "$kind" detach 1 2 3
    refused 2 "'bogus' is not KEY=VALUE" "$kind" attach 1 bogus
    refused 1 "chaos: $kind attach: bogus: unknown key" "$kind" attach 1 bogus=1
    refused 2 "is not a number from 1 to 86400" "$kind" detach -t0 1 2
done
refused 1 'chaos: vif attach: mtu: "67": expected a number from 68 to 65517' \
    vif attach 1 mtu=67
refused 1 'chaos: vbd attach: access: "rw": expected r (read only) or w' \
    vbd attach 1 access=rw
for part in status set drain fill; do
    run 0 help pool "$part"
    cp "$dir/out" "$dir/help"
    run 0 pool "$part" --help
    cmp -s "$dir/out" "$dir/help" || fail "pool $part --help differs"
done
refused 2 "chaos: pool: needs a command" pool
refused 2 "chaos: pool: unknown command 'bogus'" pool bogus
refused 2 "needs FILE [KEY=VALUE...]" pool set
refused 2 "--low 3 is more than --high 2" pool set --low 3 --high 2 x
refused 2 "is not a number from 1 to 86400" pool fill -t 0
refused 2 "is not a number from 0 to 4294967295" pool drain --kb=-1
refused 2 "too many arguments" pool status x
refused 2 "needs ID" log
refused 2 "too many arguments" events 1 2
refused 2 "too many arguments" reap 1
refused 2 "--socket needs PATH" --socket
refused 2 "unknown command 'list x'" help list x
refused 2 "needs ID NAME" rename 1
refused 2 "too many arguments" rename 1 a b
refused 2 "too many arguments" version 1
refused 2 "too many arguments" console 1 2
refused 2 "-n needs N" create x -n
refused 2 "--name needs NAME" create x --name
refused 2 "--json takes no argument" list --json=1
for n in 0 -1 32753 4294967297 x '' 1e3; do
    refused 2 "is not a number from 1 to 32752" create -n "$n" x
done
for n in 0 -1 86401 x ''; do
    refused 2 "is not a number from 1 to 86400" shutdown -t "$n" 1
done

# options before and after the command and its operands, and an end of options
cat >"$dir/web.json" <<END
{"kernel": "/nonexistent/kernel"}
END
refused 1 "chaos: domid: " -v domid x
refused 1 "chaos: domid: " domid x -v -q
refused 2 "too many arguments" domid -- -v x

# a configuration that is none
refused 1 "/nonexistent" create /nonexistent
refused 1 "directory" create "$dir"
refused 1 "bogus" create -- "$dir/web.json" bogus=1
refused 1 "vifs[1].ip: expected an index from 0 to 0" create "$dir/web.json" \
    'vifs[1].ip=10.0.0.2'
refused 1 "vbds[0].vdev: missing: " create "$dir/web.json" \
    'vbds[0].target=/d' 'vbds[0].access=w'
refused 2 "'bogus' is not KEY=VALUE" create "$dir/web.json" bogus
printf '{"memory": 8' >"$dir/cut.json"
refused 1 "$dir/cut.json" create "$dir/cut.json"

# output that cannot be written
if [ -w /dev/full ]; then
    "$CHAOS" --help >/dev/full 2>"$dir/err"
    [ $? -eq 1 ] || fail "a full output goes unnoticed"
    grep -q 'standard output: No space left' "$dir/err" || fail "/dev/full"
fi

# closed standard descriptors
"$CHAOS" list <&- >&- 2>&-
[ $? -eq 1 ] || fail "closed descriptors"

# no daemon
for words in 'pool status' 'pool drain' 'pool fill' 'log web' events; do
    # shellcheck disable=SC2086
    refused 1 "chaosd is not running ('systemctl start chaosd' starts it)" \
        --socket "$dir/none" $words
    # shellcheck disable=SC2086
    refused 1 "chaosd is not to be used" --no-daemon $words
done
refused 1 "chaosd is not running" pool --socket="$dir/none" set "$dir/web.json"

# not a Xen host
if [ ! -e /dev/xen/privcmd ] && [ ! -e /proc/xen/privcmd ]; then
    for words in list info 'list --json' 'destroy 1' 'pause web' 'domid web' \
        'console 1' 'shutdown -w 1' 'reboot 1' 'vif list' 'vbd list --json' \
        'vif detach 1 0' 'vif attach 1 bridge=b' 'vbd detach 1 xvda' \
        reap 'reap -n' 'list -a' 'top -n 1' 'top --json'; do
        # shellcheck disable=SC2086
        refused 1 "not a Xen host" $words
    done
fi

check_end
