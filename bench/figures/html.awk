# SPDX-License-Identifier: GPL-2.0-only
#
# html.awk: the report's Markdown as HTML: headings, paragraphs, lists, tables,
# code and images, which is all that it uses.

function inline(s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    while (match(s, /`[^`]*`/))
        s = substr(s, 1, RSTART - 1) "<code>" \
            substr(s, RSTART + 1, RLENGTH - 2) "</code>" \
            substr(s, RSTART + RLENGTH)
    while (match(s, /\*\*[^*]*\*\*/))
        s = substr(s, 1, RSTART - 1) "<b>" \
            substr(s, RSTART + 2, RLENGTH - 4) "</b>" \
            substr(s, RSTART + RLENGTH)
    return s
}

function enter(what) {
    if (inside == what) return
    if (inside != "") print "</" inside ">"
    inside = what
    if (inside != "") print "<" inside ">"
}

BEGIN {
    print "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    print "<title>Figures</title><style>"
    print "body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto }"
    print "table { border-collapse: collapse } td { border: 1px solid #ccc;"
    print "padding: 0 .6em } pre { background: #f4f4f4; overflow: auto }"
    print "tr.head td { font-weight: bold } img { max-width: 100% }"
    print "</style></head><body>"
}

/^#+ / {
    enter("")
    match($0, /^#+/)
    printf "<h%d>%s</h%d>\n", RLENGTH, inline(substr($0, RLENGTH + 2)), RLENGTH
    next
}
/^!\[/ {
    enter("")
    match($0, /\]\([^)]*\)/)
    printf "<img src=\"%s\" alt=\"%s\">\n", \
        substr($0, RSTART + 2, RLENGTH - 3), substr($0, 3, RSTART - 3)
    next
}
/^    / {
    enter("pre")
    print inline(substr($0, 5))
    next
}
/^\|[-|]*$/ { next }
/^\|/ {
    head = inside == "table" ? "" : " class=\"head\""
    enter("table")
    line = substr($0, 2, length($0) - 2)
    n = split(line, cell, "|")
    printf "<tr%s>", head
    for (i = 1; i <= n; i++) printf "<td>%s</td>", inline(cell[i])
    print "</tr>"
    next
}
/^\* / {
    enter("ul")
    print "<li>" inline(substr($0, 3))
    next
}
/^$/ {
    if (inside != "pre") enter("")
    next
}
{
    if (inside != "ul") enter("p")
    print inline($0)
}
END {
    enter("")
    print "</body></html>"
}
