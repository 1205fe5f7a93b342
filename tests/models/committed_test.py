# SPDX-License-Identifier: Apache-2.0
"""The committed models: sizes, and in numpy the accuracy that is recorded."""
import unittest

import numpy as np

import support  # noqa: F401  (makes the modules importable)
import evaluate
import integer
import store

LARGEST_PARAMETERS = 300_000
LARGEST_BYTES = 1 << 20


def constants_of(graph):
    return [tensor for tensor in graph.tensors.values() if tensor.value is not None]


class Sizes(unittest.TestCase):
    def test_models_have_no_more_parameters_than_allowed(self):
        for name in store.LENGTHS:
            count = sum(tensor.value.size for tensor in constants_of(store.model(name)))
            self.assertLessEqual(count, LARGEST_PARAMETERS, name)

    def test_weights_take_a_megabyte_at_most(self):
        files = [path for path in store.DATA.glob("*.npz") if not path.stem.endswith("_test")]
        self.assertLessEqual(sum(path.stat().st_size for path in files), LARGEST_BYTES)

    def test_every_dimension_suits_ita(self):
        for name in store.LENGTHS:
            graph = store.model(name)
            for node in graph.nodes:
                if node.op == "Linear" and node.attributes["output"] == "int8":
                    shape = graph.tensors[node.inputs[1]].shape
                    self.assertEqual([size % 64 for size in shape], [0, 0], node.name)


def wide_layer_norm(values, weight, bias, shift):
    """LayerNorm that fails where the kernel's would wrap: same formula, other code."""
    wide = values.astype(np.int64)
    centred = wide - np.trunc(wide.mean(axis=-1, keepdims=True)).astype(np.int64)
    deviation = np.sqrt((centred**2).sum(axis=-1, keepdims=True) // wide.shape[-1] + 1)
    scaled = np.trunc(centred * weight / np.floor(deviation))
    result = np.floor((scaled + bias) / 2**shift)
    assert np.abs(result + 0.5).max() < 128, "LayerNorm leaves the range of int8"
    return result.astype(np.int8)


class Ranges(unittest.TestCase):
    def test_no_layer_norm_wraps(self):
        for name, lengths in store.LENGTHS.items():
            tokens, _ = store.test_set(name, lengths[-1])
            graph = store.model(name, lengths[-1])
            found = integer.scores(graph, tokens[:50], {"LayerNorm": wide_layer_norm})
            self.assertTrue(np.array_equal(found, integer.scores(graph, tokens[:50])), name)


class Accuracy(unittest.TestCase):
    """Of the models that take least time; the slow test models_whole has all."""

    def check(self, expected, task, length, variant=None, replaced=None):
        tokens, answers = store.test_set(task, length)
        graph = store.model(task, length, variant)
        self.assertEqual(integer.accuracy(graph, tokens, answers, replaced), expected)

    def test_the_classifier_gives_the_recorded_accuracy(self):
        self.check(store.results()["classifier"]["integer_128_test_set"], "classifier", 128)

    def test_recall_gives_the_recorded_accuracy_also_through_a_window(self):
        figures = store.results()["recall"]
        self.check(figures["integer"], "recall", 512)
        self.check(figures["integer_window_64"], "recall", 512,
                   replaced={"Attention": integer.window_attention(64)})

    def test_a_pruned_model_gives_the_recorded_accuracy(self):
        task, length, variant, _, expected = evaluate.cases(("pruned",))[-1]
        self.check(expected, task, length, variant)

    def test_recorded_figures_are_what_the_project_promises(self):
        figures = store.results()
        classifier, recall = figures["classifier"], figures["recall"]
        for length in store.LENGTHS["classifier"]:
            for baseline in ("counts", "tfidf"):
                self.assertGreater(classifier[f"float_{length}"],
                                   classifier[f"bag_of_words_{baseline}"])
            self.assertLess(abs(classifier[f"integer_{length}_test_set"]
                                - classifier[f"float_{length}_test_set"]), 0.01)
        self.assertGreaterEqual(recall["integer"], 0.95)
        self.assertGreaterEqual(recall["integer"] - recall["integer_window_64"], 0.15)


class Pruned(unittest.TestCase):
    def test_as_many_blocks_are_zero_as_the_name_says(self):
        for _, _, variant, _, _ in evaluate.cases(("pruned",)):
            _, shape, percent = variant.split("_")
            block = int(shape.split("x")[0])
            graph = store.model("classifier", variant=variant)
            zero = total = 0
            for node in graph.nodes:
                if node.attributes.get("block") != [block, block]:
                    continue
                weight = graph.value(node.inputs[1])
                blocks = weight.reshape(weight.shape[0] // block, block, -1, block)
                zero += int(np.sum(~blocks.any(axis=(1, 3))))
                total += blocks.shape[0] * blocks.shape[2]
            self.assertGreaterEqual(zero, round(total * int(percent) / 100), variant)
            self.assertLess(zero, total, variant)


if __name__ == "__main__":
    unittest.main()
