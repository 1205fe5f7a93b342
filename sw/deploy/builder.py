# SPDX-License-Identifier: Apache-2.0
"""A plan under construction: where each tensor lives, and the steps so far.

Activations live in L1 unless they are spilled; those of L2 come through L1 in blocks of rows, or
as a whole for a layer that needs all of them. Weights and other constants are in L2 and come in
when they are needed.
"""
import math

import numpy as np

from .layout import Buffer, Region, View
from .operators import need
from .steps import Step, Task, Transfer, split


class Builder:
    """Steps, buffers and homes of tensors.

    Attributes: steps; constants: list of (Buffer in L2, array); notes: layer index -> text for
    --explain; homes: tensor -> View; mapping: mapping.Mapping; projections: attention layer ->
    products that ITAs compute with it.
    """

    def __init__(self, graph, layers, soc, choices, mapping, projections):
        self.graph = graph
        self.mapping = mapping
        self.projections = projections
        self.layers = layers
        self.soc = soc
        self.choices = choices
        self.consumers = {}
        for layer in layers:
            for name in layer.inputs:
                self.consumers.setdefault(name, []).append(layer)
        self.steps = []
        self.constants = []
        self.notes = {}
        self.homes = {}
        self.io = {}  # name of input or output -> Buffer in L2
        self.index = -1  # of the layer being mapped
        self.pending = []  # transfers for the next step
        self.copies = {}  # Buffer in L2 -> Buffer in L1, for this layer or for good
        self.lasting = {}
        for name in graph.inputs:
            tensor = graph.tensors[name]
            buffer = Buffer(name, tensor.bytes, "L2", "tensor", tensor=name, advances=True)
            self.io[name] = buffer
            self.homes[name] = View.of(buffer, tensor.shape, tensor.dtype)

    # ---- layers and steps ----

    @property
    def layer(self):
        return self.layers[self.index]

    @property
    def teams(self):
        return self.soc.num_groups

    def begin_layer(self, index):
        self.index = index
        self.copies = {}

    def step(self):
        """A new step of the current layer, with the transfers that were waiting for one."""
        step = Step(self.index)
        step.loads += self.pending
        self.pending = []
        self.steps.append(step)
        return step

    def ita_call(self, call, tasks=()):
        """Adds a layer on ITAs to the step of the one before it, if that is on ITAs, too.

        tasks: of the cores at the same time; such a layer has a step of its own."""
        last = self.steps[-1] if self.steps else None
        shares = self.choices.joins_ita_layers and last and last.ita_calls and \
            not (last.stores or last.tasks or tasks)
        step = last if shares else self.step()
        step.loads += self.pending
        self.pending = []
        step.ita_calls.append(call)
        step.tasks += tasks

    def note(self, text):
        self.notes.setdefault(self.index, []).append(text)

    def tile_bytes(self):
        """Bytes that one block of a stream may take."""
        return self.choices.tile_bytes[self.layer.name]

    def buffer(self, what, size, kind="stream"):
        return Buffer(f"{self.layer.name}.{what}", int(size), "L1", kind, self.layer.name)

    # ---- constants ----

    def constant(self, what, array):
        """A constant in L2. Returns its Buffer."""
        array = np.ascontiguousarray(array)
        buffer = Buffer(f"{self.layer.name}.{what}", array.nbytes, "L2", "constant",
                        self.layer.name)
        self.constants.append((buffer, array))
        return buffer

    def constant_in_l1(self, what, array):
        """A constant that stays in L1 for the layer. Returns a Pointer to it."""
        source = self.constant(what, array)
        target = self.buffer(what, source.bytes, "constant")
        self.pending.append(Transfer(target.at(), source.at(), source.bytes))
        return target.at()

    # ---- tensors ----

    def is_spilled(self, name):
        return name in self.choices.spilled

    def view(self, name):
        """Where a tensor is: its copy in L1 if there is one."""
        home = self.homes[name]
        copy = self.copies.get(home.buffer) or self.lasting.get(home.buffer)
        return View(copy, home.array, home.base) if copy else home

    def resident(self, name):
        """A view of a tensor in L1; what lives in L2 is copied for the layer."""
        view = self.view(name)
        if view.buffer.memory == "L1":
            return view
        source = view.buffer
        is_lasting = not self.is_spilled(source.tensor)
        copy = Buffer(f"{source.name} in L1", source.bytes, "L1",
                      "tensor" if is_lasting else "stream", self.layer.name, source.tensor)
        self.pending.append(Transfer(copy.at(), source.at(), source.bytes))
        (self.lasting if is_lasting else self.copies)[source] = copy
        return self.view(name)

    def contiguous(self, name):
        """A row-major view of a tensor in L1, copied if need be."""
        view = self.resident(name)
        return view if view.is_contiguous() else self.transposed(view)

    def transposed(self, view, granule=1):
        """A copy of a view in row-major order, rows padded to multiples of `granule` bytes."""
        *leading, columns = view.shape
        item = view.itemsize
        padded = -(-columns * item // granule) * granule // item
        buffer = self.buffer("transposed", math.prod(leading) * padded * item, "scratch")
        whole = View.of(buffer, (*leading, padded), view.dtype)
        target = whole[..., :columns]
        self.transpose_tasks(self.step(), view, target)
        return target

    def transpose_tasks(self, step, source, target):
        """Copies a view to another of the same shape whose rows only may be padded."""
        sizes, strides = collapsed(source, target)
        need(len(sizes) <= 4, self.layer.name,
             f"transposing {list(source.shape)} takes {len(sizes)} dimensions; allowed: 4")
        missing = 4 - len(sizes)
        sizes, strides = [1] * missing + sizes, [0] * missing + strides
        axis = next((i for i in range(3) if sizes[i] > 1), None)
        parts = [(0, sizes[axis])] if axis is None else split(sizes[axis], self.teams)
        row = target.strides[-2] if len(target.shape) > 1 else target.bytes
        block = row * math.prod(sizes[:3])
        for team, (begin, end) in enumerate(parts):
            count = sizes.copy()
            share = block // sizes[axis] if axis is not None else block
            if axis is not None:
                count[axis] = end - begin
            offset = strides[axis] * begin if axis is not None else 0
            arguments = {"input": source.pointer() + offset,
                         "output": target.pointer() + share * begin,
                         "element_bytes": source.itemsize, "output_stride": row}
            arguments.update({f"size{i}": count[i] for i in range(4)})
            arguments.update({f"stride{i}": strides[i] for i in range(4)})
            step.tasks.append(Task(
                team, "transpose", arguments, [whole(source)],
                [Region.plain(target.pointer() + share * begin, share * (end - begin))],
                "data_movement", math.prod(count)))

    # ---- results ----

    def result(self, layouts=False, permutation=None):
        """The current layer's result in L1. Returns a View.

        layouts: it may have the strides that make a Transpose behind it free; permutation: it is
        stored with its dimensions in this order."""
        tensor = self.graph.tensors[self.layer.output]
        buffer = Buffer(tensor.name, tensor.bytes, "L1", "tensor", self.layer.name, tensor.name)
        view = View.of(buffer, tensor.shape, tensor.dtype)
        if layouts:
            permutation = self.wanted_permutation(tensor.name)
        if permutation is not None:
            view = View.of(buffer, [tensor.shape[axis] for axis in permutation], tensor.dtype)
            view = view.transpose(np.argsort(permutation))
        self.homes[tensor.name] = view
        return view

    def spilled_result(self):
        """The current layer's result in L2. Returns a View."""
        tensor = self.graph.tensors[self.layer.output]
        buffer = self.output_buffer(tensor.name) if tensor.name in self.graph.outputs else \
            Buffer(tensor.name, tensor.bytes, "L2", "tensor", self.layer.name, tensor.name)
        self.homes[tensor.name] = View.of(buffer, tensor.shape, tensor.dtype)
        return self.homes[tensor.name]

    def output_buffer(self, name):
        """L2 memory of an output of the model."""
        if name not in self.io:
            self.io[name] = Buffer(name, self.graph.tensors[name].bytes, "L2", "tensor",
                                   tensor=name, advances=True)
        return self.io[name]

    def wanted_permutation(self, name):
        """Of the Transpose that is the only user of a tensor, or None."""
        users = self.consumers.get(name, [])
        if len(users) == 1 and users[0].kind == "Transpose" and name not in self.graph.outputs:
            return users[0].node.attributes["perm"]
        return None

    def finish_layer(self):
        """Brings the layer's result to L2 if it is one of the model's."""
        name = self.layer.output
        if name not in self.graph.outputs or name in self.io:
            return
        view = self.contiguous(name)
        if self.pending or not self.steps or self.steps[-1].layer != self.index:
            self.step()
        self.steps[-1].store(self.output_buffer(name).at(), view.pointer(), view.bytes)


class Rows:
    """A tensor as [rows][columns], in L1 or streamed from or to L2 in blocks of rows."""

    def __init__(self, builder, view, columns):
        self.builder = builder
        self.view = view.reshape((-1, columns))
        self.is_streamed = view.buffer.memory == "L2"
        self.columns = columns

    @staticmethod
    def operand(builder, name, columns, granule=1):
        """Rows of an input whose beginnings are multiples of `granule` bytes."""
        view = builder.view(name)
        if view.buffer.memory == "L2" and not (builder.is_spilled(view.buffer.tensor)
                                               and view.is_contiguous()):
            view = builder.resident(name)
        rows = view.reshape((-1, columns))
        item = view.itemsize
        if rows is None or (columns > 1 and rows.strides[1] != item) or \
                (rows.strides[0] % granule and rows.shape[0] > 1) or \
                rows.pointer().offset % granule:
            rows = builder.transposed(builder.resident(name).reshape((-1, columns))
                                      or builder.contiguous(name).reshape((-1, columns)), granule)
        return Rows(builder, rows, columns)

    @staticmethod
    def resident(builder, name, granule):
        """A View of an input as rows in L1, all of them; granule as for operand()."""
        builder.resident(name)
        columns = builder.graph.tensors[name].shape[-1]
        return Rows.operand(builder, name, columns, granule).view

    @staticmethod
    def result(builder, columns, layouts=False):
        """Rows of the layer's result."""
        if builder.is_spilled(builder.layer.output):
            return Rows(builder, builder.spilled_result(), columns)
        view = builder.result(layouts)
        if view.reshape((-1, columns)) is None:
            view = builder.result()
        return Rows(builder, view, columns)

    @property
    def count(self):
        return self.view.shape[0]

    @property
    def row_bytes(self):
        return self.columns * self.view.itemsize

    def block(self, step, begin, end):
        """An operand's rows [begin, end) in L1."""
        if not self.is_streamed:
            return self.view[begin:end]
        target = self.space(begin, end)
        step.load(target.pointer(), self.view[begin:end].pointer(), target.bytes)
        return target

    def space(self, begin, end, first=0, last=None):
        """Where a result's rows [begin, end), columns [first, last) are to be written in L1."""
        part = self.view[begin:end, first:last]
        if not self.is_streamed:
            return part
        buffer = self.builder.buffer(f"rows of {self.view.buffer.name}", part.bytes)
        return View.of(buffer, part.shape, self.view.dtype)

    def write_back(self, step, block, begin, first=0):
        """Stores a block that space() gave, row by row if it has not all columns."""
        if not self.is_streamed:
            return
        parts = [block] if block.shape[1] == self.columns else \
            [block[row:row + 1] for row in range(block.shape[0])]
        for row, part in enumerate(parts, begin):
            step.store(self.view[row:, first:].pointer(), part.pointer(), part.bytes)


def row_blocks(builder, streams, granule):
    """Ranges of rows such that a block of all streamed rows fits the layer's tile size.

    Args: streams: list of Rows of the same count; granule: rows that belong together.
    """
    count = max(rows.count for rows in streams)
    size = sum(rows.row_bytes for rows in streams if rows.is_streamed)
    if size == 0:
        return [(0, count)]
    per_block = max(builder.tile_bytes() // size // granule * granule, min(granule, count))
    ranges = split(count, -(-count // per_block), granule)
    builder.note(f"{len(ranges)} blocks of {per_block} rows")
    return ranges


def collapsed(source, target):
    """Dimensions of a copy: ([sizes], [strides of source]); neighbours are joined where both
    sides allow it. The last dimension stays, its rows may be padded in the target."""
    sizes, strides, outer = [], [], []
    dimensions = list(zip(source.shape, source.strides, target.strides))
    for axis, (size, stride, out) in enumerate(dimensions):
        is_last = axis == len(dimensions) - 1
        if size == 1 and not is_last:
            continue
        if sizes and not is_last and strides[-1] == stride * size and outer[-1] == out * size:
            sizes[-1], strides[-1], outer[-1] = sizes[-1] * size, stride, out
        else:
            sizes.append(size)
            strides.append(stride)
            outer.append(out)
    return sizes, strides


def whole(view):
    """All bytes between the first and the last element of a view, as a Region."""
    extent = sum((size - 1) * stride for size, stride in zip(view.shape, view.strides))
    return Region.plain(view.pointer(), extent + view.itemsize)
