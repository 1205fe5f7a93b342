# SPDX-License-Identifier: Apache-2.0
"""Turns a plan into a schedule: L2 addresses, order of commands, transfers started early."""
import dataclasses
import functools

import numpy as np

from . import ita, kernels
from .commands import LAUNCH_CYCLES, MAX_COPIES, Copy
from .hazards import Span
from .map_ita import ItaMapper, MappingError
from .operators import ModelError, need
from .schedule import Schedule
from .soc import aligned


@dataclasses.dataclass
class Workload:
    """A schedule with a model's data. outputs: name -> (address, stride of iterations, shape,
    type); tasks: Handle of a command -> Task."""

    plan: object
    schedule: Schedule
    inputs: list
    outputs: dict
    tasks: dict

    def read_outputs(self, result):
        """Outputs of all iterations out of a run's Result: list of dicts of arrays."""
        return [{name: result.read(address + index * stride, shape, np.dtype(dtype))
                 for name, (address, stride, shape, dtype) in self.outputs.items()}
                for index in range(len(self.inputs))]


def emit(plan, inputs):
    """The Workload of a plan.

    Args:
        plan: Plan.
        inputs: list, one dict of arrays per iteration.
    Raises: ModelError when L2 is too small, naming the layer that no longer fits.
    """
    io = plan.builder.io
    need(plan.graph.inputs and plan.graph.outputs, "model", "it has no input or no output")
    ports = list(dict.fromkeys(io[name] for name in plan.graph.inputs + plan.graph.outputs))
    stride = sum(aligned(buffer.bytes) for buffer in ports)
    schedule = Schedule(plan.soc, use_itas=plan.uses_itas, iterations=len(inputs),
                        source_stride=stride, destination_stride=stride)
    memory = L2(schedule)
    for buffer, array in plan.builder.constants:
        memory.place(buffer, array.tobytes(), True)
    memory.place_group(ports, b"".join(
        port_bytes(values, buffer) for values in inputs for buffer in ports))
    for buffer in spilled_buffers(plan):
        memory.place(buffer, bytes(buffer.bytes), False)
    tasks = Emitter(plan, schedule, memory).emit()
    outputs = {name: (io[name].address, stride, plan.graph.tensors[name].shape,
                      plan.graph.tensors[name].dtype) for name in plan.graph.outputs}
    return Workload(plan, schedule, inputs, outputs, tasks)


def port_bytes(values, buffer):
    """What an iteration finds in an input of the model, or zeros for an output."""
    data = np.ascontiguousarray(values[buffer.tensor]).tobytes() if buffer.tensor in values else b""
    return data.ljust(aligned(buffer.bytes), b"\0")


class L2:
    """Places buffers; what does not fit is refused with the name of its layer."""

    def __init__(self, schedule):
        self.schedule = schedule

    def need_room(self, layer, what, size):
        """Raises ModelError unless so many bytes are left."""
        room = self.schedule.soc.l2_end - aligned(self.schedule.data_end)
        need(size <= room, layer, f"{what} takes {size} bytes, L2 has {max(room, 0)} left of "
             f"{self.schedule.soc.l2_bytes}: the model is larger than L2")

    def place(self, buffer, data, is_constant):
        self.need_room(buffer.layer or buffer.name, buffer.name, len(data))
        buffer.address = self.schedule.add_data(data, is_constant)

    def place_group(self, buffers, data):
        """Neighbours in memory, for all iterations."""
        address = None
        for buffer in buffers:
            if address is None:
                self.place(buffer, data, False)
                address = buffer.address
            buffer.address = address
            address += aligned(buffer.bytes)


def spilled_buffers(plan):
    """Buffers of L2 that are neither constants nor inputs or outputs of the model."""
    found = {}
    for step in plan.steps:
        for item in step.loads:
            found[id(item.source.buffer)] = item.source.buffer
        for item in step.stores:
            found[id(item.destination.buffer)] = item.destination.buffer
    return [buffer for buffer in found.values() if buffer.address is None]


class Emitter:
    """Gives the steps' commands to a schedule."""

    def __init__(self, plan, schedule, memory):
        self.plan = plan
        self.schedule = schedule
        self.memory = memory
        self.mapper = ItaMapper(schedule) if plan.uses_itas else None
        self.weights = {}  # product on ITAs: map_ita.Weights
        self.tasks = {}

    def emit(self):
        """Steps in order; loads up to `depth` steps early, but never before the store they read.

        Returns: dict of Handle -> Task."""
        early = self.early_loads()
        for step in self.plan.steps:
            for layer in [call.layer for call in step.ita_calls] or \
                    [self.plan.layers[step.layer]]:
                self.schedule.begin_layer(layer.name)
        for index, step in enumerate(self.plan.steps):
            for layer, loads in early.get(index, []):
                self.schedule.begin_layer(self.layer_name(layer))
                self.copies(loads)
            self.schedule.begin_layer(self.layer_name(step.layer))
            tasks = [functools.partial(self.task, self.layer_name(step.layer), task)
                     for task in step.tasks]
            if step.ita_calls:
                self.ita_step(step, tasks)
            else:
                for add_task in tasks:
                    add_task()
            self.copies(step.stores)
        return self.tasks

    def layer_name(self, index):
        return self.plan.layers[index].name

    def early_loads(self):
        """Step -> [(layer, loads to start before its tasks)]."""
        stored, result = {}, {}
        for index, step in enumerate(self.plan.steps):
            by_start = {}
            for item in step.loads:
                after = stored.get(id(item.source.buffer), -1) + 1
                start = max(index - self.plan.depth, after, 0)
                by_start.setdefault(start, []).append(item)
            for start, loads in by_start.items():
                result.setdefault(start, []).append((step.layer, loads))
            for item in step.stores:
                stored[id(item.destination.buffer)] = index
        return result

    def task(self, layer, task):
        arguments = {name: int(value) for name, value in task.arguments.items()}
        try:
            handle = self.schedule.kernel(
                task.team, task.kernel, arguments, [span(region) for region in task.reads],
                [span(region) for region in task.writes], task.operator_class)
        except kernels.ArgumentError as error:
            raise ModelError(layer, f"too large for the cores: {error}") from error
        self.tasks[handle] = task

    def ita_step(self, step, tasks):
        """Layers on ITAs, with tasks of the cores at the same time; weights are placed in L2 when
        they are met first."""
        name = step.ita_calls[0].layer.name
        try:
            for call in step.ita_calls:
                name = call.layer.name
                self.schedule.begin_layer(name)
                weights = [self.ita_weights(layer) for layer in call.weights]
                call.apply(self.mapper, weights, [ita.matrix(view) for view in call.views])
            self.mapper.flush(tasks)
        except MappingError as error:
            raise ModelError(name, str(error)) from error

    def ita_weights(self, layer):
        """map_ita.Weights of a product."""
        if layer.name not in self.weights:
            product = layer.product
            self.memory.need_room(layer.name, "weight", product.weight.size)
            self.weights[layer.name] = self.mapper.add_weights(product.weight, product.bias)
        return self.weights[layer.name]

    def copies(self, transfers):
        """Transfers as commands of up to MAX_COPIES; short ones only at the end of a command."""
        group, group_flags = [], None
        for item in transfers:
            flags = item.source.buffer.advances, item.destination.buffer.advances
            if group and (len(group) == MAX_COPIES or flags != group_flags):
                self.copy(group, group_flags)
                group = []
            group_flags = flags
            group.append(Copy(int(item.destination), int(item.source), item.bytes))
            if self.plan.soc.dma_cycles(*group[-1]) < LAUNCH_CYCLES:
                self.copy(group, group_flags)
                group = []
        if group:
            self.copy(group, group_flags)

    def copy(self, group, flags):
        self.schedule.copy(group, source_advances=flags[0], destination_advances=flags[1])


def span(region):
    return Span(int(region.pointer), region.bytes, region.rows, region.stride)
