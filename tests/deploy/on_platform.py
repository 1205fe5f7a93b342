# SPDX-License-Identifier: Apache-2.0
"""Runs models on the platform and compares them with numpy, for the tests that do so.

Environment: TESSERA and ENCODER, paths of the simulator and the firmware.
"""
import os
import unittest

import numpy as np

import support
from deploy import emit, models, plan, reference, run
from deploy.soc import load_soc

TOOLS = {"tessera": os.environ.get("TESSERA"), "elf": os.environ.get("ENCODER"), "timeout": 240}


def execute(graph, machine, inputs, timing="functional", options=None, settings=()):
    """(outputs of all iterations, Workload, Result) of a run."""
    soc = load_soc(support.ROOT / f"configs/{machine}.yaml", settings, support.TESSERA)
    workload = emit.emit(plan.make_plan(graph, soc, options), inputs)
    result = run.run_schedule(workload.schedule, timing=timing, **TOOLS)
    return workload.read_outputs(result), workload, result


class PlatformCase(unittest.TestCase):
    def check(self, graph, machine, iterations=1, inputs=None, **arguments):
        """Runs a model on random inputs; fails unless all outputs are numpy's and no guest error
        was printed. Returns (Workload, Result)."""
        inputs = inputs or models.random_inputs(graph, iterations, seed=11)
        outputs, workload, result = execute(graph, machine, inputs, **arguments)
        self.assertEqual(result.run.facts["guest_errors"], 0)
        for index, (values, got) in enumerate(zip(inputs, outputs)):
            expected = reference.run(graph, values)
            for name in graph.outputs:
                np.testing.assert_array_equal(got[name], expected[name],
                                              f"{name} of iteration {index}")
        return workload, result
