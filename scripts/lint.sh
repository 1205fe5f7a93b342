#!/bin/bash
# Format, static analysis and shell checks of all sources; prints findings, exit code 1 if any.
#   scripts/lint.sh [--format-only]
# Needs a configured build/release and the Debian packages clang-format, clang-tidy, shellcheck.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
for tool in clang-format clang-tidy shellcheck; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "lint.sh: missing: apt-get install ${missing[*]}" >&2
  exit 2
fi
git ls-files '*.h' '*.cpp' | grep -E '^(models|platform|tests)/' | xargs clang-format --dry-run -Werror
git ls-files '*.sh' .ci/run | xargs shellcheck
[ "${1:-}" != --format-only ] || exit 0
git ls-files '*.cpp' | grep -E '^(models|platform)/' |
  xargs -P "$(nproc)" -n 4 clang-tidy -p build/release --quiet
