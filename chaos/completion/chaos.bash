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
    local common='-h --help -v --verbose -q --quiet --no-daemon --socket'
    case $1 in
    '') echo "$common -V --version" ;;
    create) echo "$common -n --count --first --name -p --paused -c --console" \
        "-w --wait-up -t --timeout --timing --json" ;;
    shutdown) echo "$common -w --wait -k --keep -t --timeout" ;;
    reboot) echo "$common -t --timeout" ;;
    list) echo "$common -a --all -l --long --json" ;;
    top) echo "$common -s --sort -d --delay -n --count -a --all --json" ;;
    events) echo "$common -n --count --history --json" ;;
    'pool set') echo "$common --name --low --high -i --image --json" ;;
    'pool drain') echo "$common --kb --json" ;;
    'pool fill') echo "$common -t --timeout --json" ;;
    reap) echo "$common -n --dry-run" ;;
    'vif attach' | 'vbd attach' | 'vif list' | 'vbd list')
        echo "$common --json" ;;
    'vif detach' | 'vbd detach') echo "$common -f --force -t --timeout" ;;
    doctor) echo "$common -n --count --json" ;;
    log | info | version | 'pool status') echo "$common --json" ;;
    *) echo "$common" ;;
    esac
}

_chaos_keys='name= kernel= ramdisk= cmdline= memory= vcpus= paused= uuid=
    on_poweroff= on_reboot= on_crash= vifs[0].bridge= vifs[0].ip=
    vbds[0].target= vbds[0].vdev='
_chaos_vif_keys='bridge= ip= gateway= mac= ifname= mtu= rate= hook='
_chaos_vbd_keys='target= type= vdev= access='

# Names of the vifs or vbds of a VM, as `chaos vif list` shows them.
_chaos_devices()
{
    local name id number vdev row
    chaos "$1" list "$2" 2>/dev/null | while read -r name id vdev number row; do
        case $name:$1 in
        Name:*) ;;
        *:vif) printf '%s\n' "$number" ;;
        *) printf '%s\n' "$vdev" ;;
        esac
    done
}

# Sets COMPREPLY to those of the words $2 that begin with $1.
_chaos_reply()
{
    local word
    COMPREPLY=()
    for word in $2; do
        [[ $word == "$1"* ]] && COMPREPLY+=("$word")
    done
}

# Of the command $1, with the number $2 of operands before $3 and the last of
# them in $last.
_chaos_operand()
{
    local command=$1 operands=$2 cur=$3 keys
    case $command in
    create | doctor | 'pool set')
        if ((operands == 0)); then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        else
            compopt -o nospace 2>/dev/null
            _chaos_reply "$cur" "$_chaos_keys"
        fi ;;
    destroy | shutdown | reboot | pause | unpause | list)
        _chaos_reply "$cur" "$(_chaos_domains)" ;;
    console | log | events | domid | domname | rename)
        ((operands == 0)) && _chaos_reply "$cur" "$(_chaos_domains)" ;;
    vif | vbd)
        _chaos_reply "$cur" "$_chaos_parts" ;;
    pool)
        _chaos_reply "$cur" "$_chaos_pool_parts" ;;
    'vif attach' | 'vbd attach')
        if ((operands == 0)); then
            _chaos_reply "$cur" "$(_chaos_domains)"
        else
            compopt -o nospace 2>/dev/null
            keys=_chaos_${command%% *}_keys
            _chaos_reply "$cur" "${!keys}"
        fi ;;
    'vif detach' | 'vbd detach')
        case $operands in
        0) _chaos_reply "$cur" "$(_chaos_domains)" ;;
        1) _chaos_reply "$cur" "$(_chaos_devices "${command%% *}" "$last")" ;;
        esac ;;
    'vif list' | 'vbd list')
        _chaos_reply "$cur" "$(_chaos_domains)" ;;
    help)
        case $operands in
        0) _chaos_reply "$cur" "$_chaos_commands" ;;
        1)
            case $last in
            vif | vbd) _chaos_reply "$cur" "$_chaos_parts" ;;
            pool) _chaos_reply "$cur" "$_chaos_pool_parts" ;;
            esac ;;
        esac ;;
    esac
}

_chaos_commands='create destroy shutdown reboot pause unpause list top console
    log events pool reap domid domname rename info doctor vif vbd version help'
_chaos_orders='cpu mem net disk name id'
_chaos_parts='attach detach list'
_chaos_pool_parts='status set drain fill'

_chaos()
{
    local cur=${COMP_WORDS[COMP_CWORD]} command='' last='' operands=0 i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -s | --sort)
            if ((++i == COMP_CWORD)); then
                _chaos_reply "$cur" "$_chaos_orders"
                return
            fi ;;
        -n | --count | --first | --name | -t | --timeout | --socket | \
            -d | --delay | --history | --low | --high | --kb)
            # The argument is not an operand, and not for us to guess.
            ((++i == COMP_CWORD)) && return ;;
        -*) ;;
        *)
            last=${COMP_WORDS[i]}
            case $command in
            '') command=$last ;;
            vif | vbd | pool) command+=" $last" ;;
            *) ((operands++)) ;;
            esac ;;
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
