# SPDX-License-Identifier: Apache-2.0
"""A run that is debugged takes the cycles of a free one."""

import subprocess
import unittest

from support import CONFIGS, GdbTest, PROGRAMS, TESSERA, TIMEOUT_SECONDS

COMMANDS = ["break main", "continue", "continue", "stepi", "stepi", "next", "tbreak barrier",
            "continue", "bt", "info threads", "delete", "stepi 20", "continue"]


class Cycles(GdbTest):
    def free_run(self, program, timing):
        """Returns what the summary of a run without GDB says of cycles and instructions."""
        done = subprocess.run(
            [TESSERA, "run", "-c", CONFIGS / "minpool.yaml", PROGRAMS / f"{program}.elf",
             "--timing", timing, "--max-cycles", "300000"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_SECONDS,
            check=False)
        lines = done.stderr.splitlines()
        return [next(line for line in lines if line.startswith(word))
                for word in ("cycles", "instructions")]

    def debugged_run(self, program, timing):
        server = self.serve(program, "--timing", timing, "--max-cycles", "300000")
        text = self.gdb(server, *COMMANDS, "continue", "continue")
        _, _, err = server.finish()
        self.assertIn("Breakpoint 1", text)
        return [next(line for line in err.splitlines() if line.startswith(word))
                for word in ("cycles", "instructions")]

    def test_every_program(self):
        programs = sorted(path.stem for path in PROGRAMS.glob("*.elf"))
        self.assertGreater(len(programs), 15)
        for program in programs:
            for timing in ("functional", "cycle"):
                with self.subTest(program=program, timing=timing):
                    self.assertEqual(self.debugged_run(program, timing),
                                     self.free_run(program, timing))


if __name__ == "__main__":
    unittest.main()
