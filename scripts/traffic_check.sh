#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Compares the L1 network with the latency-load measurements of MemPool's RTL: one line per
# measurement, last the worst deviations. Fails beyond 3 %. PRESET chooses the build (release).
#   scripts/traffic_check.sh [MEASUREMENTS.csv]
set -euo pipefail
cd "$(dirname "$0")/.."
measurements=${1:-../shared/golden/mempool/traffic.csv}
if [ ! -f "$measurements" ]; then
  echo "traffic_check.sh: skipped: no $measurements"
  exit 0
fi
preset=${PRESET:-release}
scripts/build.sh "$preset" tessera >&2
exec tests/golden/traffic/check.py --tessera "build/$preset/bin/tessera" --configs configs \
  "$measurements"
