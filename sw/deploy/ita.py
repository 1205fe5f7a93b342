# SPDX-License-Identifier: Apache-2.0
"""Layers on ITAs: which of them go together, and what map_ita.py is asked to do.

Neighbouring layers on ITAs share a step, so that the ITAs fetch for one while another ends.
Projections that only an attention layer uses are computed with it, and stay in the ITAs' banks.
"""
import dataclasses

from .attention import heads_beside_itas
from .builder import Rows, row_blocks
from .commands import TILE
from .map_ita import Activation, ItaMapper, Matrix
from .operators import per_head
from .products import WORD


@dataclasses.dataclass
class Call:
    """A layer in a step of the ITAs. weights: layers whose weights it needs; views: operands, the
    result last; apply(mapper, weights, matrices) gives it to the mapper."""

    layer: object
    weights: list
    views: list
    apply: object


def triple(requant):
    return requant["mult"], requant["shift"], requant["add"]


def activation_of(requant):
    """map_ita.Activation of a Requantiser."""
    activation = requant.activation
    if activation is None:
        return Activation()
    gelu = (activation["b"], activation["c"]) if activation["kind"] == "gelu" else (0, 0)
    return Activation(activation["kind"], gelu, triple(activation))


def linear(builder):
    """Maps the builder's current layer, a product with constant weights."""
    layer = builder.layer
    requant = layer.product.requant
    transposes = feeds_values(builder, layer)
    keeps_rows = builder.mapping.order(layer) == "rows"
    if builder.mapping.order(layer) != "auto":
        builder.note(f"order {builder.mapping.order(layer)}")

    def apply(mapper, weights, matrices):
        mapper.linear(matrices[0], weights[0], matrices[1], triple(requant.constants),
                      activation_of(requant), transposes, keeps_rows)

    if transposes:
        view = builder.result(permutation=(1, 0)).transpose((1, 0))
        x = Rows.resident(builder, layer.inputs[0], WORD)
        builder.ita_call(Call(layer, [layer], [x, view], apply))
        return
    columns, depth = layer.product.weight.shape
    x, out = Rows.operand(builder, layer.inputs[0], depth, WORD), Rows.result(builder, columns)
    if not (x.is_streamed or out.is_streamed):
        builder.ita_call(Call(layer, [layer], [x.view, out.view], apply))
        return
    for begin, end in row_blocks(builder, [x, out], TILE):
        step = builder.step()
        block, target = x.block(step, begin, end), out.space(begin, end)
        step.ita_calls.append(Call(layer, [layer], [block, target], apply))
        out.write_back(step, target, begin)


def feeds_values(builder, layer):
    """Whether only an attention layer on ITAs uses a result, as values."""
    users = builder.consumers.get(layer.output, [])
    return len(users) == 1 and users[0].kind == "Attention" and \
        builder.mapping.devices[users[0].name] == "ita" and users[0].inputs[2] == layer.output and \
        layer.output not in users[0].inputs[:2] and layer.output not in builder.graph.outputs


def attention(builder):
    """Maps the builder's current layer, Attention, with its projections if they belong to it."""
    layer = builder.layer
    attributes = layer.node.attributes
    heads = attributes["heads"]
    placed = builder.mapping.heads[layer.name]
    builder.note(f"heads {placed}")
    qk, av = ([triple(item) for item in per_head(attributes[name], heads)]
              for name in ("qk", "av"))
    if layer.name in builder.projections:
        self_attention(builder, heads, qk, av)
        return
    q, k = (Rows.resident(builder, name, WORD) for name in layer.inputs[:2])
    v = builder.resident(layer.inputs[2]).transpose((1, 0))
    is_transposed = v.has_rows()
    if not is_transposed:
        v = Rows.resident(builder, layer.inputs[2], WORD)

    def apply(mapper, _, matrices):
        mapper.attention(*matrices, heads, qk, av, is_transposed, placed.rounds())

    out = builder.result()
    tasks = heads_beside_itas(builder, placed.on_cores, q, out) if placed.on_cores else []
    builder.ita_call(Call(layer, [], [q, k, v, out], apply), tasks)


def self_attention(builder, heads, qk, av):
    """Attention with the three products that make its inputs."""
    layer = builder.layer
    products = builder.projections[layer.name]
    x, keys = (Rows.resident(builder, product.inputs[0], WORD)
               for product in products[:2])
    rounds = builder.mapping.heads[layer.name].rounds()
    requants = {name: triple(product.product.requant.constants)
                for name, product in zip("qkv", products)}

    def apply(mapper, weights, matrices):
        mapper.self_attention(matrices[0], *weights, matrices[2], heads,
                              {**requants, "qk": qk, "av": av}, matrices[1], rounds)

    builder.note("with " + ", ".join(product.name for product in products))
    builder.ita_call(Call(layer, products, [x, keys, builder.result()], apply))


def projections(graph, layers, mapping, soc):
    """Attention layer -> the three products that are computed with it; none if cores take part."""
    devices = mapping.devices
    producers = {layer.output: layer for layer in layers}
    users = {}
    for layer in layers:
        for name in layer.inputs:
            users.setdefault(name, []).append(layer)
    result = {}
    for layer in layers:
        if layer.kind != "Attention" or devices[layer.name] != "ita" or \
                mapping.heads[layer.name].on_cores:
            continue
        products = [producers.get(name) for name in layer.inputs]
        if all(product is not None and product.kind == "Product" and
               devices[product.name] == "ita" and product.product.requant.activation is None and
               len(users[product.output]) == 1 and product.output not in graph.outputs
               for product in products) and products[1].inputs == products[2].inputs:
            rows, width = graph.tensors[layer.output].shape
            keys = graph.tensors[layer.inputs[1]].shape[0]
            if ItaMapper.fits_self_attention(soc, rows, keys,
                                             width // layer.node.attributes["heads"]):
                result[layer.name] = products
    return result


def matrix(view):
    """map_ita.Matrix of a view."""
    return Matrix(int(view.pointer()), *view.shape, view.strides[0])


MAPPERS = {"Product": linear, "Attention": attention}
"""Kind of layer -> function that maps it to ITAs."""
