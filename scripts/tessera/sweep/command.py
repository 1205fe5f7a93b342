# SPDX-License-Identifier: Apache-2.0
"""Command line of sweeps.

    scripts/sweep plan FILE             how many points there are, and how long they take
    scripts/sweep run FILE              runs those that are not done, and writes the table
    scripts/sweep table FILE            writes the table of what has run so far
    scripts/sweep choose FILE           which point to take, by the file's objectives

A sweep lives in one folder: points/ with a folder per run, sweep.csv, status.json.
Exit codes: 0 all points are there, 1 some failed or are missing, 2 bad file or command line,
3 the sweep cannot run.
"""
import argparse
import functools
import json
import os
import pathlib
import sys

from .. import choose as choices
from ..expressions import ExpressionError
from ..paths import build_folder, replace
from . import engine, table
from .points import expand, settings_of
from .scan import ranking, scan
from .reader import SpaceError
from .space_file import read_space

SHOWN_FAILURES = 20
SHOWN_VALUES = 16  # of an axis, in a plan


def parse(arguments):
    """Returns the options of the command line."""
    parser = argparse.ArgumentParser(prog="sweep", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    for name in ("plan", "run", "table", "choose"):
        each = commands.add_parser(name)
        each.add_argument("file", help="the sweep, YAML")
        each.add_argument("-o", "--out", type=pathlib.Path, metavar="DIR",
                          help="folder of the sweep; default out/NAME")
        each.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), metavar="N",
                          help="how many at a time; default: cores")
        if name == "run":
            each.add_argument("--slurm", action="store_true", help="on a Slurm cluster")
            each.add_argument("--limit", type=int, metavar="N", help="only the first N points")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"-j {options.jobs}; give an integer from 1 on")
    return options


def main(arguments):
    """Returns the exit code."""
    options = parse(arguments)
    try:
        space = read_space(options.file)
        out = (options.out or pathlib.Path("out") / space.name).absolute()
        try:
            tell_scan(space, out)
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else error
            raise engine.EngineError(f"cannot scan: {what}") from error
        points = expand(space, out)[:getattr(options, "limit", None)]
        if not points:
            raise SpaceError(f"{options.file}:1: no point is left; exclude less")
        return {"plan": plan, "run": run, "table": write_table, "choose": choose}[options.what](
            space, points, out, options)
    except SpaceError as error:
        print(error, file=sys.stderr)
        return 2
    except engine.EngineError as error:
        print(f"sweep: {error}", file=sys.stderr)
        tell_missing_simulator()
        return 3


def plan(space, points, out, options):
    """Prints what there is to do."""
    pending = [point for point in points if not point.is_done(out)]
    print(f"{space.name}: {len(points)} points, {len(points) - len(pending)} done, "
          f"{len(pending)} to run in {out}")
    for name, values in space.axes.items():
        texts = list(values)
        shown = texts if len(texts) <= SHOWN_VALUES else [*texts[:3], "...", texts[-1]]
        print(f"  {name}: {', '.join(shown)}")
    seconds = engine.seconds_per_point(points, out) or space.seconds_per_point
    if seconds is None:
        print("estimated time: unknown before a point has run; `sweep run --limit 1` runs one, "
              "seconds_per_point in the file says it")
    else:
        print(f"estimated time: {engine.clock(seconds * len(pending) / options.jobs)} with "
              f"{options.jobs} at a time, {seconds:.2f} s per point")
    return 0


def run(space, points, out, options):
    """Runs what is not done; writes the table; names failures."""
    with engine.locked(out):
        pending = [point for point in points if not point.is_done(out)]
        outcomes, said = {}, ""
        if pending:
            seconds = engine.seconds_per_point(points, out) or space.seconds_per_point
            outcomes, said = engine.run(points, pending, out, options.jobs, options.slurm, seconds)
        return finish(space, points, out, outcomes, said)


def write_table(space, points, out, _options):
    """Writes the table of what there is."""
    return finish(space, points, out, {}, "")


def choose(space, _points, out, _options):
    """Prints which points meet the objectives of the file, from the table that is there."""
    try:
        axes = {name: list(values) for name, values in space.axes.items()}
        print(choices.report(table.read_csv(out / "sweep.csv"), {
            "axes": axes, "given": space.given, "objectives": space.objectives}), end="")
        return 0
    except FileNotFoundError as error:
        raise engine.EngineError(f"{error.filename} is missing; `sweep run` writes it") from error
    except (choices.ChoiceError, ExpressionError) as error:
        raise engine.EngineError(str(error)) from error


def finish(space, points, out, outcomes, said):
    """Writes sweep.csv and sweep.json, prints failures. Returns the exit code."""
    rows = table.rows(space, points, out, outcomes)
    bad = [row for row in rows if row["status"] != "ok" or row["error"]]
    try:
        replace(out / "sweep.csv", table.csv_text(rows))
        replace(out / "sweep.json", json.dumps(
            {"schema": "tessera-sweep", "schema_version": 1, "name": space.name,
             "config": space.config, "axes": {name: list(values) for name, values
                                              in space.axes.items()},
             "statistics": space.statistics, "derived": space.derived,
             "workload_statistics": {name: each.statistics for name, each in
                                     space.workloads.items() if each.statistics},
             "relative": space.relative, "given": list(space.given),
             "objectives": space.objectives, "points": [point.key for point in points]},
            indent=1) + "\n")
    except OSError as error:
        print(f"sweep: cannot write the table: {error}", file=sys.stderr)
        bad = bad or rows
    for row, point in zip(rows, points):
        if row in bad[:SHOWN_FAILURES]:
            values = " ".join(f"{name}={text}" for name, text in point.values.items())
            state = "has run, but" if row["status"] == "ok" else row["status"]
            print(f"point {row['point']} {state}: {row['error']}\n  {values}\n"
                  f"  {point.folder(out)}", file=sys.stderr)
    if len(bad) > SHOWN_FAILURES:
        print(f"... {len(bad) - SHOWN_FAILURES} more: {out / 'sweep.csv'}", file=sys.stderr)
    if any(row["status"] == "missing" for row in rows) and said.strip():
        print("snakemake: " + "\n".join(said.strip().splitlines()[-3:]), file=sys.stderr)
    if bad:
        tell_missing_simulator()
    tell_ranking(space, rows)
    print(f"{space.name}: {len(rows) - len(bad)} of {len(rows)} points: {out / 'sweep.csv'}")
    return 1 if bad else 0


def tell_missing_simulator():
    """Says where a simulator would come from, if there is none."""
    simulator = build_folder() / "bin/tessera"
    if not simulator.is_file():
        print(f"sweep: there is no {simulator}; scripts/build.sh builds it, TESSERA_BUILD names "
              "another build", file=sys.stderr)


def tell_scan(space, out):
    """Scans with closed forms what the file asks for, and prints what came of it."""
    if space.scan is None:
        return
    found = scan(space, functools.partial(settings_of, space), out)
    if found.seconds:
        print(f"{found.points} points by closed forms in {found.seconds:.1f} s, {found.fitting} of "
              f"them possible; {len(found.chosen)} to simulate")


def tell_ranking(space, rows):
    """Prints how well the closed forms predicted what has been simulated."""
    found = ranking(space, rows)
    if found and found["pairs"]:
        print(f"closed forms ranked {found['alike']} of {found['pairs']} pairs as the simulation "
              f"does ({found['alike'] / found['pairs']:.1%}), the best in {found['same_best']} of "
              f"{found['groups']} workloads and given values; worst error {found['worst']:.1%}")
