#!/bin/bash
# Runs every guest program twice, and once more with a second build of the simulator, and compares
# statistics, output and memory byte by byte, on minpool and tessera, in both timing modes. In cycle
# timing the quantum must not matter: the second run has 1 cycle, the third 10000.
#   scripts/check_determinism.sh [BUILD [OTHER_BUILD]]     folders; default build/release, the same
# Prints one line per program, machine and mode; exit code 1 when any differs.
set -euo pipefail
build=$(realpath "${1:-build/release}")
other=$(realpath "${2:-$build}")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
workload=0x80100000

# Programs that read a workload image; the image of encoder is for one machine.
{
  scripts/make_workload.py mhsa --shape 128,64,64,4 --seed 1 -o "$work/mhsa.img"
  scripts/make_attention_workload.py sparse --shape 200,64,2 --pattern window --window 40 \
    -o "$work/sparse_mhsa.img"
  scripts/make_attention_workload.py batch --shape 0,64,4 --lengths 31,200,64,129 \
    -o "$work/batch_mhsa.img"
  scripts/make_operator_workload.py build --seed 1 -o "$work/engine_operators.tessera.img"
  for machine in minpool tessera; do
    sw/deploy/deploy.py encoder:64,64,64,1,64 --config "configs/$machine.yaml" \
      -o "$work/encoder.$machine.img"
  done
} >"$work/make.log"

# run BUILD MACHINE L1_BYTES NAME PROGRAM OPTION...: leaves statistics, memory and exit code in
# $work/NAME.*
run() {
  local code=0 load=() image
  for image in "$work/$(basename "$5" .elf)"{,".$2"}.img; do
    [ ! -f "$image" ] || load=(--load "$workload:$image")
  done
  "$1/bin/tessera" run -q -c "configs/$2.yaml" --out "$work/$4" --force \
    "${load[@]}" "${@:6}" --dump "0:$3:$work/$4.l1" --dump "0x80000000:0x400000:$work/$4.l2" "$5" \
    >"$work/$4.out" 2>"$work/$4.err" || code=$?
  echo "$code" >"$work/$4.code"
  if [ "$code" -ne 0 ]; then
    cat "$work/$4.err" >&2
  fi
}

same() {
  [ "$(cat "$work/$1.code")" = 0 ] && cmp -s "$work/first/stats.json" "$work/$1/stats.json" &&
    cmp -s "$work/first.l1" "$work/$1.l1" &&
    cmp -s "$work/first.l2" "$work/$1.l2" && cmp -s "$work/first.out" "$work/$1.out"
}

differing=0
for machine in minpool tessera; do
  case $machine in
    minpool) l1_bytes=0x10000 ;;
    tessera) l1_bytes=0x100000 ;;
  esac
  for program in "$build"/sw/*.elf; do
    # kernel_test needs the cases of tests/kernels.
    [ "$(basename "$program")" != kernel_test.elf ] || continue
    for timing in functional cycle; do
      options=(--timing "$timing")
      second=() other_options=()
      if [ "$timing" = cycle ]; then
        second=(--set soc.quantum_cycles=1)
        other_options=(--set soc.quantum_cycles=10000)
      fi
      rm -rf "$work"/{first,second,other}{,.*}
      run "$build" "$machine" "$l1_bytes" first "$program" "${options[@]}"
      run "$build" "$machine" "$l1_bytes" second "$program" "${options[@]}" "${second[@]}"
      run "$other" "$machine" "$l1_bytes" other "$program" "${options[@]}" "${other_options[@]}"
      verdict=same
      if ! same second || ! same other; then
        verdict=DIFFERENT
        differing=$((differing + 1))
      fi
      echo "$machine $(basename "$program") $timing exit $(cat "$work/first.code") $verdict"
    done
  done
done
echo "determinism: $differing differing"
[ "$differing" -eq 0 ]
