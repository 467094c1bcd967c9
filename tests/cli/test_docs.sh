# SPDX-License-Identifier: GPL-2.0-only
# What `chaos help` tells, the manual page and the completion tell as well:
# every command, and every option of every command.

. "${0%/*}/lib.sh"

man=docs/man/chaos.1
completion=chaos/completion/chaos.bash

# The part of the manual page about one command.
man_part()
{
    awk -v command="$1" '
        /^\.It Xo/ { held = 1; next }
        /^\.It Nm Cm / || (held && /^\.Nm Cm /) {
            on = ($0 ~ ("Cm " command "( |$)"))
        }
        { held = 0 }
        /^\.Sh / { on = 0 }
        on' "$man"
}

# options COMMAND: "-n --count" in lines, from the help text
options()
{
    # shellcheck disable=SC2086
    "$CHAOS" help $1 | sed -n 's/^  \(-[^ ]*,\)\{0,1\} *\(--[a-z-]*\).*/\1 \2/p' |
        tr -d ','
}

check_options()
{
    options "$1" >"$dir/options"
    [ -s "$dir/options" ] || fail "help $1 shows no options"
    while read -r words; do
        for word in $words; do
            grep -q -e "Fl ${word#-}\( \|\$\)" "$dir/man" ||
                fail "$man: ${1:-chaos} $word"
            grep -qx -e "$word" "$dir/completed" ||
                fail "$completion: ${1:-chaos} $word"
        done
    done <"$dir/options"
}

# complete WORD...: what bash offers for the last
offered()
{
    CHAOS_DIR=$(cd "${CHAOS%/*}" && pwd) bash -c '
        . "$0"
        PATH=$CHAOS_DIR:$PATH
        COMP_WORDS=(chaos "$@")
        COMP_CWORD=$#
        _chaos
        printf "%s\n" "${COMPREPLY[@]}"' "$completion" "$@"
}

commands=$("$CHAOS" help | awk '/^Commands:/ { on = 1; next }
    /^$/ { on = 0 } on { print $1 }')

offered '' >"$dir/completed"
echo "$commands" >"$dir/commands"
cmp -s "$dir/commands" "$dir/completed" ||
    fail "$completion: commands differ from the help"
offered help '' >"$dir/completed"
cmp -s "$dir/commands" "$dir/completed" || fail "$completion: help"

sed '/^\.Sh COMMANDS/q' "$man" >"$dir/man"
offered - >"$dir/completed"
check_options ''
check_command()
{
    man_part "$1" >"$dir/man"
    [ -s "$dir/man" ] || fail "$man: no $1"
    # The common options stand at the top of the page.
    sed '/^\.Sh COMMANDS/q' "$man" >>"$dir/man"
    # shellcheck disable=SC2086
    offered $1 - >"$dir/completed"
    check_options "$1"
}
for command in $commands; do
    check_command "$command"
    parts=$("$CHAOS" help "$command" | awk '/^Commands:/ { on = 1; next }
        /^$/ { on = 0 } on { print $1 }')
    [ -n "$parts" ] || continue
    printf '%s\n' "$parts" >"$dir/commands"
    offered "$command" '' >"$dir/completed"
    cmp -s "$dir/commands" "$dir/completed" || fail "$completion: $command"
    offered help "$command" '' >"$dir/completed"
    cmp -s "$dir/commands" "$dir/completed" || fail "$completion: help $command"
    for part in $parts; do
        check_command "$command $part"
    done
done

# files for create, then keys; nothing where an option's argument is due
offered create docs/man/chaos. | grep -qx docs/man/chaos.1 ||
    fail "$completion: files"
offered create x.json mem | grep -qx memory= || fail "$completion: keys"
offered create x.json 'vifs[' | grep -qxF 'vifs[0].ip=' ||
    fail "$completion: elements"
offered vif attach web br | grep -qx bridge= || fail "$completion: vif keys"
offered vbd attach web ta | grep -qx target= || fail "$completion: vbd keys"
[ -z "$(offered create -n '')" ] || fail "$completion: -n"

# the pages themselves
if command -v mandoc >/dev/null; then
    mandoc -Tlint -W warning docs/man/*.[13] >"$dir/lint" ||
        fail "$(cat "$dir/lint")"
elif command -v groff >/dev/null; then
    groff -ww -mdoc -Tutf8 -z docs/man/*.[13] 2>"$dir/lint"
    [ ! -s "$dir/lint" ] || fail "$(cat "$dir/lint")"
fi

check_end
