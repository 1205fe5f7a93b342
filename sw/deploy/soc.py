# SPDX-License-Identifier: Apache-2.0
"""What the deployment flow has to know about a machine, as tessera reads its YAML description.

    soc = load_soc("configs/tessera.yaml", ["soc.ita.count=2"])
"""
import dataclasses

from tessera import Run, RunError, paths
from tessera.result import config_numbers

BUILD = paths.build_folder()
WORKLOAD_ADDRESS = 0x80100000
FLAVOUR_NUMBERS = {"rtl": 0, "rtl_2024_08": 1, "mempool": 2}
COMMAND_BYTES = 64
MAX_ENGINES = 16
ALIGNMENT = 64  # of buffers: the banks of a tile, and a word of the DMA's AXI side
BARRIER_RADIX = 4
HARTS_PER_RELEASE = 16
ENGINE_STATE_BYTES = 256  # at most; sw/encoder/engines.h
DUTY_BYTES = 4
TILE_LINE_BYTES = 60  # that a tile's board takes in a row of its banks; sw/encoder/engines.h


class SocError(Exception):
    """A description that cannot be used, with the reason."""


def aligned(value, alignment=ALIGNMENT):
    return (value + alignment - 1) // alignment * alignment


@dataclasses.dataclass(frozen=True)
class Soc:
    """A machine. Sizes in bytes; ITAs are counted only if they have the job interface."""

    name: str
    path: str
    settings: tuple  # "soc.key=value", as for tessera --set
    clock_khz: int
    num_groups: int
    core_tiles_per_group: int
    tile_slots_per_group: int
    harts_per_tile: int
    banks_per_tile: int
    bank_bytes: int
    seq_bytes_per_hart: int
    l2_base: int
    l2_bytes: int
    dma_backends_per_group: int
    dma_beat_bytes: int
    num_itas: int
    ita_flavour: str
    ita_processing_elements: int

    @property
    def num_core_tiles(self):
        return self.num_groups * self.core_tiles_per_group

    @property
    def num_harts(self):
        return self.num_core_tiles * self.harts_per_tile

    @property
    def harts_per_group(self):
        return self.core_tiles_per_group * self.harts_per_tile

    @property
    def tile_bytes(self):
        return self.banks_per_tile * self.bank_bytes

    @property
    def core_l1_bytes(self):
        """L1 of the core tiles: addresses 0 .. this - 1."""
        return self.num_core_tiles * self.tile_bytes

    @property
    def sequential_bytes(self):
        return self.num_harts * self.seq_bytes_per_hart

    @property
    def l1_begin(self):
        """First L1 address that a plan may use: behind stacks, runtime and the firmware's data.

        The firmware refuses a plan that begins too low (sw/encoder/setup.c)."""
        nodes, width = 0, self.num_harts
        while width > 1:
            width = -(-width // BARRIER_RADIX)
            nodes += width
        releases = -(-self.num_harts // HARTS_PER_RELEASE)
        runtime = aligned(16 + 4 * (releases + 1 + nodes)) + ALIGNMENT  # barriers, print's lock
        states = MAX_ENGINES * ENGINE_STATE_BYTES + aligned(self.num_harts * DUTY_BYTES) + ALIGNMENT
        row = self.num_core_tiles * self.banks_per_tile * 4
        return aligned(self.sequential_bytes + runtime + states, row) + 2 * row

    @property
    def l1_end(self):
        return self.core_l1_bytes

    @property
    def l2_end(self):
        return self.l2_base + self.l2_bytes

    @property
    def itas_per_group(self):
        """ITAs are dealt out to the groups in order; the last ones may get fewer, or none."""
        return max(1, -(-self.num_itas // self.num_groups))

    @property
    def ita_l1_bytes(self):
        """L1 banks of one ITA: its share of the group's slots behind the core tiles."""
        slots = self.tile_slots_per_group - self.core_tiles_per_group
        return slots * self.tile_bytes // self.itas_per_group if self.num_itas else 0

    def ita_l1_base(self, ita):
        return self.core_l1_bytes + ita * self.ita_l1_bytes

    def ita_group(self, ita):
        """The group whose tiles hold the banks of an ITA."""
        return ita // self.itas_per_group

    def dma_cycles(self, destination, source, count):
        """Cycles of a transfer without other traffic. Source: models/dma/README.md, functional
        timing; here without the share of back-ends that begin with the same bank."""
        l1_address = destination if destination < self.l2_base else source
        backends = 1
        if l1_address < self.core_l1_bytes:
            # A row of L1 is split evenly; a short transfer meets few back-ends.
            backends = self.num_groups * self.dma_backends_per_group
            share = self.num_core_tiles * self.banks_per_tile * 4 // backends
            backends = min(backends, -(-count // share))
        beats = -(-count // (self.dma_beat_bytes * backends))
        return 24 + 4 * beats

    def machine_words(self):
        """struct ScheduleMachine of sw/encoder/schedule.h."""
        return (self.num_harts, self.harts_per_tile, self.core_tiles_per_group, self.num_groups,
                self.banks_per_tile, self.core_l1_bytes, self.seq_bytes_per_hart, self.num_itas,
                FLAVOUR_NUMBERS[self.ita_flavour] if self.num_itas else 0)


def simulation(path, settings, tessera=None, elf=None):
    """A Run on a machine; settings: "soc.key=value" strings."""
    return Run(path, elf, [each.partition("=")[::2] for each in settings], tessera=tessera)


def load_soc(path, settings=(), tessera=None):
    """The machine of a file in configs/.

    Args:
        path: YAML file.
        settings: "soc.key=value" strings, as for tessera --set.
        tessera: the simulator, which checks and completes the file; default: of the release build.
    Raises: SocError, with tessera's message where the file or a setting is wrong.
    """
    try:
        values = config_numbers(simulation(path, settings, tessera).resolved_config())
    except RunError as error:
        raise SocError(str(error)) from error

    def value(key):
        return values[f"soc.{key}"]

    soc = Soc(
        name=str(value("name")), path=str(path), settings=tuple(settings),
        clock_khz=value("clock_khz"), num_groups=value("cluster.num_groups"),
        core_tiles_per_group=value("cluster.core_tiles_per_group"),
        tile_slots_per_group=value("cluster.tile_slots_per_group"),
        harts_per_tile=value("cluster.cores_per_tile"),
        banks_per_tile=value("cluster.banks_per_tile"), bank_bytes=value("cluster.bank_bytes"),
        seq_bytes_per_hart=value("cluster.sequential_bytes_per_core"),
        l2_base=value("l2.base"), l2_bytes=value("l2.bytes"),
        dma_backends_per_group=value("dma.backends_per_group"),
        dma_beat_bytes=value("dma.beat_bytes"),
        num_itas=value("ita.count") if value("ita.interface") == "job" else 0,
        ita_flavour=value("ita.flavour"),
        ita_processing_elements=value("ita.processing_elements"))
    if not soc.l2_base <= WORKLOAD_ADDRESS < soc.l2_end:
        raise SocError(f"L2 at {soc.l2_base:#x}, {soc.l2_bytes} bytes: the workload image belongs "
                       f"at {WORKLOAD_ADDRESS:#x}")
    return soc
