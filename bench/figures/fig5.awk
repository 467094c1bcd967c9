# SPDX-License-Identifier: GPL-2.0-only
#
# fig5.awk: n,category,us (of one series) as one line an n.

BEGIN {
    kinds = split("devices xenstore image hypervisor config toolstack process", \
        kind, " ")
    printf "n"
    for (i = 1; i <= kinds; i++) printf ",%s", kind[i]
    print ""
}

# The last line of an n is that of the process.
{ us[$3] = $4 }
$3 == "process" {
    printf "%d", $2
    for (i = 1; i <= kinds; i++) printf ",%.3f", us[kind[i]]
    print ""
}
