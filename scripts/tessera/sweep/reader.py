# SPDX-License-Identifier: Apache-2.0
"""Reads YAML with the place of everything; collects problems instead of stopping at the first."""
import difflib

import yaml


class SpaceError(Exception):
    """All problems of a file, one per line: "FILE:LINE: reason; hint"."""


class Reader:
    """One YAML file, and the problems found in it so far."""

    def __init__(self, path):
        self.path = path
        self.problems = []

    def root(self):
        """Returns the top node. Raises SpaceError for what is no YAML."""
        try:
            with open(self.path, encoding="utf-8") as file:
                node = yaml.compose(file, Loader=yaml.SafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            raise SpaceError(f"{self.path}: cannot read this file: {error}") from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise SpaceError(f"{self.path}:{line}: no YAML: {getattr(error, 'problem', error)}; "
                             "check indentation, brackets and quotes here") from error
        if node is None:
            raise SpaceError(f"{self.path}:1: the file is empty; it needs at least 'name', 'config'"
                             ", 'workloads' and 'statistics'")
        return node

    def report(self, node, reason, hint):
        """Notes a problem at the place of a node."""
        self.problems.append((node.start_mark.line + 1, f"{reason}; {hint}"))

    def finish(self):
        """Raises SpaceError if there were problems."""
        if self.problems:
            raise SpaceError("\n".join(f"{self.path}:{line}: {text}"
                                       for line, text in sorted(self.problems)))

    def mapping(self, node, what, known=None):
        """Returns {key text: value node}; keys that are not among `known` are problems."""
        if not isinstance(node, yaml.MappingNode):
            self.report(node, f"{what} is {describe(node)}", "write it as 'key: value' lines")
            return {}
        result = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.report(key, f"a key of {what} is {describe(key)}", "a key is a word")
            elif key.value in result:
                self.report(key, f"'{key.value}' is there twice in {what}", "keep one of them")
            elif known is not None and key.value not in known:
                self.report(key, f"unknown key '{key.value}' in {what}", nearest(key.value, known))
            else:
                result[key.value] = value
        return result

    def sequence(self, node, what):
        """Returns the nodes of a list that is not empty."""
        if not isinstance(node, yaml.SequenceNode):
            self.report(node, f"{what} is {describe(node)}", "write a list: [a, b]")
            return []
        if not node.value:
            self.report(node, f"{what} is empty", "give at least one value, or leave it out")
        return node.value

    def scalar(self, node, what):
        """Returns the text of a value as it stands in the file."""
        if not isinstance(node, yaml.ScalarNode) or node.value == "":
            self.report(node, f"{what} is {describe(node)}", "give one value")
            return ""
        return node.value

    def scalars(self, node, what):
        """Returns the texts of a list, each there once."""
        texts = []
        for each in self.sequence(node, what):
            text = self.scalar(each, f"a value of {what}")
            if text in texts:
                self.report(each, f"'{text}' is there twice in {what}", "keep one of them")
            texts.append(text)
        return texts

    def integer(self, node, what, low):
        """Returns an integer from `low` on."""
        text = self.scalar(node, what)
        try:
            value = int(text.replace("_", ""), 0)
        except ValueError:
            value = low - 1
        if value < low:
            self.report(node, f"{what} is '{text}'", f"give an integer from {low} on")
            return low
        return value


def describe(node):
    """What kind of YAML a node is, for messages."""
    if isinstance(node, yaml.MappingNode):
        return "a map"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return f"'{node.value}'" if node.value else "empty"


def nearest(word, known, otherwise=""):
    """A hint which of the known words was meant; otherwise: where to look when none is near."""
    near = difflib.get_close_matches(word, known, 1)
    return (f"did you mean '{near[0]}'?" if near else
            otherwise or f"allowed: {', '.join(known)}")
