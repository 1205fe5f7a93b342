# SPDX-License-Identifier: Apache-2.0
"""Watchpoints on bytes that somebody else than a hart writes: GDB says who it was."""

import unittest

from support import GdbTest

TIMINGS = ((), ("--timing", "cycle"))
# Where a job of ita_jobs.c puts its result: the first byte of tile kOut0.
ITA_RESULT = "*(unsigned char *)(bench.region + kOut0 * 4096)"


class Masters(GdbTest):
    def check(self, program, commands, master, machine="tessera"):
        """The byte that `commands` watch is written by `master`, and the run goes on as ever."""
        for timing in TIMINGS:
            with self.subTest(timing=timing):
                text, server = self.session(program, *commands, "delete", "continue",
                                            machine=machine, arguments=timing)
                self.assert_in_order(
                    text, rf"\[tessera\] {master} wrote \d+ bytes at 0x\w+", "Old value = ",
                    "New value = ", "exited normally")
                self.assertEqual(server.finish()[0], 0)

    def test_a_byte_that_the_dma_writes(self):
        self.check("dma_copy", ["break *dma_copy if $a2 == 255", "continue", "delete",
                                "watch -l *(unsigned char *)$a0", "continue"],
                   r"soc\.dma\S*", machine="minpool")

    def test_a_byte_that_the_dma_reads(self):
        for timing in TIMINGS:
            with self.subTest(timing=timing):
                text, server = self.session(
                    "dma_copy", "break *dma_copy if $a2 == 255", "continue", "delete",
                    "rwatch -l *(unsigned char *)$a1", "continue", "delete", "kill",
                    machine="minpool", arguments=timing)
                self.assert_in_order(text, r"\[tessera\] soc\.dma\S* read \d+ bytes at 0x\w+",
                                     "hit Hardware read watchpoint 2", "Value = ")
                self.assertEqual(server.finish()[0], 130)

    def test_a_byte_that_an_ita_writes(self):
        self.check("ita_jobs", ["break run_job", "continue", "delete",
                                f"watch -l {ITA_RESULT}", "continue"], r"soc\.ita\[0\]")

    def test_a_byte_that_the_attention_engine_writes(self):
        self.check("attention_engine", ["break run", "continue", "delete",
                                        "watch -l image->output[0][0]", "continue"],
                   r"soc\.attention_engine")

    def test_a_false_condition_does_not_flood_the_console(self):
        for timing in TIMINGS:
            with self.subTest(timing=timing):
                text, server = self.session(
                    "hello", "watch turn if turn == 12", "continue", "monitor where", "delete",
                    "continue", machine="minpool", arguments=timing)
                self.assert_in_order(
                    text, r"\[tessera\] soc\.cluster\.\S+ wrote 4 bytes",
                    "more of them are left out here", r'Thread 12 "\S+" hit Hardware watchpoint',
                    "New value = 12",
                    r"^latest watched access: soc\.cluster\.\S+core\[3\] wrote 4 bytes",
                    "exited normally")
                self.assertEqual(text.count("[tessera]"), 5, text)
                self.assertEqual(server.finish()[0], 0)


if __name__ == "__main__":
    unittest.main()
