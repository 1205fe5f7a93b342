#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_ita_golden.sh FILE...: runs the ITA models on golden .npz files and compares every
# intermediate result. Prints one line per file with the number of differing bytes; fails when a
# byte differs or a file cannot be used. PRESET chooses the build (default release).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
exec "$root/tests/golden/ita/check.py" --tool "$root/build/${PRESET:-release}/bin/ita_golden_check" "$@"
