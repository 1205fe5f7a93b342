# SPDX-License-Identifier: Apache-2.0
"""ITA's integer arithmetic in numpy, bit-exact, in the three flavours of models/ita.

Names of arrays are those of the golden files: S sequence length, E embedding, P projection,
F feed-forward size; weights [inputs][outputs]; biases int32. All products are computed in int64.
"""
import collections
import dataclasses

import numpy as np

SOFTMAX_GROUP = 16
GELU_BITS = 26


@dataclasses.dataclass(frozen=True)
class Flavour:
    """Everything in which the generations of ITA differ."""

    name: str
    accumulator_bits: int
    product_bits: int
    order: tuple  # phases in the order of the requantisation constants
    softmax_shift: int
    exp_unit: int
    inverse_numerator: int
    denominator_bits: int
    output_add_is_int8: bool


RTL_ORDER = ("Q", "K", "V", "QK", "AV", "OW", "F1", "F2")
FLAVOURS = {
    flavour.name: flavour
    for flavour in (
        Flavour("rtl", 26, 35, RTL_ORDER, 0, 256, 255 * 256, 19, False),
        Flavour("rtl_2024_08", 26, 35, RTL_ORDER, 5, 256, 255 * 256, 19, False),
        Flavour("mempool", 32, 32, ("Q", "K", "QK", "V", "AV", "OW"), 5, 1024, 127 * 1024, 32,
                True),
    )
}

Requant = collections.namedtuple("Requant", "mult shift add")
"""Requantisation constants: mult and shift unsigned 8 bit, add signed."""

Gelu = collections.namedtuple("Gelu", "b c")
"""Constants of GELU, signed 16 bit."""


def wrap(values, bits):
    """Reduces int64 values to `bits` bits of two's complement."""
    values = np.asarray(values, np.int64)
    offset = np.int64(1 << (bits - 1))
    return ((values + offset) & np.int64((1 << bits) - 1)) - offset


def requantise(accumulators, requant, flavour):
    """floor(x * mult / 2^shift + 1/2) + add, saturated.

    Args:
        accumulators: int64, any shape.
        requant: Requant.
        flavour: Flavour.
    Returns: int8, same shape.
    """
    product = wrap(np.asarray(accumulators, np.int64) * int(requant.mult), flavour.product_bits)
    shift = min(int(requant.shift), 63)
    rounded = product >> shift
    if shift > 0:
        rounded = rounded + ((product >> (shift - 1)) & 1)
    return np.clip(rounded + int(requant.add), -128, 127).astype(np.int8)


def activation(values, kind, gelu, requant, flavour):
    """Identity, ReLU or GELU after a phase's requantiser.

    Args:
        values: int8, any shape.
        kind: "identity", "relu" or "gelu".
        gelu: Gelu, used by "gelu".
        requant: Requant, used by "relu" and "gelu".
        flavour: Flavour.
    Returns: int8, same shape.
    Raises: ValueError for any other kind.
    """
    if kind == "identity":
        return np.array(values, np.int8)
    wide = np.asarray(values, np.int64)
    if kind == "relu":
        return requantise(np.maximum(wide, 0), requant, flavour)
    if kind != "gelu":
        raise ValueError(f"activation '{kind}'; allowed: identity, relu, gelu")
    limit = wrap(-int(gelu.b), 16)
    erf = (np.minimum(np.abs(wide), limit) + int(gelu.b)) ** 2 + int(gelu.c)
    result = wide * (np.where(wide < 0, -erf, erf) + int(gelu.c))
    return requantise(wrap(result, GELU_BITS), requant, flavour)


def softmax(logits, flavour):
    """Streaming integer softmax of each row, 16 columns at a time.

    Args:
        logits: int8 [rows][columns], columns a multiple of 16.
        flavour: Flavour.
    Returns: uint8 [rows][columns], as they enter the AV product.
    Raises: ValueError when columns is not a multiple of 16.
    """
    logits = np.asarray(logits, np.int64)
    rows, columns = logits.shape
    if columns % SOFTMAX_GROUP:
        raise ValueError(f"{columns} columns; allowed: multiples of {SOFTMAX_GROUP}")

    def scaled(value, difference):
        distance = (difference + ((1 << flavour.softmax_shift) >> 1)) >> flavour.softmax_shift
        return value >> np.minimum(distance, 31)

    highest = np.full(rows, -128, np.int64)
    denominator = np.zeros(rows, np.int64)
    for start in range(0, columns, SOFTMAX_GROUP):
        group = logits[:, start:start + SOFTMAX_GROUP]
        new = np.maximum(highest, group.max(axis=1))
        exponentials = scaled(flavour.exp_unit, new[:, None] - group).sum(axis=1)
        denominator = scaled(denominator, new - highest) + exponentials
        denominator &= (1 << flavour.denominator_bits) - 1
        highest = new
    # The serial divider answers all ones to a denominator of 0 (19 bits that wrapped).
    inverse = np.where(denominator == 0, (1 << flavour.denominator_bits) - 1,
                       flavour.inverse_numerator // np.maximum(denominator, 1))
    return (scaled(inverse[:, None], highest[:, None] - logits) & 0xFF).astype(np.uint8)


def product(streamed, weights, bias, flavour):
    """streamed [rows][depth] x weights [depth][columns] + bias [columns] or None, wrapped int64."""
    sums = np.asarray(streamed, np.int64) @ np.asarray(weights, np.int64)
    if bias is not None:
        sums = sums + np.asarray(bias, np.int64)
    return wrap(sums, flavour.accumulator_bits)


def linear(streamed, weights, bias, requant, flavour, kind="identity", gelu=None,
           activation_requant=None):
    """One matrix product with requantisation and activation; shapes as product(). Returns int8."""
    values = requantise(product(streamed, weights, bias, flavour), requant, flavour)
    return activation(values, kind, gelu, activation_requant, flavour)


def head(operands, requants, flavour):
    """One attention head with every intermediate.

    Args:
        operands: mapping with int8 Q, K [S][E] (K is also the values), Wq, Wk, Wv [E][P],
            Wo [P][E] and int32 Bq, Bk, Bv [P], Bo [E].
        requants: sequence of Requant in the flavour's order.
        flavour: Flavour.
    Returns: dict of Qp, Kp, Vp, O int8 [S][P], A int8 [S][S], Psoft uint8 [S][S],
        Out int8 [S][E].
    """
    constants = dict(zip(flavour.order, requants))
    if flavour.output_add_is_int8:
        output = constants["OW"]
        constants["OW"] = output._replace(add=wrap(output.add, 8))

    def phase(name, streamed, weights, bias):
        return linear(streamed, weights, bias, constants[name], flavour)

    result = {
        "Qp": phase("Q", operands["Q"], operands["Wq"], operands["Bq"]),
        "Kp": phase("K", operands["K"], operands["Wk"], operands["Bk"]),
        "Vp": phase("V", operands["K"], operands["Wv"], operands["Bv"]),
    }
    result["A"] = phase("QK", result["Qp"], result["Kp"].T, None)
    result["Psoft"] = softmax(result["A"], flavour)
    result["O"] = phase("AV", result["Psoft"], result["Vp"], None)
    result["Out"] = phase("OW", result["O"], operands["Wo"], operands["Bo"])
    return result


def sum_heads(outputs, requant, flavour):
    """What software does with the heads' outputs [H][S][E]: int32 sum, requantised to int8."""
    return requantise(np.asarray(outputs, np.int64).sum(axis=0), requant, flavour)


def feed_forward(operands, requants, kind, gelu, activation_requant, flavour):
    """F1 with activation, then F2.

    Args:
        operands: mapping with int8 FF [S][E], Wff [E][F], Wff2 [F][E], int32 Bff [F], Bff2 [E].
        requants: two Requant, of F1 and F2.
        kind, gelu, activation_requant: of F1, as in activation().
        flavour: Flavour.
    Returns: dict of F1 int8 [S][F] and F2 int8 [S][E].
    """
    first = linear(operands["FF"], operands["Wff"], operands["Bff"], requants[0], flavour, kind,
                   gelu, activation_requant)
    second = linear(first, operands["Wff2"], operands["Bff2"], requants[1], flavour)
    return {"F1": first, "F2": second}


def operand_block_fields(s, e, p):
    """Fields of MemPool's operand block in the order of memory.

    Returns: list of (name, rows, columns, is_split, is_transposed); biases have rows 0 and are
    int32, all others int8. Split: blocks of 16 columns of all rows, one after another.
    """
    return [("Wo", e, p, False, True), ("Wv", p, e, False, True), ("Wk", p, e, False, True),
            ("Q", s, e, True, False), ("K", s, e, True, False), ("Wq", p, e, True, True),
            ("Bo", 0, e, False, False), ("Bv", 0, p, False, False), ("Bk", 0, p, False, False),
            ("Bq", 0, p, False, False)]


def pack_operand_block(operands):
    """The bytes at START_ADDR for one head; `operands` as for head(). Returns uint8 [bytes]."""
    s, e = operands["Q"].shape
    p = operands["Wq"].shape[1]
    parts = []
    for name, rows, columns, is_split, is_transposed in operand_block_fields(s, e, p):
        array = np.asarray(operands[name], np.int8 if rows else np.int32)
        if is_transposed:
            array = array.T
        if is_split:
            array = array.reshape(rows, columns // 16, 16).transpose(1, 0, 2)
        parts.append(np.frombuffer(np.ascontiguousarray(array).tobytes(), np.uint8))
    return np.concatenate(parts)


def unpack_operand_block(block, s, e, p):
    """The operands of head() from the bytes at START_ADDR (uint8 [bytes])."""
    operands = {}
    offset = 0
    for name, rows, columns, is_split, is_transposed in operand_block_fields(s, e, p):
        size = rows * columns if rows else 4 * columns
        part = block[offset:offset + size]
        offset += size
        if not rows:
            operands[name] = part.view(np.int32)
            continue
        array = part.view(np.int8)
        if is_split:
            array = array.reshape(columns // 16, rows, 16).transpose(1, 0, 2)
        array = array.reshape(rows, columns)
        operands[name] = array.T if is_transposed else array
    return operands
