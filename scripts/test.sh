#!/bin/bash
# Builds and runs all fast tests.
#   scripts/test.sh [CTEST ARGUMENT ...]      e.g. scripts/test.sh -R isa
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release
for package in chromium chromium-driver python3-selenium; do
  if ! dpkg-query -W "$package" &>/dev/null; then
    echo "test.sh: Debian's $package is not installed: tests of reports in a browser skip"
  fi
done
if [ ! -d ../shared/golden ]; then
  echo "test.sh: ../shared/golden is absent: tests against measurements of the RTL skip"
fi
ctest --test-dir build/release -j"$(nproc)" --output-on-failure --no-tests=error -LE slow "$@"
