# SPDX-License-Identifier: Apache-2.0
"""What the RTL measured, and how far measurements are from it."""

import collections
import csv
import math
import typing

# Differences count against at least this many cycles: a cycle more of 7 says nothing about models.
SMALLEST_REFERENCE_CYCLES = 50
MISSING_PERCENT = 100.0

MEAN_LIMIT_PERCENT, P95_LIMIT_PERCENT, WORST_LIMIT_PERCENT = 1.0, 3.0, 10.0


class Reference(typing.NamedTuple):
    """A measurement of the RTL; cycles as in transcript.Row, retired None when not measured."""

    row_id: str
    kind: str
    cycles: dict
    retired: float | None


class Score(typing.NamedTuple):
    """A reference, the Row measured on the platform or None, and the error in percent."""

    reference: Reference
    row: object
    error: float


def read_references(folder):
    """Returns the References of all three files of measurements, without class skip."""
    references = []
    for line in read_csv(folder / "accuracy_rows.csv"):
        if line["class"] != "skip":
            retired = float(line["rtl_retired"]) if line["rtl_retired"] else None
            references.append(Reference(line["row_id"], line["class"],
                                        {"total": int(line["rtl_cycles"])}, retired))
    occurrences = collections.Counter()
    for line in read_csv(folder / "xpulp_timing.csv"):
        test = f"{line['config']}.xpulp_{line['group']}.{line['test']}"
        references.append(Reference(f"{test}.{occurrences[test]}", "xpulp",
                                    {"total": int(line["cycles_total"])},
                                    float(line["retired_total"])))
        occurrences[test] += 1
    for line in read_csv(folder / "random.csv"):
        test = f"{line['mix_window']}.{line['cores']}cores.seed{line['seed']}"
        cycles = {"total": int(line["total_cycles"]), "mean": float(line["per_core_mean"])}
        row_id = f"{line['config']}.{line['program']}.{test}.0"
        references.append(Reference(row_id, "random", cycles, float(line["retired_sum"])))
    return references


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def identify(machine, rows):
    """Returns {row id: Row}: rows of the same group and test are numbered in their order."""
    occurrences = collections.Counter()
    result = {}
    for row in rows:
        key = f"{machine}.{row.group}.{row.test}"
        result[f"{key}.{occurrences[key]}"] = row
        occurrences[key] += 1
    return result


def error_percent(cycles, reference):
    """The largest error of the scored figures, in percent."""
    return max(100 * abs(cycles[name] - rtl) / max(rtl, SMALLEST_REFERENCE_CYCLES)
               for name, rtl in reference.items())


def score(references, rows):
    """Returns a Score per reference; `rows`: {row id: Row}. A missing row counts 100 percent."""
    result = []
    for reference in references:
        row = rows.get(reference.row_id)
        error = MISSING_PERCENT if row is None else error_percent(row.cycles, reference.cycles)
        result.append(Score(reference, row, error))
    return result


def retires_alike(item):
    """False when the row retired another number of instructions than on the RTL: other code ran."""
    if item.row is None or item.row.retired is None or item.reference.retired is None:
        return True
    return abs(item.row.retired - item.reference.retired) < 0.1  # the RTL's is rounded to a tenth


def statistics(scores):
    """Returns (mean, 95th percentile by nearest rank, worst) error in percent."""
    errors = sorted(item.error for item in scores)
    return sum(errors) / len(errors), errors[math.ceil(0.95 * len(errors)) - 1], errors[-1]


def within_limits(scores):
    """True when the errors of all rows and of class exact are within the limits."""
    mean, p95, worst = statistics(scores)
    is_exact = all(item.error == 0 for item in scores if item.reference.kind == "exact")
    return (is_exact and mean <= MEAN_LIMIT_PERCENT and p95 <= P95_LIMIT_PERCENT
            and worst <= WORST_LIMIT_PERCENT)


def by_kind(scores):
    """Returns a list of (class, its Scores), in the order in which classes first appear."""
    kinds = {}
    for item in scores:
        kinds.setdefault(item.reference.kind, []).append(item)
    return list(kinds.items())


def num_exact(scores):
    return sum(item.error == 0 for item in scores)


def figures(item):
    """Returns (cycles of the RTL, cycles measured or "missing") as text, joined by "/"."""
    rtl = "/".join(f"{value:g}" for value in item.reference.cycles.values())
    if item.row is None:
        return rtl, "missing"
    return rtl, "/".join(f"{item.row.cycles[name]:.6g}" for name in item.reference.cycles)


def summary(scores):
    """Returns the last line of a run."""
    mean, p95, worst = statistics(scores)
    return f"accuracy: rows {len(scores)} mean {mean:.2f} % p95 {p95:.2f} % worst {worst:.2f} %"
