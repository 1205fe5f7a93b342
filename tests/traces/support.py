# SPDX-License-Identifier: Apache-2.0
"""What the tests of the traces share."""

import os
import pathlib
import subprocess
import tempfile
import unittest

TESSERA = os.environ["TESSERA"]
ROOT = pathlib.Path(os.environ["ROOT"])
PROGRAMS = pathlib.Path(os.environ["PROGRAMS"])
TIMEOUT_SECONDS = 300


class TraceTest(unittest.TestCase):
    """Runs `tessera run` in a folder of its own that is gone after the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def command(self, program, *arguments, machine="minpool", timing="functional"):
        return [TESSERA, "run", "-q", "-c", ROOT / "configs" / f"{machine}.yaml",
                "--timing", timing, *map(str, arguments), program]

    def run_command(self, command):
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True,
                              errors="replace", timeout=TIMEOUT_SECONDS, check=False)

    def run_program(self, program, *arguments, code=0, **options):
        result = self.run_command(self.command(program, *arguments, **options))
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def workload(self, *arguments):
        """Arguments that load a workload for the programs that read one."""
        subprocess.run([ROOT / "scripts" / arguments[0], *arguments[1:], "-o",
                        self.folder / "work.img"], check=True, capture_output=True)
        return ("--load", "0x80100000:work.img")

    def program(self, name):
        path = PROGRAMS / f"{name}.elf"
        if not path.exists():
            self.skipTest(f"{path} has not been built (TESSERA_GUEST)")
        return path


def decompressed(path):
    """The text of a zstd file."""
    return subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout.decode()
