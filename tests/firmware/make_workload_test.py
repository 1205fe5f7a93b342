# SPDX-License-Identifier: Apache-2.0
"""make_workload.py as users meet it: exit codes and messages, and what `check` can see."""
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "make_workload.py"


class MakeWorkloadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_script(self, *arguments):
        """Returns (exit code, stdout, stderr)."""
        done = subprocess.run([SCRIPT, *arguments], cwd=self.folder, capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def assert_refused(self, message, *arguments):
        self.assertEqual(self.run_script(*arguments, "-o", "x.img"),
                         (2, "", f"make_workload.py: {message}\n"))
        self.assertFalse((self.folder / "x.img").exists())

    def test_same_seed_gives_same_image(self):
        for name in "ab":
            self.run_script("mhsa", "--shape", "64,64,64,1", "--seed", "5", "-o", name)
        self.assertEqual((self.folder / "a").read_bytes(), (self.folder / "b").read_bytes())

    def test_shapes_are_refused(self):
        self.assert_refused("S=65; allowed: positive multiples of 64",
                            "mhsa", "--shape", "65,64,64,1")
        self.assert_refused("P=0; allowed: positive multiples of 64",
                            "mhsa", "--shape", "64,64,0,1")
        self.assert_refused("H=0; allowed: 1 and more", "mhsa", "--shape", "64,64,64,0")
        self.assert_refused("--shape 64,64; expected four numbers S,E,P,H, such as 128,128,64,8",
                            "mhsa", "--shape", "64,64")
        self.assert_refused("--shape 1,2; expected three numbers m,n,k, such as 128,256,256",
                            "arguments", "--shape", "1,2")
        self.assert_refused("E=24; allowed: positive multiples of 16",
                            "operand-block", "--shape", "16,24,16,1")
        self.assert_refused("E=960 P=192: too many biases; allowed: 9 P + 3 E <= 4032",
                            "mhsa", "--shape", "64,960,192,1")
        self.assert_refused("give --npz FILE, or --shape S,E,P,H with --seed N", "mhsa")

    def test_files_are_refused(self):
        self.assert_refused("no.npz: [Errno 2] No such file or directory: 'no.npz'",
                            "mhsa", "--npz", "no.npz")
        np.savez(self.folder / "few.npz", Q=np.zeros((64, 64), np.int8))
        self.assert_refused("few.npz: keys missing: K, Wq, Wk, Wv, Wo, Bq, Bk, Bv, Bo, rq_mult, "
                            "rq_shift, rq_add, flavour", "mhsa", "--npz", "few.npz")
        (self.folder / "text.img").write_text("no image")
        code, _, message = self.run_script("check", "text.img", "text.img")
        self.assertEqual((code, message),
                         (2, "make_workload.py: text.img: not a workload image\n"))

    def test_check_sees_what_was_not_computed(self):
        for command in ("mhsa", "operand-block"):
            self.run_script(command, "--shape", "64,64,64,2", "-o", "w.img")
            code, text, _ = self.run_script("check", "w.img", "w.img")
            self.assertEqual(code, 1)
            self.assertRegex(text, r"FAIL: \d+ differing bytes of \d+, and the program did not")

    def test_check_counts_differing_bytes(self):
        import sys
        sys.path.insert(0, str(SCRIPT.parent))
        from workloads.mhsa import Mhsa
        from workloads.operands import random_workload
        work = random_workload((64, 64, 64, 2), 1, "rtl")
        image = bytearray(Mhsa.build(work, False))
        (self.folder / "w.img").write_bytes(image)
        header, parsed = Mhsa.parse(bytes(image))
        result = Mhsa.expected(work)
        np.testing.assert_array_equal(Mhsa.expected(parsed), result)
        start = header["result_offset"]
        image[start:start + result.size] = result.tobytes()
        image[header["report_offset"]] = 1
        (self.folder / "good.out").write_bytes(image)
        image[start + 17] ^= 1
        (self.folder / "bad.out").write_bytes(image)
        code, text, _ = self.run_script("check", "w.img", "good.out")
        self.assertEqual((code, text.splitlines()[-1]), (0, "PASS: 0 differing bytes of 4096"))
        code, text, _ = self.run_script("check", "w.img", "bad.out")
        self.assertEqual((code, text.splitlines()[-1]), (1, "FAIL: 1 differing bytes of 4096"))


if __name__ == "__main__":
    unittest.main()
