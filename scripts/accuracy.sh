#!/bin/bash
# Runs the microbenchmarks of ../shared/golden/mempool in cycle timing and compares every measured
# row with MemPool's RTL.
#   scripts/accuracy.sh [--programs DIR] [--filter REGEX] [--jobs N] [--timing cycle|functional]
#                       [--write-table | --check-table]
#     --programs DIR   takes DIR/<machine>/<program>.elf, built outside the project, where there is
#                      one (names: build/release/sw/mempool)
#     --filter REGEX   scores row ids that match only
#     --write-table    regenerates tests/golden/mempool/accuracy.md; --check-table compares it
# Prints a line per row and per class; last: "accuracy: rows N mean X % p95 Y % worst Z %".
# Exit codes: 0 within the limits, 1 not, 2 something fails, 77 no measurements in ../shared.
# PRESET chooses the build (default release).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
preset=${PRESET:-release}
"$root/scripts/build.sh" "$preset" tessera mempool_programs >&2
exec "$root/tests/golden/mempool/accuracy.py" --build "$root/build/$preset" \
  --shared "$root/../shared" "$@"
