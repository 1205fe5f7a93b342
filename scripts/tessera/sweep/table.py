# SPDX-License-Identifier: Apache-2.0
"""The table of a sweep: one row per point, in the order of the plan, the same bytes every time."""
import csv
import io
import json

from .. import expressions
from ..result import StatisticError, config_numbers, load
from .scan import model_of
from .space import predicted


def rows(space, points, out, outcomes):
    """Returns a list of {column: value}: point, axes, repeat, status (ok, failed or missing),
    exit_code, error, statistics and derived columns; values of a point without result are None.
    A figure that some points have may be absent in others, such as those of another workload; one
    that no point has is an error of all, once there is a result of every workload.

    Args: outcomes: {key: outcome} of points that could not even write why they failed.
    """
    models = {}
    found = [_row(number, space, point, out, outcomes.get(point.key), models)
             for number, point in enumerate(points)]
    fill_in_relative([row for row, _ in found], space)
    known = {column for row, _ in found for column, value in row.items() if value is not None}
    ok = {row["workload"] for row, _ in found if row["status"] == "ok"}
    if ok < set(space.axes["workload"]):
        known.update(space.figures(next(iter(space.workloads))), space.derived)
    known.update(space.predictions(), space.relative)
    for row, problems in found:
        row["error"] = "; ".join([row["error"]] * (row["error"] != "") +
                                 [text for column, text in problems.items() if column not in known])
    return [row for row, _ in found]


def fill_in_relative(table, space):
    """Puts relative columns into rows that have run: a value over the least of its group."""
    for column, source in space.relative.items():
        least = {}
        for row in table:
            if row[source] is not None:
                group = space.group(row)
                least[group] = min(least.get(group, row[source]), row[source])
        for row in table:
            if row[source] is not None and least[space.group(row)]:
                row[column] = row[source] / least[space.group(row)]


def _row(number, space, point, out, outcome, models):
    """Returns a row, and {column: why it has no value} of a point that has run."""
    row = {"point": number, **point.values, "repeat": point.repeat, "status": "missing",
           "exit_code": None, "error": "",
           **dict.fromkeys((*space.figures(point.values["workload"]), *space.predictions(),
                            *space.derived, *space.relative))}
    folder = point.folder(out)
    if point.is_done(out):
        problems = fill_in(row, space, load(folder), models)
        row.update(status="ok", exit_code=0)
        return row, problems
    if outcome is None and (folder / "point.json").is_file():
        outcome = json.loads((folder / "point.json").read_text())
    if outcome is None:
        row["error"] = "has not run"
    elif outcome["exit_code"] == 0 and not outcome["error"]:
        row["error"] = "has run with other inputs than now"
    else:
        row.update(status="failed", exit_code=outcome["exit_code"], error=outcome["error"])
    return row, {}


def fill_in(row, space, result, models):
    """Puts statistics, predictions and derived columns of a result into a row; returns {column:
    problem}. models: {group: closed form}, to be filled."""
    problems = {}
    workload = space.workloads[row["workload"]]
    if workload.closed_form:
        group = space.group(row)
        if group not in models:
            models[group] = model_of(workload, row)
        row[predicted(workload)] = models[group](config_numbers(result.config))
    for column, specification in space.figures(row["workload"]).items():
        try:
            row[column] = None if specification is None else result.value(specification)
        except StatisticError as error:
            problems[column] = str(error).replace(str(result.folder), "this run")
    for column, text in space.derived.items():
        try:
            row[column] = expressions.evaluate(text, row)
        except expressions.ExpressionError as error:
            problems[column] = str(error)
    return problems


def csv_text(table):
    """Returns the CSV file of rows; numbers with fractions have up to 9 digits."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table[0])
    for row in table:
        writer.writerow([f"{value:.9g}" if isinstance(value, float) else value
                         for value in row.values()])
    return stream.getvalue()


def read_csv(path):
    """Returns the rows of a table as a list of {column: text}."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
