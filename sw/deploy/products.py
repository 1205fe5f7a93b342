# SPDX-License-Identifier: Apache-2.0
"""Matrix products and attention on the cores: blocks, kernel arguments, shares of the teams."""
import math

import numpy as np

from . import fuse, kernels
from .builder import Rows, row_blocks
from .layout import Region, View
from .operators import need, per_head
from .steps import Task, split

BLOCK = 4  # rows and columns that the kernel takes at once
COLUMNS = 16  # granule of column blocks
WORD = 4


class Weighted:
    """A product with constant weights: [rows][k] x [n][k].

    Weights come in blocks of columns of the result; rows that live in L2 in blocks of rows, and
    then the weights once for each of these, unless all of them fit one block.
    """

    def __init__(self, builder):
        self.builder = builder
        self.product = builder.layer.product
        self.n, self.k = self.product.weight.shape
        self.a = Rows.operand(builder, builder.layer.inputs[0], self.k, WORD)
        self.out = Rows.result(builder, self.n, layouts=True)
        stride = -(-self.k // WORD) * WORD
        padded = np.zeros((self.n, stride), np.int8)
        padded[:, :self.k] = self.product.weight
        self.weights = builder.constant("weight", padded)
        self.stride = stride
        self.epilogue = Epilogue(builder, self.product, (self.a.count, self.n))
        self.loaded = {}

    def column_blocks(self):
        per_block = max(self.builder.tile_bytes() // self.stride // COLUMNS * COLUMNS, COLUMNS)
        return split(self.n, -(-self.n // per_block), COLUMNS)

    def build(self):
        """Adds the steps."""
        columns = self.column_blocks()
        self.builder.note(f"{len(columns)} blocks of {columns[0][1]} x {self.k} weights")
        for begin, end in row_blocks(self.builder, [self.a, self.out], BLOCK * self.builder.teams):
            out = self.out.space(begin, end)
            a = None
            for first, last in columns:
                step = self.builder.step()
                a = self.a.block(step, begin, end) if a is None else a
                weights = self.weight_block(step, first, last, keep=len(columns) == 1)
                self.add_tasks(step, a, weights, out, (begin, first, last))
            self.out.write_back(step, out, begin)

    def weight_block(self, step, first, last, keep):
        """Rows [first, last) of the weights in L1."""
        if first in self.loaded:
            return self.loaded[first]
        size = (last - first) * self.stride
        buffer = self.builder.buffer(f"weight[{first}:{last}]", size)
        step.load(buffer.at(), self.weights.at(first * self.stride), size)
        view = View.of(buffer, (last - first, self.stride), "int8")[:, :self.k]
        if keep:
            self.loaded[first] = view
        return view

    def add_tasks(self, step, a, weights, out, place):
        begin, first, last = place
        for team, rows, columns in shares(self.builder.teams, a.shape[0], last - first):
            block = (slice(*rows), slice(first + columns[0], first + columns[1]))
            offsets = (begin + rows[0], first + columns[0])
            step.tasks.append(gemm_task(team, a[rows[0]:rows[1]],
                                        weights[columns[0]:columns[1]], out[block],
                                        self.epilogue, offsets))


def shares(teams, rows, columns):
    """How the teams share a result: [(team, (row, row), (column, column))]."""
    if rows >= columns or rows >= BLOCK * teams * BLOCK:
        return [(team, part, (0, columns))
                for team, part in enumerate(split(rows, teams, BLOCK))]
    return [(team, (0, rows), part) for team, part in enumerate(split(columns, teams, BLOCK))]


def computed_operand(builder):
    """Maps a product of two computed tensors: [..][m][k] x [..][k][n], matrix by matrix."""
    layer = builder.layer
    a = matrices(builder, builder.resident(layer.inputs[0]))
    b = builder.resident(layer.inputs[1])
    axes = list(range(len(b.shape)))
    b = matrices(builder, b.transpose(axes[:-2] + [axes[-1], axes[-2]]))
    out = builder.result(layouts=True)
    flat = out.matrices()
    if flat is None:
        flat = builder.result().matrices()
    count, rows, columns = flat.shape
    need(flat is not None, layer.name, "rows of the result do not begin at words")
    epilogue = Epilogue(builder, layer.product, builder.graph.tensors[layer.output].shape)
    step = builder.step()
    builder.note(f"{count} products of {rows} x {columns} x {a.shape[2]}")
    for index in range(count):
        operands = a[index], b[index if b.shape[0] > 1 else 0], flat[index]
        for team, part, across in head_shares(builder.teams, index, count, rows, columns):
            x, y, z = operands
            step.tasks.append(gemm_task(
                team, x[part[0]:part[1]], y[across[0]:across[1]],
                z[part[0]:part[1], across[0]:across[1]], epilogue, (part[0], across[0]), index))


def head_shares(teams, index, count, rows, columns):
    """Shares of one of `count` products: whole ones when there are enough for all teams."""
    if count % teams == 0 or count > 2 * teams:
        return [(index % teams, (0, rows), (0, columns))]
    return shares(teams, rows, columns)


def matrices(builder, view):
    """A view as [matrices][m][k] with rows at words, copied if need be."""
    found = view.matrices()
    return found if found is not None else builder.transposed(view, WORD).matrices()


class Epilogue:
    """What follows the sums: bias and requantisation, with constants in L1.

    shape: of the result; constants of RequantShift may vary over matrices, rows or columns."""

    def __init__(self, builder, layer_product, shape):
        self.product = layer_product
        self.layer = builder.layer.name
        self.bias = None
        if layer_product.bias is not None:
            self.bias = builder.constant_in_l1("bias", layer_product.bias)
        requant = layer_product.requant
        self.kernel = {type(None): "gemm_int32", fuse.Requantiser: "gemm",
                       fuse.Shift: "gemm_shift"}[type(requant)]
        if self.kernel == "gemm_shift":
            self.find_variation(builder, requant, tuple(shape))

    def find_variation(self, builder, requant, shape):
        """Constants [matrices][1, rows or columns] and the flag that says which."""
        rows, columns = shape[-2:] if len(shape) > 1 else (1, shape[-1])
        joint = np.broadcast_shapes(requant.mul.shape, requant.add.shape, (1, 1))
        varies_rows, varies_columns = joint[-2] > 1, joint[-1] > 1
        need(not (varies_rows and varies_columns), self.layer,
             "RequantShift varies over rows and columns")
        self.flag = kernels.GEMM_SHIFT_PER_ROW * varies_rows + \
            kernels.GEMM_SHIFT_PER_COLUMN * varies_columns
        leading = math.prod(shape[:-2]) if math.prod(joint[:-2]) > 1 else 1
        inner = joint[-2:]
        whole = (*shape[:-2], *inner) if leading > 1 else (1, *inner)
        self.per_matrix = inner[0] * inner[1] if leading > 1 else 0
        self.step_rows, self.step_columns = int(varies_rows), int(varies_columns)
        self.mul, self.add = (
            builder.constant_in_l1(name, np.broadcast_to(array.reshape(
                (1,) * (len(whole) - array.ndim) + array.shape[max(array.ndim - len(whole), 0):]),
                whole).astype(np.int32)) for name, array in (("mul", requant.mul),
                                                             ("add", requant.add)))

    def fields(self, offsets, index):
        """Fields of the kernel's arguments for a block at (row, column) of matrix `index`."""
        row, column = offsets
        requant = self.product.requant
        if self.kernel == "gemm_int32":
            return {"alpha": self.product.alpha, "beta": self.product.beta}
        if self.kernel == "gemm":
            return {**requant.constants, **activation_fields(requant.activation)}
        place = index * self.per_matrix + row * self.step_rows + column * self.step_columns
        return {"mul": self.mul + 4 * place, "add": self.add + 4 * place, "shift": requant.shift,
                "levels_minus_1": 255, "alpha": self.product.alpha, "beta": self.product.beta}

    def flags(self):
        if self.kernel != "gemm_shift":
            return 0
        return self.flag | (0 if self.product.requant.signed else kernels.GEMM_UNSIGNED_OUTPUT)

    def bias_fields(self, offsets):
        """Fields that say where the bias of a block is, and its Region."""
        row, column = offsets
        if self.bias is None:
            return {"bias_kind": kernels.BIAS_KINDS["none"]}
        if self.product.bias.ndim == 1:
            return {"bias": self.bias + 4 * column, "bias_kind": kernels.BIAS_KINDS["column"]}
        stride = 4 * self.product.bias.shape[1]
        return {"bias": self.bias + row * stride + 4 * column, "bias_stride": stride,
                "bias_kind": kernels.BIAS_KINDS["matrix"]}

    def regions(self):
        """What every task reads beside its operands."""
        pointers = [] if self.bias is None else [self.bias]
        pointers += [self.mul, self.add] if self.kernel == "gemm_shift" else []
        return [Region.plain(pointer, pointer.buffer.bytes) for pointer in pointers]


def activation_fields(activation):
    """Fields of the gemm kernel for Linear's activation."""
    if activation is None:
        return {"activation": kernels.ACTIVATIONS["identity"]}
    fields = {f"activation_{name}": activation[name] for name in ("mult", "shift", "add")}
    fields["activation"] = kernels.ACTIVATIONS[activation["kind"]]
    if activation["kind"] == "gelu":
        fields.update(gelu_b=activation["b"], gelu_c=activation["c"])
    return fields


def gemm_task(team, a, b, out, epilogue, offsets=(0, 0), index=0):
    """One call of a GEMM kernel: views a [m][k], b [n][k], out [m][n]."""
    (m, k), n = a.shape, b.shape[0]
    unsigned = kernels.GEMM_UNSIGNED_A if a.dtype == "uint8" else 0
    arguments = {"a": a.pointer(), "b": b.pointer(), "output": out.pointer(), "m": m, "n": n,
                 "k": k, "a_stride": row_stride(a), "b_stride": row_stride(b),
                 "output_stride": out.strides[0], "flags": epilogue.flags() | unsigned,
                 **epilogue.bias_fields(offsets), **epilogue.fields(offsets, index)}
    return Task(team, epilogue.kernel, arguments, [a.region(), b.region(), *epilogue.regions()],
                [out.region()], "gemm_cores", m * n * k)


def row_stride(view):
    """Bytes from row to row, a multiple of a word even where there is one row only."""
    return view.strides[0] if view.shape[0] > 1 else -(-view.strides[0] // WORD) * WORD


def attention(builder):
    """Maps Attention: for blocks of rows, each head's logits, softmax and sum of values."""
    layer = builder.layer
    heads = layer.node.attributes["heads"]
    k = builder.resident(layer.inputs[1])
    columns, width = k.shape[0], k.shape[1] // heads
    need(width % WORD == 0, layer.name, f"heads of width {width} on cores; allowed: multiples of "
         f"{WORD}")
    values = transposed_rows(builder, layer.inputs[2], k.shape)
    q = Rows.operand(builder, layer.inputs[0], k.shape[1], WORD)
    out = Rows.result(builder, k.shape[1])
    group = max(1, min(heads, builder.tile_bytes() // (columns * BLOCK)))
    group = next(size for size in range(group, 0, -1) if heads % size == 0)
    row_bytes = columns * group + sum(rows.row_bytes for rows in (q, out) if rows.is_streamed)
    per_block = max(builder.tile_bytes() // row_bytes // BLOCK * BLOCK, BLOCK)
    blocks = split(q.count, -(-q.count // per_block), BLOCK)
    builder.note(f"{len(blocks)} blocks of {blocks[0][1]} rows, {group} heads at a time")
    epilogues = [[Epilogue(builder, fuse.Product(requant=fuse.Requantiser(requant)), k.shape)
                  for requant in per_head(layer.node.attributes[name], heads)]
                 for name in ("qk", "av")]
    for begin, end in blocks:
        target, queries = out.space(begin, end), None
        for first in range(0, heads, group):
            step = builder.step()
            queries = q.block(step, begin, end) if queries is None else queries
            buffer = builder.buffer("logits", group * (end - begin) * columns)
            logits = View.of(buffer, (group, end - begin, columns), "int8")
            for head in range(first, first + group):
                part = slice(head * width, (head + 1) * width)
                add_head(builder, step, (head, group),
                         (queries[:, part], k[:, part], values[part], target[:, part],
                          logits[head - first]), [kind[head] for kind in epilogues])
        out.write_back(step, target, begin)


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


def add_head(builder, step, place, operands, epilogues):
    """One head's tasks for a block of rows: each team its own rows, from logits to result.

    Args: place: (head, heads in the step); operands: views of queries, keys, values transposed,
    result and logits; epilogues: of both products.
    """
    q, k, values, out, logits = operands
    head, group = place
    rows, columns = logits.shape
    for team, (begin, end), _ in head_shares(builder.teams, head, group, rows, 0):
        block = logits[begin:end]
        probabilities = block.like(block.array.view(np.uint8))
        step.tasks.append(gemm_task(team, q[begin:end], k, block, epilogues[0]))
        step.tasks.append(Task(
            team, "softmax", {"data": block.pointer(), "rows": end - begin, "columns": columns,
                              "stride": columns, "block_stride": 64, "shift": 0},
            [block.region()], [block.region()], "softmax", (end - begin) * columns))
        step.tasks.append(gemm_task(team, probabilities, values, out[begin:end], epilogues[1]))
