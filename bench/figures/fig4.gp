# SPDX-License-Identifier: GPL-2.0-only
set title "Making and booting one (clock: ".clock.")"
set ylabel "time, ms"
set logscale y
set style data histograms
set style fill solid 0.7
set yrange [0.1:*]
set format y "%g"
set xlabel ""
set xtics rotate by -25 noenhanced
plot csv using 2:xtic(1) title "create" linetype 4, \
    "" using 3 title "boot" linetype 2
