# SPDX-License-Identifier: GPL-2.0-only
set title "Creating the n-th guest with a vif, all others alive (clock: ".clock.")"
set ylabel "time to create, ms"
set logscale y
plot for [s in names] only(s) using 2:($3/1000) title title_of(s) noenhanced
