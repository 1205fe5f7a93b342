# SPDX-License-Identifier: Apache-2.0
"""Models that are valid and unusual, on the platform, byte for byte.

Environment: as for on_platform.py.
"""
import unittest

import numpy as np

from on_platform import PlatformCase  # first: makes deploy importable
from deploy import graph as graphs, models, plan
from deploy.operators import ModelError

FLAT = {"mult": 1, "shift": 18, "add": 0}  # all logits become 0


def attention(queries, keys, width=64, heads=1, qk=None, av=None):
    """Attention over inputs q, k and v."""
    graph, random = graphs.Graph(f"attention_{queries}_{keys}"), models.Random(8)
    q = graph.input("q", (queries, width))
    k, v = (graph.input(name, (keys, width)) for name in "kv")
    graph.output(graph.add("Attention", q, k, v, name="attention", heads=heads,
                           qk=qk or random.requant(1 << 16), av=av or random.requant(1 << 14)))
    return graph


class Attention(PlatformCase):
    def test_itas_take_other_numbers_of_keys_than_queries(self):
        for queries, keys, device in ((64, 128, "cores"), (128, 64, "ita"), (192, 128, "cores"),
                                      (256, 128, "ita")):
            with self.subTest((queries, keys)):
                workload, _ = self.check(attention(queries, keys, 128, 2), "tessera", 2)
                self.assertEqual(workload.plan.builder.mapping.devices["attention"], device)
        with self.assertRaisesRegex(ModelError, "S=64 with 128 keys; allowed: multiples"):
            self.check(attention(64, 128), "tessera", options=plan.Options(maps={"": "ita"}))

    def test_projections_of_other_rows_for_keys(self):
        graph, random = graphs.Graph("cross"), models.Random(3)
        x, y = graph.input("x", (128, 128)), graph.input("y", (64, 128))
        q, k, v = (random.linear(graph, source, 64, name)
                   for source, name in ((x, "q"), (y, "k"), (y, "v")))
        graph.output(graph.add("Attention", q, k, v, name="attention", heads=1,
                               qk=random.requant(1 << 16), av=random.requant(1 << 14)))
        self.check(graph, "tessera", 2)

    def test_what_itas_have_no_slots_for_runs_on_cores(self):
        for name, settings in (("encoder:832,64,64,1,64", ()),
                               ("encoder:320,64,64,1,64", ("soc.ita.count=8",))):
            with self.subTest(name):
                workload, _ = self.check(models.random_model(name), "tessera", settings=settings)
                self.assertEqual(workload.plan.builder.mapping.devices["attention"], "cores")

    def test_operands_that_lie_transposed(self):
        graph, random = graphs.Graph("transposed"), models.Random(9)
        q, k, v = (graph.add("Transpose", graph.input(f"{name}t", (128, 64)), name=name,
                             perm=[1, 0]) for name in "qkv")
        graph.output(graph.add("Attention", q, k, v, name="attention", heads=2,
                               qk=random.requant(1 << 16), av=random.requant(1 << 14)))
        for device in ("ita", "cores"):
            self.check(graph, "tessera", 2, options=plan.Options(maps={"": device}))

    def test_most_keys_of_equal_logits(self):
        inputs = [{"q": np.zeros((4, 4), np.int8), "k": np.zeros((2032, 4), np.int8),
                   "v": np.ones((2032, 4), np.int8)}]
        av = {"mult": 1, "shift": 8, "add": 0}
        self.check(attention(4, 2032, 4, qk=FLAT, av=av), "tessera", inputs=inputs)
        with self.assertRaisesRegex(ModelError, "2048 keys; allowed: multiples of 16 up to 2032"):
            attention(4, 2048, 4)

    def test_itas_of_other_widths_leave_attention_to_cores(self):
        graph = attention(256, 256, qk={"mult": 64, "shift": 20, "add": 0},
                          av={"mult": 64, "shift": 14, "add": 0})
        for elements, device in ((8, "cores"), (16, "ita"), (32, "cores")):
            with self.subTest(elements):
                workload, _ = self.check(
                    graph, "tessera", settings=(f"soc.ita.processing_elements={elements}",))
                self.assertEqual(workload.plan.builder.mapping.devices["attention"], device)


class Iterations(PlatformCase):
    """Inputs and outputs of the second iteration lie elsewhere in L2."""

    def test_inputs_that_do_not_stay_in_l1(self):
        self.check(models.dense(64, 64, 64), "tessera", 2, options=plan.Options(spilled=("x",)))
        for name in ("encoder:512,256,64,4,512", "dense:512,640,896"):
            with self.subTest(name):
                self.check(models.random_model(name), "tessera", 2)

    def test_blocks_of_rows_on_itas(self):
        """Input, result or both come through L1 in blocks of rows."""
        graph = models.dense(256, 128, 192)
        for spilled, row_bytes in ((("x",), 128), (("fc",), 192), (("x", "fc"), 320)):
            workload, _ = self.check(graph, "tessera", 3, options=plan.Options(
                spilled=spilled, tile_bytes=128 * row_bytes, maps={"": "ita"}))
            self.assertEqual(len(workload.plan.steps), 2)

    def test_outputs_that_later_layers_read(self):
        graph, random = graphs.Graph("outputs"), models.Random(4)
        x = graph.input("x", (20, 32))
        for index in range(3):
            x = random.linear(graph, x, 32, f"l{index}")
            graph.output(x)
        for spilled in (("l0",), ("l1",), ("l0", "l1", "l2")):
            with self.subTest(spilled):
                self.check(graph, "minpool", 3, options=plan.Options(spilled=spilled))

    def test_jobs_in_contexts_that_an_iteration_left(self):
        for name in ("dense:64,640,512", "dense:64,64,64", "dense:64,320,64"):
            with self.subTest(name):
                self.check(models.random_model(name), "tessera", 3, settings=("soc.ita.count=8",))

    def test_jobs_that_start_together_have_all_their_operands(self):
        """Though ITAs have few slots: none waits for a tile in a slot that an earlier one reads."""
        for name in ("encoder:64,128,64,4,256", "encoder:64,128,192,1,256"):
            with self.subTest(name):
                self.check(models.random_model(name), "tessera", 2, settings=("soc.ita.count=8",))

    def test_an_input_that_is_an_output(self):
        for op, attributes in (("Transpose", {"perm": [1, 0]}), ("Reshape", {"shape": [4, 16]})):
            graph = graphs.Graph("both")
            x = graph.input("x", (8, 8))
            graph.output(x)
            graph.output(graph.add(op, x, name="y", **attributes))
            with self.subTest(op):
                self.check(graph, "tessera", 2)


class Layers(PlatformCase):
    def test_blocks_of_weights_that_are_all_zero(self):
        graph, random = graphs.Graph("zeros"), models.Random(6)
        weight = random.bytes(256, 256)
        weight[64:192] = 0
        x = graph.input("x", (256, 256))
        bias = random.rng.integers(-999, 999, 256, dtype=np.int32)
        graph.output(graph.add("Linear", x, weight, bias, name="fc", block=[64, 64],
                               requant={"mult": 90, "shift": 15, "add": 2}))
        workload, _ = self.check(graph, "tessera", 2, options=plan.Options(maps={"": "cores"}))
        self.assertNotIn("dense", workload.plan.builder.notes[0][0])

    def test_elements_of_all_types_are_transposed(self):
        for dtype in ("int8", "uint8", "uint16", "int32"):
            for shape in ((4, 8), (3, 5), (2, 3, 6)):
                graph = graphs.Graph("transpose")
                x = graph.input("x", shape, dtype)
                perm = list(range(len(shape)))[::-1]
                graph.output(graph.add("Transpose", x, name="y", perm=perm))
                with self.subTest((dtype, shape)):
                    self.check(graph, "minpool", 2)


if __name__ == "__main__":
    unittest.main()
