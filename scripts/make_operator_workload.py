#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the workload image of engine_operators, and checks what the program reported.

    make_operator_workload.py build [--seed N] -o work.img
    tessera run --load 0x80100000:work.img --dump 0x80100000:$(stat -c %s work.img):out.img ...
    make_operator_workload.py check work.img out.img

Layout: sw/engine_operators/image.h. Expected results come from tessera_ref.engine_operators.
"""
import argparse
import struct
import sys

import numpy as np

from tessera_ref import engine_operators, ita, sparse_attention
from workloads import command
from workloads.image import TILE, Image, aligned, pack_requant

GAP = 0x5A  # what is between the rows of a result, before and after
MAGIC = b"EWOP"
VERSION = 1
HEADER = struct.Struct("<4s15I")
CASE = struct.Struct("<16I")
CASE_FIELDS = ("type rows columns outputs in weight bias map masks in_stride weight_stride "
               "out_stride requant numbers out golden").split()
REPORT = struct.Struct("<4I")
TYPES = {"gemm": 2, "softmax": 3, "layer_norm": 4, "gelu": 5, "copy": 6, "selection": 8}


class Builder(Image):
    """The image under construction, and its cases."""

    def __init__(self, seed):
        super().__init__()
        self.rng = np.random.default_rng(seed)
        self.cases = []

    def add_rows(self, values, stride):
        """A matrix of bytes with gaps behind its rows."""
        placed = np.full((values.shape[0], stride), GAP, np.uint8)
        placed[:, :values.shape[1]] = values.view(np.uint8)
        return self.add(placed.tobytes())

    def random(self, rows, columns):
        return self.rng.integers(-128, 128, (rows, columns), dtype=np.int8)

    def add_case(self, kind, expected, **fields):
        """A case; `expected` is its result, with `out_stride` bytes from row to row."""
        case = dict.fromkeys(CASE_FIELDS, 0)
        case.update(fields, type=TYPES[kind])
        empty = np.zeros((expected.shape[0], 0), np.uint8)
        case["golden"] = self.add_rows(expected, case["out_stride"])
        case["out"] = self.add_rows(empty, case["out_stride"])
        self.cases.append(case)

    def gemm(self, shape, density=None, has_bias=True):
        """shape: rows, depth, outputs; density: of kept tiles, None: all, without a map."""
        rows, depth, outputs = shape
        a, weights = self.random(rows, depth), self.random(outputs, depth)
        bias = self.rng.integers(-20000, 20000, outputs, dtype=np.int32) if has_bias else None
        kept = np.ones((outputs, depth), bool)
        fields = {}
        if density is not None:
            tiles = self.rng.random((-(-outputs // TILE), -(-depth // TILE))) < density
            tiles[0] = False  # outputs that have the bias alone
            kept = np.kron(tiles, np.ones((TILE, TILE), bool))[:outputs, :depth]
            kept[TILE:2 * TILE] &= self.rng.random((1, depth)) < 0.7  # partial tiles
            index, masks = sparse_attention.encode_map(kept, TILE)
            fields = {"map": self.add(index), "masks": self.add(masks)}
        requant = ita.Requant(91, 16 + int(np.log2(depth) / 2), -3)
        # With gaps; the widest rows go one by one, so each begins at a whole AXI word.
        unit = 64 if depth > 4096 else 16
        strides = {name: aligned(size, unit) + unit for name, size in
                   (("in_stride", depth), ("weight_stride", depth), ("out_stride", outputs))}
        self.add_case("gemm", engine_operators.gemm(a, weights, bias, kept, requant), rows=rows,
                      columns=depth, outputs=outputs, requant=pack_requant(requant),
                      weight=self.add_rows(weights, strides["weight_stride"]),
                      bias=0 if bias is None else self.add(bias.tobytes()),
                      **{"in": self.add_rows(a, strides["in_stride"])}, **strides, **fields)

    def rows_case(self, kind, values, expected, **fields):
        stride = aligned(values.shape[1], 16)
        self.add_case(kind, expected, rows=values.shape[0], columns=values.shape[1],
                      in_stride=stride, out_stride=stride + 32,
                      **{"in": self.add_rows(values, stride)}, **fields)

    def softmax(self, rows, columns):
        logits = self.random(rows, columns)
        logits[0] = 77  # all alike
        self.rows_case("softmax", logits, engine_operators.softmax(logits))

    def layer_norm(self, rows, columns):
        values, weight = self.random(rows, columns), self.random(1, columns)
        values[0] = -5  # no deviation
        bias = self.rng.integers(-1 << 24, 1 << 24, columns, dtype=np.int32)
        requant = ita.Requant(40000, 46 - int(np.log2(columns) / 2), 5)
        self.rows_case("layer_norm", values,
                       engine_operators.layer_norm(values, weight[0], bias, requant),
                       weight=self.add(weight.tobytes()), bias=self.add(bias.tobytes()),
                       requant=pack_requant(requant))

    def gelu(self, rows, columns):
        values, constants = self.random(rows, columns), ita.Gelu(-130, 9000)
        requant = ita.Requant(119, 20, 5)
        self.rows_case("gelu", values, engine_operators.gelu(values, constants, requant),
                       requant=pack_requant(requant),
                       numbers=constants.b & 0xFFFF | (constants.c & 0xFFFF) << 16)

    def copy(self, rows, columns):
        values = self.random(rows, columns)
        self.rows_case("copy", values, values)

    def selection(self, shape, keep, bits):
        """shape: queries, keys, depth."""
        queries, keys, depth = shape
        q, k = self.random(queries, depth), self.random(keys, depth)
        kept = engine_operators.pack_bits(engine_operators.select(q, k, keep, bits))
        stride = aligned(depth, 16)
        self.add_case("selection", kept, rows=queries, columns=depth, outputs=keys,
                      in_stride=stride, weight=self.add_rows(k, stride), out_stride=kept.shape[1],
                      numbers=keep | bits << 16, **{"in": self.add_rows(q, stride)})

    def finish(self):
        header = [len(self.cases),
                  self.add(b"".join(CASE.pack(*(case[name] for name in CASE_FIELDS))
                                    for case in self.cases)),
                  self.add(bytes(REPORT.size * len(self.cases)))]
        HEADER.pack_into(self.data, 0, MAGIC, VERSION, len(self.data), *header, *[0] * 10)
        return bytes(self.data)


def build(seed):
    """All operators, in shapes with one row, trimmed tiles, several blocks, and a full MRF."""
    builder = Builder(seed)
    builder.gemm((1, 64, 64), has_bias=False)
    builder.gemm((100, 200, 130))
    builder.gemm((70, 512, 200), density=0.4)
    builder.gemm((40, 1100, 1000), density=0.95)  # more tiles than the MRF keeps
    builder.gemm((3, 8256, 70), has_bias=False)  # an output row needs more than half the MRF
    builder.softmax(70, 200)
    builder.softmax(5, 1500)
    builder.layer_norm(33, 768)
    builder.layer_norm(70, 50)
    builder.gelu(40, 300)
    builder.copy(1, 1)
    builder.copy(200, 130)
    builder.selection((150, 200, 48), 20, 4)
    builder.selection((65, 1000, 100), 33, 8)
    return builder.finish()


def check(image_path, dump_path):
    """Compares results in a dump of the memory with those in the image. Returns an exit code."""
    image, dump = command.read_image(image_path, dump_path, MAGIC, HEADER)
    _, _, _, count, cases, reports, *_ = HEADER.unpack_from(image)
    names = {number: name for name, number in TYPES.items()}
    failed = 0
    for number in range(count):
        case = dict(zip(CASE_FIELDS, CASE.unpack_from(image, cases + number * CASE.size)))
        is_done, error, differing, cycles = REPORT.unpack_from(dump, reports + number * REPORT.size)
        size = case["rows"] * case["out_stride"]
        is_equal = (dump[case["out"]:case["out"] + size]
                    == image[case["golden"]:case["golden"] + size])
        has_passed = is_done == 1 and error == 0 and differing == 0 and is_equal
        print(f"{names[case['type']]} {case['rows']}x{case['columns']}x{case['outputs']}: "
              f"error {error}, {differing} differing words, {cycles} cycles")
        failed += not has_passed
    print(f"{'FAIL' if failed else 'PASS'}: {failed} of {count} cases failed")
    return 1 if failed else 0


def work(options):
    """Does what the command line asks for. Returns an exit code."""
    if options.command == "check":
        return check(options.image, options.dump)
    command.write_image(options.output, build(options.seed))
    return 0


def main(arguments):
    """Returns 0; 1 when a check fails; 2 for files that cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("build", help="image for sw/engine_operators")
    one.add_argument("--seed", type=int, default=0, help="of the random operands")
    one.add_argument("-o", "--output", required=True)
    command.add_check(commands)
    options = parser.parse_args(arguments)
    return command.run("make_operator_workload.py", lambda: work(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
