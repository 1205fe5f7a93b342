#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random cases of a group of kernels on a machine, every byte of L1 compared with numpy.

    kernel_test.py --tessera T --config C --elf E --group gemm [--timing cycle] [--harts N ...]

Kernels of one image run one after the other; each writes where nothing else reads. Contents
that no kernel should touch are compared too. Layout of the image: sw/kernel_test/image.h.
"""
import argparse
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "sw"))
from deploy import kernels  # noqa: E402  (found through the path above)
import cases  # noqa: E402

WORKLOAD_ADDRESS = 0x80100000
HEADER = struct.Struct("<4s4I")
COMMAND = struct.Struct(f"<{3 + kernels.ARGUMENT_WORDS}I")
TIMEOUT_SECONDS = 280


def command_bytes(kernel, fields, addresses, portable):
    """One command; `addresses` are the fields that hold offsets in L1."""
    relocation, offset = 0, 0
    for name, code in kernels.fields(kernel):
        relocation |= (name in addresses) << offset // 4
        offset += struct.calcsize(code)
    opcode = kernels.opcode(kernel) | (kernels.PORTABLE if portable else 0)
    return COMMAND.pack(opcode, relocation, *kernels.kernel_arguments(kernel, **fields), 0)


def build(group, seed, count, harts):
    """Returns (image, contents of L1 that the run must leave, names of the commands)."""
    rng = np.random.default_rng(seed)
    memory = cases.Memory(rng)
    commands, names = b"", []
    for i in range(count):
        make = cases.GROUPS[group][i % len(cases.GROUPS[group])]
        fields, addresses = make(rng, memory)
        commands += command_bytes(make.__name__, fields, addresses, bool(rng.integers(0, 2)))
        names.append(f"{make.__name__}({fields})")
    for contents in (memory.before, memory.after):
        contents += b"\0" * (64 - len(contents) % 4)
    header = HEADER.pack(b"KTST", harts, count, HEADER.size + len(commands), len(memory.before))
    return header + commands + memory.before, bytes(memory.after), names


def run(options, image):
    """Returns the image after the run; exits when the run fails."""
    with tempfile.TemporaryDirectory() as folder:
        path, dump = os.path.join(folder, "in"), os.path.join(folder, "out")
        pathlib.Path(path).write_bytes(image)
        done = subprocess.run(
            [options.tessera, "run", "-q", "-c", options.config, "--guest-errors", "stop",
             "--timing", options.timing, "--load", f"{WORKLOAD_ADDRESS}:{path}",
             "--dump", f"{WORKLOAD_ADDRESS}:{len(image)}:{dump}", options.elf],
            timeout=TIMEOUT_SECONDS, check=False)
        if done.returncode != 0:
            sys.exit(f"FAIL: the run ended with {done.returncode}")
        return pathlib.Path(dump).read_bytes()


def compare(got, expected, commands, names):
    """Exits with the first wrong byte and the commands whose arguments lie nearest below it."""
    if got == expected:
        return
    wrong = next(i for i, (a, b) in enumerate(zip(got, expected)) if a != b)
    count = sum(a != b for a, b in zip(got, expected))

    def distance(index):
        words = COMMAND.unpack_from(commands, COMMAND.size * index)
        below = [word for i, word in enumerate(words[2:]) if words[1] >> i & 1 and word <= wrong]
        return wrong - max(below, default=-len(expected))
    nearest = names[min(range(len(names)), key=distance)]
    sys.exit(f"FAIL: {count} wrong bytes, first at 0x{wrong:x}: {got[wrong]}, expected "
             f"{expected[wrong]}; {nearest}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("--tessera", "--config", "--elf"):
        parser.add_argument(name, required=True)
    parser.add_argument("--group", required=True, choices=cases.GROUPS)
    parser.add_argument("--timing", default="functional", choices=("functional", "cycle"))
    parser.add_argument("--harts", type=int, nargs="+", default=[0], help="one run each; 0: all")
    parser.add_argument("--cases", type=int, default=24, help="per run")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for harts in options.harts:
        image, expected, names = build(options.group, options.seed + harts, options.cases, harts)
        after = run(options, image)
        print(f"{options.group}: {len(names)} cases on {harts or 'all'} harts")
        commands = image[HEADER.size:]
        compare(after[-len(expected):], expected, commands, names)


if __name__ == "__main__":
    main()
