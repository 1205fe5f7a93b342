#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Linear and Attention on ITAs against the reference, byte for byte.

    TESSERA=build/release/bin/tessera ENCODER=build/release/sw/encoder.elf ita_test.py [functional]
"""
import os
import unittest

from support import (Activation, ItaMapper, L1, Schedule, attention, int8, linear, np, programs,
                     run_schedule, soc, store)
from deploy.breakdown import break_down, layer_span
from deploy.commands import KIND_ITA

GELU = Activation("gelu", (-80, -7091), (74, 20, 0))
RELU = Activation("relu", (0, 0), (90, 7, -3))
REQUANTS = {"q": (80, 18, 3), "k": (90, 18, -2), "v": (70, 18, 0), "qk": (100, 17, 5),
            "av": (60, 13, 1), "o": (77, 17, 2)}
TIMINGS = os.environ.get("TIMINGS", "functional cycle").split()


def run(schedule):
    """In all timings; returns the last result."""
    results = [run_schedule(schedule, timing=timing, **programs()) for timing in TIMINGS]
    for result in results:
        assert result.run.facts["guest_errors"] == 0, result.run.message
    return results


class Case(unittest.TestCase):
    def begin(self, *settings, seed=1):
        self.rng = np.random.default_rng(seed)
        self.schedule = Schedule(soc("tessera", *settings))
        self.mapper = ItaMapper(self.schedule)
        self.l1 = L1(self.schedule)
        self.outputs = []

    def weights(self, rows, columns, has_bias=True):
        weight = int8(self.rng, rows, columns)
        bias = self.rng.integers(-30000, 30000, rows) if has_bias else None
        return weight, bias, self.mapper.add_weights(weight, bias)

    def expect(self, matrix, values):
        self.mapper.flush()
        self.outputs.append((store(self.schedule, matrix), values))

    def check(self):
        results = run(self.schedule)
        for result in results:
            for address, values in self.outputs:
                self.assertTrue(np.array_equal(result.read(address, values.shape), values))
        return results[-1]


class Linears(Case):
    def one(self, m, k, n, activation=Activation(), transposes=False, has_bias=True, settings=(),
            zeros=None):
        self.begin(*settings, seed=m + k + n)
        x = int8(self.rng, m, k)
        weight, bias, placed = self.weights(n, k, has_bias)
        if zeros is not None:
            for row, column in zeros:
                weight[64 * row:64 * row + 64, 64 * column:64 * column + 64] = 0
            placed = self.mapper.add_weights(weight, bias)
        self.stored = self.schedule.constants[-1].bytes
        y = self.l1.matrix(*((n, m) if transposes else (m, n)))
        self.mapper.linear(self.l1.load(x), placed, y, (80, 18, 3), activation, transposes)
        expected = linear(x, weight, bias, (80, 18, 3), activation)
        self.expect(y, expected.T if transposes else expected)
        self.check()
        return sum(len(engine.commands) for engine in self.schedule.engines
                   if engine.kind == KIND_ITA)

    def test_shapes(self):
        for m, k, n in ((64, 64, 64), (128, 192, 320), (64, 512, 128), (192, 128, 256),
                        (64, 960, 64)):
            with self.subTest((m, k, n)):
                self.assertEqual(self.one(m, k, n), m * k * n // 64 ** 3)

    def test_activations_and_no_bias(self):
        self.one(64, 128, 128, GELU)
        self.one(128, 64, 64, RELU)
        self.one(64, 128, 256, has_bias=False)

    def test_transposed_output(self):
        self.one(128, 128, 192, transposes=True)

    def test_blocks_of_zeros_are_left_out(self):
        """Not the last of an output: a column block of zeros keeps one."""
        zeros = [(0, 1), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2), (4, 2)]
        self.assertEqual(self.one(128, 192, 320, zeros=zeros), 2 * (15 - 6))
        self.assertEqual(self.stored, 64 * 64 * (15 - 3))  # pairs of tiles that are zero

    def test_numbers_of_itas(self):
        for count in (1, 2, 8):
            with self.subTest(count):
                self.one(128, 128, 320, settings=(f"soc.ita.count={count}",))

    def test_layers_follow_each_other(self):
        """The output of one is the input of the next; sizes of contexts change."""
        self.begin()
        x = int8(self.rng, 128, 256)
        source = self.l1.load(x)
        for n, k in ((128, 256), (320, 128), (64, 320)):
            weight, bias, placed = self.weights(n, k)
            y = self.l1.matrix(128, n)
            self.mapper.linear(source, placed, y, (80, 18, 3), GELU)
            x, source = linear(x, weight, bias, (80, 18, 3), GELU), y
        self.expect(source, x)
        self.check()


class Attentions(Case):
    def fused(self, s, e, heads, p, settings=()):
        self.begin(*settings, seed=s + e + heads + p)
        x = int8(self.rng, s, e)
        layers = {name: self.weights(heads * p, e) for name in "qkv"}
        source, o = self.l1.load(x), self.l1.matrix(s, heads * p)
        self.schedule.begin_layer("attention")
        fits = self.mapper.self_attention(source, *(layers[name][2] for name in "qkv"), o, heads,
                                          REQUANTS)
        if fits:
            projections = [linear(x, *layers[name][:2], REQUANTS[name]) for name in "qkv"]
            self.expect(o, attention(*projections, heads, REQUANTS["qk"], REQUANTS["av"]))
            self.check()
        return fits

    def apart(self, s, heads, p, v_is_transposed, settings=()):
        self.begin(*settings, seed=s + heads + p)
        q, k, v = (int8(self.rng, s, heads * p) for _ in range(3))
        sources = [self.l1.load(values) for values in (q, k, v.T if v_is_transposed else v)]
        o = self.l1.matrix(s, heads * p)
        self.mapper.attention(*sources, o, heads, (100, 19, 5), REQUANTS["av"],
                              v_is_transposed=v_is_transposed)
        self.expect(o, attention(q, k, v, heads, (100, 19, 5), REQUANTS["av"]))
        self.check()

    def test_fused(self):
        for shape in ((64, 64, 1, 64), (128, 128, 4, 64), (64, 192, 6, 64), (64, 128, 1, 192)):
            with self.subTest(shape):
                self.assertTrue(self.fused(*shape))

    def test_what_does_not_fit_is_not_fused(self):
        self.assertFalse(self.fused(256, 128, 4, 64))
        self.assertEqual(self.mapper.steps, [])

    def test_apart(self):
        for shape in ((64, 3, 128), (256, 4, 64), (512, 2, 64)):
            with self.subTest(shape):
                self.apart(*shape, v_is_transposed=True)
        self.apart(128, 4, 64, v_is_transposed=False)

    def test_a_list_of_constants_per_head(self):
        self.begin()
        q, k, v = (int8(self.rng, 64, 192) for _ in range(3))
        qk, av = [(100, 19, head) for head in range(3)], [(60, 13 - head, 0) for head in range(3)]
        o = self.l1.matrix(64, 192)
        self.mapper.attention(*(self.l1.load(values) for values in (q, k, v)), o, 3, qk, av)
        parts = [attention(*(values[:, 64 * head:64 * head + 64] for values in (q, k, v)), 1,
                           qk[head], av[head]) for head in range(3)]
        self.expect(o, np.concatenate(parts, axis=1))
        self.check()

    def test_numbers_of_itas(self):
        for count in (1, 2, 8):
            with self.subTest(count):
                self.apart(128, 5, 64, True, (f"soc.ita.count={count}",))


class Utilisation(Case):
    """The attention of the encoder at S=128, E=256, H=4, P=64 with its output projection."""

    @unittest.skipIf("cycle" not in TIMINGS, "needs cycle timing")
    def test_itas_are_busy_and_transfers_hidden(self):
        self.begin()
        x = int8(self.rng, 128, 256)
        layers = {name: self.weights(256, 256) for name in "qkvo"}
        self.schedule.begin_layer("load")
        source, o, y = self.l1.load(x), self.l1.matrix(128, 256), self.l1.matrix(128, 256)
        self.schedule.begin_layer("attention")
        self.mapper.self_attention(source, *(layers[name][2] for name in "qkv"), o, 4, REQUANTS)
        self.mapper.linear(o, layers["o"][2], y, REQUANTS["o"])
        self.mapper.flush()
        self.schedule.begin_layer("end")
        projections = [linear(x, *layers[name][:2], REQUANTS[name]) for name in "qkv"]
        heads = attention(*projections, 4, REQUANTS["qk"], REQUANTS["av"])
        self.expect(y, linear(heads, *layers["o"][:2], REQUANTS["o"]))
        result = self.check()
        table = break_down(self.schedule, result,
                           *layer_span(self.schedule, result, ["attention"]))
        print(table.markdown())
        self.assertAlmostEqual(sum(table.rows.values()), table.cycles, delta=1)
        self.assertGreaterEqual(table.ita_utilisation, 0.70 * table.ita_bound)
        self.assertGreaterEqual(table.dma_hidden, 0.80)


if __name__ == "__main__":
    unittest.main()
