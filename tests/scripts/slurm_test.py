# SPDX-License-Identifier: Apache-2.0
"""What Snakemake is told about a job of Slurm, for each answer of scontrol. A whole sweep through
Slurm: scripts/test_slurm.sh."""

import importlib.util
import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

from tessera import paths

FILE = paths.ROOT / "scripts/tessera/sweep/slurm/status.py"
SPECIFICATION = importlib.util.spec_from_file_location("status", FILE)
status = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(status)
AWAY = "echo 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)' >&2"
UNKNOWN = "echo 'slurm_load_jobs error: Invalid job id specified' >&2"
GARBLED = "echo 'slurm_load_jobs error: Zero Bytes were transmitted or received' >&2"


class Status(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def scontrol(self, script):
        """Puts a shell script in the place of scontrol; it counts its calls in the file `calls`."""
        (self.folder / "scontrol").write_text(f"#!/bin/sh\necho >>{self.folder}/calls\n{script}\n")
        (self.folder / "scontrol").chmod(0o755)

    def answer(self):
        """Returns (state, how often scontrol was asked)."""
        calls = self.folder / "calls"
        calls.write_text("")
        with mock.patch.dict(os.environ, {"PATH": f"{self.folder}:/usr/bin:/bin"}):
            state = status.state_of("7", tries=3, pause_seconds=0)
        return state, len(calls.read_text())

    def test_states(self):
        for name, expected in (("COMPLETED", "success"), ("PENDING", "running"),
                               ("RUNNING", "running"), ("COMPLETING", "running"),
                               ("FAILED", "failed"), ("NODE_FAIL", "failed"),
                               ("TIMEOUT", "failed"), ("OUT_OF_MEMORY", "failed"),
                               ("REVOKED", "failed"), ("SPECIAL_EXIT", "failed")):
            self.scontrol(f"echo JobId=$4 JobName=a JobState={name} Reason=None")
            self.assertEqual(self.answer(), (expected, 1), name)

    def test_a_job_goes_on_while_the_controller_is_away(self):
        self.scontrol(f"{AWAY}; exit 1")
        self.assertEqual(self.answer(), ("running", 1))

    def test_a_job_that_the_controller_does_not_know_has_failed(self):
        self.scontrol(f"{UNKNOWN}; exit 1")
        self.assertEqual(self.answer(), ("failed", 1))

    def test_an_answer_that_says_nothing_is_asked_for_again_but_not_for_ever(self):
        self.scontrol(f"{GARBLED}; exit 1")
        self.assertEqual(self.answer(), ("failed", 3))
        self.scontrol(f"[ $(wc -l <{self.folder}/calls) -gt 1 ] || {{ {GARBLED}; exit 1; }}\n"
                      "echo JobState=COMPLETED")
        self.assertEqual(self.answer(), ("success", 2))

    def test_without_scontrol(self):
        with mock.patch.dict(os.environ, {"PATH": str(self.folder)}):
            self.assertEqual(status.state_of("7", tries=2, pause_seconds=0), "failed")

    def test_the_command_takes_what_sbatch_prints(self):
        self.scontrol("[ $4 = 7 ] && echo JobState=RUNNING")
        done = subprocess.run([FILE, "7;cluster"], text=True, check=True, capture_output=True,
                              env={**os.environ, "PATH": f"{self.folder}:/usr/bin:/bin"})
        self.assertEqual(done.stdout, "running\n")


if __name__ == "__main__":
    unittest.main()
