#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which tool finds the bugs of tests/seeded_bugs, and whether clean programs are free of reports.
#   scripts/seeded_bugs.sh [BUILD [PATCH...]]
# BUILD: folder of a build with programs (default: build/release). Without PATCH all bugs are tried,
# and all clean programs on minpool and tessera.
set -eu
here=$(dirname "$0")
exec "$here/seeded_bugs.py" "$@"
