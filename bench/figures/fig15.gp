# SPDX-License-Identifier: GPL-2.0-only
set title "CPU that n idle guests take (clock: ".clock.")"
set ylabel "% of one CPU"
set style data histograms
set style histogram rowstacked
set style fill solid 0.7
set boxwidth 0.6
set xtics rotate by -25 noenhanced
set xlabel ""
set yrange [0:*]
plot csv using 3:xtic(title_of(stringcolumn(1))." (".stringcolumn(2).")") skip 1 \
    title "dom0" linetype 1, "" using 4 skip 1 title "guests" linetype 4
