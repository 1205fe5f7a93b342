# SPDX-License-Identifier: Apache-2.0
"""The model format: what it keeps, and what it refuses with the layer's name."""
import pathlib
import tempfile
import unittest

import numpy as np

import support  # noqa: F401  (makes deploy importable)
from deploy import graph as graphs
from deploy.operators import ModelError

REQUANT = {"mult": 80, "shift": 12, "add": 3}


def dense(rows=4, depth=64, columns=32, **attributes):
    """A model of one Linear layer named fc."""
    rng = np.random.default_rng(1)
    graph = graphs.Graph("dense")
    x = graph.input("x", (rows, depth))
    weight = rng.integers(-128, 128, (columns, depth), dtype=np.int8)
    bias = rng.integers(-1000, 1000, columns, dtype=np.int32)
    graph.output(graph.add("Linear", x, weight, bias, name="fc", result="y",
                           **{"requant": REQUANT, **attributes}))
    return graph


class ModelFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name) / "model.json"

    def test_a_model_survives_saving_and_loading(self):
        graph = dense()
        graph.save(self.path)
        again = graphs.load(self.path)
        self.assertEqual(again.nodes, graph.nodes)
        self.assertEqual((again.inputs, again.outputs), (["x"], ["y"]))
        for name, tensor in graph.tensors.items():
            self.assertEqual(again.tensors[name].shape, tensor.shape)
            self.assertEqual(again.tensors[name].dtype, tensor.dtype)
            if tensor.value is not None:
                np.testing.assert_array_equal(again.value(name), tensor.value)

    def refused(self, text):
        self.path.write_text(text, encoding="utf-8")
        with self.assertRaises(ModelError) as caught:
            graphs.load(self.path)
        return str(caught.exception)

    def test_files_that_are_no_model_are_refused(self):
        dense().save(self.path)
        good = self.path.read_text(encoding="utf-8")
        self.assertIn("not JSON", self.refused(good[:-9]))
        self.assertIn("format version 7", self.refused(good.replace('"version": 1',
                                                                    '"version": 7')))
        self.assertIn("KeyError 'nodes'", self.refused(good.replace('"nodes"', '"layers"')))
        self.assertIn("layer 'fc': operator 'Lineal' is not supported; allowed: Add,",
                      self.refused(good.replace("Linear", "Lineal")))
        self.assertIn("layer 'fc': input 'z' is neither", self.refused(good.replace(
            '"x",\n    "fc.weight"', '"z",\n    "fc.weight"')))
        declared = '"name": "y",\n   "shape": [\n    4,\n    32\n   ],\n   "dtype": "{}"'
        self.assertIn("layer 'y': declared as uint8 [4, 32], computed as int8 [4, 32]",
                      self.refused(good.replace(declared.format("int8"),
                                                declared.format("uint8"))))


    def test_damaged_constants_are_refused(self):
        dense().save(self.path)
        constants = self.path.with_suffix(".npz")
        good = constants.read_bytes()
        text = self.path.read_text(encoding="utf-8")
        for bad in (good[:60], good[:120] + bytes(20) + good[140:], b""):
            constants.write_bytes(bad)
            self.assertIn("model.npz", self.refused(text))
        with open(constants, "wb") as file:
            np.save(file, np.zeros(3, np.int8))
        self.assertIn("one array without a name", self.refused(text))

    def test_the_order_of_bytes_is_that_of_the_machine(self):
        graph = graphs.Graph("g")
        value = graph.value(graph.constant("c", np.array([1, -2], ">i4")))
        self.assertEqual(value.tobytes(), np.array([1, -2], "<i4").tobytes())


class Refusals(unittest.TestCase):
    def refused(self, build, *expected):
        with self.assertRaises(ModelError) as caught:
            build()
        for text in expected:
            self.assertIn(text, str(caught.exception))

    def test_linear_layers_must_fit_the_requantiser(self):
        def with_requant(**changes):
            return lambda: dense(requant={**REQUANT, **changes})
        self.refused(with_requant(mult=256), "layer 'fc': requant mult=256; allowed: 0..255")
        self.refused(with_requant(shift=35), "layer 'fc': requant shift=35; allowed: 0..34")
        self.refused(with_requant(add=-129), "layer 'fc': requant add=-129; allowed: -128..127")
        self.refused(lambda: dense(requant=None), "layer 'fc': requant is None")
        self.refused(lambda: dense(requant=[1, 2, 3]), "layer 'fc': requant is [1, 2, 3]")
        self.refused(lambda: dense(output="int32"), "layer 'fc': output int32 takes neither")
        self.refused(lambda: dense(output="int16"), "layer 'fc': output='int16'")

    def test_activations_are_checked(self):
        gelu = {"kind": "gelu", "b": -80, "c": -7091, "mult": 74, "shift": 20, "add": 0}
        self.assertEqual(dense(activation=gelu).tensors["y"].dtype, "int8")
        self.refused(lambda: dense(activation={**gelu, "kind": "swish"}), "layer 'fc': activation")
        self.refused(lambda: dense(activation={**gelu, "b": 1}), "activation b=1")
        self.refused(lambda: dense(activation={**gelu, "mult": 300}), "activation mult=300")
        self.refused(lambda: dense(activation={**gelu, "kind": "relu"}), "relu does not")

    def test_sums_must_fit_the_accumulators(self):
        def build(bias, depth=64):
            graph = graphs.Graph("g")
            graph.input("x", (1, depth))
            return lambda: graph.add("Linear", "x", np.full((2, depth), -128, np.int8),
                                     np.array([0, bias], np.int32), name="fc", requant=REQUANT)
        build((1 << 23) - 1)()
        self.refused(build(1 << 23), "layer 'fc': bias 0..8388608; allowed: -8388608..8388607")
        self.refused(build(0, 2048), "layer 'fc': sums can reach 33554432; allowed: less than 2^25")

    def test_shapes_are_checked(self):
        graph = graphs.Graph("g")
        for name, width in (("q", 64), ("k", 64), ("v", 32)):
            graph.input(name, (40, width))
        constants = {"heads": 2, "qk": REQUANT, "av": REQUANT}
        self.refused(lambda: graph.add("Attention", "q", "k", "v", name="a", **constants),
                     "layer 'a': v has shape [40, 32]; expected [40, 64]")
        self.refused(lambda: graph.add("Attention", "q", "k", "k", name="a", **constants),
                     "layer 'a': S=40 keys; allowed: multiples of 16")
        self.refused(lambda: graph.add("Attention", "q", "k", "k", name="a", heads=3, qk=REQUANT,
                                       av=REQUANT), "heads=3; allowed: divisors of the width 64")
        self.refused(lambda: graph.add("Reshape", "q", name="r", shape=[7, -1]),
                     "layer 'r': shape=[7, -1]; x [40, 64] has 2560 elements")
        self.refused(lambda: graph.add("Mean", "q", name="m", axis=2), "layer 'm': axis=2")
        self.refused(lambda: graph.add("Mean", "q", name="m", axes=0), "unknown attribute axes")
        self.refused(lambda: graph.add("Mean", "q", "q", name="m"), "Mean has 2 inputs")
        self.refused(lambda: graph.add("LayerNorm", "q", np.ones(64, np.int32),
                                       np.ones(64, np.int32), name="n"),
                     "layer 'n': attribute shift of LayerNorm is missing")
        self.refused(lambda: graph.input("q", (3,)), "there are two tensors 'q'")

    def test_attributes_have_types_and_ranges(self):
        graph = graphs.Graph("g")
        graph.input("x", (1, 3, 8, 8))
        graph.constant("w", np.ones((4, 3, 3, 3), np.int8))
        for name, value, expected in (
                ("strides", [1], "2 integers of 1..255"), ("strides", [1.5, 1], "2 integers"),
                ("pads", [1, 1], "4 integers of 0..255"), ("pads", [300, 0, 0, 0], "4 integers"),
                ("pads", [-1] * 4, "4 integers")):
            self.refused(
                lambda values={name: value}: graph.add("Conv", "x", "w", name="c", **values),
                f"layer 'c': {name}={value}", expected)
        self.refused(lambda: graph.add("MaxPool", "x", name="p", kernel=[0, 0], strides=[1, 1]),
                     "layer 'p': kernel=[0, 0]; expected 2 integers of 1..255")
        self.refused(lambda: graph.add("Transpose", "x", name="t", perm=["a", 0]), "perm=['a', 0]")
        self.refused(lambda: graph.add("Reshape", "x", name="r", shape=[2.0, 96]),
                     "shape=[2.0, 96]")
        self.refused(lambda: dense(block=[4.0, 4.0]),
                     "layer 'fc': block [rows, columns]=[4.0, 4.0]")
        self.refused(lambda: dense(requant={**REQUANT, "mult": True}), "requant mult=True")
        self.refused(lambda: graph.input("y", (8.9, 3)), "layer 'y': shape=(8.9, 3)")
        self.refused(lambda: graph.add("iSoftmax", "x", name="s", coeff_a=0, coeff_b=9, coeff_c=0,
                                       log2=5), "layer 's': all weights would be 0")

    def test_a_model_has_one_meaning(self):
        graph = dense()
        self.refused(lambda: graph.add("Reshape", "y", name="fc", result="z", shape=[-1]),
                     "layer 'fc': there are two layers of this name")
        self.refused(lambda: graph.output("fc.weight"), "layer 'fc.weight': output is a constant")
        graph = graphs.Graph("g")
        ids = graph.add("Reshape", graph.input("x", (2, 2), "uint16"), name="r", shape=[4])
        table = np.zeros((5, 4), np.int8)
        self.refused(lambda: graph.add("Embedding", ids, table, table[:4], name="e"),
                     "layer 'e': ids 'r' are computed; allowed: an input")

    def test_computed_tensors_are_not_broadcast(self):
        graph = graphs.Graph("g")
        for name, shape in (("x", (4, 8)), ("row", (8,)), ("column", (4, 1))):
            graph.input(name, shape)
        for name, shape in (("row", "[8]"), ("column", "[4, 1]")):
            self.refused(lambda name=name: graph.add("Add", "x", name, name="a"),
                         f"layer 'a': b has shape {shape}; expected")
        graph.add("Add", "x", np.ones(8, np.int32), name="a")


if __name__ == "__main__":
    unittest.main()
