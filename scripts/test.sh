#!/bin/bash
# Builds and runs all fast tests.
#   scripts/test.sh [CTEST ARGUMENT ...]      e.g. scripts/test.sh -R isa
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release
if [ ! -d ../shared/golden ]; then
  echo "test.sh: ../shared/golden is absent: tests against measurements of the RTL skip"
fi
ctest --test-dir build/release -j"$(nproc)" --output-on-failure --no-tests=error -LE slow "$@"
