#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what observers cost; see observer_cost.sh, which runs it.

  scripts/observer_cost.py TESSERA TESSERA_WITHOUT_OBSERVERS ELF [PAIRS]

ELF takes repetitions as its argument: matmul_i32, matmul_i8, gemm_i8, sieve, memcpy. A pair is two
runs next to each other, in turns one or the other first, so that what else the host does hits both.
The ratios of a pair are those of their processor times (user and system) and of the elapsed times,
which differ where threads share the work.
"""

import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAIRS = 15
SLOW_PAIRS = 3  # with observers on
REPETITIONS = {"functional": (300, 30), "cycle": (8, 4)}  # off, on: about a second for each run


def seconds(command):
    """Processor and elapsed time of one run."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, end - begin


def ratios(one, other, pairs):
    """Times of `one` over those of `other`, for each pair."""
    found = []
    for pair in range(pairs):
        if pair % 2 == 0:
            first = seconds(one)
            second = seconds(other)
        else:
            second = seconds(other)
            first = seconds(one)
        found.append([mine / theirs for mine, theirs in zip(first, second)])
    return found


def print_row(name, pairs):
    columns = [f"{kind} {statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"
               for kind, values in zip(("processor", "elapsed"), zip(*pairs))]
    print(f"{name:<34} {'  '.join(columns)}  {len(pairs)} pairs", flush=True)


def arguments(repetitions, folder):
    """Options that make a program repeat its work."""
    image = folder / f"arguments{repetitions}.bin"
    subprocess.run([ROOT / "scripts" / "make_workload.py", "arguments", "--repetitions",
                    str(repetitions), "-o", image], check=True)
    return ["--load", f"0x800FF000:{image}"]


def measure(timing, usual, without, elf, pairs, folder):
    """Prints the four rows of a timing mode."""
    run = ["run", "-q", "-c", ROOT / "configs" / "minpool.yaml", "--timing", timing, elf]
    few, many = (run + arguments(count, folder) for count in sorted(REPETITIONS[timing]))
    print_row(f"{timing}: observers off / none", ratios([usual, *many], [without, *many], pairs))
    print_row(f"{timing}: the same binary twice", ratios([usual, *many], [usual, *many], pairs))
    for name, options in (("commit log", ["--commit-log", folder / "log"]),
                          ("offload checker", ["--check", "offload"])):
        print_row(f"{timing}: {name} / off",
                  ratios([usual, *few, *options], [usual, *few], min(pairs, SLOW_PAIRS)))


def main():
    if len(sys.argv) not in (4, 5) or not all(pathlib.Path(path).exists()
                                              for path in sys.argv[1:4]):
        print(__doc__, file=sys.stderr)
        return 2
    usual, without, elf = sys.argv[1:4]
    pairs = int(sys.argv[4]) if len(sys.argv) == 5 else PAIRS
    with tempfile.TemporaryDirectory() as folder:
        for timing in REPETITIONS:
            measure(timing, usual, without, elf, pairs, pathlib.Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
