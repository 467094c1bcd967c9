# SPDX-License-Identifier: GPL-2.0-only
# What all plots share. csv, series (the table), clock: from bench/figures/report.
set datafile separator ","
set datafile missing NaN
set grid
set key below
set style data lines
set xlabel "guests that run"
# Of plots whose rows begin with a series.
names = system("tail -n +2 ".csv." | cut -d, -f1 | uniq")
title_of(s) = system("grep '|".s."|' ".series." | cut -d'|' -f3 | head -n 1")
only(s) = "< grep '^".s.",' ".csv
