# SPDX-License-Identifier: Apache-2.0
"""A plan before it has addresses: steps of transfers and kernel calls.

A step's loads come first, then its tasks (each team's in order, teams side by side), then its
stores. Emission may start loads earlier; the order of the steps gives the meaning.
"""
import dataclasses

from .layout import Pointer


@dataclasses.dataclass
class Transfer:
    """`bytes` bytes from L2 to L1 or back."""

    destination: Pointer
    source: Pointer
    bytes: int


@dataclasses.dataclass
class Task:
    """One kernel call of a team. arguments: fields of the kernel's struct, Pointers or integers.
    work: multiply-accumulates of a product, else elements."""

    team: int
    kernel: str
    arguments: dict
    reads: list
    writes: list
    operator_class: str
    work: int = 0

    def __post_init__(self):
        known = {id(region.pointer.buffer) for region in (*self.reads, *self.writes)}
        for name, value in self.arguments.items():
            if isinstance(value, Pointer) and value.buffer.memory == "L1":
                assert id(value.buffer) in known, f"{self.kernel}: access through {name} not named"


@dataclasses.dataclass
class Step:
    """What happens between two choices of the planner. layer: index into the plan's layers;
    ita_calls: layers that ITAs compute in this step, beside its tasks."""

    layer: int
    loads: list = dataclasses.field(default_factory=list)
    tasks: list = dataclasses.field(default_factory=list)
    stores: list = dataclasses.field(default_factory=list)
    ita_calls: list = dataclasses.field(default_factory=list)

    def load(self, destination, source, size):
        """Copies a block from L2 to L1 before the tasks."""
        self.loads.append(Transfer(destination, source, size))

    def store(self, destination, source, size):
        """Copies a block from L1 to L2 after the tasks."""
        self.stores.append(Transfer(destination, source, size))

    def buffers_in_l1(self):
        """(buffers of loads, buffers of tasks, buffers of stores)."""
        loads = [item.destination.buffer for item in self.loads]
        tasks = [region.pointer.buffer for task in self.tasks
                 for region in (*task.reads, *task.writes)]
        tasks += [view.buffer for call in self.ita_calls for view in call.views]
        stores = [item.source.buffer for item in self.stores]
        return tuple([buffer for buffer in group if buffer.memory == "L1"]
                     for group in (loads, tasks, stores))


def set_lifetimes(steps, depth):
    """Notes in every buffer of L1 the first and last step that needs it.

    Args:
        steps: list of Step.
        depth: steps that loads may run ahead of, and stores behind, the tasks.
    """
    for index, step in enumerate(steps):
        loads, tasks, stores = step.buffers_in_l1()
        for buffer in loads:
            buffer.use(max(index - depth, 0), index)
        for buffer in tasks:
            buffer.use(index, index)
        for buffer in stores:
            buffer.use(index, min(index + depth, len(steps) - 1))


def split(count, parts, granule=1):
    """Ranges (begin, end) of about equal size, at most `parts`, at multiples of `granule`."""
    granules = -(-count // granule)
    parts = max(1, min(parts, granules))
    edges = [granules * part // parts * granule for part in range(parts)] + [count]
    return [(begin, end) for begin, end in zip(edges, edges[1:]) if end > begin]
