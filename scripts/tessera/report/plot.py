# SPDX-License-Identifier: Apache-2.0
"""A plot: a tidy table, and how to draw it. What is drawn is what the table says, and nothing else.

The page filters rows by the columns marked so, adds values up to the chosen level, and draws.
"""
import dataclasses

WHOLE_RUN = "whole run"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a plot. unit: "" for names and counts of one.

    is_filter: the page offers its values to choose from, for all plots that have it. is_single: one
    of them is always chosen, because rows of several must not be added up.
    """

    name: str
    label: str = ""
    unit: str = ""
    is_filter: bool = False
    is_single: bool = False

    def as_json(self):
        return {"name": self.name, "label": self.label or self.name.replace("_", " "),
                "unit": self.unit, "filter": self.is_filter, "single": self.is_single}


RUN = Column("run", is_filter=True)
REGION = Column("region", is_filter=True, is_single=True)
GROUP = Column("group", is_filter=True)
TILE = Column("tile", is_filter=True)


@dataclasses.dataclass
class Plot:
    """kind: bars, heat, points, lines, gantt or table (page/charts.js); rows: lists as the columns.

    encoding: which column is drawn as what, by kind:
      bars    category: [columns], values: [columns that are stacked], or series: column (side by
              side), share: whether parts of the sum can be shown
      heat    x, y, values: [columns to choose from], x_order and y_order: {run: [values]}
      points  x, y, series, label, is_log, lines: [{name, series, runs, x, y, peak, bandwidth}];
              front: column that says which are on it, panel: column with a drawing per value;
              choices: {x, y, series: [columns to choose from]}
      lines   x, y, series
      gantt   timelines: {run: what tessera.timeline.page.model() returns}; the table is a summary
    levels: {name: [columns that stay]} for adding values up, the first is shown first.
    read: one sentence on how to read it; figures: names whose evidence is shown beneath.
    notes: what is left out.
    """

    id: str
    section: str
    title: str
    read: str
    kind: str
    columns: list
    rows: list
    encoding: dict = dataclasses.field(default_factory=dict)
    levels: dict = dataclasses.field(default_factory=dict)
    figures: tuple = ()
    notes: list = dataclasses.field(default_factory=list)

    def as_json(self, evidence):
        """Returns what the page needs; evidence: [{status, text, runs}] of the figures."""
        return {"id": self.id, "section": self.section, "title": self.title, "read": self.read,
                "kind": self.kind, "columns": [column.as_json() for column in self.columns],
                "rows": self.rows, "encoding": self.encoding, "levels": self.levels,
                "evidence": evidence, "notes": self.notes}


@dataclasses.dataclass(frozen=True)
class Missing:
    """A plot that the inputs have no data for, and how to get them."""

    section: str
    title: str
    how: str

    def as_json(self):
        return dataclasses.asdict(self)
