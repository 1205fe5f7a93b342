#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Golden tests of ITA: golden_test.py CHECK_SCRIPT SHARED WORK TestCase[.test_name]

CHECK_SCRIPT: scripts/check_ita_golden.sh; SHARED: folder with golden/ita, may be absent;
WORK: scratch folder.
"""
import pathlib
import subprocess
import sys
import unittest

import numpy as np

import cases

CHECK_SCRIPT, SHARED, WORK = (pathlib.Path(path) for path in sys.argv[1:4])


def check(*paths):
    """Runs the script. Returns (exit code, lines)."""
    run = subprocess.run([CHECK_SCRIPT, *paths], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout.splitlines()


class Golden(unittest.TestCase):
    """The files measured on the RTL and on the public models."""

    def test_every_file_reproduces(self):
        """Models and the numpy reference, no byte differs."""
        files = sorted((SHARED / "golden" / "ita").glob("*/*.npz"))
        if not files:
            self.skipTest(f"no golden files below {SHARED}")
        code, lines = check(*files)
        print("\n".join(lines))
        self.assertEqual(len(lines), len(files))
        for line in lines:
            self.assertIn(" 0 differing bytes", line)
        self.assertEqual(code, 0)
        self.assertEqual(cases.check(files), 0)


class Own(unittest.TestCase):
    """Files made by the numpy reference: need nothing from outside."""

    @classmethod
    def setUpClass(cls):
        cases.make(WORK)

    def edited(self, edit):
        """Path of a copy of rtl_gelu.npz after `edit(arrays)`."""
        with np.load(WORK / "rtl_gelu.npz") as file:
            arrays = {key: file[key] for key in file.files}
        edit(arrays)
        path = WORK / "edited" / "edited.npz"
        path.parent.mkdir(exist_ok=True)
        np.savez(path, **arrays)
        return path

    def expect_error(self, path, text):
        """The script must refuse `path` with `text`."""
        code, lines = check(path)
        self.assertEqual(code, 1)
        self.assertEqual(len(lines), 1)
        self.assertIn("error: ", lines[0])
        self.assertIn(text, lines[0])

    def test_every_flavour_equals_the_reference(self):
        """No byte differs between the models and numpy."""
        code, lines = check(*sorted(WORK.glob("*.npz")))
        print("\n".join(lines))
        self.assertEqual(len(lines), 6)
        for line in lines:
            self.assertIn(" 0 differing bytes", line)
        self.assertEqual(code, 0)

    def test_one_wrong_byte_is_found(self):
        """In every array of results."""
        for key in ("Qp", "Kp", "Vp", "A", "Psoft", "O", "Out", "OutSum", "F1", "F2", "act_relu",
                    "act_gelu"):
            def edit(arrays, key=key):
                arrays[key].reshape(-1)[7] ^= 1
            code, lines = check(self.edited(edit))
            self.assertEqual(code, 1, key)
            self.assertRegex(lines[0], r": [1-9]\d* differing bytes of \d+ \(.+ \d+\)$")
            self.assertNotIn(" 0 differing bytes", lines[0])

    def test_unusable_files_are_refused(self):
        """With what is wrong."""
        self.expect_error(WORK / "absent.npz", "No such file")
        text = WORK / "edited" / "text.npz"
        text.parent.mkdir(exist_ok=True)
        text.write_text("not a zip file")
        self.expect_error(text, "not a golden file")
        whole = (WORK / "rtl_gelu.npz").read_bytes()
        text.write_bytes(whole[:len(whole) // 2])
        self.expect_error(text, "not a golden file")
        self.expect_error(self.edited(lambda a: a.pop("Wq")), "array 'Wq' is missing")
        self.expect_error(self.edited(lambda a: a.update(Wq=a["Wq"][:, 1:])),
                          "array 'Wq' is int8 [2][127][64], expected int8 [2][128][64]")
        self.expect_error(self.edited(lambda a: a.update(Q=a["Q"].astype(float))),
                          "array 'Q' is float64; allowed: int8, uint8, int32, text")
        self.expect_error(self.edited(lambda a: a.update(flavour=np.array("rtl_2025"))),
                          "flavour 'rtl_2025', expected rtl, rtl_2024_08 or mempool")
        self.expect_error(self.edited(lambda a: a.update(act=np.array("tanh"))),
                          "act 'tanh', expected identity, relu or gelu")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[4:]])
