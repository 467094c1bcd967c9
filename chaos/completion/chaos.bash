# SPDX-License-Identifier: GPL-2.0-only
# bash completion of the chaos command.

# Names of the VMs, or ids of those that have none.
_chaos_domains()
{
    local name id rest
    chaos list 2>/dev/null | while read -r name id rest; do
        case $name in
        Name) ;;
        -) printf '%s\n' "$id" ;;
        *) printf '%s\n' "$name" ;;
        esac
    done
}

_chaos_options()
{
    local common='-h --help -v --verbose -q --quiet'
    case $1 in
    '') echo "$common -V --version" ;;
    create) echo "$common -n --count --first --name -p --paused -c --console" \
        "-w --wait-up -t --timeout --timing --json" ;;
    shutdown) echo "$common -w --wait -k --keep -t --timeout" ;;
    reboot) echo "$common -t --timeout" ;;
    list) echo "$common -l --long --json" ;;
    info | version) echo "$common --json" ;;
    *) echo "$common" ;;
    esac
}

_chaos_keys='name= kernel= ramdisk= cmdline= memory= vcpus= paused= uuid=
    on_poweroff= on_reboot= on_crash='

# Sets COMPREPLY to those of the words $2 that begin with $1.
_chaos_reply()
{
    local word
    COMPREPLY=()
    for word in $2; do
        [[ $word == "$1"* ]] && COMPREPLY+=("$word")
    done
}

_chaos_operand()
{
    local command=$1 operands=$2 cur=$3
    case $command in
    create)
        if ((operands == 0)); then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        else
            compopt -o nospace 2>/dev/null
            _chaos_reply "$cur" "$_chaos_keys"
        fi ;;
    destroy | shutdown | reboot | pause | unpause | list)
        _chaos_reply "$cur" "$(_chaos_domains)" ;;
    console | domid | domname | rename)
        ((operands == 0)) && _chaos_reply "$cur" "$(_chaos_domains)" ;;
    help)
        ((operands == 0)) && _chaos_reply "$cur" "$_chaos_commands" ;;
    esac
}

_chaos_commands='create destroy shutdown reboot pause unpause list console
    domid domname rename info version help'

_chaos()
{
    local cur=${COMP_WORDS[COMP_CWORD]} command='' operands=0 i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -n | --count | --first | --name | -t | --timeout)
            # The argument is not an operand, and not for us to guess.
            ((++i == COMP_CWORD)) && return ;;
        -*) ;;
        *)
            if [[ -z $command ]]; then
                command=${COMP_WORDS[i]}
            else
                ((operands++))
            fi ;;
        esac
    done
    if [[ $cur == -* ]]; then
        _chaos_reply "$cur" "$(_chaos_options "$command")"
    elif [[ -z $command ]]; then
        _chaos_reply "$cur" "$_chaos_commands"
    else
        _chaos_operand "$command" "$operands" "$cur"
    fi
}

complete -F _chaos chaos
