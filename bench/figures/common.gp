# SPDX-License-Identifier: GPL-2.0-only
# What all plots share. csv, series (the table), clock: from bench/figures/report.
set datafile separator ","
set datafile missing NaN
set grid
set border 3
set tics nomirror
set key below height 1 samplen 3
set style data lines
set xlabel "guests that run"
# Told apart on white, and in grey; a series has its colour in every figure.
array colour[8] = ["#d62728", "#ff7f0e", "#9a9a00", "#1f77b4", "#2ca02c", \
    "#9467bd", "#8c564b", "#444444"]
do for [i=1:8] { set linetype i linecolor rgb colour[i] linewidth 1.5 }
known = "xl chaos_xs chaos_xs_split chaos_noxs lightvm crun process"
strip(s) = strstrt(s, "_cli") ? s[1:strlen(s) - 4] : \
    s[1:5] eq "noop_" ? s[6:*] : s
base(s) = strip(s) eq "chaos" ? "chaos_noxs" : strip(s)
type_of(s) = sum [i=1:words(known)] (word(known, i) eq base(s) ? i : 0)
# Of plots whose rows begin with a series.
names = system("tail -n +2 ".csv." | cut -d, -f1 | uniq")
title_of(s) = system("grep '|".s."|' ".series." | cut -d'|' -f3 | head -n 1")
only(s) = "< grep '^".s.",' ".csv
