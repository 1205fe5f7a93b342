#!/bin/bash
# The benchmark table of transformers: dense layer, encoder on ITAs, encoder on cores only and, once
# sw/models has it, the trained classifier, in cycle timing on configs/tessera.yaml.
#   scripts/bench_transformer.sh [--breakdown | --sensitivity] [--models MODEL...] [-o DIR] [...]
#     --breakdown      where the time goes, over S = 64..512 and batches of 1..8
#     --sensitivity    over the number of ITAs, the banking factor, the width of the AXI bus
#     --help           all options
# Writes markdown, CSV and a chart; every output is compared with numpy's, and that of the ITAs with
# that of the cores. Last line: "bench_transformer: PASS ..." or "FAIL ...".
# Exit codes: 0 all equal, 1 not, 2 something cannot be used or fails. PRESET chooses the build
# (default release).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
preset=${PRESET:-release}
"$root/scripts/build.sh" "$preset" tessera guest >&2
exec "$root/scripts/bench_transformer.py" --build "$root/build/$preset" "$@"
