#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures a region of interest in cycle timing, from the start on and switched to at its begin.

    region_switch_test.py --tessera T --config C --elf E

Region 1 of the program must take nearly the cycles of a run that is in cycle timing from the start:
the difference is what cold instruction caches cost, and is printed. It must leave the same result,
and functional timing must be further away than that.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

MAX_WARM_UP_PERCENT = 5
SWITCH = ["--switch-to", "cycle", "--at", "roi:1", "--switch-to", "functional", "--at", "roi_end:1"]


def region_cycles(options, folder, *arguments):
    """Cycles of region 1 and what the program says, but for its own cycles."""
    command = [options.tessera, "run", "-q", "-c", options.config, "--out", folder, "--force",
               *arguments, options.elf]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=250, check=False)
    if done.returncode != 0:
        sys.exit(f"FAIL: exit code {done.returncode}\n{done.stdout}")
    stats = json.loads((pathlib.Path(folder) / "stats.json").read_text(encoding="utf-8"))
    cycles = [region["cycles"] for region in stats["regions"] if region["id"] == 1]
    return cycles[0], done.stdout.splitlines()[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--tessera", "--config", "--elf"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        functional, _ = region_cycles(options, folder)
        warm, expected = region_cycles(options, folder, "--timing", "cycle")
        cold, found = region_cycles(options, folder, *SWITCH)
    percent = 100 * (cold - warm) / warm
    print(f"region 1: {warm} cycles in a run in cycle timing, {cold} when switched to at its "
          f"begin: warm-up moves it by {percent:+.2f} %; functional timing: {functional}")
    if found != expected:
        sys.exit(f"FAIL: '{found}', expected '{expected}'")
    if abs(percent) > MAX_WARM_UP_PERCENT:
        sys.exit(f"FAIL: more than {MAX_WARM_UP_PERCENT} %")
    if abs(functional - warm) <= abs(cold - warm):
        sys.exit("FAIL: no better than functional timing")


if __name__ == "__main__":
    main()
