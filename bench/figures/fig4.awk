# SPDX-License-Identifier: GPL-2.0-only
#
# fig4.awk: creates (the first file) and boots (the second), series,n,us, as
# Markdown, and for the plot in a file: title, ms to create, ms to boot.

BEGIN {
    while ((getline line < titles) > 0) {
        split(line, part, "|")
        if (part[1] != "fig4") continue
        all[++series] = part[2]
        title[part[2]] = part[3]
        if (part[4] ~ /^missing:/) why[part[2]] = substr(part[4], 9)
    }
}

FNR == 1 { file++ }
FNR > 1 { us[file, $1, ++count[file, $1]] = $3 + 0 }

function sorted(f, s,    n, i, j, x) {
    n = count[f, s]
    for (i = 2; i <= n; i++) {
        x = us[f, s, i]
        for (j = i - 1; j > 0 && us[f, s, j] > x; j--)
            us[f, s, j + 1] = us[f, s, j]
        us[f, s, j + 1] = x
    }
    return us[f, s, int((n + 1) / 2)] / 1000
}

function cell(f, s,    m) {
    if (!count[f, s]) return ""
    m = sorted(f, s)
    return sprintf("%.3f (%.3f to %.3f)", m, us[f, s, 1] / 1000, \
        us[f, s, count[f, s]] / 1000)
}

END {
    print "| | create, ms | boot, ms |\n|---|---|---|"
    for (i = 1; i <= series; i++) {
        s = all[i]
        if (!count[1, s]) {
            printf "| %s | not run: %s | |\n", title[s], \
                s in why ? why[s] : "no rows"
            continue
        }
        printf "| %s | %s | %s |\n", title[s], cell(1, s), cell(2, s)
        printf "\"%s\",%.3f,%s\n", title[s], sorted(1, s), \
            count[2, s] ? sprintf("%.3f", sorted(2, s)) : "NaN" > plot
    }
}
