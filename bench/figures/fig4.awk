# SPDX-License-Identifier: GPL-2.0-only
#
# fig4.awk: creates (the first file) and boots (the second), series,n,us, as
# Markdown, and for the plot in a file: title, ms to create, ms to boot.

BEGIN { read_titles() }

FNR == 1 { file++ }
FNR > 1 { us[file, $1, ++count[file, $1]] = $3 + 0 }

# The median of a series; least and most are in `edge`.
function middle(f, s,    n, i, v, m) {
    n = count[f, s]
    for (i = 1; i <= n; i++) v[i] = us[f, s, i]
    m = median(v, n)
    edge["least"] = v[1]
    edge["most"] = v[n]
    return m
}

function cell(f, s,    m) {
    if (!count[f, s]) return ""
    m = middle(f, s)
    return ms(m) " (" ms(edge["least"]) " to " ms(edge["most"]) ")"
}

END {
    print "| | n | create, ms | boot, ms |\n|---|---|---|---|"
    for (i = 1; i <= series; i++) {
        s = all[i]
        if (!count[1, s]) {
            print "| " title[s] " | not measured | | |"
            continue
        }
        printf "| %s | %d | %s | %s |\n", title[s], count[1, s], cell(1, s), \
            cell(2, s)
        printf "\"%s\",%.3f,%s\n", title[s], middle(1, s) / 1000, count[2, s] ? \
            sprintf("%.3f", middle(2, s) / 1000) : "NaN" > plot
    }
}
