# SPDX-License-Identifier: GPL-2.0-only
set title "Creating the n-th noop guest or container without a vif (clock: ".clock.")"
set xlabel "guests, containers or processes that run"
set ylabel "time to create, ms"
set logscale y
set format y "%g"
plot for [s in names] only(s) using 2:($3/1000) title title_of(s) noenhanced \
    linetype type_of(s)
