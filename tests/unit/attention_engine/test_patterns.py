"""The attention engine's own code from Python: maps, planner, twin, datapath."""

import os
import sys
import unittest

import numpy as np

sys.path.insert(0, os.environ["SW"])
from attention_engine.patterns import (  # noqa: E402
    FULL, EngineError, Job, Library, Requant, encode_bitmap)

LIBRARY = Library(os.environ["BUILD"])


def grid(tokens):
    """Returns query and key indices, two [tokens][tokens] arrays."""
    return np.indices((tokens, tokens))


class Maps(unittest.TestCase):
    def test_patterns_are_the_masks_of_numpy(self):
        q, k = grid(200)
        masks = {
            ("dense",): q >= 0,
            ("causal",): k <= q,
            ("window", ("window", 30)): abs(q - k) <= 30,
            ("causal_window", ("window", 30)): (q >= k) & (q - k < 30),
            ("dilated", ("window", 4), ("dilation", 7)): (abs(q - k) <= 28) & ((q - k) % 7 == 0),
            ("global", ("global_tokens", 5)): (q < 5) | (k < 5),
            ("longformer", ("global_tokens", 5), ("window", 9)):
                (q < 5) | (k < 5) | (abs(q - k) <= 9),
            ("block_diagonal", ("block", 50)): q // 50 == k // 50,
            ("strided", ("block", 70)): (k <= q) & ((q - k) % 70 == 0),
            ("fixed", ("block", 50), ("summary", 3)):
                (k <= q) & ((q // 50 == k // 50) | (k % 50 >= 47)),
        }
        for (kind, *parameters), mask in masks.items():
            tile_map = LIBRARY.pattern(kind, 200, **dict(parameters))
            np.testing.assert_array_equal(tile_map.tokens(), mask, kind)
            self.assertEqual(tile_map.summary.pairs, mask.sum())

    def test_bigbird_has_the_tiles_of_the_specification(self):
        tile_map = LIBRARY.pattern("bigbird", 4096, window=64, global_tokens=64, random_tiles=3,
                                   seed=42)
        self.assertEqual((tile_map.summary.tiles, tile_map.summary.column_runs), (503, 303))
        rows = tile_map.rows()
        self.assertEqual(len(rows[0]), 64)
        self.assertEqual(rows[0][0], (0, FULL, 4096))

    def test_tokens_and_files_give_maps(self):
        random = np.random.default_rng(1)
        mask = random.random((90, 130)) < 0.02
        tile_map = LIBRARY.tokens(mask, tile=16)
        np.testing.assert_array_equal(tile_map.tokens(), mask)
        again = LIBRARY.bitmap(encode_bitmap(mask), tile=16)
        self.assertEqual(again.encode(), tile_map.encode())

    def test_maps_in_memory_go_both_ways(self):
        tile_map = LIBRARY.pattern("causal", 200)
        for is_bitmap in (False, True):
            index, masks = tile_map.encode(is_bitmap)
            decoded = LIBRARY.decode(index, masks, 200, 200, is_bitmap=is_bitmap)
            np.testing.assert_array_equal(decoded.tokens(), tile_map.tokens())
        index, masks = tile_map.encode()
        with self.assertRaisesRegex(EngineError, "error 0x09: .*columns of the map.*limit 5"):
            LIBRARY.decode(index, masks, 200, 300)
        with self.assertRaisesRegex(EngineError, "error 0x0a: no such mask"):
            LIBRARY.decode(index, b"", 200, 200)

    def test_errors_come_in_words(self):
        with self.assertRaisesRegex(EngineError, "no pattern 'bigbard'; allowed: dense, causal"):
            LIBRARY.pattern("bigbard", 64)
        with self.assertRaisesRegex(EngineError, "dilation is 0"):
            LIBRARY.pattern("dilated", 64, dilation=0)
        with self.assertRaisesRegex(EngineError, "not a token bitmap"):
            LIBRARY.bitmap(b"nothing of the kind, but long enough")


class Twin(unittest.TestCase):
    def test_planner_and_twin_follow_the_score_entries(self):
        tile_map = LIBRARY.pattern("window", 1024, window=128)
        fits = LIBRARY.estimate(tile_map, Job(score_entries=640))
        self.assertEqual((fits.policy, fits.entries["score_vrf"]), ("overlapped", 640))
        tight = LIBRARY.estimate(tile_map, Job(score_entries=639))
        self.assertEqual(tight.policy, "row")
        self.assertGreater(tight.cycles, 1.5 * fits.cycles)
        unpacked = LIBRARY.estimate(tile_map, Job(is_packed=False, is_unlimited=True))
        self.assertEqual(unpacked.entries["score_vrf"], 16 * 16 * 64)
        self.assertEqual(fits.useful_macs, 2 * 64 * tile_map.summary.pairs)
        with self.assertRaisesRegex(EngineError, "spill needs 64 entries of score_vrf"):
            LIBRARY.estimate(tile_map, Job(score_entries=63))
        with self.assertRaisesRegex(EngineError, "no policy 'rows'"):
            LIBRARY.estimate(tile_map, Job(policy="rows"))
        with self.assertRaisesRegex(EngineError, "no preset 'soc63'"):
            LIBRARY.estimate(tile_map, Job(preset="soc63"))


class Lengths(unittest.TestCase):
    def test_lengths_follow_the_seed_and_the_bounds(self):
        lengths = LIBRARY.lengths(400, 177, 384, 1)
        self.assertEqual((lengths.min() >= 1, lengths.max()), (True, 384))
        self.assertLess(abs(lengths.mean() / 177 - 1), 0.1)
        np.testing.assert_array_equal(lengths, LIBRARY.lengths(400, 177, 384, 1))
        with self.assertRaisesRegex(EngineError, "mean 500 of lengths up to 384"):
            LIBRARY.lengths(4, 500, 384, 1)


class Datapath(unittest.TestCase):
    def setUp(self):
        random = np.random.default_rng(3)
        self.q, self.k, self.v = random.integers(-128, 128, (3, 150, 40), np.int8)

    def attend(self, tile_map, **arguments):
        return LIBRARY.attend(tile_map, self.q, self.k, self.v, Requant(1, 12), Requant(2, 9),
                              **arguments)

    def test_all_policies_give_the_same_bytes(self):
        tile_map = LIBRARY.pattern("window", 150, window=20)
        results = [self.attend(tile_map, policy=policy, is_packed=is_packed)
                   for policy in ("resident", "overlapped", "row", "spill")
                   for is_packed in (False, True)]
        for result in results[1:]:
            np.testing.assert_array_equal(result, results[0])
        self.assertGreater(len(np.unique(results[0])), 50)

    def test_one_key_is_its_value(self):
        tile_map = LIBRARY.tokens(np.eye(150, dtype=bool))
        expected = np.clip(np.floor(self.v * 255.0 * 2 / 512 + 0.5), -128, 127)
        np.testing.assert_array_equal(self.attend(tile_map), expected)

    def test_masked_rows_follow_their_convention(self):
        mask = np.ones((150, 150), bool)
        mask[7] = False
        tile_map = LIBRARY.tokens(mask)
        self.assertEqual(tile_map.summary.masked_rows, 1)
        self.assertTrue((self.attend(tile_map)[7] == 0).all())
        self.assertTrue((self.attend(tile_map, masked_rows="nan")[7] == -128).all())
        mean = np.floor(255 * self.v.astype(int).sum(axis=0) / 150 + 0.5)
        np.testing.assert_array_equal(self.attend(tile_map, masked_rows="uniform")[7],
                                      np.floor(mean * 2 / 512 + 0.5))

    def test_top_keys_are_the_best_products(self):
        tile_map = LIBRARY.top(self.q, self.k, 9, bits=8, tile=16)
        self.assertEqual(tile_map.summary.pairs, 150 * 9)
        products = self.q.astype(int) @ self.k.astype(int).T
        best = np.sort(products, axis=1)[:, -9:].sum()
        chosen = products[tile_map.tokens()].sum()
        self.assertGreater(chosen / best, 0.99)
        whole = LIBRARY.top(self.q, self.k, 2, tile=16, whole_tiles=True)
        self.assertEqual((whole.summary.full_tiles, whole.summary.partial_tiles), (20, 0))

    def test_wrong_shapes_are_refused(self):
        with self.assertRaisesRegex(EngineError, "149 queries"):
            self.attend(LIBRARY.pattern("dense", 149, 150))


if __name__ == "__main__":
    unittest.main()
