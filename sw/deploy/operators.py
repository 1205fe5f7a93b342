# SPDX-License-Identifier: Apache-2.0
"""The operators of a model: their inputs, attributes, limits, and the shapes they produce.

Arithmetic is elsewhere (ops.py); here is what a layer may look like. Every refusal is a ModelError
that names the layer.
"""
import collections
import math

import numpy as np

from . import ops

BIAS_BITS = 24  # of ITA's bias stream
SUM_BITS = 26  # of ITA's accumulators, which wrap
MAX_SHIFT = 34  # beyond it only the sign of a product of 35 bits is left
SOFTMAX_GROUP = 16
MAX_WINDOW = 255  # kernel, strides and pads are bytes in a command
MAX_KEYS = 2032  # denominators of 19 bits: 2048 equal logits would give 0
INTEGERS = ("int8", "uint8", "uint16", "int32")


class ModelError(Exception):
    """A model that cannot be used; the message names the layer."""

    def __init__(self, layer, message):
        super().__init__(f"layer '{layer}': {message}")
        self.layer = layer


Operand = collections.namedtuple("Operand", "shape dtype value")
"""What an operator sees of a tensor: value is None unless it is a constant."""

Operator = collections.namedtuple("Operator", "inputs attributes infer")
"""inputs: names; attributes: name -> default (REQUIRED when there is none); infer(layer,
operands, attributes) -> (shape, dtype) of the output. operands: name -> Operand."""

REQUIRED = object()


def need(condition, layer, message):
    """Raises ModelError unless the condition holds."""
    if not condition:
        raise ModelError(layer, message)


def need_dtype(layer, operands, name, allowed):
    dtype = operands[name].dtype
    need(dtype in allowed, layer, f"{name} is {dtype}; allowed: {', '.join(allowed)}")


def need_constant(layer, operands, name):
    need(operands[name].value is not None, layer, f"{name} must be a constant")


def need_shape(layer, operands, name, shape):
    actual = operands[name].shape
    need(actual == tuple(shape), layer, f"{name} has shape {list(actual)}; expected {list(shape)}")


def need_range(layer, what, value, low, high):
    need(isinstance(value, int) and not isinstance(value, bool) and low <= value <= high, layer,
         f"{what}={value}; allowed: {low}..{high}")


def need_integers(layer, what, values, count=None, low=None, high=None):
    """Raises unless `values` is a list of so many (None: any number of) integers low..high."""
    is_list = isinstance(values, (list, tuple)) and (count is None or len(values) == count) and \
        all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    size = "" if count is None else f" {count}"
    limits = "" if low is None else f" of {low}..{high}" if high is not None else f" from {low} on"
    need(is_list and all((low is None or low <= value) and (high is None or value <= high)
                         for value in values), layer,
         f"{what}={values!r}; expected{size} integers{limits}")


def check_requant(layer, what, requant, has_add=True):
    """Constants of ITA's requantiser: {mult 0..255, shift 0..34, add -128..127}."""
    keys = {"mult", "shift", "add"} if has_add else {"mult", "shift"}
    need(isinstance(requant, dict) and set(requant) == keys, layer,
         f"{what} is {requant!r}; expected {', '.join(sorted(keys))}")
    need_range(layer, f"{what} mult", requant["mult"], 0, 255)
    need_range(layer, f"{what} shift", requant["shift"], 0, MAX_SHIFT)
    if has_add:
        need_range(layer, f"{what} add", requant["add"], -128, 127)


def check_activation(layer, activation):
    """None, or {kind: relu|gelu, mult, shift, add} and for gelu b, c of 16 bits, b negative."""
    if activation is None:
        return
    need(isinstance(activation, dict) and activation.get("kind") in ("relu", "gelu"), layer,
         f"activation is {activation!r}; allowed kinds: relu, gelu, or no activation")
    constants = {key: value for key, value in activation.items() if key not in ("kind", "b", "c")}
    check_requant(layer, "activation", constants)
    has_gelu_constants = {"b", "c"} <= set(activation)
    need(has_gelu_constants == (activation["kind"] == "gelu"), layer,
         "activation gelu takes b and c, relu does not")
    if has_gelu_constants:
        need_range(layer, "activation b", activation["b"], -(1 << 15), -1)
        need_range(layer, "activation c", activation["c"], -(1 << 15), (1 << 15) - 1)


def largest_sum(weight, bias, is_unsigned):
    """Largest absolute value that a sum over a row of weight [N][K] plus bias [N] can have."""
    sums = np.abs(weight.astype(np.int64)).sum(axis=1) * (255 if is_unsigned else 128)
    return int((sums + np.abs(bias.astype(np.int64))).max())


def infer_linear(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8",))
    need_dtype(layer, operands, "weight", ("int8",))
    need_constant(layer, operands, "weight")
    shape, weight = operands["x"].shape, operands["weight"]
    need(len(shape) >= 2 and len(weight.shape) == 2, layer,
         f"x {list(shape)}, weight {list(weight.shape)}; expected [..,M,K] and [N][K]")
    columns, depth = weight.shape
    need(shape[-1] == depth, layer, f"x has depth {shape[-1]}, weight [N][K] has {depth}")
    need_dtype(layer, operands, "bias", ("int32",))
    need_constant(layer, operands, "bias")
    need_shape(layer, operands, "bias", (columns,))
    bias = operands["bias"].value
    limit = 1 << (BIAS_BITS - 1)
    need(bias.min() >= -limit and bias.max() < limit, layer,
         f"bias {bias.min()}..{bias.max()}; allowed: {-limit}..{limit - 1} ({BIAS_BITS} bits)")
    largest = largest_sum(weight.value, bias, False)
    need(largest < 1 << (SUM_BITS - 1), layer,
         f"sums can reach {largest}; allowed: less than 2^{SUM_BITS - 1} (accumulators)")
    check_activation(layer, attributes["activation"])
    need(attributes["output"] in ("int8", "int32"), layer,
         f"output={attributes['output']!r}; allowed: int8, int32")
    block = attributes["block"]
    if block is not None:
        need_integers(layer, "block [rows, columns]", block, 2, 1)
    if attributes["output"] == "int8":
        check_requant(layer, "requant", attributes["requant"])
    else:
        need(attributes["requant"] is None and attributes["activation"] is None, layer,
             "output int32 takes neither requant nor activation")
    return shape[:-1] + (columns,), attributes["output"]


def per_head(value, heads):
    """A list with one entry for each head, from such a list or from one entry for all."""
    return list(value) if isinstance(value, (list, tuple)) else [value] * heads


def infer_attention(layer, operands, attributes):
    for name in ("q", "k", "v"):
        need_dtype(layer, operands, name, ("int8",))
    rows, width = matrix_shape(layer, operands, "q")
    columns, _ = matrix_shape(layer, operands, "k")
    need_shape(layer, operands, "k", (columns, width))
    need_shape(layer, operands, "v", (columns, width))
    heads = attributes["heads"]
    need(isinstance(heads, int) and heads > 0 and width % heads == 0, layer,
         f"heads={heads}; allowed: divisors of the width {width}")
    need(columns % SOFTMAX_GROUP == 0 and columns <= MAX_KEYS, layer,
         f"S={columns} keys; allowed: multiples of {SOFTMAX_GROUP} up to {MAX_KEYS} (streaming "
         "softmax)")
    for name in ("qk", "av"):
        requants = per_head(attributes[name], heads)
        need(len(requants) == heads, layer,
             f"{name} has {len(requants)} entries; expected one, or one for each of {heads} heads")
        for requant in requants:
            check_requant(layer, name, requant)
    return (rows, width), "int8"


def matrix_shape(layer, operands, name):
    shape = operands[name].shape
    need(len(shape) == 2, layer, f"{name} has shape {list(shape)}; expected two dimensions")
    return shape


def infer_residual_add(layer, operands, attributes):
    for name in ("a", "b"):
        need_dtype(layer, operands, name, ("int8",))
        check_requant(layer, f"requant_{name}", attributes[f"requant_{name}"], has_add=False)
    need_shape(layer, operands, "b", operands["a"].shape)
    requants = [(attributes[name]["mult"], attributes[name]["shift"])
                for name in ("requant_a", "requant_b")]
    try:
        ops.residual_multipliers(*requants)
    except ValueError as error:
        raise ModelError(layer, str(error)) from error
    return operands["a"].shape, "int8"


def infer_layer_norm(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8", "uint8"))
    width = operands["x"].shape[-1]
    for name in ("weight", "bias"):
        need_dtype(layer, operands, name, ("int32",))
        need_constant(layer, operands, name)
        need_shape(layer, operands, name, (width,))
    need_range(layer, "shift", attributes["shift"], 0, 31)
    # |x - mean| <= 255 and the deviation is at least 1.
    largest = 255 * int(np.abs(operands["weight"].value.astype(np.int64)).max())
    largest += int(np.abs(operands["bias"].value.astype(np.int64)).max())
    need(largest < 1 << 31, layer, f"products can reach {largest}; allowed: less than 2^31")
    return operands["x"].shape, "int8"


def infer_embedding(layer, operands, attributes):
    del attributes
    need_dtype(layer, operands, "ids", ("uint16",))
    need(len(operands["ids"].shape) == 1, layer, f"ids have shape {list(operands['ids'].shape)}; "
         "expected [S]")
    for name in ("table", "positions"):
        need_dtype(layer, operands, name, ("int8",))
        need_constant(layer, operands, name)
    rows, width = operands["ids"].shape[0], matrix_shape(layer, operands, "table")[1]
    need_shape(layer, operands, "positions", (rows, width))
    return (rows, width), "int8"


def infer_mean(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8", "uint8"))
    shape = operands["x"].shape
    axis = attributes["axis"]
    need_range(layer, "axis", axis, 0, len(shape) - 1)
    return shape[:axis] + shape[axis + 1:], operands["x"].dtype


def infer_matmul(layer, operands, attributes):
    del attributes
    for name in ("a", "b"):
        need_dtype(layer, operands, name, ("int8", "uint8"))
    a, b = operands["a"].shape, operands["b"].shape
    need(len(a) >= 2 and len(b) >= 2 and a[-1] == b[-2], layer,
         f"a {list(a)}, b {list(b)}; expected [..,M,K] and [..,K,N]")
    need(len(b) == 2 or a[:-2] == b[:-2], layer,
         f"a {list(a)}, b {list(b)}; expected the same leading dimensions, or none in b")
    return a[:-1] + (b[-1],), "int32"


def infer_gemm(layer, operands, attributes):
    need_dtype(layer, operands, "c", ("int8", "int32"))
    need_constant(layer, operands, "c")
    rows, depth = matrix_shape(layer, operands, "a")[::-1 if attributes["trans_a"] else 1]
    depth_b, columns = matrix_shape(layer, operands, "b")[::-1 if attributes["trans_b"] else 1]
    need(depth == depth_b, layer, f"a has depth {depth}, b has {depth_b}")
    need_broadcast(layer, operands, "c", (rows, columns))
    for name in ("a", "b"):
        need_dtype(layer, operands, name, ("int8", "uint8"))
    for name in ("alpha", "beta"):
        need_range(layer, name, attributes[name], -(1 << 15), 1 << 15)
    return (rows, columns), "int32"


def need_broadcast(layer, operands, name, shape):
    """Raises unless the operand's shape can be broadcast to `shape`."""
    actual = operands[name].shape
    try:
        fits = np.broadcast_shapes(actual, shape) == tuple(shape)
    except ValueError:
        fits = False
    need(fits, layer, f"{name} has shape {list(actual)}; expected one that broadcasts to "
         f"{list(shape)}")


def infer_add(layer, operands, attributes):
    del attributes
    for name in ("a", "b"):
        need_dtype(layer, operands, name, ("int8", "uint8", "int32"))
    if all(operand.value is None for operand in operands.values()):
        need_shape(layer, operands, "b", operands["a"].shape)
    if operands["a"].value is not None:
        need_broadcast(layer, operands, "a", operands["b"].shape)
        return operands["b"].shape, "int32"
    need_broadcast(layer, operands, "b", operands["a"].shape)
    return operands["a"].shape, "int32"


def infer_requant_shift(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8", "uint8", "int32"))
    for name in ("mul", "add"):
        need_dtype(layer, operands, name, ("int32",))
        need_constant(layer, operands, name)
        need_broadcast(layer, operands, name, operands["x"].shape)
    need_range(layer, "shift", attributes["shift"], 0, 31)
    need_levels(layer, attributes)
    return operands["x"].shape, "int8" if attributes["signed"] else "uint8"


def need_levels(layer, attributes):
    need(attributes["levels"] == 256, layer, f"levels={attributes['levels']}; allowed: 256")


def infer_conv(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8", "uint8"))
    need_dtype(layer, operands, "weight", ("int8",))
    need_constant(layer, operands, "weight")
    shape, weight = operands["x"].shape, operands["weight"].shape
    need(len(shape) == 4 and len(weight) == 4 and shape[1] == weight[1], layer,
         f"x {list(shape)}, weight {list(weight)}; expected [B,C,H,W] and [F,C,P,Q] (group 1)")
    sizes = window_sizes(layer, shape[2:], weight[2:], attributes["strides"], attributes["pads"])
    return (shape[0], weight[0]) + sizes, "int32"


def window_sizes(layer, sizes, kernel, strides, pads):
    """Output height and width of a window of `kernel` that moves by `strides`.

    Args: sizes [H, W]; kernel [P, Q]; strides [2]; pads [top, left, bottom, right].
    """
    need_integers(layer, "kernel", kernel, 2, 1, MAX_WINDOW)
    need_integers(layer, "strides", strides, 2, 1, MAX_WINDOW)
    need_integers(layer, "pads", pads, 4, 0, MAX_WINDOW)
    result = []
    for axis in range(2):
        room = sizes[axis] + pads[axis] + pads[axis + 2] - kernel[axis]
        need(room >= 0, layer,
             f"kernel {list(kernel)} with strides {list(strides)} and pads {list(pads)} does not "
             f"fit {list(sizes)}")
        result.append(room // strides[axis] + 1)
    return tuple(result)


def infer_max_pool(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8", "uint8"))
    shape = operands["x"].shape
    need(len(shape) == 4, layer, f"x has shape {list(shape)}; expected [B,C,H,W]")
    sizes = window_sizes(layer, shape[2:], attributes["kernel"], attributes["strides"],
                         attributes["pads"])
    return shape[:2] + sizes, operands["x"].dtype


def infer_transpose(layer, operands, attributes):
    shape, perm = operands["x"].shape, attributes["perm"]
    need_integers(layer, "perm", perm)
    need(sorted(perm) == list(range(len(shape))), layer,
         f"perm={perm}; expected a permutation of {list(range(len(shape)))}")
    return tuple(shape[axis] for axis in perm), operands["x"].dtype


def infer_reshape(layer, operands, attributes):
    need_integers(layer, "shape", attributes["shape"])
    old, new = operands["x"].shape, list(attributes["shape"])
    elements = math.prod(old)
    if new.count(-1) == 1:
        rest = -math.prod(new)
        new[new.index(-1)] = elements // rest if rest > 0 else 0
    need(all(size > 0 for size in new) and math.prod(new) == elements, layer,
         f"shape={attributes['shape']}; x {list(old)} has {elements} elements")
    return tuple(new), operands["x"].dtype


def infer_gather(layer, operands, attributes):
    shape, axis, index = operands["x"].shape, attributes["axis"], attributes["index"]
    need(len(shape) > 1, layer, f"x has shape {list(shape)}; expected two dimensions and more")
    need_range(layer, "axis", axis, 0, len(shape) - 1)
    need_range(layer, "index", index, 0, shape[axis] - 1)
    return shape[:axis] + shape[axis + 1:], operands["x"].dtype


def infer_partial_max(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8",))
    columns, width = operands["x"].shape[-1], attributes["group_width"]
    need(isinstance(width, int) and width > 0 and columns % width == 0, layer,
         f"{columns} columns; allowed: multiples of group_width={width}")
    need_levels(layer, attributes)
    return operands["x"].shape, "uint8"


def infer_softmax(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8",))
    for name in ("coeff_a", "coeff_b", "coeff_c", "log2"):
        need_range(layer, name, attributes[name], 0, (1 << 31) - 1)
    need(attributes["log2"] > 0, layer, "log2=0; allowed: 1 and more")
    need(attributes["coeff_c"] > 0 or min(attributes["coeff_a"], attributes["coeff_b"]) > 0, layer,
         "all weights would be 0: coeff_c, or coeff_a and coeff_b, must be positive")
    need_levels(layer, attributes)
    return operands["x"].shape, "uint8"


def infer_gelu(layer, operands, attributes):
    need_dtype(layer, operands, "x", ("int8",))
    need_range(layer, "b", attributes["b"], -128, -1)
    need_range(layer, "one", attributes["one"], -(1 << 15), (1 << 15) - 1)
    return operands["x"].shape, "int32"


OPERATORS = {
    "Linear": Operator(("x", "weight", "bias"), {
        "requant": None, "activation": None, "output": "int8", "block": None}, infer_linear),
    "Attention": Operator(("q", "k", "v"), {
        "heads": REQUIRED, "qk": REQUIRED, "av": REQUIRED}, infer_attention),
    "ResidualAdd": Operator(("a", "b"), {
        "requant_a": REQUIRED, "requant_b": REQUIRED}, infer_residual_add),
    "LayerNorm": Operator(("x", "weight", "bias"), {"shift": REQUIRED}, infer_layer_norm),
    "Embedding": Operator(("ids", "table", "positions"), {}, infer_embedding),
    "Mean": Operator(("x",), {"axis": 0}, infer_mean),
    "MatMul": Operator(("a", "b"), {}, infer_matmul),
    "Gemm": Operator(("a", "b", "c"), {
        "alpha": 1, "beta": 1, "trans_a": 0, "trans_b": 0}, infer_gemm),
    "Add": Operator(("a", "b"), {}, infer_add),
    "RequantShift": Operator(("x", "mul", "add"), {
        "shift": REQUIRED, "signed": True, "levels": 256}, infer_requant_shift),
    "Conv": Operator(("x", "weight"), {
        "strides": [1, 1], "pads": [0, 0, 0, 0]}, infer_conv),
    "MaxPool": Operator(("x",), {
        "kernel": REQUIRED, "strides": REQUIRED, "pads": [0, 0, 0, 0]}, infer_max_pool),
    "Transpose": Operator(("x",), {"perm": REQUIRED}, infer_transpose),
    "Reshape": Operator(("x",), {"shape": REQUIRED}, infer_reshape),
    "Gather": Operator(("x",), {"axis": 0, "index": REQUIRED}, infer_gather),
    "ITAPartialMax": Operator(("x",), {"group_width": 16, "levels": 256}, infer_partial_max),
    "iSoftmax": Operator(("x",), {
        "coeff_a": REQUIRED, "coeff_b": REQUIRED, "coeff_c": REQUIRED, "log2": REQUIRED,
        "levels": 256}, infer_softmax),
    "iGELU": Operator(("x",), {"b": REQUIRED, "one": REQUIRED}, infer_gelu),
}


def infer(layer, op, operands, attributes):
    """Checks one layer.

    Args:
        layer: its name.
        op: key of OPERATORS.
        operands: list of Operand, in the order of the operator's inputs.
        attributes: as in the model file.
    Returns: (attributes with defaults, shape, dtype of the output).
    Raises: ModelError.
    """
    need(op in OPERATORS, layer,
         f"operator '{op}' is not supported; allowed: {', '.join(sorted(OPERATORS))}")
    operator = OPERATORS[op]
    need(len(operands) == len(operator.inputs), layer,
         f"{op} has {len(operands)} inputs; expected {', '.join(operator.inputs)}")
    unknown = set(attributes) - set(operator.attributes)
    need(not unknown, layer, f"unknown attribute {', '.join(sorted(unknown))} of {op}; allowed: "
         f"{', '.join(operator.attributes) or 'none'}")
    complete = {**operator.attributes, **attributes}
    for name, value in complete.items():
        need(value is not REQUIRED, layer, f"attribute {name} of {op} is missing")
    try:
        shape, dtype = operator.infer(layer, dict(zip(operator.inputs, operands)), complete)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise ModelError(layer, f"{op} cannot be what its attributes say: {error}") from error
    return complete, tuple(int(size) for size in shape), dtype
