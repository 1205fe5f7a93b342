# SPDX-License-Identifier: Apache-2.0
"""The YAML file of a sweep, read and checked. Every key: scripts/tessera/sweep/README.md."""
import pathlib
import re
import shlex
import string

from .. import closed_forms, estimates, expressions, paths
from ..result import RUN_FIGURES, StatisticError, parse_figure
from ..run import SETTING, known_settings
from .reader import Reader, nearest
from .space import WORKLOAD_ADDRESS, Space, Workload, formula, predicted

KEYS = ("name", "config", "set", "workloads", "matrix", "exclude", "include", "repeat", "seed",
        "limits", "statistics", "derived", "relative", "given", "scan", "objectives",
        "seconds_per_point")
WORKLOAD_KEYS = ("elf", "traffic", "make", "address", "set", "options", "statistics", "closed_form")
SCAN_KEYS = ("slack_percent", "neighbours", "sample", "groups", "sections")
RANGE_KEYS = ("from", "to", "step")
LIMIT_KEYS = ("max_cycles", "timeout_seconds", "memory_mib")
OBJECTIVE_KEYS = ("minimise", "maximise", "subject_to")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED = ("point", "workload", "repeat", "status", "exit_code", "error", "config", "settings",
            "image", "seed")
PLACEHOLDERS = ("config", "settings", "image", "seed")


def read_space(path):
    """Returns the Space of a YAML file; raises SpaceError with all problems."""
    reader = Reader(path)
    root = reader.root()
    top = reader.mapping(root, "the sweep", KEYS)
    for name in ("name", "config", "workloads", "statistics"):
        if name not in top and not reader.problems:
            reader.report(root, f"'{name}' is missing", f"add '{name}: ...'")
    space = _space(reader, pathlib.Path(path), top)
    reader.finish()
    return space


def _space(reader, path, top):
    workloads = _workloads(reader, top.get("workloads"), _keys(top.get("matrix")))
    axes = _axes(reader, top.get("matrix"), workloads)
    statistics = _figures(reader, top.get("statistics"), axes)
    columns = set(statistics).union(*(each.statistics for each in workloads.values()))
    _check_closed_forms(reader, top, workloads, columns)
    columns |= {predicted(each) for each in workloads.values() if "column" in each.closed_form}
    derived = _derived(reader, top.get("derived"), columns, axes)
    space = Space(
        name=_name(reader, top.get("name")), config=_config(reader, path, top.get("config")),
        settings=_settings(reader, top.get("set"), "set"), workloads=workloads, axes=axes,
        exclude=[_choice(reader, node, axes, True) for node in _list(reader, top, "exclude")],
        include=[_choice(reader, node, axes, False) for node in _list(reader, top, "include")],
        repeat=reader.integer(top["repeat"], "repeat", 1) if "repeat" in top else 1,
        seed=reader.integer(top["seed"], "seed", 0) if "seed" in top else 0,
        limits={name: reader.integer(node, name, 1)
                for name, node in _map(reader, top, "limits", LIMIT_KEYS).items()},
        statistics=statistics, derived=derived,
        relative=_relative(reader, top, axes, [*columns, *derived]),
        given=tuple(_given(reader, top, axes)),
        scan=_scan(reader, top["scan"], axes) if "scan" in top else None,
        objectives=_objectives(reader, top, {*columns, *derived, *_keys(top.get("relative"))}),
        seconds_per_point=float(reader.integer(top["seconds_per_point"], "seconds_per_point", 1))
        if "seconds_per_point" in top else None)
    _check_variables(reader, top, space)
    _check_scan(reader, top, space)
    return space


def _list(reader, top, name):
    return reader.sequence(top[name], name) if name in top else []


def _map(reader, top, name, known=None):
    return reader.mapping(top[name], name, known) if name in top else {}


def _name(reader, node):
    text = reader.scalar(node, "name") if node else ""
    if text and not NAME.fullmatch(text):
        reader.report(node, f"name '{text}'", "use letters, digits and _, a letter first")
    return text


def _config(reader, path, node):
    text = reader.scalar(node, "config") if node else ""
    beside = path.parent / text
    found = beside if text and beside.is_file() else paths.find_config(text)
    if text and not found.is_file():
        shipped = sorted(each.stem for each in (paths.ROOT / "configs").glob("*.yaml"))
        reader.report(node, f"no such machine '{text}'", nearest(text, shipped))
    return str(found)


def _settings(reader, node, what):
    result = []
    for key, value in (reader.mapping(node, what) if node else {}).items():
        if not SETTING.fullmatch(key):
            reader.report(value, f"'{key}' in {what} is no setting",
                          "settings start with 'soc.'; see `tessera list params`")
        else:
            _check_setting(reader, value, key)
        text = reader.scalar(value, key)
        if formula(text) is not None:
            _check_formula(reader, value, formula(text))
        result.append((key, text))
    return tuple(result)


def _check_setting(reader, node, key):
    """One that no machine has would make every point fail."""
    known = known_settings()
    if known and key not in known:
        reader.report(node, f"no machine has a setting '{key}'",
                      nearest(key, known, "see `tessera list params`"))


def _check_formula(reader, node, text):
    try:
        expressions.names(text)
    except expressions.ExpressionError as error:
        reader.report(node, str(error), "use numbers, axes, + - * / ** and brackets")


def _keys(node):
    """Names in a map; its mistakes are reported elsewhere."""
    is_map = node is not None and node.id == "mapping"
    return {key.value for key, _ in node.value} if is_map else set()


def _workloads(reader, node, axes):
    result = {}
    for name, each in (reader.mapping(node, "workloads") if node else {}).items():
        keys = reader.mapping(each, f"workload '{name}'", WORKLOAD_KEYS)
        if ("elf" in keys) == ("traffic" in keys):
            reader.report(each, f"workload '{name}' needs one of 'elf' and 'traffic'",
                          "elf: a program of the build; traffic: {load: 0.2}")
        if "make" in keys and "{image}" not in reader.scalar(keys["make"], "make"):
            reader.report(keys["make"], "make does not say where to write",
                          "add '-o {image}' to the command")
        options = {**(reader.mapping(keys["options"], "options") if "options" in keys else {}),
                   **(reader.mapping(keys["traffic"], "traffic") if "traffic" in keys else {})}
        result[name] = Workload(
            name, elf=reader.scalar(keys["elf"], "elf") if "elf" in keys else "",
            make=_words(reader, keys.get("make")), is_traffic="traffic" in keys,
            address=reader.scalar(keys["address"], "address") if "address" in keys
            else WORKLOAD_ADDRESS, settings=_settings(reader, keys.get("set"), "set"),
            statistics=_figures(reader, keys.get("statistics"), axes),
            closed_form=_closed_form(reader, keys.get("closed_form"), name),
            options=tuple((f"--{key.replace('_', '-')}", reader.scalar(value, key))
                          for key, value in options.items()))
    return result


def _closed_form(reader, node, workload):
    """Model, column and arguments as text, checked as far as they are known."""
    if node is None:
        return {}
    what = f"closed_form of '{workload}'"
    keys = reader.mapping(node, what)
    model = closed_forms.MODELS.get(keys["model"].value) if "model" in keys else None
    if model is None:
        named = f"'{keys['model'].value}'" if "model" in keys else "missing"
        reader.report(node, f"the model of {what} is {named}",
                      f"allowed: {', '.join(closed_forms.MODELS)}")
        return {}
    names = ("model", "column", *model.arguments())
    result = {name: reader.scalar(value, name)
              for name, value in reader.mapping(node, what, names).items()}
    missing = [name for name in ("column", *model.required()) if name not in keys]
    if missing and set(keys) <= set(names):
        reader.report(node, f"{what} does not say {', '.join(missing)}", "add what is missing")
    return {} if missing else result


def _check_closed_forms(reader, top, workloads, columns):
    for name, workload in workloads.items():
        column = workload.closed_form.get("column")
        if column is not None and column not in columns:
            reader.report(top["workloads"], f"no column '{column}', which '{name}' predicts",
                          nearest(column, sorted(columns)))


def _relative(reader, top, axes, columns):
    result = {}
    for column, node in _map(reader, top, "relative").items():
        _check_column(reader, node, column, {*axes, *columns})
        result[column] = reader.scalar(node, column)
        if result[column] not in columns:
            reader.report(node, f"no column '{result[column]}'", nearest(result[column], columns))
    return result


def _given(reader, top, axes):
    names = reader.scalars(top["given"], "given") if "given" in top else []
    for name in names:
        if name not in axes or name == "workload":
            reader.report(top["given"], f"no axis '{name}'",
                          nearest(name, [each for each in axes if each != "workload"]))
    return [name for name in names if name in axes]


def _scan(reader, node, axes):
    """{key: number}, and sections: {axis: values}."""
    keys = reader.mapping(node, "scan", SCAN_KEYS)
    result = {name: reader.integer(value, name, 0) for name, value in keys.items()
              if name != "sections"}
    result["sections"] = {}
    for axis, values in (reader.mapping(keys["sections"], "sections", list(axes))
                         if "sections" in keys else {}).items():
        result["sections"][axis] = reader.scalars(values, axis)
        for text in result["sections"][axis]:
            if text not in axes[axis]:
                reader.report(values, f"{axis} is never '{text}'", nearest(text, list(axes[axis])))
    return result


def _check_scan(reader, top, space):
    if space.scan is None or reader.problems:
        return
    for name in space.axes["workload"]:
        if not space.workloads[name].closed_form:
            reader.report(top["scan"], f"'{name}' has no closed form to scan with",
                          "add 'closed_form: {model: ..., column: ...}' to the workload")
    if not (space.objectives["minimise"] or space.objectives["maximise"]):
        reader.report(top["scan"], "nothing says which points are promising",
                      "add 'objectives: {minimise: [column]}'")


def _words(reader, node):
    try:
        words = tuple(shlex.split(reader.scalar(node, "make"))) if node else ()
        for word in words:
            list(string.Formatter().parse(word))
        return words
    except ValueError as error:
        reader.report(node, f"make: {error}", "check quotes and braces")
        return ()


def _axes(reader, node, workloads):
    axes = {"workload": {name: None for name in workloads}}
    for name, values in (reader.mapping(node, "matrix") if node else {}).items():
        if name == "workload":
            chosen = reader.scalars(values, name)
            for each in chosen:
                if each not in workloads:
                    reader.report(values, f"no workload '{each}'", nearest(each, list(workloads)))
            axes[name] = {each: None for each in chosen}
        elif SETTING.fullmatch(name):
            _check_setting(reader, values, name)
            axes[name] = {each: ((name, each),) for each in _values(reader, values, name)}
        elif not NAME.fullmatch(name) or name in RESERVED:
            reader.report(values, f"'{name}' cannot name an axis", "use a setting 'soc...', or "
                          f"letters, digits and _, but none of {', '.join(RESERVED)}")
        elif values.id == "mapping" and _keys(values) != set(RANGE_KEYS):
            axes[name] = {label: _settings(reader, each, f"{name} {label}")
                          for label, each in reader.mapping(values, name).items()}
        else:
            axes[name] = {each: None for each in _values(reader, values, name)}
    return axes


def _values(reader, node, name):
    """A list of values, or a range of integers, both ends included."""
    if node.id != "mapping":
        return reader.scalars(node, name)
    keys = reader.mapping(node, name, RANGE_KEYS)
    missing = [key for key in RANGE_KEYS if key not in keys]
    if missing:
        reader.report(node, f"the range {name} does not say {', '.join(missing)}",
                      "write {from: 64, to: 256, step: 64}")
        return []
    first, last, step = (reader.integer(keys[key], key, low)
                         for key, low in zip(RANGE_KEYS, (0, 0, 1)))
    if first > last:
        reader.report(node, f"the range {name} is empty", "'from' comes before 'to'")
    return [str(value) for value in range(first, last + 1, step)]


def _choice(reader, node, axes, has_lists):
    """One entry of exclude or include."""
    what = "an entry of " + ("exclude" if has_lists else "include")
    result = {}
    for name, value in reader.mapping(node, what, list(axes)).items():
        texts = (reader.scalars(value, name) if has_lists and value.id == "sequence"
                 else [reader.scalar(value, name)])
        is_variable = name != "workload" and None in axes[name].values()
        for text in texts:
            is_free = not has_lists and (is_variable or SETTING.fullmatch(name))
            if not is_free and text not in axes[name]:
                reader.report(value, f"{name} is never '{text}'", nearest(text, list(axes[name])))
        result[name] = texts if has_lists else texts[0]
    missing = [name for name in axes if name not in result]
    if not has_lists and missing:
        reader.report(node, f"{what} does not say {', '.join(missing)}", "give every axis a value")
    return result


def _figures(reader, node, axes):
    result = {}
    for column, value in (reader.mapping(node, "statistics") if node else {}).items():
        text = reader.scalar(value, column)
        _check_column(reader, value, column, axes)
        try:
            _check_figure(reader, value, parse_figure(text)[1])
        except StatisticError as error:
            reader.report(value, str(error), "see 'figure' in scripts/tessera/README.md")
        result[column] = text
    return result


def _check_figure(reader, node, figure):
    """Of figures that need no run to be known: whether there is such a one."""
    family, _, name = figure.partition(".")
    known = {"run": RUN_FIGURES, "estimate": estimates.NAMES}.get(family)
    if known is not None and name not in known:
        reader.report(node, f"there is no figure '{figure}'",
                      nearest(figure, [f"{family}.{each}" for each in known]))
    if family == "config" and "[*]" not in name:
        _check_setting(reader, node, name)


def _check_column(reader, node, column, taken):
    if not NAME.fullmatch(column) or column in RESERVED or column in taken:
        reader.report(node, f"'{column}' cannot name a column", "use letters, digits and _, and no "
                      f"axis or any of {', '.join(RESERVED)}")


def _derived(reader, node, statistics, axes):
    result = {}
    for column, value in (reader.mapping(node, "derived") if node else {}).items():
        _check_column(reader, value, column, {*axes, *statistics})
        text = reader.scalar(value, column)
        known = [*statistics, *result, *(name for name in axes if NAME.fullmatch(name))]
        _check_expression(reader, value, text, known)
        result[column] = text
    return result


def _check_expression(reader, node, text, known):
    try:
        used = expressions.names(text)
    except expressions.ExpressionError as error:
        reader.report(node, str(error), "use numbers, columns, + - * / ** and brackets")
        return
    for name in sorted(used - set(known)):
        reader.report(node, f"no column '{name}'", nearest(name, known))


def _objectives(reader, top, columns):
    result = {name: [] for name in OBJECTIVE_KEYS}
    for name, node in _map(reader, top, "objectives", OBJECTIVE_KEYS).items():
        for each in reader.sequence(node, name):
            text = reader.scalar(each, name)
            sides = re.split(r"<=|>=", text) if name == "subject_to" else [text]
            if name == "subject_to" and len(sides) != 2:
                reader.report(each, f"'{text}' is no constraint", "write 'column <= value'")
                continue
            for side in sides:
                _check_expression(reader, each, side.strip(), sorted(columns))
            result[name].append(text)
    return result


def _check_variables(reader, top, space):
    """Every placeholder and every name in a formula is an axis, every variable is used."""
    axes = [name for name in space.axes if NAME.fullmatch(name) and name != "workload"]
    variables = [name for name, values in space.axes.items()
                 if name != "workload" and None in values.values()]
    workloads = [space.workloads[name] for name in space.axes["workload"]
                 if name in space.workloads]
    words = set().union(*(each.placeholders() for each in workloads))
    formulas = set() if reader.problems else set().union(
        *(expressions.names(formula(text)) for text in _formulas(space, workloads)))
    for name in sorted(words - {*axes, *PLACEHOLDERS}):
        reader.report(top["workloads"], f"nothing gives '{{{name}}}' a value",
                      f"add an axis '{name}' to the matrix")
    for name in sorted(formulas - set(axes)):
        reader.report(top["set"] if "set" in top else top["workloads"],
                      f"nothing gives '{name}' in a formula a value",
                      f"add an axis '{name}' to the matrix")
    for name in variables:
        if name not in words | formulas:
            reader.report(top["matrix"], f"no workload uses '{name}'",
                          f"a setting starts with 'soc.'; use '{{{name}}}' in make or options, or "
                          f"'soc.x: = 4 * {name}' in set")


def _formulas(space, workloads):
    """Values that are formulas, of all settings."""
    pairs = [*space.settings, *(pair for each in workloads for pair in each.settings),
             *(pair for values in space.axes.values() for pairs in values.values()
               for pair in pairs or ())]
    return [text for _, text in pairs if formula(text) is not None]
