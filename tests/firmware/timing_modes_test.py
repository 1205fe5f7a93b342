#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one guest program in both timing modes, and once with changes between them, and compares
what it leaves in memory.

    timing_modes_test.py --tessera T --config C --elf E --region BASE:BYTES...

The run with changes starts functional, goes on in cycle timing at cycle 3000 and in functional
timing 3000 cycles later. Compared are the regions of memory that are given: stacks and what else
keeps measurements depend on time.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

TIMEOUT_SECONDS = 280
CHANGES = ["--switch-to", "cycle", "--at", "cycle:3000",
           "--switch-to", "functional", "--at", "cycle:6000"]
MODES = {"functional": ["--timing", "functional"],
         "cycle": ["--timing", "cycle"],
         "with changes": ["--timing", "functional", *CHANGES]}


def run(options, mode, folder):
    """Runs in one of MODES; returns the bytes of each region."""
    command = [options.tessera, "run", "-q", "-c", options.config, *MODES[mode], options.elf]
    for region in options.region:
        command += ["--dump", f"{region}:{folder / region}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=TIMEOUT_SECONDS, check=False)
    if done.returncode != 0:
        sys.exit(f"FAIL: {mode}: exit code {done.returncode}\n{done.stdout}")
    return {region: (folder / region).read_bytes() for region in options.region}


def compare(expected, mode, found):
    """Ends the test at the first region that differs."""
    for region in expected:
        if expected[region] != found[region]:
            pairs = zip(expected[region], found[region])
            differing = [i for i, (ours, theirs) in enumerate(pairs) if ours != theirs]
            first = int(region.split(":")[0], 0) + differing[0]
            sys.exit(f"FAIL: {mode}: {len(differing)} bytes of {region} differ from functional "
                     f"timing, the first at {first:#010x}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--tessera", "--config", "--elf"):
        parser.add_argument(name, required=True)
    parser.add_argument("--region", action="append", required=True, metavar="BASE:BYTES")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        expected = run(options, "functional", folder)
        for mode in ("cycle", "with changes"):
            compare(expected, mode, run(options, mode, folder))
    print("same memory in", ", ".join(MODES))


if __name__ == "__main__":
    main()
