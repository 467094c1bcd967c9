#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the programs of docs/examples such that they fail on any machine: with a
# configuration that is wrong, a kernel that does not exist, a VM that is none.
#
# usage: example.sh BUILD
set -eu

build=$1
dir=$build/tests/examples
export LD_LIBRARY_PATH="$build/lib"

# expect STATUS TEXT PROGRAM ARGS...: how it ends and what it says.
expect()
{
    expected=$1
    text=$2
    program=$3
    shift 3
    status=0
    "$dir/$program" "$@" 2>"$dir/stderr" || status=$?
    if [ "$status" -ne "$expected" ] || ! grep -qE "$text" "$dir/stderr"; then
        echo "example: exit $status with '$(cat "$dir/stderr")'," \
            "expected $expected with '$text'" >&2
        exit 1
    fi
}

echo '{"kernel": "/nonexistent/kernel", "memry": 4}' >"$dir/wrong.json"
echo '{"kernel": "/nonexistent/kernel"}' >"$dir/none.json"
no_host='not a Xen host|no privilege|no noxs'
expect 1 "^create: .*wrong\.json.*memry" create "$dir/wrong.json"
expect 1 "^create: .*($no_host|/nonexistent/kernel)" create "$dir/none.json"
expect 1 "^attach: .*($no_host|there is no domain)" attach no-such-vm xenbr0
echo 'example: both build against the shared library and fail as they should'
