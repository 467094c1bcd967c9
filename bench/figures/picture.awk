# SPDX-License-Identifier: GPL-2.0-only
#
# picture.awk: series,n,us with ten creates in one point, their median. With
# common.awk.

function point() {
    if (!count) return
    print name "," sum / count "," median(us, count)
    count = sum = 0
}

FNR == 1 { next }
$1 != name || count == 10 { point() }
{
    name = $1
    us[++count] = $3 + 0
    sum += $2
}
END { point() }
