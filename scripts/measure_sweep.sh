#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How busy a sweep keeps the cores, and what it costs per point: 200 points of about a second.
# Builds first; needs a machine that does nothing else. Takes about 200 s on 2 cores.
#   scripts/measure_sweep.sh [SWEEP_OPTION ...]       e.g. --limit 20; PRESET chooses the build
# busy: processor time of the sweep with everything it starts, over wall time of all cores.
# overhead per point: wall time of all cores less what the simulators report, over the points.
# ours: of it what passes between start and end of points, such as processes and files; the rest is
# Snakemake's own, with its start of jobs.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${TESSERA_BUILD:-}" ] || scripts/build.sh "${PRESET:-release}" tessera guest >&2
out=out/measure_sweep
rm -rf "$out"
/usr/bin/python3 - "$out" "$@" <<'END'
import json
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, "scripts")
import tessera

out, cores = sys.argv[1], os.cpu_count()
begin = time.monotonic()
code = subprocess.run(["scripts/sweep", "run", "configs/sweeps/measure.yaml", "-o", out,
                       *sys.argv[2:]], check=False).returncode
wall = time.monotonic() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
results = tessera.load_all(out + "/points")
simulated = sum(sum(result.facts["host_seconds"].values()) for result in results)
points = sum(json.loads((result.folder / "point.json").read_text())["seconds"]
             for result in results)
busy = (used.ru_utime + used.ru_stime) / (wall * cores)
print(f"{len(results)} points, {cores} cores, {wall:.1f} s: busy {busy:.1%}")
for name, seconds in (("all", wall * cores - simulated), ("ours", points - simulated)):
    print(f"overhead per point, {name}: {1e3 * seconds / len(results):.0f} ms")
sys.exit(code)
END
