#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sparse_mhsa with dense heads on the ITAs while the engine has the sparse ones: the bytes of the
reference in both timing modes, and sooner than the engine alone.

Environment: TESSERA, CONFIG, ELF (sparse_mhsa).
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "make_attention_workload.py"
ADDRESS = 0x80100000
JOB = "sparse --shape 256,64,16 --pattern window --window 64 --dense-heads 4"


def run(timing, job, *settings, options=()):
    """Runs a job; fails unless its result is that of the reference. Returns what the check says."""
    with tempfile.TemporaryDirectory() as folder:
        image, dump = pathlib.Path(folder, "work.img"), pathlib.Path(folder, "work.out")
        subprocess.run([SCRIPT, *job.split(), "-o", image], check=True, stdout=subprocess.DEVNULL)
        command = [os.environ["TESSERA"], "run", "-q", "-c", os.environ["CONFIG"], "--timing",
                   timing, "--load", f"{ADDRESS}:{image}",
                   "--dump", f"{ADDRESS}:{image.stat().st_size}:{dump}"]
        for setting in settings:
            command += ["-s", setting]
        subprocess.run([*command, *options, os.environ["ELF"]], check=True,
                       stdout=subprocess.DEVNULL)
        return subprocess.run([SCRIPT, "check", image, dump], check=True, text=True,
                              stdout=subprocess.PIPE).stdout


def cycles_of(text):
    return int(re.search(r"^(\d+) cycles", text, re.MULTILINE).group(1))


class DenseHeads(unittest.TestCase):
    """On the machine with four ITAs."""

    def test_both_at_once_are_sooner_done_than_the_engine_alone(self):
        for timing, gain in (("functional", 1.4), ("cycle", 1.3)):
            with self.subTest(timing):
                both, alone = run(timing, JOB), run(timing, JOB + " --engine-only")
                self.assertEqual(both.count("policy ita"), 4)
                self.assertEqual(alone.count("policy ita"), 0)
                self.assertGreater(cycles_of(alone), gain * cycles_of(both))

    def test_any_number_of_tiles_and_heads(self):
        for shape, dense in (("64,64,1", 1), ("128,64,2", 9), ("192,64,1", 3)):
            for timing in ("functional", "cycle"):
                with self.subTest(f"{shape}, {dense} dense heads, {timing}"):
                    text = run(timing, f"sparse --shape {shape} --pattern causal "
                                       f"--dense-heads {dense}")
                    self.assertGreater(text.count("policy ita"), 0)

    def test_operands_have_arrived_before_they_are_used(self):
        """However the transfers follow each other: one that starts as another ends would count as
        complete."""
        for pattern in ("dense", "causal"):
            for heads in (4, 6, 8, 9):
                with self.subTest(f"{pattern}, {heads} dense heads"):
                    run("cycle", f"sparse --shape 128,64,2 --pattern {pattern} "
                                 f"--dense-heads {heads}",
                        options=("--check", "offload", "--guest-errors", "stop"))

    def test_what_itas_cannot_take_goes_to_the_engine(self):
        job = "sparse --shape 128,64,1 --pattern causal --dense-heads 2"
        for job, settings in ((job, ["soc.ita.flavour=rtl_2024_08"]),
                              (job, ["soc.ita.interface=none"]),
                              (job, ["soc.cluster.cores_per_tile=1"]),
                              (job.replace("128,64", "320,64"), [])):
            with self.subTest(f"{job} {settings}"):
                self.assertNotIn("policy ita", run("functional", job, *settings))

    def test_parts_of_tiles_are_refused(self):
        done = subprocess.run([SCRIPT, *"sparse --shape 63,64,1 --dense-heads 2 -o unused".split()],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "^make_attention_workload.py: --dense-heads: 63 keys; "
                                      "allowed: multiples of 64, or any with --engine-only$")


if __name__ == "__main__":
    sys.exit(unittest.main())
