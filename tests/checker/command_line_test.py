#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""--check and --check-suppressions: exit codes, and what is said."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["BUILD"])
sys.path.insert(0, str(ROOT / "scripts"))
import seeded_bugs  # noqa: E402  pylint: disable=wrong-import-position,import-error

BAD_INPUT = 3
BAD_COMMAND_LINE = 2


class CommandLine(unittest.TestCase):
    """One program without findings, one with the bug of a patch."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)

    def run_program(self, elf, *options):
        return seeded_bugs.run(BUILD, elf, "minpool", options=options)

    def buggy(self):
        return seeded_bugs.build_bug(BUILD, ROOT / "tests/seeded_bugs/04.patch", self.folder)

    def suppressions(self, text):
        file = self.folder / "suppressions"
        file.write_text(text, encoding="utf-8")
        return "--check-suppressions", file

    def test_clean_program(self):
        code, text = self.run_program(BUILD / "sw/dma_copy.elf")
        self.assertEqual((code, seeded_bugs.num_findings(text)), (0, 0))
        self.assertIn("offload check: 0 findings", text)

    def test_finding_names_both_sides_and_the_missing_order(self):
        code, text = self.run_program(self.buggy())
        self.assertNotEqual(code, 0)
        self.assertRegex(text, r"result_too_early: .*\n  at 0x.*\n"
                         r"  read in cycle \d+ by soc\.cluster\S+ at pc 0x\S+ .*memory\.c:\d+.*\n"
                         r"  written in cycle \d+ by soc\.dma transfer \d+ .*launched .*"
                         r"dma\.c:\S+\n"
                         r"    called by check_copy \(\S+dma_copy\.c:\d+\) < .* < main \(")
        self.assertIn("missing: the hart has not seen the end of soc.dma transfer", text)

    def test_suppressed(self):
        _, text = self.run_program(self.buggy(), *self.suppressions("# all\n*: *\n"))
        self.assertIn("offload check: 0 findings", text)

    def test_pattern_of_another_place(self):
        _, text = self.run_program(self.buggy(), *self.suppressions("lost_wake_up: *\n"))
        self.assertGreater(seeded_bugs.num_findings(text), 0)

    def test_suppressions_that_cannot_be_read(self):
        (self.folder / "folder").mkdir()
        for name in ("absent", "folder"):
            code, text = self.run_program(BUILD / "sw/hello.elf", "--check-suppressions",
                                          self.folder / name)
            self.assertEqual(code, BAD_INPUT)
            self.assertIn(f"{name}: cannot be read", text)

    def test_suppressions_of_no_kind(self):
        for line in ("unordered_acces: *", "unorderd*: *", "main | *", "lost_wake_up main",
                     "lost_wake_up"):
            code, text = self.run_program(BUILD / "sw/hello.elf",
                                          *self.suppressions(f"# one\n{line}\n"))
            self.assertEqual(code, BAD_INPUT, line)
            self.assertIn(f"suppressions:2: no finding begins like '{line}'; expected KIND: "
                          "PATTERN, KIND one of result_too_early, ", text)
        for line in ("unordered_access: *", "unordered*", "*", "*main*"):
            code, _ = self.run_program(BUILD / "sw/hello.elf", *self.suppressions(line + "\n"))
            self.assertEqual(code, 0, line)

    def test_unknown_check(self):
        done = subprocess.run([BUILD / "bin/tessera", "run", "-c", ROOT / "configs/minpool.yaml",
                               BUILD / "sw/hello.elf", "--check", "spelling"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, BAD_COMMAND_LINE)
        self.assertIn("'spelling' is no check; there is: offload", done.stderr)


class Verdicts(unittest.TestCase):
    """What scripts/seeded_bugs.py takes for a report of the bug."""

    FAULT = "[ 12cy 0.024us] W soc.dma hart 3 pc=0x80000010 <copy+0x8> device_misuse: 64 B at 0x4"
    OTHER = "[ 99cy 0.198us] W soc.dma hart 1 pc=0x80000020 <copy+0x9> device_misuse: 32 B at 0x8"

    def test_fault(self):
        self.assertEqual(seeded_bugs.verdict(0, self.FAULT), ("fault report", self.FAULT))

    def test_faults_that_the_program_makes_on_purpose(self):
        def deliberate():
            return frozenset({seeded_bugs.kind_of_fault(self.OTHER)})
        self.assertEqual(seeded_bugs.verdict(0, self.FAULT, deliberate)[0], "")
        new = self.FAULT.replace("<copy", "<move")
        self.assertEqual(seeded_bugs.verdict(0, f"{self.FAULT}\n{new}", deliberate),
                         ("fault report", new))

    def test_only_a_hang_is_a_hang(self):
        self.assertEqual(seeded_bugs.verdict(6, "hang: all asleep"),
                         ("hang report", "hang: all asleep"))
        self.assertEqual(seeded_bugs.verdict(5, "limit: 300 s")[0], "")


if __name__ == "__main__":
    unittest.main()
