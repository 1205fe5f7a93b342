#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains and quantises the encoder of the long-range task; writes data/recall*."""
import argparse
import pathlib
import sys

import integer
import network as net
import quantise
import recall
import store
import training

SEED = 4
LENGTH = 512
WINDOW = 64
SHAPE = net.Shape(vocabulary=recall.VOCABULARY, width=64, heads=1, projection=64,
                  feed_forward=64, layers=1, sequence=LENGTH, classes=recall.VALUES,
                  is_pooled=False)
STAGES = ((64, 64, 1200, 3e-3), (256, 16, 400, 2e-3), (512, 16, 150, 5e-4))
"""(length, batch, steps, rate): short sequences teach the lookup, long ones the length."""
OBSERVED = 32
TESTS = 200


def batches(random, length, count):
    """Endless fresh batches."""
    while True:
        yield recall.generate(count, length, random)


def train(random):
    """A trained Network in floating point."""
    network = net.Network(SHAPE, dropout=0.0)
    for length, count, steps, rate in STAGES:
        print(f"length {length}:")
        training.fit(network, batches(random, length, count), steps, rate)
    return network


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=pathlib.Path, default=store.DATA, help="directory")
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    random = training.prepare(SEED)
    network = train(random)
    tokens, answers = recall.generate(TESTS, LENGTH, random)
    figures = {"parameters": net.parameter_count(network), "tests": TESTS,
               "float": training.torch_accuracy(network, tokens, answers, 8)}
    network.set_window(WINDOW)
    figures["float_window_64"] = training.torch_accuracy(network, tokens, answers, 8)
    network.set_window(0)
    observed, _ = recall.generate(OBSERVED, LENGTH, random)
    quantise.observe(network, [training.tensor(observed)])
    graph = quantise.export("recall", network, LENGTH)
    figures["integer"] = integer.accuracy(graph, tokens, answers)
    figures["integer_window_64"] = integer.accuracy(
        graph, tokens, answers, {"Attention": integer.window_attention(WINDOW)})
    graph.save(output / "recall")
    store.save_test_set("recall", tokens, answers, output)
    store.record("recall", figures, output)
    print(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
