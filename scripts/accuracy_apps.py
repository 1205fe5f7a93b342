#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kernel cycles of MemPool's applications in cycle timing.

  accuracy_apps.py DIR [--build BUILD] [--timing cycle|functional] [MACHINE/APPLICATION ...]

Runs DIR/<machine>/<application>.elf, programs built outside the project with MemPool's own sources
and runtime, as on the RTL: all harts start at the base of L2. Without names: matmul_i32, dotp_i32,
axpy_i32, conv2d_i32, dct_i32 on minpool and mempool.
Prints a line per program: the cycles of its kernel, from the first hart that begins to the last
that ends, and those of the whole run. A kernel is what a program puts between
mempool_start_benchmark() and mempool_stop_benchmark() (CSR trace, region 2000 of the statistics); a
program without them prints its own "Kernel execution takes N clock cycles".
Exit code 1 when a program fails or tells no kernel.
"""

import argparse
import pathlib
import re
import sys

import tessera

ROOT = pathlib.Path(__file__).resolve().parent.parent
APPLICATIONS = ["matmul_i32", "dotp_i32", "axpy_i32", "conv2d_i32", "dct_i32"]
MACHINES = ["minpool", "mempool"]
TRACE_REGION = 2000  # CSR number of trace, 0x7d0
PRINTED_CYCLES = re.compile(r"Kernel execution takes (\d+) clock cycles")


def run(elf, machine, arguments):
    """Runs a program. Returns (cycles of its kernel or None, cycles of the whole run)."""
    result = tessera.Run(machine, elf, tessera=arguments.build / "bin/tessera").set(
        {"soc.boot.mode": "l2", "soc.timing": arguments.timing}).execute()
    kernel = [*result.find(f"region[{TRACE_REGION}].cycles").values(),
              *map(int, PRINTED_CYCLES.findall(result.stdout))]
    return (kernel[0] if kernel else None), result.cycles


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", metavar="DIR", type=pathlib.Path)
    parser.add_argument("programs", metavar="MACHINE/APPLICATION", nargs="*",
                        default=[f"{machine}/{name}" for machine in MACHINES
                                 for name in APPLICATIONS])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--timing", choices=["cycle", "functional"], default="cycle")
    arguments = parser.parse_args()
    is_good = True
    for program in arguments.programs:
        machine = program.partition("/")[0]
        try:
            kernel, cycles = run(arguments.folder / f"{program}.elf", machine, arguments)
        except tessera.RunError as error:
            print(f"{program} failed: {error}")
            is_good = False
            continue
        is_good &= kernel is not None
        print(f"{program} kernel {'not known' if kernel is None else kernel} run {cycles} cycles",
              flush=True)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
