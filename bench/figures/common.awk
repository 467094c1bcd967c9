# SPDX-License-Identifier: GPL-2.0-only
#
# common.awk: what the figures' scripts share, which are given beside it: the
# table of series (read from `titles`, those of `figure`), medians, the JSON
# file (`json`, of what is called `name`), and the limits (`limits`, "" for
# none) that its values are held to; `broken` is 1 where one is not, for exit.
# `asked` is the number of guests that were asked for.

function read_titles(    line, part) {
    while ((getline line < titles) > 0) {
        split(line, part, "|")
        if (part[1] != figure) continue
        all[++series] = part[2]
        title[part[2]] = part[3]
    }
}

function sort(v, n,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = v[i]
        for (j = i - 1; j > 0 && v[j] > x; j--) v[j + 1] = v[j]
        v[j + 1] = x
    }
}

function median(v, n) {
    sort(v, n)
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

function ms(x) {
    return sprintf(x < 1000 ? "%.3f" : x < 100000 ? "%.2f" : "%.0f", x / 1000)
}

function begin_json() {
    printf "{\"figure\": \"%s\", \"clock\": \"%s\"", name, clock > json
}

function put(name, x) {
    printf ",\n \"%s\": %.4f", name, x > json
    value[name] = x
}

function end_json() {
    print "\n}" > json
}

# One line of the limits, NAME:LEAST:MOST.
function held(line,    part, v, ok) {
    split(line, part, ":")
    printf "| %s | %s | %s |", part[1], part[2], part[3]
    if (!(part[1] in value)) {
        print " not measured | |"
        return
    }
    v = value[part[1]]
    if (part[1] ~ /_n$/ && asked != "" && asked + 0 < part[2] + 0) {
        printf " %d | not asked for |\n", v
        return
    }
    ok = (part[2] == "-" || v >= part[2] + 0) && \
        (part[3] == "-" || v <= part[3] + 0)
    printf " %.3f | %s |\n", v, ok ? "yes" : "**no**"
    if (ok) return
    print "figures: " part[1] " is " v ", which has to be at " \
        (part[2] != "-" && v < part[2] + 0 ? "least " part[2] : \
        "most " part[3]) > "/dev/stderr"
    broken = 1
}

function hold(    line) {
    if (limits == "") return
    print "\n| of " name ".json | at least | at most | measured | held |"
    print "|---|---|---|---|---|"
    while ((getline line < limits) > 0)
        if (line !~ /^#/) held(line)
}
