# SPDX-License-Identifier: GPL-2.0-only
#
# fig5_table.awk: some lines of fig5.csv, in milliseconds, as Markdown.

FNR > 1 {
    line[++n] = sprintf("| %d |", $1)
    together = 0
    for (i = 2; i <= NF; i++) {
        line[n] = line[n] sprintf(" %.2f |", $i / 1000)
        together += $i
    }
    line[n] = line[n] sprintf(" %.2f |", together / 1000)
}

END {
    for (k = 0; k <= 5; k++) {
        i = 1 + int(k * (n - 1) / 5)
        if (!(i in seen)) print line[i]
        seen[i] = 1
    }
}
