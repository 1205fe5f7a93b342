# SPDX-License-Identifier: Apache-2.0
"""Closed forms first: evaluates all points of a space without simulating, keeps the promising ones.

Of each workload and choice of given axes: the Pareto front of the objectives with the closed form
in place of what it predicts, without points that are hardly better, so many neighbours of it on
each axis, the first and the last point (which has the most of everything where axes rise), and a
random sample. `sections` takes, for values of an axis that closed forms know too little of, the
front among the points with that value as well. scan.csv has the predicted fronts. With `groups`,
only that many of the workloads and given values, at random, are simulated: those that the closed
forms are tried on. How often the closed forms
ranked points as the simulation does: ranking().
"""
import concurrent.futures
import csv
import dataclasses
import functools
import hashlib
import itertools
import json
import os
import random
import time

from .. import choose, closed_forms, estimates, expressions, paths
from ..result import config_number, config_numbers
from ..run import RunError, Simulation
from .reader import SpaceError
from .space import predicted


@dataclasses.dataclass(frozen=True)
class Scan:
    """What a scan found. chosen: [{axis: text}] in the order of the plan; points: how many there
    were; fitting: how many of them have a prediction; seconds: it took, 0: read from a file."""

    chosen: list
    points: int
    fitting: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Group:
    """The same of one workload and choice of given axes. front: rows of scan.csv."""

    chosen: list
    points: int
    fitting: int
    front: list


def scan(space, settings_of, out=None):
    """Returns the Scan of a Space; keeps it in the folder `out`, and takes it from there.

    Args: settings_of: values of axes -> [(key, text)] of the point's settings.
    """
    kept = out and out / "scan.json"
    state = _hash(space)
    if kept and kept.is_file():
        content = json.loads(kept.read_text())
        if content["inputs"] == state:
            return Scan(content["chosen"], content["points"], content["fitting"], 0)
    begin = time.perf_counter()
    base = machine(space.config)
    groups = list(itertools.product(*(space.axes[name] for name in ("workload", *space.given))))
    work = functools.partial(_scan_group, space, settings_of, base)
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(work, groups))
    tried = random.Random(space.seed).sample(
        range(len(groups)), min(space.scan.get("groups", len(groups)), len(groups)))
    order = {name: {text: place for place, text in enumerate(values)}
             for name, values in space.axes.items()}
    chosen = sorted((values for place in tried for values in found[place].chosen),
                    key=lambda values: [order[name][text] for name, text in values.items()])
    result = Scan(chosen, sum(group.points for group in found),
                  sum(group.fitting for group in found), time.perf_counter() - begin)
    if kept:
        out.mkdir(parents=True, exist_ok=True)
        _write_fronts(out / "scan.csv", [row for group in found for row in group.front])
        paths.replace(kept, json.dumps({"inputs": state, "points": result.points,
                                        "fitting": result.fitting, "chosen": chosen}) + "\n")
    return result


def machine(config):
    """Returns the resolved configuration of a machine, numbers and words by key."""
    try:
        return config_numbers(Simulation(config).resolved_config())
    except RunError as error:
        raise SpaceError(f"{config}: {error}") from error


def model_of(workload, values):
    """Returns the closed form of a workload for values of axes: configuration -> number or None."""
    arguments = {name: text.format(**values) for name, text in workload.closed_form.items()
                 if name not in ("model", "column")}
    return closed_forms.MODELS[workload.closed_form["model"]](**arguments)


def _scan_group(space, settings_of, base, group):
    """Returns the Group of a workload and given axes."""
    fixed = dict(zip(("workload", *space.given), group))
    knobs = [list(values) for name, values in space.axes.items() if name not in fixed]
    names = [name for name in space.axes if name not in fixed]
    model = model_of(space.workloads[fixed["workload"]], fixed)
    costs, points = {}, 0
    for place in itertools.product(*(range(len(values)) for values in knobs)):
        values = {**fixed, **{name: knob[step] for name, knob, step in zip(names, knobs, place)}}
        if is_excluded(space, values):
            continue
        points += 1
        cost = _costs(space, values, settings_of(values), base, model)
        if cost is not None:
            costs[place] = cost
    def values_at(place):
        return {**{name: None for name in space.axes}, **fixed,
                **{name: knob[step] for name, knob, step in zip(names, knobs, place)}}

    front = _front(space, costs, costs)
    for axis, texts in space.scan["sections"].items():
        for step in (knobs[names.index(axis)].index(text) for text in texts):
            front += _front(space, costs, [place for place in costs
                                           if place[names.index(axis)] == step])
    front = sorted(set(front))
    wanted = [text for text, _ in choose.objectives({"objectives": space.objectives})]
    return Group([values_at(place) for place in _promising(space, costs, front, group)], points,
                 len(costs), [{**values_at(place), **dict(zip(wanted, map(abs, costs[place])))}
                              for place in front])


def _write_fronts(path, rows):
    """Writes the predicted fronts, each point with its predicted objectives."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0] if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _front(space, costs, places):
    """Returns the places on the front among some; costs: {place: objectives}."""
    places = list(places)
    return [places[index] for index in choose.front(
        [costs[place] for place in places], space.scan.get("slack_percent", 0) / 100)]


def _promising(space, costs, front, group):
    """Returns the places to simulate; costs: {place on each axis: objectives}."""
    places = list(costs)
    steps = space.scan.get("neighbours", 0)
    near = {each for place in front for each in _near(place, steps) if each in costs}
    count = min(space.scan.get("sample", 0), len(places))
    sample = random.Random(f"{space.seed} {group}").sample(places, count)
    return near.union(places[:1], places[-1:], sample)


def is_excluded(space, values):
    """Whether `exclude` leaves a point out."""
    return any(all(values[name] in texts for name, texts in rule.items())
               for rule in space.exclude)


def _near(place, steps):
    for axis, step in itertools.product(range(len(place)), range(-steps, steps + 1)):
        yield (*place[:axis], place[axis] + step, *place[axis + 1:])


def _costs(space, values, settings, base, model):
    """Returns the objectives of a point, smaller is better; None where nothing is predicted."""
    config = dict(base)
    for key, text in settings:
        number = config_number(text)
        config[key] = text if number is None else number
    number = model(config)
    if number is None:
        return None
    workload = space.workloads[values["workload"]]
    row = {**values, **_machine_figures(space.figures(workload.name), config),
           workload.closed_form["column"]: number, predicted(workload): number}
    for column, text in space.derived.items():
        is_known = expressions.names(text) <= row.keys()
        row[column] = expressions.evaluate(text, row) if is_known else None
    row.update({column: row.get(source) for column, source in space.relative.items()})
    costs = [choose.cost(text, sense, row) if expressions.names(text) <= row.keys() else None
             for text, sense in choose.objectives({"objectives": space.objectives})]
    return None if None in costs else tuple(costs)


def _machine_figures(figures, config):
    """Returns the columns that the configuration alone decides."""
    result = {}
    estimated = None
    for column, figure in figures.items():
        kind, _, name = (figure or "").partition(".")
        if kind == "config":
            result[column] = config.get(name)
        elif kind == "estimate":
            estimated = estimates.of_machine(config) if estimated is None else estimated
            result[column] = estimated.get(name)
    return result


def ranking(space, rows):
    """Returns {"pairs", "alike", "groups", "same_best", "worst"} of what has been simulated.

    pairs: of points of one workload and choice of given axes which the closed form does not hold
    for equal; alike: those that simulation ranks in the same way or holds for equal; same_best:
    groups in which a point that the closed form holds for the best is the best; worst: largest
    relative error. None where nothing is predicted.
    """
    groups = {}
    for row in rows:
        workload = space.workloads[row["workload"]]
        if row["status"] == "ok" and workload.closed_form:
            pair = row[predicted(workload)], row[workload.closed_form["column"]]
            if None not in pair:
                groups.setdefault(space.group(row), []).append(pair)
    if not groups:
        return None
    pairs, alike, same_best = agreement(groups.values())
    errors = [abs(guess / value - 1) for group in groups.values() for guess, value in group
              if value]
    return {"pairs": pairs, "alike": alike, "groups": len(groups), "same_best": same_best,
            "worst": max(errors, default=0)}


def agreement(groups):
    """Returns (pairs, pairs ranked alike, groups whose best is a predicted best) of lists of
    (predicted, simulated)."""
    pairs = alike = same_best = 0
    for group in groups:
        for (guess_a, value_a), (guess_b, value_b) in itertools.combinations(group, 2):
            if guess_a != guess_b:
                pairs += 1
                alike += (guess_a < guess_b) == (value_a < value_b) or value_a == value_b
        least = min(guess for guess, _ in group)
        same_best += min(value for guess, value in group if guess == least) == min(
            value for _, value in group)
    return pairs, alike, same_best


def _hash(space):
    """Of everything that decides what a scan finds."""
    files = [space.config, str(paths.build_folder() / "bin/tessera"),
             *sorted((paths.ROOT / "scripts/tessera").rglob("*.py"))]
    library = paths.build_folder() / "lib/libtessera_attention.so"
    files += [library] if library.is_file() else []
    text = json.dumps([dataclasses.asdict(space), [paths.sha256(path) for path in files]])
    return hashlib.sha256(text.encode()).hexdigest()
