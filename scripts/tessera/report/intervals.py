# SPDX-License-Identifier: Apache-2.0
"""How statistics grow over time, from `tessera run --stats-interval`."""
import csv
import functools

from ..result import INDEX
from .plot import RUN, Column, Missing, Plot
from .sources import ReportError

SECTION = "Time"
TITLE = "Statistics over time"
HOW = "run with --stats-interval CYCLES and --out to see it"
MAX_INTERVALS = 200
FIRST = "soc.cluster.instructions"
COLUMNS = ["begin", "end", "path", "increase"]


def over_time(runs):
    """Returns [Plot] of the runs that have statistics of intervals, or [Missing]."""
    tables = {run.name: _table(run.intervals) for run in runs if run.intervals}
    if not any(tables.values()):
        return [Missing(SECTION, TITLE, HOW)]
    names = sorted({name for table in tables.values() for interval in table.values()
                    for name in interval}, key=lambda name: (name != FIRST, name))
    rows = [[run, name, begin, increase := interval.get(name, 0), increase / max(end - begin, 1)]
            for name in names for run, table in tables.items()
            for (begin, end), interval in table.items()]
    columns = [RUN, Column("statistic", is_filter=True, is_single=True),
               Column("time", "begin of the interval", "cycles"),
               Column("increase", "increase, in the statistic's unit"),
               Column("rate", "increase per cycle", "unit of the statistic per cycle")]
    return [Plot("intervals", SECTION, TITLE,
                 "Steps show phases of the program: cycles of a stall that rise while instructions "
                 "fall are what it waits for then; choose the statistic above.",
                 "lines", columns, rows,
                 {"x": "time", "y": ["rate"], "series": "statistic", "is_step": True}, {},
                 tuple(names), ["[*] adds up all places of that name"])]


def _table(path):
    """Returns {(begin, end): {statistic with [*] for indices: increase}} in order of time, of at
    most MAX_INTERVALS intervals: more are added up."""
    table = {}
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if next(rows, None) != COLUMNS:
                raise ValueError(f"its columns are not {', '.join(COLUMNS)}")
            for begin, end, name, increase in rows:
                interval = table.setdefault((int(begin), int(end)), {})
                name = _any_index(name)
                interval[name] = interval.get(name, 0) + int(increase)
    except ValueError as error:
        raise ReportError(f"{path}: no statistics of intervals, or cut off ({error})") from error
    return _coarse(table)


def _coarse(table):
    step = -(-len(table) // MAX_INTERVALS)
    times = sorted(table)
    result = {}
    for group in (times[first:first + step] for first in range(0, len(times), max(step, 1))):
        sums = result.setdefault((group[0][0], group[-1][1]), {})
        for time in group:
            for name, increase in table[time].items():
                sums[name] = sums.get(name, 0) + increase
    return result


@functools.lru_cache(maxsize=None)
def _any_index(path):
    return INDEX.sub("[*]", path)
