# SPDX-License-Identifier: Apache-2.0
"""The YAML file of a sweep, read and checked. Every key: scripts/tessera/sweep/README.md."""
import dataclasses
import pathlib
import re
import shlex
import string

from .. import expressions, paths
from ..result import StatisticError, parse_figure
from .reader import Reader, nearest

KEYS = ("name", "config", "set", "workloads", "matrix", "exclude", "include", "repeat", "seed",
        "limits", "statistics", "derived", "objectives", "seconds_per_point")
WORKLOAD_KEYS = ("elf", "traffic", "make", "address", "set", "options")
LIMIT_KEYS = ("max_cycles", "timeout_seconds", "memory_mib")
OBJECTIVE_KEYS = ("minimise", "maximise", "subject_to")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
SETTING = re.compile(r"soc(\.[a-z][a-z0-9_]*)+")
RESERVED = ("point", "workload", "repeat", "status", "exit_code", "error", "config", "settings",
            "image", "seed")
PLACEHOLDERS = ("config", "settings", "image", "seed")
WORKLOAD_ADDRESS = "0x80100000"  # where guest programs expect their image


@dataclasses.dataclass(frozen=True)
class Workload:
    """What a point runs: a program, perhaps with an image that `make` (words with placeholders)
    writes, or traffic. settings: of the machine, (key, value); options: of the command."""

    name: str
    elf: str = ""
    make: tuple = ()
    address: str = WORKLOAD_ADDRESS
    settings: tuple = ()
    options: tuple = ()
    is_traffic: bool = False

    def placeholders(self):
        """Names in braces that `make` and options use."""
        words = (*self.make, *(value for _, value in self.options))
        return {name for word in words for _, name, _, _ in string.Formatter().parse(word) if name}


@dataclasses.dataclass(frozen=True)
class Space:
    """A sweep. axes: name -> {value text: settings it stands for, or None for a variable};
    exclude: [{axis: values}]; include: [{axis: value}]; statistics: column -> figure; derived:
    column -> expression; objectives: minimise, maximise: columns, subject_to: comparisons."""

    name: str
    config: str
    settings: tuple
    workloads: dict
    axes: dict
    exclude: list
    include: list
    repeat: int
    seed: int
    limits: dict
    statistics: dict
    derived: dict
    objectives: dict
    seconds_per_point: float | None


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
    workloads = _workloads(reader, top.get("workloads"))
    axes = _axes(reader, top.get("matrix"), workloads)
    statistics = _figures(reader, top.get("statistics"), axes)
    derived = _derived(reader, top.get("derived"), statistics, axes)
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
        objectives=_objectives(reader, top, {*statistics, *derived}),
        seconds_per_point=float(reader.integer(top["seconds_per_point"], "seconds_per_point", 1))
        if "seconds_per_point" in top else None)
    _check_variables(reader, top, space)
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
        result.append((key, reader.scalar(value, key)))
    return tuple(result)


def _workloads(reader, node):
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
            options=tuple((f"--{key.replace('_', '-')}", reader.scalar(value, key))
                          for key, value in options.items()))
    return result


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
            axes[name] = {each: ((name, each),) for each in reader.scalars(values, name)}
        elif not NAME.fullmatch(name) or name in RESERVED:
            reader.report(values, f"'{name}' cannot name an axis", "use a setting 'soc...', or "
                          f"letters, digits and _, but none of {', '.join(RESERVED)}")
        elif values.id == "mapping":
            axes[name] = {label: _settings(reader, each, f"{name} {label}")
                          for label, each in reader.mapping(values, name).items()}
        else:
            axes[name] = {each: None for each in reader.scalars(values, name)}
    return axes


def _choice(reader, node, axes, has_lists):
    """One entry of exclude or include."""
    what = "an entry of " + ("exclude" if has_lists else "include")
    result = {}
    for name, value in reader.mapping(node, what, list(axes)).items():
        texts = (reader.scalars(value, name) if has_lists and value.id == "sequence"
                 else [reader.scalar(value, name)])
        is_variable = name != "workload" and None in axes[name].values()
        for text in texts:
            if has_lists or not (is_variable or SETTING.fullmatch(name)):
                if text not in axes[name]:
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
            parse_figure(text)
        except StatisticError as error:
            reader.report(value, str(error), "see 'figure' in scripts/tessera/README.md")
        result[column] = text
    return result


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
    """Every placeholder is a variable, and every variable is used by some workload."""
    variables = [name for name, values in space.axes.items()
                 if name != "workload" and None in values.values()]
    used = set()
    for name in space.axes["workload"]:
        if name in space.workloads:
            used |= space.workloads[name].placeholders()
    for name in sorted(used - {*variables, *PLACEHOLDERS}):
        reader.report(top["workloads"], f"nothing gives '{{{name}}}' a value",
                      f"add an axis '{name}' to the matrix")
    for name in variables:
        if name not in used:
            reader.report(top["matrix"], f"no workload uses '{name}'",
                          f"a setting starts with 'soc.'; use '{{{name}}}' in make or options")
