# SPDX-License-Identifier: Apache-2.0
"""Plans: executed in numpy in random order they compute the model; what cannot be is refused."""
import unittest

import numpy as np

import interpreter
import support
from deploy import emit, graph as graphs, models, onnx_import, plan, reference
from deploy.operators import ModelError
from deploy.soc import load_soc


CORES = {"": "cores"}


def machine(name, *settings):
    return load_soc(support.ROOT / f"configs/{name}.yaml", settings, support.TESSERA)


def classifier(sequence=32, vocabulary=100, width=64, classes=7):
    """Ids to logits: embedding, an encoder layer, mean, Linear with int32 output."""
    graph, random = graphs.Graph("classifier"), models.Random(5)
    ids = graph.input("ids", (sequence,), "uint16")
    x = graph.add("Embedding", ids, random.bytes(vocabulary, width) // 2,
                  random.bytes(sequence, width) // 2, name="embedding")
    x = models.encoder_layer(graph, random, x, 32, 2, 128)
    x = graph.add("Reshape", graph.add("Mean", x, name="mean", axis=0), name="row",
                  shape=[1, width])
    graph.output(random.linear(graph, x, classes, "classify", output="int32"))
    return graph


def odd_operators():
    """What the golden networks do not have, with sizes that no kernel likes."""
    graph, random = graphs.Graph("odd"), models.Random(6)
    x = graph.input("x", (2, 3, 9, 7), "uint8")
    y = graph.add("Conv", x, random.bytes(5, 3, 3, 3), name="conv", pads=[1, 0, 1, 2],
                  strides=[1, 2])
    per_filter = random.rng.integers(1, 90, (5, 1, 1), dtype=np.int32)
    y = graph.add("RequantShift", y, per_filter, per_filter * 100, name="rq", shift=14)
    graph.output(graph.add("MaxPool", y, name="pool", kernel=[2, 2], strides=[1, 1],
                           pads=[1, 1, 0, 0]))
    wide = graph.add("Conv", x, random.bytes(4, 3, 9, 1), name="column")
    graph.output(wide)
    z = graph.add("Transpose", x, name="flip", perm=[3, 1, 0, 2])
    z = graph.add("Gather", z, name="pick", axis=1, index=2)
    graph.output(graph.add("Mean", z, name="mean", axis=1))
    per_column = random.rng.integers(-99, 99, (1, 1, 9), dtype=np.int32)
    z = graph.add("Add", z, per_column, name="shifted")
    graph.output(graph.add("RequantShift", z, np.full((1, 2, 1), 77, np.int32),
                           np.array([[[500], [-500]]], np.int32), name="halves", shift=7,
                           signed=False))
    return graph


class PlansCompute(unittest.TestCase):
    def check(self, graph, soc, iterations=1, inputs=None, options=None):
        inputs = inputs or models.random_inputs(graph, iterations, seed=3)
        made = plan.make_plan(graph, soc, options or plan.Options(maps=CORES))
        workload = emit.emit(made, inputs)
        for values, results in zip(inputs, interpreter.outputs(workload, seed=4)):
            expected = reference.run(graph, values)
            for name in graph.outputs:
                np.testing.assert_array_equal(results[name], expected[name], name)
        return made

    def test_dense_layers_of_any_size(self):
        for rows, depth, columns in ((64, 128, 192), (1, 64, 10), (5, 36, 7), (3, 13, 50)):
            for name in ("tessera", "minpool"):
                self.check(models.dense(rows, depth, columns), machine(name), 2)

    def test_activations(self):
        relu = {"kind": "relu", "mult": 90, "shift": 6, "add": -3}
        for activation in (models.GELU, relu):
            self.check(models.dense(16, 64, 32, activation=activation), machine("tessera"))

    def test_encoder_layers(self):
        self.check(models.encoder(64, 128, 192, 1, 256), machine("tessera"), 2)
        self.check(models.encoder(48, 64, 16, 8, 128, layers=2), machine("mempool"))

    def test_a_small_machine_streams_activations(self):
        made = self.check(models.encoder(128, 128, 16, 8, 256), machine("minpool"))
        self.assertTrue(made.choices.spilled)
        self.check(models.dense(300, 256, 256), machine("minpool"))

    def test_tiles_and_homes_can_be_chosen(self):
        graph = models.encoder(32, 64, 32, 2, 128)
        options = plan.Options(maps=CORES, tile_bytes=2048, layer_tile_bytes={"ffn1": 1024},
                               spilled=("x", "attention", "q", "k", "v", "add1", "norm2"))
        made = self.check(graph, machine("tessera"), 2, options=options)
        blocks = [step for step in made.steps if made.layers[step.layer].name == "ffn1"]
        self.assertEqual(len(blocks), 8)

    def test_orders_of_products(self):
        """Rows come again for each block of columns, or weights for each block of rows; the cheaper
        way is the default."""
        loaded = {}
        for spilled in (("x",), ("x", "fc")):
            for order in plan.mapping.ORDERS:
                made = self.check(models.dense(96, 64, 128), machine("minpool"), 2,
                                  options=plan.Options(maps=CORES, tile_bytes=2048, spilled=spilled,
                                                       orders={"fc": order}))
                loaded[spilled, order] = sum(item.bytes for step in made.steps
                                             for item in step.loads)
                self.assertEqual(any(f"{order}" in note for note in made.builder.notes[0]),
                                 order != "auto")
            rows, columns, auto = (loaded[spilled, order] for order in ("rows", "columns", "auto"))
            self.assertNotEqual(rows, columns)
            self.assertIn(auto, (rows, columns))
        x, weight, bias = 96 * 64, 128 * 64, 128 * 4
        blocks = {"rows": 3, "columns": 4}
        self.assertEqual(loaded[("x",), "rows"], x + blocks["rows"] * weight + bias)
        self.assertEqual(loaded[("x",), "columns"], blocks["columns"] * x + weight + bias)
        self.assertEqual(loaded[("x",), "auto"], min(loaded[("x",), "rows"],
                                                     loaded[("x",), "columns"]))

    def test_blocks_of_zeros_are_skipped(self):
        """Each group of columns has another pattern, one has nothing but zeros. A gap of one block
        costs less than a product more; two of them are skipped."""
        graph, random = graphs.Graph("sparse"), models.Random(7)
        x = graph.input("x", (256, 512))
        weight = random.bytes(256, 512).reshape(4, 64, 8, 64)
        for group, blocks in enumerate(([1, 2, 5], [0, 3, 4, 7], list(range(8)), [6])):
            weight[group, :, blocks] = 0
        bias = random.rng.integers(-9999, 9999, 256, dtype=np.int32)
        weight = weight.reshape(256, 512)
        for attributes in ({"requant": {"mult": 99, "shift": 17, "add": 3},
                            "activation": models.GELU}, {"output": "int32"}):
            graph.output(graph.add("Linear", x, weight, bias, block=[64, 64], **attributes))
        made = self.check(graph, machine("mempool"), 2)
        loaded = sum(item.bytes for step in made.steps for item in step.loads)
        stored = np.count_nonzero(weight.reshape(4, 64, 8, 64).any(axis=(1, 3))) + 2
        self.assertEqual(loaded, 2 * (stored * 4096 + 64 * 4 + bias.nbytes) + 256 * 512)

    def test_few_blocks_of_zeros_are_not_worth_it(self):
        """Groups would be more products than the zeros save."""
        graph, random = graphs.Graph("sparse"), models.Random(7)
        weight = random.bytes(256, 64)
        weight[:16, :16] = 0
        bias = np.zeros(256, np.int32)
        graph.output(graph.add("Linear", graph.input("x", (64, 64)), weight, bias, block=[16, 16],
                               requant={"mult": 99, "shift": 17, "add": 3}))
        made = self.check(graph, machine("tessera"))
        self.assertEqual(sum(item.bytes for step in made.steps for item in step.loads),
                         weight.nbytes + bias.nbytes + 64 * 64)

    def test_a_classifier_from_ids_to_logits(self):
        for name in ("tessera", "minpool"):
            self.check(classifier(), machine(name), 3)

    def test_operators_of_imported_networks(self):
        for name in ("tessera", "minpool"):
            self.check(odd_operators(), machine(name), 2)

    def test_golden_networks(self):
        for name in ("gemm_rq", "matmul_rq", "attention", "icct_ita"):
            path = support.GOLDEN / name / "network.onnx"
            if not path.exists():
                self.skipTest(f"no golden network {path}")
            graph = onnx_import.load(path)
            for soc in (machine("tessera"), machine("minpool")):
                self.check(graph, soc)


class Refusals(unittest.TestCase):
    def refused(self, build, *expected):
        with self.assertRaises(ModelError) as caught:
            build()
        for text in expected:
            self.assertIn(text, str(caught.exception))

    def test_a_model_larger_than_l2_is_refused(self):
        graph = models.encoder(64, 256, 64, 4, 1024)
        soc = machine("tessera", "soc.l2.bytes=0x120000")
        for device, layer in (("cores", "k"), ("auto", "ffn2")):
            made = plan.make_plan(graph, soc, plan.Options(maps={"": device}))
            self.refused(lambda made=made: emit.emit(made, models.random_inputs(graph)),
                         f"layer '{layer}': {layer}.weight takes", "the model is larger than L2")

    def test_a_layer_that_does_not_fit_l1_is_refused(self):
        self.refused(lambda: plan.make_plan(models.encoder(512, 256, 64, 4, 64),
                                            machine("minpool")),
                     "layer 'attention': needs", "bytes of L1 at once, there are")

    def test_what_an_ita_cannot_compute_is_refused_when_demanded(self):
        def demand(graph, soc=machine("tessera"), layer=""):
            return lambda: plan.make_plan(graph, soc, plan.Options(maps={layer: "ita"}))
        self.refused(demand(models.encoder(48, 64, 64, 1, 64)),
                     "layer 'q': cannot be computed by an ITA: S=48; allowed: multiples of 64")
        self.refused(demand(models.encoder(48, 64, 64, 1, 64), layer="attention"),
                     "layer 'attention': cannot be computed by an ITA: S=48")
        self.refused(demand(models.encoder(64, 64, 32, 2, 64)),
                     "layer 'attention': cannot be computed by an ITA: P=32")
        self.refused(demand(models.encoder(64, 64, 64, 1, 1024)), "layer 'ffn2': cannot be",
                     "K=1024; allowed: at most 960")
        self.refused(demand(models.dense(64, 64, 100)), "layer 'fc': cannot", "N=100")
        self.refused(demand(models.dense(64, 64, 64), machine("mempool")),
                     "layer 'fc': cannot", "this machine has no ITA with the job interface")
        self.refused(demand(models.dense(64, 64, 64),
                            machine("tessera", "soc.ita.flavour=rtl_2024_08")),
                     "the flavour is rtl_2024_08")
        self.refused(demand(classifier(64), layer="mean"), "Mean is not an operation of it")
        self.refused(demand(classifier(64), layer="classify"), "the output is int32")
        self.refused(demand(models.dense(4, 4, 4), layer="fx"), "no such layer to map")

    def test_heads_and_orders_that_cannot_be(self):
        def make(machine_name="tessera", **options):
            return lambda: plan.make_plan(models.encoder(128, 64, 64, 4, 64), machine(machine_name),
                                          plan.Options(**options))

        def heads(text):
            return make(heads={"attention": text})
        self.refused(heads("5"), "layer 'attention': 5 heads on ITAs; allowed: 0..4")
        self.refused(heads("ita:0-2,gpu:3"), "layer 'attention': heads 'gpu:3'; allowed: a number")
        self.refused(heads("ita0:0-2,ita4:3"), "heads on ita4; this machine has 4 ITAs")
        self.refused(heads("ita:0-4"), "layer 'attention': head 4; allowed: 0..3")
        self.refused(heads("ita:0-2,cores:2-3"), "layer 'attention': head 2 is named twice")
        self.refused(heads("ita:1,cores:3"), "heads 0, 2 have no device; allowed: each head once")
        self.refused(make("mempool", heads={"attention": "1"}), "this machine has none")
        self.refused(make(heads={"out": "1"}), "layer 'out': there is no such Attention layer")
        self.refused(make(orders={"out": "x"}), "layer 'out': order 'x'; allowed: auto, rows, col")
        self.refused(make(orders={"attention": "rows"}), "layer 'attention': has no order")
        self.refused(make(orders={"fx": "rows"}), "layer 'fx': there is no such layer to order")
        self.refused(make(orders={"q": "rows"}), "layer 'q': is computed with an attention layer")
        self.refused(lambda: plan.make_plan(models.encoder(64, 64, 32, 4, 64), machine("tessera"),
                                            plan.Options(heads={"attention": "1"})),
                     "layer 'attention': cannot be computed by an ITA: P=32")

    def test_why_a_requantisation_is_not_that_of_ita(self):
        def demand(mul, add, shift, dtype="int8", signed=True, weight=np.eye(64)):
            graph = graphs.Graph("net")
            y = graph.add("MatMul", graph.input("x", (64, 64), dtype), weight.astype(np.int8),
                          name="mm")
            constants = [np.broadcast_to(np.array(value, np.int32), (1, np.size(value)))
                         for value in (mul, add)]
            graph.output(graph.add("RequantShift", y, *constants, shift=shift, signed=signed))
            return lambda: plan.make_plan(graph, machine("tessera"),
                                          plan.Options(maps={"mm": "ita"}))
        demand(50, 0, 14)()
        demand(50, 50 * -300 + (7 << 14), 14)()
        demand(255 << 4, 0, 14)()
        self.refused(demand(257, 0, 14), "mul=257 with shift=14 needs more than 8 bits")
        self.refused(demand(50, 13, 14), "add=13 is no multiple")
        self.refused(demand(-3, 0, 4), "mul=-3")
        self.refused(demand([50] * 63 + [51], 0, 14), "the constants vary")
        self.refused(demand(50, 0, 14, signed=False), "the output is unsigned")
        self.refused(demand(50, 0, 14, dtype="uint8"), "its input is unsigned")
        self.refused(demand(1, 1 << 23, 0), "the bias leaves 24 bits")
        self.refused(demand(1 << 20, 0, 24, weight=np.full((64, 64), 127)),
                     "sums leave the accumulators")

    def test_options_name_layers_and_tensors(self):
        def make(**options):
            return lambda: plan.make_plan(models.dense(4, 16, 16), machine("minpool"),
                                          plan.Options(**options))
        self.refused(make(layer_tile_bytes={"fx": 1}), "layer 'fx': there is no such layer")
        self.refused(make(spilled=("q",)), "layer 'q': there is no such tensor")


if __name__ == "__main__":
    unittest.main()
