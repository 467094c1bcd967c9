# SPDX-License-Identifier: GPL-2.0-only
# The machine of one run: QEMU, what goes into it, and what it reports.
# Sourced by tests/lab/run, whose options are the variables used here.

# The job as an archive that the kernel unpacks over the other two. What
# /lab/job assigns, dom0's init reads.
pack_job()
{
    mkdir -p "$dir/job"
    case $mode in
    script) cp -L "$script" "$dir/job/script" ;;
    command) printf '#!/bin/sh\n%s\n' "$command" >"$dir/job/script" ;;
    esac
    [ "$mode" = shell ] || chmod 755 "$dir/job/script"

    paths=
    eval "set -- $get"
    for pair; do
        path=${pair%%:*}
        paths="$paths$(quote "${path#/}")"
    done
    {
        echo "lab_mode=$mode"
        echo "lab_args=$(quote "$arguments")"
        echo "lab_get=$(quote "$paths")"
        if [ "$mode" = shell ]; then
            echo "lab_size='$(stty size 2>/dev/null || :)'"
            echo "lab_term='${TERM:-linux}'"
        fi
    } >"$dir/job/job"

    eval "set -- $adds"
    "$top/tests/lab/mkoverlay" "$lab" "$dir/job.cpio" "$dir/job:/lab" "$@" ||
        fail "cannot pack the job"
    cat "$lab/base.cpio" "$lab/overlay.cpio" "$dir/job.cpio" >"$dir/initrd"
}

# Hardware virtualisation only where the processor has it: /dev/kvm alone
# proves nothing. Otherwise TCG, with the features that it gets wrong or that
# make it slow switched off (docs/lab.md).
choose_processor()
{
    accelerator=tcg,thread=multi
    processor=max,-smap,-smep,-erms,-rdtscp
    [ "$svm" = yes ] || processor=$processor,-svm
    if [ "$clock" = icount ]; then
        accelerator=tcg,thread=single
        : "${cpus:=1}"
        dom0_args="norandmaps nokaslr$dom0_args"
    elif [ "$emulate" = no ] && grep -Eqw 'vmx|svm' /proc/cpuinfo &&
        [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
        accelerator=kvm
        processor=host
    fi
    : "${cpus:=2}"
}

# A comma separates things in QEMU's arguments unless it is doubled.
commas()
{
    echo "$1" | sed 's/,/,,/g'
}

port()
{
    echo "-chardev file,id=$1,path=$1 -device virtserialport,chardev=$1"
}

# Set $machine to QEMU's arguments, quoted; it runs in $dir. The order of the
# ports is that of /dev/vport0pN in dom0. Without ioeventfd the guest's kick is
# served on its own thread, at a repeatable moment.
describe_machine()
{
    modules="vmlinux console=hvc0 rdinit=/init panic=1 $dom0_args"
    # Left to be loaded when it is used, dom0's FPU state is lost now and then.
    # By the repeatable clock, on one thread, that has not been seen.
    [ "$clock" = icount ] || xen_args=" spec-ctrl=eager-fpu$xen_args"
    xen_args="dom0_mem=${dom0_memory}M,max:${dom0_memory}M \
dom0_max_vcpus=$dom0_cpus bootscrub=0 console=com1 com1=115200,8n1$xen_args"
    set -- -nodefaults -no-user-config -display none -no-reboot \
        -accel "$accelerator" -cpu "$processor" -m "$memory" -smp "$cpus" \
        -kernel "$xen" -append "$xen_args" \
        -initrd "$(commas "$modules"),initrd" \
        -chardev "file,id=serial,path=$(commas "$serial")" \
        -serial chardev:serial \
        -device isa-debug-exit,iobase=0x501,iosize=1 \
        -device virtio-serial-pci,ioeventfd=off,max_ports=8
    # shellcheck disable=SC2046 # words
    set -- "$@" $(port out) $(port status) $(port files)
    [ -z "$hint" ] || set -- "$@" -chardev pipe,id=hint,path=hint \
        -device virtserialport,chardev=hint
    if [ "$mode" = shell ]; then
        set -- "$@" -chardev stdio,id=shell,mux=on,signal=off \
            -device virtconsole,chardev=shell
    fi
    if [ "$clock" = icount ]; then
        set -- "$@" -icount shift=0,sleep=off -seed 7 \
            -rtc base=2026-01-01,clock=vm
    fi
    machine=$(quote "$@")
}

# Start QEMU ($qemu); it dies with this shell, whatever ends that. QEMU alone
# holds the writing end of the pipe "alive": to read from it is to wait for
# QEMU's end. What happens becomes a line on the pipe "status", descriptor 3:
# dom0 says "up" and "rc N", the copier says "end" once QEMU is gone and its
# output shown, timers, which end with QEMU, say "late".
start_machine()
{
    ln -s "$lab/vmlinux" "$dir/vmlinux"
    mkfifo "$dir/status" "$dir/alive" "$dir/hint"
    : >"$dir/out"
    exec 3<>"$dir/status" 4<&0 5<>"$dir/alive" 6<"$dir/alive"
    eval "set -- $machine"
    (cd "$dir" && exec setpriv --pdeathsig KILL qemu-system-x86_64 "$@") \
        <&4 2>"$dir/qemu" 3<&- 4<&- 6<&- &
    qemu=$!
    exec 4<&- 5<&-
    (
        cat <&6 >/dev/null &
        tail -s 0.1 --pid=$! -n +1 -f "$dir/out" 2>/dev/null
        echo end >&3
    ) &
}

timer()
{
    (timeout "$1" cat <&6 || echo "late $2" >&3) >/dev/null 2>&1 &
}

# What the job can read once it ought to end. Opened for both, the pipe never
# makes the writer wait.
hint_later()
{
    (timeout "$hint" cat <&6 || echo late 1<>"$dir/hint") >/dev/null 2>&1 &
}

# Wait for the job's end; its exit code is $rc.
watch_machine()
{
    state=boot rc=
    timer "$boot_limit" boot
    while read -r event value <&3; do
        case $event in
        up)
            state=job
            [ "$mode" = shell ] || timer "$limit" job
            [ -z "$hint" ] || hint_later
            ;;
        rc) rc=$value ;;
        late)
            [ "$value" = "$state" ] || continue
            [ "$state" = job ] || fail "dom0 is not up after $boot_limit s"
            say "time limit of $limit s reached"
            exit 124
            ;;
        end) break ;;
        esac
    done
    status=0
    wait "$qemu" 2>/dev/null || status=$?
    qemu=
    [ -z "$rc" ] || return 0
    if [ "$mode" = shell ] && [ "$status" -eq 0 ]; then
        rc=0 # Ctrl-A X
        return
    fi
    [ ! -s "$dir/qemu" ] || sed 's/^/lab: qemu: /' "$dir/qemu" >&2
    [ "$state" = job ] || fail "the machine ended before dom0 was up"
    fail "the machine ended before its job did"
}

# What --get asked for came as one tar archive.
collect_files()
{
    mkdir "$dir/got"
    tar -C "$dir/got" -xf "$dir/files" 2>/dev/null || :
    eval "set -- $get"
    for pair; do
        path=${pair%%:*}
        if [ ! -e "$dir/got/${path#/}" ]; then
            say "dom0 had no $path"
        elif cp -R "$dir/got/${path#/}" "${pair#*:}"; then
            continue
        fi
        [ "$rc" -ne 0 ] || rc=125
    done
}
