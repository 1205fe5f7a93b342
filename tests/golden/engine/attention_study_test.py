#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/attention_study.sh, reduced: shapes of the curves, agreement of the twin, files."""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
# pylint: disable=wrong-import-position
import attention_plots  # noqa: E402
import attention_study  # noqa: E402
import engine_jobs  # noqa: E402
import sparsity_accuracy  # noqa: E402


class AttentionStudy(unittest.TestCase):
    """Up to 2,048 tokens; capacity and density at 512."""

    @classmethod
    def setUpClass(cls):
        cls.library = attention_study.Library(os.environ["BUILD"])
        cls.path = os.environ["ENGINE_RUN"]
        cls.tables, cls.checks = attention_study.study(cls.path, cls.library, is_reduced=True)

    def test_every_check_holds(self):
        self.assertGreater(len(self.checks), 12)
        self.assertEqual([(name, text) for name, is_good, text in self.checks if not is_good], [])

    def test_a_packed_window_of_1024_tokens_overlaps_with_a_third_of_the_entries(self):
        rows = attention_study.capacity(self.path, 1024, [320, 639, 640, 1024, 2047, 2048])
        (_, is_good, text), = attention_study.check_window(rows)
        self.assertTrue(is_good, text)
        policies = [row["policy"] for row in rows if (row["pattern"], row["packed"],
                                                      row["online"]) == ("window", 1, 0)]
        self.assertEqual(policies[:3], ["row", "row", "overlapped"])

    def test_checks_see_wrong_curves(self):
        def fails(check, table, change, *arguments):
            rows = [dict(row) for row in self.tables[table]]
            change(rows)
            return not all(is_good for _, is_good, _ in check(rows, *arguments))
        last = len(self.tables["latency"]) - 1
        self.assertTrue(fails(attention_study.check_latency, "latency",
                              lambda rows: rows[last].update(difference=0.06)))
        self.assertTrue(fails(attention_study.check_density, "density",
                              lambda rows: rows[0].update(cycles=100)))
        self.assertTrue(fails(attention_study.check_capacity, "capacity",
                              lambda rows: rows[9].update(cycles=1e9), 512))
        self.assertTrue(fails(attention_study.check_capacity, "capacity",
                              lambda rows: rows[9].update(policy="overlapped"), 512))
        self.assertTrue(fails(attention_study.check_batches, "batches",
                              lambda rows: rows[0].update(gain=1.0)))
        self.assertTrue(fails(lambda rows: attention_study.check_twin([rows]), "density",
                              lambda rows: rows[0].update(twin_difference=-0.06)))

    def test_the_verdict_is_the_last_line(self):
        for is_good, line in ((True, "2 of 2"), (False, "1 of 2")):
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                result = attention_study.verdict([("a", True, ""), ("b", is_good, "1.0")])
            self.assertEqual(result, is_good)
            self.assertEqual(output.getvalue().splitlines()[-1],
                             f"attention study: {line} checks hold")

    def test_amdahl(self):
        gain, bound = attention_study.whole_model(0.5, 2)
        self.assertEqual((gain, bound), (1 / 0.75, 2))

    def test_files_are_the_same_for_the_same_numbers(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            written = []
            for run in ("a", "b"):
                (folder / run).mkdir()
                attention_plots.draw(folder / run, self.tables)
                for name, rows in self.tables.items():
                    engine_jobs.write_csv(folder / run / f"{name}.csv", rows)
                written.append({path.name: path.read_bytes()
                                for path in sorted((folder / run).iterdir())})
            self.assertEqual(written[0], written[1])
            self.assertEqual(len(written[0]), 8)

    def test_seeded_tensors_keep_the_weight_that_their_maps_allow(self):
        rows = sparsity_accuracy.seeded(self.library)
        for name, is_good, text in sparsity_accuracy.check(rows):
            self.assertTrue(is_good, f"{name}: {text}")
        at = {row["map"]: row for row in rows}
        self.assertEqual((at["dense"]["mass"], at["dense"]["cosine"]), (1, 1))
        # Without structure a fixed map keeps its share of the weight; picked keys keep more.
        for name in ("causal", "window 64", "random 4"):
            self.assertAlmostEqual(at[name]["mass"], at[name]["density"], delta=0.05)
        self.assertGreater(at["top 64 keys"]["mass"], 5 * at["top 64 keys"]["density"])


if __name__ == "__main__":
    sys.exit(unittest.main())
