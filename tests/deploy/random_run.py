# SPDX-License-Identifier: Apache-2.0
"""Seeded random models, machines and options on the platform, byte for byte.

    random_run.py [FIRST_SEED COUNT]

Environment: as for on_platform.py.
"""
import random
import sys
import unittest

import numpy as np

from on_platform import PlatformCase  # first: makes deploy importable
from deploy import graph as graphs, models, plan
from deploy.operators import ModelError

FIRST_SEED, COUNT = 1, 20
MACHINES = (("tessera", ()), ("tessera", ("soc.ita.count=1",)), ("tessera", ("soc.ita.count=8",)),
            ("tessera", ()), ("minpool", ()))
TILE = 64


def sparse(choose, constants, rows, columns):
    """(int8 [rows][columns] of which blocks may be zero, the blocks' size or None)."""
    weight = constants.bytes(rows, columns)
    block = choose.choice([None, [64, 64], [16, 16], [32, 64]])
    if block:
        used = constants.rng.random((rows // block[0], columns // block[1])) < \
            choose.choice([.1, .5, .9])
        weight *= np.kron(used, np.ones(block, np.int8)).astype(np.int8)
    return weight, block


def chain(choose, constants):
    """Linear layers, one after the other; each result may be an output, too."""
    graph, depth = graphs.Graph("chain"), TILE * choose.randint(1, 5)
    x = graph.input("x", (choose.choice([5, 64, 128, 192]), depth))
    for index in range(choose.randint(1, 3)):
        columns = TILE * choose.randint(1, 4)
        weight, block = sparse(choose, constants, columns, depth)
        bias = constants.rng.integers(-9999, 9999, columns, dtype=np.int32)
        x = graph.add("Linear", x, weight, bias, name=f"l{index}", block=block,
                      requant={"mult": 99, "shift": 16, "add": choose.randint(-128, 127)},
                      activation=choose.choice([None, models.GELU]))
        depth = columns
        if choose.random() < .4:
            graph.output(x)
    if x not in graph.outputs:
        graph.output(x)
    return graph


def cross_attention(choose, constants):
    """Attention over a sequence of another length, perhaps through projections."""
    graph, keys = graphs.Graph("cross"), choose.choice([16, 64, 128])
    heads, width = choose.randint(1, 3), choose.choice([12, 64, 128])
    operands = [graph.input("x", (choose.choice([7, 64, 128, 256]), heads * width))]
    operands += [graph.input("y", (keys, heads * width))] * 2
    if choose.random() < .6:
        operands = [constants.linear(graph, x, heads * width, name, models.UNIFORM)
                    for x, name in zip(operands, "qkv")]
    y = graph.add("Attention", *operands, name="attention", heads=heads,
                  qk=constants.requant(models.SPREAD ** 2 * 8), av=constants.requant(1 << 13))
    graph.output(constants.linear(graph, y, 64, "out"))
    return graph


def encoder(choose, _):
    sizes = (choose.choice([16, 64, 128, 192]), choose.choice([20, 64, 128]),
             choose.choice([12, 32, 64, 128]), choose.randint(1, 4), choose.choice([7, 64, 192]),
             choose.choice([1, 1, 2]))
    return models.encoder(*sizes, seed=choose.randint(0, 99))


def dense(choose, _):
    return models.dense(choose.randint(1, 300), choose.randint(1, 500), choose.randint(1, 400),
                        choose.randint(0, 99))


def random_options(choose, graph):
    results = [node.output for node in graph.nodes] + graph.inputs
    spilled = choose.sample(results, min(len(results), choose.choice([0, 0, 1, 3])))
    return plan.Options(
        depth=choose.choice([0, 1, 1, 2, 5]), tile_bytes=choose.choice([None, None, 1024, 9000]),
        spilled=tuple(spilled), orders=choose.choice([{}, {"": "rows"}, {"": "columns"}]),
        maps=choose.choice([{}, {}, {"": "cores"}]))


class RandomModels(PlatformCase):
    def test_outputs_are_those_of_numpy(self):
        computed = 0
        for seed in range(FIRST_SEED, FIRST_SEED + COUNT):
            choose = random.Random(seed)
            build = choose.choice([chain, cross_attention, encoder, dense])
            graph = build(choose, models.Random(seed))
            machine, settings = choose.choice(MACHINES)
            options, iterations = random_options(choose, graph), choose.randint(1, 3)
            with self.subTest(seed=seed, graph=graph.name, machine=machine, settings=settings,
                              options=options, iterations=iterations):
                try:
                    self.check(graph, machine, iterations, options=options, settings=settings)
                    computed += 1
                except ModelError as error:
                    print(f"seed {seed}: {error}")
        self.assertGreaterEqual(computed, COUNT * 3 // 4)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        FIRST_SEED, COUNT = map(int, sys.argv[1:])
        del sys.argv[1:]
    unittest.main()
