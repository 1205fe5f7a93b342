"""How far a run is, and what it depended on: status.json, the line on a terminal, hashes."""

import hashlib
import json
import os
import pty
import re
import signal
import subprocess
import unittest

from support import CONFIGS, TESSERA, TIMEOUT_SECONDS, CliTest
from test_run import FOREVER, HELLO

MINPOOL = ["-c", CONFIGS / "minpool.yaml"]


def build_id(program):
    notes = subprocess.run(["readelf", "--notes", program], capture_output=True, text=True,
                           check=True).stdout
    return re.search("Build ID: ([0-9a-f]{40})", notes).group(1)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Status(CliTest):
    def status(self):
        return json.loads((self.folder / "out/status.json").read_text())

    def test_the_last_one_says_how_the_run_ended(self):
        self.run_program(HELLO, "--out", "out", "--expected-cycles", "1000000")
        status = self.status()
        cycles = json.loads((self.folder / "out/run.json").read_text())["cycles"]
        self.assertEqual((status["state"], status["exit_code"], status["cycles"]),
                         ("end_of_computation", 0, cycles))
        self.assertAlmostEqual(status["fraction"], cycles / 1e6)

    def test_a_run_under_way_says_so(self):
        self.file("forever.elf", FOREVER)
        process = self.start("run", *MINPOOL, "forever.elf", "--out", "run")
        self.assertEqual(process.stdout.readline(), "up\n")
        status = json.loads((self.folder / "run/status.json").read_text())
        self.assertEqual((status["state"], status["exit_code"]), ("running", None))
        self.assertEqual((status["fraction"], status["remaining_seconds"]), (None, None))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT_SECONDS)

    def test_a_line_on_a_terminal_only(self):
        self.file("forever.elf", FOREVER)
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            with subprocess.Popen([TESSERA, "run", *MINPOOL, "forever.elf", "--max-cycles",
                                   str(10 ** 15)], cwd=self.folder, stdout=subprocess.PIPE,
                                  stderr=theirs) as process:
                os.close(theirs)
                text = terminal.read(4096).decode()
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertRegex(text, r"^\r\x1b\[K\d+\.\d{3} Mcy  0 %  \d+\.\d{3} Mcy/s  \d s  "
                               r"ETA \d+:\d\d:\d\d  harts 16 running$")


class Inputs(CliTest):
    def inputs(self, *arguments, file="out/run.json"):
        code, _, err = self.tessera(*arguments, "--out", "out", "--force")
        self.assertEqual(code, 0, err)
        return json.loads((self.folder / file).read_text())["inputs"]

    def test_a_run_records_hashes_and_options(self):
        self.file("program.elf", HELLO)
        self.file("image.bin", b"12345678")
        self.file("base.yaml", f"include: ['{CONFIGS / 'minpool.yaml'}']\n")
        inputs = self.inputs("run", "-q", "-c", "base.yaml", "--set", "soc.l2.banks=8", "--seed=3",
                             "--load", "0x80001000:image.bin", "--max-cycles", "1_000_000",
                             "--timeout", "50", "program.elf")
        self.assertEqual(inputs.pop("config").strip("0123456789abcdef"), "")
        self.assertEqual(inputs, {
            "tessera": build_id(TESSERA),
            "config_files": [sha256(CONFIGS / "minpool.yaml"), sha256(self.folder / "base.yaml")],
            "settings": ["soc.l2.banks=8", "soc.seed=3"],
            "options": [["--max-cycles", ["1_000_000"]]],
            "elf": sha256(self.folder / "program.elf"),
            "loads": [{"address": "0x80001000", "sha256": sha256(self.folder / "image.bin")}]})

    def test_the_configuration_counts_by_its_values(self):
        self.file("program.elf", HELLO)
        hashes = [self.inputs("run", "-q", *MINPOOL, *settings, "program.elf")["config"]
                  for settings in ((), ("--set", "soc.l2.banks=4"), ("--set", "soc.l2.banks=8"))]
        self.assertEqual(hashes[0], hashes[1])  # 4 is the default
        self.assertNotEqual(hashes[0], hashes[2])

    def test_traffic_records_its_pattern(self):
        inputs = self.inputs("traffic", *MINPOOL, "--load", "0.1", "--cycles", "100",
                             file="out/traffic.json")
        self.assertEqual(inputs["options"], [["--load", ["0.1"]], ["--cycles", ["100"]]])
        self.assertNotIn("elf", inputs)


if __name__ == "__main__":
    unittest.main()
