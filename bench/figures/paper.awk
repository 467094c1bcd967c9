# SPDX-License-Identifier: GPL-2.0-only
#
# paper.awk: the shapes of Figure 9, the paper's (the first file, fig9.paper)
# and ours (the JSON of fig9.awk), as Markdown.

BEGIN {
    print "| series | paper: 1st, ms | 1,000th, ms | times | here: 1st, ms |" \
        " last, ms | n | times |"
    print "|---|---|---|---|---|---|---|---|"
}

/^#/ { next }
FNR == NR {
    split($0, part, "|")
    order[++series] = part[1]
    paper[part[1]] = part[2] " | " part[3] " | " part[4]
    next
}
match($0, /"[a-z0-9_]*": [0-9.]*/) {
    split(substr($0, RSTART + 1, RLENGTH - 1), part, /": /)
    ours[part[1]] = part[2]
}

END {
    for (i = 1; i <= series; i++) {
        s = order[i]
        if (!((s "_n") in ours)) continue
        printf "| %s | %s | %.2f | %.2f | %d | %.2f |\n", s, paper[s], \
            ours[s "_us_1"] / 1000, ours[s "_us_last"] / 1000, ours[s "_n"], \
            ours[s "_last_over_1"]
    }
}
