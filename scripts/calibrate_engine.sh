#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the published workloads of two machines of its kind, Brainwave (GRU, LSTM) and Intel's NPU
# (GEMV, RNN, GRU, LSTM, MLP), as chains on the cycle engine: one line per workload, last the
# deviations. Fails beyond 10 %, and when a run is faster than its multipliers allow. PRESET chooses
# the build (release).
#   scripts/calibrate_engine.sh [FOLDER of isca18_table5.csv and s10nx_tops.csv] [PRESET.NAME=VALUE]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-../shared/golden/engine}
if [ ! -f "$folder/isca18_table5.csv" ]; then
  echo "calibrate_engine.sh: skipped: no $folder/isca18_table5.csv"
  exit 0
fi
preset=${PRESET:-release}
scripts/build.sh "$preset" engine_calibration >&2
exec "build/$preset/bin/engine_calibration" "$folder/isca18_table5.csv" \
  "$folder/s10nx_tops.csv" "${@:2}"
