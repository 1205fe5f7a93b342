#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws latency and accepted load over injected load for several L1 network topologies.

  scripts/traffic_curves.py [-o DIR] [--topologies LIST] [--loads LOADS] [-- NAME VALUE ...]

Writes DIR/traffic_curves.csv, one row per topology and load with the columns of `tessera traffic`,
and DIR/traffic_curves.svg. Options behind -- go to `tessera traffic`: another pattern,
another machine.
PRESET chooses the build (default release).
"""
import argparse
import csv
import pathlib
import sys

import matplotlib
import tessera

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (after the choice of the back end)

LATENCY_LIMIT_CYCLES = 30  # beyond, the source queues grow without end and latency is the window's


def simulate(topology, arguments):
    """Returns what `tessera traffic` finds at each load, as dicts, with the topology in front."""
    traffic = tessera.Traffic("mempool", options=arguments.options).pattern(load=arguments.loads)
    result = traffic.set({"soc.cluster.interconnect.topology": topology}).execute()
    return [{"topology": topology, **row} for row in result.facts["results"]]


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
        for panel, column in ((latency, "latency_mean"), (accepted, "accepted")):
            panel.plot([row["load"] for row in rows], [row[column] for row in rows], marker=".",
                       label=name)
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
    parser.add_argument("--loads", default="0.01:0.1:0.01,0.12:0.5:0.02,0.55:1:0.05",
                        help="as --load of tessera traffic")
    parser.add_argument("options", nargs="*", metavar="NAME VALUE",
                        help="of tessera traffic, after --")
    arguments = parser.parse_args()
    if len(arguments.options) % 2:
        parser.error("every option of tessera traffic needs a value")
    arguments.options = tuple(zip(arguments.options[::2], arguments.options[1::2]))
    folder = pathlib.Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        curves = {topology: simulate(topology, arguments)
                  for topology in arguments.topologies.split(",")}
    except tessera.RunError as error:
        sys.exit(f"traffic_curves.py: {error}")
    write_csv(folder / "traffic_curves.csv", [row for rows in curves.values() for row in rows])
    draw(folder / "traffic_curves.svg", curves)
    print(f"{folder}/traffic_curves.csv and {folder}/traffic_curves.svg")


if __name__ == "__main__":
    main()
