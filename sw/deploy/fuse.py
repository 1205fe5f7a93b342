# SPDX-License-Identifier: Apache-2.0
"""Fuses the nodes of a graph into the layers that are mapped to engines.

* MatMul or Gemm, Add of a constant, RequantShift become one product.
* Conv and RequantShift become one convolution.
* A RequantShift whose constants ITA's requantiser expresses exactly becomes such a requantiser.
* Reshape, Transpose and Gather stay, but move bytes only where a user cannot take the strides.

ITA computes floor((sum + bias) * mult / 2^shift + 1/2) + add; RequantShift computes
floor((sum * mul + add') / 2^s + 1/2). They are equal for all sums when, for integers b, k, j:
    add'[column] = b[column] * mul + k * 2^s,  mul = mult * 2^j,  shift = s - j,
with mult 0..255, shift 0..34, k of 8 bits, bias + b of 24 bits, one signed 8-bit output, and when
neither sum + bias leaves 26 bits nor sum * mul + add' 32 bits. See ita_requant().
"""
import dataclasses

import numpy as np

from . import operators


@dataclasses.dataclass
class Product:
    """output[.., m, n] = epilogue(a[.., m, k] x weights or b^T + bias).

    weight: int8 [n][k], or None when b is computed (the layer's second input, [.., k, n]).
    bias: int32 [n], [m][n] or None. requant: Requantiser, Shift or None (int32 output).
    """

    weight: np.ndarray = None
    bias: np.ndarray = None
    requant: object = None
    alpha: int = 1
    beta: int = 1


@dataclasses.dataclass
class Requantiser:
    """ITA's: {mult, shift, add}; activation as in Linear, or None."""

    constants: dict
    activation: dict = None


@dataclasses.dataclass
class Shift:
    """RequantShift: mul, add int32, broadcast to [.., m, n]."""

    mul: np.ndarray
    add: np.ndarray
    shift: int
    signed: bool


@dataclasses.dataclass
class Layer:
    """What is mapped as a whole. inputs: tensors that are no constants; kind: "Product" or the
    operator; parts: nodes that it came from; product: of a Product; shift: of a fused Conv."""

    name: str
    kind: str
    inputs: list
    output: str
    node: object
    parts: list
    product: Product = None
    shift: Shift = None


def fuse(graph):
    """The layers of a graph, in order."""
    return Fuser(graph).layers()


class Fuser:
    """One pass over a graph."""

    def __init__(self, graph):
        self.graph = graph
        self.consumers = graph.consumers()
        self.absorbed = set()

    def layers(self):
        result = []
        for node in self.graph.nodes:
            if node.name in self.absorbed:
                continue
            build = BUILDERS.get(node.op, Fuser.plain)
            result.append(build(self, node))
        return sorted(result, key=lambda layer: self.position(layer.parts[-1]))

    def position(self, name):
        return next(index for index, node in enumerate(self.graph.nodes) if node.name == name)

    def activations(self, node):
        return [name for name in node.inputs if self.graph.value(name) is None]

    def plain(self, node):
        return Layer(node.name, node.op, self.activations(node), node.output, node, [node.name])

    def follower(self, node, op):
        """The only user of a node's result, if it is such an operator."""
        users = self.consumers[node.output]
        if len(users) == 1 and users[0].op == op and node.output not in self.graph.outputs:
            return users[0]
        return None

    def linear(self, node):
        """Linear is a product already."""
        attributes = node.attributes
        weight, bias = (self.graph.value(name) for name in node.inputs[1:])
        requant = None
        if attributes["output"] == "int8":
            requant = Requantiser(attributes["requant"], attributes["activation"])
        return Layer(node.name, "Product", node.inputs[:1], node.output, node, [node.name],
                     Product(weight, bias, requant))

    def matmul(self, node):
        """MatMul with what follows it."""
        weight = self.graph.value(node.inputs[1])
        if self.graph.value(node.inputs[0]) is not None or \
                self.graph.tensors[node.inputs[1]].dtype != "int8":
            raise operators.ModelError(node.name, "a must be computed and b int8")
        if weight is not None and weight.ndim > 2:
            raise operators.ModelError(node.name, f"constant b has shape {list(weight.shape)}; "
                                       "allowed: two dimensions")
        product = Product(None if weight is None else np.ascontiguousarray(weight.T))
        return self.with_epilogue(node, product)

    def gemm(self, node):
        """Gemm with what follows it."""
        attributes = node.attributes
        weight, c = (self.graph.value(name) for name in node.inputs[1:])
        if weight is None or attributes["trans_a"]:
            raise operators.ModelError(node.name, "Gemm needs a constant b and trans_a=0")
        shape = self.graph.tensors[node.output].shape
        bias = c.astype(np.int32).reshape((1,) * (2 - c.ndim) + c.shape)
        bias = np.broadcast_to(bias, (1, shape[1]) if bias.shape[0] == 1 else shape)
        product = Product(np.ascontiguousarray(weight if attributes["trans_b"] else weight.T),
                          bias[0] if len(bias) == 1 else bias, None, attributes["alpha"],
                          attributes["beta"])
        return self.with_epilogue(node, product)

    def with_epilogue(self, node, product):
        """A product layer with the Add and RequantShift behind it."""
        parts, last = [node.name], node
        add = self.follower(last, "Add") if product.bias is None else None
        bias = self.column_bias(add) if add else None
        if bias is not None:
            product.bias, last = bias, add
            parts.append(add.name)
        shift = self.follower(last, "RequantShift")
        if shift and self.fits_product(shift):
            product.requant = self.shift_of(shift)
            last = shift
            parts.append(shift.name)
        self.absorbed.update(parts)
        layer = Layer(node.name, "Product", self.activations(node), last.output, node, parts,
                      product)
        use_ita_requant(self.graph, layer)
        return layer

    def column_bias(self, add):
        """The constant of an Add as int32 [n], or None when it is no vector over columns."""
        constants = [self.graph.value(name) for name in add.inputs]
        constant = next((value for value in constants if value is not None), None)
        columns = self.graph.tensors[add.output].shape[-1]
        if constant is None or constant.size not in (1, constant.shape[-1]):
            return None
        return np.broadcast_to(constant.reshape(-1), columns).astype(np.int32)

    def shift_of(self, node):
        mul, add = (self.graph.value(name) for name in node.inputs[1:])
        return Shift(mul, add, node.attributes["shift"], node.attributes["signed"])

    def fits_product(self, node):
        """The constants vary over columns or over rows, not over both."""
        varying = set()
        for name in node.inputs[1:]:
            shape = self.graph.value(name).shape
            varying |= {axis for axis in (1, 2) if len(shape) >= axis and shape[-axis] > 1}
        return len(varying) < 2

    def convolution(self, node):
        """Conv with a RequantShift per filter behind it."""
        layer = self.plain(node)
        shift = self.follower(node, "RequantShift")
        if shift and all(self.per_filter(name) for name in shift.inputs[1:]):
            layer.shift, layer.output = self.shift_of(shift), shift.output
            layer.parts.append(shift.name)
            self.absorbed.update(layer.parts)
        return layer

    def per_filter(self, name):
        shape = self.graph.value(name).shape
        return all(size == 1 for axis, size in enumerate(shape) if axis != len(shape) - 3)


BUILDERS = {"Linear": Fuser.linear, "MatMul": Fuser.matmul, "Gemm": Fuser.gemm,
            "Conv": Fuser.convolution}


def use_ita_requant(graph, layer):
    """Replaces a product's Shift by an equal Requantiser, if there is one."""
    product = layer.product
    if product.requant is None or product.weight is None:
        return
    is_unsigned = graph.tensors[layer.inputs[0]].dtype == "uint8"
    found, _ = ita_requant(product, is_unsigned)
    if found:
        product.requant, product.bias = found


def ita_requant(product, is_unsigned):
    """The Requantiser and bias that equal a product's Shift for every possible sum.

    Returns: ((Requantiser, bias int32 [n]), None), or (None, reason).
    """
    shift, columns = product.requant, len(product.weight)
    if not shift.signed:
        return None, "the output is unsigned"
    if (product.alpha, product.beta) != (1, 1) or (product.bias is not None
                                                   and product.bias.ndim > 1):
        return None, "alpha, beta or a bias matrix"
    if shift.mul.size != 1 or shift.add.size not in (1, shift.add.shape[-1]):
        return None, "the constants vary over more than the bias does"
    mul = int(shift.mul.reshape(-1)[0])
    add = np.broadcast_to(shift.add.reshape(-1), columns).astype(np.int64)
    reduced = reduced_multiplier(mul, shift.shift)
    if reduced is None:
        return None, f"mul={mul} with shift={shift.shift} needs more than 8 bits"
    split = split_add(add, mul, shift.shift)
    if split is None:
        return None, f"add={int(add[0])} is no multiple of mul and 2^shift"
    extra, offset = split
    own = np.zeros(columns, np.int64) if product.bias is None else product.bias.astype(np.int64)
    bias = own + extra
    if np.abs(bias).max() >= 1 << (operators.BIAS_BITS - 1):
        return None, "the bias leaves 24 bits"
    largest = operators.largest_sum(product.weight, bias, is_unsigned)
    plain = operators.largest_sum(product.weight, own, is_unsigned)
    rounding = 1 << shift.shift >> 1
    if largest >= 1 << (operators.SUM_BITS - 1) or \
            plain * mul + int(np.abs(add).max()) + rounding >= 1 << 31:
        return None, "sums leave the accumulators"
    mult, right = reduced
    constants = {"mult": mult, "shift": right, "add": offset}
    return (Requantiser(constants), bias.astype(np.int32)), None


def reduced_multiplier(mul, shift):
    """mul / 2^shift as (mult 0..255, shift 0..34), or None."""
    if mul < 0:
        return None
    while mul > 255 and mul % 2 == 0 and shift > 0:
        mul, shift = mul // 2, shift - 1
    return (mul, shift) if mul <= 255 and shift <= operators.MAX_SHIFT else None


def split_add(add, mul, shift):
    """add [n] as b * mul + k * 2^shift with the smallest |k|: (b int64 [n], k), or None."""
    for offset in sorted(range(-128, 128), key=abs):
        rest = add - (offset << shift)
        if mul == 0 and not rest.any():
            return np.zeros_like(add), offset
        if mul > 0 and not (rest % mul).any():
            return rest // mul, offset
    return None
