#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# report.sh: bench/figures/report, of rows made by hand; what is expected was
# worked out on paper.
#
#   tests/figures/report.sh DIR
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$1
# shellcheck source=tests/figures/kit.sh
. "$top/tests/figures/kit.sh"
report=$top/bench/figures/report
json=$dir/fig9.json

begin()
{
    echo "== report: $*"
    rm -rf "$dir"
    mkdir -p "$dir/figures/raw"
}

# series NAME COUNT [CLOCK] <ROWS: one of fig9 that has ended
series()
{
    {
        echo "# series=fig9/$1 count=$2 clock=${3:-icount} budget=1 how=1 build=1"
        echo "# source by-hand"
        echo "# tests/lab/run --of $1"
        cat
    } >"$dir/figures/raw/fig9-$1.csv"
}

# creates NAME US...: the n-th took the n-th
creates()
{
    name=$1 i=0
    shift
    for us; do
        i=$((i + 1))
        echo "create,$name,$i,$us.000"
    done
}

begin "limits that are held, a series cut off, one interrupted"
# At 1 is the median of 1 to 9, at 150 that of 142 to 150.
{
    echo memory,xl,0,1000000,500000
    # shellcheck disable=SC2046 # words
    creates xl $(seq 1001000 1000 1150000)
    echo memory,xl,150,370000,350000
    printf '%s\n' alive,xl,150,150 answer,xl,150,150 end,xl,150,time
} | series xl 200
{
    # shellcheck disable=SC2046 # words
    creates chaos_xs $(yes 20000 | head -n 120)
    echo end,chaos_xs,120,cut
} | series chaos_xs 200
creates chaos_xs_split 1 1 1 | series chaos_xs_split 200
mv "$dir/figures/raw/fig9-chaos_xs_split.csv" \
    "$dir/figures/raw/fig9-chaos_xs_split.csv.part"
{
    echo memory,chaos_noxs,0,1000000,500000
    creates chaos_noxs 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000
    echo memory,chaos_noxs,10,958040,499000
    echo end,chaos_noxs,10,memory
} | series chaos_noxs 200
{
    # shellcheck disable=SC2046 # words
    creates lightvm $(yes 500 | head -n 500) $(yes 510 | head -n 500)
    echo end,lightvm,1000,complete
} | series lightvm 1000
exits 0 "$report" "$dir/figures"
has "$json" '"xl_us_1": 1005000.0000'
has "$json" '"xl_us_last": 1146000.0000'
has "$json" '"xl_n": 150.0000'
has "$json" '"lightvm_1000_over_1": 1.0200'
has "$json" '"xl_over_lightvm": 2292.0000'
has "$json" '"chaos_xs_n": 120.0000'
has "$json" '"order_broken": 0.0000'
lacks "$json" xl_over_chaos_xs # which did not come as far as xl
lacks "$json" xs_split
lacks "$json" order_broken_cli
[ "$(head -n 1 "$dir/fig9.csv")" = series,n,us ] || fail "another header"
[ "$(wc -l <"$dir/fig9.csv")" -eq 1281 ] || fail "rows lost or invented"
has "$dir/fig14.json" '"xl_kb": 1104.0000'
has "$dir/fig14.json" '"xl_over_chaos_noxs": 5.5200'
md=$dir/figures/report.md
has "$md" '| xl | 150 | 150 | 150 | its time was over |'
has "$md" '| chaos_xs | 120 |  |  | cut off, its time being over |'
has "$md" '| chaos_xs_split | 3 |  |  | interrupted; not in this report |'
has "$md" '| chaos [XS+split] | not measured |'
has "$md" '| xl_over_lightvm | 1000 | - | 2292.000 | yes |'
has "$md" '| order_broken_cli | - | 0 | not measured | |'
has "$md" '    tests/lab/run --of lightvm'
has "$md" '| source | by-hand |'
has "$dir/figures/report.html" '<img src="fig9.svg"'
has "$dir/figures/fig9.svg" '</svg>'
[ -s "$dir/figures/fig9.png" ] || fail "no fig9.png"
[ ! -e "$dir/fig4.csv" ] || fail "figure 4 out of nothing"

begin "the order is broken at one n, and fewer were asked for"
# Of nine: 1 to 9 and 3 to 11 have four that are above 100, 2 to 10 has five.
creates chaos_noxs 100 100 100 100 100 100 100 100 100 100 100 |
    series chaos_noxs 11
creates lightvm 1 200 200 200 200 1 1 1 1 200 1 | series lightvm 11
creates xl 9000 9000 9000 | series xl 3
exits 1 "$report" "$dir/figures"
has "$dir/said" 'order_broken is 1, which has to be at most 0'
lacks "$dir/said" xl_n
has "$json" '"order_broken": 1.0000'
has "$dir/figures/report.md" '| xl_n | 150 | - | 3 | not asked for |'
has "$dir/figures/report.md" \
    '| lightvm_1000_over_1 | - | 1.03 | not measured | |'

begin "fewer than were asked for; a series that ends early hides no order"
creates xl 10 10 10 10 10 10 10 10 | series xl 200
creates chaos_xs 9 9 9 | series chaos_xs 200
creates chaos_noxs 11 11 11 11 11 11 11 11 | series chaos_noxs 200
exits 1 "$report" "$dir/figures"
has "$dir/said" 'xl_n is 8, which has to be at least 150'
has "$dir/said" 'order_broken is 8,'

begin "one guest, by the other clock, which is held to nothing"
{
    echo memory,xl,0,1000000,500000
    creates xl 7
    echo memory,xl,1,1000000,500000
} | series xl 1 wall
exits 0 "$report" "$dir/figures"
has "$dir/figures/report.md" '| clock | wall |'
lacks "$dir/figures/report.md" 'at least'

begin "nothing"
exits 1 "$report" "$dir/figures"
has "$dir/said" 'nothing has been measured'
