#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the L1 network under traffic, and of check.py itself."""
import csv
import os
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
POINTS = HERE / "points.csv"
MEASUREMENTS = pathlib.Path(os.environ["SHARED"]) / "golden/mempool/traffic.csv"


def check(path, *options):
    """Returns (exit code, lines)."""
    run = subprocess.run(
        [HERE / "check.py", "--tessera", os.environ["TESSERA"], "--configs", os.environ["CONFIGS"],
         *options, path], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout.splitlines()


class Traffic(unittest.TestCase):
    """No more than rounding of the measurements (3 decimals), beyond saturation too."""

    def assert_agrees(self, path):
        code, lines = check(path, "--max-latency", "0.06", "--max-load", "0.01", "--share", "100")
        self.assertEqual(code, 0, "\n".join(lines))
        with open(path, encoding="ascii") as file:
            self.assertEqual(len(lines), len(list(csv.DictReader(file))) + 1)

    def test_points_agree(self):
        self.assert_agrees(POINTS)

    def test_all_measurements_agree(self):
        if not MEASUREMENTS.is_file():
            self.skipTest(f"no {MEASUREMENTS}")
        self.assert_agrees(MEASUREMENTS)


class Planted(unittest.TestCase):
    """A measurement that is changed is found."""

    def check_changed(self, column, factor):
        with open(POINTS, encoding="ascii") as file:
            rows = list(csv.DictReader(file))
        rows[0][column] = str(float(rows[0][column]) * factor)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "changed.csv"
            with open(path, "w", encoding="ascii", newline="") as file:
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(rows)
            return check(path)

    def test_latency(self):
        code, lines = self.check_changed("net_mean_tile", 1.05)
        self.assertEqual(code, 1)
        self.assertRegex(lines[-1], r"^traffic: points \d+ worst latency 4\.\d\d % worst load 0\.")

    def test_load(self):
        code, lines = self.check_changed("accepted", 0.9)
        self.assertEqual(code, 1)
        self.assertRegex(lines[-1], r"^traffic: points \d+ worst latency 0\.\d\d % worst load 11\.")


if __name__ == "__main__":
    unittest.main()
