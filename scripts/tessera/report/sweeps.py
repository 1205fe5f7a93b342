# SPDX-License-Identifier: Apache-2.0
"""Sweeps: the Pareto front, which knob matters, what each knob does, one more step."""
import re

from .. import choose
from ..expressions import ExpressionError, evaluate, names
from .plot import Column, Missing, Plot
from .sources import ReportError

# Units by names of figures, or of columns that are computed; numbers without unit have none.
UNITS = tuple((re.compile(pattern), unit) for pattern, unit in (
    (r"(.*[._])?cycles|traffic\.(latency|net)_.*", "cycles"),
    (r"(.*[._])?bytes(_(?!per_).*)?", "bytes"), (r"(.*[._])?instructions", "instructions"),
    (r"estimate\.l1_wires", "sides of the cluster"), (r"estimate\.l1_crowding", "channel ends"),
    (r".*_mm2", "mm2"), (r".*_nj", "nJ"), (r"traffic\.accepted", "requests per hart and cycle")))
NOT_VALUES = ("point", "workload", "repeat", "status", "exit_code", "error")


def plots(sweep, number):
    """Returns the plots of a sweep; number: of the sweep in the report, for ids."""
    table = _Table(sweep, number)
    try:
        wanted = choose.objectives(sweep.description)
    except choose.ChoiceError as error:
        return [table.effects([]), table.points(),
                Missing(table.section, "Pareto front and sensitivity", str(error)),
                *table.failures()]
    try:
        return [table.front(wanted), table.sensitivity(wanted), table.effects(wanted),
                table.steps(wanted), table.points(), *table.failures()]
    except (ExpressionError, KeyError) as error:
        raise ReportError(f"{sweep.folder}: objectives do not fit the table: {error}") from error


class _Table:
    """The rows of a sweep that ran, by question, and the columns that all plots share.

    A question is a workload with a value of every given axis: choices are made within one.
    """

    def __init__(self, sweep, number):
        description = sweep.description
        self.sweep, self.number = sweep, number
        self.section = f"Sweep {sweep.name}"
        self.rows = choose.usable(sweep.rows)
        self.axes = {name: values for name, values in description["axes"].items()
                     if name != "workload"}
        self.given = [name for name in description.get("given", []) if name != "workload"]
        self.knobs = {name: values for name, values in self.axes.items()
                      if name not in self.given}
        self.constraints = description["objectives"].get("subject_to", [])
        self.values = [name for name in (sweep.rows[0] if sweep.rows else ())
                       if name not in NOT_VALUES and name not in self.axes]
        # One knob has one name everywhere, so filters act on all sweeps that have it.
        self.keys = [Column("workload", is_filter=True),
                     *(Column(name, _label(name), is_filter=True) for name in self.axes)]
        self.questions = {}
        for row in self.rows:
            self.questions.setdefault(self._question(row), []).append(row)

    def _question(self, row):
        return ", ".join([row["workload"], *(f"{_label(name)} {row[name]}"
                                             for name in self.given)])

    def _id(self, name):
        return f"sweep{self.number}_{name}"

    def _key(self, row):
        return [row["workload"], *(row[name] for name in self.axes)]

    def _unit(self, column):
        """Returns the unit of a column, "" where it has none or several."""
        description = self.sweep.description
        if column in description.get("relative", {}):
            return "times the least"
        named = [column] if column in description["derived"] else self._sources(column) or [column]
        units = {next((unit for pattern, unit in UNITS if pattern.fullmatch(name)), "")
                 for name in named}
        return units.pop() if len(units) == 1 else ""

    def _value_column(self, name):
        return Column(name, name, self._unit(name))

    def _objective_column(self, name, text, label):
        unit = self._unit(text)
        return Column(name, label, "" if unit == text else unit)

    def _figures(self, columns):
        return tuple(dict.fromkeys(figure for name in columns for figure in self._sources(name)))

    def _sources(self, column):
        """Returns the figures that a column is made of."""
        description = self.sweep.description
        statistics = [description["statistics"],
                      *description.get("workload_statistics", {}).values()]
        if column.startswith("predicted_"):
            return [column.replace("_", ".", 1)]
        found = [table[column].split()[-1] for table in statistics if table.get(column)]
        others = names(description["derived"][column]) if column in description["derived"] else ()
        if column in description.get("relative", {}):
            others = (description["relative"][column],)
        return found + [figure for name in sorted(others) for figure in self._sources(name)]

    def _formulas(self):
        return [f"{name} = {text}" for name, text in self.sweep.description["derived"].items()]

    def points(self):
        """The whole table."""
        columns = [Column("point"), *self.keys, Column("repeat"),
                   *map(self._value_column, self.values)]
        rows = [[row["point"], *self._key(row), row["repeat"],
                 *(_number(row[name]) for name in self.values)] for row in self.rows]
        return Plot(self._id("points"), self.section, "All points that ran",
                    f"{len(self.rows)} of {len(self.sweep.rows)} points, in the order of the plan.",
                    "table", columns, rows, figures=self._figures(self.values),
                    notes=self._formulas())

    def front(self, wanted):
        """All points over the first two objectives."""
        shown = wanted[:2] if len(wanted) > 1 else wanted * 2
        rows, notes = [], []
        for question, own in self.questions.items():
            states, note = self._states(own, choose.with_values(own, wanted))
            notes.append(f"{question}: {note}")
            for row, state in zip(own, states):
                costs = [_value(text, row) for text, _ in shown]
                if None not in costs:
                    others = [_value(text, row) for text, _ in wanted[2:]]
                    rows.append([row["point"], *self._key(row), question, state, *costs, *others])
        if len(wanted) > 2:
            notes.insert(0, "the front is that of all objectives: "
                         + ", ".join(text for text, _ in wanted))
        columns = [Column("point"), *self.keys, Column("question"),
                   Column("state", is_filter=True),
                   *(self._objective_column(f"objective_{index}", text, f"{text}, {sense}")
                     for index, (text, sense) in enumerate([*shown, *wanted[2:]]))]
        chosen = [f"objective_{index}" for index in range(len(wanted))]
        return Plot(self._id("front"), self.section, "Pareto front",
                    "Points on the line are those that no other beats in all objectives, the star "
                    "is the best by the first one; take the knee, unless a constraint decides.",
                    "points", columns, rows,
                    {"x": "objective_1", "y": "objective_0", "series": "state", "front": "state",
                     "label": ["point", *(column.name for column in self.keys)],
                     "panel": "question",
                     **({"choices": {"x": chosen, "y": chosen}} if len(wanted) > 2 else {})},
                    {}, self._figures(_columns(wanted)), notes + self._formulas())

    def _states(self, own, wanted):
        """Returns ([state of each row], what there is) of the rows of one question."""
        feasible = [row for row in own if choose.is_feasible(row, self.constraints)]
        front = choose.pareto(feasible, wanted) if wanted else []
        best = choose.best(feasible, wanted) if wanted else None
        limits = " and ".join(self.constraints) or "all constraints (none are given)"
        states = ["best" if row is best else "front" if any(row is each for each in front) else
                  "dominated" if any(row is each for each in feasible) else "breaks a constraint"
                  for row in own]
        return states, (f"{len(own)} points, {len(feasible)} meet {limits}, {len(front)} on the "
                        "front")

    def sensitivity(self, wanted):
        """How much each axis changes each objective."""
        rows = [[workload, question, text, axis, 100 * mean, 100 * largest]
                for question, own in self.questions.items() for workload in [own[0]["workload"]]
                for text, sense in choose.with_values(own, wanted)
                for axis, mean, largest in choose.sensitivity(own, list(self.knobs), (text, sense))]
        columns = [Column("workload", is_filter=True), Column("question"),
                   Column("objective", is_filter=True, is_single=True), Column("axis", "parameter"),
                   Column("mean", "mean change", "%"), Column("largest", "largest change", "%")]
        return Plot(self._id("sensitivity"), self.section, "Which knob matters",
                    "Largest over least value of the objective when this parameter alone changes; "
                    "a parameter with a short bar may be chosen freely.",
                    "bars", columns, rows,
                    {"category": ["question"], "values": ["mean"], "series": "axis"}, {},
                    self._figures(_columns(wanted)))

    def effects(self, wanted):
        """Any column over any other, with a choice."""
        columns = [Column("point"), *self.keys, *map(self._value_column, self.values)]
        rows = [[row["point"], *self._key(row), *(_number(row[name]) for name in self.values)]
                for row in self.rows]
        knobs = [name for name in self.axes if len(self.axes[name]) > 1] or ["workload"]
        few = min(knobs, key=lambda name: len(self.axes.get(name, ())))  # one colour each
        across = next((name for name in self.knobs if name in knobs and name != few), few)
        measured = [text for text, _ in wanted if text in self.values and not all(
            figure.startswith("config.") for figure in self._sources(text))]
        return Plot(self._id("effects"), self.section, "What each knob does",
                    "Choose what is drawn over what: points of one colour that climb from left to "
                    "right pay for that parameter.",
                    "points", columns, rows,
                    {"x": across, "y": (measured or self.values or ["point"])[0],
                     "series": few, "panel": "workload",
                     "label": ["point", *(column.name for column in self.keys)],
                     "choices": {"x": [*self.axes, *self.values, "workload"], "y": self.values,
                                 "series": [*self.axes, "workload"]}}, {},
                    self._figures(self.values))

    def steps(self, wanted):
        """What one more step of each axis gives from the best point."""
        rows = []
        for question, own in self.questions.items():
            best = choose.best([row for row in own if choose.is_feasible(row, self.constraints)],
                               choose.with_values(own, wanted))
            base = [_value(text, best) if best else None for text, _ in wanted]
            for axis, value, row in [("the best point", "", best)] + choose.steps(
                    best, own, self.knobs) if best else []:
                costs = [_value(text, row) for text, _ in wanted]
                change = [None if None in (cost, old) or not old else 100 * (cost / old - 1)
                          for cost, old in zip(costs, base)]
                rows.append([own[0]["workload"], question, axis, best.get(axis, ""), value,
                             row["point"], *(each for pair in zip(costs, change) for each in pair),
                             "yes" if choose.is_feasible(row, self.constraints) else "no"])
        columns = [Column("workload", is_filter=True), Column("question"), Column("parameter"),
                   Column("from"), Column("to"), Column("point"),
                   *(column for index, (text, _) in enumerate(wanted)
                     for column in (self._objective_column(f"objective_{index}", text, text),
                                    Column(f"change_{index}", f"change of {text}", "%"))),
                   Column("feasible", "meets the constraints")]
        return Plot(self._id("steps"), self.section, "One more step from the best point",
                    "The first row is the best point; others change one parameter by one place.",
                    "table", columns, rows, {}, {}, self._figures(_columns(wanted)))

    def failures(self):
        """Points without result, if there are any."""
        rows = [[row["point"], *self._key(row), row["status"], row["exit_code"], row["error"]]
                for row in self.sweep.rows if row["status"] != "ok" or row.get("error")]
        columns = [Column("point"), *self.keys, Column("status"), Column("exit_code"),
                   Column("error")]
        return [Plot(self._id("failures"), self.section, "Points without a result",
                     "They are in no other plot of this sweep; their folders hold the logs.",
                     "table", columns, rows)] if rows else []


def _label(name):
    return name.split(".")[-1] if name.startswith("soc.") else name


def _columns(wanted):
    return sorted({name for text, _ in wanted for name in names(text)})


def _number(text):
    """Numbers of a CSV file; None where it is empty."""
    try:
        return float(text) if "." in text or "e" in text else int(text, 0)
    except ValueError:
        return text or None


def _value(text, row):
    """The value of an objective, as it is written in the file."""
    return evaluate(text, {name: _number(value) for name, value in row.items()})
