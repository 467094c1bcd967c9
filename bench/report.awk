# SPDX-License-Identifier: GPL-2.0-only
#
# report.awk: samples in, a table for people on stdout and JSON in a file out.
#
#   awk -f report.awk -v bench=create -v clock=icount -v json=FILE \
#       -v ratios='xl_over_chaos=xl_create/chaos_create ...' \
#       -v hide='^alive_' < SAMPLES
#
# Reads `sample SERIES MICROSECONDS`, `value NAME NUMBER` and `bytes SERIES
# NUMBER`, of which a value SERIES_mb_per_s is made: millions of bytes a second,
# by the median. A ratio is a quotient of medians. Series that match `hide` are
# neither printed nor written, only used by ratios. Those that match `tails` are
# shown once more, by their slowest. `limits` is a list of NAME:LEAST:MOST, of
# ratios or values. Exits with 1 where a ratio has no samples or a limit nothing
# that it holds for (a figure is measured or there is none), or where one lies
# outside of its limits.

$1 == "sample" {
    if (!($2 in count)) order[++names] = $2
    samples[$2, ++count[$2]] = $3 + 0
}
$1 == "value" { add_value($2, $3) }
$1 == "bytes" { bytes[$2] = $3 }

function add_value(name, v) {
    if (!(name in value)) value_order[++values] = name
    value[name] = v
}

function sort_series(s,    i, j, v) {
    for (i = 2; i <= count[s]; i++) {
        v = samples[s, i]
        for (j = i - 1; j > 0 && samples[s, j] > v; j--)
            samples[s, j + 1] = samples[s, j]
        samples[s, j + 1] = v
    }
}

# The value below which a share p of the samples lies, interpolated.
function quantile(s, p,    x, i) {
    x = 1 + p * (count[s] - 1)
    i = int(x)
    if (i >= count[s]) return samples[s, count[s]]
    return samples[s, i] + (x - i) * (samples[s, i + 1] - samples[s, i])
}

function check_limit(name, q,    i, n, l, part) {
    n = split(limits, l, " ")
    for (i = 1; i <= n; i++) {
        split(l[i], part, ":")
        if (part[1] == name) asked[i] = 1
        if (part[1] != name || (q >= part[2] + 0 && q <= part[3] + 0)) continue
        printf "report: %s is %.3f, not within %s to %s\n", name, q, part[2], \
            part[3] >"/dev/stderr"
        failed = 1
    }
}

function print_tails(    k, s, some) {
    for (k = 1; k <= names; k++) {
        s = order[k]
        if (s !~ tails) continue
        if (!some++)
            printf "%-28s %5s %12s %12s %12s %12s\n", "", "n", "p50", "p90", \
                "p99", "max"
        printf "%-28s %5d %12.1f %12.1f %12.1f %12.1f\n", s, count[s], \
            quantile(s, 0.5), quantile(s, 0.9), quantile(s, 0.99), \
            samples[s, count[s]]
    }
}

# A limit that was asked of nothing would hold for ever.
function check_asked(    i, n, l) {
    n = split(limits, l, " ")
    for (i = 1; i <= n; i++) {
        if (i in asked) continue
        printf "report: nothing to hold to %s\n", l[i] >"/dev/stderr"
        failed = 1
    }
}

END {
    for (k = 1; k <= names; k++) sort_series(order[k])
    printf "{\"bench\": \"%s\", \"clock\": \"%s\", \"rows\": [", bench, clock >json
    printf "%-28s %5s %12s %12s %12s   (us, clock: %s)\n", "series", "n", \
        "median", "p10", "p90", clock
    for (k = 1; k <= names; k++) {
        s = order[k]
        if (hide != "" && s ~ hide) continue
        m = quantile(s, 0.5); lo = quantile(s, 0.1); hi = quantile(s, 0.9)
        printf "%-28s %5d %12.1f %12.1f %12.1f\n", s, count[s], m, lo, hi
        printf "%s\n  {\"name\": \"%s\", \"n\": %d, \"median_us\": %.3f, \"p10_us\": %.3f, \"p90_us\": %.3f, \"p99_us\": %.3f, \"max_us\": %.3f}", \
            sep, s, count[s], m, lo, hi, quantile(s, 0.99), \
            samples[s, count[s]] >json
        sep = ","
        if (s in bytes)
            add_value(s "_mb_per_s", sprintf("%.1f", bytes[s] / m))
    }
    if (tails != "") print_tails()
    printf "],\n \"values\": {" >json
    for (k = 1; k <= values; k++) {
        printf "%-28s %18s\n", value_order[k], value[value_order[k]]
        check_limit(value_order[k], value[value_order[k]])
        printf "%s\"%s\": %s", (k > 1 ? ", " : ""), value_order[k], \
            value[value_order[k]] >json
    }
    printf "},\n \"ratios\": {" >json
    n = split(ratios, r, " ")
    for (k = 1; k <= n; k++) {
        split(r[k], part, "[=/]")
        if (!count[part[2]] || !count[part[3]]) {
            printf "report: no samples for %s\n", r[k] >"/dev/stderr"
            failed = 1
            continue
        }
        q = quantile(part[2], 0.5) / quantile(part[3], 0.5)
        printf "%-28s %18.3f   (%s / %s)\n", part[1], q, part[2], part[3]
        check_limit(part[1], q)
        printf "%s\"%s\": %.4f", (k > 1 ? ", " : ""), part[1], q >json
    }
    printf "}}\n" >json
    check_asked()
    exit failed
}
