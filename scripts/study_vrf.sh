#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The smallest register files of the attention engine within 5 % of unlimited ones: the study of
# configs/studies/vrf.md. About 6 minutes on 2 cores that do nothing else; killed, it goes on where it
# was. PRESET chooses the build.
#   scripts/study_vrf.sh [FOLDER]        default out/vrf
# FOLDER gets sweep.csv, choose.txt and report.html. Exit code 1 when a point has no result, or a table
# of the page is not that of the sweep.
exec "$(dirname "$0")/study.sh" vrf "$@"
