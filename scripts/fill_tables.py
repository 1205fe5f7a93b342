#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the tables of a page those of a sweep.

    fill_tables.py PAGE FOLDER [--write]      FOLDER: of the sweep, with sweep.csv and sweep.json

Compares the tables of PAGE, or writes them. A table stands below a line that says what is in it:

    <!-- table rows=AXIS,... values=COLUMN,... -->            one row per point
    <!-- table rows=AXIS columns=AXIS,... value=COLUMN -->    one column per combination
    also: where=AXIS:TEXT,...   only these points
          best=yes              only the best of workload and given axes

Only points that have run count. Exit code 1 when a table of the page is another one.
"""
import argparse
import json
import pathlib
import re
import sys

from tessera import choose
from tessera.sweep.table import read_csv

HEAD = re.compile(r"<!-- table (.*) -->")
KEYS = {"rows", "values", "columns", "value", "where", "best"}


class TableError(Exception):
    """A table cannot be made as its line says."""


def number(text):
    """Returns a number of a CSV file for people: 1,234 or 1.23; other text stays."""
    try:
        value = float(text)
    except ValueError:
        return text
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"


def best_rows(rows, sweep):
    """Returns the best feasible row of each workload and choice of given axes."""
    groups = {}
    for row in rows:
        group = tuple(row[name] for name in ("workload", *sweep["given"]))
        groups.setdefault(group, []).append(row)
    constraints = sweep["objectives"].get("subject_to", [])
    found = [choose.best([row for row in group if choose.is_feasible(row, constraints)],
                         choose.with_values(group, choose.objectives(sweep)))
             for group in groups.values()]
    return [row for row in found if row]


def table(words, rows, sweep):
    """Returns the lines of the Markdown table that a line's words ask for."""
    wanted = dict(word.split("=", 1) for word in words.split())
    if set(wanted) - KEYS or "rows" not in wanted or ("values" in wanted) == ("value" in wanted):
        raise TableError(f"'{words}' is no table; see --help")
    for rule in filter(None, wanted.get("where", "").split(",")):
        name, text = rule.split(":")
        rows = [row for row in rows if row[name] == text]
    if "best" in wanted:
        rows = best_rows(rows, sweep)
    axes = wanted["rows"].split(",")
    if "values" in wanted:
        columns = wanted["values"].split(",")
        cells = [[*(row[name] for name in axes), *(number(row[name]) for name in columns)]
                 for row in rows]
        return markdown([*axes, *columns], cells, len(axes))
    across = wanted["columns"].split(",")
    places, lines = set(), {}
    for row in rows:
        place = tuple(row[name] for name in across)
        cells = lines.setdefault(tuple(row[name] for name in axes), {})
        if place in cells:
            raise TableError(f"'{words}' has several points in one place, such as {place}")
        places.add(place)
        cells[place] = number(row[wanted["value"]])
    places = sorted(places, key=lambda place: [sweep["axes"][name].index(text)
                                               for name, text in zip(across, place)])
    header = [*axes, *(" ".join(f"{short(name)}={text}" for name, text in zip(across, place))
                       for place in places)]
    return markdown(header, [[*key, *(cells.get(place, "") for place in places)]
                             for key, cells in lines.items()], len(axes))


def short(name):
    """The last part of a setting's name."""
    return name.rsplit(".", 1)[-1]


def markdown(header, cells, texts):
    """Lines of a table whose first `texts` columns are text."""
    rule = ["---"] * texts + ["---:"] * (len(header) - texts)
    lines = ([short(name) for name in header], rule, *cells)
    return ["| " + " | ".join(line) + " |" for line in lines]


def fill(text, rows, sweep):
    """Returns the page's text with its tables made anew."""
    lines, result = text.splitlines(), []
    is_table = False
    for line in lines:
        if is_table and line.startswith("|"):
            continue
        is_table = False
        result.append(line)
        head = HEAD.fullmatch(line)
        if head:
            result += table(head[1], rows, sweep)
            is_table = True
    return "\n".join(result) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = choose.usable(read_csv(options.folder / "sweep.csv"))
    sweep = json.loads((options.folder / "sweep.json").read_text())
    text = options.page.read_text()
    try:
        filled = fill(text, rows, sweep)
    except (TableError, KeyError, ValueError) as error:
        sys.exit(f"fill_tables.py: {options.page}: {error}")
    if options.write:
        options.page.write_text(filled)
    elif filled != text:
        sys.exit(f"fill_tables.py: the tables of {options.page} are not those of {options.folder}; "
                 "--write makes them")


if __name__ == "__main__":
    main()
