# SPDX-License-Identifier: Apache-2.0
"""What harts, accelerators and DMA do when, from a timeline (platform/observe/README.md)."""
import collections
import re

from ..timeline import page
from .plot import GROUP, RUN, TILE, Column, Missing, Plot

SECTION = "Time"
HOW = "run with --timeline FILE, in the folder of the run, or name the file beside it, to see it"
TILE_NAME = re.compile(r"soc\.cluster\.group\[(\d+)\]\.tile\[(\d+)\]")
BINS = 120
MAX_CELLS = 40_000
ASLEEP = "asleep"


class Tracks:
    """Tracks of a timeline: {(pid, tid): (group, tile, name)}; devices have group and tile ""."""

    def __init__(self, events):
        processes = {event["pid"]: event["args"]["name"] for event in events
                     if event.get("ph") == "M" and event["name"] == "process_name"}
        self.names = {}
        for event in events:
            if event.get("ph") == "M" and event["name"] == "thread_name":
                self.names[event["pid"], event["tid"]] = self._place(
                    processes.get(event["pid"], str(event["pid"])), event["args"]["name"])
        self.processes = processes

    @staticmethod
    def _place(process, thread):
        tile = TILE_NAME.fullmatch(process)
        if tile is None:
            return "", "", f"{process.removeprefix('soc.')} {thread}"
        core = re.sub(r"core\[(\d+)\]", r"\1", thread)
        return tile[1], f"{tile[1]}.{tile[2]}", f"hart {tile[1]}.{tile[2]}.{core}"

    def place(self, event):
        key = event["pid"], event["tid"]
        return self.names.get(key) or ("", "", f"{self.processes.get(key[0], key[0])} {key[1]}")


def plots(timelines):
    """Returns the plots of Timelines, or what is missing without any."""
    if not timelines:
        return [Missing(SECTION, "Harts, accelerators and DMA over time", HOW)]
    rows, awake, counters, models = [], [], [], {}
    for each in timelines:
        tracks = Tracks(each.events)
        segments = _segments(each.events, tracks)
        end = max((segment[1] for own in segments.values() for segment in own), default=1)
        models[each.name] = page.model(each.events)
        rows += [[each.name, *place, name, times, cycles] for place, own in segments.items()
                 for name, (times, cycles) in _totals(own).items()]
        awake += _awake(each.name, segments, max(-(-end // BINS), 1))
        counters += _counters(each, tracks)
    return [_gantt(rows, models), *([_awake_plot(awake)] if awake else []),
            *([_counter_plot(counters)] if counters else [])]


def _totals(segments):
    """Returns {activity: [times, cycles]}, the longest first."""
    totals = {}
    for begin, end, name in segments:
        total = totals.setdefault(name, [0, 0])
        total[0] += 1
        total[1] += end - begin
    return dict(sorted(totals.items(), key=lambda each: -each[1][1]))


def _segments(events, tracks):
    """Returns {place: [(begin, end, name)]}: at each time the innermost slice of a track."""
    slices = collections.defaultdict(list)
    for event in events:
        if event.get("ph") == "X":
            begin = page.cycles(event["ts"])
            slices[tracks.place(event)].append((begin, begin + page.cycles(event["dur"]),
                                                event["name"]))
    order = sorted(slices, key=lambda place: (place[0] != "", page.natural(place[2])))
    return {place: _innermost(slices[place]) for place in order}


def _innermost(slices):
    """Cuts nested slices so that none lies over another; [(begin, end, name)] in order of time."""
    result, stack, now = [], [], 0

    def advance(until):
        nonlocal now
        while stack and now < until:
            end, name = stack[-1]
            if min(end, until) > now:
                result.append((now, min(end, until), name))
                now = min(end, until)
            if end <= until:
                stack.pop()
        now = max(now, until)
    for begin, end, name in sorted(slices, key=lambda each: (each[0], -each[1])):
        advance(begin)
        stack.append((end, name))
    advance(max((end for _, end, _ in slices), default=0))
    return result


def _awake(run, segments, width):
    """Rows of cycles awake per interval and hart, or per tile where that would be too many."""
    harts = [(place, own) for place, own in segments.items() if place[0]]
    is_by_tile = len(harts) * BINS > MAX_CELLS
    sums = collections.Counter()
    for (group, tile, track), own in harts:
        name = f"tile {tile}" if is_by_tile else track
        for begin, end, what in own:
            if what != ASLEEP:
                for index in range(begin // width, (end - 1) // width + 1):
                    sums[group, tile, name, index] += (min(end, (index + 1) * width) -
                                                       max(begin, index * width))
    return [[run, group, tile, name, index * width, cycles]
            for (group, tile, name, index), cycles in sums.items()]


def _counters(timeline, tracks):
    return [[timeline.name, f"{tracks.processes.get(event['pid'], '').removeprefix('soc.')} "
             f"{event['name']}".strip(), page.cycles(event["ts"]), value]
            for event in timeline.events if event.get("ph") == "C"
            for value in list(event["args"].values())[:1]]


def _gantt(rows, models):
    columns = [RUN, GROUP, TILE, Column("track"), Column("activity"),
               Column("times", "how often, in parts", "count"),
               Column("cycles", "innermost on its track", "cycles")]
    return Plot("gantt", SECTION, "Harts, accelerators and DMA over time",
                "A row per device and hart, in which calls stand below their callers; zoom with "
                "ctrl and the wheel, and click on a slice for what ordered it and who saw its end.",
                "gantt", columns, rows, {"timelines": models}, {}, ("timeline.slices",),
                ["the table adds up how long each activity lasted, without what it called"])


def _awake_plot(rows):
    columns = [RUN, GROUP, TILE, Column("track", "hart or tile"),
               Column("time", "begin of the interval", "cycles"), Column("awake", unit="cycles")]
    return Plot("awake", SECTION, "Which harts are awake when",
                "Bright is awake, dark asleep; one bright row in the dark is a hart that all "
                "others wait for.",
                "heat", columns, rows,
                {"x": "time", "y": "track", "values": ["awake"], "x_order": {}, "y_order": {}}, {},
                ("timeline.slices",))


def _counter_plot(rows):
    columns = [RUN, Column("counter", is_filter=True), Column("time", unit="cycles"),
               Column("value", "value of the counter", "count")]
    return Plot("counters", SECTION, "Queues and conflicts over time",
                "Queues that stay full mean a device that is the bottleneck; conflicts are cycles "
                "that requests lost in the L1 network per 1000 cycles.",
                "lines", columns, rows,
                {"x": "time", "y": ["value"], "series": "counter", "is_step": True}, {},
                ("timeline.counters",))
