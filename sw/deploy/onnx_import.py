# SPDX-License-Identifier: Apache-2.0
"""Reads quantised ONNX networks as QuantLib and Deeploy exchange them.

Their tensors are declared float32 but hold integers; types come from the operators: RequantShift
says whether its result is signed, products are int32. Types of inputs are int8 unless told.
Constants are folded: initializers, Constant nodes, shapes, indices.
"""
import math

import numpy as np
import onnx
from onnx import numpy_helper

from . import operators
from .graph import Graph
from .operators import ModelError

INT32 = (-(1 << 31), (1 << 31) - 1)


def load(path, input_types=None):
    """The model in an ONNX file.

    Args:
        path: of the file.
        input_types: dict of input name -> type; others are int8.
    Returns: Graph.
    Raises: ModelError.
    """
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf has no common base class for what it raises
        raise ModelError(str(path), f"not an ONNX file: {error}") from error
    return Importer(model.graph, dict(input_types or {})).graph


class Importer:
    """Walks an ONNX graph once; `graph` is the result."""

    def __init__(self, source, input_types):
        self.graph = Graph(source.name or "onnx")
        self.constants = {item.name: numpy_helper.to_array(item) for item in source.initializer}
        for port in source.input:
            if port.name not in self.constants:
                shape = [size.dim_value for size in port.type.tensor_type.shape.dim]
                self.graph.input(port.name, shape, input_types.pop(port.name, "int8"))
        for name in input_types:
            raise ModelError(name, "the network has no such input")
        for node in sorted_nodes(source, set(self.constants) | set(self.graph.inputs)):
            self.add(node)
        for port in source.output:
            self.graph.output(port.name)
            need_declared_shape(port, self.graph.tensors[port.name].shape)

    def add(self, node):
        """Adds one ONNX node, or remembers its value when it is constant."""
        name = node.name or f"{node.op_type} {node.output[0]}"
        if node.op_type == "Constant":
            self.constants[node.output[0]] = constant_value(name, node)
            return
        attributes = {item.name: attribute_value(name, item) for item in node.attribute}
        convert = CONVERTERS.get(node.op_type)
        operators.need(convert is not None, name,
                       f"operator '{node.op_type}' is not supported; "
                       f"allowed: {', '.join(sorted(CONVERTERS))}")
        operators.need(len(node.output) == 1, name, f"{len(node.output)} outputs; allowed: 1")
        try:
            op, inputs, converted = convert(self, name, list(node.input), attributes)
        except KeyError as error:
            raise ModelError(name, f"{node.op_type} has no attribute {error}") from error
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise ModelError(name, f"{node.op_type}: {error}") from error
        self.graph.add(op, *[self.tensor(name, source) for source in inputs], name=name,
                       result=node.output[0], **converted)

    def tensor(self, layer, source):
        """Name of a tensor in the graph; constants get the smallest of int8 and int32."""
        if source in self.graph.tensors or source not in self.constants:
            return source
        return self.graph.constant(source, as_integers(layer, source, self.constants[source]))

    def number_array(self, layer, source, rank):
        """A constant operand of RequantShift as int32 with `rank` dimensions."""
        operators.need(source in self.constants, layer, f"'{source}' must be a constant")
        value = as_integers(layer, source, self.constants[source]).astype(np.int32)
        name = f"{layer}.{source}"
        return self.graph.constant(name, value.reshape((1,) * (rank - value.ndim) + value.shape))

    def rank(self, layer, source):
        operators.need(source in self.graph.tensors, layer, f"'{source}' must be computed")
        return len(self.graph.tensors[source].shape)


def sorted_nodes(source, known):
    """The nodes of an ONNX graph, each behind those whose results it uses, else in their order."""
    pending, known = list(source.node), set(known)
    while pending:
        waiting = []
        for node in pending:
            if all(name in known for name in node.input if name):
                known.update(node.output)
                yield node
            else:
                waiting.append(node)
        if len(waiting) == len(pending):
            missing = next(name for name in pending[0].input if name not in known)
            raise ModelError(pending[0].name, f"input '{missing}' is computed by no node")
        pending = waiting


def need_declared_shape(port, shape):
    """Raises unless an output has the sizes that the file declares (0: any)."""
    declared = [size.dim_value for size in port.type.tensor_type.shape.dim]
    operators.need(not declared or len(declared) == len(shape) and all(
        size in (0, actual) for size, actual in zip(declared, shape)), port.name,
                   f"declared as {declared}, computed as {list(shape)}")


def constant_value(layer, node):
    """Array of a Constant node."""
    for item in node.attribute:
        if item.name == "value":
            return numpy_helper.to_array(item.t)
        if item.name in ("value_float", "value_floats", "value_int", "value_ints"):
            return np.asarray(onnx.helper.get_attribute_value(item))
    raise ModelError(layer, "Constant without value, value_float(s) or value_int(s)")


def attribute_value(layer, attribute):
    """Python value of an ONNX attribute: number, list, or str."""
    value = onnx.helper.get_attribute_value(attribute)
    if attribute.type == onnx.AttributeProto.TENSOR:
        value = numpy_helper.to_array(value)
        return as_integers(layer, attribute.name, value).reshape(-1).tolist() if \
            value.ndim and value.size != 1 else as_integer(layer, attribute.name, value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float):
        return as_integer(layer, attribute.name, value)
    return list(value) if isinstance(value, (list, tuple)) else value


def as_integer(layer, what, value):
    number = float(np.asarray(value).reshape(-1)[0])
    operators.need(number.is_integer(), layer, f"{what}={number}; allowed: whole numbers")
    return int(number)


def as_integers(layer, what, value):
    """An array of whole numbers as int8, or as int32 when it does not fit."""
    value = np.asarray(value)
    whole = np.round(value).astype(np.int64)
    operators.need(np.array_equal(whole, value), layer, f"'{what}' holds other than whole numbers")
    low, high = int(whole.min(initial=0)), int(whole.max(initial=0))
    operators.need(INT32[0] <= low and high <= INT32[1], layer,
                   f"'{what}' holds {low}..{high}; allowed: 32 bits")
    return whole.astype(np.int8 if -128 <= low and high <= 127 else np.int32)


def log2_of(layer, what, value):
    is_integer = isinstance(value, int) and value > 0
    shift = value.bit_length() - 1 if is_integer else 0
    operators.need(is_integer and value == 1 << shift, layer,
                   f"{what}={value!r}; allowed: powers of two")
    return shift


# Converters: (importer, layer, names of inputs, attributes) -> (operator, inputs, attributes).


def matmul(importer, layer, inputs, attributes):
    del importer, layer, attributes
    return "MatMul", inputs, {}


def gemm(importer, layer, inputs, attributes):
    if len(inputs) < 3 or not inputs[2]:
        zero = importer.graph.constant(f"{layer}.zero", np.zeros((1, 1), np.int32))
        inputs = inputs[:2] + [zero]
    return "Gemm", inputs, {
        "alpha": as_integer(layer, "alpha", attributes.get("alpha", 1)),
        "beta": as_integer(layer, "beta", attributes.get("beta", 1)),
        "trans_a": attributes.get("transA", 0), "trans_b": attributes.get("transB", 0)}


def addition(importer, layer, inputs, attributes):
    del importer, layer, attributes
    return "Add", inputs, {}


def requant_shift(importer, layer, inputs, attributes):
    levels = attributes.get("n_levels_out", attributes.get("n_levels"))
    rank = importer.rank(layer, inputs[0])
    constants = [importer.number_array(layer, name, rank) for name in inputs[1:]]
    return "RequantShift", [inputs[0], *constants], {
        "shift": log2_of(layer, "div", attributes["div"]), "signed": bool(attributes["signed"]),
        "levels": levels}


def convolution(importer, layer, inputs, attributes):
    del importer
    operators.need(len(inputs) == 2, layer, "a convolution with bias is not supported")
    operators.need(attributes.get("group", 1) == 1, layer,
                   f"group={attributes.get('group')}; allowed: 1")
    need_plain_window(layer, attributes)
    return "Conv", inputs, {"strides": attributes.get("strides", [1, 1]),
                            "pads": attributes.get("pads", [0] * 4)}


def max_pool(importer, layer, inputs, attributes):
    del importer
    need_plain_window(layer, attributes)
    operators.need(not attributes.get("ceil_mode", 0), layer, "ceil_mode=1; allowed: 0")
    return "MaxPool", inputs, {"kernel": attributes["kernel_shape"],
                               "strides": attributes.get("strides", [1, 1]),
                               "pads": attributes.get("pads", [0] * 4)}


def need_plain_window(layer, attributes):
    operators.need(set(attributes.get("dilations", [1])) == {1}, layer,
                   f"dilations={attributes.get('dilations')}; allowed: 1")
    padding = attributes.get("auto_pad", "NOTSET")
    operators.need(padding == "NOTSET", layer, f"auto_pad={padding}; allowed: NOTSET")


def transpose(importer, layer, inputs, attributes):
    return "Transpose", inputs, {
        "perm": attributes.get("perm", list(range(importer.rank(layer, inputs[0])))[::-1])}


def reshape(importer, layer, inputs, attributes):
    del attributes
    operators.need(len(inputs) > 1 and inputs[1] in importer.constants, layer,
                   "the new shape must be a constant input")
    shape = [int(size) for size in importer.constants[inputs[1]].reshape(-1)]
    old = importer.graph.tensors[inputs[0]].shape
    shape = [old[index] if size == 0 else size for index, size in enumerate(shape)]
    return "Reshape", inputs[:1], {"shape": shape}


def flatten(importer, layer, inputs, attributes):
    del layer
    shape, axis = importer.graph.tensors[inputs[0]].shape, attributes.get("axis", 1)
    return "Reshape", inputs, {"shape": [math.prod(shape[:axis]), math.prod(shape[axis:])]}


def gather(importer, layer, inputs, attributes):
    operators.need(inputs[1] in importer.constants, layer, "indices must be a constant")
    indices = importer.constants[inputs[1]]
    operators.need(indices.ndim == 0, layer,
                   f"indices of shape {list(indices.shape)}; allowed: one number")
    shape, axis = importer.graph.tensors[inputs[0]].shape, attributes.get("axis", 0)
    axis += len(shape) if axis < 0 else 0
    index = as_integer(layer, "index", indices)
    return "Gather", inputs[:1], {"axis": axis,
                                  "index": index + shape[axis] if index < 0 else index}


def layer_norm(importer, layer, inputs, attributes):
    constants = [importer.number_array(layer, name, 1) for name in inputs[1:]]
    return "LayerNorm", [inputs[0], *constants], {"shift": log2_of(layer, "D", attributes["D"])}


def mean(importer, layer, inputs, attributes):
    axes = attributes["axes"]
    operators.need(len(axes) == 1 and not attributes.get("keepdims", 1), layer,
                   f"axes={axes}, keepdims={attributes.get('keepdims', 1)}; allowed: one axis "
                   "that goes")
    rank = importer.rank(layer, inputs[0]) if axes[0] < 0 else 0
    return "Mean", inputs, {"axis": axes[0] + rank}


def partial_max(importer, layer, inputs, attributes):
    del importer, layer
    return "ITAPartialMax", inputs, {"group_width": attributes["group_width"],
                                     "levels": attributes["n_levels"]}


def softmax(importer, layer, inputs, attributes):
    del importer, layer
    return "iSoftmax", inputs, {
        "coeff_a": attributes["coeffA"], "coeff_b": attributes["coeffB"],
        "coeff_c": attributes["coeffC"], "log2": attributes["log2"],
        "levels": attributes["n_levels"]}


def gelu(importer, layer, inputs, attributes):
    del importer, layer
    return "iGELU", inputs, {"b": attributes["b"], "one": attributes["one"]}


CONVERTERS = {
    "MatMul": matmul, "Gemm": gemm, "Add": addition, "RequantShift": requant_shift,
    "Conv": convolution, "MaxPool": max_pool, "Transpose": transpose, "Reshape": reshape,
    "Flatten": flatten, "Gather": gather, "iLayerNorm": layer_norm, "IntegerMean": mean,
    "ITAPartialMax": partial_max, "iSoftmax": softmax, "iGELU": gelu,
}
