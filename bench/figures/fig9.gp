# SPDX-License-Identifier: GPL-2.0-only
# Dashed is the command, of the colour of what it calls.
set title "Creating the n-th guest with a vif, all others alive (clock: ".clock.")"
set ylabel "time to create, ms"
set logscale y
set key below maxrows 5
base(s) = strstrt(s, "_cli") ? s[1:strlen(s) - 4] : s
colours = "xl chaos_xs chaos_xs_split chaos_noxs lightvm"
colour_of(s) = sum [i=1:words(colours)] (word(colours, i) eq base(s) ? i : 0)
plot for [s in names] only(s) using 2:($3/1000) title title_of(s) noenhanced \
    linecolor colour_of(s) linewidth 1.5 dashtype strstrt(s, "_cli") ? 2 : 1
