# SPDX-License-Identifier: Apache-2.0
"""What engines do, one command each: the Python side of sw/encoder/schedule.h and moves.h."""
import collections
import dataclasses
import struct

from .hazards import Span

COMMAND_WORDS = 14
MAX_COPIES = 3
MAX_SPREAD = 4
MAX_COUNT = 0xFFFFFF
JOB = struct.Struct("<8H4I")
FLAG_SOURCE_ADVANCES, FLAG_DESTINATION_ADVANCES, FLAG_HOLD, FLAG_LAYER = 1, 2, 4, 8
KIND_DMA, KIND_TEAM, KIND_ITA = range(3)
OP_NOTHING, OP_COPY, OP_SPREAD, OP_JOB = 0, 1, 2, 1
OP_MOVE_TILES = 64
NUM_CONTEXTS = 4  # of an ITA's job queue
LAYER_WORDS = slice(3, 8)  # of JobArguments, from `tiles` on
LAUNCH_CYCLES = 250  # for two more launches; measured below 200

TILE = 64
TILE_BYTES = TILE * TILE
TILE_BIAS_BYTES = 3 * TILE
WEIGHT_BLOCK_BYTES = 1024  # of the next stationary tile, fetched ahead

OPERATOR_CLASSES = ("gemm_ita", "gemm_cores", "softmax", "layer_norm", "gelu", "residual",
                    "data_movement", "other")

# CTRL_STREAM and CTRL_ENGINE of models/ita/job_interface_regs.h.
WEIGHT_PRELOAD, WEIGHT_NEXTLOAD, BIAS_DISABLE, BIAS_PER_ROW, OUTPUT_DISABLE = 1, 2, 4, 8, 16
LAYER_LINEAR, LAYER_SINGLE_ATTENTION = 2, 3
ACTIVATIONS = {"identity": 0, "gelu": 1, "relu": 2}

Copy = collections.namedtuple("Copy", "destination source bytes")
"""One transfer of the DMA between L1 and L2; addresses and length in bytes."""

class MoveTiles(collections.namedtuple(
        "MoveTiles", "source source_row source_tile destination destination_row destination_tile "
        "rows tiles copies copy_stride destination_pair", defaults=(TILE, 1, 1, 0, 0))):
    """Rows of 64 bytes of some tiles; struct MoveTilesArguments of sw/encoder/moves.h."""

    __slots__ = ()

    def words(self):
        """struct MoveTilesArguments."""
        return [self.source, self.destination, self.source_row | self.destination_row << 16,
                self.source_tile, self.destination_tile, self.destination_pair & 0xFFFFFFFF,
                self.rows | self.tiles << 8 | self.copies << 16, self.copy_stride]

    def reads(self):
        return [Span(self.source + tile * self.source_tile, TILE, self.rows, self.source_row)
                for tile in range(self.tiles)]

    def writes(self):
        return [Span(self.destination + copy * self.copy_stride
                     + tile // 2 * self.destination_pair + tile % 2 * self.destination_tile,
                     TILE, self.rows, self.destination_row)
                for copy in range(self.copies) for tile in range(self.tiles)]


Handle = collections.namedtuple("Handle", "engine count")
"""A command: its engine has completed it when it has completed `count` commands."""


class ScheduleError(Exception):
    """Commands that the machine cannot do, or not safely."""


@dataclasses.dataclass
class Job:
    """A tile step of an ITA: addresses in its banks, and the job registers.

    next_weight: address or None: WEIGHT_NEXTLOAD. preload: WEIGHT_PRELOAD. bias: address or None.
    output: address or None when the tile is not finished. tiles: (s, e, p). requant_low, _high:
    (mult, shift, add) of the constants 0..3 and 4..7. gelu: (b, c).
    """

    input: int
    weight: int
    tiles: tuple
    requant_low: tuple
    requant_high: tuple = (0, 0, 0)
    layer: int = LAYER_LINEAR
    next_weight: int = None
    preload: bool = False
    bias: int = None
    bias_per_row: bool = False
    output: int = None
    activation: str = "identity"
    gelu: tuple = (0, 0)
    activation_requant: tuple = (0, 0, 0)
    hold: bool = False

    def reads(self):
        spans = [Span(self.input, TILE_BYTES), Span(self.weight, TILE_BYTES)]
        if self.next_weight is not None:
            spans.append(Span(self.next_weight, WEIGHT_BLOCK_BYTES))
        if self.bias is not None:
            spans.append(Span(self.bias, TILE_BIAS_BYTES))
        return spans

    def writes(self):
        return [] if self.output is None else [Span(self.output, TILE_BYTES)]

    def stream(self):
        """CTRL_STREAM."""
        return ((WEIGHT_PRELOAD if self.preload else 0)
                | (WEIGHT_NEXTLOAD if self.next_weight is not None else 0)
                | (BIAS_DISABLE if self.bias is None else 0)
                | (BIAS_PER_ROW if self.bias_per_row else 0)
                | (OUTPUT_DISABLE if self.output is None else 0))

    def words(self, base):
        """struct JobArguments; `base` is the address of the ITA's banks."""
        def offset(address):
            return 0 if address is None else address - base
        tiles = sum(size << shift for size, shift in zip(self.tiles, (0, 4, 8)))
        packed = JOB.pack(
            offset(self.input), offset(self.weight), offset(self.next_weight), offset(self.bias),
            offset(self.output), self.stream(), tiles,
            self.layer | ACTIVATIONS[self.activation] << 2, pack_requant(self.requant_low),
            pack_requant(self.requant_high), pack_gelu(self.gelu),
            pack_requant(self.activation_requant))
        return list(struct.unpack("<8I", packed))


def pack_requant(requant):
    mult, shift, add = requant
    for name, value, low, high in (("mult", mult, 0, 255), ("shift", shift, 0, 255),
                                   ("add", add, -128, 127)):
        if not low <= value <= high:
            raise ScheduleError(f"requant {name} {value}; allowed: {low}..{high}")
    return mult | shift << 8 | (add & 0xFF) << 16


def pack_gelu(gelu):
    for name, value in zip("bc", gelu):
        if not -(1 << 15) <= value < 1 << 15:
            raise ScheduleError(f"gelu {name} {value}; allowed: -32768..32767")
    return (gelu[0] & 0xFFFF) | (gelu[1] & 0xFFFF) << 16


@dataclasses.dataclass
class Command:
    """A command of a queue. known: commands completed for sure before it begins, per engine.
    moved_bytes: by the DMA."""

    opcode: int
    arguments: list
    operator_class: str
    layer: int
    flags: int
    waits: list
    known: list
    label: str
    moved_bytes: int = 0


@dataclasses.dataclass
class Engine:
    """A queue and the harts that serve it."""

    name: str
    kind: int
    index: int
    hart: int
    collector_hart: int = 0
    first_tile: int = 0
    num_tiles: int = 0
    leader_works: bool = False
    commands: list = dataclasses.field(default_factory=list)


def default_engines(soc, use_itas):
    """DMA, a team per group, and the ITAs if they are used.

    Harts that serve queues lie in different tiles where there are some: a tile's instruction cache
    is small, and its way to the SoC takes one load at a time. Leaders of groups of up to three
    harts work too, which takes more stack than 512 bytes."""
    per_group, per_tile = soc.harts_per_group, soc.harts_per_tile
    is_small = per_group < 8
    engines = [Engine("dma", KIND_DMA, 0, 1 if is_small else per_group - per_tile)]
    for group in range(soc.num_groups):
        engines.append(Engine(f"team[{group}]", KIND_TEAM, group, group * per_group,
                              num_tiles=soc.core_tiles_per_group, leader_works=per_group < 4))
    if use_itas and soc.num_itas:
        if per_tile < 2 or soc.core_tiles_per_group < soc.itas_per_group + 2:
            raise ScheduleError(f"{soc.num_itas} ITAs in {soc.num_groups} groups of "
                                f"{soc.core_tiles_per_group} tiles of {per_tile} harts; allowed: "
                                "in each group two tiles more than ITAs, of 2 harts at least")
        for ita in range(soc.num_itas):
            tile = 1 + ita % soc.itas_per_group
            first = soc.ita_group(ita) * per_group + tile * per_tile
            engines.append(Engine(f"ita[{ita}]", KIND_ITA, ita, first, first + 1))
    return engines
