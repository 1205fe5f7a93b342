# SPDX-License-Identifier: Apache-2.0
"""Attention on the cores, of all heads or beside ITAs of some."""
import collections

import numpy as np

from . import fuse
from .builder import Rows, row_blocks
from .layout import View
from .operators import need, per_head
from .products import BLOCK, WORD, Epilogue, gemm_task, head_shares
from .steps import Task, split


class HeadsOnCores:
    """Some heads of an Attention layer: each one's logits, softmax and sum of values.

    heads: their numbers; group: how many of them are computed in one step, or with one buffer."""

    def __init__(self, builder, heads):
        layer = builder.layer
        self.builder = builder
        self.heads = heads
        count = layer.node.attributes["heads"]
        self.k = Rows.resident(builder, layer.inputs[1], WORD)
        columns = self.k.shape[0]
        self.width = self.k.shape[1] // count
        need(self.width % WORD == 0, layer.name, f"heads of width {self.width} on cores; allowed: "
             f"multiples of {WORD}")
        self.values = transposed_values(builder, self.k.shape)
        group = max(1, min(len(heads), builder.tile_bytes() // (columns * BLOCK)))
        self.group = next(size for size in range(group, 0, -1) if len(heads) % size == 0)
        self.epilogues = [
            [Epilogue(builder, fuse.Product(requant=fuse.Requantiser(requant)), self.k.shape)
             for requant in per_head(layer.node.attributes[name], count)] for name in ("qk", "av")]

    def row_blocks(self, count, streamed_bytes):
        """Ranges of `count` rows whose logits fit a tile with so many bytes per row more."""
        row_bytes = self.k.shape[0] * self.group + streamed_bytes
        per_block = max(self.builder.tile_bytes() // row_bytes // BLOCK * BLOCK, BLOCK)
        blocks = split(count, -(-count // per_block), BLOCK)
        self.builder.note(f"{len(blocks)} blocks of {blocks[0][1]} rows, {self.group} heads at a "
                          "time")
        return blocks

    def groups(self):
        return [self.heads[first:first + self.group]
                for first in range(0, len(self.heads), self.group)]

    def logits_buffer(self, rows):
        return self.builder.buffer("logits", self.group * rows * self.k.shape[0])

    def add(self, tasks, heads, queries, target, buffer):
        """Tasks of a group of heads for views of some rows of queries and result."""
        rows, columns = queries.shape[0], self.k.shape[0]
        logits = View.of(buffer, (self.group, rows, columns), "int8")
        for index, head in enumerate(heads):
            part = slice(head * self.width, (head + 1) * self.width)
            add_head(self.builder, tasks, (index, self.group),
                     (queries[:, part], self.k[:, part], self.values[part], target[:, part],
                      logits[index]), [kind[head] for kind in self.epilogues])


def attention(builder):
    """Maps Attention: for blocks of rows, its heads in groups."""
    layer = builder.layer
    work = HeadsOnCores(builder, range(layer.node.attributes["heads"]))
    q = Rows.operand(builder, layer.inputs[0], work.k.shape[1], WORD)
    out = Rows.result(builder, work.k.shape[1])
    streamed = sum(rows.row_bytes for rows in (q, out) if rows.is_streamed)
    for begin, end in work.row_blocks(q.count, streamed):
        target, queries = out.space(begin, end), None
        for heads in work.groups():
            step = builder.step()
            queries = q.block(step, begin, end) if queries is None else queries
            work.add(step.tasks, heads, queries, target, work.logits_buffer(end - begin))
        out.write_back(step, target, begin)


def heads_beside_itas(builder, heads, q, out):
    """Tasks of some heads of Attention, for one step; q, out: views of [S][H P] in L1."""
    work = HeadsOnCores(builder, heads)
    blocks = work.row_blocks(q.shape[0], 0)
    buffer = work.logits_buffer(max(end - begin for begin, end in blocks))
    tasks = []
    for begin, end in blocks:
        for group in work.groups():
            of_group = []
            work.add(of_group, group, q[begin:end], out[begin:end], buffer)
            tasks += in_turn(of_group)
    return tasks


def in_turn(tasks):
    """Independent teams' tasks such that all teams have something to do from the beginning."""
    counts, turns = collections.Counter(), []
    for task in tasks:
        turns.append(counts[task.team])
        counts[task.team] += 1
    return [tasks[index] for index in sorted(range(len(tasks)), key=turns.__getitem__)]


def transposed_values(builder, shape):
    """The values of Attention, [S][H P], as a View [H P][S] in L1 with rows at words."""
    name = builder.layer.inputs[2]
    view = builder.view(name)
    if view.buffer.memory == "L1" and view.shape == shape and view.transpose((1, 0)).has_rows():
        return view.transpose((1, 0))
    return transposed_rows(builder, name, shape)


def transposed_rows(builder, name, shape):
    """A tensor [rows][columns] transposed in L1: View [columns][rows], rows at words."""
    rows, columns = shape
    stride = -(-rows // WORD) * WORD
    target = View.of(builder.buffer("transposed", columns * stride, "scratch"), (columns, stride),
                     "int8")
    source = Rows.operand(builder, name, columns)
    for begin, end in row_blocks(builder, [source], BLOCK):
        step = builder.step()
        block = source.block(step, begin, end)
        builder.transpose_tasks(step, block.transpose((1, 0)), target[:, begin:end])
    return target[:, :rows]


def add_head(builder, tasks, place, operands, epilogues):
    """One head's tasks for a block of rows: each team its own rows, from logits to result.

    Args: place: (index, heads in the group); operands: views of queries, keys, values transposed,
    result and logits; epilogues: of both products.
    """
    q, k, values, out, logits = operands
    rows, columns = logits.shape
    for team, (begin, end), _ in head_shares(builder.teams, *place, rows, 0):
        block = logits[begin:end]
        probabilities = block.like(block.array.view(np.uint8))
        tasks.append(gemm_task(team, q[begin:end], k, block, epilogues[0]))
        tasks.append(Task(
            team, "softmax", {"data": block.pointer(), "rows": end - begin, "columns": columns,
                              "stride": columns, "block_stride": 64, "shift": 0},
            [block.region()], [block.region()], "softmax", (end - begin) * columns))
        tasks.append(gemm_task(team, probabilities, values, out[begin:end], epilogues[1]))
