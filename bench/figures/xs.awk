# SPDX-License-Identifier: GPL-2.0-only
#
# xs.awk: chaos [XS] beside xl, one guest at a time; reads series,n,us. As
# fig9.awk is called.

BEGIN { read_titles() }

FNR > 1 { us[$1, ++count[$1]] = $3 + 0 }

END {
    begin_json()
    print "| | n | create, ms | least | most | xl / it |\n|---|---|---|---|---|---|"
    for (i = 1; i <= series; i++) {
        s = all[i]
        if (!count[s]) {
            print "| " title[s] " | not measured | | | | |"
            continue
        }
        for (k = 1; k <= count[s]; k++) v[k] = us[s, k]
        m[s] = median(v, count[s])
        put(s "_us", m[s])
        guest = s
        sub(/_[a-z]*$/, "", guest)
        ratio = ""
        if (s != guest "_xl" && m[guest "_xl"]) {
            ratio = sprintf("%.1f", m[guest "_xl"] / m[s])
            put(guest "_xl_over_xs", m[guest "_xl"] / m[s])
        }
        printf "| %s | %d | %s | %s | %s | %s |\n", title[s], count[s], ms(m[s]), \
            ms(v[1]), ms(v[count[s]]), ratio
    }
    end_json()
    hold()
    exit broken
}
