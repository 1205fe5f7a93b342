#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How well the int8 GEMM of sw/kernels uses the cores, with and without Xpulpimg.

    gemm_efficiency.py [--shape 128,256,1024] [--harts 16 192] [--config configs/tessera.yaml]

Runs the products of gemm_i8 in cycle timing; the second of two repetitions counts, from the first
hart that starts to the last that ends. Efficiency: cycles * harts of the first row over those of
the row. Exits with 1 when one is below --at-least.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import tessera

ROOT = pathlib.Path(__file__).resolve().parents[1]
ARGUMENTS_ADDRESS = 0x800FF000
VARIANTS = {"Xpulpimg": 0, "RV32IMA": 1}


def cycles_of(options, shape, harts, variant):
    """Cycles of one product. Exits with a message when the program does not pass."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as page:
        subprocess.run([ROOT / "scripts/make_workload.py", "arguments", "--harts", str(harts),
                        "--repetitions", "2", "--shape", ",".join(map(str, shape)), "--variant",
                        str(VARIANTS[variant]), "-o", page.name], check=True)
        run = tessera.Run(options.config, options.build / "sw/gemm_i8.elf",
                          tessera=options.build / "bin/tessera").load(ARGUMENTS_ADDRESS, page.name)
        for mode, place in (("cycle", "roi:1"), ("functional", "roi_end:1")):
            run = run.option("--switch-to", mode).option("--at", place)
        result = run.execute(check=False)
    found = re.search(rf", {harts} harts, (\d+) cycles\nPASS gemm_i8$", result.stdout,
                      re.MULTILINE)
    if not found:
        sys.exit(f"gemm_efficiency.py: {shape} on {harts} harts failed: "
                 f"{result.message or result.stdout.strip()}")
    return int(found.group(1))


def print_table(options, shape):
    """One markdown table of a shape m,n,k. Returns the lowest efficiency."""
    m, n, k = shape
    print(f"\n{m} x {n} x {k}\n")
    print("| variant | harts | cycles | MAC/cycle/core | efficiency |")
    print("|---|---|---|---|---|")
    lowest = 1
    for variant in options.variants:
        reference = None
        for harts in options.harts:
            work = cycles_of(options, shape, harts, variant) * harts
            reference = reference or work
            lowest = min(lowest, reference / work)
            print(f"| {variant} | {harts} | {work // harts} | {m * n * k / work:.2f} | "
                  f"{reference / work:.1%} |", flush=True)
    return lowest


def sizes(text):
    """(m, n, k) of a product."""
    numbers = text.split(",")
    if len(numbers) != 3 or not all(size.isdigit() and int(size) for size in numbers):
        raise argparse.ArgumentTypeError(f"'{text}'; expected m,n,k")
    return tuple(map(int, numbers))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--shape", nargs="+", type=sizes,
                        default=[(128, 256, 256), (128, 256, 1024)],
                        help="m,n,k of each product")
    parser.add_argument("--harts", type=int, nargs="+", default=[16, 32, 64, 128, 192])
    parser.add_argument("--config", default=str(ROOT / "configs/tessera.yaml"))
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release",
                        help="folder with bin/tessera and sw/gemm_i8.elf")
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    parser.add_argument("--at-least", type=float, default=0, metavar="PERCENT")
    options = parser.parse_args()
    lowest = min(print_table(options, shape) for shape in options.shape)
    if 100 * lowest < options.at_least:
        sys.exit(f"gemm_efficiency.py: {lowest:.1%} is less than {options.at_least} %")


if __name__ == "__main__":
    main()
