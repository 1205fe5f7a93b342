# SPDX-License-Identifier: Apache-2.0
"""Where the time of a schedule went: per layer and operator class, out of the firmware's log.

    result = run_schedule(schedule, timing="cycle")
    table = break_down(schedule, result)
    print(table.markdown())

Every cycle of the run is given to what computes in it: it is shared evenly between the ITAs and
teams that compute. A cycle in which nothing computes is data movement if the DMA or a team moves
data (their time is not hidden), synchronisation if commands are only handed over or waited for. So
the classes sum up to the cycles of the run. Softmax and GELU on an ITA are part of its tile steps;
a GELU that cores compute with a product is told apart when its share is given (cost.gelu_shares).
"""
import collections
import csv
import dataclasses
import io

import numpy as np

from .commands import BIAS_DISABLE, KIND_DMA, KIND_ITA, OPERATOR_CLASSES, OUTPUT_DISABLE

MOVEMENT = "data_movement"
SYNCHRONISATION = "synchronisation"
CLASSES = OPERATOR_CLASSES + (SYNCHRONISATION,)
TILE_STEP_CYCLES = 256
# Cycles of a job of the HWPE wrapper without stalls, {(has output, has bias)}; source:
# models/ita/README.md.
JOB_CYCLES = {(True, True): 307, (True, False): 306, (False, True): 272, (False, False): 265}


@dataclasses.dataclass
class EngineTime:
    """Of one engine. busy: cycles in which a command ran; by_class: {class: cycles}."""

    name: str
    kind: int
    busy: int
    by_class: dict


@dataclasses.dataclass
class Breakdown:
    """What break_down() finds out.

    cycles: of the run. rows: {(layer, class): cycles}, sum = cycles. engines: [EngineTime].
    ita_utilisation: multiply-accumulates of the ITAs as a share of their peak, None without jobs.
    ita_bound: the share that jobs back to back would reach. ita_busy: share of the time in which a
    job ran. dma_cycles: in which a transfer ran; dma_hidden: share of them in which an ITA or a
    team computed, None without transfers. dma_bytes: moved.
    """

    cycles: int
    rows: dict
    engines: list
    ita_utilisation: float
    ita_bound: float
    ita_busy: float
    dma_cycles: int
    dma_hidden: float
    dma_bytes: int

    def by_class(self):
        """{class: cycles} over all layers."""
        totals = collections.defaultdict(float)
        for (_, name), cycles in self.rows.items():
            totals[name] += cycles
        return {name: totals[name] for name in CLASSES if totals[name]}

    def table(self):
        """Rows [layer, class, cycles, share of the run in per cent], then the totals per class."""
        lines = [[layer, name, round(cycles), 100 * cycles / self.cycles]
                 for (layer, name), cycles in self.rows.items()]
        lines += [["all", name, round(cycles), 100 * cycles / self.cycles]
                  for name, cycles in self.by_class().items()]
        return lines

    def markdown(self):
        """The table, the engines' times and the ITAs' utilisation as Markdown."""
        lines = ["| layer | class | cycles | share |", "|---|---|---:|---:|"]
        lines += [f"| {layer} | {name} | {cycles} | {share:.1f} % |"
                  for layer, name, cycles, share in self.table()]
        lines += ["", "| engine | busy cycles | busy | idle |", "|---|---:|---:|---:|"]
        for engine in self.engines:
            share = 100 * engine.busy / self.cycles
            lines.append(f"| {engine.name} | {engine.busy} | {share:.1f} % | {100 - share:.1f} % |")
        lines += ["", f"{self.cycles} cycles"]
        if self.ita_utilisation is not None:
            lines.append(f"ITA utilisation {100 * self.ita_utilisation:.1f} % of peak, "
                         f"{100 * self.ita_utilisation / self.ita_bound:.1f} % of the "
                         f"{100 * self.ita_bound:.1f} % that jobs back to back would reach")
        if self.dma_hidden is not None:
            lines.append(f"DMA: {self.dma_bytes} bytes in {self.dma_cycles} cycles, "
                         f"{100 * self.dma_hidden:.1f} % of them behind compute")
        return "\n".join(lines) + "\n"

    def csv(self):
        """The table as comma-separated values with a heading."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["layer", "class", "cycles", "share_percent"])
        writer.writerows([layer, name, cycles, f"{share:.2f}"]
                         for layer, name, cycles, share in self.table())
        return text.getvalue()


def intervals_of(engine, log):
    """[(start, end, command)] in which commands of an engine ran, in cycles. Jobs are queued: one
    begins when the one before has ended."""
    result, last = [], 0
    for command, (start, end) in zip(engine.commands, log.tolist()):
        if engine.kind == KIND_ITA:
            start = max(start, last)
            last = end
        if end > start:
            result.append((start, end, command))
    return result


def _sweep(events, cycles):
    """Yields (cycles, active commands {key: value}) of stretches without change."""
    active, last = {}, 0
    for cycle, is_begin, key, value in sorted(events, key=lambda event: event[:3]):
        cycle = min(max(cycle, 0), cycles)
        if cycle > last:
            yield cycle - last, active
            last = cycle
        if is_begin:
            active[key] = value
        else:
            del active[key]
    if cycles > last:
        yield cycles - last, active


def _events(schedule, logs):
    events = []
    for number, (engine, log) in enumerate(zip(schedule.engines, logs)):
        for index, (start, end, command) in enumerate(intervals_of(engine, log)):
            computes = engine.kind != KIND_DMA and command.operator_class != MOVEMENT
            value = (command.layer, command.operator_class, computes, engine.kind)
            events.append((start, True, (number, index), value))
            events.append((end, False, (number, index), value))
    return events


def _layer_name(schedule, number):
    return schedule.layers[number] if number < len(schedule.layers) else "-"


def _share_out(schedule, logs, cycles):
    """({(layer, class): cycles}, cycles with a transfer, of these those behind compute)."""
    rows = collections.defaultdict(float)
    with_dma, hidden, layer = 0, 0, 0
    for length, active in _sweep(_events(schedule, logs), cycles):
        running = [value for value in active.values() if value[1] != "other" or value[2]]
        computing = [value for value in running if value[2] and value[1] != "other"]
        has_transfer = any(value[3] == KIND_DMA for value in running)
        with_dma += length * has_transfer
        hidden += length * (has_transfer and bool(computing))
        chosen = computing or [value for value in running if value[1] == MOVEMENT] or running
        for value in chosen:
            layer = value[0]
            rows[layer, value[1]] += length / len(chosen)
        if not chosen:
            rows[layer, SYNCHRONISATION] += length
    return rows, with_dma, hidden


def _ordered(schedule, rows):
    """By layer, then in the order of CLASSES; names instead of numbers."""
    order = sorted(rows, key=lambda key: (key[0], CLASSES.index(key[1])))
    return {(_layer_name(schedule, layer), name): rows[layer, name] for layer, name in order}


def ita_figures(schedule, logs, first, last):
    """(share of peak, share that jobs back to back would reach, share of busy time) of the ITAs, by
    the jobs that ended in the cycles first .. last."""
    engines = [(engine, log) for engine, log in zip(schedule.engines, logs)
               if engine.kind == KIND_ITA]
    jobs, back_to_back, busy = 0, 0, 0
    for engine, log in engines:
        streams = [command.arguments[2] >> 16 for command, end in zip(engine.commands, log[:, 1])
                   if first < end <= last]
        jobs += len(streams)
        back_to_back = max(back_to_back, sum(
            JOB_CYCLES[not stream & OUTPUT_DISABLE, not stream & BIAS_DISABLE]
            for stream in streams))
        busy += sum(end - start
                    for start, end, _ in intervals_of(engine, np.clip(log, first, last)))
    if not jobs:
        return None, None, None
    peak, cycles = TILE_STEP_CYCLES * jobs / len(engines), last - first
    return peak / cycles, peak / back_to_back, busy / (cycles * len(engines))


def dma_bytes(schedule):
    """Bytes that the DMA moves in one iteration."""
    return sum(command.moved_bytes for command in schedule.engines[0].commands)


def break_down(schedule, result, first=None, last=None, gelu_shares=None):
    """Breakdown of the last iteration of a run.

    Args:
        schedule: Schedule.
        result: run.Result.
        first, last: cycles from its start to look at; default: all.
        gelu_shares: layer -> share of its products on cores that is GELU.
    """
    first = 0 if first is None else first
    last = result.cycles if last is None else last
    logs = [np.clip(log, first, last) - first for log in result.logs]
    cycles = last - first
    rows, with_dma, hidden = _share_out(schedule, logs, cycles)
    for name, share in (gelu_shares or {}).items():
        layer = schedule.layers.index(name)
        rows[layer, "gelu"] += share * rows[layer, "gemm_cores"]
        rows[layer, "gemm_cores"] *= 1 - share
    engines = []
    for engine, log in zip(schedule.engines, logs):
        by_class = collections.defaultdict(int)
        for start, end, command in intervals_of(engine, log):
            by_class[command.operator_class] += end - start
        engines.append(EngineTime(engine.name, engine.kind, sum(by_class.values()), dict(by_class)))
    utilisation, bound, busy = ita_figures(schedule, result.logs, first, last)
    return Breakdown(cycles, _ordered(schedule, rows), engines, utilisation, bound, busy, with_dma,
                     hidden / with_dma if with_dma else None, dma_bytes(schedule))


def layer_span(schedule, result, names):
    """(first, last) cycle in which commands of the named layers ran."""
    numbers = {schedule.layers.index(name) for name in names}
    ends = [(start, end) for engine, log in zip(schedule.engines, result.logs)
            for start, end, command in intervals_of(engine, log) if command.layer in numbers]
    return min(start for start, _ in ends), max(end for _, end in ends)
