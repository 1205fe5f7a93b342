# SPDX-License-Identifier: Apache-2.0
"""From a Network with observed ranges to the integer model that the platform runs.

Scales: an int8 tensor stands for integer * scale. One scale for each activation and each weight
matrix; a requantiser multiplies by input scale * weight scale / output scale as mult / 2^shift.
"""
import math
import pathlib
import sys

import numpy as np
import torch

import network as net

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from deploy import graph as deploy_graph  # pylint: disable=wrong-import-position

LARGEST_MULT = 255
NORM_SHIFT = 16
NORM_MARGIN = 1.2  # LayerNorm wraps where the others saturate: leave room above what was seen
SMALLEST_GELU_SCALE = 0.0146  # below, the constant c leaves 16 bits


def array(tensor):
    """float64 numpy array of a torch tensor."""
    return tensor.detach().numpy().astype(np.float64)


def ratio(value):
    """(mult, shift): mult / 2^shift is nearest to a positive value, mult in 128..255."""
    shift = math.floor(math.log2(LARGEST_MULT / value))
    mult = round(value * 2**shift)
    return (mult, shift) if mult <= LARGEST_MULT else (mult // 2, shift - 1)


def requant(value):
    """Attributes of a requantiser by `value`."""
    mult, shift = ratio(value)
    return {"mult": mult, "shift": shift, "add": 0}


def residual(value):
    """Attributes of one side of a residual add."""
    mult, shift = ratio(value)
    return {"mult": mult, "shift": shift}


def observe(network, batches):
    """Sets the scales of all points from batches of tokens [B][S]."""
    network.eval()
    for point in network.points().values():
        point.scale.zero_()
    network.set_mode(net.OBSERVE)
    with torch.no_grad():
        for tokens in batches:
            network(tokens)
    network.set_mode(net.FLOAT)
    norms = [network.norm_out] + [point for layer in network.layers
                                  for point in (layer.norm1_out, layer.norm2_out)]
    for point in norms:
        point.scale *= NORM_MARGIN
    for layer in network.layers:
        layer.up_out.scale.clamp_(min=SMALLEST_GELU_SCALE)


def gelu_constants(scale, out_scale):
    """Attributes of ITA's GELU; its result is negated, so it stands for -integer * out_scale."""
    unit = scale / math.sqrt(2)
    slope = -net.Gelu.SLOPE
    constants = requant(scale * slope * unit**2 / (2 * out_scale))
    return {"kind": "gelu", "b": round(net.Gelu.LIMIT / unit), "c": round(-1 / (slope * unit**2)),
            **constants}


class Exporter:
    """Adds a Network's layers to a Graph."""

    def __init__(self, name, network, length):
        self.network = network
        self.length = length
        self.graph = deploy_graph.Graph(name)

    def linear(self, name, x, dense, x_scale, out_scale, activation=None):
        """A Linear layer; out_scale None: int32 sums. x_scale may be negative."""
        scale = float(dense.weight_scale())
        weight = array(dense.weight * dense.mask) / scale * math.copysign(1, x_scale)
        unit = abs(x_scale) * scale
        operands = (np.rint(weight).astype(np.int8),
                    np.rint(array(dense.bias) / unit).astype(np.int32))
        if out_scale is None:
            return self.graph.add("Linear", x, *operands, name=name, output="int32")
        attributes = {"activation": activation} if activation else {}
        if dense.block:
            attributes["block"] = [dense.block, dense.block]
        return self.graph.add("Linear", x, *operands, name=name,
                              requant=requant(unit / out_scale), **attributes)

    def norm(self, name, x, norm, out_scale):
        """A LayerNorm; half a step is added to the bias because its last shift rounds down."""
        factor = 2**NORM_SHIFT / float(out_scale)
        weight = np.rint(array(norm.weight) * factor).astype(np.int32)
        bias = np.rint(array(norm.bias) * factor + 2**(NORM_SHIFT - 1)).astype(np.int32)
        return self.graph.add("LayerNorm", x, weight, bias, name=name, shift=NORM_SHIFT)

    def add(self, name, a, b, a_scale, b_scale, out_scale):
        """A residual add."""
        return self.graph.add("ResidualAdd", a, b, name=name,
                              requant_a=residual(float(a_scale / out_scale)),
                              requant_b=residual(float(b_scale / out_scale)))

    def embedding(self):
        """Token and position tables on one scale."""
        network = self.network
        scale = float(network.embedding_out.scale)
        tables = [np.clip(np.rint(array(table) / scale), -128, 127).astype(np.int8)
                  for table in (network.table.weight, network.position[:self.length])]
        tokens = self.graph.input("tokens", (self.length,), "uint16")
        return self.graph.add("Embedding", tokens, *tables, name="embedding")

    def attention(self, prefix, x, layer, x_scale):
        """Projections, heads, output projection."""
        parts = [self.linear(f"{prefix}.{name}", x, getattr(layer, name), x_scale,
                             float(getattr(layer, f"{name}_out").scale))
                 for name in ("query", "key", "value")]
        heads = layer.attention.heads
        logit = float(layer.query_out.scale * layer.key_out.scale)
        logit /= math.sqrt(self.network.shape.projection) * math.log(2)
        mixed_scale = float(layer.attention.out.scale)
        value = float(layer.value_out.scale) / (net.EXP_UNIT - 1) / mixed_scale
        mixed = self.graph.add("Attention", *parts, name=f"{prefix}.attention", heads=heads,
                               qk=requant(logit), av=requant(value))
        return self.linear(f"{prefix}.output", mixed, layer.output, mixed_scale,
                           float(layer.output_out.scale))

    def feed_forward(self, prefix, x, layer, x_scale):
        """The two matrices around GELU."""
        up_scale, inner_scale = float(layer.up_out.scale), float(layer.gelu_out.scale)
        inner = self.linear(f"{prefix}.up", x, layer.up, x_scale, up_scale,
                            gelu_constants(up_scale, inner_scale))
        return self.linear(f"{prefix}.down", inner, layer.down, -inner_scale,
                           float(layer.down_out.scale))

    def layer(self, prefix, x, layer, x_scale):
        """One encoder layer."""
        mixed = self.attention(prefix, x, layer, x_scale)
        total = self.add(f"{prefix}.add1", x, mixed, x_scale, layer.output_out.scale,
                         layer.sum1_out.scale)
        x, x_scale = self.norm(f"{prefix}.norm1", total, layer.norm1,
                               layer.norm1_out.scale), float(layer.norm1_out.scale)
        inner = self.feed_forward(prefix, x, layer, x_scale)
        total = self.add(f"{prefix}.add2", x, inner, x_scale, layer.down_out.scale,
                         layer.sum2_out.scale)
        return self.norm(f"{prefix}.norm2", total, layer.norm2, layer.norm2_out.scale)

    def model(self):
        """The whole Graph: scores int32 [1][classes], or [S][classes] when not pooled."""
        network = self.network
        x = self.norm("norm", self.embedding(), network.norm, network.norm_out.scale)
        scale = float(network.norm_out.scale)
        for number, layer in enumerate(network.layers):
            x = self.layer(f"layer{number}", x, layer, scale)
            scale = float(layer.norm2_out.scale)
        if network.shape.is_pooled:
            x = self.graph.add("Mean", x, name="mean", axis=0)
            x = self.graph.add("Reshape", x, name="row", shape=[1, network.shape.width])
        self.graph.output(self.linear("scores", x, network.classifier, scale, None))
        return self.graph


def export(name, network, length):
    """The integer Graph of a Network at a sequence length."""
    with torch.no_grad():
        return Exporter(name, network, length).model()
