# SPDX-License-Identifier: Apache-2.0
"""Networks of QuantLib and Deeploy, imported and computed in numpy, and what import refuses."""
import pathlib
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import support
from deploy import onnx_import, reference
from deploy.operators import ModelError
from golden_networks import GoldenNetworks


class GoldenInNumpy(GoldenNetworks, unittest.TestCase):
    def outputs(self, graph, inputs):
        return reference.run(graph, inputs)


def network(*nodes, **constants):
    """An ONNX model from x, float32 [4, 8], to y, with constants as initializers."""
    port = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (4, 8)) for name in "xy"]
    initializers = [numpy_helper.from_array(np.asarray(value), name)
                    for name, value in constants.items()]
    return helper.make_model(helper.make_graph(nodes, "net", port[:1], port[1:], initializers))


def requant_shift(**attributes):
    values = {"name": "rq", "div": 256.0, "n_levels_out": 256.0, "signed": 1.0, **attributes}
    return helper.make_node("RequantShift", ["s", "mul", "add"], ["y"], **values)


MATMUL = helper.make_node("MatMul", ["x", "w"], ["s"], name="mm")
CONSTANTS = {"w": np.eye(8, dtype=np.float32), "mul": np.float32(3), "add": np.float32(-5)}


class Import(unittest.TestCase):
    def load(self, model, **options):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "net.onnx"
            onnx.save(model, path)
            return onnx_import.load(path, **options)

    def refused(self, model, *expected, **options):
        with self.assertRaises(ModelError) as caught:
            self.load(model, **options)
        for text in expected:
            self.assertIn(text, str(caught.exception))

    def test_nodes_may_come_in_any_order_and_inputs_have_types(self):
        model = network(requant_shift(signed=0.0), MATMUL, **CONSTANTS)
        graph = self.load(model, input_types={"x": "uint8"})
        self.assertEqual([node.op for node in graph.nodes], ["MatMul", "RequantShift"])
        self.assertEqual(graph.tensors["x"].dtype, "uint8")
        x = np.arange(32, dtype=np.uint8).reshape(4, 8) * 8
        expected = np.clip((x.astype(int) * 3 - 5 + 128) >> 8, 0, 255)
        np.testing.assert_array_equal(reference.run(graph, {"x": x})["y"], expected)

    def test_what_cannot_be_computed_is_refused_by_name(self):
        self.refused(network(MATMUL, requant_shift(div=100.0), **CONSTANTS),
                     "layer 'rq': div=100; allowed: powers of two")
        self.refused(network(MATMUL, requant_shift(n_levels_out=16.0), **CONSTANTS),
                     "layer 'rq': levels=16; allowed: 256")
        self.refused(network(MATMUL, requant_shift(div=2.0 ** 33), **CONSTANTS),
                     "layer 'rq': shift=33; allowed: 0..31")
        self.refused(network(MATMUL, requant_shift(), **{**CONSTANTS, "mul": np.float32(1e10)}),
                     "layer 'rq': 'mul' holds 0..10000000000; allowed: 32 bits")
        self.refused(network(MATMUL, requant_shift(), **{**CONSTANTS, "add": np.float32(0.5)}),
                     "layer 'rq': 'add' holds other than whole numbers")
        self.refused(network(helper.make_node("Erf", ["x"], ["y"], name="erf")),
                     "layer 'erf': operator 'Erf' is not supported; allowed: Add,")
        self.refused(network(MATMUL, **CONSTANTS), "layer 'y': output is not a tensor")
        self.refused(network(MATMUL, helper.make_node("RequantShift", ["s", "mul", "add"], ["y"],
                                                      name="rq"), **CONSTANTS),
                     "layer 'rq': RequantShift has no attribute 'div'")
        self.refused(network(MATMUL, requant_shift(), **CONSTANTS), "layer 'z': the network has",
                     input_types={"z": "int8"})

    def test_nodes_that_would_mean_something_else_are_refused(self):
        def one(op, *inputs, **attributes):
            return helper.make_node(op, ["x", *inputs], ["y"], name="n", **attributes)
        self.refused(network(one("Reshape", "s"), s=np.array([8, 4])),
                     "layer 'y': declared as [4, 8], computed as [8, 4]")
        self.refused(network(one("Reshape")), "layer 'n': the new shape must be a constant input")
        self.refused(network(one("Gather", "i"), i=np.float32(1.5)),
                     "layer 'n': index=1.5; allowed: whole numbers")
        self.refused(network(one("MaxPool", kernel_shape=[2, 2], dilations=[2, 2])),
                     "layer 'n': dilations=[2, 2]; allowed: 1")
        self.refused(network(MATMUL, requant_shift(div="abc"), **CONSTANTS),
                     "layer 'rq': div='abc'; allowed: powers of two")
        self.refused(network(MATMUL, requant_shift(name="mm"), **CONSTANTS),
                     "layer 'mm': there are two layers of this name")
        self.refused(network(helper.make_node("RequantShift", ["w", "mul", "add"], ["y"], name="rq",
                                              div=256.0, n_levels_out=256.0, signed=1.0),
                             **CONSTANTS), "layer 'rq': 'w' must be computed")

    def test_constant_nodes_have_values_of_many_kinds(self):
        weight = helper.make_node("Constant", [], ["w"],
                                  value=numpy_helper.from_array(CONSTANTS["w"]))
        mul = helper.make_node("Constant", [], ["mul"], value_float=3.0)
        add = helper.make_node("Constant", [], ["add"], value_ints=[-5])
        graph = self.load(network(weight, mul, add, MATMUL, requant_shift()))
        x = np.arange(32, dtype=np.int8).reshape(4, 8)
        np.testing.assert_array_equal(reference.run(graph, {"x": x})["y"],
                                      (x.astype(int) * 3 - 5 + 128) >> 8)
        self.refused(network(helper.make_node("Constant", [], ["w"], name="c", value_string="a"),
                             MATMUL, requant_shift(), **{"mul": 3, "add": -5}),
                     "layer 'c': Constant without value, value_float(s) or value_int(s)")

    def test_files_that_are_no_network_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "net.onnx"
            path.write_bytes(b"not protobuf at all")
            with self.assertRaises(ModelError):
                onnx_import.load(path)


if __name__ == "__main__":
    unittest.main()
