# SPDX-License-Identifier: Apache-2.0
"""All operators but products on the cores: kernel arguments and shares of the teams."""
import math

import numpy as np

from . import ops
from .builder import Rows, row_blocks
from .kernels import TYPES
from .layout import Region
from .operators import need
from .steps import Task, split

GRANULE = 16  # elements: shares of a team begin at words


def view_only(builder):
    """Reshape, Transpose, Gather: another view where strides can say it, else a copy."""
    layer = builder.layer
    view = builder.view(layer.inputs[0])
    attributes = layer.node.attributes
    shape = builder.graph.tensors[layer.output].shape
    if layer.kind == "Transpose":
        result = view.transpose(attributes["perm"])
    elif layer.kind == "Gather":
        result = view[(slice(None),) * attributes["axis"] + (attributes["index"],)]
    else:
        result = view.reshape(shape) or builder.contiguous(layer.inputs[0]).reshape(shape)
    builder.homes[layer.output] = result


def blockwise(builder, columns, make_tasks, dtype_columns=None):
    """Maps an operator that works row by row.

    Args:
        columns: of the operands' rows.
        make_tasks: (step, list of operand blocks, result block) adds the tasks.
        dtype_columns: of the result's rows; default: as the operands'.
    """
    operands = [Rows.operand(builder, name, columns) for name in builder.layer.inputs]
    result = Rows.result(builder, dtype_columns or columns)
    for begin, end in row_blocks(builder, [*operands, result], 1):
        step = builder.step()
        blocks = [rows.block(step, begin, end) for rows in operands]
        target = result.space(begin, end)
        make_tasks(step, blocks, target)
        result.write_back(step, target, begin)


def elementwise(builder, kernel, operator_class, make_arguments, constants=()):
    """Maps an operator on elements; make_arguments(operands, result, count) -> fields.

    Operands and result are Pointers to the team's share; constants: Pointers that all read."""
    shared = [Region.plain(pointer, pointer.buffer.bytes) for pointer in constants]

    def make_tasks(step, blocks, target):
        views = [*blocks, target]
        need(all(view.is_contiguous() for view in views), builder.layer.name,
             "operands are not contiguous")
        for team, (begin, end) in enumerate(split(target.array.size, builder.teams, GRANULE)):
            *inputs, output = (view.pointer() + begin * view.itemsize for view in views)
            regions = [Region.plain(view.pointer() + begin * view.itemsize,
                                    (end - begin) * view.itemsize) for view in views]
            step.tasks.append(Task(team, kernel, make_arguments(inputs, output, end - begin),
                                   [*regions[:-1], *shared], regions[-1:], operator_class,
                                   end - begin))

    blockwise(builder, last_size(builder), make_tasks)


def last_size(builder):
    return builder.graph.tensors[builder.layer.output].shape[-1]


def input_type(builder, index=0):
    return TYPES[builder.graph.tensors[builder.layer.inputs[index]].dtype]


def residual_add(builder):
    """ResidualAdd with both requantisers brought to one shift."""
    attributes = builder.layer.node.attributes
    multiplier_a, multiplier_b, shift = ops.residual_multipliers(
        *((attributes[name]["mult"], attributes[name]["shift"])
          for name in ("requant_a", "requant_b")))
    elementwise(builder, "residual_add", "residual", lambda inputs, output, count: {
        "a": inputs[0], "b": inputs[-1], "output": output, "count": count,
        "multiplier_a": multiplier_a, "multiplier_b": multiplier_b, "shift": shift})


def i_gelu(builder):
    """iGELU: int8 or uint8 to int32."""
    attributes = builder.layer.node.attributes
    elementwise(builder, "i_gelu", "gelu", lambda inputs, output, count: {
        "input": inputs[0], "output": output, "count": count, "b": attributes["b"],
        "one": attributes["one"], "type": input_type(builder)})


def add(builder):
    """Add of two tensors, or of a tensor and a constant that repeats."""
    layer = builder.layer
    constants = [value for value in map(builder.graph.value, layer.node.inputs)
                 if value is not None]
    if not constants:
        types = input_type(builder), input_type(builder, -1)
        elementwise(builder, "add", "residual", lambda inputs, output, count: {
            "a": inputs[0], "b": inputs[-1], "output": output, "count": count, "b_count": count,
            "a_type": types[0], "b_type": types[1]})
        return
    add_constant(builder, constants[0])


def add_constant(builder, constant):
    """Add of a constant along the last dimension."""
    columns = last_size(builder)
    need(constant.size in (1, constant.shape[-1] if constant.ndim else 1), builder.layer.name,
         f"constant of shape {list(constant.shape)}; allowed: one value per column")
    row = np.broadcast_to(constant.reshape(-1), columns).astype(np.int32)
    pointer = builder.constant_in_l1("constant", row)

    def make_tasks(step, blocks, target):
        (source,) = blocks
        for team, (begin, end) in enumerate(split(target.shape[0], builder.teams)):
            part, result = source[begin:end], target[begin:end]
            step.tasks.append(Task(
                team, "add", {"a": part.pointer(), "b": pointer, "output": result.pointer(),
                              "count": part.array.size, "b_count": columns,
                              "a_type": TYPES[part.dtype], "b_type": TYPES["int32"]},
                [part.region(), Region.plain(pointer, row.nbytes)], [result.region()],
                "residual", part.array.size))

    blockwise(builder, columns, make_tasks)


def requant_shift(builder):
    """RequantShift on its own: constants for all elements, or for channels."""
    layer = builder.layer
    attributes = layer.node.attributes
    mul, plus = (builder.graph.value(name) for name in layer.node.inputs[1:])
    common = {"shift": attributes["shift"], "levels": attributes["levels"],
              "input_type": input_type(builder),
              "output_type": TYPES[builder.graph.tensors[layer.output].dtype]}
    if mul.size == plus.size == 1:
        pointers = {name: builder.constant_in_l1(name, value.reshape(1))
                    for name, value in (("mul", mul), ("add", plus))}
        elementwise(builder, "requant_shift", "other", lambda inputs, output, count: {
            **common, **pointers, "input": inputs[0], "output": output, "count": count,
            "channels": 1, "inner": count}, pointers.values())
        return
    requant_channels(builder, mul, plus, common)


def requant_channels(builder, mul, plus, common):
    """RequantShift whose constants vary over neighbouring dimensions, the channels."""
    layer = builder.layer
    shape = builder.graph.tensors[layer.output].shape
    joint = np.broadcast_shapes(mul.shape, plus.shape, (1,) * len(shape))
    varying = [axis for axis, size in enumerate(joint) if size > 1]
    first, last = varying[0], varying[-1] + 1
    need(joint[first:last] == shape[first:last], layer.name,
         f"constants of shape {list(joint)} vary over dimensions that are no neighbours")
    channels, inner = math.prod(shape[first:last]), math.prod(shape[last:])
    pointers = {name: builder.constant_in_l1(name, np.broadcast_to(value, joint))
                for name, value in (("mul", mul), ("add", plus))}
    source = builder.contiguous(layer.inputs[0])
    target = builder.result()
    step = builder.step()
    outer = math.prod(shape[:first])
    for index in range(outer):
        for team, (begin, end) in enumerate(split(channels, builder.teams)):
            offset, count = (index * channels + begin) * inner, (end - begin) * inner
            places = {"input": source.pointer() + offset * source.itemsize,
                      "output": target.pointer() + offset}
            constants = {name: pointer + 4 * begin for name, pointer in pointers.items()}
            regions = [Region.plain(places["input"], count * source.itemsize),
                       *(Region.plain(pointer, 4 * (end - begin))
                         for pointer in constants.values())]
            step.tasks.append(Task(
                team, "requant_shift", {**common, **places, **constants, "count": count,
                                        "channels": end - begin, "inner": inner},
                regions, [Region.plain(places["output"], count)], "other", count))


def rowwise(builder, kernel, operator_class, extra, constants=()):
    """Maps a kernel on rows with the fields input, output, rows, columns and strides."""
    regions = [Region.plain(pointer, pointer.buffer.bytes) for pointer in constants]

    def make_tasks(step, blocks, target):
        (source,) = blocks
        for team, (begin, end) in enumerate(split(target.shape[0], builder.teams)):
            part, result = source[begin:end], target[begin:end]
            step.tasks.append(Task(
                team, kernel, {"input": part.pointer(), "output": result.pointer(),
                               "rows": end - begin, "columns": part.shape[1],
                               "input_stride": part.strides[0],
                               "output_stride": result.strides[0], **extra},
                [part.region(), *regions], [result.region()], operator_class, part.array.size))

    blockwise(builder, last_size(builder), make_tasks)


def layer_norm(builder):
    """LayerNorm; weight and bias stay in L1."""
    layer = builder.layer
    pointers = {name: builder.constant_in_l1(name, builder.graph.value(tensor))
                for name, tensor in zip(("weight", "bias"), layer.node.inputs[1:])}
    rowwise(builder, "layer_norm", "layer_norm",
            {**pointers, "shift": layer.node.attributes["shift"], "type": input_type(builder)},
            pointers.values())


def partial_max(builder):
    """ITAPartialMax."""
    attributes = builder.layer.node.attributes
    rowwise(builder, "partial_max", "softmax",
            {"group_width": attributes["group_width"], "levels": attributes["levels"]})


def i_softmax(builder):
    """iSoftmax."""
    attributes = builder.layer.node.attributes
    rowwise(builder, "i_softmax", "softmax", {
        **{f"coefficient_{letter}": attributes[f"coeff_{letter}"] for letter in "abc"},
        "log2": attributes["log2"], "levels": attributes["levels"]})


def mean(builder):
    """Mean over an axis; teams share what lies before it."""
    layer = builder.layer
    source = builder.contiguous(layer.inputs[0])
    target = builder.result()
    axis = layer.node.attributes["axis"]
    outer, inner = math.prod(source.shape[:axis]), math.prod(source.shape[axis + 1:])
    length = source.shape[axis]
    step = builder.step()
    for team, (begin, end) in enumerate(split(outer, builder.teams)):
        part = Region.plain(source.pointer() + begin * length * inner,
                            (end - begin) * length * inner)
        result = Region.plain(target.pointer() + begin * inner, (end - begin) * inner)
        step.tasks.append(Task(
            team, "mean", {"input": part.pointer, "output": result.pointer, "outer": end - begin,
                           "length": length, "inner": inner, "type": TYPES[source.dtype]},
            [part], [result], "other", part.bytes))


def embedding(builder):
    """Embedding: harts read the rows that they need from the table in L2."""
    layer = builder.layer
    table, positions = (builder.graph.value(name) for name in layer.node.inputs[1:])
    ids = builder.resident(layer.inputs[0])
    table_pointer = builder.constant("table", table).at()
    positions_pointer = builder.constant("positions", positions).at()
    columns = table.shape[1]
    result = Rows.result(builder, columns)
    for begin, end in row_blocks(builder, [result], 1):
        step = builder.step()
        target = result.space(begin, end)
        for team, (first, last) in enumerate(split(end - begin, builder.teams)):
            rows, row = target[first:last], begin + first
            step.tasks.append(Task(
                team, "embedding", {
                    "ids": ids.pointer() + 2 * row, "table": table_pointer,
                    "positions": positions_pointer + row * columns, "output": rows.pointer(),
                    "rows": last - first, "columns": columns},
                [Region.plain(ids.pointer() + 2 * row, 2 * (last - first))], [rows.region()],
                "data_movement", rows.array.size))
        result.write_back(step, target, begin)


def convolution(builder):
    """Conv, with RequantShift if it was fused: blocks of filters, images one after another."""
    layer = builder.layer
    source = builder.contiguous(layer.inputs[0])
    target = builder.result()
    weight = builder.graph.value(layer.node.inputs[1])
    filters, filter_bytes = weight.shape[0], math.prod(weight.shape[1:])
    weights = builder.constant("weight", weight)
    common = convolution_fields(builder, source, target, weight)
    requant = shift_constants(builder, filters)
    per_block = max(builder.tile_bytes() // filter_bytes, builder.teams)
    blocks = split(filters, -(-filters // per_block), builder.teams)
    builder.note(f"{len(blocks)} blocks of {blocks[0][1]} filters")
    for image in range(source.shape[0]):
        for begin, end in blocks:
            step = builder.step()
            buffer = builder.buffer(f"weight[{begin}:{end}]", (end - begin) * filter_bytes)
            step.load(buffer.at(), weights.at(begin * filter_bytes), buffer.bytes)
            for team, (first, last) in enumerate(split(end - begin, builder.teams)):
                outputs = target[image, begin + first:begin + last]
                fields = {name: pointer + 4 * (begin + first)
                          for name, pointer in requant.items()}
                reads = [Region.plain(source[image].pointer(), source[image].bytes),
                         Region.plain(buffer.at(first * filter_bytes),
                                      (last - first) * filter_bytes),
                         *(Region.plain(pointer, 4 * (last - first))
                           for pointer in fields.values())]
                step.tasks.append(Task(
                    team, "convolution", {
                        **common, **fields, "input": source[image].pointer(),
                        "weight": buffer.at(first * filter_bytes), "output": outputs.pointer(),
                        "filters": last - first},
                    reads, [Region.plain(outputs.pointer(), outputs.bytes)], "gemm_cores",
                    outputs.array.size * filter_bytes))


def convolution_fields(builder, source, target, weight):
    attributes = builder.layer.node.attributes
    shift = builder.layer.shift
    fields = window_fields(weight.shape[2:], attributes)
    fields.update(channels=source.shape[1], height=source.shape[2], width=source.shape[3],
                  input_type=TYPES[source.dtype], output_type=TYPES[target.dtype],
                  levels_minus_1=255, shift=shift.shift if shift else 0)
    return fields


def shift_constants(builder, filters):
    """Pointers to mul and add [filters] of a fused RequantShift; none without one."""
    shift = builder.layer.shift
    if shift is None:
        return {}
    return {name: builder.constant_in_l1(name, np.broadcast_to(value.reshape(-1), filters))
            for name, value in (("mul", shift.mul), ("add", shift.add))}


def window_fields(kernel, attributes):
    """Fields of a window that moves over an image."""
    top, left, bottom, right = attributes["pads"]
    stride_height, stride_width = attributes["strides"]
    return {"kernel_height": kernel[0], "kernel_width": kernel[1],
            "stride_height": stride_height, "stride_width": stride_width, "pad_top": top,
            "pad_left": left, "pad_bottom": bottom, "pad_right": right}


def max_pool(builder):
    """MaxPool: channels of all images are shared."""
    layer = builder.layer
    source = builder.contiguous(layer.inputs[0])
    target = builder.result()
    attributes = layer.node.attributes
    height, width = source.shape[2:]
    size, out_size = height * width, math.prod(target.shape[2:])
    step = builder.step()
    for team, (begin, end) in enumerate(split(math.prod(source.shape[:2]), builder.teams)):
        part = Region.plain(source.pointer() + begin * size, (end - begin) * size)
        result = Region.plain(target.pointer() + begin * out_size, (end - begin) * out_size)
        step.tasks.append(Task(
            team, "max_pool", {"input": part.pointer, "output": result.pointer,
                               "channels": end - begin, "height": height, "width": width,
                               "type": TYPES[source.dtype],
                               **window_fields(attributes["kernel"], attributes)},
            [part], [result], "other", result.bytes * math.prod(attributes["kernel"])))
