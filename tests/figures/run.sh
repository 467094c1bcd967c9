#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh: how bench/figures/run runs its series, resumes and ends, with a lab
# that only says what it is told to.
#
#   tests/figures/run.sh DIR
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
# shellcheck source=tests/figures/kit.sh
. "$top/tests/figures/kit.sh"
rm -rf "$dir"
mkdir -p "$dir/bench" "$dir/tests/lab" "$dir/build/lab" "$dir/build/xen" \
    "$dir/build/guests"
cp -r "$top/bench/figures" "$dir/bench/"
for file in lab/base.cpio lab/overlay.cpio lab/xen-stock xen/xen guests/x.elf; do
    echo a build >"$dir/build/$file"
done
cat >"$dir/tests/lab/run" <<'END'
#!/bin/sh
# $LAB is what it does; who runs beside whom is in $LOG.
lines() { grep -c "$1" "$LOG"; }
echo begin >>"$LOG"
trap 'kill $!; echo killed >>"$LOG"; exit 143' TERM
case $LAB in
rows) for i in 1 2 3; do echo "csv create,lightvm,$i,150.000"; done ;;
pair)
    for _ in $(seq 300); do
        [ "$(lines begin)" -lt 2 ] || break
        sleep 0.1
    done
    ;;
fails)
    echo "lab: no machine" >&2
    exit 125
    ;;
late) exit 124 ;;
hangs)
    echo "csv create,lightvm,1,150.000"
    sleep 1000 &
    wait
    ;;
esac
echo "# beside: $(($(lines begin) - $(lines end)))" >>"$LOG"
echo end >>"$LOG"
END
chmod +x "$dir/tests/lab/run"
export LOG="$dir/log" FIGURES_N=3 FIGURES_MB=8000
run=$dir/bench/figures/run
raw=$dir/build/bench/figures/raw

# as DOES [COMMAND...]: with a lab that does so
as()
{
    export LAB="$1"
    shift
    : >"$LOG"
    "$@"
}

# until_said TEXT FILE
until_said()
{
    for _ in $(seq 300); do
        ! grep -q "$1" "$2" 2>/dev/null || return 0
        sleep 0.1
    done
    fail "'$1' never comes into $2"
}

echo "== run: what has been measured is not measured again"
as rows exits 0 "$run" fig9/lightvm
has "$raw/fig9-lightvm.csv" create,lightvm,3,150.000
has "$dir/said" '3 of 3, done in'
has "$dir/build/bench/fig9.csv" lightvm,3,150.000
as fails exits 0 "$run" fig9/lightvm
has "$dir/said" 'measured before'
as rows exits 0 env FIGURES_N=4 "$run" fig9/lightvm
has "$LOG" end
echo another build >"$dir/build/lab/overlay.cpio"
as rows exits 0 env FIGURES_N=4 "$run" fig9/lightvm
has "$LOG" end

echo "== run: two labs at a time, where there is memory for them"
as pair exits 0 env FIGURES_JOBS=2 "$run" fig9/lightvm fig9/chaos_noxs
has "$LOG" '# beside: 2'
for less in FIGURES_JOBS=1 FIGURES_MB=1100 'FIGURES_CLOCK=wall'; do
    rm "$raw"/*
    as none exits 0 env "$less" "$run" fig9/lightvm fig9/chaos_noxs
    [ "$(grep -c '# beside: 1' "$LOG")" -eq 2 ] || fail "$less: not alone"
done

echo "== run: a lab that fails, and one that is cut off"
as fails exits 1 env FIGURES_N=5 "$run" fig9/lightvm fig9/chaos_noxs
has "$dir/said" 'not measured: fig9/lightvm fig9/chaos_noxs'
[ -z "$(ls "$raw")" ] || fail "what was not measured left $(ls "$raw")"
as late exits 0 "$run" fig9/lightvm
has "$raw/fig9-lightvm.csv" end,lightvm,0,cut

echo "== run: an end, in the middle"
rm "$raw"/*
export LAB=hangs
: >"$LOG"
"$run" fig9/lightvm 2>"$dir/first" &
pid=$!
trap 'kill $pid 2>/dev/null' EXIT
until_said create,lightvm,1 "$raw/fig9-lightvm.csv.part"
exits 1 "$run" fig9
has "$dir/said" 'another run is under way'
kill -TERM $pid
exits 143 wait $pid
trap - EXIT
has "$dir/first" interrupted
has "$LOG" killed
[ ! -e "$raw/fig9-lightvm.csv" ] || fail "an interrupted series has ended"
as rows exits 0 "$run" fig9/lightvm
[ ! -e "$raw/fig9-lightvm.csv.part" ] || fail "its rows are left"

echo "== run: what there is not"
for bad in FIGURES_N=0 FIGURES_N=many FIGURES_JOBS=-1 FIGURES_CLOCK=sun; do
    exits 2 env "$bad" "$run" fig9
done
exits 2 "$run" fig9/lightvm fig99
has "$dir/said" "no series 'fig99'"
