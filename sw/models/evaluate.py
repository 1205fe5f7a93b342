#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of the committed models: float as recorded, integer in numpy, and on the platform.

The platform has to answer byte for byte what numpy does: the whole test set in functional mode,
a sample of it in cycle mode. Exit code 1 when it does not, or when numpy's accuracy is not the
recorded one.
"""
import argparse
import pathlib
import sys

import numpy as np

import integer
import store

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from deploy import breakdown, emit, mapping, plan, run  # pylint: disable=wrong-import-position
from deploy.operators import ModelError  # pylint: disable=wrong-import-position
from deploy.soc import SocError, load_soc  # pylint: disable=wrong-import-position

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRUNED_LENGTH = 128
PER_RUN = 100
"""Sequences of one run of the platform in functional mode."""


def cases(tasks):
    """(task, length, variant, recorded float figure, recorded integer figure) of each model."""
    recorded = store.results()
    result = []
    if "classifier" in tasks:
        figures = recorded["classifier"]
        result += [("classifier", length, None, figures[f"float_{length}_test_set"],
                    figures[f"integer_{length}_test_set"])
                   for length in store.LENGTHS["classifier"]]
    if "recall" in tasks:
        result.append(("recall", store.LENGTHS["recall"][0], None, recorded["recall"]["float"],
                       recorded["recall"]["integer"]))
    if "pruned" in tasks:
        result += [("classifier", PRUNED_LENGTH, variant, figures["float"], figures["integer"])
                   for variant, figures in recorded["pruned"].items()]
    return result


def platform_run(graph, tokens, soc, timing, arguments):
    """Runs sequences on tessera.

    Returns: (scores int32 [N][...], [cycles of the last sequence, bytes of constants in L2, bytes
    that the DMA moves for a sequence]).
    """
    mapped = plan.make_plan(graph, soc, plan.Options(maps={"": arguments.map}))
    workload = emit.emit(mapped, [{graph.inputs[0]: row} for row in tokens])
    result = run.run_schedule(workload.schedule, timing=timing, tessera=arguments.tessera,
                              elf=arguments.elf, timeout=arguments.timeout)
    scores = np.stack([values[graph.outputs[0]] for values in workload.read_outputs(result)])
    stored = sum(span.bytes for span in workload.schedule.constants)
    return scores, [result.cycles, stored, breakdown.dma_bytes(workload.schedule)]


def functional_scores(graph, tokens, soc, arguments):
    """Scores of any number of sequences in functional mode."""
    parts = [platform_run(graph, tokens[start:start + PER_RUN], soc, "functional", arguments)[0]
             for start in range(0, len(tokens), PER_RUN)]
    return np.concatenate(parts)


def cell(accuracy):
    """An accuracy as the table has it."""
    return f"{100 * accuracy:.2f} %"


def on_platform(graph, tokens, answers, expected, arguments):
    """Cells of the platform's columns, and whether every byte is numpy's."""
    soc = load_soc(arguments.config, arguments.set, arguments.tessera)
    found = functional_scores(graph, tokens, soc, arguments)
    sample, costs = platform_run(graph, tokens[:arguments.sample], soc, "cycle", arguments)
    is_equal = np.array_equal(found, expected)
    is_sample_equal = np.array_equal(sample, expected[:arguments.sample])
    return ([cell(integer.accuracy_of(found, answers)), "yes" if is_equal else "NO",
             f"{'yes' if is_sample_equal else 'NO'} ({len(sample)})",
             *(f"{cost:,}" for cost in costs)], is_equal and is_sample_equal)


def evaluate(case, arguments):
    """Prints the row of one case. Returns whether all is as it should be."""
    task, length, variant, recorded_float, recorded_integer = case
    graph = store.model(task, length, variant)
    tokens, answers = (part[:arguments.count] for part in store.test_set(task, length))
    expected = integer.scores(graph, tokens)
    accuracy = integer.accuracy_of(expected, answers)
    is_whole = arguments.count is None
    is_good = not is_whole or accuracy == recorded_integer
    row = [variant or task, str(length), str(len(tokens)), cell(recorded_float), cell(accuracy)]
    if not arguments.numpy:
        cells, is_equal = on_platform(graph, tokens, answers, expected, arguments)
        row += cells
        is_good = is_good and is_equal
    print("| " + " | ".join(row) + " |", flush=True)
    if is_whole and accuracy != recorded_integer:
        print(f"evaluate.py: {row[0]}: accuracy {accuracy}; recorded: {recorded_integer}",
              file=sys.stderr)
    return is_good


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", choices=(*store.LENGTHS, "pruned"),
                        default=tuple(store.LENGTHS))
    parser.add_argument("--numpy", action="store_true", help="leave the platform out")
    parser.add_argument("--config", default=str(ROOT / "configs" / "tessera.yaml"),
                        help="the machine")
    parser.add_argument("--set", action="append", default=[], metavar="soc.key=value",
                        help="changes the machine, as in tessera run")
    parser.add_argument("--map", choices=mapping.MAPS, default="auto", help="devices of the layers")
    parser.add_argument("--count", type=int, help="sequences; default: the whole test set")
    parser.add_argument("--sample", type=int, default=2, help="sequences in cycle mode")
    parser.add_argument("--tessera", type=pathlib.Path, help="default: of the release build")
    parser.add_argument("--elf", type=pathlib.Path, help="the firmware `encoder`; same default")
    parser.add_argument("--timeout", type=int, default=3600, help="seconds of one run")
    arguments = parser.parse_args()
    titles = ["model", "S", "sequences", "float", "integer (numpy)"]
    if not arguments.numpy:
        titles += ["platform", "scores identical", "identical in cycle mode", "cycles",
                   "L2 bytes", "DMA bytes"]
    print("| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|", flush=True)
    return 0 if all([evaluate(case, arguments) for case in cases(arguments.tasks)]) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ModelError, SocError, run.RunError) as error:
        sys.exit(f"evaluate.py: {error}")
