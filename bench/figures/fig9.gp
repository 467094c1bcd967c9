# SPDX-License-Identifier: GPL-2.0-only
# Dashed is the command, of the colour of what it calls.
set title "Creating the n-th guest with a vif, all others alive (clock: ".clock.")"
set ylabel "time to create, ms"
set logscale y
set format y "%g"
set key maxrows 5
plot for [s in names] only(s) using 2:($3/1000) title title_of(s) noenhanced \
    linetype type_of(s) dashtype strstrt(s, "_cli") ? 2 : 1
