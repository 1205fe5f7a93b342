# SPDX-License-Identifier: Apache-2.0
"""Where the cycles of the harts go."""
from . import machine
from .plot import GROUP, REGION, RUN, TILE, Column, Missing, Plot

SECTION = "Harts"
CORE = "soc.cluster.group[*].tile[*].core[*]."
STALLED = "stalled."


def breakdown(runs):
    """Returns [Plot], or [Missing] when no run has harts."""
    tables = [(run, region, _table(statistics)) for run in runs
              for region, _, statistics in run.scopes()]
    reasons = list(dict.fromkeys(name for _, _, table in tables for values in table.values()
                                 for name in values if name.startswith(STALLED)))
    if not any(table for _, _, table in tables):
        return [Missing(SECTION, "Where cycles go", "no run has harts: `tessera traffic` has a "
                        "generator in their place")]
    stacked = ["instructions", *reasons, "asleep_cycles"]
    columns = [RUN, REGION, GROUP, TILE, Column("hart"), Column("cycles", unit="cycles"),
               Column("instructions", "issued", "cycles"),
               *(Column(name, name.removeprefix(STALLED).removesuffix("_cycles").replace("_", " "),
                        "cycles") for name in reasons),
               Column("asleep_cycles", "asleep", "cycles")]
    rows = [[run.name, region, str(group), f"{group}.{tile}", f"{group}.{tile}.{core}",
             values.get("cycles", 0), *(values.get(name, 0) for name in stacked)]
            for run, region, table in tables
            for (group, tile, core), values in sorted(table.items())]
    return [Plot(
        "stalls", SECTION, "Where the cycles of harts go",
        "Each bar is all the time of the harts in it: issued is work, asleep waits for others, "
        "everything between is time lost for the reason named.",
        "bars", columns, rows,
        {"category": ["run", "group", "tile", "hart"], "values": stacked, "share": True},
        _levels(rows, len(runs)),
        tuple(CORE + name for name in ("cycles", *stacked)),
        _notes(runs))]


def _table(statistics):
    """Returns {(group, tile, core): {name: value}}."""
    table = {}
    for path, value in statistics.items():
        found = machine.CORE.fullmatch(path)
        if found:
            table.setdefault(tuple(map(int, found.groups()[:3])), {})[found[4]] = value
    return table


def _levels(rows, num_runs):
    """The level shown first has at most about 64 bars."""
    levels = {"run": ["run", "region"], "group": ["run", "region", "group"],
              "tile": ["run", "region", "group", "tile"],
              "hart": ["run", "region", "group", "tile", "hart"]}
    tiles = {(row[0], row[3]) for row in rows}
    first = "run" if num_runs > 1 else "tile" if 1 < len(tiles) <= 64 else "group"
    return {first: levels.pop(first), **levels}


def _notes(runs):
    functional = [run.name for run in runs if run.result.config.get("soc.timing") == "functional"]
    return [f"{', '.join(functional)}: functional timing issues an instruction every cycle, so it "
            "tells no reasons; run with --timing cycle"] if functional else []
