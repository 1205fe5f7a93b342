# SPDX-License-Identifier: Apache-2.0
"""Chooses the devices that compute each layer: the cores, or the ITAs where they can do it exactly.

--map auto takes ITAs wherever they can, cores takes none, ita demands them for all products with
constant weights and all attention layers; --map layer=... says it for one layer. --heads divides
the heads of an attention layer among ITAs and cores; --order says which operand of a product with
constant weights stays while the other streams.
"""
import dataclasses

from . import fuse, heads as heads_
from .map_ita import why_not_attention, why_not_linear
from .operators import ModelError, need

MAPS = ("auto", "cores", "ita")
ORDERS = ("auto", "rows", "columns")
"""rows: a block of rows stays while the weights stream; columns: the other way round."""


@dataclasses.dataclass
class Mapping:
    """devices: layer -> "cores" or "ita"; heads: attention layer on ITAs, perhaps on cores, too ->
    Heads; orders: layer or "" for all others -> one of ORDERS."""

    devices: dict
    heads: dict
    orders: dict

    def order(self, layer):
        return self.orders.get(layer.name, self.orders.get("", "auto"))

    def device_text(self, name):
        """The device of a layer, for people."""
        heads = self.heads.get(name)
        return self.devices[name] + ("+cores" if heads and heads.on_cores else "")


def choose(graph, layers, soc, maps, heads, orders):
    """A Mapping.

    Args:
        graph, layers: the model and its fused layers.
        soc: Soc.
        maps: layer or "" for all others -> one of MAPS.
        heads: attention layer -> text as in heads.py, which overrides maps.
        orders: layer or "" for all others -> one of ORDERS.
    Raises: ModelError when ITA is demanded of a layer that it cannot compute, with the reason.
    """
    named = {layer.name: layer for layer in layers}
    check_names(named, maps, MAPS, "map")
    check_names(named, orders, ORDERS, "order")
    for name in orders:
        need(not name or is_weighted(named[name]), name, "has no order; allowed: products with "
             "constant weights")
    placed = {}
    for name, text in heads.items():
        need(name in named and named[name].kind == "Attention", name,
             "there is no such Attention layer to divide heads of")
        count = named[name].node.attributes["heads"]
        placed[name] = heads_.parse(name, text, count, soc.num_itas)
    maps = {**maps, **{name: "ita" if places.on_itas else "cores"
                       for name, places in placed.items()}}
    devices = {layer.name: device_of(graph, layer, soc, maps) for layer in layers}
    for layer in layers:
        if layer.kind == "Attention" and devices[layer.name] == "ita":
            count = layer.node.attributes["heads"]
            placed.setdefault(layer.name, heads_.Heads.in_turn(count, soc.num_itas))
    return Mapping(devices, placed, orders)


def check_names(named, wishes, allowed, what):
    """Raises ModelError unless wishes are for layers that exist, or all, and allowed."""
    for name, wish in wishes.items():
        need(not name or name in named, name, f"there is no such layer to {what}")
        need(wish in allowed, name or "all", f"{what} '{wish}'; allowed: {', '.join(allowed)}")


def device_of(graph, layer, soc, wishes):
    general = wishes.get("", "auto")
    wish = wishes.get(layer.name, general)
    if wish == "cores":
        return "cores"
    reason = why_not_ita(graph, layer, soc)
    is_demanded = wish == "ita" and (layer.name in wishes or is_candidate(layer))
    if is_demanded and reason:
        raise ModelError(layer.name, f"cannot be computed by an ITA: {reason}")
    return "cores" if reason else "ita"


def is_candidate(layer):
    """A layer that ITAs are made for."""
    return layer.kind == "Attention" or is_weighted(layer)


def is_weighted(layer):
    """A product with constant weights."""
    return layer.kind == "Product" and layer.product.weight is not None


def why_not_ita(graph, layer, soc):
    """The reason why ITAs cannot compute a layer byte for byte, or None."""
    if soc.num_itas == 0:
        return "this machine has no ITA with the job interface"
    if soc.ita_flavour != "rtl":
        return f"the flavour is {soc.ita_flavour}; models have the arithmetic of rtl"
    if not is_candidate(layer):
        return f"{layer.kind} is not an operation of it"
    if layer.kind == "Attention":
        return attention_reason(graph, layer, soc)
    return product_reason(graph, layer, soc)


def product_reason(graph, layer, soc):
    """Why not, for a product with constant weights."""
    product = layer.product
    if graph.tensors[layer.inputs[0]].dtype != "int8":
        return "its input is unsigned"
    if product.requant is None:
        return "the output is int32"
    if isinstance(product.requant, fuse.Shift):
        return "requantisation: " + fuse.ita_requant(product, False)[1]
    rows = graph.tensors[layer.output].bytes // product.weight.shape[0]
    return why_not_linear(soc, rows, *product.weight.shape)


def attention_reason(graph, layer, soc):
    """Why not, for attention."""
    queries, width = graph.tensors[layer.inputs[0]].shape
    keys = graph.tensors[layer.inputs[1]].shape[0]
    return why_not_attention(soc, queries, keys, width // layer.node.attributes["heads"])
