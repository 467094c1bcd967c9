# SPDX-License-Identifier: GPL-2.0-only
# The README's picture: Figure 9, out of picture.awk's rows. csv, out: from the
# makefile.
set terminal svg size 760,460 font "sans-serif,13" background "white"
set output out
set datafile separator ","
set title "Time to create the n-th VM, all others running"
set xlabel "VMs that run"
set ylabel "milliseconds, medians of ten"
set logscale y
set format y "%g"
set grid
set border 3
set tics nomirror
set key right outside samplen 2
series = "xl chaos_xs chaos_xs_split chaos_noxs lightvm_cli lightvm"
array name[6] = ["xl create", "chaos [XS]", "chaos [XS+split]", "chaos [noxs]", \
    "LightVM, command", "LightVM"]
array colour[6] = ["#d62728", "#ff7f0e", "#bcbd22", "#1f77b4", "#2ca02c", \
    "#2ca02c"]
only(s) = "< grep '^".s.",' ".csv
plot for [i=1:6] only(word(series, i)) using 2:($3/1000) with lines \
    linewidth 2 linecolor rgb colour[i] dashtype i == 5 ? 2 : 1 title name[i]
