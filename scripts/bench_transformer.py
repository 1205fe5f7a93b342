#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The benchmark table of transformers, see bench_transformer.sh. Needs a build."""
import argparse
import concurrent.futures
import csv
import dataclasses
import os
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "sw"), str(ROOT / "sw" / "models")]
from bench_transformer_charts import draw_bars, draw_stacks  # noqa: E402
from deploy import benchmark, models  # noqa: E402
from deploy.breakdown import CLASSES  # noqa: E402
from deploy.commands import ScheduleError  # noqa: E402
from deploy.operators import ModelError  # noqa: E402
from deploy.run import RunError  # noqa: E402
from deploy.soc import SocError, load_soc  # noqa: E402

CLASSIFIER = ROOT / "sw/models/data/classifier.json"
MODELS = ("dense:128,256,1024", "encoder:128,256,64,4,1024,1,2", "encoder:64,256,64,4,1024,1,2",
          "encoder:64,128,192,1,512", "classifier:128", "classifier:256")
ROW_NAMES = {("dense", "ITA"): "T1", ("dense", "cores"): "T1", ("encoder", "ITA"): "T3",
             ("encoder", "cores"): "T4", ("classifier", "ITA"): "T6", ("classifier", "cores"): "T6"}
SEQUENCES = (64, 128, 256, 512)
BATCHES = (1, 2, 4, 8)
BATCH_SEQUENCE = 128
SCALED = "encoder:{},256,64,4,1024,1,2"  # BERT-base's ratios at a third of its width
MIDDLE = SCALED.format(128)
VARIANTS = {
    "ITAs": [(count, [f"soc.ita.count={count}"]) for count in (1, 2, 4, 8)],
    "banks per hart": [(banks // 4, [f"soc.cluster.banks_per_tile={banks}",
                                     f"soc.cluster.bank_bytes={16384 // banks}"])
                       for banks in (16, 32, 64)],
    "AXI bytes": [(size, [f"soc.dma.beat_bytes={size}"]) for size in (16, 32, 64)],
}
"""What --sensitivity varies: name -> [(value, settings)]; L1 keeps its size."""
PER_CENT = 100


@dataclasses.dataclass
class Case:
    """A model to run on one device of a machine. batch: inferences; variant: (name, value) of
    --sensitivity; measurement: once it has run."""

    model: str
    on: str
    batch: int = 1
    variant: tuple = ("", "")
    settings: tuple = ()
    measurement: benchmark.Measurement = None

    @property
    def row(self):
        return ROW_NAMES[self.model.partition(":")[0], self.on]


def graph_and_inputs(name, batch):
    """(Graph, inputs) of a model's name; the classifier gets texts of its test set."""
    kind, _, length = name.partition(":")
    if kind != "classifier":
        graph = models.random_model(name)
        return graph, models.random_inputs(graph, batch)
    import store  # pylint: disable=import-outside-toplevel  (it exists when the model does)
    tokens, _ = store.test_set("classifier", int(length))
    graph = store.model("classifier", int(length))
    return graph, [{graph.inputs[0]: text} for text in tokens[:batch]]


def run_case(case, options):
    """Fills in the measurement."""
    graph, inputs = graph_and_inputs(case.model, case.batch)
    tessera = options.build / "bin/tessera"
    soc = load_soc(options.config, (*options.set, *case.settings), tessera)
    case.measurement = benchmark.measure(
        graph, soc, case.on, inputs, tessera=tessera,
        elf=options.build / "sw/encoder.elf", timeout=options.timeout)
    print(f"{case.model} on {case.on}"
          + (f", {case.variant[0]} = {case.variant[1]}" if case.settings else "")
          + (f", {case.batch} inferences" if case.batch > 1 else "")
          + f": {case.measurement.cycles} cycles", file=sys.stderr, flush=True)


def run_cases(cases, options):
    """Runs all cases, some side by side."""
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(run_case, case, options) for case in cases]:
            done.result()


def is_same_work(a, b):
    return (a.model, a.batch, a.variant) == (b.model, b.batch, b.variant)


def partner(case, cases):
    """The same on the other device, or None."""
    return next((other for other in cases if is_same_work(case, other) and other.on != case.on),
                None)


def speedup(case, cases):
    """How many times fewer cycles than on the cores, or None."""
    other = partner(case, cases)
    if case.on == "cores" or other is None:
        return None
    return other.measurement.cycles / case.measurement.cycles


def verdict(cases):
    """(text, whether every output is numpy's, both devices agree, and ITAs took part)."""
    differing = sum(case.measurement.differing for case in cases)
    pairs = [(case, partner(case, cases)) for case in cases if case.on == "ITA"]
    pairs = [(case, other) for case, other in pairs if other is not None]
    disagreeing = [case.model for case, other in pairs if any(
        not np.array_equal(values[name], others[name])
        for values, others in zip(case.measurement.outputs, other.measurement.outputs)
        for name in values)]
    idle = [case for case in cases if case.on == "ITA" and case.measurement.ita_layers == 0]
    is_good = differing == 0 and not disagreeing and not idle
    return (f"{'PASS' if is_good else 'FAIL'} {len(cases)} runs, {differing} values differ from "
            f"numpy, ITA and cores agree in {len(pairs) - len(disagreeing)} of {len(pairs)} pairs"
            + (f"; no layer of {idle[0].model} is computed by ITAs" if idle else ""), is_good)


# --- tables ---

def number(value, digits=1, scale=1):
    """Text of a number; - for None."""
    return "-" if value is None else f"{value * scale:.{digits}f}"


def figures(case, cases):
    """Column -> text, in order; the benchmark table's row."""
    m = case.measurement
    return {
        "row": case.row, "model": case.model, "on": case.on,
        "cycles": number(m.cycles_per_inference, 0), "MAC": str(m.macs),
        "MAC/cycle": number(m.macs_per_cycle),
        "ITA utilisation %": number(m.breakdown.ita_utilisation, 1, PER_CENT),
        "core utilisation %": number(m.core_utilisation, 1, PER_CENT),
        "L1 conflicts %": number(m.l1_conflicts, 1, PER_CENT),
        "DMA bytes": str(m.breakdown.dma_bytes),
        "DMA hidden %": number(m.breakdown.dma_hidden, 1, PER_CENT),
        "speed-up": number(speedup(case, cases), 2), "MHz": number(m.clock_khz, 0, 1e-3),
        "GOPS": number(m.gops), "us": number(m.microseconds), "differing": str(m.differing)}


def class_figures(case, cases):
    """Column -> text; a row of the breakdown: cycles of the last inference by class."""
    m = case.measurement
    by_class = m.breakdown.by_class()
    total = m.cycles_per_inference
    return {
        "model": case.model, "on": case.on, "batch": str(case.batch),
        "cycles per inference": number(total, 0), "last inference": str(m.breakdown.cycles),
        **{name: number(by_class.get(name, 0), 0) for name in shown_classes(cases)},
        "ITA idle %": number(m.ita_idle, 1, PER_CENT),
        "teams idle %": number(m.team_idle, 1, PER_CENT),
        "speed-up": number(speedup(case, cases), 2), "differing": str(m.differing)}


def shown_classes(cases):
    """Classes that any of the cases has, in order."""
    found = set().union(*(case.measurement.breakdown.by_class() for case in cases))
    return [name for name in CLASSES if name in found]


def variant_figures(case, cases):
    """Column -> text; a row of the sensitivity table."""
    row = figures(case, cases)
    return {"varied": case.variant[0], "value": str(case.variant[1]), "on": row.pop("on"),
            **{name: row[name] for name in row if name not in ("row", "model", "MAC")}}


def layer_rows(cases):
    """Rows of the breakdown by layer and class."""
    for case in cases:
        for (layer, name), cycles in case.measurement.breakdown.rows.items():
            yield {"model": case.model, "on": case.on, "batch": str(case.batch), "layer": layer,
                   "class": name, "cycles": number(cycles, 0),
                   "share %": number(cycles / case.measurement.breakdown.cycles, 2, PER_CENT)}


def markdown(rows):
    """Dicts of text as a table; numbers to the right."""
    names = list(rows[0])
    is_text = [not any(row[name][:1].isdigit() for row in rows) for name in names]
    lines = ["| " + " | ".join(names) + " |",
             "|" + "|".join("---" if text else "---:" for text in is_text) + "|"]
    lines += ["| " + " | ".join(row.values()) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def write_csv(path, rows):
    with open(path, "w", encoding="ascii", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# --- the three benchmarks ---

def both(model, **arguments):
    return [Case(model, on, **arguments) for on in benchmark.MAPS]


def table(options):
    """The table. Returns its cases."""
    names = options.models or MODELS
    if not CLASSIFIER.is_file():
        left_out = [name for name in names if name.startswith("classifier:")]
        names = [name for name in names if name not in left_out]
        for name in left_out:
            print(f"{name} is left out: {CLASSIFIER} is missing", file=sys.stderr)
    cases = [case for name in names for case in both(name)]
    run_cases(cases, options)
    report(options.out, "table", [figures(case, cases) for case in cases])
    draw_bars(options.out / "table.svg", cases)
    return cases


def breakdown(options):
    """Where the time goes. Returns its cases."""
    cases = [case for size in SEQUENCES for case in both(SCALED.format(size))]
    cases += [case for batch in BATCHES[1:]
              for case in both(SCALED.format(BATCH_SEQUENCE), batch=batch)]
    if options.models:
        cases = [case for name in options.models for case in both(name)]
    run_cases(cases, options)
    report(options.out, "breakdown", [class_figures(case, cases) for case in cases])
    write_csv(options.out / "breakdown_layers.csv", list(layer_rows(cases)))
    draw_stacks(options.out / "breakdown.svg", cases, shown_classes(cases))
    return cases


def sensitivity(options):
    """One thing changed at a time. Returns the cases."""
    cases = [Case(model, on, variant=(name, value), settings=tuple(settings))
             for model in options.models or (MIDDLE,) for name, values in VARIANTS.items()
             for value, settings in values for on in benchmark.MAPS
             if on == "ITA" or name != "ITAs"]
    run_cases(cases, options)
    report(options.out, "sensitivity", [variant_figures(case, cases) for case in cases])
    draw_bars(options.out / "sensitivity.svg", cases)
    return cases


def report(folder, name, rows):
    """Prints a table and writes it as markdown and CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    text = markdown(rows)
    print(text)
    (folder / f"{name}.md").write_text(text, encoding="ascii")
    write_csv(folder / f"{name}.csv", rows)


def parse_command_line(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--breakdown", dest="what", action="store_const", const=breakdown,
                      help="over S and batch, by layer and operator class")
    what.add_argument("--sensitivity", dest="what", action="store_const", const=sensitivity,
                      help="over " + ", ".join(VARIANTS))
    parser.add_argument("--models", nargs="+", metavar="MODEL",
                        help=f"instead of {' '.join(MODELS)}; names as for deploy.py")
    parser.add_argument("--config", default=str(ROOT / "configs/tessera.yaml"), help="the machine")
    parser.add_argument("--set", action="append", default=[], metavar="soc.key=value",
                        help="changes the machine, as in tessera run")
    parser.add_argument("-o", "--out", type=pathlib.Path, default=ROOT / "out/bench_transformer",
                        metavar="DIR")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", metavar="DIR")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs side by side")
    parser.add_argument("--timeout", type=int, default=900, help="of one run, in seconds")
    parser.set_defaults(what=table)
    options = parser.parse_args(arguments)
    if min(options.jobs, options.timeout) < 1:
        parser.error("--jobs and --timeout: allowed: 1 and more")
    for name in options.models or ():
        if not models.is_random(name) and not name.startswith("classifier:"):
            parser.error(f"model '{name}'; allowed: dense:.., encoder:.., classifier:LENGTH")
    return options


def main(arguments):
    """Returns 0; 1 when an output is wrong; 2 for what cannot be used or fails."""
    options = parse_command_line(arguments)
    try:
        text, is_good = verdict(options.what(options))
    except (ModelError, SocError, ScheduleError, RunError, OSError) as error:
        text, is_good = f"FAIL {error}", None
    print(f"bench_transformer: {text}")
    return 2 if is_good is None else int(not is_good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
