# SPDX-License-Identifier: GPL-2.0-only
#
# fig14.awk: what a guest costs in memory, by series, as Markdown: from before
# the first to after the last that was made. Reads series,n,xen_kb,dom0_kb.

BEGIN {
    own = 4096
    while ((getline line < titles) > 0) {
        split(line, part, "|")
        title[part[2]] = part[3]
    }
    print "| series | guests | of Xen, KB a guest | of dom0, KB a guest |" \
        " beyond its own 4,096 KB |"
    print "|---|---|---|---|---|"
}

FNR > 1 && $2 == 0 {
    order[++series] = $1
    xen[$1] = $3
    dom0[$1] = $4
}
FNR > 1 && $2 > 0 {
    n[$1] = $2
    xen_cost[$1] = (xen[$1] - $3) / $2
    dom0_cost[$1] = (dom0[$1] - $4) / $2
}

END {
    for (i = 1; i <= series; i++) {
        s = order[i]
        if (n[s])
            printf "| %s | %d | %.1f | %.1f | %.1f |\n", title[s], n[s], \
                xen_cost[s], dom0_cost[s], xen_cost[s] + dom0_cost[s] - own
    }
}
