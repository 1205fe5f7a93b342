# SPDX-License-Identifier: Apache-2.0
"""Other mappings of the same model: which options there are to try, and what they cost.

A mapping is named by the options of deploy.py that it adds to those of the command line. One thing
is varied at a time.
"""
import csv
import dataclasses

from . import cost

DEPTHS = (0, 2)
TILE_DIVISORS = (2, 4)


@dataclasses.dataclass
class Row:
    """A mapping: options that were added; cycles and bytes; measured: None if it did not run;
    refusal: why it cannot be, or ""."""

    options: list
    predicted: int = None
    measured: int = None
    loaded: int = None
    l1: int = None
    refusal: str = ""

    def cells(self):
        values = [self.predicted, self.measured, self.loaded, self.l1]
        return [" ".join(self.options) or "as given", *["" if value is None else value
                                                        for value in values], self.refusal]


HEADER = ["mapping", "predicted cycles", "measured cycles", "B from L2", "B of L1",
          "refused because"]


def variants(plan):
    """Lists of options to try beside those of a plan, that without any first."""
    mapping = plan.builder.mapping
    result = [[], ["--map", "cores"]]
    for layer, heads in mapping.heads.items():
        count = len(heads.places)
        result += [["--heads", f"{layer}={number}"] for number in
                   dict.fromkeys((count - 1, count // 2)) if 0 < number < count]
    largest = max(plan.choices.tile_bytes.values())
    result += [["--tile-bytes", str(largest // divisor)] for divisor in TILE_DIVISORS]
    result += [["--depth", str(depth)] for depth in DEPTHS if depth != plan.depth]
    result += [["--order", order] for order in ("rows", "columns")]
    return result


def row(options, workload, result=None):
    """The Row of a mapping; result: of its run."""
    costs = cost.predict(workload)
    return Row(options, sum(layer.cycles for layer in costs), result and result.cycles,
               sum(layer.loaded for layer in costs), cost.l1_bytes(workload))


def text(rows):
    """A table for people."""
    return cost.table([HEADER, *[item.cells() for item in rows]])


def write_csv(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *[item.cells() for item in rows]])
