# SPDX-License-Identifier: Apache-2.0
"""What a timeline must be for Perfetto and chrome://tracing (the Trace Event Format)."""

import collections
import json

REQUIRED = {
    "M": {"name", "args"},
    "X": {"name", "ts", "dur"},
    "C": {"name", "ts", "args"},
    "s": {"name", "cat", "id", "ts"},
    "t": {"name", "cat", "id", "ts"},
    "f": {"name", "cat", "id", "ts", "bp"},
}


def read(path):
    """Returns the events of the timeline at `path`; raises ValueError when it is none."""
    timeline = json.loads(path.read_text())
    for event in timeline["traceEvents"]:
        check_event(event)
    check_nesting(timeline["traceEvents"])
    check_flows(timeline["traceEvents"])
    return timeline["traceEvents"]


def check_event(event):
    phase = event.get("ph")
    if phase not in REQUIRED:
        raise ValueError(f"no such phase: {event}")
    missing = (REQUIRED[phase] | {"pid", "tid"}) - event.keys()
    if missing:
        raise ValueError(f"{missing} is missing in {event}")
    for key in ("ts", "dur"):
        if key in event and not (isinstance(event[key], (int, float)) and event[key] >= 0):
            raise ValueError(f"{key} is no time: {event}")


def check_nesting(events):
    """Slices of one track lie beside or inside each other."""
    tracks = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            begin = round(event["ts"] * 1000)
            tracks[event["pid"], event["tid"]].append(
                (begin, -(begin + round(event["dur"] * 1000)), event["name"]))
    for track, slices in tracks.items():
        open_ends = []
        for begin, negative_end, name in sorted(slices):
            while open_ends and open_ends[-1] <= begin:
                open_ends.pop()
            if open_ends and -negative_end > open_ends[-1]:
                raise ValueError(f"slice {name} at {begin} of track {track} outlives its parent")
            open_ends.append(-negative_end)


def check_flows(events):
    """Every flow begins once, and its steps come in the order of time."""
    flows = collections.defaultdict(list)
    for event in events:
        if event["ph"] in "stf":
            flows[event["id"]].append(event)
    for steps in flows.values():
        phases = "".join(step["ph"] for step in steps)
        times = [step["ts"] for step in steps]
        if phases not in ("s", "st", "stf") or times != sorted(times):
            raise ValueError(f"flow out of order: {steps}")


def names(events):
    """(pid, tid) -> (name of the process, name of the track)."""
    processes = {event["pid"]: event["args"]["name"] for event in events
                 if event["ph"] == "M" and event["name"] == "process_name"}
    return {(event["pid"], event["tid"]): (processes[event["pid"]], event["args"]["name"])
            for event in events if event["ph"] == "M" and event["name"] == "thread_name"}


def slices(events, process, track):
    """[(begin, end, name)] in cycles of the tracks whose names match."""
    known = names(events)
    found = []
    for event in events:
        if event["ph"] == "X":
            where = known[event["pid"], event["tid"]]
            if where[0] == process and where[1].startswith(track):
                found.append((round(event["ts"] * 1000),
                              round((event["ts"] + event["dur"]) * 1000), event["name"]))
    return sorted(found)
