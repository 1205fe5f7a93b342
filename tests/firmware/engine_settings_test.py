#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The keys of soc.attention_engine: each changes the cycles of a job, none its result or its bytes.

Environment: TESSERA, CONFIG, ELF (sparse_mhsa).
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "make_attention_workload.py"
ADDRESS = 0x80100000
JOB = "sparse --shape 512,32,2 --pattern bigbird --window 64 --global-tokens 64 --random-tiles 2"
DEPTHS = ("instruction_fifo_depth", "operation_fifo_depth", "vector_fifo_depth", "out_queue_depth",
          "max_bursts")


class EngineSettings(unittest.TestCase):
    """One job of two heads, under cycle timing unless said otherwise."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.image = pathlib.Path(cls.folder.name, "work.img")
        subprocess.run([SCRIPT, *JOB.split(), "-o", cls.image], check=True,
                       stdout=subprocess.DEVNULL)
        cls.base = cls.run_job()

    @classmethod
    def run_job(cls, timing="cycle", **settings):
        """Statistics of the engine; fails unless the result is that of the reference."""
        out, dump = pathlib.Path(cls.folder.name, "out"), pathlib.Path(cls.folder.name, "dump")
        command = [os.environ["TESSERA"], "run", "-q", "-c", os.environ["CONFIG"], "-o", out,
                   "--force", "--timing", timing, "--load", f"{ADDRESS}:{cls.image}",
                   "--dump", f"{ADDRESS}:{cls.image.stat().st_size}:{dump}"]
        for key, value in settings.items():
            command += ["-s", f"soc.attention_engine.{key.replace('__', '.')}={value}"]
        subprocess.run([*command, os.environ["ELF"]], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([SCRIPT, "check", cls.image, dump], check=True, stdout=subprocess.DEVNULL)
        stats = json.loads((out / "stats.json").read_text(encoding="utf-8"))["stats"]
        prefix = "soc.attention_engine."
        return {key[len(prefix):]: value for key, value in stats.items() if key.startswith(prefix)}

    def expect_same_traffic(self, stats):
        for name in ("bytes_read", "bytes_written", "useful_macs", "tiles_skipped"):
            self.assertEqual(stats[name], self.base[name], name)

    def test_shallow_fifos_cost_cycles_not_bytes(self):
        shallow = self.run_job(**dict.fromkeys(DEPTHS, 1))
        self.assertGreater(shallow["busy_cycles"], self.base["busy_cycles"])
        self.expect_same_traffic(shallow)

    def test_each_depth_alone_moves_the_same_bytes(self):
        for depth in DEPTHS:
            with self.subTest(depth):
                stats = self.run_job(**{depth: 1})
                # A short queue of results sends them a little earlier, in smaller bursts.
                self.assertGreater(stats["busy_cycles"], 0.99 * self.base["busy_cycles"])
                self.expect_same_traffic(stats)

    def test_each_mechanism_shows_in_its_counter_and_moves_the_same_bytes(self):
        for key, value, counter in (("transposer", "none", "load_stall_cycles"),
                                    ("packs_heads", "false", "mvu_context_cycles"),
                                    ("has_indirect", "false", "chains"),
                                    ("drains_on_swr", "true", "busy_cycles"),
                                    ("overlaps_rows", "false", "dependency_stall_cycles"),
                                    ("context_split", "tiles", "mvu_context_cycles"),
                                    ("context_split", "columns", "mvu_context_cycles")):
            with self.subTest(f"{key} = {value}"):
                stats = self.run_job(**{f"mechanisms__{key}": value})
                self.assertGreater(stats[counter], self.base[counter])
                self.expect_same_traffic(stats)

    def test_fewer_axi_ports_are_slower(self):
        cycles = [self.run_job(axi_ports=ports)["busy_cycles"] for ports in (1, 2, 4)]
        self.assertEqual(cycles, sorted(cycles, reverse=True))
        self.assertGreater(cycles[0], cycles[2])

    def test_one_word_bursts_read_the_same_bytes(self):
        self.expect_same_traffic(self.run_job(max_burst_beats=1))

    def test_a_slow_engine_takes_fewer_cycles_of_its_own_and_more_of_the_machine(self):
        for timing in ("functional", "cycle"):
            with self.subTest(timing):
                fast = self.run_job(timing)["busy_cycles"]
                slow = self.run_job(timing, clock_divider=3)["busy_cycles"]
                self.assertLessEqual(slow, fast)
                self.assertGreater(3 * slow, 2 * fast)

    def test_functional_timing_is_near_the_uncontended_machine(self):
        for ports in (1, 2, 4):
            with self.subTest(f"{ports} ports"):
                functional = self.run_job("functional", axi_ports=ports)["busy_cycles"]
                cycle = self.run_job("cycle", axi_ports=ports)["busy_cycles"]
                self.assertLess(abs(functional - cycle), 0.1 * cycle, (functional, cycle))


if __name__ == "__main__":
    sys.exit(unittest.main())
