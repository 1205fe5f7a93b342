# SPDX-License-Identifier: Apache-2.0
"""Which of an ITA's tile slots hold what, and when.

The ITAs of a machine work in step: each computes the same steps on other columns or other heads, so
one allocation serves all of them, and what all need is written to the same slot of each.

A line is one tile, or two neighbours, that some steps use. It is brought to slots before its first
use and may be given up and brought again. The choice looks ahead, as everything is known: a line
whose slots are free long before its use can be fetched while other steps compute.
"""
import dataclasses

STEP_CYCLES = 280  # about; one tile step
PINNED = float("inf")


class SlotError(Exception):
    """More is needed at the same time than there are slots."""


@dataclasses.dataclass(eq=False)
class Line:
    """Tiles that lie side by side. Subclasses know how they are brought.

    size: 1 or 2 tiles. ready: the step that writes what is brought, -1: it is there.
    fetch_cycles: about; a fetch shall begin so long before the use. is_result: written by a step
    itself, so it stays until its last use.
    """

    size: int = 1
    ready: int = -1
    fetch_cycles: int = 3 * STEP_CYCLES
    is_result: bool = False


@dataclasses.dataclass
class Stay:
    """A line in its slots: brought after step `release` (that step used the slots last), used by
    the steps first .. last."""

    line: Line
    slot: int
    release: int
    first: int
    last: int


class SlotAllocator:
    """Goes through the steps once."""

    def __init__(self, num_slots, uses):
        """
        Args:
            num_slots: of an ITA.
            uses: per step, the lines that it needs: list of (line, hold), hold: further steps for
                which the slots stay in use afterwards (results on their way out).
        """
        self.num_slots = num_slots
        self.uses = uses
        self.occupants = [None] * num_slots  # Stay
        self.free_since = [-1] * num_slots   # step that used the slot last
        self.where = {}                      # line -> Stay
        self.next_uses = {}
        for step in range(len(uses) - 1, -1, -1):
            for line, _ in uses[step]:
                self.next_uses.setdefault(line, []).append(step)

    def allocate(self):
        """Returns (stays in the order of first use, per step {line: Stay})."""
        stays = []
        places = []
        for step, lines in enumerate(self.uses):
            busy = {line for line, _ in lines}
            for line, hold in sorted(lines, key=lambda use: -use[0].size):
                stay = self.where.get(line)
                if stay is None:
                    stay = self._place(line, step, busy)
                    stays.append(stay)
                stay.last = max(stay.last, step + hold)
            places.append({line: self.where[line] for line in busy})
            for line in busy:
                pending = self.next_uses[line]
                while pending and pending[-1] <= step:
                    pending.pop()
        return stays, places

    def _place(self, line, step, busy):
        """The cheapest slots: what lies there comes back late or never, and is done with early."""
        groups = range(0, self.num_slots - line.size + 1, line.size)
        costs = [(self._cost(line, group, step, busy), group) for group in groups]
        cost, group = min(costs)
        if cost == PINNED:
            raise SlotError(f"step {step} needs more than {self.num_slots} tiles at once")
        release = -1
        for slot in range(group, group + line.size):
            old = self.occupants[slot]
            if old is not None:
                release = max(release, old.last)
                self.where.pop(old.line, None)
                for other in range(old.slot, old.slot + old.line.size):
                    self.occupants[other] = None
                    self.free_since[other] = old.last
            release = max(release, self.free_since[slot])
        stay = Stay(line, group, min(max(release, line.ready), step - 1), step, step)
        for slot in range(group, group + line.size):
            self.occupants[slot] = stay
        self.where[line] = stay
        return stay

    def _cost(self, line, group, step, busy):
        """Cycles that this place may cost: waiting for it, and bringing again what is given up."""
        cost, release = 0, line.ready
        for slot in range(group, group + line.size):
            old = self.occupants[slot]
            if old is None:
                release = max(release, self.free_since[slot])
                continue
            release = max(release, old.last)
            pending = self.next_uses[old.line]
            if old.line in busy or old.last >= step or (pending and old.line.is_result):
                return PINNED
            if pending and (slot == group or self.occupants[slot - 1] is not old):
                cost += old.line.fetch_cycles / (1 + (pending[-1] - step) / 8)
        # Single tiles leave pairs of slots whole.
        neighbour = group ^ 1
        if line.size == 1 and neighbour < self.num_slots and self._is_over(neighbour):
            cost += 1
        if line.is_result:
            return cost + 1e-3 * (step - release)  # slots that are free for long are for fetching
        cost += max(0, line.fetch_cycles - (step - 1 - release) * STEP_CYCLES)
        return cost + 1e-3 * (release + 1)

    def _is_over(self, slot):
        """Nothing in the slot will be used again."""
        old = self.occupants[slot]
        return old is None or not self.next_uses[old.line]
