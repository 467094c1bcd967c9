# SPDX-License-Identifier: GPL-2.0-only
set title "Memory that n idle guests take, of Xen and dom0 together"
set ylabel "MiB"
base(s) = real(system("grep '^".s.",0,' ".csv." | awk -F, '{ print $3 + $4 }'"))
plot for [s in names] only(s) using 2:((base(s) - $3 - $4)/1024) \
    with linespoints title title_of(s) noenhanced
