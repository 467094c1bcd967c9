#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# install.sh DIR: install what was built under DIR (`make install`).
set -eu

if [ $# -ne 1 ] || [ -z "$1" ]; then
    echo "usage: docs/install.sh DIR" >&2
    exit 2
fi
dir=$1
top=$(cd "$(dirname "$0")/.." && pwd)
b=$top/build

put()
{
    mode=$1 to=$2
    shift 2
    install -d "$dir/$to"
    install -m "$mode" "$@" "$dir/$to/"
}

put 755 bin "$b/bin/chaos"
put 755 sbin "$b/bin/chaosd"
put 644 lib/systemd/system "$b"/chaosd/chaosd.service "$b"/chaosd/chaosd.socket
put 644 share/chaos "$top/chaosd/chaosd.json"
put 644 lib "$b"/lib/libchaos.a "$b"/lib/libchaos.so.*
ln -sf "$(basename "$b"/lib/libchaos.so.*)" "$dir/lib/libchaos.so"
put 644 lib/pkgconfig "$b/lib/pkgconfig/chaos.pc"
put 644 include/chaos "$top"/include/chaos/*.h
put 644 include/noxs "$top"/include/noxs/*.h
put 644 share/man/man1 "$top"/docs/man/*.1
put 644 share/man/man8 "$top"/docs/man/*.8
put 644 share/man/man3 "$top"/docs/man/*.3
# Messages name them.
put 644 share/doc/chaos "$top/README.md"
put 644 share/doc/chaos/docs "$top"/docs/*.md
put 644 share/bash-completion/completions "$top/chaos/completion/chaos.bash"
mv "$dir/share/bash-completion/completions/chaos.bash" \
    "$dir/share/bash-completion/completions/chaos"
put 644 share/chaos/configs "$top"/configs/*.json
put 644 share/chaos/guests "$b"/guests/*.elf

# What `dkms install` is pointed at; its version is that of dkms.conf.
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/noxs/dkms.conf")
put 644 "src/chaos-noxs-$version" "$top"/noxs/*.[ch] "$top/noxs/Kbuild" \
    "$top/noxs/dkms.conf"
put 644 "src/chaos-noxs-$version/include/noxs" "$top"/include/noxs/*.h
