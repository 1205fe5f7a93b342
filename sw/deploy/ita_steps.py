# SPDX-License-Identifier: Apache-2.0
"""Layers as tile steps of ITAs: what map_ita.py collects and ita_emitter.py turns into commands."""
import collections
import dataclasses

import numpy as np

from .ita_slots import Line

NO_REQUANT = (0, 0, 0)

Matrix = collections.namedtuple("Matrix", "address rows columns stride")
"""int8 [rows][columns], row-major in the cores' L1; stride: bytes from row to row."""


class MappingError(Exception):
    """A layer that ITAs cannot compute; says why."""


@dataclasses.dataclass(frozen=True)
class Activation:
    """What follows the requantisation. kind: identity, relu or gelu; gelu: (b, c); requant: (mult,
    shift, add)."""

    kind: str = "identity"
    gelu: tuple = (0, 0)
    requant: tuple = NO_REQUANT


@dataclasses.dataclass(frozen=True, eq=False)
class Weights:
    """Transposed weights in L2, tile by tile; of a pair (k, k + 1), k even, that is zero, none.

    addresses: int [n_tiles][k_tiles], of tiles that are there. used: bool [n_tiles][k_tiles], false
    where a tile is all zero. biases: per column block bytes of 64 x 24 bits, or None."""

    addresses: np.ndarray
    used: np.ndarray
    biases: list

    @property
    def n_tiles(self):
        return self.used.shape[0]

    @property
    def k_tiles(self):
        return self.used.shape[1]


@dataclasses.dataclass
class ColumnBlock:
    """64 columns of a Linear on each ITA. columns: {ita: number of the block}; inner: {ita: inner
    tiles that are not zero}; biases: {ita: number of the bias}; weights: per inner tile (line, tile
    in it)."""

    columns: dict
    inner: dict
    biases: dict
    weights: list


@dataclasses.dataclass(eq=False)
class WeightLine(Line):
    """Neighbouring tiles in L2, other ones for each ITA. addresses: {ita: L2 address}."""

    addresses: dict = None


@dataclasses.dataclass(eq=False)
class BiasLine(Line):
    """Biases in L2, which all ITAs get."""

    address: int = 0
    bytes: int = 0


@dataclasses.dataclass(eq=False)
class InputLine(Line):
    """Neighbouring tiles of a matrix in L1, the same for all ITAs in `itas`."""

    source: Matrix = None
    itas: int = 0


@dataclasses.dataclass(eq=False)
class OwnLine(Line):
    """A tile of a matrix in L1, another one for each ITA. sources: {ita: Matrix}; transposes: the
    slot gets the transposed tile."""

    sources: dict = None
    transposes: bool = False


@dataclasses.dataclass(eq=False)
class ResultLine(Line):
    """Written by a step. targets: {ita: Matrix} in L1 where a team brings it, or None."""

    targets: dict = None


@dataclasses.dataclass
class TileStep:
    """A job of one ITA. input, weight: (line, tile in it); bias: number of the bias, or None.
    inner: place among the tiles that are summed up; counter: which of `tiles` counts these."""

    input: tuple
    weight: tuple
    tiles: tuple
    layer: int
    requant_low: tuple
    inner: int
    counter: int
    requant_high: tuple = NO_REQUANT
    bias: int = None
    bias_per_row: bool = False
    output: ResultLine = None
    activation: Activation = Activation()


@dataclasses.dataclass
class Step:
    """What the ITAs do side by side. jobs: {ita: TileStep}. number: of the schedule's layer."""

    jobs: dict
    number: int
