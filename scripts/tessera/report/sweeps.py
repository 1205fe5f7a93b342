# SPDX-License-Identifier: Apache-2.0
"""Sweeps: the Pareto front, which knob matters, what each knob does, one more step."""
from .. import choose
from ..expressions import ExpressionError, evaluate, names
from .plot import Column, Missing, Plot
from .sources import ReportError


def plots(sweep, number):
    """Returns the plots of a sweep; number: of the sweep in the report, for ids."""
    axes = {name: values for name, values in sweep.description["axes"].items()
            if name != "workload"}
    table = _Table(sweep, axes, number)
    try:
        wanted = choose.objectives(sweep.description)
    except choose.ChoiceError as error:
        return [table.points([]), table.effects([]),
                Missing(table.section, "Pareto front and sensitivity", str(error)),
                *table.failures()]
    try:
        return [table.front(wanted), table.sensitivity(wanted), table.effects(wanted),
                table.steps(wanted), table.points(wanted), *table.failures()]
    except (ExpressionError, KeyError) as error:
        raise ReportError(f"{sweep.folder}: objectives do not fit the table: {error}") from error


class _Table:
    """The rows of a sweep that ran, by workload, and the columns that all plots share."""

    def __init__(self, sweep, axes, number):
        self.sweep, self.axes, self.number = sweep, axes, number
        self.section = f"Sweep {sweep.name}"
        self.rows = choose.usable(sweep.rows)
        self.constraints = sweep.description["objectives"].get("subject_to", [])
        self.workloads = list(dict.fromkeys(row["workload"] for row in sweep.rows))
        self.values = [name for name in (*sweep.description["statistics"],
                                         *sweep.description["derived"])]
        # One knob has one name everywhere, so filters act on all sweeps that have it.
        self.keys = [Column("workload", is_filter=True),
                     *(Column(name, name.removeprefix("soc.").removeprefix("cluster."),
                              is_filter=True) for name in axes)]

    def _id(self, name):
        return f"sweep{self.number}_{name}"

    def _key(self, row):
        return [row["workload"], *(row[name] for name in self.axes)]

    def _figures(self, wanted=()):
        columns = {name for text, _ in wanted for name in names(text)} if wanted else self.values
        return tuple(dict.fromkeys(figure for name in columns for figure in self._sources(name)))

    def _sources(self, column):
        statistics, derived = (self.sweep.description[name] for name in ("statistics", "derived"))
        if column in statistics:
            return [statistics[column].split()[-1]]
        if column in derived:
            return [figure for name in sorted(names(derived[column]))
                    for figure in self._sources(name)]
        return []

    def _of(self, workload):
        return [row for row in self.rows if row["workload"] == workload]

    def points(self, wanted):
        """The whole table."""
        columns = [Column("point"), *self.keys, Column("repeat"),
                   *(Column(name) for name in self.values)]
        rows = [[row["point"], *self._key(row), row["repeat"],
                 *(_number(row[name]) for name in self.values)] for row in self.rows]
        return Plot(self._id("points"), self.section, "All points that ran",
                    f"{len(self.rows)} of {len(self.sweep.rows)} points, in the order of the plan.",
                    "table", columns, rows, figures=self._figures(wanted))

    def front(self, wanted):
        """All points over the first two objectives."""
        shown = wanted[:2]
        rows, notes = [], []
        for workload in self.workloads:
            own = self._of(workload)
            feasible = [row for row in own if choose.is_feasible(row, self.constraints)]
            front, best = choose.pareto(feasible, wanted), choose.best(feasible, wanted)
            notes.append(f"{workload}: {len(own)} points, {len(feasible)} meet "
                         f"{' and '.join(self.constraints) or 'all constraints (none are given)'}, "
                         f"{len(front)} on the front")
            for row in own:
                state = ("best" if row is best else "front" if row in front else
                         "dominated" if row in feasible else "breaks a constraint")
                costs = [_value(text, row) for text, _ in shown]
                if None not in costs:
                    rows.append([row["point"], *self._key(row), state, *costs])
        if len(wanted) > 2:
            notes.append("the front is that of all objectives: "
                         + ", ".join(text for text, _ in wanted))
        columns = [Column("point"), *self.keys, Column("state", is_filter=True),
                   *(Column(f"objective_{index}", f"{text}, {sense}")
                     for index, (text, sense) in enumerate(shown))]
        encoding = {"x": "objective_0", "y": f"objective_{len(shown) - 1}", "series": "state",
                    "label": ["point", *(column.name for column in self.keys)], "front": "state",
                    "panel": "workload"}
        if len(shown) == 1:
            encoding.update(x="point", y="objective_0")
        return Plot(self._id("front"), self.section, "Pareto front",
                    "Points on the line are those that no other beats in all objectives; take the "
                    "knee, unless a constraint decides.",
                    "points", columns, rows, encoding, {}, self._figures(wanted), notes)

    def _unit(self, text):
        return "cycles" if text == "cycles" else ""

    def sensitivity(self, wanted):
        """How much each axis changes each objective."""
        rows = [[workload, text, axis, 100 * mean, 100 * largest]
                for workload in self.workloads for text, sense in wanted
                for axis, mean, largest in choose.sensitivity(self._of(workload), list(self.axes),
                                                              (text, sense))]
        columns = [Column("workload", is_filter=True),
                   Column("objective", is_filter=True, is_single=True), Column("axis", "parameter"),
                   Column("mean", "mean change", "%"), Column("largest", "largest change", "%")]
        return Plot(self._id("sensitivity"), self.section, "Which knob matters",
                    "Largest over least value of the objective when this parameter alone changes; "
                    "a parameter with a short bar may be chosen freely.",
                    "bars", columns, rows,
                    {"category": ["axis"], "values": ["mean"], "series": "workload"}, {},
                    self._figures(wanted))

    def effects(self, wanted):
        """Any column over any other, with a choice."""
        columns = [Column("point"), *self.keys,
                   *(Column(name, unit=self._unit(name)) for name in self.values)]
        rows = [[row["point"], *self._key(row), *(_number(row[name]) for name in self.values)]
                for row in self.rows]
        axes = [name for name in self.axes if len(self.axes[name]) > 1]
        measured = [text for text, _ in wanted if text in self.values and not all(
            figure.startswith("config.") for figure in self._sources(text))]
        first = (measured or self.values or ["point"])[0]
        return Plot(self._id("effects"), self.section, "What each knob does",
                    "Choose what is drawn over what: points of one colour that climb from left to "
                    "right pay for that parameter.",
                    "points", columns, rows,
                    {"x": (axes or ["workload"])[-1], "y": first,
                     "series": (axes or ["workload"])[0],
                     "label": ["point", *(column.name for column in self.keys)],
                     "choices": {"x": [*self.axes, *self.values, "workload"], "y": self.values,
                                 "series": ["workload", *self.axes]}}, {}, self._figures())

    def steps(self, wanted):
        """What one more step of each axis gives from the best point."""
        rows = []
        for workload in self.workloads:
            own = self._of(workload)
            best = choose.best([row for row in own if choose.is_feasible(row, self.constraints)],
                               wanted)
            for axis, value, row in [("the best point", "", best)] + choose.steps(
                    best, own, self.axes) if best else []:
                costs = [_value(text, row) for text, _ in wanted]
                change = [None if None in (cost, base) or not base else 100 * (cost / base - 1)
                          for cost, base in zip(costs, (_value(text, best) for text, _ in wanted))]
                rows.append([workload, axis, best[axis] if axis in best else "", value,
                             row["point"], *(each for pair in zip(costs, change) for each in pair),
                             "yes" if choose.is_feasible(row, self.constraints) else "no"])
        columns = [Column("workload", is_filter=True), Column("parameter"), Column("from"),
                   Column("to"), Column("point"),
                   *(column for index, (text, _) in enumerate(wanted)
                     for column in (Column(f"objective_{index}", text),
                                    Column(f"change_{index}", f"change of {text}", "%"))),
                   Column("feasible", "meets the constraints")]
        return Plot(self._id("steps"), self.section, "One more step from the best point",
                    "The first row is the best point; each other changes one parameter by one place.",
                    "table", columns, rows, {}, {}, self._figures(wanted))

    def failures(self):
        """Points without result, if there are any."""
        rows = [[row["point"], *self._key(row), row["status"], row["exit_code"], row["error"]]
                for row in self.sweep.rows if row["status"] != "ok" or row.get("error")]
        columns = [Column("point"), *self.keys, Column("status"), Column("exit_code"),
                   Column("error")]
        return [Plot(self._id("failures"), self.section, "Points without a result",
                     "They are in no other plot of this sweep; their folders hold the logs.",
                     "table", columns, rows)] if rows else []


def _number(text):
    """Numbers of a CSV file; None where it is empty."""
    try:
        return float(text) if "." in text or "e" in text else int(text, 0)
    except ValueError:
        return text or None


def _value(text, row):
    """The value of an objective, as it is written in the file."""
    return evaluate(text, {name: _number(value) for name, value in row.items()
                           if value is not None})
