#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `tessera traffic` with measurements of MemPool's RTL.

  check.py --tessera FILE --configs DIR MEASUREMENTS.csv

Runs every row of the file with the same seed, windows and probabilities, so with the same requests
in the same cycles (--rtl-start), and prints what differs: mean latencies in % of the RTL's, from
creation and net of the source queue, per class own tile, own group, other group and over all;
accepted load in %. A class without requests has no figure.

Latencies count towards the last line up to --share of the saturation load of their series (rows
that differ in load and seed alone), the highest load that the RTL accepted in it: beyond 0.9,
latency varies from seed to seed in the RTL itself. Accepted load always counts.

Exit code: 0 within --max-latency and --max-load, 1 beyond, 2 usage.
"""
import argparse
import csv
import itertools
import pathlib
import subprocess
import sys
import tempfile

CONFIGS = {"mempool256": "mempool.yaml", "minpool16": "minpool.yaml"}
SERIES = ["config", "seq_prob", "group_prob", "max_outstanding"]
RUN = SERIES + ["seed", "warmup_cycles", "measured_cycles"]
# Class -> columns (total, net) of the measurements and of traffic.csv.
LATENCIES = {
    "all": (("mean_latency", "net_mean"), ("latency_mean", "net_mean")),
    **{name: ((f"mean_{name}", f"net_mean_{name}"), (f"{name}_latency_mean", f"{name}_net_mean"))
       for name in ("tile", "group", "remote")},
}


def key_of(row, columns):
    return tuple(row[column] for column in columns)


def run_loads(arguments, row, loads):
    """Simulates the run that `row` describes at each of `loads`; returns {load: row of results}."""
    with tempfile.TemporaryDirectory() as folder:
        command = [arguments.tessera, "traffic",
                   "-c", pathlib.Path(arguments.configs) / CONFIGS[row["config"]],
                   "--load", ",".join(loads), "--local-fraction", row["seq_prob"],
                   "--group-fraction", row["group_prob"], "--seed", row["seed"],
                   "--outstanding", row["max_outstanding"], "--warm-up", row["warmup_cycles"],
                   "--cycles", row["measured_cycles"], "--rtl-start", "--out", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(pathlib.Path(folder) / "traffic.csv", encoding="ascii") as file:
            return dict(zip(loads, csv.DictReader(file)))


def deviation(ours, theirs):
    """In % of theirs; both are text."""
    return 100 * (float(ours) / float(theirs) - 1)


class Point:
    """A measurement, what we get for it, and how far it counts."""

    def __init__(self, row, ours, highest_load):
        self.row = row
        self.counts = float(row["load"]) <= highest_load
        self.load = deviation(ours["accepted"], row["accepted"])
        self.latencies = {
            name: [deviation(ours[mine], row[its]) for its, mine in zip(*columns)]
            for name, columns in LATENCIES.items() if float(row[columns[0][0]]) > 0}

    def worst_latency(self):
        return max(abs(value) for pair in self.latencies.values() for value in pair)

    def text(self):
        row = self.row
        latencies = " ".join(f"{name} {total:+.2f}/{net:+.2f}"
                             for name, (total, net) in self.latencies.items())
        note = "" if self.counts else " (latency does not count)"
        return (f"{row['config']} local {row['seq_prob']} group {row['group_prob']} "
                f"ids {row['max_outstanding']} seed {row['seed']} load {row['load']}: "
                f"total/net % {latencies}, accepted % {self.load:+.2f}{note}")


def check(arguments):
    """Returns (worst latency, worst load) in %."""
    with open(arguments.measurements, encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    saturation = {}
    for row in rows:
        series = key_of(row, SERIES)
        saturation[series] = max(saturation.get(series, 0), float(row["accepted"]))
    points = []
    for _, group in itertools.groupby(rows, lambda row: key_of(row, RUN)):
        group = list(group)
        results = run_loads(arguments, group[0], [row["load"] for row in group])
        for row in group:
            highest_load = arguments.share * saturation[key_of(row, SERIES)]
            point = Point(row, results[row["load"]], highest_load)
            print(point.text(), flush=True)
            points.append(point)
    latency = max(point.worst_latency() for point in points if point.counts)
    load = max(abs(point.load) for point in points)
    print(f"traffic: points {len(points)} worst latency {latency:.2f} % worst load {load:.2f} %")
    return latency, load


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tessera", required=True, help="the command")
    parser.add_argument("--configs", required=True, help="folder of the machines")
    parser.add_argument("--max-latency", type=float, default=3, metavar="PERCENT")
    parser.add_argument("--max-load", type=float, default=3, metavar="PERCENT")
    parser.add_argument("--share", type=float, default=0.9, metavar="FACTOR")
    parser.add_argument("measurements", help="CSV file")
    arguments = parser.parse_args()
    latency, load = check(arguments)
    return 0 if latency <= arguments.max_latency and load <= arguments.max_load else 1


if __name__ == "__main__":
    sys.exit(main())
