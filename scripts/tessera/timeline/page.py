# SPDX-License-Identifier: Apache-2.0
"""A timeline (`tessera run --timeline`) as a Gantt chart in one HTML file that needs nothing else.

gantt.js draws what model() returns; a page that wants the chart in a place of its own takes
style(), script() and model() instead of page().
"""
import collections
import html
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
MAX_SLICES = 500_000
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<style>{style} body {{ margin: 0; overflow: hidden; }} #gantt {{ height: 100vh; }}</style></head>
<body><div id="gantt"></div><script>{script}
const chart = showGantt(document.getElementById("gantt"), {data});</script></body></html>
"""


class TimelineError(Exception):
    """The file is no timeline, or one that is too long to show."""


def load(path):
    """Returns the events of the timeline at `path`. Raises TimelineError, OSError."""
    try:
        with open(path, encoding="utf-8") as file:
            events = json.load(file)["traceEvents"]
    except (ValueError, KeyError, TypeError) as error:
        raise TimelineError(f"{path}: no timeline as 'tessera run --timeline' writes it: "
                            f"{error}") from None
    count = sum(event["ph"] == "X" for event in events)
    if count > MAX_SLICES:
        raise TimelineError(f"{path}: {count} slices are more than the {MAX_SLICES} that a browser "
                            "shows with ease; trace less: --timeline FILE,from=CYCLE,to=CYCLE or "
                            "harts=0-3")
    return events


def model(events):
    """What showGantt() draws.

    Args:
      events: of load(); their times are in units of 1000 cycles.
    Returns:
      A dict for JSON: begin, end of the timeline in cycles; strings; processes in the order of
      rows, each with tracks (indices) and counters {name, at, value, most}; tracks, each with
      columns of slices, ascending in begin: begin, end (cycles), label, what (indices of strings),
      level (0 is outermost); flows [[track, cycle], ...].
    """
    strings = _Strings()
    processes = _processes(events)
    tracks, index_of = _tracks(events, processes, strings)
    for (pid, _), index in index_of.items():
        processes[pid]["tracks"].append(index)
    for process in processes.values():
        process["tracks"].sort(key=lambda index: natural(tracks[index]["name"]))
    _add_counters(events, processes)
    times = [time for track in tracks for time in (track["begin"][:1] + [max(track["end"])])]
    return {"begin": min(times, default=0), "end": max(times, default=1),
            "strings": strings.texts,
            "processes": sorted(processes.values(), key=_process_order),
            "tracks": tracks, "flows": _flows(events, index_of)}


def style():
    """The style sheet of the chart."""
    return (HERE / "gantt.css").read_text(encoding="utf-8")


def script():
    """The program that draws the chart."""
    return (HERE / "gantt.js").read_text(encoding="utf-8")


def embedded(data):
    """`data` as JSON that may stand inside a script of a page."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def page(events, title):
    """A whole page with the chart of `events`."""
    return PAGE.format(title=html.escape(title), style=style(), script=script(),
                       data=embedded(model(events)))


class _Strings:
    """Texts, each once."""

    def __init__(self):
        self.texts = []
        self._index = {}

    def index(self, text):
        if text not in self._index:
            self._index[text] = len(self.texts)
            self.texts.append(text)
        return self._index[text]


def cycles(time):
    """Cycles of a time in a timeline."""
    return round(time * 1000)


def natural(name):
    """Sorts core[2] before core[10]."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _process_order(process):
    """Devices first, then the cluster's counters and harts."""
    return (process["name"].startswith("soc.cluster"), natural(process["name"]))


def _processes(events):
    return {event["pid"]: {"name": event["args"]["name"], "tracks": [], "counters": []}
            for event in events if event["ph"] == "M" and event["name"] == "process_name"}


def _tracks(events, processes, strings):
    names = {(event["pid"], event["tid"]): event["args"]["name"] for event in events
             if event["ph"] == "M" and event["name"] == "thread_name"}
    slices = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            begin = cycles(event["ts"])
            slices[event["pid"], event["tid"]].append(
                (begin, -(begin + cycles(event["dur"])), strings.index(event["name"]),
                 strings.index(event.get("args", {}).get("what", ""))))
    tracks = []
    index_of = {}
    for key, found in slices.items():
        index_of[key] = len(tracks)
        tracks.append({"process": processes[key[0]]["name"], "name": names[key],
                       **_columns(sorted(found))})
    return tracks, index_of


def _columns(slices):
    columns = {"begin": [], "end": [], "label": [], "what": [], "level": []}
    open_ends = []
    for begin, negative_end, name, what in slices:
        while open_ends and open_ends[-1] <= begin:
            open_ends.pop()
        for column, value in zip(columns.values(), (begin, -negative_end, name, what,
                                                    len(open_ends))):
            column.append(value)
        open_ends.append(-negative_end)
    return {**columns, "depth": max(columns["level"]) + 1}


def _add_counters(events, processes):
    found = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "C":
            found[event["pid"], event["name"]].append((cycles(event["ts"]),
                                                       event["args"]["value"]))
    for (pid, name), samples in sorted(found.items()):
        samples.sort(key=lambda sample: sample[0])
        processes[pid]["counters"].append(
            {"name": name, "at": [at for at, _ in samples],
             "value": [value for _, value in samples],
             "most": max(value for _, value in samples)})


def _flows(events, index_of):
    flows = collections.defaultdict(list)
    for event in events:
        key = (event["pid"], event["tid"])
        if event["ph"] in "stf" and key in index_of:
            flows[event["id"]].append([index_of[key], cycles(event["ts"])])
    return [steps for steps in flows.values() if len(steps) > 1]
