# SPDX-License-Identifier: Apache-2.0
"""Names of a machine's places: tiles are told as group.tile, accelerators' with an "a" behind."""
import re

CORE = re.compile(r"soc\.cluster\.group\[(\d+)\]\.tile\[(\d+)\]\.core\[(\d+)\]\.(.+)")
BANK = re.compile(r"soc\.cluster\.l1_network\.tile\[(\d+)\]\.bank\[(\d+)\]\.(.+)")
WAY = re.compile(r"soc\.cluster\.l1_network\.accesses\.from_tile\[(\d+)\]\.to_tile\[(\d+)\]")
TILES = "tile (group.tile)"


def slots(run):
    """Returns the number of tile slots in a group, those of accelerators included."""
    return max(run.number("soc.cluster.tile_slots_per_group"),
               run.number("soc.cluster.core_tiles_per_group"), 1)


def tile_name(run, slot):
    """Returns the name of a tile by its number on the L1 network."""
    group, tile = divmod(slot, slots(run))
    is_accelerator = tile >= run.number("soc.cluster.core_tiles_per_group")
    return f"{group}.{tile}{'a' * is_accelerator}"


def core_tile_name(run, number):
    """Returns the name of a core tile by its number among core tiles, as bus traces count."""
    return "{}.{}".format(*divmod(number, max(run.number("soc.cluster.core_tiles_per_group"), 1)))


def tile_names(run):
    """Returns all tiles, in order."""
    return [tile_name(run, slot) for slot in range(run.number("soc.cluster.num_groups") *
                                                   slots(run))]
