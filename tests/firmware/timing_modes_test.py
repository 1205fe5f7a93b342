#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one guest program in both timing modes, and once with changes between them, and compares
what it leaves in memory.

    timing_modes_test.py --tessera T --config C --elf E [--l1-bytes N] [-- mhsa --shape ...]

The run with changes starts functional, goes on in cycle timing at cycle 3000 and in functional
timing 3000 cycles later. Compared are all of L1 above the stacks (what a stack keeps of a
measurement depends on time) and all of L2. Arguments behind `--` make a workload image.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

WORKLOAD_ADDRESS = 0x80100000
L2_BASE = 0x80000000
TIMEOUT_SECONDS = 280
MAKE_WORKLOAD = pathlib.Path(__file__).parents[2] / "scripts" / "make_workload.py"
CHANGES = ["--switch-to", "cycle", "--at", "cycle:3000",
           "--switch-to", "functional", "--at", "cycle:6000"]
MODES = {"functional": ["--timing", "functional"],
         "cycle": ["--timing", "cycle"],
         "with changes": ["--timing", "functional", *CHANGES]}


def run(options, mode, folder):
    """Runs in one of MODES; returns the bytes of L1 above the stacks and of L2."""
    dumps = {"l1": f"{options.l1_base}:{options.l1_bytes - options.l1_base}",
             "l2": f"{L2_BASE}:{options.l2_bytes}"}
    command = [options.tessera, "run", "-q", "-c", options.config, *MODES[mode], options.elf]
    if options.workload:
        command += ["--load", f"{WORKLOAD_ADDRESS}:{folder / 'workload.bin'}"]
    for name, what in dumps.items():
        command += ["--dump", f"{what}:{folder / name}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=TIMEOUT_SECONDS, check=False)
    if done.returncode != 0:
        sys.exit(f"FAIL: {mode}: exit code {done.returncode}\n{done.stdout}")
    return {name: (folder / name).read_bytes() for name in dumps}


def compare(options, expected, mode, found):
    """Ends the test at the first memory that differs."""
    bases = {"l1": options.l1_base, "l2": L2_BASE}
    for name, base in bases.items():
        if expected[name] != found[name]:
            pairs = zip(expected[name], found[name])
            differing = [i for i, (ours, theirs) in enumerate(pairs) if ours != theirs]
            sys.exit(f"FAIL: {mode}: {len(differing)} bytes of {name} differ from functional "
                     f"timing, the first at {base + differing[0]:#010x}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tessera", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument("--elf", required=True)
    parser.add_argument("--l1-base", type=lambda text: int(text, 0), required=True)
    parser.add_argument("--l1-bytes", type=lambda text: int(text, 0), required=True)
    parser.add_argument("--l2-bytes", type=lambda text: int(text, 0), default=0x400000)
    parser.add_argument("workload", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if options.workload:
            subprocess.run([MAKE_WORKLOAD, *options.workload, "-o", folder / "workload.bin"],
                           check=True, stdout=subprocess.DEVNULL)
        expected = run(options, "functional", folder)
        for mode in ("cycle", "with changes"):
            compare(options, expected, mode, run(options, mode, folder))
    print("same memory in", ", ".join(MODES))


if __name__ == "__main__":
    main()
