# SPDX-License-Identifier: Apache-2.0
"""Which device computes which heads of an attention layer.

Written as what --heads takes: "3": the first three on the ITAs in turn, the others on the cores;
or devices with their heads, "ita:0-2,cores:3", "ita0:0-1,ita2:2,cores:3". `ita` without a number
means all ITAs in turn. Every head stands there once.
"""
import dataclasses
import re

from .operators import need

PART = re.compile(r"(cores|ita(\d*)):(\d+)(?:-(\d+))?")
CORES = "cores"


@dataclasses.dataclass(frozen=True)
class Heads:
    """places: per head the number of an ITA, or CORES."""

    places: tuple

    @staticmethod
    def in_turn(count, num_itas):
        """All heads on the ITAs."""
        return Heads(tuple(head % num_itas for head in range(count)))

    @property
    def on_cores(self):
        return [head for head, place in enumerate(self.places) if place == CORES]

    @property
    def on_itas(self):
        """ITA -> its heads in their order."""
        result = {}
        for head, place in enumerate(self.places):
            if place != CORES:
                result.setdefault(place, []).append(head)
        return dict(sorted(result.items()))

    def rounds(self):
        """What the ITAs compute side by side: list of {ita: head}."""
        on_itas = self.on_itas
        return [{ita: heads[index] for ita, heads in on_itas.items() if index < len(heads)}
                for index in range(max(map(len, on_itas.values()), default=0))]

    def __str__(self):
        parts = [(f"ita{ita}", heads) for ita, heads in self.on_itas.items()]
        parts += [(CORES, self.on_cores)] if self.on_cores else []
        return " ".join(f"{device}:{'+'.join(map(str, heads))}" for device, heads in parts)


def parse(layer, text, count, num_itas):
    """Heads of a text.

    Args: layer: for messages; count: heads of the layer; num_itas: of the machine.
    Raises: ModelError naming the layer and what is allowed.
    """
    if text.isdigit():
        need(int(text) <= count, layer, f"{text} heads on ITAs; allowed: 0..{count}")
        need(int(text) == 0 or num_itas, layer, "heads on ITAs; this machine has none with the "
             "job interface")
        return Heads(tuple(head % num_itas if head < int(text) else CORES
                           for head in range(count)))
    places, turn = [None] * count, 0
    for part in text.split(","):
        match = PART.fullmatch(part)
        need(match, layer, f"heads '{part}'; allowed: a number of heads, or cores:HEADS, "
             "ita:HEADS, ita<number>:HEADS with commas, HEADS a head or first-last")
        device, number, first, last = match.groups()
        for head in range(int(first), int(last or first) + 1):
            need(head < count, layer, f"head {head}; allowed: 0..{count - 1}")
            need(places[head] is None, layer, f"head {head} is named twice")
            ita = int(number) if number else turn
            if device != CORES:
                need(ita < num_itas, layer, f"heads on ita{ita}; this machine has {num_itas} ITAs "
                     "with the job interface")
                turn = turn if number else (turn + 1) % num_itas
            places[head] = CORES if device == CORES else ita
    missing = [str(head) for head, place in enumerate(places) if place is None]
    need(not missing, layer, f"heads {', '.join(missing)} have no device; allowed: each head once")
    return Heads(tuple(places))
