# SPDX-License-Identifier: Apache-2.0
"""Makes one HTML page, which needs no network, of runs, sweeps and timelines.

    scripts/report out/a out/b -o report.html     runs: tessera run --out, tessera traffic --out
    scripts/report out/first                      a sweep: scripts/sweep run
    scripts/report timeline.json                  a timeline: tessera run --timeline

Several of any kind go into one page. Timelines and bus traces that a run wrote are found in its
folder, or where its command line says.
Exit codes: 0 written, 2 an input is not what it should be, or the page cannot be written.
"""
import argparse
import pathlib
import sys

from . import (accelerators, bus, comparison, evidence, harts, html, intervals, network, roofline,
               sources, sweeps, timeline)
from .plot import Missing
from .sources import ReportError, Run, Sweep, Timeline


def parse(arguments):
    """Returns the options of the command line."""
    parser = argparse.ArgumentParser(prog="report", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", metavar="INPUT",
                        help="folder of a run or a sweep, or a timeline")
    parser.add_argument("-o", "--out", type=pathlib.Path, metavar="FILE",
                        help="default: report.html in the first folder, or beside the timeline")
    parser.add_argument("--title", help="default: the names of the inputs")
    return parser.parse_args(arguments)


def main(arguments):
    """Returns the exit code."""
    options = parse(arguments)
    try:
        text = make(sources.read(options.inputs), options.title)
        out = options.out or _beside(pathlib.Path(options.inputs[0]))
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except ReportError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"report: cannot write the page: {error}", file=sys.stderr)
        return 2
    print(f"{out}: {len(text) / 2**20:.1f} MiB")
    return 0


def _beside(first):
    return first / "report.html" if first.is_dir() else first.with_suffix(".html")


def make(inputs, title=None):
    """Returns the text of the page of [Run, Sweep, Timeline]; raises ReportError."""
    runs, all_sweeps, timelines = ([each for each in inputs if isinstance(each, kind)]
                                   for kind in (Run, Sweep, Timeline))
    timelines += [Timeline(run.timeline, run.name) for run in runs if run.timeline]
    found = [plot for number, sweep in enumerate(all_sweeps)
             for plot in sweeps.plots(sweep, number)]
    if runs:
        found += [*comparison.plots(runs), *harts.breakdown(runs), *network.plots(runs),
                  *bus.banks_over_time(runs), *roofline.plots(runs), *accelerators.plots(runs)]
    if runs or timelines:
        found += timeline.plots(timelines)
    if runs:
        found += intervals.over_time(runs)
    plots = [plot for plot in found if not isinstance(plot, Missing)]
    missing = [plot for plot in found if isinstance(plot, Missing)]
    rules = evidence.read()
    return html.page(title or ", ".join(each.name for each in inputs), _facts(inputs), plots,
                     missing, {plot.id: evidence.of(plot.figures, rules, _configs(plot, runs,
                                                                                  all_sweeps))
                               for plot in plots}, evidence.table(rules))


def _configs(plot, runs, all_sweeps):
    """Returns {name: configuration} of the runs behind a plot; points of sweeps stand for all."""
    for number, sweep in enumerate(all_sweeps):
        if plot.id.startswith(f"sweep{number}_"):
            return sweep.configs()
    return {run.name: run.result.config for run in runs}


def _facts(inputs):
    kinds = {Run: "run", Sweep: "sweep", Timeline: "timeline"}
    return [f"{kinds[type(each)]} {each.name}" for each in inputs]
