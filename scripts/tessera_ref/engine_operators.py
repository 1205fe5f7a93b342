# SPDX-License-Identifier: Apache-2.0
"""What the attention engine computes beside attention, in integers, in numpy.

Written from the formulas, not from the simulator.
"""
import math

import numpy as np

from tessera_ref import ita, sparse_attention


def gemm(a, weights, bias, kept, requant):
    """requantise(bias[c] + sum over m of a[r][m] * w[c][m] where kept[c][m]).

    Args: a int8 [rows][depth]; weights int8 [outputs][depth]; bias int32 [outputs] or None; kept
    bool like weights; requant: ita.Requant, mult of 16 bits.
    Returns: int8 [rows][outputs].
    """
    sums = a.astype(np.int64) @ np.where(kept, weights, 0).astype(np.int64).T
    return sparse_attention.requantise(sums if bias is None else sums + bias, requant)


def softmax(logits):
    """ITA's streaming softmax of each row in groups of 16 columns. int8 -> uint8."""
    return sparse_attention.softmax(logits, np.ones(logits.shape, bool), logits.shape[1])


def layer_norm(rows, weight, bias, requant):
    """I-BERT's integer layer normalisation. Source: IntLayerNorm of kssteven418/I-BERT.

    Args: rows int8 [rows][columns]; weight int8, bias int32 [columns].
    """
    out = np.empty(rows.shape, np.int8)
    for index, row in enumerate(rows.astype(np.int64)):
        columns = len(row)
        centred = row - (2 * row.sum() + columns) // (2 * columns)
        deviation = math.isqrt(int((centred ** 2).sum()))
        factor = (1 << 31) // deviation if deviation else 0
        normalised = (centred * factor) // 2
        out[index] = sparse_attention.requantise((normalised + bias) * weight, requant)
    return out


def gelu(values, constants, requant):
    """ITA's GELU polynomial, requantised without a wrap of the product.

    Args: values int8; constants: ita.Gelu.
    """
    wide = values.astype(np.int64)
    limit = ita.wrap(-int(constants.b), 16)
    erf = (np.minimum(np.abs(wide), limit) + int(constants.b)) ** 2 + int(constants.c)
    result = wide * (np.where(wide < 0, -erf, erf) + int(constants.c))
    return sparse_attention.requantise(ita.wrap(result, ita.GELU_BITS), requant)


def quantise_low(values, bits):
    """round(x * (2^(bits-1) - 1) / max|x|), halves away from 0."""
    wide = values.astype(np.int64)
    highest = int(np.abs(wide).max())
    if highest == 0:
        return wide
    top = (1 << (bits - 1)) - 1
    return np.sign(wide) * ((2 * np.abs(wide) * top + highest) // (2 * highest))


def select(q, k, keep, bits):
    """The `keep` keys of each query with the largest low-bit products; of equal ones the first.

    Args: q int8 [queries][d]; k int8 [keys][d].
    Returns: bool [queries][keys].
    """
    products = quantise_low(q, bits) @ quantise_low(k, bits).T
    best = np.argsort(-products, axis=1, kind="stable")[:, :keep]
    kept = np.zeros(products.shape, bool)
    np.put_along_axis(kept, best, True, axis=1)
    return kept


def pack_bits(kept):
    """A token bitmap: rows of bits, LSB first, padded to 8 bytes. bool [rows][columns] -> uint8."""
    columns = -(-kept.shape[1] // 64) * 64
    padded = np.zeros((kept.shape[0], columns), bool)
    padded[:, :kept.shape[1]] = kept
    return np.packbits(padded, axis=1, bitorder="little")
