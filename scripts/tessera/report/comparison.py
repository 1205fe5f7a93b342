# SPDX-License-Identifier: Apache-2.0
"""The runs of a report, and how they differ: parameters first, then figures."""
import collections

from ..result import INDEX
from .plot import REGION, RUN, WHOLE_RUN, Column, Plot

SECTION = "Runs"


def plots(runs):
    """Returns the plots of this section."""
    found = [_runs(runs)]
    if len(runs) > 1:
        found = [_parameters(runs), *found, *_figures(runs)]
    if any(len(run.scopes()) > 1 for run in runs) or len(runs) > 1:
        found += _cycles(runs)
    return found


def _runs(runs):
    rows = []
    for run in runs:
        cycles, instructions = run.facts.get("cycles"), run.facts.get("instructions")
        rows.append([run.name, run.facts["machine"], run.program, run.result.config["soc.timing"],
                     cycles, instructions, instructions / cycles if cycles else None,
                     run.facts.get("end", ""), run.facts.get("exit_code", 0),
                     run.facts.get("guest_errors"), run.facts["seed"],
                     run.facts.get("git_hash", ""),
                     run.facts.get("inputs", {}).get("tessera", "")[:12]])
    columns = [RUN, Column("machine"), Column("program"), Column("timing"),
               Column("cycles", unit="cycles"), Column("instructions", unit="instructions"),
               Column("rate", "all harts", "instructions per cycle"), Column("end"),
               Column("exit_code"), Column("guest_errors", unit="count"), Column("seed"),
               Column("git_hash", "commit"), Column("tessera", "simulator, build ID")]
    notes = [f"the runs have different {name}: {', '.join(values)}"
             for name, place in (("programs", 2), ("timing modes", 3), ("simulators", 12))
             if len(values := list(dict.fromkeys(row[place] for row in rows))) > 1]
    bad = [row[0] for row in rows if row[8] != 0 or row[9]]
    notes += [f"did not end well, see exit code and guest errors: {', '.join(bad)}"] if bad else []
    return Plot("runs", SECTION, "The runs", "One row per run; figures of runs with different "
                "programs or timing modes answer different questions.",
                "table", columns, rows, {}, {}, ("run.cycles", "run.instructions"), notes)


def _parameters(runs):
    configs = [run.result.config for run in runs]
    keys = dict.fromkeys(key for config in configs for key in config)
    rows = [[key, *values] for key in keys if key != "soc.name"
            and len(set(values := [config.get(key, "absent") for config in configs])) > 1]
    columns = [Column("parameter"), *(Column(f"value_{index}", run.name)
                                      for index, run in enumerate(runs))]
    return Plot("parameters", SECTION, "In which parameters the runs differ",
                "All others are equal; runs that differ in one parameter only show what it does.",
                "table", columns, rows,
                notes=[] if rows else ["the configurations are the same"])


def _cycles(runs):
    rows = [[run.name, region, cycles] for run in runs for region, cycles, _ in run.scopes()
            if cycles]
    if not rows:
        return []
    return [Plot("cycles", SECTION, "Cycles of runs and their regions of interest",
                 "Compare bars of the same region; the whole run includes start and checks.",
                 "bars", [RUN, Column("region"), Column("cycles", unit="cycles")], rows,
                 {"category": ["region"], "values": ["cycles"], "series": "run"}, {},
                 ("run.cycles",))]


def totals(run, statistics):
    """Returns {name with [*]: sum over all of that name}."""
    sums = collections.Counter()
    for path, value in statistics.items():
        if isinstance(value, (int, float)):
            sums[INDEX.sub("[*]", path)] += value
    if run.is_traffic:
        sums.update({f"traffic.{name}": value for row in run.facts["results"][:1]
                     for name, value in row.items()})
    return sums


def _figures(runs):
    tables = collections.defaultdict(dict)
    units, texts = {}, {}
    for index, run in enumerate(runs):
        definitions = run.result.statistics_file.get("definitions", {})
        for name, definition in definitions.items():
            units[name], texts[name] = definition["unit"], definition["description"]
        for region, cycles, statistics in run.scopes():
            for name, value in {"cycles": cycles, **totals(run, statistics)}.items():
                tables[region, name][index] = value
    rows = []
    for (region, name), values in tables.items():
        found = [values.get(index, 0 if region == WHOLE_RUN else None)
                 for index in range(len(runs))]
        known = [value for value in found if value is not None]
        if len(known) > 1 and max(known) != min(known):
            change = max(known) / min(known) - 1 if min(known) > 0 else None
            rows.append([region, name, texts.get(name, ""), units.get(name, ""),
                         None if change is None else 100 * change, *found])
    regions = list(dict.fromkeys(region for region, _ in tables))
    rows.sort(key=lambda row: (regions.index(row[0]), row[1] != "cycles",
                               -(row[4] if row[4] is not None else 1e9)))
    columns = [REGION, Column("figure", "figure, summed over all of its name"),
               Column("description"), Column("unit"),
               Column("change", "largest over least", "% more"),
               *(Column(f"value_{index}", run.name) for index, run in enumerate(runs))]
    return [Plot("figures", SECTION, "In which figures the runs differ",
                 "Cycles first, then the largest differences; no percentage means that one of the "
                 "runs has none at all.",
                 "table", columns, rows)]
