#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which L1 network is worth its wires: the study of configs/studies/interconnect.md. About 5 minutes on
# 2 cores that do nothing else; killed, it goes on where it was. PRESET chooses the build.
#   scripts/study_interconnect.sh [FOLDER]        default out/interconnect
# FOLDER gets sweep.csv, choose.txt and report.html. Exit code 1 when a point has no result, or a table
# of the page is not that of the sweep.
exec "$(dirname "$0")/study.sh" interconnect "$@"
