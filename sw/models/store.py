# SPDX-License-Identifier: Apache-2.0
"""The committed models, test sets and results in data/: reading, and writing after a training."""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from deploy import graph as deploy_graph  # pylint: disable=wrong-import-position

DATA = pathlib.Path(__file__).resolve().parent / "data"
ATTRIBUTES = "attributes"  # of the layers that differ, as JSON in a variant's file
LENGTHS = {"classifier": (128, 256), "recall": (512,)}
"""Sequence lengths of the committed models; the longest is the one on disk."""


def model(name, length=None, variant=None, directory=DATA):
    """A committed model as Graph.

    Args:
        name: key of LENGTHS.
        length: sequence length; a shorter one takes the first rows of the position table.
        variant: name of changed weights that save_variant() has written, or None.
    """
    path = pathlib.Path(directory) / f"{name}.json"
    description = deploy_graph.read_json(path)
    constants = deploy_graph.load_arrays(path.with_suffix(".npz"))
    if variant is not None:
        changed = deploy_graph.load_arrays(path.with_name(f"{name}_{variant}.npz"))
        attributes = json.loads(changed.pop(ATTRIBUTES).tobytes())
        constants.update(changed)
        for node in description["nodes"]:
            node["attributes"] = attributes.get(node["name"], node["attributes"])
    if length is not None:
        description["inputs"][0]["shape"] = [length]
        constants["embedding.positions"] = constants["embedding.positions"][:length]
    return deploy_graph.build(description, constants)


def save_variant(name, variant, changed, directory=DATA):
    """Writes what differs between a Graph and the committed model of that name."""
    base = model(name, directory=directory)
    constants = {tensor.name: tensor.value for tensor in changed.tensors.values()
                 if tensor.value is not None
                 and not np.array_equal(tensor.value, base.value(tensor.name))}
    attributes = {node.name: node.attributes for node, before in zip(changed.nodes, base.nodes)
                  if node.attributes != before.attributes}
    constants[ATTRIBUTES] = np.frombuffer(json.dumps(attributes).encode(), np.uint8)
    np.savez_compressed(pathlib.Path(directory) / f"{name}_{variant}.npz", **constants)


def test_set(name, length=None, directory=DATA):
    """(tokens uint16 [N][length], answers int8 [N] or [N][length]) of a task."""
    with np.load(pathlib.Path(directory) / f"{name}_test.npz") as data:
        return data["tokens"][:, :length], data["answers"]


def save_test_set(name, tokens, answers, directory=DATA):
    """Writes what test_set() reads."""
    np.savez_compressed(pathlib.Path(directory) / f"{name}_test.npz",
                        tokens=np.asarray(tokens, np.uint16), answers=np.asarray(answers, np.int8))


def results(directory=DATA):
    """Recorded figures: task -> name -> number."""
    path = pathlib.Path(directory) / "results.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def record(task, figures, directory=DATA):
    """Replaces the recorded figures of one task."""
    everything = results(directory)
    everything[task] = figures
    path = pathlib.Path(directory) / "results.json"
    path.write_text(json.dumps(everything, indent=1, sort_keys=True) + "\n", encoding="utf-8")
