# SPDX-License-Identifier: Apache-2.0
"""Reads waves by way of fst2vcd."""

import collections
import subprocess


def read(path):
    """{name of a signal: [(cycle, value)]}: numbers and texts, escaped, as they change."""
    text = subprocess.run(["fst2vcd", "-f", path], check=True, capture_output=True,
                          text=True).stdout
    scope = []
    names = {}
    changes = collections.defaultdict(list)
    cycle = 0
    for line in text.splitlines():
        words = line.split()
        if line.startswith("$scope"):
            scope.append(words[2])
        elif line.startswith("$upscope"):
            scope.pop()
        elif line.startswith("$var"):
            names[words[3]] = ".".join([*scope, words[4]])
        elif line.startswith("#"):
            cycle = int(line[1:])
        elif line[:1] in ("b", "s") and len(words) == 2:
            value = int(words[0][1:], 2) if line[0] == "b" and "x" not in words[0] else words[0][1:]
            changes[names[words[1]]].append((cycle, value))
    return {name: [change for change in one if not is_unknown(change[1])]
            for name, one in changes.items()}


def is_unknown(value):
    return isinstance(value, str) and set(value) <= {"x"}
