#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The arrows and rules of docs/design.md, checked in the sources and in what was
# built. Each rule is first tried on a planted violation: one that does not find
# it is broken.
#
# usage: arch.sh BUILD     BUILD holds lib/libchaos.{a,so}, bin/chaos, bin/chaosd
set -eu

build=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
libxc='(xencall|xenevtchn|xenforeignmemory|xenctrl|xenguest|xengnttab)\.h'
rooms='include libchaos chaos chaosd noxs guests xen-patches tests bench docs'

# All rules run in the root of a tree and print what they find: nothing is good.

# sources ROOM... -name PATTERN...: files of rooms that are there.
sources()
{
    for room; do
        [ -d "$room" ] && find "$room" -name '*.[chS]' -type f
    done | sort
    return 0
}

# included ROOM REGEX: lines that include such a header.
included()
{
    sources "$1" | xargs -r grep -nE "^ *# *include *[<\"]$2[>\"]" /dev/null |
        sed 's/$/ (not allowed here)/'
}

# At most one of the files may include such a header.
at_most_one()
{
    label=$1
    shift
    files=$(sources libchaos chaos chaosd |
        xargs -r grep -lE "^ *# *include *[<\"]$1[>\"]" /dev/null || :)
    set -- $files
    [ $# -le 1 ] || echo "more than one file includes $label: $*"
}

rule_contracts()
{
    included include/noxs '[^>"]*/.*' | grep -v '<linux/types.h>' || :
    included include/chaos '[^>"]*/.*' |
        grep -vE '<(chaos|noxs|sys)/[a-z_]+\.h>' || :
}

rule_library()
{
    included libchaos '[^>"]*/.*' |
        grep -vE '<(chaos|noxs|xen|sys|yajl|net|netinet|arpa|linux|netlink)/' || :
    sources libchaos | xargs -r grep -n '^#include "' /dev/null |
        while IFS=: read -r file line text; do
            header=${text#*\"}
            [ -f "libchaos/${header%\"*}" ] || echo "$file:$line: $text"
        done
}

rule_programs()
{
    for room in chaos chaosd; do
        included $room "(xen/.*|$libxc|xenstore\.h)"
        included $room '(.*libchaos.*|.*\.\./.*|guests/.*)'
        sources $room | xargs -r grep -n '^#include "' /dev/null |
            while IFS=: read -r file line text; do
                header=${text#*\"}
                [ -f "$room/${header%\"*}" ] || echo "$file:$line: $text"
            done
    done
    # The event loop is the daemon's; threads are, too.
    for room in libchaos chaos; do
        included $room '(event2/.*|event\.h|pthread\.h)'
    done
    included chaosd '[^>"]*/.*' |
        grep -vE '<(chaos|noxs|event2|yajl|sys|netinet|arpa|linux)/' || :
}

# A program that needs nothing from the host that it runs on.
rule_static()
{
    for file; do
        readelf -lW "$file" | grep -E ' INTERP | DYNAMIC ' |
            sed "s,^,${file##*/}: not linked statically: ," || :
    done
}

rule_guests()
{
    for room in guests noxs; do
        included $room '(.*/)?(chaos|libchaos|chaosd)/.*'
        included $room "$libxc"
        [ ! -d $room ] || grep -rnE 'libchaos|-lchaos' $room \
            --include='*.mk' --include=Makefile --include=Kbuild || :
    done
}

rule_seam()
{
    included libchaos "$libxc" |
        grep -vE '^libchaos/hv_xen(_[a-z]+)?\.[ch]:' || :
    included libchaos 'hv_xen\.h' |
        grep -vE '^libchaos/hv_xen(_[a-z]+)?\.c:' || :
    at_most_one 'the protocol of XenStore' '(xenstore|xen/io/xs_wire)\.h'
    at_most_one 'the ioctls of noxs' 'noxs/ioctl\.h'
    included libchaos 'netlink/.*' | grep -v '^libchaos/netlink.c:' || :
    included libchaos 'noxs/ioctl\.h' | grep -v '^libchaos/back.c:' || :
    # The real sides stay out of what the models replace.
    sources libchaos | xargs -r grep -nE '(hv_xen|host_linux)_open\(' \
        /dev/null |
        grep -vE '^libchaos/((hv_xen|host_linux|ctx).c|(hv|host).h):' || :
    included libchaos 'host_linux\.h' |
        grep -vE '^libchaos/(host_linux|back|bridge|netlink|loop|stock|stock_count|stock_list|terminal).c:' || :
}

# What the library's objects refer to: it never prints, exits or aborts.
rule_silent()
{
    nm -u -A "$1" 2>/dev/null |
        grep -E ' U (_?exit|_Exit|abort|(__)?v?f?printf(_chk)?|putchar|puts|fputs|fputc|fwrite|perror|stdout|stderr|__assert_fail|syslog|system|popen)$' |
        sed 's/$/ (a library does not)/' || :
}

# declared: the functions of include/chaos; types of functions are none.
declared()
{
    cat include/chaos/*.h | gcc -w -fpreprocessed -E -P -x c - |
        awk '/^typedef/ { skip = 1 } !skip { print } /;/ { skip = 0 }' |
        grep -oE '\bchaos_[a-z0-9_]+\(' | tr -d '(' | sort -u
}

rule_exports()
{
    nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3)
        print $3 }' | sort -u >"$work/exported"
    declared >"$work/declared"
    comm -23 "$work/exported" "$work/declared" |
        sed 's/$/: exported, but in no header/'
    comm -13 "$work/exported" "$work/declared" |
        sed 's/$/: declared, but not exported/'
}

licence_of()
{
    case $1 in
    *.mk | */Makefile | *.sh) echo '(GPL-2.0-only|BSD-2-Clause)' ;;
    include/noxs/* | docs/examples/*) echo MIT ;;
    include/chaos/* | libchaos/*) echo LGPL-2.1-only ;;
    guests/*) echo BSD-2-Clause ;;
    *) echo GPL-2.0-only ;;
    esac
}

# Scripts have their interpreter's line before it.
rule_licence()
{
    for room in $rooms; do
        [ -d "$room" ] || continue
        find "$room" -type f \( -name '*.[chS]' -o -name '*.mk' \
            -o -name '*.sh' -o -name '*.py' -o -name '*.lds*' -o -name Makefile \
            -o -name '*.service' -o -name '*.socket' \)
    done | sort | while read -r file; do
        head -n 2 "$file" | sed '/^#!/d' | head -n 1 |
            grep -qE "SPDX-License-Identifier: $(licence_of "$file")( |$)" ||
            echo "$file: its first line is not SPDX $(licence_of "$file")"
    done
}

rule_size()
{
    sources $rooms | while read -r file; do
        lines=$(wc -l <"$file")
        limit=450
        [ "$lines" -le "$limit" ] ||
            echo "$file: $lines lines, more than $limit"
    done
}

rule_text()
{
    tab=$(printf '\t')
    sources include libchaos chaos chaosd guests tests bench docs |
        grep -v '\.S$' | xargs -r grep -n "$tab" /dev/null |
        sed 's/$/ (a tab)/' || :
    sources $rooms | xargs -r grep -nE '\b(TODO|FIXME|XXX)\b|^ *# *if 0\b' \
        /dev/null || :
    sources libchaos chaos chaosd | xargs -r grep -nE \
        '\b(strcpy|strcat|sprintf|strncpy|gets|atoi|atol)\(' /dev/null || :
    # What brings all of NSS into a static program, and makes it start later.
    sources libchaos chaos chaosd | xargs -r grep -nE \
        '\b(glob|wordexp|getpw[a-z_]+|getgr[a-z_]+|getaddrinfo)\(' \
        /dev/null || :
}

# --- every rule finds what it is for ------------------------------------------

# plant RULE FILE TEXT: a tree of only this file must be found at fault.
plant()
{
    rm -rf "$work/tree"
    mkdir -p "$work/tree/$(dirname "$2")"
    printf '%b\n' "$3" >"$work/tree/$2"
    if [ -z "$(cd "$work/tree" && "rule_$1")" ]; then
        echo "arch: rule '$1' does not find: $3 in $2" >&2
        exit 1
    fi
}

plant_object()
{
    printf '%s\n' "$1" | gcc -w -fPIC -x c -c -o "$work/planted.o" -
    [ -n "$(rule_silent "$work/planted.o")" ] || {
        echo "arch: rule 'silent' does not find: $1" >&2
        exit 1
    }
}

plant_dynamic()
{
    echo 'int main(void) { return 0; }' | gcc -x c -o "$work/planted" -
    [ -n "$(rule_static "$work/planted")" ] || {
        echo "arch: rule 'static' does not find a program that is not" >&2
        exit 1
    }
}

# A function that no header has, and all declared ones missing.
plant_export()
{
    echo 'void chaos_secret(void) {}' |
        gcc -shared -fPIC -x c -o "$work/planted.so" -
    [ "$(rule_exports "$work/planted.so" | grep -c .)" -gt 20 ] &&
        rule_exports "$work/planted.so" | grep -q '^chaos_secret: exp' || {
        echo "arch: rule 'exports' does not compare" >&2
        exit 1
    }
}

self_check()
{
    lgpl='/* SPDX-License-Identifier: LGPL-2.1-only */'
    plant contracts include/noxs/a.h '#include <sys/types.h>'
    plant contracts include/chaos/a.h '#include "libchaos/internal.h"'
    plant contracts include/chaos/a.h '#include <xen/xen.h>'
    plant library libchaos/a.c '#include <chaosd/protocol.h>'
    plant library libchaos/a.c '#include "../chaos/cli.h"'
    plant library libchaos/a.c '#include "cli.h"'
    plant programs chaos/a.c '#include "internal.h"'
    plant programs chaos/a.c '#include <xenctrl.h>'
    plant programs chaosd/a.c '#include "../libchaos/hv.h"'
    plant programs chaosd/a.c '#include <xen/xen.h>'
    plant programs chaos/a.c '#include <event2/event.h>'
    plant programs libchaos/a.c '#include <pthread.h>'
    plant licence chaosd/a.service '# SPDX-License-Identifier: MIT'
    plant guests guests/x/a.c '#include <chaos/chaos.h>'
    plant guests guests/x.mk 'x: build/lib/libchaos.a'
    plant guests noxs/a.c '#include <xenctrl.h>'
    plant seam libchaos/b.c '#include <xencall.h>'
    plant seam libchaos/b.c '    hv_xen_open(&hv);'
    plant seam libchaos/b.c '    host_linux_open(&host);'
    plant seam libchaos/b.c '#include <netlink/msg.h>'
    plant seam libchaos/b.c '#include <noxs/ioctl.h>'
    plant seam libchaos/b.c '#include "host_linux.h"'
    plant seam libchaos/b.c '#include "hv_xen.h"'
    plant licence libchaos/a.c '/* SPDX-License-Identifier: MIT */'
    plant licence tests/a.sh '#!/bin/sh\necho'
    plant size tests/a.c "$(yes | head -n 451)"
    plant text chaos/a.c 'int\ta;'
    plant text libchaos/a.c '    rc = glob(pattern, 0, NULL, &found);'
    plant text libchaos/a.c '/* TODO */'
    plant text libchaos/a.c '    strcpy(a, b);'
    plant_object 'void f(void) { puts("x"); }'
    plant_object 'void f(void) { exit(1); }'
    plant_object '#include <stdio.h>
        void f(void) { fprintf(stderr, "%d", 1); }'
    plant_export
    plant_dynamic
    # And a file without fault passes.
    rm -rf "$work/tree"
    mkdir -p "$work/tree/libchaos"
    printf '%s\n#include <chaos/chaos.h>\n' "$lgpl" >"$work/tree/libchaos/a.c"
    found=$(cd "$work/tree" && rule_library && rule_seam && rule_licence &&
        rule_size && rule_text)
    [ -z "$found" ] || {
        echo "arch: a file without fault is blamed: $found" >&2
        exit 1
    }
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac
cd "$top"
self_check

status=0
for rule in contracts library programs guests seam licence size text \
    "silent $build/lib/libchaos.a" "exports $build/lib/libchaos.so" \
    "static $build/bin/chaos $build/bin/chaosd"; do
    # The rule's name and, for some, the file it looks at.
    set -- $rule
    name=$1
    shift
    found=$("rule_$name" "$@")
    [ -n "$found" ] || continue
    echo "$found" | sed "s/^/arch: $name: /" >&2
    status=1
done
[ "$status" -ne 0 ] || echo "arch: 11 rules hold, and each finds what it is for"
exit "$status"
