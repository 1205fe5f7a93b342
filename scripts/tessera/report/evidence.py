# SPDX-License-Identifier: Apache-2.0
"""Which numbers are validated, against what, and which rest on an assumption: evidence.yaml."""
import fnmatch
import functools
import pathlib
import re

import yaml

from .plot import Column, Plot

FILE = pathlib.Path(__file__).parent / "evidence.yaml"
SECTION = "What the numbers rest on"
SHOWN_RUNS = 4
UNKNOWN = {"what": "figures without a rule", "status": "assumption",
           "against": "nothing is recorded about them in evidence.yaml", "source": str(FILE.name)}


def read():
    """Returns the rules of evidence.yaml."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))["rules"]


@functools.lru_cache(maxsize=None)
def _expression(pattern):
    """Patterns have "*" only; brackets are as they are written."""
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


def rule_of(figure, rules):
    """Returns the rule of a figure such as "soc.ita[*].macs" or "region[1].soc.cluster.x"."""
    figure = re.sub(r"\[\d+\]|(?<=^region)\[[^]]*\]", "[*]", figure)
    for name in (figure, figure.removeprefix("region[*].")):
        for rule in rules:
            if any(_expression(pattern).fullmatch(name) for pattern in rule["figures"]):
                return rule
    return UNKNOWN


def deviations(rule, config):
    """Returns {key: value} of the settings with which a rule's figures have not been measured."""
    return {key: config.get(key, "unknown") for key, values in rule.get("holds_when", {}).items()
            if config.get(key) not in [_text(value) for value in values]}


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def _names(runs):
    more = f" and {len(runs) - SHOWN_RUNS} more" * (len(runs) > SHOWN_RUNS)
    return ", ".join(runs[:SHOWN_RUNS]) + more


def of(figures, rules, configs):
    """Returns [{what, status, text, source, runs}] of figures in runs {name: configuration}, at
    most two for a rule; runs is "" where all are the same."""
    result = []
    for rule in {id(rule): rule for rule in (rule_of(each, rules) for each in figures)}.values():
        held, others, settings = [], [], {}
        for name, config in (configs or {"": {}}).items():
            found = deviations(rule, config)
            (others if found else held).append(name)
            for key, value in found.items():
                settings.setdefault(key, {})[value] = None
        keys = f" ({', '.join(rule['keys'])})" if "keys" in rule else ""
        unmeasured = "; ".join(f"{key} = {', '.join(values)}" for key, values in settings.items())
        for names, kind, text in (
                (held, rule.get("status", "validated"), rule["against"] + keys),
                (others, "assumption", "the same model with settings that nobody has measured: "
                 f"{unmeasured}; otherwise validated against {rule['against']}")):
            if names:
                result.append({"what": rule["what"], "status": kind, "text": text,
                               "source": rule["source"],
                               "runs": _names(names) if held and others else ""})
    return result


def table(rules):
    """Returns the table of all rules, as a plot."""
    columns = [Column("what", "numbers"), Column("status", is_filter=True),
               Column("against", "against what, or what is assumed"),
               Column("holds_when", "validated with these settings only"),
               Column("source"), Column("figures")]
    rows = [[rule["what"], rule.get("status", "validated"), rule["against"] +
             (f" ({', '.join(rule['keys'])})" if "keys" in rule else ""),
             "; ".join(f"{key}: {', '.join(map(_text, values))}"
                       for key, values in rule.get("holds_when", {}).items()),
             rule["source"], ", ".join(rule["figures"])] for rule in rules]
    return Plot("evidence", SECTION, "Validated and assumed",
                "Each plot names the rows that its numbers come under; sources are files of the "
                "project.", "table", columns, rows)
