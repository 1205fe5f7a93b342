# SPDX-License-Identifier: Apache-2.0
"""What a simulation left behind: the files of its folder, and figures by name.

All figures of a run have one name space:

    config.soc.cluster.bank_bytes            a number of the resolved configuration
    run.cycles, run.instructions, run.guest_errors, run.guest_value
    region[1].cycles, region[1].times        of a region of interest, by its id
    region[softmax].cycles                   and by its name, where the program gives one
    region[1].soc.cluster.instructions       what a statistic gained in it
    soc.cluster.instructions                 a statistic of the whole run
    traffic.latency_mean                     a column of `tessera traffic`
    estimate.l1_wires                        of estimates.py

A figure specification is such a name, or an aggregate over all that match one with "[*]" in it:
"sum soc.cluster.group[*].tile[*].core[*].asleep_cycles"; aggregates: sum, mean, min, max, count.
"""
import functools
import json
import pathlib
import re

from . import estimates

AGGREGATES = {"sum": sum, "mean": lambda values: sum(values) / len(values), "min": min, "max": max,
              "count": len}
RUN_FIGURES = ("cycles", "instructions", "guest_errors", "guest_value")
INDEX = re.compile(r"\[\d+\]")


class StatisticError(Exception):
    """A figure specification is malformed, or there is no such figure in this run."""


def parse_figure(text):
    """Returns (aggregate or None, name) of a figure specification; raises StatisticError."""
    words = text.split()
    if len(words) == 2 and words[0] in AGGREGATES:
        return words[0], words[1]
    if len(words) != 1:
        raise StatisticError(f"'{text}' is not a figure; expected NAME or AGGREGATE NAME, "
                             f"aggregates: {', '.join(AGGREGATES)}")
    if "[*]" in text:
        raise StatisticError(f"'{text}' names many figures; put one of {', '.join(AGGREGATES)} "
                             "before it")
    return None, words[0]


class Result:
    """The results of one simulation. folder: where they lie, or lay."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def _text(self, name):
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    @functools.cached_property
    def facts(self):
        """Content of run.json or traffic.json; {} when there is none."""
        return json.loads(self._text("run.json") or self._text("traffic.json") or "{}")

    @functools.cached_property
    def statistics_file(self):
        """Content of stats.json; {} when there is none."""
        return json.loads(self._text("stats.json") or "{}")

    @functools.cached_property
    def config_text(self):
        """The resolved configuration, YAML with units, origins and help."""
        return self._text("config.yaml")

    @functools.cached_property
    def config(self):
        """The resolved configuration: {"soc.l2.banks": "4", ...}, values as text."""
        return flatten_config(self.config_text)

    @functools.cached_property
    def stdout(self):
        """What the guest printed; only of runs made by Run.execute()."""
        return self._text("stdout.txt")

    @functools.cached_property
    def message(self):
        """What the simulator said on stderr."""
        return self._text("stderr.txt").strip()

    def read_all(self):
        """Reads everything, so that the folder may go."""
        for name in ("facts", "statistics_file", "config_text", "stdout", "message"):
            getattr(self, name)

    @property
    def stats(self):
        """Statistics of the whole run: {path: value}."""
        return self.statistics_file.get("stats", {})

    @property
    def cycles(self):
        """Cycles of the run, the SoC's clock."""
        return self.facts["cycles"]

    @functools.cached_property
    def figures(self):
        """All figures: {name: value}."""
        config = config_numbers(self.config)
        figures = {f"config.{key}": value for key, value in config.items()
                   if not isinstance(value, str)}
        figures.update({f"run.{name}": self.facts[name] for name in RUN_FIGURES
                        if name in self.facts})
        for row in self.facts.get("results", ())[:1]:
            figures.update({f"traffic.{name}": value for name, value in row.items()})
        for region in self.statistics_file.get("regions", ()):
            for key in filter(None, (str(region["id"]), region.get("name"))):
                prefix = f"region[{key}]."
                figures.update({prefix + name: region[name] for name in ("cycles", "times")})
                figures.update({prefix + path: value for path, value in region["stats"].items()})
        figures.update(self.stats)
        if config:
            figures.update({f"estimate.{name}": value for name, value in
                            {**estimates.of_machine(config),
                             **estimates.of_run(config, self.stats)}.items()})
        return figures

    def find(self, name):
        """Returns {name: value} of all figures that match a name; "[*]" is any index."""
        if "[*]" not in name:
            return {name: self.figures[name]} if name in self.figures else {}
        parts = (re.escape(part) for part in name.split("[*]"))
        pattern = re.compile(r"\[\d+\]".join(parts))
        return {each: value for each, value in self.figures.items() if pattern.fullmatch(each)}

    def value(self, specification):
        """Returns the number of a figure specification; raises StatisticError."""
        aggregate, name = parse_figure(specification)
        values = list(self.find(name).values())
        if not values and self._stayed_zero(name):
            values = [0]
        if not values:
            raise StatisticError(f"no figure '{name}' in {self.folder}{self._hint(name)}")
        return AGGREGATES[aggregate](values) if aggregate else values[0]

    def _stayed_zero(self, name):
        """Regions list only what changed in them."""
        region, _, path = name.partition("].")
        has_region = region.startswith("region[") and f"{region}].cycles" in self.figures
        return has_region and (path in self.stats or
                               INDEX.sub("[*]", path) in self.statistics_file["definitions"])

    def _hint(self, name):
        import difflib  # pylint: disable=import-outside-toplevel  (only for mistakes)
        known = {INDEX.sub("[*]", each) if "[*]" in name else each for each in self.figures}
        near = difflib.get_close_matches(name, known, 1)
        return f"; did you mean '{near[0]}'?" if near else ""


def flatten_config(text):
    """Returns {"soc.l2.banks": "4", ...} of a resolved configuration as `tessera` writes it."""
    path, values = [], {}
    for line in text.splitlines():
        content = line.split(" #")[0].rstrip()
        if not content.strip() or content.lstrip().startswith("#"):
            continue
        key, _, value = content.strip().partition(":")
        path[(len(content) - len(content.lstrip())) // 2:] = [key]
        if value.strip():
            values[".".join(path)] = value.strip()
    return values


def config_number(text):
    """Returns the number of a configuration's value, sizes in bytes ("16KiB"); None for a word."""
    digits, unit = re.fullmatch(r"(.*?)(KiB|MiB|GiB)?", text).groups()
    try:
        return int(digits, 0) * {None: 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]
    except ValueError:
        return None


def config_numbers(config):
    """Returns the same configuration with numbers for text where the values are numbers."""
    numbers = {key: config_number(text) for key, text in config.items()}
    return {key: config[key] if number is None else number for key, number in numbers.items()}


def load(folder, needs_facts=True):
    """Returns the Result of a folder made with `tessera run --out` or `tessera traffic --out`.
    Raises FileNotFoundError when it holds none."""
    result = Result(folder)
    if needs_facts and not result.facts:
        raise FileNotFoundError(f"{folder} holds no run.json or traffic.json")
    return result


def load_all(top):
    """Returns the Results of all folders below `top`, in the order of their paths; without hidden
    ones, in which a sweep that was killed leaves what had not ended."""
    found = {path.parent for name in ("run.json", "traffic.json")
             for path in pathlib.Path(top).rglob(name) if not path.parent.name.startswith(".")}
    return [load(folder) for folder in sorted(found)]


def data_frame(results, figures=None):
    """Returns a pandas DataFrame, one row per result: folder, machine, program, the settings in
    which they differ, cycles and instructions of runs, and figures.

    Args: figures: {column: figure specification}. Raises StatisticError.
    """
    import pandas  # pylint: disable=import-outside-toplevel  (slow to import, rarely needed)
    configs = [result.config for result in results]
    keys = sorted({key for config in configs for key in config if key != "soc.name" and
                   any(other.get(key) != config[key] for other in configs)})
    rows = []
    for result, config in zip(results, configs):
        row = {"folder": str(result.folder), "machine": result.facts["machine"],
               "program": pathlib.Path(result.facts.get("elf", "traffic")).stem,
               **{key: _number(config.get(key)) for key in keys}}
        row.update({name: result.facts.get(name) for name in RUN_FIGURES[:2]})
        row.update({name: result.value(text) for name, text in (figures or {}).items()})
        rows.append(row)
    return pandas.DataFrame(rows)


def _number(text):
    try:
        return int(text, 0)
    except (TypeError, ValueError):
        return text
