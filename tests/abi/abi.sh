#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Sizes, offsets and constants of include/noxs, as 32-bit and as 64-bit code has
# them: equal to each other and to tests/abi/layout.txt. The table is made from
# the headers themselves, so that nothing in them is forgotten.
#
# usage: abi.sh DIRECTORY            check; DIRECTORY is for what is generated
#        abi.sh DIRECTORY --update   write tests/abi/layout.txt anew
set -eu

here=$(dirname "$0")
out=$1
cc=${CC:-gcc}
mkdir -p "$out"

# generate INCLUDE NAME: NAME.c with the table, NAME.names with its rows' names.
generate()
{
    ls "$1"/noxs/*.h | sort | while read -r header; do
        echo "#include <noxs/${header##*/}>"
    done >"$2.c"
    # Without comments; the definitions stay.
    cat "$1"/noxs/*.h | "$cc" -w -fpreprocessed -dD -E -P -x c - |
        awk -v names="$2.names" '
        function row(name, value, size) {
            print name >names
            print value ", " size ","
        }
        BEGIN {
            printf "" >names
            print "__attribute__((section(\".layout\")))"
            print "const unsigned long long layout[];"
            print "const unsigned long long layout[] = {"
        }
        /^#define (NOXS|__HYPERVISOR)[A-Z0-9_a-z]* [^"]+$/ {
            row($2, $2, 0)
        }
        /^struct [a-z_]+ \{/ {
            type = "struct " $2
            row($2, 0, "sizeof(" type ")")
        }
        /^}/ { type = "" }
        type != "" && /;/ {
            field = $0
            sub(/(\[.*)?;.*/, "", field)
            sub(/.* /, "", field)
            row(substr(type, 8) "." field,
                "__builtin_offsetof(" type ", " field ")",
                "sizeof(((" type " *)0)->" field ")")
        }
        END { print "};" }' >>"$2.c"
}

# table INCLUDE NAME BITS: NAME.BITS, one row "name offset-or-value size" each.
table()
{
    "$cc" -std=c99 "-m$3" -ffreestanding -I"$1" -c -o "$2.$3.o" "$2.c"
    objcopy -O binary -j .layout "$2.$3.o" "$2.$3.bin"
    od -An -v -t u8 -w16 "$2.$3.bin" | awk '{ print $1, $2 }' |
        paste -d ' ' "$2.names" - >"$2.$3"
}

both()
{
    generate "$1" "$2"
    table "$1" "$2" 32
    table "$1" "$2" 64
}

# A header with a field that the two disagree about must be found out.
self_check()
{
    rm -rf "$out/planted"
    mkdir -p "$out/planted/noxs"
    cp "$here"/../../include/noxs/*.h "$out/planted/noxs/"
    printf 'struct planted {\n    long a;\n    int b;\n};\n' \
        >"$out/planted/noxs/planted.h"
    both "$out/planted" "$out/planted/layout"
    if cmp -s "$out/planted/layout.32" "$out/planted/layout.64"; then
        echo "abi: a planted difference was not found" >&2
        exit 1
    fi
    diff "$out/planted/layout.32" "$out/planted/layout.64" |
        grep -q '^< planted.b 4 4$'
}

both "$here/../../include" "$out/layout"
if [ "${2-}" = --update ]; then
    cp "$out/layout.64" "$here/layout.txt"
fi
self_check
status=0
diff "$out/layout.32" "$out/layout.64" || {
    echo "abi: 32-bit and 64-bit code disagree (above)" >&2
    status=1
}
diff "$here/layout.txt" "$out/layout.64" || {
    echo "abi: not what tests/abi/layout.txt says (above); a change of the" \
        "ABI needs a new NOXS_VERSION and 'abi.sh DIRECTORY --update'" >&2
    status=1
}
[ "$status" -ne 0 ] || echo "abi: $(wc -l <"$out/layout.64") rows agree"
exit "$status"
