# SPDX-License-Identifier: GPL-2.0-only
#
# fig9.awk: what Figure 9, or 10, comes to.
#
#   awk -F, -f common.awk -f fig9.awk -v json=FILE -v titles=SERIES-TABLE \
#       -v clock=CLOCK -v figure=fig9 -v limits=FILE fig9.csv > TABLE
#
# Reads series,n,us. A time "at n" is the median of the nine creates around n,
# of those that were made; nothing is said of an n that a series did not reach.
# Prints the tables of the report, as Markdown.

BEGIN { read_titles() }

FNR > 1 {
    us[$1, $2] = $3 + 0
    if ($2 + 0 > last[$1]) last[$1] = $2 + 0
}

# The median of the nine around n.
function at(s, n,    from, to, i, k, v) {
    if ((s, n) in known) return known[s, n]
    from = n - 4
    if (from > last[s] - 8) from = last[s] - 8
    if (from < 1) from = 1
    to = from + 8
    if (to > last[s]) to = last[s]
    for (i = from; i <= to; i++) v[++k] = us[s, i]
    return known[s, n] = median(v, k)
}

# The least, the median and the most.
function spread(s,    i, n, v) {
    n = last[s]
    for (i = 1; i <= n; i++) v[i] = us[s, i]
    i = median(v, n)
    return ms(v[1]) " | " ms(i) " | " ms(v[n])
}

# Whether a series is one of commands; xl's is, and stands beside both kinds.
function of(s, commands) {
    return s == x || (s ~ /_cli$/) == commands
}

# Of a kind, those later in the table are the faster. At how many n not? -1 is
# that there was nothing to compare.
function order(commands,    i, before, n, most, swaps) {
    swaps = -1
    for (i = 1; i <= series; i++)
        if (last[all[i]] > most) most = last[all[i]]
    for (n = 1; n <= most; n++) {
        before = ""
        for (i = 1; i <= series; i++) {
            if (last[all[i]] < n || !of(all[i], commands)) continue
            if (before != "") {
                if (swaps < 0) swaps = 0
                if (at(before, n) < at(all[i], n)) swaps++
            }
            before = all[i]
        }
    }
    return swaps
}

function put_order(name, swaps) {
    if (swaps >= 0) put(name, swaps)
}

function row(s,    there) {
    if (!last[s]) {
        print "| " title[s] " | not measured | | | | | | | | |"
        return
    }
    there = last[x] && last[s] >= last[x]
    printf "| %s | %d | %s | %s | %s | %s | %.3f | %s |\n", title[s], last[s], \
        ms(at(s, 1)), there ? ms(at(s, last[x])) : "", ms(at(s, last[s])), \
        spread(s), at(s, last[s]) / at(s, 1), \
        there && s != x ? sprintf("%.1f", at(x, last[x]) / at(s, last[x])) : ""
    put(s "_us_1", at(s, 1))
    put(s "_us_last", at(s, last[s]))
    put(s "_last_over_1", at(s, last[s]) / at(s, 1))
    if (last[s] >= 1000) put(s "_1000_over_1", at(s, 1000) / at(s, 1))
    if (there && s != x) {
        put(x "_over_" s, at(x, last[x]) / at(s, last[x]))
        put(x "_over_" s "_at_1", at(x, 1) / at(s, 1))
    }
}

END {
    x = figure == "fig9" ? "xl" : "noop_xl"
    begin_json()
    print "| series | n | 1st, ms | at n = " (last[x] ? last[x] : "-") \
        " | last | least | median | most | last / 1st | xl / it |"
    print "|---|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= series; i++) row(all[i])
    for (i = 1; i <= series; i++)
        if (last[all[i]]) put(all[i] "_n", last[all[i]])
    if (figure == "fig9") {
        put_order("order_broken", order(0))
        put_order("order_broken_cli", order(1))
    }
    end_json()
    hold()
    exit broken
}
