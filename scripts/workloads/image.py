# SPDX-License-Identifier: Apache-2.0
"""What all images share: a header of 64 bytes, then parts at multiples of 64 bytes."""
from tessera_ref import ita

TILE = 64
ALIGNMENT = 64
HEADER_BYTES = 64


class WorkloadError(Exception):
    """What the user gave cannot become, or is not, a workload."""


def need_range(value, low, high, what):
    """Raises WorkloadError."""
    if not low <= value <= high:
        raise WorkloadError(f"{what} is {value}; allowed: {low}..{high}")


def aligned(value, alignment=ALIGNMENT):
    return (value + alignment - 1) // alignment * alignment


class Image:
    """Bytes under construction; the header stays to be written."""

    def __init__(self):
        self.data = bytearray(HEADER_BYTES)

    def reserve(self, size):
        """Room for `size` bytes; returns its offset."""
        offset = len(self.data)
        self.data.extend(bytes(aligned(size)))
        return offset

    def add(self, content):
        """Appends bytes; returns their offset."""
        offset = self.reserve(len(content))
        self.data[offset:offset + len(content)] = content
        return offset


def pack_requant(requant):
    """A word of the attention engine's descriptors."""
    return requant.mult | requant.shift << 16 | (requant.add & 0xFF) << 24


def unpack_requant(packed):
    return ita.Requant(packed & 0xFFFF, packed >> 16 & 0xFF, int(ita.wrap(packed >> 24, 8)))
