# SPDX-License-Identifier: Apache-2.0
"""A run that is debugged takes the cycles of a free one."""

import re
import subprocess
import tempfile
import unittest

import guest_programs
from support import CONFIGS, GdbTest, PROGRAMS, SCRIPTS, TESSERA, TIMEOUT_SECONDS

COMMANDS = ["break main", "continue", "continue", "stepi", "stepi", "next", "tbreak barrier",
            "continue", "bt", "info threads", "delete", "stepi 20", "continue"]
# In the first layer's operands in mhsa: harts write it, ITA 2 reads it and writes its result there.
WATCHED = "*(int*)0xe4000"


def counts(summary):
    lines = summary.splitlines()
    return [next(line for line in lines if line.startswith(word))
            for word in ("cycles", "instructions")]


class Cycles(GdbTest):
    def options(self, program, timing):
        return ["--timing", timing, "--max-cycles", "300000",
                *guest_programs.load_workload(program, SCRIPTS, self.folder)]

    def free_run(self, program, timing):
        """Returns what the summary of a run without GDB says of cycles and instructions."""
        machine = guest_programs.machine_of(program)
        done = subprocess.run(
            [TESSERA, "run", "-c", CONFIGS / f"{machine}.yaml", PROGRAMS / f"{program}.elf",
             *self.options(program, timing)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_SECONDS,
            check=False)
        return counts(done.stderr)

    def debugged_run(self, program, timing, commands):
        """Returns the same of a run with GDB, and what GDB printed."""
        server = self.serve(program, *self.options(program, timing),
                            machine=guest_programs.machine_of(program))
        text = self.gdb(server, *commands)
        _, _, err = server.finish()
        return counts(err), text

    def test_every_program(self):
        programs = sorted(path.stem for path in PROGRAMS.glob("*.elf"))
        declared = (SCRIPTS.parent / "sw" / "programs.cmake").read_text(encoding="utf-8")
        self.assertLessEqual(set(re.findall(r"^guest_program\((\w+)", declared, re.MULTILINE)),
                             set(programs), "not all programs have been built")
        with tempfile.TemporaryDirectory() as self.folder:
            for program in programs:
                for timing in ("functional", "cycle"):
                    with self.subTest(program=program, timing=timing):
                        debugged, text = self.debugged_run(
                            program, timing, [*COMMANDS, "continue", "continue"])
                        self.assertIn("Breakpoint 1", text)
                        self.assertEqual(debugged, self.free_run(program, timing))

    # GDB steps off each hit, on the hart that it looks at: it may sleep until others go on.
    def test_watchpoints(self):
        with tempfile.TemporaryDirectory() as self.folder:
            for timing in ("functional", "cycle"):
                free = self.free_run("mhsa", timing)
                for watch in ("watch", "awatch"):
                    with self.subTest(timing=timing, watch=watch):
                        debugged, text = self.debugged_run(
                            "mhsa", timing, [f"{watch} {WATCHED}", *(4 * ["continue"]), "delete",
                                             "continue"])
                        self.assertGreaterEqual(text.count("atchpoint 1: " + WATCHED), 3, text)
                        self.assertIn("exited normally", text)
                        self.assertEqual(debugged, free)


if __name__ == "__main__":
    unittest.main()
