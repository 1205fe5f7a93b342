"""explore_engine.py: front and ranking on known numbers, and a small exploration."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tessera.paths import ROOT, build_folder
from tessera.sweep.table import read_csv

sys.path.insert(0, str(ROOT / "scripts"))
import explore_engine  # noqa: E402


class Explore(unittest.TestCase):
    def test_the_front_has_no_point_that_a_smaller_one_equals(self):
        points = [(64, 4, 90), (64, 8, 80), (128, 4, 85), (128, 8, 80), (256, 4, 70), (256, 8, 70)]
        self.assertEqual(explore_engine.front(points),
                         [(64, 4, 90), (64, 8, 80), (128, 4, 85), (256, 4, 70)])

    def test_agreement_counts_pairs_and_best_points(self):
        groups = [[(10, 11), (20, 21), (30, 19)], [(5, 9), (5, 8), (6, 7)]]
        self.assertEqual(explore_engine.agreement(groups), (5, 2, 2, 1))

    def test_a_small_exploration(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [ROOT / "scripts/explore_engine.py", "--steps", "8", "--tokens", "128", "256",
                 "--sample", "3", "-o", folder], capture_output=True, text=True, check=False,
                env={**os.environ, "ENGINE_RUN": str(build_folder() / "bin/engine_run")})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"\d+ points by closed forms in .* s\n\d+ points simulated")
            rows = read_csv(pathlib.Path(folder) / "explore_engine.csv")
        self.assertTrue(any(row["on_front"] == "1" for row in rows))
        for row in rows:
            self.assertLess(abs(int(row["twin_cycles"]) / int(row["cycles"]) - 1), 0.15, row)


if __name__ == "__main__":
    unittest.main()
