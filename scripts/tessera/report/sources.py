# SPDX-License-Identifier: Apache-2.0
"""What a report is made of: folders of runs and sweeps, timelines; and what is wrong with them."""
import json
import pathlib
import re

from ..result import Result
from ..sweep.table import read_csv
from ..timeline.page import MAX_SLICES
from .plot import WHOLE_RUN

MAX_REGIONS = 8
SWEEP_KEYS = ("name", "axes", "statistics", "derived", "objectives")
RUN_KEYS = ("machine", "command", "seed")


class ReportError(Exception):
    """An input is not what it should be, said so that the user can put it right."""


class Run:
    """A run of the simulator, or of its traffic generator.

    name: short, unique in the report; result: tessera.Result; timeline, bus_trace, intervals: files
    or None.
    """

    def __init__(self, folder, name=""):
        self.folder = pathlib.Path(folder)
        self.name = name or str(folder)
        self.result = Result(folder)
        self.facts = _read_json(self._facts_file(), RUN_KEYS)
        statistics = self.folder / "stats.json"
        self.is_traffic = self.facts.get("schema") == "tessera-traffic"
        if statistics.is_file():
            _read_json(statistics, ("stats", "regions", "definitions"))
        elif not self.is_traffic:
            raise ReportError(f"{self.folder}: stats.json is missing; did the run end? See log.txt")
        if not self.result.config:
            raise ReportError(f"{self.folder}: config.yaml is missing or empty; copy all of it")
        self.timeline = self._traced("--timeline")
        self.bus_trace = self._traced("--bus-trace")
        intervals = self.folder / "stats_intervals.csv"
        self.intervals = intervals if intervals.is_file() else None

    def _facts_file(self):
        return self.folder / ("run.json" if (self.folder / "run.json").is_file()
                              else "traffic.json")

    def _traced(self, option):
        """Returns the file that an option of the run's command wrote, if it is still there."""
        words = [part for word in self.facts["command"]
                 for part in (word.split("=", 1) if word.startswith(f"{option}=") else [word])]
        if option not in words[:-1]:
            return None
        written = pathlib.Path(words[words.index(option) + 1].split(",")[0])
        for path in (self.folder / written.name, written):
            if path.is_file():
                return path
        return None

    @property
    def program(self):
        return "traffic" if self.is_traffic else pathlib.Path(self.facts["elf"]).stem

    def number(self, key):
        """Returns a number of the configuration; 0 where there is none."""
        return self.result.figures.get(f"config.{key}", 0)

    def scopes(self):
        """Returns [(name, cycles, {figure: value})] of the whole run and its longest regions."""
        found = [(WHOLE_RUN, self.facts.get("cycles", 0), self.result.stats)]
        regions = self.result.statistics_file.get("regions", [])
        kept = sorted(regions, key=lambda region: -region["cycles"])[:MAX_REGIONS]
        return found + [(region.get("name") or f"region {region['id']}", region["cycles"],
                         region["stats"])
                        for region in regions if region in kept]


class Sweep:
    """The table of a sweep: rows are {column: text}."""

    def __init__(self, folder, name=""):
        self.folder = pathlib.Path(folder)
        self.description = _read_json(self.folder / "sweep.json", SWEEP_KEYS)
        self.name = name or self.description["name"]
        try:
            self.rows = read_csv(self.folder / "sweep.csv")
        except FileNotFoundError as error:
            raise ReportError(f"{self.folder}: sweep.csv is missing; `scripts/sweep table FILE` "
                              "writes it") from error
        wanted = {"point", "status", "repeat", "workload", *self.description["axes"]}
        lacking = wanted - set(self.rows[0] if self.rows else ())
        if lacking or any(None in row.values() or None in row for row in self.rows):
            raise ReportError(f"{self.folder / 'sweep.csv'}: cut off, or not of this sweep"
                              + (f": no column {', '.join(sorted(lacking))}" if lacking else ""))

    def configs(self):
        """Returns {"point 0": configuration} of the points that ran; without their folders only
        the axes are known."""
        found = {}
        for row, key in zip(self.rows, self.description.get("points", [])):
            if row["status"] == "ok":
                result = Result(self.folder / "points" / key[:2] / key)
                found[f"point {row['point']}"] = {**row, **result.config}
        return found


class Timeline:
    """A timeline in Chrome's trace format, with or without the run that wrote it."""

    def __init__(self, path, name=""):
        self.name = name or str(path)
        self.events = _read_json(path, ("traceEvents",))["traceEvents"]
        slices = [event for event in self.events if event.get("ph") == "X"]
        if not all({"pid", "tid", "ts", "dur", "name"} <= event.keys() for event in slices):
            raise ReportError(f"{path}: a slice without pid, tid, ts, dur or name")
        if len(slices) > MAX_SLICES:
            raise ReportError(f"{path}: {len(slices)} slices are more than the {MAX_SLICES} that a "
                              "browser shows with ease; trace less: --timeline FILE,from=,to= or "
                              "harts=0-3")


def _read_json(path, keys):
    try:
        content = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ReportError(f"{path}: no complete JSON ({error}); was the run killed?") from error
    lacking = [key for key in keys if not isinstance(content, dict) or key not in content]
    if lacking:
        raise ReportError(f"{path}: no {', '.join(lacking)} in it; is this another program's file?")
    return content


def _kind(path):
    """Returns the class of an input."""
    if path.is_file():
        return Timeline
    if not path.is_dir():
        raise ReportError(f"{path}: no such file or folder")
    if (path / "sweep.json").is_file():
        return Sweep
    if (path / "run.json").is_file() or (path / "traffic.json").is_file():
        return Run
    below = sorted({each.parent for name in ("run.json", "traffic.json", "sweep.json")
                    for each in path.glob(f"*/{name}")})
    hint = (f"; do you mean {' '.join(map(str, below[:4]))}{' ...' * (len(below) > 4)}?" if below
            else "; `tessera run --out DIR` and `scripts/sweep run` write such folders")
    raise ReportError(f"{path}: not the folder of a run or a sweep (no run.json, traffic.json or "
                      f"sweep.json){hint}")


def short_names(paths):
    """Returns a short name for each path: as many of its last parts as tell it from the others."""
    parts = [pathlib.Path(path).absolute().parts for path in paths]
    names = []
    for own in parts:
        length = next((length for length in range(1, len(own) + 1)
                       if sum(other[-length:] == own[-length:] for other in parts) == 1), len(own))
        names.append("/".join(own[-length:]))
    return names


def read(paths):
    """Returns [Run, Sweep or Timeline] of files and folders; raises ReportError."""
    seen = {}
    for path in map(pathlib.Path, paths):
        if path.resolve() in seen:
            raise ReportError(f"{path}: named twice")
        seen[path.resolve()] = path
    kinds = [_kind(path) for path in seen.values()]
    return [kind(path, re.sub(r"\.json$", "", name))
            for kind, path, name in zip(kinds, seen.values(), short_names(seen.values()))]
