# SPDX-License-Identifier: GPL-2.0-only
# What the end-to-end tests share; sourced by each in dom0 (and, for its
# checks, by those that run on the build host). docs/testing.md explains it.
# shellcheck shell=sh

PATH=/e2e/bin:$PATH
T=$(mktemp -d /tmp/e2e.XXXXXX)
checks=0 failures=0 finished=no

# A test that dies half way must not pass.
at_exit()
{
    code=$?
    rm -rf "$T"
    if [ "$finished" = no ]; then
        echo "FAIL: the test ended early (exit code $code)"
        exit 1
    fi
}
trap at_exit EXIT

# The last line of each test.
finish()
{
    finished=yes
    echo "$checks checks, $failures failed"
    [ "$failures" -eq 0 ]
    exit
}

skip()
{
    finished=yes
    echo "SKIP: $*"
    exit 77
}

# --- running and judging ------------------------------------------------------

# Run a command: $rc, and what it wrote in $T/out and $T/err.
run()
{
    rc=0
    "$@" >"$T/out" 2>"$T/err" || rc=$?
}

begin()
{
    checks=$((checks + 1))
    printf '%s ... ' "$1"
}

pass()
{
    echo ok
}

# fail WHY COMMAND...: all that is known about the last run.
fail()
{
    why=$1
    shift
    failures=$((failures + 1))
    echo failed
    echo "FAIL: $why"
    echo "  command: $*" | cut -c1-300
    echo "  exit code: $rc"
    head -c 1500 "$T/out" | sed 's/^/  out: /'
    head -c 1500 "$T/err" | sed 's/^/  err: /'
}

# check TEXT COMMAND...: the command succeeds.
check()
{
    text=$1
    shift
    begin "$text"
    run "$@"
    if [ "$rc" -eq 0 ]; then
        pass
    else
        fail "$text" "$@"
    fi
}

# gives PATTERN COMMAND...: it succeeds and a line it prints matches.
gives()
{
    pattern=$1
    shift
    begin "$(echo "$*" | cut -c1-100) prints $pattern"
    run "$@"
    if [ "$rc" -eq 0 ] && grep -Eq -e "$pattern" "$T/out"; then
        pass
    else
        fail "it does not print $pattern" "$@"
    fi
}

# printed PATTERN: a line that the last command checked printed matches.
printed()
{
    begin "it printed $1"
    if grep -aEq -e "$1" "$T/out"; then
        pass
    else
        fail "it did not print $1" "the one before"
    fi
}

# is TEXT COMMAND...: it succeeds and prints just that.
is()
{
    wanted=$1
    shift
    begin "$(echo "$*" | cut -c1-100) prints just '$wanted'"
    run "$@"
    if [ "$rc" -eq 0 ] && [ "$(cat "$T/out")" = "$wanted" ]; then
        pass
    else
        fail "it does not print just '$wanted'" "$@"
    fi
}

# Each message is one line of chaos; where several VMs are made, a second one
# sums up.
are_messages()
{
    lines=1
    case " $* " in
    *" -n "*) lines=2 ;;
    esac
    [ "$(grep -c '^chaos: ' "$T/err")" -eq "$(wc -l <"$T/err")" ] &&
        [ "$(wc -l <"$T/err")" -le "$lines" ]
}

# fails_with CODE PATTERN COMMAND...: it fails just so, with one line for people
# that matches and nothing on standard output.
fails_with()
{
    code=$1 pattern=$2
    shift 2
    begin "$(echo "$*" | cut -c1-100) fails: $pattern"
    run "$@"
    if [ "$rc" -ne "$code" ]; then
        fail "the exit code is not $code" "$@"
    elif ! grep -Eq -e "$pattern" "$T/err"; then
        fail "the message is not $pattern" "$@"
    elif ! are_messages "$@"; then
        fail "the message is not one line of chaos" "$@"
    elif [ -s "$T/out" ]; then
        fail "a failure prints on standard output" "$@"
    else
        pass
    fi
}

# until_true SECONDS TEXT COMMAND...: it succeeds within that time.
until_true()
{
    tries=$(($1 * 10)) text=$2
    shift 2
    begin "$text"
    run "$@"
    while [ "$rc" -ne 0 ] && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        usleep 100000
        run "$@"
    done
    if [ "$rc" -eq 0 ]; then
        pass
    else
        fail "$text" "$@"
    fi
}

# linux_is_up DOMID: the Linux guest with XenStore says so on its console, which
# is read for a second. Before it is up Linux takes each request to end and does
# nothing about it.
linux_is_up()
{
    timeout 1 cat "$(xenstore-read "/local/domain/$1/console/tty")" \
        >>"$T/console.$1"
    grep -q '^guest up' "$T/console.$1"
}

# --- guests -------------------------------------------------------------------

# config FILE KERNEL [KEY JSON]...: a configuration of /guests/KERNEL.elf.
config()
{
    file=$1
    printf '{"kernel": "/guests/%s.elf"' "$2" >"$file"
    shift 2
    while [ $# -gt 0 ]; do
        printf ', "%s": %s' "$1" "$2" >>"$file"
        shift 2
    done
    echo '}' >>"$file"
}

# One field of one domain: field NAME KEY...
field()
{
    target=$1
    shift
    chaos list --json "$target" >"$T/field" && json 0 "$@" <"$T/field"
}

# The six letters of chaos list.
letters()
{
    chaos list "$1" | awk 'NR == 2 { print $(NF - 1) }'
}

has_letters()
{
    letters "$1" | grep -q "$2"
}

is_up()
{
    [ "$(field "$1" guest state)" = up ]
}

exists()
{
    chaos domid "$1" >/dev/null 2>&1
}

absent()
{
    ! exists "$1"
}

all_guests()
{
    chaos list | awk 'NR > 1 && $2 != 0 { print $2 }'
}

# --- the daemon ----------------------------------------------------------------

# daemon_start CONFIG [OPTION...]: chaosd, until it answers; $daemon is its
# process. What it writes goes to $T/chaosd.
daemon_start()
{
    daemon_config=$1
    shift
    chaosd -f "$daemon_config" "$@" >>"$T/chaosd" 2>&1 &
    daemon=$!
    until_true 20 "chaosd answers" chaos pool status --json
}

# daemon_end SIGNAL: it ends, and how is in $daemon_code.
daemon_end()
{
    kill -"$1" "$daemon"
    daemon_code=0
    wait "$daemon" || daemon_code=$?
}

# It stops as an operator would have it stop, and says so.
daemon_stop()
{
    daemon_end TERM
    check "chaosd ends" test "$daemon_code" -eq 0
}

# pool_field KEY...: of the pool's status.
pool_field()
{
    chaos pool status --json >"$T/pool" && json "$@" <"$T/pool"
}

# The ids of shells, as the hypervisor has them.
shells()
{
    chaos list --all | awk '$1 == "[shell]" { print $2 }' | sort -n | xargs
}

# --- killing -------------------------------------------------------------------

# The command at its Nth stop, for all N, a few at a time where there are many.
# killed_everywhere STRIDE AFTER COMMAND...
killed_everywhere()
{
    stride=$1 after=$2 at=1 kills=0
    shift 2
    while killat "$at" "$@" >"$T/killat" 2>"$T/killat.err" &&
        grep -q killed "$T/killat"; do
        kills=$((kills + 1))
        "$after" || return 1
        at=$((at + stride))
    done
    "$after" || return 1
    echo "$kills kills at $at system calls' begin or end"
    [ "$kills" -gt 20 ] && grep -q 'ended [0-9]* 0' "$T/killat"
}

# --- nothing may be left ------------------------------------------------------

free_kb()
{
    host | head -n 1
}

# Xen gives a dead domain's last pages back a moment later: wait for rest.
snapshot()
{
    host >"$T/before"
    until usleep 300000 && host >"$T/now" && cmp -s "$T/before" "$T/now"; do
        mv "$T/now" "$T/before"
    done
}

# The first line is Xen's free memory; more of it than before is fine. Xen's own
# allocator takes pages for what is small and keeps them: a test in which so many
# guests come and go that a page of each could not be missed may say so by
# slack_kb.
slack_kb=0
is_same()
{
    host >"$T/now" && [ $(($(head -n 1 "$T/now") + slack_kb)) -ge \
        "$(head -n 1 "$T/before")" ] &&
        [ "$(tail -n +2 "$T/now")" = "$(tail -n +2 "$T/before")" ]
}

# same_as_before [TEXT]: all is as at the snapshot, after a moment at least.
same_as_before()
{
    begin "${1:-nothing is left}"
    tries=50
    until is_same; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ]; then
            rc=1
            diff "$T/before" "$T/now" >"$T/out"
            : >"$T/err"
            fail "something is left" same_as_before
            return
        fi
        usleep 100000
    done
    pass
}
