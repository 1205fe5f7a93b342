# SPDX-License-Identifier: Apache-2.0
"""GDB's monitor commands."""

import unittest

from support import GdbTest


class MonitorCommands(GdbTest):
    def test_help_names_all_commands(self):
        text, _ = self.session("hello", "monitor help", "monitor", "kill")
        for command in ("harts", "where", "stats", "map", "dump", "run-until"):
            self.assertRegex(text, rf"(?m)^  {command}\b")

    def test_mistakes_are_explained(self):
        text, _ = self.session("hello", "monitor wher", "monitor run-until soon",
                               "monitor harts 1-99", "monitor dump soc.nothing", "kill")
        self.assert_in_order(
            text, "no command 'wher', did you mean 'where'", "usage: monitor run-until <cycle>",
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
            text, r"^cycle \d+: ", r" in main \(", r"^soc\.l2 ", r"^  soc\.dma$", r"^soc\.dma\.\w+ ",
            "registers that are not 0", r"^running, \d+ instructions, pc 0x\w+ <main>", "^x0 ")

    def test_run_until_stops_at_the_cycle(self):
        text, server = self.session(
            "hello", "monitor run-until 500", "continue", "print $mcycle", "monitor run-until 400",
            "continue", arguments=("--timing", "cycle"))
        self.assert_in_order(text, "'continue' stops at cycle 500", r"\[tessera\] cycle 500",
                             r"^\$1 = 500$", "cycle 400 has passed", "exited normally")
        self.assertEqual(server.finish()[0], 0)


if __name__ == "__main__":
    unittest.main()
