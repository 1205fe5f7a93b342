# SPDX-License-Identifier: Apache-2.0
"""Quantisation and pruning, on small untrained networks; skipped where torch is not installed."""
import importlib.util
import unittest

import numpy as np

import support  # noqa: F401  (makes the modules importable)
import integer

HAS_TORCH = importlib.util.find_spec("torch") is not None
if HAS_TORCH:
    import network as net
    import prune
    import quantise
    import training


@unittest.skipUnless(HAS_TORCH, "python3-torch is not installed")
class Export(unittest.TestCase):
    def network(self, is_pooled):
        training.prepare(1)
        network = net.Network(net.Shape(vocabulary=100, width=64, heads=2, projection=64,
                                        feed_forward=128, layers=2, sequence=64, classes=8,
                                        is_pooled=is_pooled))
        for dense in network.modules():
            if isinstance(dense, net.Dense):
                dense.weight.data *= 2  # attention far from uniform, which integers cannot hold
        tokens = np.random.default_rng(1).integers(0, 100, (8, 64)).astype(np.uint16)
        quantise.observe(network, [training.tensor(tokens)])
        network.set_mode(net.INTEGER)
        return network, tokens

    def check(self, is_pooled):
        self.compare(*self.network(is_pooled))

    def compare(self, network, tokens):
        expected = network(training.tensor(tokens)).detach().numpy().reshape(-1, 8)
        found = integer.scores(quantise.export("small", network, 64), tokens).reshape(-1, 8)
        self.assertGreater(np.corrcoef(expected.ravel(), found.ravel())[0, 1], 0.98)

    def test_exported_model_computes_what_the_network_does_in_integer_mode(self):
        self.check(True)

    def test_a_model_may_answer_for_every_token(self):
        self.check(False)

    def test_weights_that_are_all_pruned_can_be_exported(self):
        network, tokens = self.network(True)
        prune.set_masks(network, 64, 100)
        quantise.observe(network, [training.tensor(tokens)])
        network.set_mode(net.INTEGER)
        self.compare(network, tokens)

    def test_requantisers_are_near_what_is_asked_for(self):
        for value in np.geomspace(1e-6, 100, 50):
            mult, shift = quantise.ratio(value)
            self.assertLessEqual(mult, quantise.LARGEST_MULT)
            self.assertLess(abs(mult / 2**shift / value - 1), 1 / 250)


@unittest.skipUnless(HAS_TORCH, "python3-torch is not installed")
class Masks(unittest.TestCase):
    def test_the_weakest_blocks_go_first_over_all_matrices(self):
        strong, weak = np.ones((64, 128)), np.ones((64, 64))
        weak[:16, :16] = strong[16:32, 112:] = 0.1
        masks = prune.block_masks([strong, weak], 16, 100 * 2 / 48)
        self.assertEqual([int((mask == 0).sum()) for mask in masks], [256, 256])
        self.assertFalse(masks[1][:16, :16].any() or masks[0][16:32, 112:].any())

    def test_what_was_pruned_once_is_pruned_before_anything_else(self):
        left = np.ones((64, 64))
        left[:48] = 0
        matrices = [left, np.full((64, 64), 0.01), np.zeros((64, 64))]
        masks = prune.block_masks(matrices, 16, 100 * 28 / 48)
        self.assertEqual([int(mask.sum()) for mask in masks], [16 * 64, 64 * 64, 0])


if __name__ == "__main__":
    unittest.main()
