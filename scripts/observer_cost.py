#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what observers cost; see observer_cost.sh, which runs it.

  scripts/observer_cost.py TESSERA TESSERA_WITHOUT_OBSERVERS ELF [PAIRS]

A pair is two runs next to each other, in turns one or the other first, so that what else the host
does hits both. The ratio of a pair is that of their host times (user and system).
"""

import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAIRS = 15
LOG_PAIRS = 3


def host_seconds(command):
    """Processor time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratios(one, other, pairs):
    """Time of `one` over that of `other`, for each pair."""
    found = []
    for pair in range(pairs):
        if pair % 2 == 0:
            first = host_seconds(one)
            found.append(first / host_seconds(other))
        else:
            second = host_seconds(other)
            found.append(host_seconds(one) / second)
    return found


def print_row(name, values):
    print(f"{name:<34} median {statistics.median(values):6.3f}  "
          f"from {min(values):.3f} to {max(values):.3f}  ({len(values)} pairs)", flush=True)


def main():
    if len(sys.argv) not in (4, 5) or not all(pathlib.Path(path).exists()
                                              for path in sys.argv[1:4]):
        print(__doc__, file=sys.stderr)
        return 2
    usual, without, elf = sys.argv[1:4]
    pairs = int(sys.argv[4]) if len(sys.argv) == 5 else PAIRS
    for timing in ("functional", "cycle"):
        arguments = ["run", "-q", "-c", ROOT / "configs" / "minpool.yaml", "--timing", timing, elf]
        print_row(f"{timing}: observers off / none",
                  ratios([usual, *arguments], [without, *arguments], pairs))
        print_row(f"{timing}: the same binary twice",
                  ratios([usual, *arguments], [usual, *arguments], pairs))
        with tempfile.TemporaryDirectory() as folder:
            print_row(f"{timing}: commit log / off",
                      ratios([usual, *arguments, "--commit-log", folder], [usual, *arguments],
                             min(pairs, LOG_PAIRS)))
        print_row(f"{timing}: offload checker / off",
                  ratios([usual, *arguments, "--check", "offload"], [usual, *arguments],
                         min(pairs, LOG_PAIRS)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
