#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Maps a quantised model to a machine, explains the plan, runs it, checks the result.

    deploy.py model.onnx --config configs/tessera.yaml --explain
    deploy.py encoder:64,128,192,1,256 --run --timing cycle --check
    deploy.py model.json -o out/work.img
    deploy.py encoder:128,256,64,4,512 --sweep

MODEL is an ONNX network, a .json model (README.md), or random: dense:M,K,N or
encoder:S,E,P,H,F[,LAYERS[,PARTS]].
"""
import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from deploy import (cost, emit, graph as graphs, mapping, models, onnx_import,  # noqa: E402
                    plan as plans, reference, sweep)
from deploy.operators import ModelError  # noqa: E402
from deploy.run import RunError, run_schedule  # noqa: E402
from deploy.commands import ScheduleError  # noqa: E402
from deploy.soc import SocError, load_soc  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_model(options):
    """The Graph that MODEL names."""
    name = options.model
    if models.is_random(name):
        return models.random_model(name, options.seed)
    if name.endswith(".onnx"):
        return onnx_import.load(name, dict(pair(text, "--input-type", str)
                                           for text in options.input_type))
    if name.endswith(".json"):
        return graphs.load(name)
    raise ModelError(name, "a model is a .json or .onnx file, dense:M,K,N or encoder:S,E,P,H,F")


def pair(text, option, convert):
    """(name, value) of an argument name=value."""
    name, equals, value = text.rpartition("=")
    try:
        if not equals:
            raise ValueError
        return name, convert(value)
    except ValueError as error:
        raise ModelError(text, f"{option} expects name={convert.__name__}") from error


def load_inputs(graph, options):
    """Inputs of all iterations: from --inputs, else random.

    Arrays of the file are taken by the inputs' names, or in their order; with a leading dimension
    more than the model has, that one counts the iterations."""
    if not options.inputs:
        return models.random_inputs(graph, options.iterations, options.seed)
    arrays = graphs.load_arrays(options.inputs)
    if not set(graph.inputs) <= set(arrays):
        arrays = dict(zip(graph.inputs, arrays.values()))
    values = {name: per_iteration(graph, name, arrays) for name in graph.inputs}
    count = min(map(len, values.values()))
    return [{name: reference.checked_input(graph, name, {name: value[index]})
             for name, value in values.items()} for index in range(count)]


def per_iteration(graph, name, arrays):
    if name not in arrays:
        raise ModelError(name, "no value for this input")
    value = arrays[name]
    return value if value.ndim == len(graph.tensors[name].shape) + 1 else value[np.newaxis]


def plan_options(options):
    """plans.Options from the command line."""
    result = plans.Options(spilled=tuple(options.spill), depth=options.depth)
    for text in options.map:
        name, _, device = text.rpartition("=")
        result.maps[name] = device
    result.heads = dict(pair(text, "--heads", str) for text in options.heads)
    for text in options.order:
        name, _, order = text.rpartition("=")
        result.orders[name] = order
    for text in options.tile_bytes:
        if text.isdigit():
            result.tile_bytes = int(text)
        else:
            name, size = pair(text, "--tile-bytes", int)
            result.layer_tile_bytes[name] = size
    for size in (result.tile_bytes, *result.layer_tile_bytes.values()):
        if size is not None and size <= 0:
            raise ModelError("all", f"--tile-bytes {size}; allowed: positive numbers")
    return result


def expected_outputs(graph, inputs, options):
    """What the run has to give: list of dicts of arrays."""
    if options.expect:
        arrays = graphs.load_arrays(options.expect)
        if not set(graph.outputs) <= set(arrays):
            arrays = dict(zip(graph.outputs, arrays.values()))
        for name in graph.outputs:
            shape = graph.tensors[name].shape
            if name not in arrays or arrays[name].shape != shape:
                found = "nothing" if name not in arrays else f"shape {list(arrays[name].shape)}"
                raise ModelError(name, f"{options.expect} has {found} for this output; "
                                 f"expected {list(shape)}")
        return [arrays] * len(inputs)
    return [reference.run(graph, values) for values in inputs]


def compare(graph, outputs, expected):
    """Prints the verdict. Returns whether all is equal."""
    total = differing = 0
    for values, wanted in zip(outputs, expected):
        for name in graph.outputs:
            total += values[name].size
            differing += int(np.count_nonzero(values[name] != wanted[name]))
    print(f"{'FAIL' if differing else 'PASS'}: {differing} differing values of {total}, "
          f"{len(outputs)} iterations")
    return differing == 0


def deploy(options):
    """Does what the command line asks. Returns the exit code."""
    graph = load_model(options)
    soc = load_soc(options.config, options.set, options.tessera)
    inputs = load_inputs(graph, options)
    if options.sweep:
        return sweep_mappings(graph, soc, inputs, options)
    workload = emit.emit(plans.make_plan(graph, soc, plan_options(options)), inputs)
    if options.output:
        output_path(options.output).write_bytes(workload.schedule.image())
    if not options.run:
        if options.explain:
            print(cost.explain(workload))
        return 0
    result = execute(workload, options)
    outputs = workload.read_outputs(result)
    if options.explain:
        print(cost.explain(workload, result))
    print(f"{graph.name} on {soc.name}: {result.cycles} cycles ({options.timing} timing)")
    if options.save:
        np.savez(output_path(options.save), **{name: np.stack([values[name] for values in outputs])
                                  for name in graph.outputs})
    if options.check and not compare(graph, outputs, expected_outputs(graph, inputs, options)):
        return 1
    return 0


def output_path(name):
    """Path of a file to be written; its folder is there."""
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def execute(workload, options):
    """Result of a run."""
    return run_schedule(workload.schedule, timing=options.timing, tessera=options.tessera,
                        elf=options.elf, timeout=options.timeout)


def sweep_mappings(graph, soc, inputs, options):
    """Tries other mappings beside the one of the options. Returns the exit code."""
    base = plans.make_plan(graph, soc, plan_options(options))
    images, rows, code = set(), [], 0
    for added in sweep.variants(base):
        try:
            varied = plan_options(parse_command_line([*options.arguments, *added]))
            workload = emit.emit(plans.make_plan(graph, soc, varied), inputs)
        except (ModelError, ScheduleError) as error:
            rows.append(sweep.Row(added, refusal=str(error)))
            continue
        image = workload.schedule.image()
        if image in images:
            continue  # the option changes nothing here
        images.add(image)
        result = execute(workload, options) if options.run else None
        rows.append(sweep.row(added, workload, result))
        if result and options.check and not compare(
                graph, workload.read_outputs(result), expected_outputs(graph, inputs, options)):
            code = 1
    print(sweep.text(rows))
    if options.output:
        sweep.write_csv(output_path(options.output), rows)
    return code


def at_least(limit):
    """Converter of an argument: an integer that is not smaller."""
    def integer(text):
        value = int(text)
        if value < limit:
            raise argparse.ArgumentTypeError(f"{value}; allowed: {limit} and more")
        return value
    return integer


def parse_command_line(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--config", default=str(ROOT / "configs/tessera.yaml"), help="the machine")
    parser.add_argument("--set", action="append", default=[], metavar="soc.key=value",
                        help="changes the machine, as in tessera run")
    parser.add_argument("--input-type", action="append", default=[], metavar="NAME=TYPE",
                        help="type of an ONNX network's input; default int8")
    parser.add_argument("--inputs", metavar="NPZ", help="inputs; default: random")
    parser.add_argument("--seed", type=at_least(0), default=0, help="of random models and inputs")
    parser.add_argument("--iterations", type=at_least(1), help="with random inputs; default: 1")
    parser.add_argument("--map", action="append", default=[], metavar="[LAYER=]DEVICE",
                        help=f"{', '.join(mapping.MAPS)}; default auto")
    parser.add_argument("--heads", action="append", default=[], metavar="LAYER=HEADS",
                        help="of an attention layer: so many on ITAs, or ita:0-2,cores:3")
    parser.add_argument("--order", action="append", default=[], metavar="[LAYER=]ORDER",
                        help=f"{', '.join(mapping.ORDERS)}: which block of a product stays")
    parser.add_argument("--tile-bytes", action="append", default=[], metavar="[LAYER=]BYTES",
                        help="size of a streamed block")
    parser.add_argument("--spill", action="append", default=[], metavar="TENSOR",
                        help="keep this activation in L2")
    parser.add_argument("--depth", type=int, default=plans.DEPTH, choices=range(0, 9),
                        metavar="0..8", help="steps that transfers run ahead (1)")
    parser.add_argument("--explain", action="store_true", help="print the plan and its costs")
    parser.add_argument("--sweep", action="store_true",
                        help="a table of other mappings, too; with --run measured ones")
    parser.add_argument("-o", "--output", help="write the workload image; with --sweep a CSV")
    parser.add_argument("--run", action="store_true", help="run it on tessera")
    parser.add_argument("--timing", default="functional", choices=("functional", "cycle"))
    parser.add_argument("--check", action="store_true", help="compare with the numpy reference")
    parser.add_argument("--expect", metavar="NPZ", help="compare with these outputs instead")
    parser.add_argument("--save", metavar="NPZ", help="write the outputs of the run")
    parser.add_argument("--tessera",
                        help="the simulator; default: that of the build (PRESET, TESSERA_BUILD)")
    parser.add_argument("--elf", help="the firmware; default: encoder.elf of the build")
    parser.add_argument("--timeout", type=at_least(1), default=3600, help="of the run, in seconds")
    parser.set_defaults(arguments=arguments)
    options = parser.parse_args(arguments)
    for name in ("check", "expect", "save"):
        if getattr(options, name) and not options.run:
            parser.error(f"--{name} needs --run")
    if options.inputs and options.iterations:
        parser.error("--iterations is for random inputs; --inputs has its own number of them")
    options.check = options.check or bool(options.expect)
    options.iterations = options.iterations or 1
    return options


def main(arguments):
    """Returns 0; 1 when the check fails; 2 for what cannot be used; 3 when the run fails."""
    try:
        return deploy(parse_command_line(arguments))
    except (ModelError, SocError, ScheduleError, OSError) as error:
        print(f"deploy.py: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"deploy.py: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
