#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/bench_transformer.py on small models: the verdict, the figures, and that it can fail.

Environment: BUILD, the build with tessera and encoder.elf.
"""
import csv
import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

import support
from deploy import benchmark, commands, models, reference
from deploy.soc import load_soc

BUILD = pathlib.Path(os.environ["BUILD"])
SCRIPT = support.ROOT / "scripts/bench_transformer.py"
MAC_PER_ITA = 1024


def run(folder, *arguments):
    """(exit code, last line, standard error)."""
    done = subprocess.run([str(SCRIPT), "--build", str(BUILD), "-o", str(folder), *arguments],
                          capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout.splitlines() or [""])[-1], done.stderr


def read(path):
    with open(path, encoding="ascii") as file:
        return list(csv.DictReader(file))


class Script(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_table(self):
        code, verdict, errors = run(self.folder, "--models", "dense:64,64,128",
                                    "encoder:64,64,64,1,128,1,2")
        self.assertEqual(code, 0, errors)
        self.assertEqual(verdict, "bench_transformer: PASS 4 runs, 0 values differ from numpy, ITA "
                         "and cores agree in 2 of 2 pairs")
        rows = read(self.folder / "table.csv")
        self.assertEqual([row["row"] for row in rows], ["T1", "T1", "T3", "T4"])
        for row in rows:
            rate = int(row["MAC"]) / int(row["cycles"])
            self.assertAlmostEqual(float(row["MAC/cycle"]), rate, delta=0.06)
            self.assertEqual(row["MHz"], "500")
            self.assertAlmostEqual(float(row["GOPS"]), rate, delta=0.06)  # 2 operations, 500 MHz
        dense, encoder = rows[0], rows[2]
        self.assertEqual(int(dense["MAC"]), 64 * 64 * 128)
        linear = 4 * 64 * 64 + 2 * 64 * 128
        self.assertEqual(int(encoder["MAC"]), 64 * (linear + 2 * 64 * 64))
        self.assertGreaterEqual(int(dense["DMA bytes"]), 64 * 64 + 64 * 128 + 64 * 128)
        for ita, cores in (rows[:2], rows[2:]):
            self.assertAlmostEqual(float(ita["speed-up"]),
                                   int(cores["cycles"]) / int(ita["cycles"]), delta=0.006)
            self.assertAlmostEqual(  # every product is on ITAs
                float(ita["ITA utilisation %"]) / 100,
                int(ita["MAC"]) / (4 * MAC_PER_ITA * int(ita["cycles"])), delta=0.001)
            self.assertEqual(cores["ITA utilisation %"], "-")
        self.assertIn("</svg>", (self.folder / "table.svg").read_text())

    def test_breakdown_adds_up(self):
        code, _, errors = run(self.folder, "--breakdown", "--models", "encoder:64,64,64,1,64")
        self.assertEqual(code, 0, errors)
        for row in read(self.folder / "breakdown.csv"):
            parts = sum(int(row[name]) for name in row if name in
                        {*commands.OPERATOR_CLASSES, "synchronisation"})
            self.assertAlmostEqual(parts, int(row["last inference"]), delta=len(row))
            self.assertEqual(row["on"] == "cores", int(row["gelu"]) > 0)
            layers = [int(part["cycles"]) for part in read(self.folder / "breakdown_layers.csv")
                      if part["on"] == row["on"]]
            self.assertAlmostEqual(sum(layers), parts, delta=len(layers) + len(row))

    def test_rows_on_itas_need_layers_on_itas(self):
        code, verdict, _ = run(self.folder, "--models", "dense:16,64,32", "--config",
                               str(support.ROOT / "configs/minpool.yaml"))
        self.assertEqual(code, 1)
        self.assertIn("no layer of dense:16,64,32 is computed by ITAs", verdict)

    def test_what_cannot_be_run_is_refused(self):
        code, verdict, errors = run(self.folder, "--models", "encoder:64,64,64,1,64", "--set",
                                    "soc.cluster.bank_bytes=64")
        self.assertEqual(code, 2)
        self.assertIn("bench_transformer: FAIL", verdict)
        self.assertNotIn("Traceback", errors)
        self.assertEqual(run(self.folder, "--models", "dense")[0], 2)

    def test_boards_of_tiles_that_would_overlap_are_refused(self):
        code, verdict, _ = run(self.folder, "--models", "encoder:64,64,64,1,64", "--set",
                               "soc.cluster.banks_per_tile=8", "--set", "soc.dma.beat_bytes=32")
        self.assertEqual(code, 2)
        self.assertIn("8 banks per tile; allowed: 16 and more", verdict)


class Measurements(unittest.TestCase):
    def test_a_wrong_output_is_counted(self):
        graph = models.dense(16, 64, 32)
        expected = reference.run

        def off_by_one(graph, values):
            result = expected(graph, values)
            for output in result.values():
                output[3, 5] ^= 1
            return result

        with mock.patch.object(reference, "run", off_by_one):
            measured = benchmark.measure(
                graph, load_soc(support.ROOT / "configs/minpool.yaml", (), BUILD / "bin/tessera"),
                "cores", models.random_inputs(graph), tessera=BUILD / "bin/tessera",
                elf=BUILD / "sw/encoder.elf")
        self.assertEqual(measured.differing, 1)


if __name__ == "__main__":
    unittest.main()
