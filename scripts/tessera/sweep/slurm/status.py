#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tells Snakemake how a job of Slurm does: status.py JOB prints running, success or failed.

A job counts as failed as well when the controller does not know it, and when nobody can say how it
does: it then starts again, and skips its points that are done. While the controller is away it
counts as running, because it goes on by itself.
"""
import re
import subprocess
import sys
import time

GOES_ON = ("CONFIGURING", "COMPLETING", "PENDING", "REQUEUED", "RESIZING", "RUNNING", "SIGNALING",
           "STAGE_OUT", "STOPPED", "SUSPENDED")
IS_AWAY = ("Unable to contact slurm controller", "Socket timed out")
TRIES = 5
PAUSE_SECONDS = 2  # between tries


def ask(job):
    """Returns (stdout, stderr) of scontrol."""
    try:
        done = subprocess.run(["scontrol", "show", "job", "-o", job], capture_output=True,
                              text=True, check=False)
    except OSError as error:  # no scontrol, no process
        return "", str(error)
    return done.stdout, done.stderr


def state_of(job, tries=TRIES, pause_seconds=PAUSE_SECONDS):
    """Returns running, success or failed."""
    for attempt in range(tries):
        said, error = ask(job)
        found = re.search(r"\bJobState=(\w+)", said)
        if found:
            state = found.group(1)
            return ("success" if state == "COMPLETED" else
                    "running" if state in GOES_ON else "failed")
        if any(text in error for text in IS_AWAY):
            return "running"
        if "Invalid job id" in error:
            break
        if attempt + 1 < tries:
            time.sleep(pause_seconds)
    return "failed"


if __name__ == "__main__":
    print(state_of(sys.argv[1].split(";")[0]))
