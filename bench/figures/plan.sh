# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154 # what is sourced
# plan.sh: the settings of bench/figures/run, and what one series is to be.
# Sourced by run and by measure, which set $top.

here=$top/bench/figures
out=$top/build/bench/figures
raw=$out/raw
disk=$top/build/bench/debian.img.gz

say()
{
    echo "figures: $*" >&2
}

# number NAME VALUE: one that counts something
number()
{
    case $2 in
    0* | *[!0-9]* | '')
        echo "bench/figures/run: $1 is a number from 1 on, not '$2'" >&2
        exit 2
        ;;
    esac
}

# build_of COMMAND: what a series of it is a measurement of
build_of()
{
    lab=$top/build/lab
    case $1 in
    *xl\ *) set -- "$lab/base.cpio" "$top"/build/guests/*.elf ;;
    *chaos*) set -- "$lab/base.cpio" "$lab/overlay.cpio" ;;
    *) set -- "$lab/base.cpio" ;;
    esac
    cat "$top/build/xen/xen" "$lab/xen-stock" "$@" | cksum | tr ' ' -
}

# The lab's memory and dom0's: what the guests need that are asked for, or, to
# be full, dom0's share of what there is.
share_memory()
{
    if [ "$figure" = fig10 ]; then
        mb=$FIGURES_DENSITY
        dom0_mb=$((dom0_base + (mb - 256 - dom0_base) * dom0_each / \
            (dom0_each + guest_each)))
        return
    fi
    dom0_mb=$((dom0_base + count * dom0_each))
    mb=$((256 + dom0_mb + count * guest_each))
    if [ "$mb" -gt "$FIGURES_MB" ]; then
        mb=$FIGURES_MB
        [ "$dom0_mb" -le $((mb * 3 / 4)) ] || dom0_mb=$((mb * 3 / 4))
    fi
}

# plan LINE: what a line of the table comes to with the settings. $key is what
# the rows of a series depend on; with the same one they need not be measured
# again.
plan()
{
    IFS='|' read -r figure series _ start options create destroy dom0_base \
        dom0_each guest_each <<END
$1
END
    file=$raw/$figure-$series.csv
    budget=$((FIGURES_BUDGET / 2)) count=$FIGURES_N xen=''
    case $figure in
    fig4 | xs) count=$FIGURES_ROUNDS ;;
    fig9 | xlc) budget=$FIGURES_BUDGET ;;
    fig10) count=10000 ;;
    esac
    case $start in
    stock*) xen=--stock ;;
    esac
    # Of creation only: a guest's boot would be within it, on one processor.
    case $figure in
    fig9 | fig10 | xlc) xen="$xen --append sched_ratelimit_us=20000" ;;
    esac
    share_memory
    how=$(echo "$xen $start $options $create" | cksum | cut -d ' ' -f 1)
    key="series=$figure/$series count=$count clock=$FIGURES_CLOCK budget=$budget"
    [ "$figure" != fig10 ] || key="$key density=$FIGURES_DENSITY"
    key="$key how=$how build=$(build_of "$create")"
}
