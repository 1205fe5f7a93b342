# SPDX-License-Identifier: Apache-2.0
"""A sweep as its file describes it: workloads, axes, statistics. Read by space_file.py."""
import dataclasses
import string

WORKLOAD_ADDRESS = "0x80100000"  # where guest programs expect their image


@dataclasses.dataclass(frozen=True)
class Workload:
    """What a point runs: a program, perhaps with an image that `make` (words with placeholders)
    writes, or traffic. settings: of the machine, (key, value); options: of the command; statistics:
    column -> figure, instead of the sweep's or besides; closed_form: {"model": name in
    closed_forms.MODELS, "column": what it predicts, argument: text with placeholders}."""

    name: str
    elf: str = ""
    make: tuple = ()
    address: str = WORKLOAD_ADDRESS
    settings: tuple = ()
    options: tuple = ()
    statistics: dict = dataclasses.field(default_factory=dict)
    closed_form: dict = dataclasses.field(default_factory=dict)
    is_traffic: bool = False

    def placeholders(self):
        """Names in braces that `make`, options and closed form use."""
        words = (*self.make, *(value for _, value in self.options), *self.closed_form.values())
        return {name for word in words for _, name, _, _ in string.Formatter().parse(word) if name}


@dataclasses.dataclass(frozen=True)
class Space:
    """A sweep. axes: name -> {value text: settings it stands for, or None for a variable};
    exclude: [{axis: values}]; include: [{axis: value}]; statistics: column -> figure, of all
    workloads; derived: column -> expression; relative: column -> column over whose least value of
    the same workload and given axes it is; given: axes that are asked for, not chosen; scan: what
    of it to simulate (scan.py), None: all; objectives: minimise, maximise:
    columns, subject_to: comparisons. Values of settings that begin with "=" are expressions over
    axes."""

    name: str
    config: str
    settings: tuple
    workloads: dict
    axes: dict
    exclude: list
    include: list
    repeat: int
    seed: int
    limits: dict
    statistics: dict
    derived: dict
    relative: dict
    given: tuple
    scan: dict | None
    objectives: dict
    seconds_per_point: float | None

    def figures(self, workload):
        """Returns {column: figure, or None where a workload has none} of all statistics."""
        columns = {**self.statistics}
        for each in self.workloads.values():
            columns.update({column: None for column in each.statistics if column not in columns})
        return {**columns, **self.workloads[workload].statistics}

    def predictions(self):
        """Returns the columns of what closed forms predict."""
        return list(dict.fromkeys(predicted(each) for each in self.workloads.values()
                                  if each.closed_form))

    def group(self, values):
        """Returns what points have to have in common to be compared: workload and given axes."""
        return tuple(values[name] for name in ("workload", *self.given))


def predicted(workload):
    """Returns the column of what a workload's closed form predicts."""
    return f"predicted_{workload.closed_form['column']}"


def formula(text):
    """Returns the expression of a setting's value such as "= 4 * cores"; None for others."""
    return text[1:].strip() if text.startswith("=") else None
