#!/bin/bash
# Builds Tessera and runs its main job: firmware on 192 harts drives four ITA tiles through a tiled
# multi-head self-attention; the result is compared byte by byte with a numpy reference.
#   scripts/demo.sh [S,E,P,H]        shape: sequence, embedding, projection, heads; default below
# Exit code 0 only when every byte agrees.
set -euo pipefail
cd "$(dirname "$0")/.."
shape=${1:-128,128,64,8}
out=out/demo
image_address=0x80100000  # sw/README.md: where programs expect their workload

scripts/build.sh release tessera guest
mkdir -p "$out"
scripts/make_workload.py mhsa --shape "$shape" --seed 1 -o "$out/workload.bin"
build/release/bin/tessera run -c configs/tessera.yaml build/release/sw/mhsa.elf \
  --load "$image_address:$out/workload.bin" \
  --dump "$image_address:$(stat -c %s "$out/workload.bin"):$out/result.bin" \
  --out "$out/run" --force
scripts/make_workload.py check "$out/workload.bin" "$out/result.bin"
