# SPDX-License-Identifier: GPL-2.0-only
set title "Where the time of the n-th xl create goes (clock: ".clock.")"
set ylabel "time, ms"
set key invert
kinds = system("head -n 1 ".csv." | cut -d, -f2- | tr ',' ' '")
plot for [i=words(kinds):1:-1] csv skip 1 \
    using 1:(sum [k=2:i+1] column(k)/1000) with filledcurves y=0 \
    title word(kinds, i)
