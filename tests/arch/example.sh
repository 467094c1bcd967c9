#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run docs/examples/create.c's program: with a configuration that is wrong, and
# with one whose kernel does not exist, which fails on any machine.
#
# usage: example.sh BUILD
set -eu

build=$1
dir=$build/tests/examples
export LD_LIBRARY_PATH="$build/lib"

# expect STATUS TEXT FILE: how the program ends and what it says.
expect()
{
    status=0
    "$dir/create" "$3" 2>"$dir/stderr" || status=$?
    if [ "$status" -ne "$1" ] || ! grep -qE "$2" "$dir/stderr"; then
        echo "example: exit $status with '$(cat "$dir/stderr")'," \
            "expected $1 with '$2'" >&2
        exit 1
    fi
}

echo '{"kernel": "/nonexistent/kernel", "memry": 4}' >"$dir/wrong.json"
echo '{"kernel": "/nonexistent/kernel"}' >"$dir/none.json"
expect 1 "^create: .*wrong\.json.*memry" "$dir/wrong.json"
expect 1 '^create: .*(not a Xen host|no privilege|no noxs|/nonexistent/kernel)' \
    "$dir/none.json"
echo 'example: builds against the shared library and fails as it should'
