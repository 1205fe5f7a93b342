# SPDX-License-Identifier: Apache-2.0
"""Static allocation of L1 for buffers whose times in use are known."""
from .soc import aligned


class Overflow(Exception):
    """Buffers do not fit. buffers: those in use at the step where most is; step: that step."""

    def __init__(self, step, buffers, needed):
        super().__init__(f"step {step} needs {needed} bytes")
        self.step = step
        self.buffers = buffers
        self.needed = needed


def allocate(buffers, begin, end):
    """Gives every buffer an address in [begin, end).

    The largest product of size and time goes first; each takes the smallest gap that is free of
    buffers in use at the same time.

    Args:
        buffers: list of Buffer with first and last.
        begin, end: addresses; begin is aligned.
    Raises: Overflow.
    """
    check_sum(buffers, end - begin)
    placed = []
    order = sorted(range(len(buffers)), key=lambda i: (-weight(buffers[i]), i))
    for buffer in (buffers[index] for index in order):
        others = sorted((other.address, other.address + aligned(other.bytes)) for other in placed
                        if other.first <= buffer.last and buffer.first <= other.last)
        buffer.address = best_gap(others, begin, end, aligned(buffer.bytes))
        if buffer.address is None:
            raise overflow_around(buffers, buffer)
        placed.append(buffer)


def weight(buffer):
    return aligned(buffer.bytes) * (buffer.last - buffer.first + 1)


def best_gap(taken, begin, end, size):
    """Start of the smallest gap of at least `size` between intervals sorted by start, or None."""
    best, best_room, cursor = None, None, begin
    for start, stop in [*taken, (end, end)]:
        room = start - cursor
        if room >= size and (best is None or room < best_room):
            best, best_room = cursor, room
        cursor = max(cursor, stop)
    return best


def usage(buffers):
    """Bytes in use in each step: list from step 0 to the last."""
    steps = max((buffer.last for buffer in buffers), default=-1) + 1
    change = [0] * (steps + 1)
    for buffer in buffers:
        change[buffer.first] += aligned(buffer.bytes)
        change[buffer.last + 1] -= aligned(buffer.bytes)
    result, total = [], 0
    for step in range(steps):
        total += change[step]
        result.append(total)
    return result


def overflow_at(buffers, step, needed):
    alive = [buffer for buffer in buffers if buffer.first <= step <= buffer.last]
    return Overflow(step, alive, needed)


def check_sum(buffers, room):
    """Raises Overflow at the step that needs most, if that is more than there is."""
    used = usage(buffers)
    if used and max(used) > room:
        step = used.index(max(used))
        raise overflow_at(buffers, step, max(used))


def overflow_around(buffers, buffer):
    """Overflow in the fullest step of a buffer for which no gap was left."""
    used = usage(buffers)
    step = max(range(buffer.first, buffer.last + 1), key=lambda index: used[index])
    return overflow_at(buffers, step, used[step])
