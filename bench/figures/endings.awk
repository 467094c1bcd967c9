# SPDX-License-Identifier: GPL-2.0-only
#
# endings.awk: how one series ended, as a row of Markdown.

FNR == 1 && match($0, /series=[^ ]*/) {
    series = substr($0, RSTART + 7, RLENGTH - 7)
    sub(/.*\//, "", series)
}
$1 == "create" { made = $3 }
$1 == "alive" { alive = $4 }
$1 == "answer" { answers = $4 }
$1 == "end" { end = $4 }

END {
    if (series == "") exit
    if (end == "") end = "interrupted; not in this report"
    if (end == "time") end = "its time was over"
    if (end == "memory") end = "memory was used up"
    if (end == "cut") end = "cut off, its time being over"
    if (end == "silent") end = "the last did not answer in a minute"
    if (end == "failed") end = "no more could be made"
    printf "| %s | %d | %s | %s | %s |\n", series, made, alive, answers, end
}
