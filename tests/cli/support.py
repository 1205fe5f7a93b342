"""What the tests of the command line share."""

import os
import pathlib
import subprocess
import tempfile
import unittest

TESSERA = os.environ["TESSERA"]
CONFIGS = pathlib.Path(os.environ["CONFIGS"])
TIMEOUT_SECONDS = 60


class CliTest(unittest.TestCase):
    """Runs `tessera` in a folder of its own that is gone after the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, content):
        """Writes text or bytes; returns the name, which is relative to where tessera runs."""
        path = self.folder / name
        if isinstance(content, str):
            path.write_text(content)
        else:
            path.write_bytes(content)
        return name

    def start(self, *arguments, **options):
        return subprocess.Popen(
            [TESSERA, *map(str, arguments)], cwd=self.folder, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def tessera(self, *arguments):
        """Returns (exit code, stdout, stderr)."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        return process.returncode, out, err

    def run_program(self, program, *arguments, machine="minpool"):
        """Runs an ELF, given as bytes, on a machine; returns as tessera()."""
        self.file("program.elf", program)
        return self.tessera("run", "-c", CONFIGS / f"{machine}.yaml", "program.elf", *arguments)

    def assert_fails(self, arguments, code, message):
        """The command ends with this code and exactly this message on stderr."""
        self.assertEqual(self.tessera(*arguments), (code, "", message + "\n"))
