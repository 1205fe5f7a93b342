#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What tile sparsity gains on the attention engine, at which length, with which register files: CSV
# and SVG from the cycle engine, a short table, last line a verdict. Some minutes; how to read the
# plots: models/attention_engine/STUDY.md. Exit code 1 when a check fails. PRESET chooses the build.
#   scripts/attention_study.sh [FOLDER]        default out/attention_study
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-out/attention_study}
preset=${PRESET:-release}
scripts/build.sh "$preset" engine_run tessera_attention >&2
exec /usr/bin/python3 scripts/attention_study.py --build "build/$preset" --out "$folder"
