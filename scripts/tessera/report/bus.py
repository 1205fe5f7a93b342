# SPDX-License-Identifier: Apache-2.0
"""Accesses of banks over time, from a bus trace."""
import subprocess

from . import machine
from .plot import GROUP, RUN, Column, Missing, Plot
from .sources import ReportError

SECTION = "L1 network"
TITLE = "Banks over time"
HOW = "run with --timing cycle --bus-trace FILE, in the folder of the run, to see it"
BINS = 100
MAX_ROWS = 120_000
CHUNK = 500_000
USED = ["cycle", "bytes", "wait", "bank"]


def banks_over_time(runs):
    """Returns [Plot] of the runs that have a bus trace, or [Missing]."""
    rows, orders, notes, times = [], {}, [], {}
    for run in runs:
        if run.bus_trace is None:
            continue
        width, table = _binned(run)
        names = _bank_names(run)
        orders[run.name] = [names(bank)[2] for bank in sorted(table["bank"].unique())]
        times[run.name] = [index * width for index in range(BINS)]
        rows += _rows(run, width, table, names)
    if not rows:
        return [Missing(SECTION, TITLE, HOW)]
    levels = {"tile": ["run", "group", "tile", "time"],
              "bank": ["run", "group", "tile", "bank", "time"]}
    if len(rows) > MAX_ROWS:
        rows = _by_tile(rows)
        del levels["bank"]
        notes.append("banks are added up to tiles, the table would be too long; give the trace a "
                     "window (from=, to=)")
    columns = [RUN, GROUP, Column("tile", machine.TILES, is_filter=True), Column("bank"),
               Column("time", "begin of the interval", "cycles"),
               Column("accesses", unit="accesses"), Column("wait", "waiting time", "cycles")]
    return [Plot("banks_over_time", SECTION, TITLE,
                 "Time goes to the right; a bright row is a bank or tile that is always busy, a "
                 "bright column a moment in which all are.",
                 "heat", columns, rows,
                 {"x": "time", "y": "tile", "y_of_level": {"bank": "bank"},
                  "values": ["accesses", "wait"], "x_order": times,
                  "y_order": {}, "bank_order": orders},
                 levels, ("bus_trace.accesses", "bus_trace.wait"), notes)]


def _bank_names(run):
    """Returns a function from the number of a bank to (group, tile, name)."""
    per_tile = max(run.number("soc.cluster.banks_per_tile"), 1)

    def names(bank):
        number, index = divmod(int(bank), per_tile)
        tile = machine.core_tile_name(run, number)
        return tile.split(".")[0], tile, f"{tile}.{index}"
    return names


def _binned(run):
    """Returns (cycles of an interval, DataFrame of bank, interval, accesses, wait) of L1."""
    import pandas  # pylint: disable=import-outside-toplevel  (slow to import, only for traces)
    width = max(-(-run.facts.get("cycles", BINS) // BINS), 1)
    path = run.bus_trace
    packed = path.suffix == ".zst"
    with subprocess.Popen(["zstd", "-dc", str(path)] if packed else ["cat", str(path)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as source:
        try:
            parts = [_sums(chunk, width) for chunk in
                     pandas.read_csv(source.stdout, usecols=USED, chunksize=CHUNK)]
        except ValueError as error:
            raise ReportError(f"{path}: no bus trace ({error})") from error
        problem = source.stderr.read().decode(errors="replace").strip()
        if source.wait() != 0:
            raise ReportError(f"{path}: cannot be read whole: {problem}")
    table = pandas.concat(parts).groupby(["bank", "interval"], as_index=False).sum()
    return width, table


def _sums(chunk, width):
    chunk = chunk.dropna(subset=["bank"])
    chunk = chunk.assign(interval=chunk["cycle"] // width, accesses=1, wait=chunk["wait"].fillna(0))
    return chunk.groupby(["bank", "interval"], as_index=False)[["accesses", "wait"]].sum()


def _rows(run, width, table, names):
    return [[run.name, *names(row.bank), int(row.interval) * width, int(row.accesses),
             int(row.wait)] for row in table.itertuples()]


def _by_tile(rows):
    sums = {}
    for run, group, tile, _, time, accesses, wait in rows:
        entry = sums.setdefault((run, group, tile, "", time), [0, 0])
        entry[0] += accesses
        entry[1] += wait
    return [[*key, *values] for key, values in sums.items()]
