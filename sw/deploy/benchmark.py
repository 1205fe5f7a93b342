# SPDX-License-Identifier: Apache-2.0
"""Figures of a model on the platform in cycle timing, with its outputs compared with numpy's."""
import dataclasses

import numpy as np

from . import cost, emit, plan, reference
from .breakdown import Breakdown, break_down
from .commands import KIND_ITA, KIND_TEAM
from .run import run_schedule

MAPS = {"ITA": "auto", "cores": "cores"}
"""Device of a row -> plan.Options.maps of all layers: ITAs wherever they can, or nowhere."""
OPERATIONS = 2  # a multiply-accumulate is two
REGION = 0  # of the run's statistics: encoder marks one, all iterations


@dataclasses.dataclass
class Measurement:
    """What one run gives. Shares are 0..1, None where there is nothing to share.

    on: key of MAPS. iterations: inferences, one after another. cycles: of all. macs: of the model's
    products in one inference. ita_layers: layers that ITAs computed. core_utilisation: share of all
    harts' cycles in which they issue an instruction. l1_conflicts: of the cycles that harts'
    accesses spend at banks of L1, the share spent waiting. breakdown: of the last inference.
    differing: values of the outputs that are not numpy's. outputs: list of dicts of arrays.
    """

    on: str
    clock_khz: int
    iterations: int
    cycles: int
    macs: int
    ita_layers: int
    core_utilisation: float
    l1_conflicts: float
    breakdown: Breakdown
    differing: int
    outputs: list

    @property
    def cycles_per_inference(self):
        return self.cycles / self.iterations

    @property
    def macs_per_cycle(self):
        return self.macs / self.cycles_per_inference

    @property
    def gops(self):
        """10^9 operations of the products per second at the machine's clock."""
        return OPERATIONS * self.macs_per_cycle * self.clock_khz / 1e6

    @property
    def microseconds(self):
        """Of one inference at the machine's clock."""
        return self.cycles_per_inference * 1e3 / self.clock_khz

    def idle(self, kind):
        """Mean share of the last inference in which an engine of that kind does nothing."""
        shares = [1 - engine.busy / self.breakdown.cycles for engine in self.breakdown.engines
                  if engine.kind == kind]
        return sum(shares) / len(shares) if shares else None

    @property
    def ita_idle(self):
        return self.idle(KIND_ITA)

    @property
    def team_idle(self):
        return self.idle(KIND_TEAM)


def measure(graph, soc, on, inputs, **tools):
    """Runs a model.

    Args:
        graph: Graph.
        soc: Soc.
        on: key of MAPS.
        inputs: list, one dict of arrays per inference.
        tools: tessera, elf, timeout as for run.run_image().
    Raises: ModelError, ScheduleError, RunError.
    Returns: Measurement.
    """
    made = plan.make_plan(graph, soc, plan.Options(maps={"": MAPS[on]}))
    workload = emit.emit(made, inputs)
    result = run_schedule(workload.schedule, timing="cycle", **tools)
    region = result.run.statistics_file["regions"][REGION]["stats"]
    outputs = workload.read_outputs(result)
    devices = list(made.builder.mapping.devices.values())
    return Measurement(
        on, soc.clock_khz, len(inputs), result.total_cycles, multiply_accumulates(graph),
        devices.count("ita"), core_utilisation(region), l1_conflicts(region),
        break_down(workload.schedule, result, gelu_shares=cost.gelu_shares(workload)),
        differing_values(graph, inputs, outputs), outputs)


def multiply_accumulates(graph):
    """Of the products of a model with Linear and Attention layers."""
    total = 0
    for node in graph.nodes:
        shapes = [graph.tensors[name].shape for name in node.inputs]
        if node.op == "Linear":
            rows = np.prod(shapes[0][:-1], dtype=int)
            total += int(rows * np.prod(shapes[1], dtype=int))
        elif node.op == "Attention":
            total += 2 * shapes[0][0] * shapes[1][0] * shapes[0][1]
    return total


def differing_values(graph, inputs, outputs):
    """How many values of the outputs are not those of the numpy reference."""
    count = 0
    for values, got in zip(inputs, outputs):
        expected = reference.run(graph, values)
        count += sum(int(np.count_nonzero(got[name] != expected[name])) for name in graph.outputs)
    return count


def total(statistics, part, name):
    """Sum of a statistic over all instances whose path contains `part`."""
    return sum(value for path, value in statistics.items()
               if part in path and path.endswith("." + name))


def core_utilisation(statistics):
    return (total(statistics, ".core[", "instructions")
            / total(statistics, ".core[", "cycles"))


def l1_conflicts(statistics):
    waits = total(statistics, "].bank[", "wait_cycles")
    accesses = total(statistics, "].bank[", "requests")
    return waits / (waits + accesses)
