# SPDX-License-Identifier: Apache-2.0
"""Runs attention jobs on the cycle engine (tests/golden/engine/engine_run.cpp), reads the rows."""

import csv
import io
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = ("policy",)
"""Columns that are no numbers."""


def program():
    """Returns the path of engine_run: $ENGINE_RUN, or that of the build $PRESET, which is built."""
    if "ENGINE_RUN" in os.environ:
        return os.environ["ENGINE_RUN"]
    preset = os.environ.get("PRESET", "release")
    subprocess.run([str(ROOT / "scripts/build.sh"), preset, "engine_run"], check=True,
                   stdout=sys.stderr)
    return str(ROOT / f"build/{preset}/bin/engine_run")


def run(jobs, path):
    """Runs `jobs`, one line of words each; returns a dict of numbers and texts per job."""
    done = subprocess.run([path], input="\n".join(jobs) + "\n", text=True, check=True,
                          capture_output=True)
    return [{name: value if name in TEXT else float(value) for name, value in row.items()}
            for row in csv.DictReader(io.StringIO(done.stdout))]


def fit(points):
    """Least squares of y over x: (a, b, r2) of y = a + b * x. Args: points: list of (x, y)."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    xx = sum((x - mean_x) ** 2 for x, _ in points)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in points)
    yy = sum((y - mean_y) ** 2 for _, y in points)
    slope = xy / xx
    return mean_y - slope * mean_x, slope, xy * xy / (xx * yy)


def write_csv(path, rows):
    """Writes dicts with the same keys as a CSV file, numbers with up to 6 digits."""
    with open(path, "w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow([value if isinstance(value, (str, int)) else
                             int(value) if value == int(value) else f"{value:.6g}"
                             for value in row.values()])
