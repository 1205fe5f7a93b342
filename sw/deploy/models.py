# SPDX-License-Identifier: Apache-2.0
"""Random quantised models for benchmarks and tests.

Constants bring every accumulator to a standard deviation of about SPREAD, so that no layer's
output is constant or saturated; an error anywhere reaches the outputs.
"""
import numpy as np

from .graph import Graph
from .operators import SOFTMAX_GROUP, need

SPREAD = 40  # standard deviation of activations
UNIFORM = 74  # standard deviation of a uniform int8
NORM_SHIFT = 10  # log2 of LayerNorm's divisor
GELU = {"kind": "gelu", "b": -80, "c": -7091, "mult": 74, "shift": 20, "add": 0}
"""ITA's constants for a scale of 4 / 128; source: PyITA, spec/ita.md 2.5."""


class Random:
    """Operands and constants from one seed."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def bytes(self, *shape):
        return self.rng.integers(-128, 128, shape, dtype=np.int8)

    def requant(self, spread):
        """Brings sums of standard deviation `spread` to about SPREAD: {mult, shift, add}."""
        mult = int(self.rng.integers(64, 128))
        shift = int(np.clip(np.round(np.log2(mult * spread / SPREAD)), 0, 34))
        return {"mult": mult, "shift": shift, "add": int(self.rng.integers(-8, 9))}

    def linear(self, graph, x, columns, name, spread=SPREAD, **attributes):
        """Adds a Linear layer of random weights for x with that standard deviation."""
        depth = graph.tensors[x].shape[-1]
        bias = self.rng.integers(-(1 << 12), 1 << 12, columns, dtype=np.int32)
        if attributes.get("output") != "int32":
            attributes["requant"] = self.requant(UNIFORM * spread * np.sqrt(depth))
        return graph.add("Linear", x, self.bytes(columns, depth), bias, name=name, **attributes)

    def residual(self, graph, a, b, name):
        requants = {f"requant_{operand}": {"mult": int(self.rng.integers(80, 120)), "shift": 7}
                    for operand in "ab"}
        return graph.add("ResidualAdd", a, b, name=name, **requants)

    def norm(self, graph, x, name):
        width = graph.tensors[x].shape[-1]
        unit = SPREAD << NORM_SHIFT
        weight = self.rng.integers(unit * 3 // 4, unit * 5 // 4, width, dtype=np.int32)
        bias = self.rng.integers(-unit // 4, unit // 4, width, dtype=np.int32)
        return graph.add("LayerNorm", x, weight, bias, name=name, shift=NORM_SHIFT)


def dense(rows, depth, columns, seed=0, activation=None):
    """One Linear layer: x int8 [rows][depth] -> y int8 [rows][columns]."""
    graph, random = Graph(f"dense_{rows}_{depth}_{columns}"), Random(seed)
    x = graph.input("x", (rows, depth))
    graph.output(random.linear(graph, x, columns, "fc", UNIFORM, activation=activation))
    return graph


def attention(graph, random, x, projection, heads, prefix=""):
    """Q, K, V of x [S][E] with `heads` heads of width `projection`, and the output projection."""
    spread = UNIFORM if x in graph.inputs else SPREAD
    width = projection * heads
    need(graph.tensors[x].shape[0] % SOFTMAX_GROUP == 0, f"{prefix}attention",
         f"S={graph.tensors[x].shape[0]}; allowed: multiples of {SOFTMAX_GROUP}")
    q, k, v = (random.linear(graph, x, width, f"{prefix}{name}", spread)
               for name in "qkv")
    logits = SPREAD * SPREAD * np.sqrt(projection)
    y = graph.add("Attention", q, k, v, name=f"{prefix}attention", heads=heads,
                  qk=[random.requant(logits) for _ in range(heads)],
                  av=[random.requant(255 * SPREAD) for _ in range(heads)])
    return random.linear(graph, y, graph.tensors[x].shape[-1], f"{prefix}out")


def feed_forward(graph, random, x, hidden, parts, prefix=""):
    """GELU between two matrices, and the residual. Returns the sum.

    parts: the hidden dimension is cut into so many pieces, whose int8 results are added one by one:
    an ITA sums over 960 at most."""
    width = graph.tensors[x].shape[-1]
    need(hidden % parts == 0, f"{prefix}ffn1", f"F={hidden} in {parts} parts; allowed: divisors")
    total = x
    for part in range(parts):
        name = f"_{part}" if parts > 1 else ""
        y = random.linear(graph, x, hidden // parts, f"{prefix}ffn1{name}", activation=GELU)
        y = random.linear(graph, y, width, f"{prefix}ffn2{name}")
        total = random.residual(graph, total, y, f"{prefix}add2{name}")
    return total


def encoder_layer(graph, random, x, projection, heads, hidden, parts=1, prefix=""):
    """Attention and feed-forward, each with residual and LayerNorm after it. Returns the result."""
    y = attention(graph, random, x, projection, heads, prefix)
    x = random.norm(graph, random.residual(graph, x, y, f"{prefix}add1"), f"{prefix}norm1")
    x = feed_forward(graph, random, x, hidden, parts, prefix)
    return random.norm(graph, x, f"{prefix}norm2")


def encoder(sequence, embedding, projection, heads, hidden, layers=1, parts=1, seed=0):
    """I-BERT encoder layers: x int8 [S][E] -> int8 [S][E].

    Args:
        sequence, embedding, projection, heads, hidden: S, E, P of one head, H, F.
        layers: number of layers, one after another.
        parts: of the feed-forward layer's hidden dimension, see feed_forward().
    """
    graph = Graph(f"encoder_S{sequence}_E{embedding}_P{projection}_H{heads}_F{hidden}_L{layers}"
                  + (f"_parts{parts}" if parts > 1 else ""))
    random = Random(seed)
    x = graph.input("x", (sequence, embedding))
    for layer in range(layers):
        x = encoder_layer(graph, random, x, projection, heads, hidden, parts,
                          f"l{layer}_" if layers > 1 else "")
    graph.output(x)
    return graph


RANDOM_MODELS = {"dense": (dense, 3, 3), "encoder": (encoder, 5, 7)}
"""Kind -> builder, least and most sizes in a name."""


def is_random(name):
    """Whether random_model() knows that kind of name."""
    return name.partition(":")[0] in RANDOM_MODELS and ":" in name


def random_model(name, seed=0):
    """The Graph that "dense:M,K,N" or "encoder:S,E,P,H,F[,LAYERS[,PARTS]]" names.

    Raises: ModelError."""
    kind, _, sizes = name.partition(":")
    build, least, most = RANDOM_MODELS[kind]
    numbers = sizes.split(",")
    need(least <= len(numbers) <= most and all(text.isdigit() and int(text) > 0
                                               for text in numbers), name,
         f"expected {least} to {most} positive numbers with commas")
    return build(*map(int, numbers), seed=seed)


def random_inputs(graph, iterations=1, seed=0):
    """Inputs for a model: list, one dict of arrays for each iteration."""
    random = Random(seed)
    result = []
    for _ in range(iterations):
        values = {}
        for name in graph.inputs:
            tensor = graph.tensors[name]
            limits = np.iinfo(tensor.dtype)
            rows = graph.id_limit(name)
            high = min(limits.max, 1 << 16 if rows is None else rows - 1)
            values[name] = random.rng.integers(max(limits.min, -high - 1), high + 1, tensor.shape,
                                               dtype=tensor.dtype)
        result.append(values)
    return result
