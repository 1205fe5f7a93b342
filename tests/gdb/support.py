"""What the sessions share: a run of tessera that waits for GDB, and GDB with commands."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

TESSERA = os.environ["TESSERA"]
CONFIGS = pathlib.Path(os.environ["CONFIGS"])
PROGRAMS = pathlib.Path(os.environ["PROGRAMS"])
GDB = os.environ["GDB"]
# Programs that are not in PROGRAMS, by their names.
TEST_PROGRAMS = {"faults": os.environ["FAULTS"]}
SCRIPTS = pathlib.Path(os.environ["SCRIPTS"])
TIMEOUT_SECONDS = 240


class Server:
    """`tessera run --gdb 0,wait`; `port` is where it listens."""

    def __init__(self, program, *arguments, machine="minpool", wait=True):
        self.folder = tempfile.TemporaryDirectory()
        self.out = pathlib.Path(self.folder.name) / "out"
        self.elf = PROGRAMS / f"{program}.elf"
        if program in TEST_PROGRAMS:
            self.elf = pathlib.Path(TEST_PROGRAMS[program])
        self.process = subprocess.Popen(
            [TESSERA, "run", "-c", CONFIGS / f"{machine}.yaml", self.elf, "--gdb",
             "0,wait" if wait else "0", "-o", self.out, *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        match = re.match(r"gdb server on 127\.0\.0\.1:(\d+)$", line)
        if not match:
            raise AssertionError(f"no server: {line}{self.process.stderr.read()}")
        self.port = int(match.group(1))

    def finish(self):
        """Waits for the end of the run; returns (exit code, stdout, stderr)."""
        out, err = self.process.communicate(timeout=TIMEOUT_SECONDS)
        return self.process.returncode, out, err

    def run_json(self):
        return json.loads((self.out / "run.json").read_text())

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.folder.cleanup()


class GdbTest(unittest.TestCase):
    """A test that starts servers, and ends them."""

    def serve(self, *arguments, **options):
        server = Server(*arguments, **options)
        self.addCleanup(server.close)
        return server

    def gdb(self, server, *commands, target="remote"):
        """Runs GDB with the program's symbols and these commands; returns what it printed."""
        words = [GDB, "-batch", "-nx", "-ex", "set confirm off", "-ex", "set pagination off",
                 "-ex", "set width 0", "-ex", f"target {target} 127.0.0.1:{server.port}"]
        for command in commands:
            words += ["-ex", command]
        done = subprocess.run([*words, server.elf], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_SECONDS,
                              check=False)
        return done.stdout

    def session(self, program, *commands, arguments=(), machine="minpool", target="remote"):
        """One server, one GDB; returns (what GDB printed, the server)."""
        server = self.serve(program, *arguments, machine=machine)
        return self.gdb(server, *commands, target=target), server

    def assert_in_order(self, text, *patterns):
        """The regular expressions match one after the other."""
        place = 0
        for pattern in patterns:
            match = re.compile(pattern, re.MULTILINE).search(text, place)
            self.assertIsNotNone(match, f"no '{pattern}' from character {place} on:\n{text}")
            place = match.end()
