#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the workload images that guest programs read from L2, and checks what they wrote back.

    make_workload.py mhsa --shape 128,128,64,8 --seed 1 -o work.img
    make_workload.py mhsa --npz case.npz -o work.img
    tessera run --load 0x80100000:work.img --dump 0x80100000:$(stat -c %s work.img):out.img mhsa.elf
    make_workload.py check work.img out.img

Layouts: sw/mhsa/image.h, sw/operand_block/image.h, firmware/runtime/arguments.h. Keys of .npz
files are those of the golden files of ITA. The expected output comes from tessera_ref.ita.
"""
import argparse
import pathlib
import struct
import sys

import numpy as np

from workloads import command
from workloads.image import TILE, WorkloadError, need_range
from workloads.mhsa import Mhsa
from workloads.operand_blocks import OperandBlocks
from workloads.operands import blocks_from_npz, check_shape, mhsa_from_npz, random_workload

KINDS = {kind.MAGIC: kind for kind in (Mhsa, OperandBlocks)}


def check(image_path, dump_path):
    """Compares the result in a dump of the image's memory with the reference. Returns exit code."""
    with open(image_path, "rb") as file:
        kind = KINDS.get(file.read(4), Mhsa)
    image, dump = command.read_image(image_path, dump_path, kind.MAGIC, kind.HEADER)
    header, work = kind.parse(image)
    expected = kind.expected(work)
    result = np.frombuffer(dump, np.int8, expected.size, header["result_offset"])
    is_complete = kind.print_report(header, dump)
    return command.verdict(is_complete, int(np.count_nonzero(result != expected.ravel())),
                           expected.size)


def arguments_page(options):
    """The page at ARGUMENTS_ADDRESS."""
    for name in ("harts", "repetitions", "size", "variant"):
        need_range(getattr(options, name), 0, 0xFFFFFFFF, f"--{name}")
    shape = parse_shape(options.shape, "m,n,k", "128,256,256") if options.shape else (0, 0, 0)
    return struct.pack("<4s7I", b"ARGS", options.harts, options.repetitions, options.size, *shape,
                       options.variant)


def parse_shape(text, letters="S,E,P,H", example="128,128,64,8"):
    parts = text.split(",")
    count = len(letters.split(","))
    if len(parts) != count or not all(part.strip().isdigit() for part in parts):
        words = {3: "three", 4: "four"}
        raise WorkloadError(f"--shape {text}; expected {words[count]} numbers {letters}, such as "
                            f"{example}")
    return tuple(int(part) for part in parts)


def workload_of(options, from_npz, multiple, flavour):
    if options.npz:
        return from_npz(options.npz)
    if options.shape is None:
        raise WorkloadError("give --npz FILE, or --shape S,E,P,H with --seed N")
    shape = parse_shape(options.shape)
    check_shape(shape, multiple)
    return random_workload(shape, options.seed, flavour, getattr(options, "same_inputs", False))


def parse_command_line(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("mhsa", "image for sw/mhsa"),
                       ("operand-block", "image for sw/operand_block")):
        one = commands.add_parser(name, help=text)
        one.add_argument("--npz", help="operands and constants, keys as in the golden files")
        one.add_argument("--shape", help="S,E,P,H in elements, for random operands")
        one.add_argument("--seed", type=int, default=0, help="of the random operands")
        one.add_argument("-o", "--output", required=True)
    mhsa = commands.choices["mhsa"]
    mhsa.add_argument("--flavour", default="rtl", choices=("rtl", "rtl_2024_08"),
                      help="of the arithmetic, for random operands")
    mhsa.add_argument("--same-inputs", action="store_true", help="random queries are the keys")
    mhsa.add_argument("--cores-only", action="store_true", help="leave the ITAs alone")
    command.add_check(commands)
    one = commands.add_parser("arguments", help="parameters of a program")
    one.add_argument("--harts", type=int, default=0, help="that work; 0: all")
    one.add_argument("--repetitions", type=int, default=0, help="0: the program's default")
    one.add_argument("--size", type=int, default=0, help="0: the program's default")
    one.add_argument("--shape", help="m,n,k of a matrix product, in elements")
    one.add_argument("--variant", type=int, default=0, help="of the program's own")
    one.add_argument("-o", "--output", required=True)
    return parser.parse_args(arguments)


def make(options):
    """Does what the command line asks for. Returns an exit code."""
    if options.command == "check":
        return check(options.image, options.dump)
    if options.command == "arguments":
        pathlib.Path(options.output).write_bytes(arguments_page(options))
    elif options.command == "mhsa":
        work = workload_of(options, mhsa_from_npz, TILE, options.flavour)
        command.write_image(options.output, Mhsa.build(work, options.cores_only))
    else:
        work = workload_of(options, blocks_from_npz, 16, "mempool")
        command.write_image(options.output, OperandBlocks.build(work))
    return 0


def main(arguments):
    """Returns 0; 1 when a check fails; 2 for input that cannot be used."""
    options = parse_command_line(arguments)
    return command.run("make_workload.py", lambda: make(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
