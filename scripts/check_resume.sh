#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sweep that is killed with everything it has started, at a random moment, and started again: what was
# done stays, the rest runs, and the table is that of a sweep that nobody disturbed.
#   scripts/check_resume.sh FILE [FOLDER]     FILE: the sweep, configs/studies/vrf.yaml; FOLDER: default
#                                             out/resume, gets undisturbed/ (kept if there) and killed/
# Builds first; PRESET chooses the build.
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:?a sweep}
folder=${2:-out/resume}
[ -n "${TESSERA_BUILD:-}" ] || scripts/build.sh "${PRESET:-release}" tessera tessera_attention guest >&2
scripts/sweep run "$file" -o "$folder/undisturbed"
rm -rf "$folder/killed"
setsid scripts/sweep run "$file" -o "$folder/killed" &
sweep=$!
done_points() { find "$folder/killed/points" -path '*/[0-9a-f]*/run.json' -not -path '*/.*' "$@" 2>/dev/null; }
until [ -n "$(done_points -print -quit)" ]; do
  kill -0 "$sweep" || { echo "check_resume.sh: FAIL: it ended before a point did" >&2; exit 1; }
  sleep 0.2
done
begin=$(date +%s)
total=$(($(wc -l <"$folder/undisturbed/sweep.csv") - 1))
first=$(done_points | wc -l)
target=$((first + RANDOM % (total - first + 1)))
while kill -0 "$sweep" 2>/dev/null && [ "$(done_points | wc -l)" -lt "$target" ]; do sleep 0.1; done
kill -KILL -- "-$sweep" 2>/dev/null || true
wait "$sweep" 2>/dev/null || true
stamps() { done_points -printf '%p %T@\n' | sort; }
stamps >"$folder/before.txt"
scripts/sweep run "$file" -o "$folder/killed"
stamps >"$folder/after.txt"
again=$(comm -23 "$folder/before.txt" "$folder/after.txt" | wc -l)
cmp "$folder/undisturbed/sweep.csv" "$folder/killed/sweep.csv"
if [ "$again" != 0 ]; then
  echo "check_resume.sh: FAIL: $again points ran twice" >&2
  exit 1
fi
echo "check_resume.sh: PASS killed with $(wc -l <"$folder/before.txt") of $total points done after" \
  "$(($(date +%s) - begin)) s, the same table"
