#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the workload images of sparse_mhsa and batch_mhsa, and checks what they wrote back.

    make_attention_workload.py sparse --shape 512,64,8 --pattern window --window 128 -o work.img
    make_attention_workload.py batch --lengths 200,70,31 --shape 0,64,2 -o work.img
    tessera run --load 0x80100000:work.img --dump 0x80100000:$(stat -c %s work.img):out.img ...
    make_attention_workload.py check work.img out.img

Layout: sw/sparse_mhsa/image.h. The expected output comes from tessera_ref.sparse_attention.
"""
import argparse
import dataclasses
import struct
import sys

import numpy as np

from tessera_ref import sparse_attention
from workloads import command
from workloads.image import TILE, Image, WorkloadError, aligned, pack_requant, unpack_requant

MAGIC = b"SPHM"
VERSION = 1
HEADER = struct.Struct("<4s15I")
FIELDS = ("magic version bytes num_jobs jobs_offset scratch_offset scratch_bytes report_offset "
          "padded_offset ita_offset").split()
REPORT = struct.Struct("<4I")
JOB_REPORT = struct.Struct("<4I")
DESCRIPTOR = struct.Struct("<BBHHHHHHBBHHHHIIIIIIIIHHI")
DESCRIPTOR_FIELDS = ("type flags tag queries keys depth heads tile pattern policy window "
                     "global_tokens block random_tiles q k v out map masks score_requant "
                     "context_requant row_stride head_stride scratch").split()
STRIDE_UNIT = 16
ATTENTION = 1
FLAG_PACKED = 0x04
FLAG_UNIFORM = 0x40
PATTERN_MAP = 1
PATTERNS = {"dense": 0, "causal": 2, "window": 3, "causal_window": 4, "dilated": 5,
            "longformer": 6, "bigbird": 7, "block_diagonal": 8, "strided": 9, "fixed": 10,
            "global": 12, "random": 13, "fixed_bidirectional": 15}
POLICIES = ("automatic", "resident", "overlapped", "row", "spill")  # those that give equal bytes
POLICY_NUMBERS = {"automatic": 0, "resident": 1, "overlapped": 2, "row": 3, "spill": 5}
POLICY_ITA = 0x100
MASKED_ROWS = ("zero", "uniform")
PARAMETERS = ("window", "dilation", "global_tokens", "random_tiles", "seed", "block", "summary")


@dataclasses.dataclass(frozen=True)
class Head:
    """Shape of the heads of a job: strides are in bytes."""

    queries: int
    keys: int
    depth: int
    heads: int

    @property
    def row_stride(self):
        return aligned(self.depth, 16)

    @property
    def head_stride(self):
        return aligned(max(self.queries, self.keys) * self.row_stride)


def place_matrix(values, shape):
    """int8 [heads][rows][depth] with the gaps of the layout."""
    placed = np.zeros((shape.heads, shape.head_stride), np.int8)
    for head, matrix in enumerate(values):
        rows = np.zeros((matrix.shape[0], shape.row_stride), np.int8)
        rows[:, :shape.depth] = matrix
        placed[head, :rows.size] = rows.ravel()
    return placed.tobytes()


def read_matrix(data, offset, rows, shape):
    """The inverse of place_matrix: int8 [heads][rows][depth]."""
    placed = np.frombuffer(data, np.int8, shape.heads * shape.head_stride, offset)
    placed = placed.reshape(shape.heads, shape.head_stride)[:, :rows * shape.row_stride]
    return placed.reshape(shape.heads, rows, shape.row_stride)[:, :, :shape.depth]


def pattern_fields(options, shape, image):
    """Fields of a descriptor that say which tiles are computed."""
    parameters = {name: getattr(options, name) for name in PARAMETERS}
    mask = sparse_attention.token_mask(options.pattern, shape.queries, shape.keys, TILE, parameters)
    if options.map or options.pattern == "nothing" or options.summary != 1:
        index, masks = sparse_attention.encode_map(mask, TILE)
        return {"pattern": PATTERN_MAP, "map": image.add(index), "masks": image.add(masks)}
    is_dilated = options.pattern == "dilated"
    return {"pattern": PATTERNS[options.pattern], "window": options.window,
            "global_tokens": options.global_tokens, "random_tiles": options.random_tiles,
            "block": options.dilation if is_dilated else options.block, "masks": options.seed}


def transposed_values(job, image):
    """V^T of a job, as ITAs take it: tiles [64 of d][64 keys], heads one after the other."""
    shape = Head(job["queries"], job["keys"], job["depth"], job["heads"])
    heads = read_matrix(image.data, job["v"], shape.keys, shape)
    tiles = heads.reshape(shape.heads, shape.keys // TILE, TILE, shape.depth)
    return tiles.transpose(0, 1, 3, 2).tobytes()


def make_job(options, shape, rng, image):
    """A descriptor as a dictionary, with random operands in the image."""
    score, context = sparse_attention.random_requants(rng, shape.depth)
    if options.dense_heads:  # ITAs have multipliers of 8 bits
        score = score._replace(mult=score.mult >> 8, shift=score.shift - 8)

    def operand(rows):
        values = rng.integers(-128, 128, (shape.heads, rows, shape.depth), dtype=np.int8)
        return image.add(place_matrix(values, shape))

    flags = (0 if options.unpacked else FLAG_PACKED) | (
        FLAG_UNIFORM if options.masked_rows == "uniform" else 0)
    job = dict.fromkeys(DESCRIPTOR_FIELDS, 0)
    job.update(type=ATTENTION, flags=flags, queries=shape.queries, keys=shape.keys,
               depth=shape.depth, heads=shape.heads, policy=POLICY_NUMBERS[options.policy],
               q=operand(shape.queries), k=operand(shape.keys), v=operand(shape.keys),
               out=image.reserve(shape.heads * shape.head_stride),
               score_requant=pack_requant(score), context_requant=pack_requant(context),
               row_stride=shape.row_stride // STRIDE_UNIT,
               head_stride=shape.head_stride // STRIDE_UNIT)
    job.update(pattern_fields(options, shape, image))
    return job


def pack_jobs(jobs):
    return b"".join(DESCRIPTOR.pack(*(job[name] for name in DESCRIPTOR_FIELDS)) for job in jobs)


def finish(image, jobs, padded=None, transposed=None):
    """Adds what the program needs beside the operands; returns the bytes.

    Args: padded: the jobs padded to the longest; transposed: of each job the offset of V^T, or 0.
    """
    longest = max(job["keys"] for job in jobs + (padded or []))
    header = {"magic": MAGIC, "version": VERSION, "num_jobs": len(jobs)}
    header["scratch_bytes"] = aligned(longest, TILE) * TILE
    header["scratch_offset"] = image.reserve(header["scratch_bytes"])
    header["jobs_offset"] = image.add(pack_jobs(jobs))
    header["padded_offset"] = image.add(pack_jobs(padded)) if padded else 0
    header["ita_offset"] = (image.add(struct.pack(f"<{len(jobs)}I", *transposed)) if transposed
                            else 0)
    header["report_offset"] = image.reserve(REPORT.size + JOB_REPORT.size * len(jobs))
    header["bytes"] = len(image.data)
    HEADER.pack_into(image.data, 0, *(header[name] for name in FIELDS), *[0] * 6)
    return bytes(image.data)


def build_sparse(options):
    """One job of all heads, or one for each with --separate; then those of --dense-heads."""
    sequence, depth, heads = options.shape
    rng = np.random.default_rng(options.data_seed)
    image = Image()
    keys = options.keys or sequence
    if options.dense_heads and not options.engine_only and keys % TILE:
        raise WorkloadError(f"--dense-heads: {keys} keys; allowed: multiples of {TILE}, or any "
                            "with --engine-only")
    count = heads if options.separate else 1
    shape = Head(sequence, keys, depth, heads // count)
    jobs = [make_job(options, shape, rng, image) for _ in range(count)]
    if options.dense_heads == 0:
        return finish(image, jobs)
    dense = argparse.Namespace(**{**vars(options), "pattern": "dense", "map": False})
    one = Head(sequence, keys, depth, 1)
    dense_jobs = [make_job(dense, one, rng, image) for _ in range(options.dense_heads)]
    transposed = [0] * count + [image.add(transposed_values(job, image)) for job in dense_jobs
                                if not options.engine_only]
    return finish(image, jobs + dense_jobs, None, None if options.engine_only else transposed)


def build_batch(options):
    """A job for each sequence, and for each one padded to the longest."""
    _, depth, heads = options.shape
    rng = np.random.default_rng(options.data_seed)
    image = Image()
    jobs = [make_job(options, Head(length, length, depth, heads), rng, image)
            for length in options.lengths]
    longest = Head(max(options.lengths), max(options.lengths), depth, heads)
    operands = [image.reserve(longest.heads * longest.head_stride) for _ in range(4)]
    padded = []
    for job in jobs:
        whole = dict(job, queries=longest.queries, keys=longest.keys,
                     head_stride=longest.head_stride // STRIDE_UNIT)
        whole.update(zip(("q", "k", "v", "out"), operands))
        whole.update(pattern_fields(options, longest, image))
        padded.append(whole)
    return finish(image, jobs, padded)


def mask_of(job, image):
    """The token mask that a descriptor stands for."""
    queries, keys = job["queries"], job["keys"]
    if job["pattern"] == PATTERN_MAP:
        return decode_map(image, job)
    names = {number: name for name, number in PATTERNS.items()}
    parameters = {"window": job["window"], "dilation": job["block"],
                  "global_tokens": job["global_tokens"], "random_tiles": job["random_tiles"],
                  "seed": job["masks"], "block": job["block"], "summary": 1}
    return sparse_attention.token_mask(names[job["pattern"]], queries, keys, TILE, parameters)


def decode_map(image, job):
    """The token mask of a map in block-sparse rows."""
    queries, keys = job["queries"], job["keys"]
    rows, columns = np.frombuffer(image, "<u2", 2, job["map"])
    tiles = int(np.frombuffer(image, "<u4", 1, job["map"] + 4)[0])
    begin = np.frombuffer(image, "<u4", rows + 1, job["map"] + 8)
    entries = np.frombuffer(image, "<u2", tiles, job["map"] + 12 + 4 * int(rows))
    partial = int(np.count_nonzero(entries & 0x8000))
    offset = job["map"] + 12 + 4 * int(rows) + 2 * tiles
    indices = iter(np.frombuffer(image, "<u2", partial, offset))
    mask = np.zeros((int(rows) * TILE, int(columns) * TILE), bool)
    for row in range(int(rows)):
        for entry in entries[begin[row]:begin[row + 1]]:
            column = int(entry) & 0x7FFF
            block = np.ones((TILE, TILE), bool)
            if entry & 0x8000:
                start = job["masks"] + int(next(indices)) * TILE * TILE // 8
                bits = np.frombuffer(image, np.uint8, TILE * TILE // 8, start)
                block = np.unpackbits(bits, bitorder="little").reshape(TILE, TILE).astype(bool)
            mask[row * TILE:(row + 1) * TILE, column * TILE:(column + 1) * TILE] = block
    return mask[:queries, :keys]


def expected_output(job, image):
    """int8 [heads][queries][depth]."""
    shape = Head(job["queries"], job["keys"], job["depth"], job["heads"])
    q, k, v = (read_matrix(image, job[name], job["queries" if name == "q" else "keys"], shape)
               for name in "qkv")
    requants = (unpack_requant(job["score_requant"]), unpack_requant(job["context_requant"]))
    masked_rows = "uniform" if job["flags"] & FLAG_UNIFORM else "zero"
    mask = mask_of(job, image)
    return np.stack([sparse_attention.attend(q[h], k[h], v[h], mask, requants, TILE,
                                             masked_rows)
                     for h in range(shape.heads)])


def check(image_path, dump_path):
    """Compares the results in a dump of the memory with the reference. Returns an exit code."""
    image, dump = command.read_image(image_path, dump_path, MAGIC, HEADER)
    header = dict(zip(FIELDS, HEADER.unpack_from(image)))
    is_complete, cycles, padded_cycles, _ = REPORT.unpack_from(dump, header["report_offset"])
    differing = total = 0
    names = {number: name for name, number in POLICY_NUMBERS.items()} | {POLICY_ITA: "ita"}
    for number in range(header["num_jobs"]):
        values = DESCRIPTOR.unpack_from(image, header["jobs_offset"] + number * DESCRIPTOR.size)
        job = dict(zip(DESCRIPTOR_FIELDS, values))
        shape = Head(job["queries"], job["keys"], job["depth"], job["heads"])
        expected = expected_output(job, image)
        result = read_matrix(dump, job["out"], job["queries"], shape)
        offset = header["report_offset"] + REPORT.size + number * JOB_REPORT.size
        error, policy, job_cycles, attempts = JOB_REPORT.unpack_from(dump, offset)
        print(f"job {number}: S={job['queries']} error {error}, policy {names[policy]}, "
              f"{job_cycles} cycles, {attempts} attempts")
        differing += int(np.count_nonzero(result != expected))
        total += expected.size
    print(f"{cycles} cycles" + (f", padded {padded_cycles}" if padded_cycles else ""))
    return command.verdict(is_complete == 1, differing, total)


def numbers(text):
    return [int(part) for part in text.split(",")]


def parse_command_line(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("sparse", "image for sw/sparse_mhsa"), ("batch", "for sw/batch_mhsa")):
        one = commands.add_parser(name, help=text)
        one.add_argument("--shape", type=numbers, required=True, help="S,d,H in elements")
        one.add_argument("--pattern", default="dense", choices=[*PATTERNS, "nothing"])
        for parameter in PARAMETERS:
            one.add_argument(f"--{parameter.replace('_', '-')}", type=int,
                                 default=1 if parameter in ("dilation", "block", "summary") else 0)
        one.add_argument("--policy", default="automatic", choices=POLICIES)
        one.add_argument("--masked-rows", default="zero", choices=MASKED_ROWS)
        one.add_argument("--unpacked", action="store_true", help="holes of scores keep places")
        one.add_argument("--map", action="store_true", help="give the pattern as a tile map")
        one.add_argument("--data-seed", type=int, default=0, help="of the random operands")
        one.add_argument("-o", "--output", required=True)
    commands.choices["sparse"].add_argument("--keys", type=int, default=0, help="0: as many as S")
    commands.choices["sparse"].add_argument("--separate", action="store_true",
                                            help="a job for each head")
    commands.choices["sparse"].add_argument("--dense-heads", type=int, default=0,
                                            help="further jobs, of one dense head each, for ITAs")
    commands.choices["sparse"].add_argument("--engine-only", action="store_true",
                                            help="dense heads to the engine, too")
    commands.choices["batch"].set_defaults(dense_heads=0)
    commands.choices["batch"].add_argument("--lengths", type=numbers, required=True)
    command.add_check(commands)
    return parser.parse_args(arguments)


def work(options):
    """Does what the command line asks for. Returns an exit code."""
    if options.command == "check":
        return check(options.image, options.dump)
    if len(options.shape) != 3 or min(options.shape[1:]) < 1:
        raise WorkloadError("--shape: expected three numbers S,d,H, such as 512,64,8")
    image = build_batch(options) if options.command == "batch" else build_sparse(options)
    command.write_image(options.output, image)
    return 0


def main(arguments):
    """Returns 0; 1 when a check fails; 2 for input that cannot be used."""
    options = parse_command_line(arguments)
    return command.run("make_attention_workload.py", lambda: work(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
