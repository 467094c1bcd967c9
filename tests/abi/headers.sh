#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Compile each header alone, twice in a row to try its guard, in every language
# that its users write. noxs.h goes into a hypervisor and guests of any dialect.
#
# usage: headers.sh HEADER...
set -eu

cc=${CC:-gcc}

# compile HEADER LANGUAGE FLAG...
compile()
{
    header=$1 language=$2
    shift 2
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
        "$cc" -x "$language" "$@" -Wall -Wextra -Werror -Wundef -Iinclude \
            -iquote . -fsyntax-only - || {
        echo "check-headers: $header does not compile with $*" >&2
        return 1
    }
}

# A header that needs another one first must be found out.
planted=$(mktemp --suffix=.h)
trap 'rm -f "$planted"' EXIT
echo 'uint32_t planted(void);' >"$planted"
if (compile "$planted" c -std=c99) 2>/dev/null; then
    echo "check-headers: a planted error was not found" >&2
    exit 1
fi

for header; do
    compile "$header" c -std=c99
    compile "$header" c -std=c11
    compile "$header" c++ -std=c++11
    case $header in
    */noxs/*) compile "$header" c -ansi -ffreestanding ;;
    esac
done
echo "check-headers: $# headers compile alone"
