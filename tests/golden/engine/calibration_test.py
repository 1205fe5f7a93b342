#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The cycle engine against the published figures: the limits of the project's issue."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

GOLDEN = pathlib.Path(os.environ["SHARED"]) / "golden" / "engine"
FILES = [str(GOLDEN / name) for name in ("isca18_table5.csv", "s10nx_tops.csv")]

# Milliseconds that the structurally-constrained dataflow model (SDM) of the same paper gives for
# the rows of isca18_table5.csv: what no machine with these multipliers can beat. Source: Table V.
SDM_MS = (1.581, 0.661, 0.438, 0.266, 0.558, 0.00017, 0.037, 0.043, 0.011, 0.0038, 0.0126)


@unittest.skipUnless(pathlib.Path(FILES[0]).is_file(), f"no {FILES[0]}")
class Calibration(unittest.TestCase):
    """Deviations in percent, by workload."""

    @classmethod
    def setUpClass(cls):
        done = subprocess.run([os.environ["ENGINE_CALIBRATION"], *FILES], text=True,
                              capture_output=True, check=False)
        cls.status, cls.lines = done.returncode, done.stdout.splitlines()
        cls.deviations = {}
        for line in cls.lines[:-1]:
            name = line.split("  ")[0].strip()
            cls.deviations[name] = float(re.search(r"([+-][\d.]+) %$", line).group(1))

    def test_every_published_row_is_run(self):
        rows = sum(len(pathlib.Path(name).read_text().splitlines()) - 1 for name in FILES)
        self.assertEqual(len(self.deviations), rows)
        self.assertEqual(self.status, 0)

    def test_brainwave_is_within_ten_percent(self):
        for name, deviation in self.deviations.items():
            if name.startswith("bw_s10"):
                self.assertLessEqual(abs(deviation), 10, name)

    def test_brainwave_is_never_faster_than_the_published_bound(self):
        models = [float(re.search(r"model +([\d.e+-]+) ms", line).group(1))
                  for line in self.lines if line.startswith("bw_s10")]
        self.assertEqual(len(models), len(SDM_MS))
        for model, bound in zip(models, SDM_MS):
            self.assertGreaterEqual(model, bound)

    def test_the_npu_is_within_ten_percent_in_the_mean(self):
        npu = [abs(value) for name, value in self.deviations.items() if name.startswith("s10nx")]
        self.assertEqual(len(npu), 19)
        self.assertLessEqual(sum(npu) / len(npu), 10)

    def test_the_fitted_kernels_are_within_five_percent(self):
        for name, deviation in self.deviations.items():
            if name.startswith(("s10nx gemv", "s10nx rnn")):
                self.assertLessEqual(abs(deviation), 5, name)

    def test_the_last_line_says_both(self):
        self.assertRegex(self.lines[-1],
                         r"^calibration: isca18 worst [\d.]+ %, s10nx mean [\d.]+ %$")


if __name__ == "__main__":
    sys.exit(unittest.main())
