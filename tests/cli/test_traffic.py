"""`tessera traffic`: results, files, mistakes."""

import csv
import json
import unittest

from support import CONFIGS, CliTest

MINPOOL = ["-c", CONFIGS / "minpool.yaml"]
SHORT = ["--warm-up", "100", "--cycles", "500"]


class Results(CliTest):
    def traffic(self, *arguments, machine="minpool"):
        """Returns the rows of traffic.csv, as dicts of text."""
        code, out, err = self.tessera("traffic", "-c", CONFIGS / f"{machine}.yaml", *arguments,
                                      "--out", "out", "--force")
        self.assertEqual((code, err), (0, ""))
        self.out = out
        with open(self.folder / "out/traffic.csv", encoding="ascii") as file:
            return list(csv.DictReader(file))

    def test_one_load(self):
        row, = self.traffic("--load", "0.1", *SHORT)
        self.assertRegex(self.out,
                         r"^minpool: toph, 16 harts; uniform; 2048 ids per hart, seed 0\n")
        self.assertEqual(row["cycles"], "500")
        self.assertAlmostEqual(float(row["accepted"]), 0.1, delta=0.02)
        self.assertAlmostEqual(float(row["tile_net_mean"]), 1, delta=0.2)
        self.assertAlmostEqual(float(row["remote_net_mean"]), 3, delta=0.2)
        self.assertEqual(row["group_samples"], "0")  # one tile per group
        facts = json.loads((self.folder / "out/traffic.json").read_text())
        self.assertEqual(facts["schema"], "tessera-traffic")
        self.assertEqual(facts["results"][0]["samples"], int(row["samples"]))
        stats = json.loads((self.folder / "out/stats.json").read_text())["stats"]
        self.assertEqual(stats["soc.cluster.traffic.responses"], int(row["samples"]))
        self.assertIn("name: minpool", (self.folder / "out/config.yaml").read_text())

    def test_zero_load_latencies(self):
        # Hart 0 to tiles 0, 15 and 35: its own, one of its group, one of another group.
        self.file("t.txt", "0 0 0x0\n100 0 0x3C0\n200 0 0x8C0\n")
        row, = self.traffic("--trace", "t.txt", "--set", "soc.cluster.sequential_bytes_per_core=0",
                            machine="mempool")
        latencies = [row[f"{name}_latency_mean"] for name in ("tile", "group", "remote")]
        self.assertEqual(latencies, ["1", "3", "5"])

    def test_several_loads_and_ranges(self):
        rows = self.traffic("--load", "0.05,0.1:0.2:0.05", "--load", "0.3", *SHORT)
        self.assertEqual([row["load"] for row in rows], ["0.05", "0.1", "0.15", "0.2", "0.3"])
        self.assertFalse((self.folder / "out/stats.json").exists())
        self.assertEqual(len(self.out.splitlines()), 3 + 5)

    def test_the_same_seed_gives_the_same_files(self):
        def files(*arguments):
            self.traffic("--load", "0.4", *SHORT, *arguments)
            return [(self.folder / "out" / name).read_bytes()
                    for name in ["traffic.csv", "stats.json"]]
        first = files("--seed", "3")
        self.assertEqual(files("--seed", "3"), first)
        self.assertNotEqual(files("--seed", "4"), first)

    def test_patterns(self):
        row, = self.traffic("--load", "0.2", "--local-fraction", "1", *SHORT)
        self.assertEqual(row["tile_samples"], row["samples"])
        self.assertIn("; uniform, 1 to the own tile; ", self.out)
        # All harts at one bank: it serves one request per cycle.
        row, = self.traffic("--load", "0.5", "--hot-spot", "1:2:3", *SHORT)
        self.assertAlmostEqual(float(row["accepted"]) * 16, 1, delta=0.02)
        self.assertIn("; uniform, 1 to tile 2 bank 3; ", self.out)
        self.traffic("--load", "0.2", "--stride", "64", "--write-fraction", "0.5",
                     "--group-fraction", "0.5", *SHORT)
        self.assertIn("; stride 64, 0.5 to the own group, 0.5 stores; ", self.out)

    def test_few_ids_close_the_loop(self):
        row, = self.traffic("--load", "1", "--outstanding", "1", "--local-fraction", "1", *SHORT)
        # At best: created, answered one cycle later, and the id is free in the next.
        self.assertLessEqual(float(row["accepted"]), 0.5)
        self.assertGreater(float(row["blocked_fraction"]), 0.4)

    def test_a_trace_runs_to_its_last_response(self):
        self.file("t.txt", "# two requests\n10 0 0x0 w\n300 15 0x0\n")
        row, = self.traffic("--trace", "t.txt")
        self.assertEqual(row["samples"], "2")
        self.assertEqual((row["tile_latency_mean"], row["remote_latency_mean"]), ("1", "3"))
        self.assertEqual(row["cycles"], "304")
        self.assertIn("; trace t.txt; ", self.out)


class Mistakes(CliTest):
    def check(self, arguments, message, code=2):
        prefix = "tessera: " if code == 2 else ""
        self.assert_fails(["traffic", *MINPOOL, *arguments], code, prefix + message)

    def test_neither_load_nor_trace(self):
        self.check([], "traffic: --load or --trace is required")

    def test_loads(self):
        for text in ["2", "-1", "x", "0.1x"]:
            self.check([f"--load={text}"], f"--load: expected a number from 0 to 1, got '{text}'")
        self.check(["--load", ""], "--load: no load in ''")
        self.check(["--load=0"], "--load: expected more than 0")
        self.check(["--load=0.1:0.2"], "--load: expected FROM:TO:STEP, got '0.1:0.2'")
        self.check(["--load=0.2:0.1:0.1"], "--load: expected 1..1000 loads in '0.2:0.1:0.1'")
        self.check(["--load=0.1:0.2:0.00001"],
                   "--load: expected 1..1000 loads in '0.1:0.2:0.00001'")

    def test_patterns(self):
        load = ["--load", "0.1"]
        self.check([*load, "--local-fraction", "1.5"],
                   "--local-fraction: expected a number from 0 to 1, got '1.5'")
        self.check([*load, "--hot-spot", "0.5"],
                   "--hot-spot: expected SHARE:TILE[:BANK], got '0.5'")
        self.check([*load, "--hot-spot", "0.5:4"], "--hot-spot: tile 4 is not below 4")
        self.check([*load, "--hot-spot", "0.5:3:16"], "--hot-spot: bank 16 is not below 16")
        self.check([*load, "--stride", "6"], "--stride: expected a multiple of 4, got 6")
        self.check([*load, "--stride", "0"], "--stride: expected 4..4294967295, got 0")

    def test_numbers(self):
        load = ["--load", "0.1"]
        self.check([*load, "--outstanding", "0"], "--outstanding: expected 1..65536, got 0")
        self.check([*load, "--cycles", "0"], "--cycles: expected 1..1000000000, got 0")
        self.check([*load, "--warm-up", "5e3"],
                   "--warm-up: '5e3' is not a whole number (decimal, 0x, '_', KiB, MiB, GiB)")

    def test_a_trace_excludes_random_requests(self):
        self.check(["--trace", "t.txt", "--load", "0.1"], "--load excludes --trace")

    def test_traces(self):
        self.check(["--trace", "t.txt"], "t.txt: cannot read this file", 3)
        self.file("t.txt", "0 0 0x0\n0 16 0x0\n")
        self.check(["--trace", "t.txt"],
                   "t.txt:2: hart 16 is not below 16; a line is: cycle hart address [r|w]", 3)

    def test_the_folder_is_not_overwritten(self):
        self.file("x", "")
        self.check(["--load", "0.1", "--out", "."],
                   "--out .: the folder is not empty; --force writes into it")


if __name__ == "__main__":
    unittest.main()
