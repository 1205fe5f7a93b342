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


def status(rule, config):
    """Returns (status, text) of a rule for a configuration {key: text}."""
    if "holds_when" not in rule:
        keys = f" ({', '.join(rule['keys'])})" if "keys" in rule else ""
        return rule["status"], rule["against"] + keys
    other = [f"{key} = {config.get(key, 'unknown')}" for key, values in rule["holds_when"].items()
             if config.get(key) not in [_text(value) for value in values]]
    if not other:
        return "validated", rule["against"]
    return "assumption", (f"the same model with settings that nobody has measured: "
                          f"{', '.join(other)}; otherwise validated against {rule['against']}")


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def of(figures, rules, configs):
    """Returns [{what, status, text, source, runs}] of figures in runs {name: configuration}; runs
    is "" where all are the same."""
    result = []
    for rule in {id(rule): rule for rule in (rule_of(each, rules) for each in figures)}.values():
        found = {}
        for name, config in (configs or {"": {}}).items():
            found.setdefault(status(rule, config), []).append(name)
        for (kind, text), names in found.items():
            more = f" and {len(names) - SHOWN_RUNS} more" * (len(names) > SHOWN_RUNS)
            result.append({"what": rule["what"], "status": kind, "text": text,
                           "source": rule["source"],
                           "runs": "" if len(found) == 1 else ", ".join(names[:SHOWN_RUNS]) + more})
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
