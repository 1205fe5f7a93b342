"""Strict readers of what --profile writes: any line outside of a format's grammar is an error."""

import csv
import re
from collections import Counter

NO_EVENT = ("hart", "function", "calls")
CALLGRIND_HEADER = ("version", "creator", "cmd", "positions", "events", "summary", "totals")


def read_csv(path):
    """Returns the rows of profile.csv, numbers as int."""
    with open(path, newline="", encoding="utf-8") as file:
        return [{key: value if key == "function" else int(value) for key, value in row.items()}
                for row in csv.DictReader(file)]


def read_folded(path):
    """Returns {stack as a tuple of frames: count}: what flamegraph.pl and speedscope accept."""
    stacks = {}
    for line in path.read_text().splitlines():
        match = re.fullmatch(r"([^;\s][^;]*(?:;[^;]+)*) ([1-9]\d*)", line)
        assert match, f"{path}: {line!r}"
        stack = tuple(match.group(1).split(";"))
        assert stack not in stacks, f"{path}: twice: {line!r}"
        stacks[stack] = int(match.group(2))
    return stacks


class Callgrind:
    """A file in callgrind's format, as its specification in Valgrind's manual has it."""

    def __init__(self, path):
        self.header = {}
        self.own = {}  # function: Counter of its own costs
        self.calls = Counter()  # (caller, callee): calls
        self.inclusive = {}  # (caller, callee): Counter
        self._function = self._callee = None
        self._is_call_cost = False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert self._read(line), f"{path}:{number}: {line!r}"

    def events(self):
        return self.header["events"].split()

    def costs(self, text):
        return Counter(dict(zip(self.events(), map(int, text.split()), strict=True)))

    def _read(self, line):
        if not line or line.startswith("#"):
            return True
        header = re.fullmatch(r"(\w+): (.*)", line)
        if header:
            self.header[header.group(1)] = header.group(2)
            return header.group(1) in CALLGRIND_HEADER
        position = re.fullmatch(r"(fl|fi|fn|cfi|cfn|calls)=(.+)", line)
        if position:
            return self._read_position(*position.groups())
        return self._read_costs(line)

    def _read_position(self, kind, text):
        if kind == "fn":
            self._function = text
            self.own.setdefault(text, Counter())
        elif kind == "cfn":
            self._callee = text
        elif kind == "calls":
            count, _ = map(int, text.split())
            self.calls[self._function, self._callee] += count
            self._is_call_cost = True
        return True

    def _read_costs(self, line):
        match = re.fullmatch(r"\d+ (\d+(?: \d+)*)", line)
        if not match or self._function is None:
            return False
        costs = self.costs(match.group(1))
        if self._is_call_cost:
            self.inclusive.setdefault((self._function, self._callee), Counter()).update(costs)
            self._is_call_cost = False
        else:
            self.own[self._function].update(costs)
        return True


def read_coverage(path):
    """Returns {source file: {"lines": {line: count}, "functions": {name: count}}}."""
    files = {}
    for record in path.read_text().split("end_of_record\n")[:-1]:
        match = re.fullmatch(
            r"TN:\nSF:(.+)\n((?:FN:\d+,\S+\nFNDA:\d+,\S+\n)*)FNF:(\d+)\nFNH:(\d+)\n"
            r"((?:DA:\d+,\d+\n)*)LF:(\d+)\nLH:(\d+)\n", record)
        assert match, f"{path}: {record!r}"
        functions = {name: int(count)
                     for count, name in re.findall(r"FNDA:(\d+),(\S+)", match.group(2))}
        lines = {int(line): int(count)
                 for line, count in re.findall(r"DA:(\d+),(\d+)", match.group(5))}
        for table, found, hit in ((functions, 3, 4), (lines, 6, 7)):
            assert len(table) == int(match.group(found)), f"{path}: {match.group(1)}"
            assert sum(count > 0 for count in table.values()) == int(match.group(hit))
        files[match.group(1)] = {"lines": lines, "functions": functions}
    return files


def check(folder):
    """All files of a profile are whole and tell the same; returns the total of cycles."""
    rows = read_csv(folder / "profile.csv")
    total = Counter()
    for row in rows:
        total.update({key: value for key, value in row.items() if key not in NO_EVENT})
    assert sum(read_folded(folder / "profile.folded").values()) == total["cycles"]
    parts = sum(sum(read_folded(path).values()) for path in folder.glob("profile.*.folded"))
    assert parts == total["cycles"], (parts, total)
    callgrind = Callgrind(folder / "callgrind.out.tessera")
    own = sum(callgrind.own.values(), Counter())
    for text in ("totals", "summary"):
        assert +callgrind.costs(callgrind.header[text]) == own == +total, text
    assert read_coverage(folder / "coverage.info") or not rows
    harts = (folder / "profile.txt").read_text().split("\nHarts\n")[1].splitlines()[1:]
    assert sum(int(line.split()[0]) for line in harts) == total["cycles"]
    return total["cycles"]
