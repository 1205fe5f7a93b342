# SPDX-License-Identifier: Apache-2.0
"""Matrix products on the cores: blocks, kernel arguments, shares of the teams."""
import math

import numpy as np

from . import cost, fuse, kernels
from .builder import Rows, row_blocks
from .layout import Region, View
from .operators import need
from .steps import Task, split

BLOCK = 4  # rows and columns that the kernel takes at once
COLUMNS = 16  # granule of column blocks
WORD = 4


class Weighted:
    """A product with constant weights: [rows][k] x [n][k].

    Weights come in blocks of columns of the result; rows that live in L2 in blocks of rows. Order
    rows: a block of rows stays while all weights come; columns: a block of weights stays while all
    rows come. What is one block only stays in any case.
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
        self.latest = {}  # operand or result: (block, View)

    def column_blocks(self):
        per_block = max(self.builder.tile_bytes() // self.stride // COLUMNS * COLUMNS, COLUMNS)
        return split(self.n, -(-self.n // per_block), COLUMNS)

    def build(self):
        """Adds the steps."""
        columns = self.column_blocks()
        self.builder.note(f"{len(columns)} blocks of {columns[0][1]} x {self.k} weights")
        rows = row_blocks(self.builder, [self.a, self.out], BLOCK * self.builder.teams)
        keeps_rows = self.order(rows, columns) == "rows"
        pairs = [(row, column) for row in rows for column in columns] if keeps_rows else \
            [(row, column) for column in columns for row in rows]
        for row, column in pairs:
            step = self.builder.step()
            a = self.keep("a", row, lambda: self.a.block(step, *row))
            weights = self.keep("weights", column, lambda: self.weight_block(step, *column))
            first, last = (0, self.n) if keeps_rows else column
            out = self.keep("out", (row, first), lambda: self.out.space(*row, first, last))
            self.add_tasks(step, a, weights, out[:, column[0] - first:column[1] - first],
                           (row[0], column[0]))
            if column[1] == last:
                self.out.write_back(step, out, row[0], first)

    def order(self, rows, columns):
        """"rows" or "columns": what is wished, or else where transfers take fewer cycles."""
        wish = self.builder.mapping.order(self.builder.layer)
        costs = {order: self.transfer_cycles(rows, columns, order) for order in ("rows", "columns")}
        order = min(costs, key=costs.get) if wish == "auto" else wish
        if len(rows) > 1 and len(columns) > 1:
            self.builder.note(f"order {order}")
        return order

    def transfer_cycles(self, rows, columns, order):
        """Predicted cycles of the DMA for an order of the blocks."""
        soc = self.builder.soc

        def cycles(sizes):
            return sum(cost.copy_cycles(soc, size) for size in sizes)
        of_rows = [end - begin for begin, end in rows]
        of_columns = [end - begin for begin, end in columns]
        is_split = order == "columns" and len(columns) > 1
        result = cycles(size * self.stride for size in of_columns) * (
            len(rows) if order == "rows" and len(columns) > 1 else 1)
        if self.a.is_streamed:
            result += cycles(size * self.a.row_bytes for size in of_rows) * (
                len(columns) if is_split and len(rows) > 1 else 1)
        if self.out.is_streamed:
            item = self.out.view.itemsize
            result += self.a.count * cycles(size * item for size in of_columns) if is_split else \
                cycles(size * self.out.row_bytes for size in of_rows)
        return result

    def keep(self, what, block, make):
        """The View of a block: the one of before if it is the same, else what make() gives."""
        if self.latest.get(what, (None,))[0] != block:
            self.latest[what] = block, make()
        return self.latest[what][1]

    def weight_block(self, step, first, last):
        """Rows [first, last) of the weights in L1."""
        size = (last - first) * self.stride
        buffer = self.builder.buffer(f"weight[{first}:{last}]", size)
        step.load(buffer.at(), self.weights.at(first * self.stride), size)
        return View.of(buffer, (last - first, self.stride), "int8")[:, :self.k]

    def add_tasks(self, step, a, weights, out, place):
        """The teams' shares of a block; place: its row and column in the result."""
        for team, rows, columns in shares(self.builder.teams, a.shape[0], weights.shape[0]):
            offsets = (place[0] + rows[0], place[1] + columns[0])
            step.tasks.append(gemm_task(
                team, a[rows[0]:rows[1]], weights[columns[0]:columns[1]],
                out[rows[0]:rows[1], columns[0]:columns[1]], self.epilogue, offsets))


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
    need(flat is not None, layer.name, "rows of the result do not begin at words")
    count, rows, columns = flat.shape
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
