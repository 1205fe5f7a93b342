# SPDX-License-Identifier: Apache-2.0
"""Which point of a sweep to take: constraints, Pareto front, sensitivities, one more step.

Works on rows as tessera.sweep.table.read_csv() gives them, of one workload, and on the content of
sweep.json, which names axes and objectives. Nothing here is random; ties go to the earlier row.
"""
import re

from . import expressions

LARGER_IS_BETTER = "maximise"


class ChoiceError(Exception):
    """The table cannot answer: nothing to minimise or maximise, or no row has the values."""


def usable(rows):
    """Returns the rows that have run."""
    return [row for row in rows if row["status"] == "ok"]


def cost(expression, sense, row):
    """Returns the value of an objective of a row, smaller is better; None where it has none."""
    value = expressions.evaluate(expression, {name: _number(row[name])
                                              for name in expressions.names(expression)})
    return value if value is None or sense != LARGER_IS_BETTER else -value


def objectives(sweep):
    """Returns [(expression, sense)] of the content of sweep.json; raises ChoiceError."""
    found = [(text, sense) for sense in ("minimise", "maximise")
             for text in sweep["objectives"].get(sense, ())]
    if not found:
        raise ChoiceError("nothing to choose by; give 'objectives: {minimise: [column]}'")
    return found


def is_feasible(row, constraints):
    """Whether a row meets all constraints such as "cycles <= 5000"; one without value does not."""
    for text in constraints:
        left, relation, right = re.split(r"(<=|>=)", text)
        values = {name: _number(each) for name, each in row.items()}
        sides = [expressions.evaluate(side, values) for side in (left, right)]
        if None in sides or not (sides[0] <= sides[1] if relation == "<=" else
                                 sides[0] >= sides[1]):
            return False
    return True


def front(costs, slack=0):
    """Returns the places, in order, of the tuples that no other tuple beats in one number without
    losing in another; of equal ones the first. slack: 0.02 leaves out as well what is less than 2 %
    better than one that has no larger first number."""
    kept = []
    for place in sorted(range(len(costs)), key=lambda each: (costs[each], each)):
        limits = [value + slack * abs(value) for value in costs[place]]
        if not any(all(a <= b for a, b in zip(costs[other], limits)) for other in kept):
            kept.append(place)
    return sorted(kept)


def pareto(rows, wanted):
    """Returns the rows that no other row beats in one objective without losing in another."""
    costs = [(row, tuple(cost(text, sense, row) for text, sense in wanted)) for row in rows]
    costs = [(row, values) for row, values in costs if None not in values]
    best_costs = {costs[place][1] for place in front([values for _, values in costs])}
    return [row for row, values in costs if values in best_costs]


def best(rows, wanted):
    """Returns the row with the least first objective, then the second, ...; None without rows."""
    costs = [([cost(text, sense, row) for text, sense in wanted], row) for row in rows]
    costs = [each for each in costs if None not in each[0]]
    return min(costs, key=lambda each: each[0])[1] if costs else None


def sensitivity(rows, axes, objective):
    """Which knob matters: returns [(axis, mean, largest)], the most important axis first.

    For each set of rows that differ in this axis only: the largest value of the objective over the
    smallest, less 1. mean and largest are over these sets; axes that do not vary are left out.
    """
    expression, sense = objective
    result = []
    for axis in axes:
        sets = {}
        for row in rows:
            value = cost(expression, sense, row)
            if value is not None:
                key = tuple(row[other] for other in (*axes, "repeat") if other != axis)
                sets.setdefault(key, []).append(abs(value))
        spans = [max(values) / min(values) - 1 for values in sets.values()
                 if len(values) > 1 and min(values) > 0]
        if spans:
            result.append((axis, sum(spans) / len(spans), max(spans)))
    return sorted(result, key=lambda each: -each[1])


def steps(chosen, rows, axes):
    """What one more step of one axis gives: returns [(axis, value, row)] of the rows that differ
    from the chosen one in one axis by one place in the order of the file."""
    result = []
    for axis, values in axes.items():
        place = values.index(chosen[axis]) if chosen[axis] in values else None
        for near in () if place is None else (place - 1, place + 1):
            if 0 <= near < len(values):
                wanted = {**{name: chosen[name] for name in (*axes, "repeat")}, axis: values[near]}
                result += [(axis, values[near], row) for row in rows
                           if all(row[name] == text for name, text in wanted.items())]
    return result


def report(rows, sweep):
    """Returns the answer as text, a paragraph per workload and choice of given axes; raises
    ChoiceError."""
    wanted = objectives(sweep)
    given = sweep.get("given", ())
    axes = {name: values for name, values in sweep["axes"].items()
            if name not in ("workload", *given)}
    groups = {}
    for row in rows:
        name = " ".join([row["workload"], *(f"{axis}={row[axis]}" for axis in given)])
        groups.setdefault(name, []).append(row)
    constraints = sweep["objectives"].get("subject_to", [])
    return "\n".join(_of_group(name, usable(group), axes, wanted, constraints)
                     for name, group in groups.items())


def with_values(rows, wanted):
    """Returns the objectives that some row has a value of: others are of another workload."""
    return [(text, sense) for text, sense in wanted
            if any(cost(text, sense, row) is not None for row in rows)]


def _of_group(name, rows, axes, wanted, constraints):
    wanted = with_values(rows, wanted) or wanted
    feasible = [row for row in rows if is_feasible(row, constraints)]
    best_rows = pareto(feasible, wanted)
    chosen = best(feasible, wanted)
    lines = [f"{name}: {len(rows)} points, {len(feasible)} meet "
             f"{' and '.join(constraints) or 'all constraints (there are none)'}, "
             f"{len(best_rows)} on the Pareto front"]
    if chosen is None:
        return "\n".join([*lines, "  nothing can be chosen"]) + "\n"
    lines += [f"  {'best  ' if row is chosen else 'front '} {_shown(row, axes, wanted)}"
              for row in best_rows]
    lines += [f"  {axis} changes {objective[0]} by {mean:.1%} on average, {largest:.1%} at most"
              for objective in wanted
              for axis, mean, largest in sensitivity(rows, list(axes), objective) if largest > 0]
    for axis, value, row in steps(chosen, rows, axes):
        note = "" if is_feasible(row, constraints) else ", breaks a constraint"
        lines.append(f"  with {axis}={value}: {_values(row, wanted)}{note}")
    return "\n".join(lines) + "\n"


def _shown(row, axes, wanted):
    return f"point {row['point']}: {_values(row, wanted)}; " + " ".join(
        f"{name}={row[name]}" for name in axes)


def _values(row, wanted):
    return ", ".join(f"{text} {abs(value):g}" for text, value in
                     ((text, cost(text, sense, row)) for text, sense in wanted)
                     if value is not None)


def _number(text):
    """Numbers of a CSV file; empty is None, other text stays, numbers as well."""
    if not isinstance(text, str):
        return text
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text
