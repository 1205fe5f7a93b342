# SPDX-License-Identifier: Apache-2.0
"""Rows of measurements from the output of a microbenchmark.

The programs report through writes of control registers that a hart does not have, which print
"[DUMP] <time> ns Core <hart>: 0x<register> = 0x<value>, <value>". Their sources say which register
means what; the name of a test is found by the source line it reports.
"""

import collections
import re
import typing

DUMP = re.compile(r"\[DUMP\] .* Core +(\d+): 0x([0-9a-f]+) = 0x([0-9a-f]+)")
TEST = re.compile(r'\b(?:LOOP|LOOPB|LONGLOOP|ONCE|MC|COLD|JUMPS|STEADY|TOGETHER)\("([^"]+)"')
NAMED_LINE = re.compile(r'// NAME "([^"]+)"')

# Registers of the loop tests (ub.h) and of the DMA tests.
TAG, LINE, CYCLES, RETIRED, START, END = 0x7EF, 0x7F0, 0x7F1, 0x7F2, 0x7F3, 0x7F4
DMA_LENGTH, DMA_CYCLES = 0x7F5, 0x7F7
DMA_TO_L2 = 1 << 31  # in DMA_LENGTH

# Registers of the random-access programs (ub_random.c).
RUN_ID, RUN_START, RUN_END, RUN_RETIRED, RUN_SUM = 0x7C8, 0x7C9, 0x7CA, 0x7CB, 0x7CC
RANDOM_PROGRAMS = ["dep4", "burst4"]


class Row(typing.NamedTuple):
    """One measurement: cycles is a dict of what is scored, in cycles; retired may be None."""

    group: str
    test: str
    cycles: dict
    retired: float | None


class Report(typing.NamedTuple):
    """What one hart reports for one repetition of a test; cycles and mcycle at start and end."""

    hart: int
    tag: int
    line: int
    repetition: int
    cycles: int
    retired: int
    start: int
    end: int


def dumps(text):
    """Yields (hart, register, value) of every dumped write in `text`."""
    for hart, register, value in DUMP.findall(text):
        yield int(hart), int(register, 16), int(value, 16)


def test_names(source):
    """Returns {line number: name of the test that reports it} of a program's source text."""
    names = {}
    for number, line in enumerate(source.splitlines(), 1):
        match = TEST.search(line) or NAMED_LINE.search(line)
        if match:
            names[number] = match.group(1)
    return names


def reports(text):
    """Returns (list of Report, list of (bytes, is to L2, cycles) of the DMA), as printed."""
    loops, transfers = [], []
    tags = collections.defaultdict(int)
    values = collections.defaultdict(dict)
    repetitions = collections.Counter()
    for hart, register, value in dumps(text):
        own = values[hart]
        own[register] = value
        if register == TAG:
            tags[hart] = value
        elif register == END:
            key = (hart, tags[hart], own[LINE])
            loops.append(
                Report(*key, repetitions[key], own[CYCLES], own[RETIRED], own[START], value))
            repetitions[key] += 1
        elif register == DMA_CYCLES:
            length = own[DMA_LENGTH]
            transfers.append((length & ~DMA_TO_L2, bool(length & DMA_TO_L2), value))
    return loops, transfers


def single_rows(text, source):
    """Rows of a program in which one hart measures: one per report, then those of the DMA."""
    names = test_names(source)
    loops, transfers = reports(text)
    return [Row(str(report.tag), names[report.line], {"total": report.cycles}, report.retired)
            for report in loops] + dma_rows(transfers)


def multi_rows(text, source):
    """Rows of a program in which all harts measure: from the first start to the last end.

    Harts of the same repetition of a test make one row; tests with several get "#<repetition>".
    """
    names = test_names(source)
    loops, transfers = reports(text)
    rows = collections.defaultdict(list)
    for report in loops:
        rows[report.tag, report.line, report.repetition].append(report)
    repeated = {(tag, line) for tag, line, repetition in rows if repetition > 0}
    result = []
    for (tag, line, repetition), harts in rows.items():
        suffix = f"#{repetition}" if (tag, line) in repeated else ""
        span = max(report.end for report in harts) - min(report.start for report in harts)
        retired = sum(report.retired for report in harts) / len(harts)
        result.append(Row(str(tag), names[line] + suffix, {"total": span}, retired))
    return result + dma_rows(transfers)


def dma_rows(transfers):
    """Rows of DMA transfers: from the launching load to software's having seen the end."""
    return [Row("dma", f"dma_{'L1->L2' if to_l2 else 'L2->L1'}_{length}B", {"total": cycles}, None)
            for length, to_l2, cycles in transfers]


def random_rows(text, mixes):
    """Rows of a random-access program; `mixes`: name of every mix of accesses.

    Scored: cycles from the first start to the last end, and the mean over the harts of their own.
    """
    values = collections.defaultdict(dict)
    runs = collections.defaultdict(dict)
    for hart, register, value in dumps(text):
        own = values[hart]
        own[register] = value
        if register == RUN_SUM:
            runs[own[RUN_ID]][hart] = (own[RUN_START], own[RUN_END], own[RUN_RETIRED])
    rows = []
    for run, harts in runs.items():
        program, mix, harts_log2, seed = run >> 16, run >> 12 & 15, run >> 8 & 15, run & 255
        if len(harts) != 1 << harts_log2:
            continue
        starts, ends, retired = zip(*harts.values())
        mean = round((sum(ends) - sum(starts)) / len(harts), 1)  # as the RTL's are given
        cycles = {"total": max(ends) - min(starts), "mean": mean}
        test = f"{mixes[mix]}.{len(harts)}cores.seed{seed}"
        rows.append(Row(RANDOM_PROGRAMS[program], test, cycles, sum(retired)))
    return rows
