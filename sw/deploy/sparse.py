# SPDX-License-Identifier: Apache-2.0
"""Products whose weights have blocks of zeros: these are neither stored, moved nor multiplied.

A group is as many columns of the result as a block is high. Its blocks that are not zero form
ranges along k; each range is a product of its own, and all but the last leave int32 sums that the
next one starts from. Sums cost more than short ranges of zeros, which are therefore kept; so is a
word of a group that is all zero, because kernels are slow without inner columns.
"""
import dataclasses
import itertools
import math

import numpy as np

from . import cost, kernels
from .builder import Rows
from .layout import Region, View
from .operators import need
from .products import BLOCK, WORD, Epilogue, Weighted, activation_fields, computed_operand, \
    row_stride
from .steps import Task, split


def product(builder):
    """Maps the builder's current layer, a Product, to the cores."""
    weight, block = builder.layer.product.weight, builder.layer.node.attributes.get("block")
    if weight is None:
        computed_operand(builder)
        return
    if block and not builder.is_spilled(builder.layer.output):
        share = Share.of(builder, block[0])
        ranges = [share.joined(group) or [(0, WORD)]
                  for group in ranges_of(weight, block, builder.layer.name)]
        if share.cycles(ranges) < share.dense_cycles(*weight.shape):
            Sparse(builder, ranges, block[0]).build()
            return
        builder.note("dense: too few blocks of zeros")
    Weighted(builder).build()


@dataclasses.dataclass(frozen=True)
class Share:
    """What the busiest worker does. row_blocks: blocks of 4 rows that its team has; workers: of the
    team; height: columns of a group."""

    row_blocks: int
    workers: int
    height: int

    @classmethod
    def of(cls, builder, height):
        rows = builder.graph.tensors[builder.layer.output].shape[0]
        return cls(-(-rows // (BLOCK * builder.teams)), builder.soc.num_harts // builder.teams,
                   height)

    def product(self, kernel, columns, depth):
        """Predicted cycles of a product of all rows."""
        fixed, per_block, per_unit = cost.KERNEL_CYCLES[kernel][:3]
        blocks = math.ceil(self.row_blocks * math.ceil(columns / BLOCK) / self.workers)
        return fixed + blocks * (per_block + per_unit * cost.BLOCK * depth)

    def joined(self, ranges):
        """Ranges of a group, with the gaps that cost less than a product more does."""
        result = []
        limit = self.product("gemm", self.height, 0) + self.product("gemm_int32", self.height, 0)
        for begin, end in ranges:
            gap = begin - result[-1][1] if result else math.inf
            if self.product("gemm", self.height, gap) < limit:
                begin = result.pop()[0]
            result.append((begin, end))
        return result

    def chain(self, depths):
        """Predicted cycles of products that follow each other. Where there are several, the last
        one adds sums, which makes it store as slowly as the others."""
        kernel = "gemm_int32" if len(depths) > 1 else "gemm"
        return sum(self.product(kernel, self.height, depth) for depth in depths)

    def cycles(self, ranges):
        """Predicted cycles of all groups."""
        return sum(self.chain([end - begin for begin, end in group]) for group in ranges)

    def dense_cycles(self, columns, depth):
        """The same with all zeros."""
        return self.product("gemm", columns, depth)


def ranges_of(weight, block, layer):
    """Per group of columns the ranges (begin, end) of k that are not zero.

    Args: weight int8 [n][k]; block (rows, columns) of blocks.
    Raises: ModelError unless blocks fit the weights, and words.
    """
    height, width = block
    n, k = weight.shape
    need(n % height == 0 and k % width == 0 and width % WORD == 0, layer,
         f"blocks of {height}x{width} in weights {n}x{k}; allowed: divisors, columns in multiples "
         f"of {WORD}")
    used = weight.reshape(n // height, height, k // width, width).any(axis=(1, 3))
    result = []
    for row in used:
        ranges, place = [], 0
        for is_used, run in itertools.groupby(row):
            length = len(list(run)) * width
            if is_used:
                ranges.append((place, place + length))
            place += length
        result.append(ranges)
    return result


class Sparse:
    """Maps a Linear layer whose blocks of zeros are skipped."""

    def __init__(self, builder, ranges, height):
        self.builder = builder
        self.product = builder.layer.product
        self.n, self.k = self.product.weight.shape
        self.ranges = ranges
        self.height = height
        self.a = Rows.operand(builder, builder.layer.inputs[0], self.k, WORD)
        self.out = Rows.result(builder, self.n)
        need(not (self.a.is_streamed or self.out.is_streamed), builder.layer.name,
             "a layer with blocks of zeros needs its activations in L1")
        packed = [self.packed(group) for group in range(len(ranges))]
        self.offsets = np.cumsum([0, *(len(part) for part in packed)]).tolist()
        self.weights = builder.constant("weight", np.frombuffer(b"".join(packed), np.int8))
        self.epilogue = Epilogue(builder, self.product, (self.a.count, self.n))

    def packed(self, group):
        """The bytes of a group: rows of all its ranges."""
        rows = self.product.weight[group * self.height:(group + 1) * self.height]
        parts = [rows[:, begin:end] for begin, end in self.ranges[group]]
        return np.concatenate(parts, axis=1).tobytes()

    def build(self):
        """Adds the steps: as many groups each as fit a tile."""
        blocks = self.group_blocks()
        stored = self.offsets[-1]
        self.builder.note(f"{len(blocks)} blocks of weights, {stored} of {self.n * self.k} bytes "
                          "are not zero")
        for first, last in blocks:
            step = self.builder.step()
            begin, size = self.offsets[first], self.offsets[last] - self.offsets[first]
            buffer = self.builder.buffer(f"weight[{first}:{last}]", size)
            step.load(buffer.at(), self.weights.at(begin), size)
            self.add_tasks(step, buffer, first, last)

    def group_blocks(self):
        """Ranges of groups for the steps."""
        limit, blocks, first = self.builder.tile_bytes(), [], 0
        for group in range(1, len(self.ranges) + 1):
            is_last = group == len(self.ranges)
            if is_last or self.offsets[group + 1] - self.offsets[first] > limit:
                blocks.append((first, group))
                first = group
        return blocks

    def add_tasks(self, step, buffer, first, last):
        """Teams share the rows; each keeps the sums of one group of columns at a time."""
        parts = split(self.a.count, self.builder.teams, BLOCK)
        largest = max(end - begin for begin, end in parts)
        scratch = self.builder.buffer("sums", len(parts) * largest * self.height * 4)
        for team, (begin, end) in enumerate(parts):
            sums = View.of(scratch, (len(parts), largest, self.height), "int32")[team]
            for group in range(first, last):
                weights = buffer.at(self.offsets[group] - self.offsets[first])
                self.add_group(step, team, (begin, end), group, weights, sums[:end - begin])

    def add_group(self, step, team, rows, group, weights, sums):
        """One group of columns for the rows of a team: a chain over its ranges."""
        begin, end = rows
        ranges = self.ranges[group]
        stride = sum(stop - start for start, stop in ranges)
        columns = slice(group * self.height, (group + 1) * self.height)
        out, place = self.out.view[begin:end, columns], 0
        bias = self.epilogue.bias_fields((begin, columns.start))
        for index, (start, stop) in enumerate(ranges):
            is_last = index == len(ranges) - 1
            a, target = self.a.view[begin:end, start:stop], out if is_last else sums
            b = weights + place
            step.tasks.append(Task(
                team, self.epilogue.kernel if is_last else "gemm_int32",
                {"a": a.pointer(), "b": b, "output": target.pointer(), "m": end - begin,
                 "n": self.height, "k": stop - start,
                 "a_stride": row_stride(self.a.view[begin:end]), "b_stride": stride,
                 "output_stride": target.strides[0], **bias, **self.last_fields(is_last)},
                [a.region(), Region(b, self.height, stop - start, stride),
                 *self.epilogue.regions(), *([sums.region()] if index else [])],
                [target.region()], "gemm_cores", (end - begin) * self.height * (stop - start)))
            bias = {"bias": sums.pointer(), "bias_stride": sums.strides[0],
                    "bias_kind": kernels.BIAS_KINDS["matrix"]}
            place += stop - start

    def last_fields(self, is_last):
        if not is_last or self.product.requant is None:
            return {"alpha": 1, "beta": 1}
        requant = self.product.requant
        return {**requant.constants, **activation_fields(requant.activation)}
