# SPDX-License-Identifier: GPL-2.0-only
#
# fig14.awk: what a guest costs in memory, by series, as Markdown: from before
# the first to after the last that was made. Reads series,n,xen_kb,dom0_kb;
# `figure` and `own` are the figure and what each guest has of its own.

BEGIN {
    read_titles()
    begin_json()
    print "| series | n | of Xen, KB each | of dom0, KB each |" \
        " beyond its own " own " KB |"
    print "|---|---|---|---|---|"
}

FNR > 1 && $2 == 0 {
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
        s = all[i]
        if (!n[s]) continue
        beyond = xen_cost[s] + dom0_cost[s] - own
        printf "| %s | %d | %.1f | %.1f | %.1f |\n", title[s], n[s], \
            xen_cost[s], dom0_cost[s], beyond
        put(s "_kb", beyond)
    }
    if (n["xl"] && value["chaos_noxs_kb"] > 0)
        put("xl_over_chaos_noxs", value["xl_kb"] / value["chaos_noxs_kb"])
    end_json()
    hold()
    exit broken
}
