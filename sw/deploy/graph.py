# SPDX-License-Identifier: Apache-2.0
"""A quantised model: tensors, constants and layers in the order in which they are computed.

    graph = Graph("dense")
    x = graph.input("x", (64, 128))
    y = graph.add("Linear", x, weights, biases, name="fc", requant={"mult": 80, "shift": 12,
                                                                      "add": 0})
    graph.output(y)
    graph.save("out/dense.json")

On disk a model is <name>.json (layers) beside <name>.npz (constants by tensor name); README.md
has the format. Every layer is checked when it is added, so a loaded model is a valid one.
"""
import collections
import dataclasses
import json
import pathlib
import zipfile
import zlib

import numpy as np

from . import operators
from .operators import ModelError

FORMAT_VERSION = 1


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A value between layers, an input, or a constant. value: numpy array of a constant."""

    name: str
    shape: tuple
    dtype: str
    value: np.ndarray = None

    @property
    def bytes(self):
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


@dataclasses.dataclass
class Node:
    """A layer; inputs and output are names of tensors, attributes are complete."""

    name: str
    op: str
    inputs: list
    output: str
    attributes: dict


class Graph:
    """A model. Layers may only use tensors that exist already, so their order can be executed."""

    def __init__(self, name):
        self.name = name
        self.tensors = {}
        self.nodes = []
        self.inputs = []
        self.outputs = []

    def input(self, name, shape, dtype="int8"):
        """Adds an input. Returns its name."""
        operators.need(dtype in operators.INTEGERS, name,
                       f"input of type {dtype}; allowed: {', '.join(operators.INTEGERS)}")
        operators.need_integers(name, "shape", shape, low=1)
        operators.need(len(shape) > 0, name, "input of shape []; allowed: one size and more")
        self._add_tensor(Tensor(name, tuple(shape), dtype))
        self.inputs.append(name)
        return name

    def constant(self, name, value):
        """Adds a constant tensor (numpy array of an integer type of INTEGERS). Returns its name."""
        value = np.asarray(value)
        value = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        operators.need(value.dtype.name in operators.INTEGERS, name,
                       f"constant of type {value.dtype.name}; "
                       f"allowed: {', '.join(operators.INTEGERS)}")
        self._add_tensor(Tensor(name, value.shape, value.dtype.name, value))
        return name

    def add(self, op, *inputs, name=None, result=None, **attributes):
        """Adds a layer and checks it.

        Args:
            op: key of operators.OPERATORS.
            inputs: names of tensors; arrays become constants <layer>.<operand>.
            name: of the layer; default: operator and number.
            result: name of the result; default: that of the layer.
            attributes: of the operator.
        Returns: name of the result.
        Raises: ModelError.
        """
        name = name or f"{op}_{len(self.nodes)}"
        return self.add_layer(name, op, inputs, result or name, attributes)

    def add_layer(self, name, op, inputs, result, attributes):
        """add(), with attributes of any name."""
        operators.need(all(node.name != name for node in self.nodes), name,
                       "there are two layers of this name")
        known = operators.OPERATORS.get(op)
        inputs = [self._input_name(name, known, index, value) for index, value in enumerate(inputs)]
        operands = [self._operand(name, tensor) for tensor in inputs]
        complete, shape, dtype = operators.infer(name, op, operands, attributes)
        operators.need(op != "Embedding" or inputs[0] in self.inputs, name,
                       f"ids '{inputs[0]}' are computed; allowed: an input, whose values are "
                       "checked")
        self._add_tensor(Tensor(result, shape, dtype), name)
        self.nodes.append(Node(name, op, inputs, result, complete))
        return result

    def output(self, name):
        """Declares a tensor to be a result of the model."""
        operators.need(name in self.tensors, name, "output is not a tensor of this model")
        operators.need(self.value(name) is None, name, "output is a constant")
        self.outputs.append(name)

    def producers(self):
        """Tensor name -> Node that computes it."""
        return {node.output: node for node in self.nodes}

    def consumers(self):
        """Tensor name -> list of Nodes that use it."""
        result = collections.defaultdict(list)
        for node in self.nodes:
            for name in node.inputs:
                result[name].append(node)
        return result

    def value(self, name):
        """Array of a constant, or None."""
        return self.tensors[name].value

    def id_limit(self, name):
        """Rows of the smallest table that an input's values choose from, or None."""
        rows = [self.tensors[node.inputs[1]].shape[0] for node in self.nodes
                if node.op == "Embedding" and node.inputs[0] == name]
        return min(rows, default=None)

    def save(self, path):
        """Writes <path>.json and .npz; only constants in use are written."""
        path = pathlib.Path(path).with_suffix(".json")
        used = {name for node in self.nodes for name in node.inputs}
        constants = {tensor.name: tensor.value for tensor in self.tensors.values()
                     if tensor.value is not None and tensor.name in used}
        path.write_text(json.dumps(self._description(), indent=1) + "\n", encoding="utf-8")
        np.savez_compressed(path.with_suffix(".npz"), **constants)

    def _description(self):
        def ports(names):
            return [{"name": name, "shape": list(self.tensors[name].shape),
                     "dtype": self.tensors[name].dtype} for name in names]

        nodes = [{"name": node.name, "op": node.op, "inputs": node.inputs,
                  "outputs": [node.output], "attributes": node.attributes} for node in self.nodes]
        return {"version": FORMAT_VERSION, "name": self.name, "inputs": ports(self.inputs),
                "outputs": ports(self.outputs), "nodes": nodes}

    def _add_tensor(self, tensor, layer=None):
        operators.need(tensor.name not in self.tensors, layer or tensor.name,
                       f"there are two tensors '{tensor.name}'")
        self.tensors[tensor.name] = tensor

    def _input_name(self, layer, operator, index, value):
        if isinstance(value, str):
            return value
        names = operator.inputs if operator else ()
        operand = names[index] if index < len(names) else str(index)
        return self.constant(f"{layer}.{operand}", value)

    def _operand(self, layer, name):
        operators.need(name in self.tensors, layer,
                       f"input '{name}' is neither a constant nor computed before")
        tensor = self.tensors[name]
        return operators.Operand(tensor.shape, tensor.dtype, tensor.value)


def load(path):
    """Reads <path>.json and the .npz beside it.

    Returns: Graph.
    Raises: ModelError, with the file's name where no layer is to blame.
    """
    path = pathlib.Path(path)
    description = read_json(path)
    constants = load_arrays(path.with_suffix(".npz"))
    try:
        version = description["version"]
        if version != FORMAT_VERSION:
            raise ModelError(str(path), f"format version {version}; expected {FORMAT_VERSION}")
        return build(description, constants)
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError(str(path), f"not a model: {type(error).__name__} {error}") from error


def build(description, constants):
    """Graph from the parsed JSON and a dictionary of arrays. Raises ModelError, KeyError."""
    graph = Graph(description["name"])
    for port in description["inputs"]:
        graph.input(port["name"], port["shape"], port["dtype"])
    for name, value in constants.items():
        graph.constant(name, value)
    for node in description["nodes"]:
        outputs, attributes = node["outputs"], node.get("attributes", {})
        operators.need(len(outputs) == 1, node["name"], f"{len(outputs)} outputs; allowed: 1")
        operators.need(isinstance(attributes, dict), node["name"],
                       f"attributes={attributes!r}; expected names with values")
        graph.add_layer(node["name"], node["op"], node["inputs"], outputs[0], attributes)
    for port in description["outputs"]:
        graph.output(port["name"])
        tensor = graph.tensors[port["name"]]
        declared = (tuple(port["shape"]), port["dtype"])
        operators.need(declared == (tensor.shape, tensor.dtype), port["name"],
                       f"declared as {declared[1]} {list(declared[0])}, "
                       f"computed as {tensor.dtype} {list(tensor.shape)}")
    return graph


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(str(path), error.strerror) from error
    except ValueError as error:
        raise ModelError(str(path), f"not JSON: {error}") from error


def load_arrays(path):
    """Arrays of an .npz file by name. Raises ModelError with the file's name."""
    try:
        with np.load(path) as data:
            return {name: data[name] for name in data.files}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(str(path), str(error)) from error
    except (AttributeError, TypeError) as error:  # np.load gives an array for an .npy file
        raise ModelError(str(path), "not an .npz file: it holds one array without a name") \
            from error
