# SPDX-License-Identifier: Apache-2.0
"""GDB's monitor commands."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from support import GdbTest


def members(text):
    """[0, 1, 2, 5] for "0-2,5"."""
    ranges = [part.split("-") for part in text.split(",")]
    return [hart for ends in ranges for hart in range(int(ends[0]), int(ends[-1]) + 1)]


class MonitorCommands(GdbTest):
    def test_help_names_all_commands(self):
        text, _ = self.session("hello", "monitor help", "monitor", "kill")
        for command in ("harts", "where", "bt", "stats", "map", "dump", "trace", "run-until"):
            self.assertRegex(text, rf"(?m)^  {command}\b")

    def test_mistakes_are_explained(self):
        text, _ = self.session("hello", "monitor wher", "monitor run-until soon",
                               "monitor run-until", "monitor harts 1-99", "monitor harts 0,5,16",
                               "monitor bt 99", "monitor harts 1 2", "monitor dump soc.nothing",
                               "kill")
        self.assert_in_order(
            text, "no command 'wher', did you mean 'where'",
            "monitor run-until: 'soon' is not a whole number", "usage: monitor run-until <cycle>",
            r"monitor harts: expected harts of 0\.\.15 as in 0-3,17, got '1-99'", "got '0,5,16'",
            r"monitor bt: expected harts of 0\.\.15 as in 0-3,17, got '99'",
            r"usage: monitor harts \[list\]", "no model 'soc.nothing'")

    def test_harts_changes_the_threads(self):
        text, _ = self.session("hello", "monitor harts 0-3,9", "info threads", "kill")
        self.assert_in_order(text, "harts 0-3,9 of 0-15 are threads", r'Thread 10 "')
        self.assertNotIn('Thread 6 "', text)

    def test_where_map_stats_and_dump(self):
        text, _ = self.session(
            "hello", "break main thread 2", "continue", "monitor where", "monitor map",
            "monitor stats", "monitor stats soc.dma", "monitor dump soc.control",
            "monitor dump soc.cluster.group[0].tile[0].core[1]", "kill")
        self.assert_in_order(
            text, r"^cycle \d+: ", r" in main \(", r"^soc\.l2 ", r"^  soc\.dma$",
            r"^soc\.dma\.\w+ ", r"^\+0x\w+  nr_cores_reg +0x00000010$",
            r"^running, \d+ instructions, pc 0x\w+ <main>", "^x0 ")

    def test_dump_shows_each_register_of_a_device_once(self):
        for device, machine, register in (
                ("soc.dma", "minpool", r"src_addr +0x\w{8}"),
                ("soc.control", "minpool", "wake_up +write-only"),
                ("soc.platform_block", "minpool", r"MAGIC +0x\w{8}"),
                ("soc.ita[1]", "tessera", r"\w+ +0x\w{8}"),
                ("soc.ita[1]", "mempool_ita", r"ITA1_START_ADDR +0x\w{8}"),
                ("soc.attention_engine", "tessera", r"HEAD +0x\w{8}")):
            with self.subTest(device=device, machine=machine):
                text, _ = self.session("hello", f"monitor dump {device}", "kill", machine=machine)
                self.assertRegex(text, rf"(?m)^\+0x\w+  {register}$")
                offsets = re.findall(r"^\+(0x\w+)  ", text, re.MULTILINE)
                self.assertEqual(len(offsets), len(set(offsets)), text)
                self.assertLess(len(offsets), 200)

    def test_backtraces_of_all_harts(self):
        text, _ = self.session("sieve", "break barrier thread 3", "continue", "monitor bt all",
                               "monitor bt 2", "monitor bt", "kill")
        self.assert_in_order(
            text, r"hit Breakpoint 1", r"^harts? [\d,-]+, \w+:$", r"^  #0  ",
            r"^hart 2, running:$", r"^  #0  barrier \(firmware/runtime/barrier\.c:\d+\)$",
            r"^  #1  main \(sw/sieve/sieve\.c:\d+\)$", "usage: monitor bt <list>")
        first = text.split("usage")[0].rsplit("hart 2, running", 1)[0]
        listed = [hart for harts in re.findall(r"^harts? ([\d,-]+), ", first, re.MULTILINE)
                  for hart in members(harts)]
        self.assertEqual(sorted(listed), list(range(16)))

    def test_traces_show_what_happens_while_they_are_on(self):
        with tempfile.TemporaryDirectory() as folder:
            text, server = self.session(
                "hello", "monitor trace", "monitor trace off", "break printf thread 3", "continue",
                'printf "first 0x%08x\\n", $pc', "monitor trace on", "tbreak *$ra thread 3",
                "continue", 'printf "behind 0x%08x\\n", $pc', "monitor trace off", "delete",
                "continue", arguments=("--commit-log", folder))
            self.assertEqual(server.finish()[0], 0)
            log = subprocess.run(["zstd", "-dc", pathlib.Path(folder) / "hart_2.log.zst"],
                                 capture_output=True, check=True, text=True).stdout.splitlines()
        self.assert_in_order(text, r"usage: monitor trace on\|off", "traces are off from cycle 0",
                             "^first", "traces are on from cycle", "^behind",
                             "traces are off from cycle", "exited normally")
        executed = [re.match(r"core   2: 3 (0x\w+) ", line).group(1) for line in log]
        self.assertEqual(executed[0], re.search("^first (.*)$", text, re.MULTILINE).group(1))
        self.assertNotIn(re.search("^behind (.*)$", text, re.MULTILINE).group(1), executed)

    def test_a_trace_that_is_switched_on_shows_what_is_under_way(self):
        begin, end = 608405, 608420  # inside the second transfer of dma_copy
        with tempfile.TemporaryDirectory() as folder:
            timeline = pathlib.Path(folder) / "timeline.json"
            text, server = self.session(
                "dma_copy", "monitor trace off", f"monitor run-until {begin}", "continue",
                "monitor trace on", f"monitor run-until {end}", "continue", "monitor trace off",
                "kill", arguments=("--timing", "cycle", "--timeline", timeline))
            self.assertEqual(server.finish()[0], 130)
            slices = [event for event in json.loads(timeline.read_text())["traceEvents"]
                      if event["ph"] == "X"]
        self.assert_in_order(text, f"traces are on from cycle {begin}",
                             f"traces are off from cycle {end}")
        times = [[round(1000 * one["ts"]), round(1000 * (one["ts"] + one["dur"]))]
                 for one in slices if one["name"] in ("transfer 1", "asleep")]
        self.assertEqual(times, 16 * [[begin, end]])  # of the DMA and all harts but one

    def test_there_may_be_no_traces(self):
        text, _ = self.session("hello", "monitor trace on", "kill")
        self.assertIn("no traces: start the run with", text)

    def test_run_until_stops_at_the_cycle(self):
        text, server = self.session(
            "hello", "monitor run-until 500", "continue", "print $mcycle", "monitor run-until 400",
            "continue", arguments=("--timing", "cycle"))
        self.assert_in_order(text, "'continue' stops at cycle 500$", r"\[tessera\] cycle 500",
                             r"^\$1 = 500$", "cycle 400 has passed", "exited normally")
        self.assertEqual(server.finish()[0], 0)


    def test_run_until_in_functional_timing_may_stop_later(self):
        text, _ = self.session("hello", "monitor run-until 500", "continue", "kill")
        self.assert_in_order(text, "at cycle 500, or up to a quantum later", r"cycle \d+$")


if __name__ == "__main__":
    unittest.main()
