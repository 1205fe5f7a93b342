# SPDX-License-Identifier: Apache-2.0
"""A guest error that ends the run: GDB shows the hart to blame, and says what it did."""

import pathlib
import struct
import tempfile
import unittest

from support import GdbTest

TIMINGS = ("functional", "cycle")
# Of tests/observe/faults.c, whose page of arguments says which hart does what.
ARGUMENTS_ADDRESS = 0x800FF000
ARGUMENTS_MAGIC = 0x53475241
UNMAPPED_LOAD, ILLEGAL_INSTRUCTION, STACK_OVERFLOW, DMA_OUT_OF_MEMORY = 1, 3, 4, 5
HART = 5
THREAD = r'Thread 6 "group\[1\]\.tile\[0\]\.core\[1\]" received signal '


class Faults(GdbTest):
    def check(self, fault, timing, *patterns, arguments=()):
        """GDB prints these regular expressions when `fault` has stopped the run."""
        with self.subTest(timing=timing), tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "arguments.bin"
            page.write_bytes(struct.pack("<8I", ARGUMENTS_MAGIC, 0, 0, HART, 0, 0, 0, fault))
            text, server = self.session(
                "faults", "continue", "printf \"pc %#x\\n\", $pc", "backtrace", "continue",
                arguments=("--timing", timing, "--guest-errors", "stop", "--load",
                           f"{ARGUMENTS_ADDRESS:#x}:{page}", *arguments))
            self.assert_in_order(text, *patterns, "exited with code 04")
            self.assertEqual(server.finish()[0], 4)

    def test_unmapped_load(self):
        report = r"\[tessera\] stopped at a guest error: hart 5 pc=0x(\w+) <sum\+0x\w+> unmapped"
        self.check(UNMAPPED_LOAD, "functional",
                   report + r"(.|\n)*nothing is mapped there\n(.|\n)*" + THREAD +
                   r"SIGSEGV(.|\n)*\npc 0x0*\1\n#0 +sum ")
        # The load is answered a few instructions later.
        self.check(UNMAPPED_LOAD, "cycle", report, "^      hart 5 is in sum .* by now",
                   THREAD + "SIGSEGV", "^#0 .* sum ")

    def test_illegal_instruction(self):
        for timing in TIMINGS:
            self.check(ILLEGAL_INSTRUCTION, timing, r"hart 5 pc=0x(\w+) <misbehave\+0x\w+> illegal_"
                       r"(.|\n)*" + THREAD + r"SIGILL(.|\n)*\npc 0x0*\1\n#0 +misbehave ")

    def test_stack_overflow(self):
        for timing in TIMINGS:
            self.check(STACK_OVERFLOW, timing, "hart 5 pc=0x[0-9a-f]+ <deep> stack_overflow",
                       THREAD + "SIGSEGV", "^#0 .* deep ", "^#1 .* deep ", "^#6 .* misbehave ")

    def test_a_transfer_names_the_hart_that_started_it(self):
        for timing in TIMINGS:
            self.check(DMA_OUT_OF_MEMORY, timing, r"<dma_start\+0x\w+> device_misuse: transfer",
                       THREAD + "SIGSEGV", "^#0 .* dma_wait ", "^#1 .* misbehave ")

    def test_an_instruction_that_is_not_modelled(self):
        for timing in TIMINGS:
            with self.subTest(timing=timing):
                fadd = "set {int}$pc = 0x00208053"
                text, server = self.session(
                    "hello", "break main thread 6", "continue", fadd, "delete", "continue",
                    "info symbol $pc", "continue", arguments=("--timing", timing))
                self.assert_in_order(text, r"\[tessera\] .*: fadd.s is not modelled", THREAD +
                                     "SIGILL", "^main in section", "exited with code 04")
                self.assertEqual(server.finish()[0], 4)

    def test_a_hart_that_is_no_thread_is_named(self):
        self.check(UNMAPPED_LOAD, "functional", r"guest error: hart 5 pc=0x\w+ <sum", "Thread 1 ",
                   arguments=("--gdb-harts", "0-4"))


if __name__ == "__main__":
    unittest.main()
