# SPDX-License-Identifier: Apache-2.0
"""Makes a plan: maps every layer, chooses tile sizes and what stays in L1, allocates L1.

All activations stay in L1 and tiles are large, at first. While the plan does not fit, the tiles
of the layers around the fullest step are halved; when they are small, the largest activation there
is spilled to L2 and streamed in blocks of rows from then on; when all are, tiles shrink further.
"""
import dataclasses

from . import allocate, attention, fuse, ita, mapping, rowwise, sparse
from .builder import Builder
from .operators import ModelError, need
from .schedule import Schedule
from .steps import set_lifetimes

TILE_SHARE = 6  # of L1 that a block of a stream takes at first
SMALL_TILE_SHARE = 24  # smaller tiles cost more than an activation in L2
MIN_TILE_BYTES = 512
DEPTH = 1  # steps that transfers run ahead of the tasks: double buffering

CORES = {
    "Product": sparse.product, "Attention": attention.attention,
    "ResidualAdd": rowwise.residual_add, "LayerNorm": rowwise.layer_norm,
    "Embedding": rowwise.embedding, "Mean": rowwise.mean, "Add": rowwise.add,
    "RequantShift": rowwise.requant_shift, "Conv": rowwise.convolution,
    "MaxPool": rowwise.max_pool, "Transpose": rowwise.view_only, "Reshape": rowwise.view_only,
    "Gather": rowwise.view_only, "ITAPartialMax": rowwise.partial_max,
    "iSoftmax": rowwise.i_softmax, "iGELU": rowwise.i_gelu,
}
"""Kind of layer -> function that maps it to the cores."""


@dataclasses.dataclass
class Options:
    """What can be varied from outside.

    tile_bytes: of all layers, or None; layer_tile_bytes: layer -> bytes; spilled: tensors that
    live in L2; depth: steps that transfers run ahead; maps: layer or "" -> mapping.MAPS; heads:
    attention layer -> text as in heads.py; orders: layer or "" -> mapping.ORDERS."""

    tile_bytes: int = None
    layer_tile_bytes: dict = dataclasses.field(default_factory=dict)
    spilled: tuple = ()
    depth: int = DEPTH
    maps: dict = dataclasses.field(default_factory=dict)
    heads: dict = dataclasses.field(default_factory=dict)
    orders: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Choices:
    """What the planner varies: layer -> bytes of a block, tensors that live in L2, and whether
    layers on ITAs that follow each other share a step."""

    tile_bytes: dict
    spilled: set
    joins_ita_layers: bool = True


@dataclasses.dataclass
class Plan:
    """A model mapped to a machine. steps, buffers have addresses in L1."""

    graph: object
    soc: object
    layers: list
    builder: Builder
    choices: Choices
    depth: int

    @property
    def steps(self):
        return self.builder.steps

    @property
    def uses_itas(self):
        return "ita" in self.builder.mapping.devices.values()


def make_plan(graph, soc, options=None):
    """A Plan for a model on a machine.

    Raises: ModelError when a layer cannot be mapped or does not fit."""
    options = options or Options()
    layers = fuse.fuse(graph)
    mapped = mapping.choose(graph, layers, soc, options.maps, options.heads, options.orders)
    begin, end = Schedule(soc, use_itas="ita" in mapped.devices.values()).l1_begin, soc.l1_end
    choices = first_choices(graph, layers, options, end - begin)
    while True:
        builder = map_layers(graph, layers, soc, choices, mapped)
        set_lifetimes(builder.steps, options.depth)
        buffers = l1_buffers(builder.steps)
        try:
            allocate.allocate(buffers, begin, end)
            return Plan(graph, soc, layers, builder, choices, options.depth)
        except allocate.Overflow as overflow:
            relieve(overflow, choices, layers[builder.steps[overflow.step].layer], end - begin)


def first_choices(graph, layers, options, room):
    """Choices as the options say, else generous ones."""
    names = {layer.name for layer in layers}
    for name in options.layer_tile_bytes:
        need(name in names, name, "there is no such layer to choose tiles for")
    for name in options.spilled:
        need(name in graph.tensors, name, "there is no such tensor to keep in L2")
    default = options.tile_bytes or room // TILE_SHARE
    tiles = {layer.name: options.layer_tile_bytes.get(layer.name, default) for layer in layers}
    return Choices(tiles, set(options.spilled))


def map_layers(graph, layers, soc, choices, mapped):
    """Steps of all layers, without addresses. Returns the Builder."""
    projections = ita.projections(graph, layers, mapped, soc)
    mapped_later = {product.name for group in projections.values() for product in group}
    builder = Builder(graph, layers, soc, choices, mapped, projections)
    for index, layer in enumerate(layers):
        builder.begin_layer(index)
        if layer.name in mapped_later:
            need(layer.name not in mapped.orders, layer.name, "is computed with an attention layer "
                 "in the ITAs' banks, so it has no order; allowed: on cores, or with some heads of "
                 "that layer on cores")
            continue
        mappers = ita.MAPPERS if mapped.devices[layer.name] == "ita" else CORES
        mappers[layer.kind](builder)
        builder.finish_layer()
    return builder


def l1_buffers(steps):
    """Every buffer of L1 that the steps use, once, in order of use."""
    found = {}
    for step in steps:
        for group in step.buffers_in_l1():
            found.update((id(buffer), buffer) for buffer in group)
    return list(found.values())


def relieve(overflow, choices, layer, room):
    """Changes the choices so that less is needed at an overflow. Raises ModelError if it cannot."""
    streams = {buffer.layer for buffer in overflow.buffers if buffer.kind == "stream"}
    tensors = [buffer for buffer in overflow.buffers
               if buffer.kind == "tensor" and buffer.tensor not in choices.spilled]
    least = room // SMALL_TILE_SHARE if tensors else MIN_TILE_BYTES
    shrinkable = [name for name in streams if choices.tile_bytes[name] >= 2 * least]
    if shrinkable:
        for name in shrinkable:
            choices.tile_bytes[name] //= 2
        return
    if tensors:
        largest = max(tensors, key=lambda buffer: (buffer.bytes, buffer.tensor))
        choices.spilled.add(largest.tensor)
        return
    if choices.joins_ita_layers:
        choices.joins_ita_layers = False
        return
    parts = ", ".join(f"{buffer.name} {buffer.bytes}" for buffer in overflow.buffers)
    raise ModelError(layer.name, f"needs {overflow.needed} bytes of L1 at once, there are {room}: "
                     f"{parts}")
