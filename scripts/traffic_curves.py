#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws latency and accepted load over injected load for several L1 network topologies.

  scripts/traffic_curves.py [-o DIR] [--topologies LIST] [--loads LOADS] [-- OPTION...]

Writes DIR/traffic_curves.csv, one row per topology and load with the columns of `tessera traffic`,
and DIR/traffic_curves.svg. OPTIONs go to `tessera traffic`: another machine, another pattern.
PRESET chooses the build (default release).
"""
import argparse
import csv
import os
import pathlib
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (after the choice of the back end)

ROOT = pathlib.Path(__file__).absolute().parent.parent
LATENCY_LIMIT_CYCLES = 30  # beyond, the source queues grow without end and latency is the window's


def simulate(tessera, topology, arguments):
    """Returns the rows of traffic.csv, as dicts of text, with the topology in front."""
    with tempfile.TemporaryDirectory() as folder:
        command = [tessera, "traffic", "-c", ROOT / "configs/mempool.yaml",
                   "--set", f"soc.cluster.interconnect.topology={topology}",
                   "--load", arguments.loads, *arguments.options, "--out", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(pathlib.Path(folder) / "traffic.csv", encoding="ascii") as file:
            return [{"topology": topology, **row} for row in csv.DictReader(file)]


def write_csv(path, rows):
    with open(path, "w", encoding="ascii", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def draw(path, curves):
    """Two panels over injected load: mean latency, and accepted load. `curves`: name -> rows."""
    matplotlib.rcParams["svg.hashsalt"] = "traffic_curves"  # the same file for the same numbers
    figure, (latency, accepted) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, rows in curves.items():
        loads = [float(row["load"]) for row in rows]
        latency.plot(loads, [float(row["latency_mean"]) for row in rows], marker=".", label=name)
        accepted.plot(loads, [float(row["accepted"]) for row in rows], marker=".", label=name)
    latency.set_ylim(0, LATENCY_LIMIT_CYCLES)
    latency.set_ylabel("mean latency, creation to response (cycles)")
    accepted.set_ylabel("accepted load (requests per hart and cycle)")
    for panel in (latency, accepted):
        panel.set_xlabel("injected load (requests per hart and cycle)")
        panel.grid(alpha=0.3)
        panel.legend()
    figure.savefig(path, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", default="out/traffic_curves", metavar="DIR")
    parser.add_argument("--topologies", default="top1,top4,toph,ideal", metavar="LIST")
    parser.add_argument("--loads", default="0.01:0.1:0.01,0.12:0.5:0.02,0.55:1:0.05", help="as --load of tessera traffic")
    parser.add_argument("options", nargs="*", metavar="OPTION", help="of tessera traffic, after --")
    arguments = parser.parse_args()
    tessera = ROOT / "build" / os.environ.get("PRESET", "release") / "bin/tessera"
    if not tessera.is_file():
        sys.exit(f"{tessera} is missing: run scripts/build.sh")
    folder = pathlib.Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    curves = {topology: simulate(tessera, topology, arguments)
              for topology in arguments.topologies.split(",")}
    write_csv(folder / "traffic_curves.csv", [row for rows in curves.values() for row in rows])
    draw(folder / "traffic_curves.svg", curves)
    print(f"{folder}/traffic_curves.csv and {folder}/traffic_curves.svg")


if __name__ == "__main__":
    main()
