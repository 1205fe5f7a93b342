# SPDX-License-Identifier: Apache-2.0
"""Chooses the devices that compute each layer: the cores, or the ITAs where they can do it exactly.

--map auto takes ITAs wherever they can, cores takes none, ita demands them for all products with
constant weights and all attention layers; --map layer=... says it for one layer.
"""
from . import fuse
from .operators import ModelError, need

MAPS = ("auto", "cores", "ita")
TILE = 64
MAX_TILES = 15  # fields of the TILES register; spec/ita.md 5.1


def choose(graph, layers, soc, wishes):
    """Layer -> "cores" or "ita".

    Args:
        graph, layers: the model and its fused layers.
        soc: Soc.
        wishes: layer or "" for all others -> one of MAPS.
    Raises: ModelError when ITA is demanded of a layer that it cannot compute, with the reason.
    """
    names = {layer.name for layer in layers}
    for name, wish in wishes.items():
        need(not name or name in names, name, "there is no such layer to map")
        need(wish in MAPS, name or "all", f"map '{wish}'; allowed: {', '.join(MAPS)}")
    return {layer.name: device_of(graph, layer, soc, wishes) for layer in layers}


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
    return layer.kind == "Attention" or (layer.kind == "Product"
                                         and layer.product.weight is not None)


def why_not_ita(graph, layer, soc):
    """The reason why ITAs cannot compute a layer byte for byte, or None."""
    if soc.num_itas == 0:
        return "this machine has no ITA with the job interface"
    if soc.ita_flavour != "rtl":
        return f"the flavour is {soc.ita_flavour}; models have the arithmetic of rtl"
    if not is_candidate(layer):
        return f"{layer.kind} is not an operation of it"
    if layer.kind == "Attention":
        return attention_reason(graph, layer)
    return product_reason(graph, layer)


def product_reason(graph, layer):
    """Why not, for a product with constant weights."""
    product = layer.product
    if graph.tensors[layer.inputs[0]].dtype != "int8":
        return "its input is unsigned"
    if product.requant is None:
        return "the output is int32"
    if isinstance(product.requant, fuse.Shift):
        return "requantisation: " + fuse.ita_requant(product, False)[1]
    rows = graph.tensors[layer.output].bytes // product.weight.shape[0]
    return size_reason({"S": rows, "N": product.weight.shape[0], "K": product.weight.shape[1]},
                       {"K": product.weight.shape[1]})


def attention_reason(graph, layer):
    """Why not, for attention."""
    queries, width = graph.tensors[layer.inputs[0]].shape
    keys = graph.tensors[layer.inputs[1]].shape[0]
    head = width // layer.node.attributes["heads"]
    return size_reason({"S": queries, "S of the keys": keys, "P": head},
                       {"S of the keys": keys, "P": head})


def size_reason(multiples, limited):
    """Why sizes do not fit tiles; `limited` are those that a register holds in tiles."""
    for name, size in multiples.items():
        if size % TILE:
            return f"{name}={size}; allowed: multiples of {TILE}"
    for name, size in limited.items():
        if size > TILE * MAX_TILES:
            return f"{name}={size}; allowed: at most {TILE * MAX_TILES}"
    return None
