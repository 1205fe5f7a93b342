"""Sweeps with closed forms: which points are simulated, what the table adds, how rankings count."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from tessera import choose, paths
from tessera.sweep.points import expand
from tessera.sweep.scan import agreement, ranking
from tessera.sweep.space_file import read_space
from tessera.sweep.table import read_csv

ENGINE = """name: engine
config: tessera
set: {soc.timing: cycle}
workloads:
  head:
    elf: sparse_mhsa
    make: scripts/make_attention_workload.py sparse --shape {tokens},64,1 --pattern dense -o {image}
    closed_form: {model: engine_head, column: cycles, pattern: dense, tokens: "{tokens}"}
matrix:
  tokens: [128, 192]
  soc.attention_engine.score_entries: {from: 64, to: 512, step: 64}
  soc.attention_engine.mrf_entries: [2, 4, 6, 8]
given: [tokens]
scan: {slack_percent: 2}
statistics:
  cycles: soc.attention_engine.busy_cycles
  score: config.soc.attention_engine.score_entries
  mrf: config.soc.attention_engine.mrf_entries
derived: {bytes: 64 * score + 4096 * mrf}
relative: {slowdown: cycles}
objectives: {minimise: [bytes, cycles], subject_to: [slowdown <= 1.05]}
"""
ITA = """name: ita
config: tessera
workloads:
  layer: {elf: mhsa, closed_form: {model: ita_heads, column: cycles, shape: "{S},128,64,8"}}
matrix:
  S: [64, 128]
  soc.ita.count: [1, 2, 4]
  soc.ita.ports: [1, 2]
  soc.ita.processing_elements: [4, 8, 16, 32, 64]
exclude: [{soc.ita.count: 1, soc.ita.ports: 2}]
given: [S]
scan: {neighbours: 0}
statistics:
  {cycles: run.cycles, area: estimate.ita_mm2, elements: config.soc.ita.processing_elements}
objectives: {minimise: [area, cycles]}
"""


class ScanTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def space(self, text):
        (self.folder / "sweep.yaml").write_text(text)
        return read_space(self.folder / "sweep.yaml")

    def values(self, text):
        return [tuple(point.values.values()) for point in expand(self.space(text))]

    def test_the_front_with_slack(self):
        costs = [(1, 100), (2, 99), (3, 90), (3, 95), (4, 90), (5, 50)]
        self.assertEqual(choose.front(costs), [0, 1, 2, 5])
        self.assertEqual(choose.front(costs, 0.02), [0, 2, 5])
        self.assertEqual(choose.front([(1, 1), (1, 1)]), [0])

    def test_front_first_and_last_points_of_each_group_are_simulated(self):
        found = self.values(ITA)
        self.assertEqual(found, sorted(found, key=lambda each: int(each[1])))
        # Two ITAs with N multipliers cost as much as one with 2 N, and gain less: the port.
        for tokens in ("64", "128"):
            group = [each[2:] for each in found if each[1] == tokens]
            self.assertEqual((group[0], group[-1]), (("1", "1", "4"), ("4", "2", "64")))
            self.assertNotIn(("1", "1", "64"), group)
            self.assertLess(len(group), 14)
        self.assertEqual(len(set(found)), len(found))

    def test_neighbours_and_samples_are_added_and_stay_the_same(self):
        few = set(self.values(ITA))
        more = set(self.values(ITA.replace("neighbours: 0", "neighbours: 1")))
        self.assertLess(few, more)
        sampled = ITA.replace("neighbours: 0", "neighbours: 0, sample: 6")
        self.assertLess(few, set(self.values(sampled)))
        self.assertEqual(self.values(sampled), self.values(sampled))
        self.assertNotEqual(self.values(sampled), self.values(sampled + "seed: 5\n"))
        self.assertFalse([each for each in self.values(sampled) if each[2:4] == ("1", "2")])

    def test_fronts_of_all_groups_are_kept_though_few_are_simulated(self):
        space = self.space(ITA.replace("neighbours: 0", "groups: 1"))
        points = expand(space, self.folder / "out")
        simulated = {point.values["S"] for point in points}
        self.assertEqual(len(simulated), 1)
        rows = read_csv(self.folder / "out/scan.csv")
        self.assertEqual({row["S"] for row in rows}, {"64", "128"})
        for tokens in ("64", "128"):
            cycles = [float(row["cycles"]) for row in rows if row["S"] == tokens]
            areas = [float(row["area"]) for row in rows if row["S"] == tokens]
            self.assertGreater(len(cycles), 2)
            for values in (sorted(zip(areas, cycles)),):
                self.assertEqual([each for _, each in values], sorted(cycles, reverse=True))

    def test_sections_add_fronts_of_their_own(self):
        sections = ITA.replace("neighbours: 0", "sections: {soc.ita.count: [1, 2]}")
        added = set(self.values(sections)) - set(self.values(ITA))
        self.assertTrue(added)
        self.assertLessEqual({each[2] for each in added}, {"1", "2"})

    def test_agreement_counts_pairs_and_best_points(self):
        groups = [[(10, 11), (20, 21), (30, 19)], [(5, 9), (5, 8), (6, 7)], [(1, 4), (2, 4)]]
        self.assertEqual(agreement(groups), (6, 3, 2))

    def test_a_sweep_simulates_what_the_twin_finds_promising(self):
        space = self.space(ENGINE)
        out = self.folder / "out"
        done = subprocess.run([paths.ROOT / "scripts/sweep", "run", self.folder / "sweep.yaml",
                               "-o", out, "-j", "2"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertRegex(done.stdout, r"64 points by closed forms in .* s, 64 of them possible; "
                         r"\d+ to simulate\n")
        self.assertRegex(done.stdout,
                         r"closed forms ranked \d+ of \d+ pairs as the simulation does")
        rows = read_csv(out / "sweep.csv")
        self.assertLess(len(rows), 20)
        numbers = [{**row, **{name: int(row[name]) for name in ("cycles", "predicted_cycles")}}
                   for row in rows]
        found = ranking(space, numbers)
        self.assertLess(found["worst"], 0.3)
        self.assertGreaterEqual(found["alike"], 0.8 * found["pairs"])
        for tokens in ("128", "192"):
            group = [row for row in numbers if row["tokens"] == tokens]
            least = min(row["cycles"] for row in group)
            for row in group:
                self.assertAlmostEqual(float(row["slowdown"]), row["cycles"] / least, places=6)
        chosen = subprocess.run([paths.ROOT / "scripts/sweep", "choose", self.folder / "sweep.yaml",
                                 "-o", out], capture_output=True, text=True, check=True).stdout
        self.assertIn("head tokens=128: ", chosen)
        self.assertIn("head tokens=192: ", chosen)
        again = subprocess.run([paths.ROOT / "scripts/sweep", "plan", self.folder / "sweep.yaml",
                                "-o", out], capture_output=True, text=True, check=True).stdout
        self.assertIn(f"{len(rows)} points, {len(rows)} done, 0 to run", again)
        self.assertNotIn("closed forms in", again)

    def test_no_simulator_and_no_place_to_write_are_told(self):
        self.space(ITA)
        def plan(out, build):
            done = subprocess.run([paths.ROOT / "scripts/sweep", "plan", self.folder / "sweep.yaml",
                                   "-o", out], capture_output=True, text=True, check=False,
                                  env={**os.environ, "TESSERA_BUILD": str(build)})
            return done.returncode, done.stderr
        none = self.folder / "none"
        self.assertEqual(plan(self.folder / "out", none), (
            3, f"sweep: cannot scan: {none}/bin/tessera: No such file or directory\n"
            f"sweep: there is no {none}/bin/tessera; scripts/build.sh builds it, TESSERA_BUILD "
            "names another build\n"))
        self.assertEqual(plan("/proc/out", paths.build_folder()), (
            3, "sweep: cannot scan: /proc/out: No such file or directory\n"))


if __name__ == "__main__":
    unittest.main()
