#!/bin/bash
# Installs missing Debian packages, configures and builds host and guest programs.
#   scripts/build.sh [PRESET [TARGET ...]]    PRESET: release (default), dev, asan, tsan, coverage;
#                                             TARGET: tessera, guest, ...; default everything
# Builds in build/PRESET; does nothing twice. Exit codes: 0 built, 1 build failed, 2 packages missing
# that it may not install, or a bad argument.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(all)

case $preset in
  release | dev | asan | tsan | coverage) ;;
  *)
    echo "build.sh: unknown preset '$preset'; allowed: release, dev, asan, tsan, coverage" >&2
    exit 2
    ;;
esac

missing_packages() {
  local package status
  grep -v '^#' scripts/packages.txt | while read -r package; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || echo "$package"
  done
}

install_packages() {
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "build.sh: these Debian packages are missing and need root to install:" >&2
      echo "  sudo apt-get update && sudo apt-get install --no-install-recommends $*" >&2
      exit 2
    fi
    sudo=(sudo)
  fi
  echo "build.sh: installing Debian packages: $*"
  export DEBIAN_FRONTEND=noninteractive
  "${sudo[@]}" apt-get update -q
  "${sudo[@]}" apt-get install -q -y --no-install-recommends "$@"
}

if ! command -v dpkg-query >/dev/null; then
  echo "build.sh: not a Debian system; install by hand what scripts/packages.txt lists" >&2
  exit 2
fi
mapfile -t missing < <(missing_packages)
if [ ${#missing[@]} -gt 0 ]; then
  install_packages "${missing[@]}"
fi

if [ ! -f "build/$preset/build.ninja" ]; then
  cmake --preset "$preset"
fi
cmake --build --preset "$preset" --parallel "$(nproc)" --target "${targets[@]}"
