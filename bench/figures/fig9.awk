# SPDX-License-Identifier: GPL-2.0-only
#
# fig9.awk: what Figure 9 comes to.
#
#   awk -F, -f fig9.awk -v json=FILE -v titles=SERIES-TABLE -v clock=CLOCK \
#       -v figure=fig9 fig9.csv > TABLE
#
# Reads series,n,us. A time "at n" is the median of the nine creates around n,
# of those that were made; nothing is said of an n that a series did not reach.
# Prints the table of the report, as Markdown, and another of what `limits`, a
# file, holds the figure to.

BEGIN {
    while ((getline line < titles) > 0) {
        split(line, part, "|")
        if (part[1] != figure) continue
        all[++series] = part[2]
        title[part[2]] = part[3]
        if (part[4] ~ /^missing:/) why[part[2]] = substr(part[4], 9)
    }
}

FNR > 1 {
    us[$1, $2] = $3 + 0
    if ($2 + 0 > last[$1]) last[$1] = $2 + 0
}

function sort(v, n,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = v[i]
        for (j = i - 1; j > 0 && v[j] > x; j--) v[j + 1] = v[j]
        v[j + 1] = x
    }
}

# The median of the nine around n.
function at(s, n,    from, to, i, k, v) {
    from = n - 4
    if (from > last[s] - 8) from = last[s] - 8
    if (from < 1) from = 1
    to = from + 8
    if (to > last[s]) to = last[s]
    for (i = from; i <= to; i++) v[++k] = us[s, i]
    sort(v, k)
    return k % 2 ? v[(k + 1) / 2] : (v[k / 2] + v[k / 2 + 1]) / 2
}

function share(s, p,    i, v, x) {
    for (i = 1; i <= last[s]; i++) v[i] = us[s, i]
    sort(v, last[s])
    x = int(1 + p * (last[s] - 1) + 0.5)
    return v[x]
}

function ms(x) {
    return sprintf(x < 1000 ? "%.3f" : x < 100000 ? "%.2f" : "%.0f", x / 1000)
}

function put(name, x) {
    printf "%s\n \"%s\": %.4f", comma, name, x > json
    comma = ","
    value[name] = x
}

# One line of the limits.
function held(line,    part, v, ok) {
    split(line, part, ":")
    printf "| %s | %s | %s |", part[1], part[2], part[3]
    if (!(part[1] in value)) {
        print " not measured | |"
        return
    }
    v = value[part[1]]
    ok = (part[2] == "-" || v >= part[2] + 0) && \
        (part[3] == "-" || v <= part[3] + 0)
    printf " %.3f | %s |\n", v, ok ? "yes" : "**no**"
    if (!ok)
        print "figures: " part[1] " is " v ", not as " limits " says" \
            > "/dev/stderr"
}

# Series later in the table are the faster: where are they not?
function order(    i, j, k, n, swaps) {
    for (i = 1; i < series; i++) {
        for (j = i + 1; j <= series; j++) {
            if (!last[all[i]] || !last[all[j]]) continue
            n = last[all[i]] < last[all[j]] ? last[all[i]] : last[all[j]]
            for (k = 1; k <= n; k++)
                if (at(all[i], k) < at(all[j], k)) swaps++
            break
        }
    }
    return swaps + 0
}

END {
    printf "{\"figure\": \"%s\", \"clock\": \"%s\",\n \"n\": {", figure, clock > json
    for (i = 1; i <= series; i++)
        if (last[all[i]]) {
            printf "%s\"%s\": %d", comma, all[i], last[all[i]] > json
            comma = ", "
        }
    printf "}" > json
    comma = ","
    x = figure == "fig9" ? "xl" : "noop_xl"
    print "| series | n | 1st, ms | at n = " (last[x] ? last[x] : "-") \
        " | last | least | median | most | last / 1st | xl / it |"
    print "|---|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= series; i++) {
        s = all[i]
        if (!last[s]) {
            print "| " title[s] " | not run: " \
                (s in why ? why[s] : "no rows") " | | | | | | | | |"
            continue
        }
        there = last[x] && last[s] >= last[x]
        printf "| %s | %d | %s | %s | %s | %s | %s | %s | %.3f | %s |\n", \
            title[s], last[s], ms(at(s, 1)), there ? ms(at(s, last[x])) : "", \
            ms(at(s, last[s])), ms(share(s, 0)), ms(share(s, 0.5)), \
            ms(share(s, 1)), at(s, last[s]) / at(s, 1), \
            there && s != x ? sprintf("%.1f", at(x, last[x]) / at(s, last[x])) : ""
        put(s "_last_over_1", at(s, last[s]) / at(s, 1))
        if (last[s] >= 1000) put(s "_1000_over_1", at(s, 1000) / at(s, 1))
        if (there && s != x) {
            put(x "_over_" s, at(x, last[x]) / at(s, last[x]))
            put(x "_over_" s "_at_1", at(x, 1) / at(s, 1))
        }
    }
    if (last[x]) put(x "_n", last[x])
    put("order_broken", order())
    print "\n}" > json
    if (limits == "") exit
    print "\n| of fig9.json | at least | at most | measured | held |"
    print "|---|---|---|---|---|"
    while ((getline line < limits) > 0)
        if (line !~ /^#/) held(line)
}
