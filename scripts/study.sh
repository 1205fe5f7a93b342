#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds, runs and reports the sweep configs/studies/NAME.yaml, and compares the tables of NAME.md.
#   scripts/study.sh NAME [FOLDER]        default out/NAME; PRESET chooses the build
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?name of a study in configs/studies}
folder=${2:-out/$name}
study=configs/studies/$name
[ -n "${TESSERA_BUILD:-}" ] || scripts/build.sh "${PRESET:-release}" tessera tessera_attention guest >&2
scripts/sweep run "$study.yaml" -o "$folder"
scripts/sweep choose "$study.yaml" -o "$folder" | tee "$folder/choose.txt"
scripts/fill_tables.py "$study.md" "$folder"
scripts/report "$folder" -o "$folder/report.html"
echo "study $name: answer in $study.md, results in $folder, page $folder/report.html"
