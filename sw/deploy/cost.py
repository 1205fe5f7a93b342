# SPDX-License-Identifier: Apache-2.0
"""Predicts what a schedule costs, layer by layer, and compares it with what a run measured.

Every command gets a duration from the table below; the queues with their waits then give the times
at which commands start and end, as on the machine.
"""
import dataclasses

from .commands import (KIND_DMA, KIND_ITA, KIND_TEAM, OP_MOVE_TILES, OP_NOTHING, OP_SPREAD, TILE,
                       Handle)
from .kernels import ACTIVATIONS

# Cycles of a team's command: fixed, and per unit of the busiest worker (features()). Fitted to runs
# on tessera in cycle timing by calibrate.py.
KERNEL_CYCLES = {
    "gemm": (701, 305, 0.402, 495), "gemm_shift": (142, 1080, 0.45),
    "gemm_int32": (700, 620, 0.409), "softmax": (262, 37.3), "partial_max": (400, 46),
    "i_softmax": (400, 115), "layer_norm": (1310, 6.98, 26.9), "i_gelu": (400, 26),
    "requant_shift": (411, 17.2), "mean": (400, 13.5), "residual_add": (327, 19),
    "add": (404, 16.4), "transpose": (482, 12.8), "embedding": (400, 20),
    "convolution": (400, 9.3), "max_pool": (400, 23.5),
}
MOVE_COMMAND_CYCLES = 250  # of a team that moves tiles, and MOVE_CYCLES per word
COPY_CYCLES = 60  # of the hart that serves the DMA, per command
ITA_JOB_CYCLES = 290  # of a tile step; models/ita/README.md has 265..307
MOVE_CYCLES = 3  # of a worker for a word of a tile that it moves
BLOCK = 16  # results that a worker computes at once
GEMMS = ("gemm", "gemm_shift", "gemm_int32")
ROWWISE = ("softmax", "partial_max", "i_softmax")
MOST_SHARERS = 4  # workers that share a row of LayerNorm (sw/kernels/reduce.c)


@dataclasses.dataclass
class LayerCost:
    """Cycles and bytes of one layer.

    cores: of the busiest team; ita: of the busiest ITA; dma: of all its transfers; cycles: by
    which it ends later than what came before it; macs: multiply-accumulates; loaded, stored: bytes
    from and to L2."""

    name: str
    cores: int = 0
    ita: int = 0
    dma: int = 0
    cycles: int = 0
    macs: int = 0
    loaded: int = 0
    stored: int = 0

    @property
    def bound(self):
        """What limits the layer."""
        busy = {"cores": self.cores, "ITA": self.ita, "DMA": self.dma}
        return max(busy, key=busy.get) if any(busy.values()) else "-"


def predict(workload):
    """Predicted costs: list of LayerCost in the order of the schedule's layers."""
    durations = {handle: duration(workload, handle, command)
                 for handle, command in commands(workload.schedule)}
    return summarise(workload, timeline(workload.schedule, durations))


def measured(workload, result):
    """The same from a run's Result."""
    times = {handle: tuple(result.logs[handle.engine][handle.count - 1])
             for handle, _ in commands(workload.schedule)}
    return summarise(workload, times)


def commands(schedule):
    """(Handle, Command) of all engines."""
    for number, engine in enumerate(schedule.engines):
        for index, command in enumerate(engine.commands):
            yield Handle(number, index + 1), command


def duration(workload, handle, command):
    """Predicted cycles of a command once its waits are over."""
    schedule = workload.schedule
    if command.opcode == OP_NOTHING:
        return 0
    if schedule.engines[handle.engine].kind == KIND_DMA:
        return COPY_CYCLES + sum(schedule.soc.dma_cycles(*copy) for copy in copies_of(command))
    engine = schedule.engines[handle.engine]
    if engine.kind == KIND_ITA:
        return ITA_JOB_CYCLES
    workers = schedule.workers(engine.index)
    task = workload.tasks.get(handle)
    if task is None:
        return move_cycles(command, workers)
    return kernel_cycles(task, workers)


def copy_cycles(soc, size):
    """Predicted cycles of a transfer between the cores' L1 and L2."""
    return COPY_CYCLES + soc.dma_cycles(0, soc.l2_base, size)


def copies_of(command):
    """(destination, source, bytes) of a DMA command's transfers that run one after another."""
    if command.opcode == OP_SPREAD:
        return [command.arguments[:3]]  # the others run beside it
    return list(zip(*[iter(command.arguments)] * 3))


def move_cycles(command, workers):
    """Cycles of a team that brings tiles to an ITA or back."""
    rows, tiles, copies = TILE, 1, 1
    if command.opcode == OP_MOVE_TILES:
        sizes = command.arguments[6]
        rows, tiles, copies = sizes & 0xFF, sizes >> 8 & 0xFF, sizes >> 16
    words = -(-rows * tiles * TILE // 4 // workers) * copies
    return MOVE_COMMAND_CYCLES + MOVE_CYCLES * words


def features(task, workers):
    """What a kernel's cycles are made of, after the fixed part: work of the busiest worker.

    Products: blocks of 4 x 4 results, their multiply-accumulates, and results with an activation.
    Operators on rows: elements in its rows; LayerNorm: and its part of them. Others: elements, or
    multiply-accumulates.
    """
    arguments = task.arguments
    if task.kernel in GEMMS:
        m, n, k = (arguments[name] for name in "mnk")
        blocks = -(-(-(-m // 4) * -(-n // 4)) // workers)
        counts = [blocks, blocks * k * BLOCK]
        if task.kernel == "gemm":
            counts.append(blocks if arguments["activation"] else 0)
        return counts
    if task.kernel == "layer_norm":
        sharers = min(max(workers // arguments["rows"], 1), MOST_SHARERS)
        elements = -(-arguments["rows"] // workers) * arguments["columns"]
        return [elements, elements // sharers]
    if task.kernel in ROWWISE:
        return [-(-arguments["rows"] // workers) * arguments["columns"]]
    return [-(-task.work // workers)]


def kernel_cycles(task, workers):
    """Predicted cycles of a kernel command."""
    fixed, *rates = KERNEL_CYCLES[task.kernel]
    return fixed + sum(rate * count for rate, count in zip(rates, features(task, workers)))


def gelu_shares(workload):
    """Layer -> predicted share of its products' cycles on cores that is a fused GELU."""
    cycles, of_gelu = {}, {}
    for handle, task in workload.tasks.items():
        if task.arguments.get("activation") != ACTIVATIONS["gelu"]:
            continue
        schedule = workload.schedule
        engine = schedule.engines[handle.engine]
        layer = schedule.layers[engine.commands[handle.count - 1].layer]
        workers = schedule.workers(engine.index)
        cycles[layer] = cycles.get(layer, 0) + kernel_cycles(task, workers)
        of_gelu[layer] = of_gelu.get(layer, 0) + (KERNEL_CYCLES[task.kernel][-1]
                                                  * features(task, workers)[-1])
    return {layer: of_gelu[layer] / cycles[layer] for layer in cycles}


def timeline(schedule, durations):
    """Handle -> (start, end) when every command begins as soon as its waits are over."""
    times = {}
    begun = [0] * len(schedule.engines)
    moved = True
    while moved:
        moved = False
        for number, engine in enumerate(schedule.engines):
            while begun[number] < len(engine.commands):
                command = engine.commands[begun[number]]
                if any(wait not in times for wait in command.waits):
                    break
                before = times.get(Handle(number, begun[number]), (0, 0))[1]
                start = max([before, *(times[wait][1] for wait in command.waits)])
                begun[number] += 1
                handle = Handle(number, begun[number])
                times[handle] = (start, start + durations[handle])
                moved = True
    return times


def summarise(workload, times):
    """LayerCosts from the times of all commands."""
    schedule = workload.schedule
    costs = [LayerCost(name) for name in schedule.layers]
    ends = [0] * len(costs)
    busy = [{} for _ in costs]
    for handle, command in commands(schedule):
        start, end = times[handle]
        cost = costs[command.layer]
        ends[command.layer] = max(ends[command.layer], end)
        if command.opcode == OP_NOTHING:
            continue
        engines = busy[command.layer]
        engines[handle.engine] = engines.get(handle.engine, 0) + int(end - start)
        kind = schedule.engines[handle.engine].kind
        if kind == KIND_DMA:
            count_bytes(cost, command, schedule.soc.l2_base)
        elif kind == KIND_ITA:
            cost.macs += TILE ** 3
        elif handle in workload.tasks:
            task = workload.tasks[handle]
            cost.macs += task.work if task.operator_class == "gemm_cores" else 0
    before = 0
    for cost, end, engines in zip(costs, ends, busy):
        cost.dma, cost.cores, cost.ita = (
            max((cycles for number, cycles in engines.items()
                 if schedule.engines[number].kind == kind), default=0)
            for kind in (KIND_DMA, KIND_TEAM, KIND_ITA))
        cost.cycles = int(max(end - before, 0))
        before = max(before, end)
    return costs


def count_bytes(cost, command, l2_base):
    stored = sum(size for destination, _, size in copies_of(command) if destination >= l2_base)
    cost.stored += stored
    cost.loaded += command.moved_bytes - stored


def explain(workload, result=None):
    """The text of --explain: what each layer costs, how it is cut, what bounds it."""
    plan = workload.plan
    predicted = predict(workload)
    real = measured(workload, result) if result else None
    notes = {plan.layers[index].name: "; ".join(texts)
             for index, texts in plan.builder.notes.items()}
    kinds = {layer.name: layer.kind for layer in plan.layers}
    header = ["layer", "kind", "on", "MAC", "B in", "B out", "cores", "ITA", "DMA", "cycles",
              "bound"]
    rows = []
    for index, cost in enumerate(predicted):
        row = [cost.name[-36:], kinds[cost.name], plan.builder.mapping.device_text(cost.name),
               cost.macs, cost.loaded, cost.stored, int(cost.cores), cost.ita, cost.dma,
               cost.cycles, cost.bound]
        if real:
            row += [real[index].cores, real[index].ita, real[index].dma, real[index].cycles]
        rows.append([*row, notes.get(cost.name, "")])
    header += ["| cores", "ITA", "DMA", "cycles"] if real else []
    total = ["total", "", "", *[sum(row[column] for row in rows) for column in range(3, 10)], ""]
    total += [sum(row[column] for row in rows) for column in range(11, 15)] if real else []
    return table([[*header, "tiles"], *rows, [*total, ""]]) + "\n" + memory_text(workload)


def memory_text(workload):
    """Where memory goes."""
    plan, schedule = workload.plan, workload.schedule
    spilled = ", ".join(sorted(plan.choices.spilled)) or "none"
    return (f"L1: {l1_bytes(workload)} of {plan.soc.l1_end - schedule.l1_begin} bytes; "
            f"L2: {len(schedule.data)} bytes of data; activations in L2: {spilled}")


def l1_bytes(workload):
    """Bytes of L1 up to the end of the plan's last buffer."""
    begin = workload.schedule.l1_begin
    return max((buffer.address + buffer.bytes for step in workload.plan.steps
                for group in step.buffers_in_l1() for buffer in group), default=begin) - begin


def table(rows):
    """Columns as wide as their widest cell; numbers to the right."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = []
    for row, source in zip(cells, rows):
        lines.append("  ".join(
            cell.rjust(width) if isinstance(value, int) else cell.ljust(width)
            for cell, width, value in zip(row, widths, source)).rstrip())
    return "\n".join(lines)
