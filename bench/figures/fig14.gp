# SPDX-License-Identifier: GPL-2.0-only
# Dashed is out of the pool, and lies upon the same without it.
set title "Memory that n idle guests take, of Xen and dom0 together"
set ylabel "MiB"
set yrange [0:*]
base_kb(s) = real(system("grep '^".s.",0,' ".csv." | awk -F, '{ print $3 + $4 }'"))
split(s) = strstrt(s, "split") + (s eq "lightvm")
plot for [s in names] only(s) using 2:((base_kb(s) - $3 - $4)/1024) \
    title title_of(s) noenhanced linetype type_of(s) linewidth 2.5 \
    dashtype split(s) ? 2 : 1
