# SPDX-License-Identifier: Apache-2.0
"""The networks of QuantLib and Deeploy with their inputs and outputs, for what can run a model."""
import numpy as np

import support
from deploy import onnx_import


class GoldenNetworks:
    """Mixin of a TestCase: a network's outputs are those of its file, byte for byte."""

    def outputs(self, graph, inputs):
        """{name: array}: what the flow computes from {name: array} in float."""
        raise NotImplementedError

    def check(self, name):
        folder = support.GOLDEN / name
        if not folder.exists():
            self.skipTest(f"no golden network {folder}")
        graph = onnx_import.load(folder / "network.onnx")
        with np.load(folder / "inputs.npz") as data:  # may repeat constants behind the inputs
            results = self.outputs(graph, {name: data[key]
                                           for name, key in zip(graph.inputs, data.files)})
        with np.load(folder / "outputs.npz") as expected:
            self.assertEqual(len(graph.outputs), len(expected.files))
            for output, key in zip(graph.outputs, expected.files):
                np.testing.assert_array_equal(results[output], expected[key])

    def test_gemm_with_requantisation_per_row(self):
        self.check("gemm_rq")

    def test_matmul_with_requantisation_per_matrix(self):
        self.check("matmul_rq")

    def test_attention_layer_with_i_softmax(self):
        self.check("attention")

    def test_compact_convolutional_transformer(self):
        self.check("icct_ita")
