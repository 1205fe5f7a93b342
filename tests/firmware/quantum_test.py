#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How far harts may run ahead of the kernel changes no cycle count under cycle timing.

    quantum_test.py --tessera T --config C PROGRAM...

Each guest program is run with several values of soc.quantum_cycles: all statistics and what it
prints are the same.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

QUANTA = (1, 100, 1000, 10_000)  # 1: the kernel takes part in every cycle


def run(options, program, quantum, folder):
    """Statistics and output of a run."""
    command = [options.tessera, "run", "-q", "-c", options.config, "--timing", "cycle",
               "-s", f"soc.quantum_cycles={quantum}", "-o", folder, "--force", program]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"FAIL: {program}, quantum {quantum}: exit code {done.returncode}\n{done.stdout}")
    stats = json.loads(pathlib.Path(folder, "stats.json").read_text(encoding="utf-8"))["stats"]
    return {**stats, "output": done.stdout}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--tessera", "--config"):
        parser.add_argument(name, required=True)
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for program in options.programs:
            first, *others = [run(options, program, quantum, folder) for quantum in QUANTA]
            for quantum, found in zip(QUANTA[1:], others):
                differing = [name for name, value in first.items() if found.get(name) != value]
                if differing:
                    name = differing[0]
                    sys.exit(f"FAIL: {program}: {len(differing)} values differ with quantum "
                             f"{quantum}, {name}: {found.get(name)} instead of {first[name]}")
            print(f"{pathlib.Path(program).name}: same {len(first)} values with quanta {QUANTA}")


if __name__ == "__main__":
    main()
