# SPDX-License-Identifier: Apache-2.0
"""The L1 network: who talks to whom, which banks are fought for, what random traffic takes."""
from . import machine
from .plot import GROUP, REGION, RUN, TILE, WHOLE_RUN, Column, Missing, Plot

SECTION = "L1 network"
NETWORK = "soc.cluster.l1_network."
MAX_ROWS = 60_000
BANK_FIGURES = ("requests", "conflict_cycles", "wait_cycles", "wide_accesses", "amo_busy_cycles")
HOW = "only cycle timing has a network: run with --timing cycle"
LATENCIES = ("latency_mean", "latency_p50", "latency_p95", "latency_p99", "net_mean")


def plots(runs):
    """Returns the plots of this section."""
    return [*_source_to_target(runs), *_banks(runs), *_traffic(runs)]


def _limited(rows):
    """Returns (rows, notes): of the whole run only, where regions make the table too long."""
    if len(rows) <= MAX_ROWS:
        return rows, []
    return ([row for row in rows if row[1] == WHOLE_RUN],
            ["regions are left out: the table would be too long"])


def _source_to_target(runs):
    rows = []
    for run in runs:
        for region, _, statistics in run.scopes():
            for path, value in statistics.items():
                found = machine.WAY.fullmatch(path)
                if found and value:
                    source, target = (machine.tile_name(run, int(each)) for each in found.groups())
                    rows.append([run.name, region, source.split(".")[0], source, target, value])
    title = "Accesses from tile to tile"
    if not rows:
        return [Missing(SECTION, title, HOW)]
    rows, notes = _limited(rows)
    order = {run.name: machine.tile_names(run) for run in runs}
    columns = [RUN, REGION, Column("group", "group of the source", is_filter=True),
               Column("tile", "source " + machine.TILES, is_filter=True),
               Column("target", "target " + machine.TILES), Column("accesses", unit="accesses")]
    return [Plot("tile_to_tile", SECTION, title,
                 "Dark cells are few accesses, bright ones many; a bright diagonal is local work, "
                 "a bright column a tile that everybody wants (a: tile of an accelerator).",
                 "heat", columns, rows,
                 {"x": "target", "y": "tile", "values": ["accesses"], "x_order": order,
                  "y_order": order}, {},
                 (NETWORK + "accesses.from_tile[*].to_tile[*]",), notes)]


def _banks(runs):
    rows, orders = [], {}
    for run in runs:
        for region, _, statistics in run.scopes():
            table = {}
            for path, value in statistics.items():
                found = machine.BANK.fullmatch(path)
                if found:
                    table.setdefault((int(found[1]), int(found[2])), {})[found[3]] = value
            if region == WHOLE_RUN:
                orders[run.name] = [str(bank) for bank in sorted({bank for _, bank in table})]
            for (slot, bank), values in sorted(table.items()):
                tile = machine.tile_name(run, slot)
                rows.append([run.name, region, tile.split(".")[0], tile, str(bank),
                             *(values.get(name, 0) for name in BANK_FIGURES)])
    title = "Conflicts at the banks"
    if not rows:
        return [Missing(SECTION, title, HOW)]
    rows, notes = _limited(rows)
    columns = [RUN, REGION, GROUP, Column("tile", machine.TILES, is_filter=True),
               Column("bank", "bank of the tile"), Column("requests", unit="requests"),
               Column("conflict_cycles", "cycles with a request that waited", "cycles"),
               Column("wait_cycles", "waiting time of all requests", "cycles"),
               Column("wide_accesses", "accesses of DMA and accelerators", "accesses"),
               Column("amo_busy_cycles", "held by an atomic", "cycles")]
    values = ["conflict_cycles", "wait_cycles", "requests", "wide_accesses", "amo_busy_cycles"]
    return [Plot("banks", SECTION, title,
                 "Each cell is a bank; an even colour is good interleaving, bright stripes are "
                 "banks that many want in the same cycle.",
                 "heat", columns, rows,
                 {"x": "bank", "y": "tile", "values": values, "x_order": orders,
                  "y_order": {run.name: machine.tile_names(run) for run in runs}}, {},
                 tuple(NETWORK + "tile[*].bank[*]." + name for name in BANK_FIGURES), notes)]


def _traffic(runs):
    runs = [run for run in runs if run.is_traffic]
    if not runs:
        return []
    rows = [[run.name, result["load"], result["accepted"], *(result[name] for name in LATENCIES)]
            for run in runs for result in run.facts["results"]]
    columns = [RUN, Column("load", "offered load", "requests per hart and cycle"),
               Column("accepted", "accepted", "requests per hart and cycle"),
               *(Column(name, unit="cycles") for name in LATENCIES)]
    return [Plot("traffic", SECTION, "Latency of random traffic over the load",
                 "Flat is a network with room; where the line turns up, it is saturated.",
                 "lines", columns, rows,
                 {"x": "load", "y": ["latency_mean", "latency_p99", "accepted"], "series": "run"},
                 {}, tuple(f"traffic.{name}" for name in ("accepted", *LATENCIES)))]
