# SPDX-License-Identifier: Apache-2.0
"""Files are whole after an interrupt at any time and after a crash of the guest."""

import contextlib
import csv
import json
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import profile_files
from support import TraceTest, decompressed
import timeline_schema

RUNS = 20
SECONDS = 1.5


class InterruptTest(TraceTest):
    def arguments(self):
        traces = ["--commit-log", "log,harts=0-1", "--timeline", "timeline.json,harts=0-3",
                  "--bus-trace", "bus.csv,harts=0", "--out", "out", "--force",
                  "--profile", "profile", "--stats-interval", "10_000"]
        return traces + (["--wave", "run.fst,harts=0-1"] if self.has_wave() else [])

    def has_wave(self):
        return "--wave" in subprocess.run(self.command("x")[:2] + ["--help"], check=True,
                                          capture_output=True, text=True).stdout

    def check_files(self):
        """Every file parses; returns how many instructions the log has."""
        lines = decompressed(self.folder / "log" / "hart_0.log.zst").splitlines()
        self.assertTrue(all(line.startswith("core   0: 3 0x") for line in lines))
        timeline_schema.read(self.folder / "timeline.json")
        with open(self.folder / "bus.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertTrue(all(None not in row.values() and len(row) == 9 for row in rows))
        stats = json.loads((self.folder / "out" / "stats.json").read_text())["stats"]
        self.assertEqual(profile_files.check(self.folder / "profile"),
                         sum(value for path, value in stats.items()
                             if re.fullmatch(r"soc\.cluster\..*core\[\d+\]\.cycles", path)))
        with open(self.folder / "out" / "stats_intervals.csv", newline="",
                  encoding="utf-8") as file:
            self.assertTrue(all(int(row["increase"]) for row in csv.DictReader(file)))
        if shutil.which("fst2vcd") and (self.folder / "run.fst").exists():
            subprocess.run(["fst2vcd", "-f", "run.fst", "-o", "run.vcd"], cwd=self.folder,
                           check=True, capture_output=True)
        return len(lines)

    def test_twenty_interrupts(self):
        program = self.program("sieve")
        delays = random.Random(6)
        for run in range(RUNS):
            timing = ("functional", "cycle")[run % 2]
            with self.subTest(run=run, timing=timing):
                process = subprocess.Popen(
                    self.command(program, *self.arguments(), timing=timing), cwd=self.folder,
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                while not (self.folder / "bus.csv").exists() and process.poll() is None:
                    time.sleep(0.01)
                time.sleep(delays.uniform(0, SECONDS))
                process.send_signal(signal.SIGINT)
                _, error = process.communicate(timeout=60)
                self.assertIn(process.returncode, (130, 0), error)
                self.check_files()
                (self.folder / "bus.csv").unlink()

    def test_an_interrupted_database(self):
        process = subprocess.Popen(
            self.command(self.program("gemm_i8"), "--bus-trace", "bus.db"), cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while not (self.folder / "bus.db").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(SECONDS / 2)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, error)
        with contextlib.closing(sqlite3.connect(self.folder / "bus.db")) as database:
            self.assertEqual(list(database.execute("PRAGMA integrity_check")), [("ok",)])
            self.assertGreater(database.execute("SELECT count(*) FROM accesses").fetchone()[0], 0)

    def test_a_limit_names_the_device_at_work(self):
        """Inside the first transfers of dma_copy, where their timeline has them."""
        for timing in ("functional", "cycle"):
            with self.subTest(timing):
                self.run_program(self.program("dma_copy"), "--max-cycles", "612000", "--timeline",
                                 "timeline.json", code=5, timing=timing)
                begin, end, _ = timeline_schema.slices(timeline_schema.read(
                    self.folder / "timeline.json"), "soc.dma", "transfer")[1]
                for cycle, is_busy in (((begin + end) // 2, True), (end + 2, False)):
                    self.run_program(self.program("dma_copy"), "--max-cycles", str(cycle), "--out",
                                     "out", "--force", code=5, timing=timing)
                    where = json.loads((self.folder / "out" / "run.json").read_text())["where"]
                    self.assertEqual("\ndevices:\n  soc.dma: " in where, is_busy, where)

    def test_a_guest_error_that_stops_the_run(self):
        program = self.program("engine_errors")
        self.run_program(program, *self.arguments(), "--guest-errors", "stop", machine="tessera",
                         code=4)
        self.assertGreater(self.check_files(), 0)
