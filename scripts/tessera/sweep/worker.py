#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the points of one job, one after the other; started by Snakemake.

    worker.py OUT JOB        reads OUT/engine/jobs/JOB.json, a list of points

A point's results appear in its folder at once, by a rename, or not at all. A line of JSON per point
goes to OUT/engine/jobs/JOB.log, or to stderr when that cannot be written. A point that fails is
a result, too: the exit code is 0.
"""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
    __package__ = "tessera.sweep"  # pylint: disable=redefined-builtin

from ..paths import ROOT, die_with_parent  # noqa: E402
from .points import Point  # noqa: E402

ATTEMPTS = 2  # the second only after a signal


class PointError(Exception):
    """Why a point has no result: exit_code is that of the command that failed, or None."""

    def __init__(self, message, exit_code=None):
        super().__init__(message)
        self.exit_code = exit_code


def limit(memory_mib):
    """Returns what a child does before it starts: dies with us, and gets no more memory."""
    def prepare():
        die_with_parent()
        if memory_mib is not None:
            size = memory_mib * 2 ** 20
            resource.setrlimit(resource.RLIMIT_AS, (size, size))
    return prepare


def make_image(point, out):
    """Writes the image of a point unless it is there."""
    image = point.image(out)
    if image is None or image.is_file():
        return
    image.parent.mkdir(parents=True, exist_ok=True)
    scratch = image.with_suffix(f".{os.uname().nodename}.{os.getpid()}")
    words = [word.replace("{image}", str(scratch.absolute())) for word in point.make]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False,
                          preexec_fn=die_with_parent)
    if done.returncode != 0 or not scratch.is_file():
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise PointError(f"make: exit code {done.returncode}: {said}", done.returncode)
    scratch.rename(image)


def attempt(point, out, folder):
    """Simulates once into `folder`. Returns the exit code, negative for a signal."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open(folder / "stdout.txt", "wb") as stdout, open(folder / "stderr.txt", "wb") as stderr:
        try:
            return subprocess.run(
                point.simulation(out).command(folder), stdout=stdout, stderr=stderr, check=False,
                timeout=point.timeout_seconds, preexec_fn=limit(point.memory_mib)).returncode
        except subprocess.TimeoutExpired as error:
            raise PointError(f"not done after {point.timeout_seconds} s") from error


def simulate(point, out, folder):
    """Runs a point into `folder`; returns {"attempts": exit codes, "error", "exit_code"}."""
    codes = []
    try:
        make_image(point, out)
        while not codes or (codes[-1] < 0 and len(codes) < ATTEMPTS):
            codes.append(attempt(point, out, folder))
    except PointError as error:
        return {"attempts": codes, "exit_code": error.exit_code, "error": str(error)}
    error = ""
    if codes[-1] < 0:
        error = f"killed by signal {-codes[-1]} ({signal.Signals(-codes[-1]).name}), twice"
    elif codes[-1] > 0:
        said = (folder / "stderr.txt").read_text(errors="replace").strip().splitlines()
        error = f"exit code {codes[-1]}" + (f": {said[-1]}" if said else "")
    return {"attempts": codes, "exit_code": codes[-1], "error": error}


def replace(old, new):
    """Puts the folder `new` in the place of `old`."""
    old.parent.mkdir(parents=True, exist_ok=True)
    if old.exists():
        away = new.with_suffix(".old")
        shutil.rmtree(away, ignore_errors=True)
        old.rename(away)
        shutil.rmtree(away)
    new.rename(old)


def run_point(point, out):
    """Runs a point unless it is done. Returns its outcome, which point.json holds as well."""
    begin = time.monotonic()
    with contextlib.suppress(PointError, OSError):  # told by simulate()
        make_image(point, out)  # the same bytes as before make no new point of it
    if point.is_done(out):
        return {"key": point.key, "exit_code": 0, "error": "", "attempts": [], "seconds": 0}
    final = point.folder(out)
    scratch = final.with_name(f".{point.key}.{os.uname().nodename}.{os.getpid()}")
    try:
        outcome = simulate(point, out, scratch)
        outcome = {"key": point.key, **outcome, "seconds": round(time.monotonic() - begin, 3),
                   "values": point.values, "repeat": point.repeat}
        scratch.mkdir(parents=True, exist_ok=True)
        (scratch / "point.json").write_text(json.dumps(outcome, indent=1) + "\n")
        replace(final, scratch)
        return outcome
    except OSError as error:  # no space, no permission, no such program: this point only
        with contextlib.suppress(OSError):
            shutil.rmtree(scratch)
        return {"key": point.key, "exit_code": None, "error": str(error), "attempts": [],
                "seconds": round(time.monotonic() - begin, 3)}


def main(out, job):
    """Runs all points of a job."""
    die_with_parent()
    out = pathlib.Path(out)
    points = json.loads((out / "engine/jobs" / f"{job}.json").read_text())
    for point in points:
        line = json.dumps(run_point(Point(**point), out)) + "\n"
        try:
            with open(out / "engine/jobs" / f"{job}.log", "a", encoding="utf-8") as log:
                log.write(line)
        except OSError:
            sys.stderr.write(f"POINT {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
