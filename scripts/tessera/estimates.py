# SPDX-License-Identifier: Apache-2.0
"""Estimates of wires, area and energy: figures whose names begin with "estimate.".

They order the points of one sweep; they are no measurements. What each figure is, and the source of
every constant: scripts/tessera/estimates.md.
"""
import math
import re

ITA_MM2_PER_MULTIPLIER = 2 * 500e6 / 5.93e12  # operations per second, over those per mm2
ITA_PJ_PER_OPERATION = 1 / 16.9
CORE_PJ_PER_INSTRUCTION = 229 / 180 / (256 * 0.6) * 1e3  # GOPS, GOPS/W, cores, GHz
REMOTE_WEIGHT = 2  # energy of an access to another tile over one to the own tile
RADIX = 4  # of the butterflies
NAMES = ("l1_wires", "l1_crowding", "l1_crosspoints", "ita_mm2", "ita_nj", "core_nj",
         "l1_access_units", "l1_remote_share")
ACCESS = re.compile(r"soc\.cluster\.l1_network\.accesses\.from_tile\[(\d+)\]\.to_tile\[(\d+)\]")
ITA_MACS = re.compile(r"soc\.ita\[\d+\]\.macs")


def of_machine(config):
    """Returns {name without "estimate.": number} of what the configuration alone decides.

    Args: config: {"soc.cluster.num_groups": number or word}, as Result.config has them.
    Topologies without a floor plan (terapool) have no wires.
    """
    figures = {}
    network = NETWORKS.get(config["soc.cluster.interconnect.topology"])
    if network:
        wires, crowding, crosspoints = network(_Shape(config))
        figures.update(l1_wires=wires, l1_crowding=crowding, l1_crosspoints=crosspoints)
    if config["soc.ita.interface"] != "none":
        multipliers = config["soc.ita.processing_elements"] * config["soc.ita.vector_length"]
        figures["ita_mm2"] = config["soc.ita.count"] * multipliers * ITA_MM2_PER_MULTIPLIER
    return figures


def of_run(config, stats):
    """Returns the same of what a run has counted; stats: {path: number}."""
    figures = {}
    local = remote = 0
    for path, count in stats.items():
        access = ACCESS.fullmatch(path)
        if access and access[1] == access[2]:
            local += count
        elif access:
            remote += count
    if local + remote:
        figures["l1_access_units"] = local + REMOTE_WEIGHT * remote
        figures["l1_remote_share"] = remote / (local + remote)
    if "soc.cluster.instructions" in stats:
        figures["core_nj"] = stats["soc.cluster.instructions"] * CORE_PJ_PER_INSTRUCTION / 1e3
    if config["soc.ita.interface"] != "none":
        macs = sum(count for path, count in stats.items() if ITA_MACS.fullmatch(path))
        figures["ita_nj"] = 2 * macs * ITA_PJ_PER_OPERATION / 1e3
    return figures


class _Shape:
    """What a network connects; lengths in sides of the cluster, a square."""

    def __init__(self, config):
        cluster = "soc.cluster."
        self.groups = config[cluster + "num_groups"]
        self.tiles_of_group = config[cluster + "tile_slots_per_group"]
        self.cores = config[cluster + "cores_per_tile"]
        self.banks = config[cluster + "banks_per_tile"]
        self.tiles = self.groups * self.tiles_of_group
        self.harts = self.groups * config[cluster + "core_tiles_per_group"] * self.cores

    def tile_crosspoints(self, ports):
        """Of the crossbars in all tiles: harts and ports to banks, harts to ports."""
        return self.tiles * ((self.cores + ports) * self.banks + self.cores * ports)


def _butterflies(shape, ports):
    """`ports` butterflies over all tiles, all in the middle of the cluster, half a side away."""
    layers = math.ceil(math.log(shape.tiles, RADIX) - 1e-9)
    return (shape.tiles * ports, 2 * shape.tiles * ports,
            shape.tile_crosspoints(ports) + layers * RADIX * shape.tiles * ports)


def _toph(shape):
    """Crossbars in the middle of each group; groups are rectangles in a grid."""
    columns = 2 ** math.ceil(math.log2(shape.groups) / 2)
    width, height = 1 / columns, columns / shape.groups
    to_middle = (width + height) / 4
    centres = [(index % columns * width, index // columns * height)
               for index in range(shape.groups)]
    between = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a in centres for b in centres)
    ports = shape.groups
    wires = shape.tiles * ports * 2 * to_middle + shape.tiles_of_group * between
    return (wires, 2 * shape.tiles_of_group * ports,
            shape.tile_crosspoints(ports) + ports * shape.tiles * shape.tiles_of_group)


def _ideal(shape):
    """One crossbar of all harts and all banks in the middle."""
    banks = shape.tiles * shape.banks
    return (shape.harts + banks) / 2, shape.harts + banks, shape.harts * banks


NETWORKS = {"top1": lambda shape: _butterflies(shape, 1),
            "top4": lambda shape: _butterflies(shape, shape.cores),
            "toph": _toph, "ideal": _ideal}
