# SPDX-License-Identifier: Apache-2.0
"""Inputs of reports: real runs of short programs, and a sweep whose answers are known."""

import functools
import json
import pathlib
import subprocess
import tempfile

import tessera
from tessera.paths import ROOT
from tessera.report import command

AXES = {"workload": ["short", "long"], "banks": ["4", "8", "16"], "net": ["a", "b"]}
# cycles = 9600 / banks on net a, 14400 / banks on net b, ten times that for long;
# area = banks on net a, banks - 1 on net b: no point beats another in both.
OBJECTIVES = {"minimise": ["cycles", "area"], "maximise": [], "subject_to": ["area <= 15"]}


@functools.lru_cache(maxsize=None)
def scratch():
    """A folder that lives as long as the tests."""
    return tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with


def folder(name):
    return pathlib.Path(scratch().name) / name


@functools.lru_cache(maxsize=None)
def barrier(topology):
    """A run of 16 harts in cycle timing, with timeline, bus trace and statistics of
    intervals in its folder."""
    out = folder(f"barrier_{topology}")
    run = tessera.Run("minpool", "barrier").set({
        "soc.timing": "cycle", "soc.cluster.interconnect.topology": topology})
    run.option("--timeline", out / "timeline.json").option("--stats-interval", 500).option(
        "--bus-trace", out / "bus.csv.zst").execute(out=out)
    return out


@functools.lru_cache(maxsize=None)
def mhsa():
    """A run with an ITA at work."""
    image, out = folder("mhsa.img"), folder("mhsa")
    subprocess.run([ROOT / "scripts/make_workload.py", "mhsa", "--shape", "64,64,64,1", "--seed",
                    "1", "-o", image], check=True, capture_output=True)
    tessera.Run("tessera", "mhsa").set({"soc.timing": "cycle"}).load(0x80100000, image).execute(
        out=out)
    return out


@functools.lru_cache(maxsize=None)
def engine():
    """A run with the attention engine at work, in functional timing."""
    out = folder("engine")
    tessera.Run("tessera", "attention_engine").execute(out=out)
    return out


@functools.lru_cache(maxsize=None)
def traffic():
    """Three loads of random traffic."""
    out = folder("traffic")
    tessera.Traffic("minpool").pattern(load="0.1,0.2,0.3", cycles=300).execute(out=out)
    return out


def sweep_rows():
    """The rows of the sweep that ran, as {column: text}."""
    points = [(workload, banks, net) for workload in AXES["workload"] for banks in AXES["banks"]
              for net in AXES["net"]]
    return [{"point": str(index), "workload": workload, "banks": banks, "net": net, "repeat": "0",
             "status": "ok", "exit_code": "0", "error": "",
             "cycles": str(4800 // int(banks) * (2 + (net == "b")) * (10 if workload == "long" else
                                                                      1)),
             "area": str(int(banks) - (net == "b"))}
            for index, (workload, banks, net) in enumerate(points)]


@functools.lru_cache(maxsize=None)
def sweep():
    """The folder of a sweep of 12 points that ran and one that failed."""
    out = folder("sizes")
    out.mkdir()
    rows = sweep_rows()
    rows.append({**dict.fromkeys(rows[0], ""), "point": "12", "workload": "long", "banks": "32",
                 "net": "a", "repeat": "0", "status": "failed", "exit_code": "6",
                 "error": "all harts sleep"})
    (out / "sweep.json").write_text(json.dumps({
        "schema": "tessera-sweep", "schema_version": 1, "name": "sizes", "config": "minpool",
        "axes": AXES, "statistics": {"cycles": "run.cycles"}, "derived": {"area": "banks"},
        "objectives": OBJECTIVES, "points": []}))
    (out / "sweep.csv").write_text("\n".join([",".join(rows[0])] + [",".join(row.values())
                                                                  for row in rows]) + "\n")
    return out


@functools.lru_cache(maxsize=None)
def write(name, *inputs):
    """Makes a page; returns its path."""
    page = folder(f"{name}.html")
    code = command.main([*map(str, inputs), "-o", str(page), "--title", name])
    if code != 0:
        raise AssertionError(f"scripts/report: exit code {code}")
    return page
