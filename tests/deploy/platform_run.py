# SPDX-License-Identifier: Apache-2.0
"""Models on the platform: the firmware `encoder` computes what numpy does, byte for byte.

Environment: as for on_platform.py; GOLDEN as in support.py.
"""
import unittest

import numpy as np

import support
from deploy import cost, graph as graphs, models, plan, reference
from deploy.breakdown import break_down, layer_span
from deploy.commands import KIND_ITA, KIND_TEAM
from golden_networks import GoldenNetworks
from on_platform import PlatformCase, execute
from plan_test import classifier, odd_operators


class GoldenOnPlatform(GoldenNetworks, unittest.TestCase):
    def outputs(self, graph, inputs):
        checked = {name: reference.checked_input(graph, name, inputs) for name in graph.inputs}
        (outputs,), _, _ = execute(graph, "tessera", [checked])
        return outputs


class OwnModels(PlatformCase):
    def test_encoder_layers_on_all_sizes_of_machines(self):
        for machine in ("minpool", "mempool", "tessera", "terapool"):
            self.check(models.encoder(64, 64, 32, 4, 128), machine, 2)

    def test_a_small_machine_streams_activations(self):
        workload, _ = self.check(models.encoder(128, 128, 16, 8, 256), "minpool", 2)
        self.assertTrue(workload.plan.choices.spilled)

    def test_a_classifier_and_odd_operators(self):
        for machine in ("minpool", "tessera"):
            self.check(classifier(), machine, 3)
            self.check(odd_operators(), machine, 2)

    def test_attention_and_products_on_itas(self):
        """With the projections in the ITAs' banks, and with values that are stored transposed."""
        for graph in (models.encoder(64, 128, 192, 1, 256), models.encoder(128, 256, 64, 4, 512),
                      models.encoder(256, 128, 64, 3, 1024)):
            workload, _ = self.check(graph, "tessera", 2)
            devices = workload.plan.builder.mapping.devices
            self.assertEqual(devices["attention"], "ita")
            self.assertEqual(devices["ffn1"], "ita")

    def test_itas_and_cores_compute_the_same(self):
        graph = models.encoder(128, 128, 64, 2, 256)
        inputs = models.random_inputs(graph, seed=2)
        results = [execute(graph, "tessera", inputs, options=plan.Options(maps=maps))[0]
                   for maps in ({}, {"": "cores"}, {"attention": "cores"}, {"q": "cores"},
                                {"v": "cores", "out": "cores"})]
        for outputs in results[1:]:
            for name in graph.outputs:
                np.testing.assert_array_equal(outputs[0][name], results[0][0][name])

    def test_heads_on_itas_and_cores_compute_the_same(self):
        """Also values that are stored transposed for ITAs, and row-major from cores."""
        graph = models.encoder(128, 128, 64, 4, 128)
        inputs = models.random_inputs(graph, 2, seed=5)
        cases = [({}, "0", set()), ({}, "4", {0, 1, 2, 3}), ({}, "3", {0, 1, 2}),
                 ({}, "ita2:0,ita0:1-2,cores:3", {0, 2}), ({}, "ita1:3,ita3:0-2", {1, 3}),
                 ({}, "cores:0,ita:1,cores:2-3", {0}), ({"": "cores"}, "2", {0, 1}),
                 ({"v": "cores"}, "1", {0})]
        expected = [reference.run(graph, values) for values in inputs]
        for maps, heads, itas in cases:
            with self.subTest(maps=maps, heads=heads):
                options = plan.Options(maps=maps, heads={"attention": heads})
                outputs, workload, _ = execute(graph, "tessera", inputs, options=options)
                for got, values in zip(outputs, expected):
                    for name in graph.outputs:
                        np.testing.assert_array_equal(got[name], values[name])
                jobs = {engine.index for engine in workload.schedule.engines
                        if engine.kind == KIND_ITA
                        and any(command.layer == workload.schedule.layers.index("attention")
                                for command in engine.commands)}
                self.assertEqual(jobs, itas)

    def test_heads_run_on_itas_and_cores_at_the_same_time(self):
        graph, random = graphs.Graph("heads"), models.Random(8)
        q, k, v = (graph.input(name, (64, 128)) for name in "qkv")
        graph.output(graph.add("Attention", q, k, v, name="attention", heads=2,
                               qk=random.requant(1 << 16), av=random.requant(1 << 14)))
        workload, result = self.check(graph, "tessera", timing="cycle",
                                      options=plan.Options(heads={"attention": "ita3:1,cores:0"}))
        jobs, tasks = [], []
        for handle, command in cost.commands(workload.schedule):
            times = result.logs[handle.engine][handle.count - 1]
            if workload.schedule.engines[handle.engine].kind == KIND_ITA:
                jobs.append(times)
            elif workload.tasks.get(handle) and workload.tasks[handle].kernel != "transpose":
                tasks.append(times)
        self.assertEqual(len(jobs), 2)
        for begin, end in jobs:
            self.assertTrue(any(begin < task[1] and task[0] < end for task in tasks))

    def test_orders_of_tiles_on_itas_compute_the_same(self):
        graph = models.dense(192, 192, 640, activation=models.GELU)
        order = {}
        for name in ("rows", "columns"):
            workload, _ = self.check(graph, "tessera", 2, options=plan.Options(orders={"": name}))
            order[name] = [command.arguments for _, command in cost.commands(workload.schedule)]
        self.assertNotEqual(order["rows"], order["columns"])

    def test_deployed_attention_keeps_itas_busy_and_hides_transfers(self):
        """Of the second layer, whose weights come while the layer before ends; the first one waits
        for its input and weights (sw/encoder/README.md)."""
        workload, result = self.check(models.encoder(128, 256, 64, 4, 1024, 2, 2), "tessera",
                                      timing="cycle")
        schedule = workload.schedule
        for prefix, least_busy, least_hidden in (("l0", 0.62, 0.68), ("l1", 0.70, 0.80)):
            names = [f"{prefix}_attention", f"{prefix}_out"]
            begin, end = layer_span(schedule, result, names)
            hidden = break_down(schedule, result, begin, end).dma_hidden
            attention = schedule.layers.index(names[0])
            with_input = begin if prefix == "l0" else min(
                log[index][0] for engine, log in zip(schedule.engines, result.logs)
                for index, command in enumerate(engine.commands)
                if engine.kind == KIND_TEAM and command.layer == attention)
            table = break_down(schedule, result, with_input, end)
            busy = table.ita_utilisation / table.ita_bound
            print(f"{names}: {busy:.3f} of the bound, {hidden:.3f} of the transfers hidden")
            self.assertTrue(least_busy <= busy <= 1, busy)
            self.assertGreaterEqual(hidden, least_hidden)

    def test_predicted_cycles_are_near_the_measured(self):
        workload, result = self.check(models.encoder(128, 128, 32, 4, 512), "tessera",
                                      timing="cycle", options=plan.Options(maps={"": "cores"}))
        predicted = sum(layer.cycles for layer in cost.predict(workload))
        self.assertAlmostEqual(predicted / result.cycles, 1, delta=0.25)


if __name__ == "__main__":
    unittest.main()
