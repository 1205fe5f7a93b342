#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tells Snakemake how a job of Slurm does: status.py JOB prints running, success or failed.

While the controller is away the job counts as running: it goes on by itself.
"""
import re
import subprocess
import sys

FAILED = ("BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED",
          "TIMEOUT")


def state_of(job):
    """Returns running, success or failed."""
    done = subprocess.run(["scontrol", "show", "job", "-o", job], capture_output=True, text=True,
                          check=False)
    found = re.search(r"\bJobState=(\w+)", done.stdout)
    if found is None:  # forgotten by the controller, or no controller
        return "failed" if "Invalid job id" in done.stderr else "running"
    state = found.group(1)
    return "success" if state == "COMPLETED" else "failed" if state in FAILED else "running"


if __name__ == "__main__":
    print(state_of(sys.argv[1].split(";")[0]))
