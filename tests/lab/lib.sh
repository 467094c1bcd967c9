# SPDX-License-Identifier: GPL-2.0-only
# What the scripts that make initramfs archives share. Sourced by them, with
# $lab naming build/lab.

# The file that stands for PATH in dom0: from the unpacked packages, else the
# host's.
lab_source()
{
    for base in "$lab/root" "$lab/root/usr" '' /usr; do
        if [ -e "$base$1" ]; then
            echo "$base$1"
            return
        fi
    done
    echo "lab: no such file for dom0: $1" >&2
    return 1
}

# The libraries and program interpreters that the ELF files below TREE ask
# for, found anew until no more turn up, are copied to where ld.so looks.
# Names in the file KNOWN (one a line) are taken to be there already.
lab_add_libraries()
{
    tree=$1 known=$2
    libdir=usr/lib/x86_64-linux-gnu
    todo=$(find "$tree" -type f)
    while [ -n "$todo" ]; do
        wanted=$(lab_needs "$todo" | sort -u)
        todo=
        for name in $wanted; do
            case $name in
            */*) dest=usr/lib64/${name##*/} ;;
            *) dest=$libdir/$name ;;
            esac
            if [ -e "$tree/$dest" ] || [ -e "$tree/usr/lib/$name" ] ||
                grep -qxF "./$dest" "$known" ||
                grep -qxF "./usr/lib/$name" "$known"; then
                continue
            fi
            case $name in
            */*) from=$(lab_source "$name") ;;
            *) from=$(lab_source "/lib/x86_64-linux-gnu/$name") ;;
            esac
            mkdir -p "$tree/${dest%/*}"
            cp -L "$from" "$tree/$dest"
            todo="$todo$tree/$dest
"
        done
    done
}

# Sonames and interpreters that the ELF files in the list $1 name.
lab_needs()
{
    printf '%s\n' "$1" | tr '\n' '\0' |
        xargs -0 readelf -W -d -l 2>/dev/null |
        sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p
            s/.*program interpreter: \(.*\)\]/\1/p'
}

# Pack the files below TREE into the archive OUT. Times, owners, inode numbers
# and order are fixed: equal trees give equal archives, which the repeatable
# clock needs.
lab_pack()
{
    find "$1" -exec touch -h -d @0 {} +
    (cd "$1" && find . ! -name . | LC_ALL=C sort |
        cpio --quiet --reproducible -R 0:0 -H newc -o) >"$2.tmp"
    mv "$2.tmp" "$2"
}
