#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What observers cost: pairs of runs, one after the other, with everything off, of the usual binary
# against one built without observers, and against itself; then the commit log and the
# offload checker against a free run.
#   scripts/observer_cost.sh TESSERA TESSERA_WITHOUT_OBSERVERS ELF [PAIRS]
# The second is one of the same preset, else the flags of the compiler are compared, too:
#   cmake --preset release -B build/unobserved -DTESSERA_OBSERVERS=OFF
# Prints medians of the ratios of processor and of elapsed time, and from where to where they go;
# exits with 2 when a file is missing.
set -eu
here=$(dirname "$0")
exec "$here/observer_cost.py" "$@"
