# SPDX-License-Identifier: Apache-2.0
"""Traces of a part of a run: by region of interest, by size."""

import contextlib
import csv
import json
import os
import sqlite3

from support import TraceTest, decompressed
import timeline_schema

REGION = 1  # of the matrix products
LIMIT = 1 << 16


class WindowsTest(TraceTest):
    def bus_cycles(self):
        with open(self.folder / "bus.csv", newline="", encoding="utf-8") as file:
            return [int(row["cycle"]) for row in csv.DictReader(file)]

    def test_a_region_of_interest(self):
        for timing in ("functional", "cycle"):
            with self.subTest(timing):
                self.run_program(self.program("matmul_i32"), "--commit-log", f"log,roi={REGION}",
                                 "--out", "out", "--force", timing=timing)
                regions = json.loads((self.folder / "out" / "stats.json").read_text())["regions"]
                counts = next(one["stats"] for one in regions if one["id"] == REGION)
                for hart in range(4):
                    name = f"soc.cluster.group[0].tile[0].core[{hart}].instructions"
                    lines = decompressed(self.folder / "log" / f"hart_{hart}.log.zst").count("\n")
                    self.assertEqual(lines, counts[name])

    def rows(self, name):
        """Rows of the table in the database `name`, which is whole."""
        with contextlib.closing(sqlite3.connect(self.folder / name)) as database:
            self.assertEqual(list(database.execute("PRAGMA integrity_check")), [("ok",)])
            return list(database.execute("SELECT * FROM accesses ORDER BY rowid"))

    def test_a_database_holds_what_csv_does(self):
        for timing in ("functional", "cycle"):
            for name in ("bus.csv", "bus.sqlite", "bus.db"):  # the latter two again over old ones
                self.run_program(self.program("dma_copy"), "--bus-trace", name, timing=timing)
            with open(self.folder / "bus.csv", newline="", encoding="utf-8") as file:
                expected = [tuple(text if column in ("agent", "operation") else
                                  int(text, 0) if text else None for column, text in row.items())
                            for row in csv.DictReader(file)]
            self.assertGreater(len(expected), 1000)
            self.assertEqual(self.rows("bus.sqlite"), expected)
            self.assertEqual(self.rows("bus.db"), expected)

    def test_a_database_that_is_full_or_not_one(self):
        self.limited("--bus-trace", f"bus.db,limit={LIMIT}")
        self.assertGreaterEqual((self.folder / "bus.db").stat().st_size, LIMIT)
        self.assertTrue(self.rows("bus.db"))
        os.mkfifo(self.folder / "pipe.db")
        result = self.run_program(self.program("hello"), "--bus-trace", "pipe.db", code=3)
        self.assertIn("pipe.db: cannot write a database here", result.stderr)
        result = self.run_command(["sh", "-c", 'ulimit -f 100; exec "$0" "$@"',
                                   *map(str, self.command(self.program("gemm_i8"), "--bus-trace",
                                                          "full.db"))])
        self.assertEqual(result.returncode, 3)
        self.assertIn("full.db: cannot write all of it: ", result.stderr)

    def limited(self, *arguments, program="gemm_i8"):
        """A run whose trace is full before its end."""
        result = self.run_program(self.program(program), *arguments)
        self.assertRegex(result.stderr, rf"{arguments[0]}: full at cycle \d+, the rest of the run")

    def test_a_bus_trace_that_is_full(self):
        self.limited("--bus-trace", f"bus.csv,limit={LIMIT // 1024}KiB")
        self.assertGreaterEqual((self.folder / "bus.csv").stat().st_size, LIMIT)
        self.assertTrue(self.bus_cycles())

    def test_a_timeline_that_is_full(self):
        self.limited("--timeline", f"timeline.json,limit={LIMIT}")
        self.assertGreaterEqual((self.folder / "timeline.json").stat().st_size, LIMIT)
        self.assertTrue(timeline_schema.read(self.folder / "timeline.json"))

    def test_a_full_commit_log_holds_the_beginning_of_every_hart(self):
        logs = []
        for limit in ("", f",limit={LIMIT}", f",limit={LIMIT}"):
            folder = f"log{len(logs)}"
            self.run_program(self.program("sieve"), "--commit-log", folder + limit)
            logs.append({path.name: decompressed(path)
                         for path in (self.folder / folder).iterdir()})
        whole, full, again = logs
        self.assertEqual(full, again)
        self.assertLess(sum(map(len, full.values())), sum(map(len, whole.values())))
        for name, text in full.items():
            self.assertTrue(whole[name].startswith(text), name)

    def test_logs_of_an_earlier_run_go(self):
        self.run_program(self.program("barrier"), "--commit-log", "log")
        (self.folder / "log" / "notes.txt").write_text("mine")
        self.run_program(self.program("hello"), "--commit-log", "log,harts=0,3")
        self.assertEqual(sorted(path.name for path in (self.folder / "log").iterdir()),
                         ["hart_0.log.zst", "hart_3.log.zst", "notes.txt"])

    def test_a_limit_that_is_none(self):
        result = self.run_program(self.program("sieve"), "--bus-trace", "bus.csv,limit=much",
                                  code=2)
        self.assertIn("limit=SIZE", result.stderr)
