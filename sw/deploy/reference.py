# SPDX-License-Identifier: Apache-2.0
"""Runs a model in numpy, layer by layer, with the bit-exact twins of ops.py.

What the platform computes has to equal this byte for byte.
"""
import numpy as np

from . import ops
from .operators import ModelError, per_head


def run(graph, inputs, keep=False, replaced=None):
    """The results of a model.

    Args:
        graph: Graph.
        inputs: dict of input name -> array of the input's shape and type.
        keep: return every tensor that is computed, not only the outputs.
        replaced: operator -> function that is used instead of that of OPERATORS.
    Returns: dict of tensor name -> array.
    Raises: ModelError for inputs that do not fit.
    """
    values = {tensor.name: tensor.value for tensor in graph.tensors.values()
              if tensor.value is not None}
    for name in graph.inputs:
        values[name] = checked_input(graph, name, inputs)
    functions = {**OPERATORS, **(replaced or {})}
    for node in graph.nodes:
        operands = [values[name] for name in node.inputs]
        result = functions[node.op](*operands, **node.attributes)
        values[node.output] = result.reshape(graph.tensors[node.output].shape)
    names = [node.output for node in graph.nodes] if keep else graph.outputs
    return {name: values[name] for name in names}


def checked_input(graph, name, inputs):
    """The array for an input, converted to its type when no value changes."""
    if name not in inputs:
        raise ModelError(name, f"no value for this input; given: {', '.join(inputs) or 'none'}")
    tensor, value = graph.tensors[name], np.asarray(inputs[name])
    if value.shape != tensor.shape:
        raise ModelError(name, f"input has shape {list(value.shape)}; "
                         f"expected {list(tensor.shape)}")
    if value.dtype.kind not in "biuf":
        raise ModelError(name, f"input of type {value.dtype}; expected numbers")
    with np.errstate(invalid="ignore"):  # not a number is not equal to what it becomes
        converted = value.astype(tensor.dtype)
    if not np.array_equal(converted, value):
        raise ModelError(name, f"input holds values outside {tensor.dtype}")
    limit = graph.id_limit(name)
    if limit is not None and value.size and int(value.max()) >= limit:
        raise ModelError(name, f"id {int(value.max())}; allowed: 0..{limit - 1}, rows of the table")
    return converted


def requant_of(constants):
    """ops.Requant from {mult, shift, add}."""
    return ops.Requant(constants["mult"], constants["shift"], constants["add"])


def linear(x, weight, bias, requant, activation, output, block):
    del block
    if output == "int32":
        return ops.gemm_int32(x, weight, bias)
    if activation is None:
        return ops.gemm(x, weight, bias, requant_of(requant))
    gelu = ops.Gelu(activation["b"], activation["c"]) if activation["kind"] == "gelu" else None
    return ops.gemm(x, weight, bias, requant_of(requant), activation["kind"], gelu,
                    requant_of(activation))


def attention(q, k, v, heads, qk, av):
    width = q.shape[1] // heads
    results = []
    for head, (qk_requant, av_requant) in enumerate(zip(per_head(qk, heads), per_head(av, heads))):
        columns = slice(head * width, (head + 1) * width)
        logits = ops.gemm(q[:, columns], k[:, columns], None, requant_of(qk_requant))
        results.append(ops.gemm(ops.softmax(logits), v[:, columns].T, None,
                                requant_of(av_requant)))
    return np.concatenate(results, axis=1)


def residual_add(a, b, requant_a, requant_b):
    return ops.residual_add(a, b, *((requant["mult"], requant["shift"])
                                    for requant in (requant_a, requant_b)))


def gemm(a, b, c, alpha, beta, trans_a, trans_b):
    return ops.gemm_int32(a.T if trans_a else a, b if trans_b else b.T, c, alpha, beta)


def convolution(x, weight, strides, pads):
    return np.stack([ops.convolution(image, weight, strides, pads) for image in x])


def max_pool(x, kernel, strides, pads):
    return np.stack([ops.max_pool(image, kernel, strides, pads) for image in x])


OPERATORS = {
    "Linear": linear,
    "Attention": attention,
    "ResidualAdd": residual_add,
    "LayerNorm": ops.layer_norm,
    "Embedding": ops.embedding,
    "Mean": ops.mean,
    "MatMul": lambda a, b: ops.gemm_int32(a, np.swapaxes(b, -1, -2)),
    "Gemm": gemm,
    "Add": ops.add,
    "RequantShift": ops.requant_shift,
    "Conv": convolution,
    "MaxPool": max_pool,
    "Transpose": lambda x, perm: ops.transpose(x, perm),
    "Reshape": lambda x, shape: x.reshape(shape),
    "Gather": lambda x, axis, index: ops.gather(x, index, axis),
    "ITAPartialMax": ops.partial_max,
    "iSoftmax": lambda x, coeff_a, coeff_b, coeff_c, log2, levels: ops.i_softmax(
        x, coeff_a, coeff_b, coeff_c, log2, levels),
    "iGELU": ops.i_gelu,
}
"""Operator -> function of the operands in order and the attributes by name."""
