#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fits cost.KERNEL_CYCLES to runs in cycle timing, and prints the table and how well it fits.

    calibrate.py [--config configs/tessera.yaml] [NETWORK.onnx ...]

Kernels that no model uses keep their numbers.
"""
import argparse
import collections
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "sw"))
from deploy import cost, emit, models, onnx_import, plan  # noqa: E402
from deploy.run import run_schedule  # noqa: E402
from deploy.soc import load_soc  # noqa: E402

ENCODERS = ((64, 64, 32, 2, 128), (128, 128, 32, 4, 512), (256, 64, 64, 1, 128),
            (16, 256, 64, 4, 256))


def samples(graph, soc, arguments):
    """kernel -> [(features, measured cycles)] of one run on the cores."""
    made = plan.make_plan(graph, soc, plan.Options(maps={"": "cores"}))
    workload = emit.emit(made, models.random_inputs(graph))
    result = run_schedule(workload.schedule, timing="cycle", **arguments)
    found = collections.defaultdict(list)
    for handle, task in workload.tasks.items():
        start, end = result.logs[handle.engine][handle.count - 1]
        workers = workload.schedule.workers(task.team)
        found[task.kernel].append((cost.features(task, workers), int(end - start)))
    return found


def fit(rows):
    """Coefficients (fixed, per feature), none negative, by relative least squares."""
    counts = np.array([[1, *features] for features, _ in rows], float)
    cycles = np.array([measured for _, measured in rows], float)
    columns = [0] + [column for column in range(1, counts.shape[1]) if counts[:, column].any()]
    while True:
        part = counts[:, columns] / cycles[:, None]
        solution = np.linalg.lstsq(part, np.ones(len(cycles)), rcond=None)[0]
        if (solution >= 0).all() or len(columns) == 1:
            break
        del columns[int(np.argmin(solution))]
    result = np.zeros(counts.shape[1])
    result[columns] = solution
    return result, np.abs(counts @ result / cycles - 1).mean()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--config", default=str(ROOT / "configs/tessera.yaml"))
    parser.add_argument("--tessera")
    parser.add_argument("--elf")
    parser.add_argument("networks", nargs="*", metavar="NETWORK.onnx")
    options = parser.parse_args(arguments)
    soc = load_soc(options.config, (), options.tessera)
    graphs = [models.encoder(*sizes) for sizes in ENCODERS]
    graphs += [onnx_import.load(path) for path in options.networks]
    collected = collections.defaultdict(list)
    for graph in graphs:
        run = {"tessera": options.tessera, "elf": options.elf, "timeout": 1800}
        for kernel, rows in samples(graph, soc, run).items():
            collected[kernel] += rows
    for kernel, rows in sorted(collected.items()):
        coefficients, error = fit(rows)
        numbers = ", ".join(f"{value:.3g}" for value in coefficients)
        print(f'"{kernel}": ({numbers}),  # {len(rows)} calls, mean error {100 * error:.0f} %')


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
