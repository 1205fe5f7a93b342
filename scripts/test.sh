#!/bin/bash
# Builds and runs all fast tests.
#   scripts/test.sh [CTEST ARGUMENT ...]      e.g. scripts/test.sh -R isa
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release
ctest --test-dir build/release -j"$(nproc)" --output-on-failure --no-tests=error -LE slow "$@"
