# SPDX-License-Identifier: Apache-2.0
"""Traces of a part of a run: by region of interest, by size."""

import contextlib
import csv
import itertools
import json
import os
import shutil
import sqlite3
import unittest

from support import TraceTest, decompressed
import timeline_schema
import vcd

REGION = 1  # of the matrix products
LIMIT = 1 << 16


TIMINGS = ("functional", "cycle")
CYCLES = 612_000  # behind the first transfers of dma_copy


def clipped(slices, begin, end):
    """What is left of the slices that touch the window [begin, end)."""
    return [(max(one[0], begin), min(one[1], end), one[2]) for one in slices
            if one[0] < end and one[1] > begin]


def sleep_of(events, core):
    return [one for one in timeline_schema.slices(events, "soc.cluster.group[0].tile[0]", core)
            if one[2] == "asleep"]


class UnderWayTest(TraceTest):
    """A window shows from its first cycle to its last what is under way then."""

    def beginning(self, *arguments, timing):
        self.run_program(self.program("dma_copy"), "--max-cycles", CYCLES, *arguments, code=5,
                         timing=timing)

    def timeline(self, window, timing):
        self.beginning("--timeline", f"timeline.json{window}", timing=timing)
        return timeline_schema.read(self.folder / "timeline.json")

    def whole(self, timing):
        """The timeline of it all, and a window inside the second transfer."""
        events = self.timeline("", timing)
        begin, end, _ = timeline_schema.slices(events, "soc.dma", "transfer")[1]
        self.assertGreater(end, begin + 8)
        return events, begin + 3, end - 3

    def test_in_the_timeline(self):
        for timing in TIMINGS:
            with self.subTest(timing):
                whole, begin, end = self.whole(timing)
                events = self.timeline(f",from={begin},to={end}", timing)
                self.assertEqual(timeline_schema.slices(events, "soc.dma", "transfer"),
                                 [(begin, end, "transfer 1")])
                for core in ("core[1]", "core[2]"):
                    self.assertEqual(sleep_of(events, core), [(begin, end, "asleep")])
                    self.assertEqual(sleep_of(events, core),
                                     clipped(sleep_of(whole, core), begin, end))
                times = [time for event in events if "ts" in event
                         for time in (event["ts"], event["ts"] + event.get("dur", 0))]
                self.assertGreaterEqual(round(min(times) * 1000), begin)
                self.assertLessEqual(round(max(times) * 1000), end)
                self.assertNotIn("s", [event["ph"] for event in events])  # launched before

    def test_when_it_closes(self):
        for timing in TIMINGS:
            with self.subTest(timing):
                whole, begin, _ = self.whole(timing)
                events = self.timeline(f",from={begin - 40},to={begin}", timing)
                transfers = timeline_schema.slices(events, "soc.dma", "transfer")
                self.assertEqual(transfers, clipped(
                    timeline_schema.slices(whole, "soc.dma", "transfer"), begin - 40, begin))
                self.assertEqual(transfers[-1], (begin - 3, begin, "transfer 1"))
                self.assertEqual(sleep_of(events, "core[1]"),
                                 clipped(sleep_of(whole, "core[1]"), begin - 40, begin))
                self.assertEqual([event["ph"] for event in events if event["ph"] in "stf"],
                                 ["s", "t"])

    def test_of_a_region(self):
        for timing in TIMINGS:
            with self.subTest(timing):
                program = self.program("matmul_i32")
                traces = []
                for window in ("", f",roi={REGION}"):
                    self.run_program(program, "--timeline", f"timeline.json{window}",
                                     timing=timing)
                    traces.append(timeline_schema.read(self.folder / "timeline.json"))
                begin, end, name = timeline_schema.slices(traces[0], "regions of interest", "")[0]
                self.assertEqual(timeline_schema.slices(traces[1], "regions of interest", ""),
                                 [(begin, end, name)])
                slept = [hart for hart in range(4) if clipped(
                    sleep_of(traces[0], f"core[{hart}]"), begin, end)]
                self.assertTrue(slept)
                for hart in slept:
                    self.assertEqual(sleep_of(traces[1], f"core[{hart}]"),
                                     clipped(sleep_of(traces[0], f"core[{hart}]"), begin, end))

    @unittest.skipUnless(shutil.which("fst2vcd"), "needs fst2vcd")
    def test_in_waves(self):
        for timing in TIMINGS:
            with self.subTest(timing):
                _, begin, end = self.whole(timing)
                self.beginning("--wave", f"run.fst,from={begin},to={end}", timing=timing)
                waves = vcd.read(self.folder / "run.fst")
                self.assertEqual(waves["soc.dma.busy"], [(begin, 1)])
                for hart in (1, 2):
                    self.assertEqual(waves[f"soc.cluster.group[0].tile[0].core[{hart}].state"],
                                     [(begin, "asleep")])


    @unittest.skipUnless(shutil.which("fst2vcd"), "needs fst2vcd")
    def test_waves_of_nothing_can_be_read(self):
        for window in ("roi=99", "from=9999998,scope=*core[1]", "from=9999999"):
            self.run_program(self.program("barrier"), "--wave", f"run.fst,{window}")
            self.assertFalse(any(vcd.read(self.folder / "run.fst").values()), window)


class WaveTest(TraceTest):
    """Waves show what the other traces do."""

    @unittest.skipUnless(shutil.which("fst2vcd"), "needs fst2vcd")
    def test_content(self):
        for timing in TIMINGS:
            with self.subTest(timing):
                self.run_program(self.program("dma_copy"), "--max-cycles", CYCLES,
                                 "--commit-log", "log,harts=1", "--timeline", "timeline.json",
                                 "--wave", "run.fst,harts=1", code=5, timing=timing)
                waves = vcd.read(self.folder / "run.fst")
                lines = decompressed(self.folder / "log" / "hart_1.log.zst").splitlines()
                pcs = [int(line.split()[3], 16) for line in lines]
                core = "soc.cluster.group[0].tile[0].core[1]"
                # A signal does not change where an instruction jumps to itself.
                self.assertEqual([pc for _, pc in waves[f"{core}.pc"]],
                                 [pc for pc, _ in itertools.groupby(pcs)])
                events = timeline_schema.read(self.folder / "timeline.json")
                transfers = timeline_schema.slices(events, "soc.dma", "transfer")
                self.assertGreater(len(transfers), 2)
                self.assertEqual([cycle for cycle, busy in waves["soc.dma.busy"] if busy == 1],
                                 [begin for begin, _, _ in transfers])
                self.assertEqual([cycle for cycle, busy in waves["soc.dma.busy"] if busy == 0],
                                 [0] + [end for _, end, _ in transfers])
                self.assertEqual([cycle for cycle, state in waves[f"{core}.state"]
                                  if state == "asleep"],
                                 [begin for begin, _, _ in sleep_of(events, "core[1]")])


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

    def test_a_scope(self):
        for timing in TIMINGS:
            with self.subTest(timing):
                for name, scope in (("all.csv", ""), ("bus.csv", ",scope=*group[1].tile[0].core[2]")):
                    self.run_program(self.program("barrier"), "--bus-trace", name + scope,
                                     "--timeline", f"timeline.json{scope}", timing=timing)
                chosen = "soc.cluster.group[1].tile[0].core[2]"
                rows = [list(csv.reader((self.folder / name).read_text().splitlines()))
                        for name in ("all.csv", "bus.csv")]
                self.assertTrue(rows[1][1:])
                self.assertEqual(rows[1][1:], [row for row in rows[0] if row[1] == chosen])
                events = timeline_schema.read(self.folder / "timeline.json")
                self.assertEqual(set(timeline_schema.names(events).values()),
                                 {("soc.cluster.group[1].tile[0]", "core[2]")})

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
