"""The tutorial runs, and says what it says it does."""

import subprocess
import tempfile
import unittest

from tessera.paths import ROOT


class Tutorial(unittest.TestCase):
    def test_every_step_prints_what_it_found(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([ROOT / "scripts/tessera/tutorial.py", folder], text=True,
                                  capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        for number, pattern in enumerate((
                r"1\. \d+ cycles; the guest said: PASS matmul_i8",
                r"2\. the product alone takes \d+ cycles; harts wait for operands in \d+% of them",
                r"4\. +machine +program .* product +wires")):
            self.assertRegex(lines[number], f"^{pattern}$")
        self.assertRegex(done.stdout, r"toph +\d+ +\d+ +\d+ +16\.0\n")
        self.assertRegex(done.stdout, r"5\. exit code 3: .*power of two, got '12'\n")
        self.assertRegex(done.stdout, r"7\. worth a look: top1-\d+, \d+ cycles, 4 sides of wires\n")
        self.assertRegex(done.stdout, r"7\. worth a look: toph-\d+, \d+ cycles, 16 sides")


if __name__ == "__main__":
    unittest.main()
