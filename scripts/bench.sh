#!/bin/bash
# Speed of the simulator on this machine: one CSV line "name,value,unit" per benchmark, the median of
# RUNS runs (default 3), each a process of its own.
#   scripts/bench.sh [FILTER]        e.g. scripts/bench.sh functional_256
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${RUNS:-3}
filter=${1:-.}
scripts/build.sh release >&2
bench=build/release/bin/platform_bench

mapfile -t names < <("$bench" --benchmark_list_tests | sed 's:/.*::' | grep -E -- "$filter")
if [ ${#names[@]} -eq 0 ]; then
  echo "bench.sh: no benchmark matches '$filter'; there are:" >&2
  "$bench" --benchmark_list_tests | sed 's:/.*::' >&2
  exit 2
fi
for name in "${names[@]}"; do
  for ((i = 0; i < runs; ++i)); do
    "$bench" --benchmark_filter="^$name/"
  done | sort -t, -k2 -n | sed -n "$(((runs + 1) / 2))p"
done
