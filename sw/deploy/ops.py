# SPDX-License-Identifier: Apache-2.0
"""Numpy twins of the kernels in sw/kernels, bit-exact. Formulas in words: sw/kernels/README.md.

Operators of our own models use ITA's arithmetic in its `rtl` flavour; operators of imported ONNX
networks have the semantics of Deeploy's Generic kernels, on unsigned tensors (uint8) where Deeploy
stores them with an offset of half the levels.
"""
import numpy as np

from tessera_ref import ita

Requant = ita.Requant
Gelu = ita.Gelu
RTL = ita.FLAVOURS["rtl"]
ACTIVATIONS = ("identity", "relu", "gelu")


def wrap32(values):
    """int64 values reduced to 32 bits of two's complement, as int64."""
    return ita.wrap(values, 32)


def saturate(values, dtype):
    """Values clipped to the range of an integer dtype and converted to it."""
    limits = np.iinfo(dtype)
    return np.clip(values, limits.min, limits.max).astype(dtype)


def divide_to_zero(numerator, denominator):
    """Integer quotient, truncated towards zero as in C; arrays or numbers, int64."""
    quotient = np.abs(numerator) // np.abs(denominator)
    return np.where((np.asarray(numerator) < 0) != (np.asarray(denominator) < 0), -quotient,
                    quotient)


def gemm_int32(a, b, bias=None, alpha=1, beta=1):
    """alpha * a b^T + beta * bias in 32 bits that wrap.

    Args:
        a: int8 or uint8 [..., m, k].
        b: int8 [..., n, k] (transposed, as weights are kept).
        bias: int32, broadcast to [..., m, n], or None.
        alpha, beta: integers.
    Returns: int32 [..., m, n].
    """
    # Sums of byte products are exact in float64, and for it numpy has a fast library.
    sums = np.matmul(np.asarray(a, np.float64), np.swapaxes(np.asarray(b, np.float64), -1, -2))
    sums = int(alpha) * sums.astype(np.int64)
    if bias is not None:
        sums = sums + int(beta) * np.asarray(bias, np.int64)
    return wrap32(sums).astype(np.int32)


def gemm(a, b, bias, requant, activation="identity", gelu=None, activation_requant=None):
    """gemm_int32 with ITA's requantisation and activation (`Linear`, and both attention products).

    Args:
        a, b, bias: as in gemm_int32.
        requant: Requant.
        activation: one of ACTIVATIONS; relu and gelu need activation_requant, gelu also gelu.
        gelu: Gelu. activation_requant: Requant.
    Returns: int8 [..., m, n].
    """
    sums = ita.wrap(gemm_int32(a, b, bias), RTL.accumulator_bits)
    return ita.activation(ita.requantise(sums, requant, RTL), activation, gelu,
                          activation_requant, RTL)


def gemm_shift(a, b, bias, mul, add, shift, levels=256, signed=True, alpha=1, beta=1):
    """gemm_int32, then requant_shift with mul and add broadcast to [..., m, n]."""
    return requant_shift(gemm_int32(a, b, bias, alpha, beta), mul, add, shift, levels, signed)


def requant_shift(values, mul, add, shift, levels=256, signed=True):
    """floor((values * mul + add) / 2^shift + 1/2) in 32 bits that wrap, clipped to the levels.

    Args:
        values: int8, uint8 or int32, any shape.
        mul, add: int32, broadcast to it.
        shift: log2 of the divisor, 0..31.
        levels: of the output, even, at most 256.
        signed: levels are around 0, else from 0 on.
    Returns: int8 (signed) or uint8, same shape.
    """
    wide = np.asarray(values, np.int64) * np.asarray(mul, np.int64) + np.asarray(add, np.int64)
    if shift > 0:
        wide = wide + (1 << (shift - 1))
    shifted = wrap32(wide) >> shift
    low = -(levels // 2) if signed else 0
    return np.clip(shifted, low, low + levels - 1).astype(np.int8 if signed else np.uint8)


def softmax(logits, flavour=RTL):
    """ITA's streaming softmax: int8 [..., columns], a multiple of 16, to uint8 of that shape."""
    shape = np.shape(logits)
    return ita.softmax(np.reshape(logits, (-1, shape[-1])), flavour).reshape(shape)


def partial_max(values, group_width=16, levels=256):
    """ITAPartialMax: int8 [..., columns], a multiple of group_width, to uint8 of that shape."""
    wide = np.asarray(values, np.int64)
    highest = np.full(wide.shape[:-1], -128, np.int64)
    total = np.zeros(wide.shape[:-1], np.int64)
    for start in range(0, wide.shape[-1], group_width):
        group = wide[..., start:start + group_width]
        new = np.maximum(highest, group.max(axis=-1))
        exponentials = 256 >> ((new[..., None] - group + 16) >> 5)
        total = (total >> ((new - highest + 16) >> 5)) + exponentials.sum(axis=-1)
        highest = new
    inverse = (levels // 2 - 1) * 256 // total
    return (inverse[..., None] >> ((highest[..., None] - wide + 16) >> 5)).astype(np.uint8)


def i_softmax(values, coefficient_a, coefficient_b, coefficient_c, log2, levels=256):
    """I-BERT's softmax: int8 [..., columns] to uint8 of that shape; log2 is ln 2 in steps.

    Args: coefficients as integers, log2 1..255, levels at most 256.
    """
    wide = np.asarray(values, np.int64)
    distance = wide.max(axis=-1, keepdims=True) - wide
    halvings = np.minimum(ita.wrap(distance // log2, 8), 31)
    halvings = np.maximum(halvings, 0)
    rest = halvings * log2 - distance
    polynomial = wrap32(coefficient_a * wrap32((rest + coefficient_b)**2)) + coefficient_c
    unsigned = polynomial.astype(np.uint64) >> halvings.astype(np.uint64)
    exponentials = unsigned.astype(np.int64) & 0xFFFFFFFF
    total = exponentials.sum(axis=-1, keepdims=True) & 0xFFFFFFFF
    return (((exponentials * (levels - 1)) & 0xFFFFFFFF) // total & 0xFF).astype(np.uint8)


def i_gelu(values, b, one):
    """I-BERT's GELU: int8 or uint8 to int32, same shape; b negative, both in the input's scale."""
    wide = np.asarray(values, np.int64)
    reach = np.minimum(np.abs(wide), -b) + b
    erf = np.sign(wide) * (one - reach * reach)
    return wrap32(wide * ((one + erf) >> 1)).astype(np.int32)


def layer_norm(values, weight, bias, shift):
    """iLayerNorm of the last dimension.

    Args:
        values: int8 or uint8 [..., columns].
        weight, bias: int32 [columns].
        shift: log2 of D, 0..31.
    Returns: int8, same shape; values outside its range wrap.
    """
    wide = np.asarray(values, np.int64)
    columns = wide.shape[-1]
    centred = wide - divide_to_zero(wide.sum(axis=-1, keepdims=True), columns)
    variance = (centred * centred).sum(axis=-1, keepdims=True) // columns + 1
    deviation = np.floor(np.sqrt(variance)).astype(np.int64)
    scaled = divide_to_zero(centred * np.asarray(weight, np.int64), deviation)
    return ((scaled + np.asarray(bias, np.int64)) >> shift).astype(np.int8)


def mean(values, axis):
    """IntegerMean over one axis: rounds halves up if its length is a power of two, else away
    from 0. int8 or uint8 to the same type without that axis."""
    values = np.asarray(values)
    length = values.shape[axis]
    total = values.astype(np.int64).sum(axis=axis)
    if length & (length - 1) == 0:
        result = (total + length // 2) // length
    else:
        result = divide_to_zero(total + np.where(total < 0, -1, 1) * (length // 2), length)
    return result.astype(values.dtype)


def residual_multipliers(requant_a, requant_b):
    """ResidualAdd's constants brought to one shift.

    Args: requant_a, requant_b: (mult, shift), integers >= 0.
    Returns: (multiplier_a, multiplier_b, shift).
    Raises: ValueError when sums might leave 32 bits.
    """
    (mult_a, shift_a), (mult_b, shift_b) = requant_a, requant_b
    shift = max(shift_a, shift_b)
    multiplier_a, multiplier_b = mult_a << (shift - shift_a), mult_b << (shift - shift_b)
    if min(mult_a, mult_b, shift_a, shift_b) < 0 or \
            128 * (multiplier_a + multiplier_b) + (1 << shift >> 1) >= 1 << 31:
        raise ValueError(f"requant_a={tuple(requant_a)} requant_b={tuple(requant_b)}: "
                         "sums must stay within 32 bits")
    return multiplier_a, multiplier_b, shift


def residual_add(a, b, requant_a, requant_b):
    """saturate(floor(a mult_a / 2^shift_a + b mult_b / 2^shift_b + 1/2)), exact until the floor.

    Args: a, b: int8, same shape; requants as in residual_multipliers().
    Returns: int8, same shape.
    """
    multiplier_a, multiplier_b, shift = residual_multipliers(requant_a, requant_b)
    total = np.asarray(a, np.int64) * multiplier_a + np.asarray(b, np.int64) * multiplier_b
    return saturate((total + (1 << shift >> 1)) >> shift, np.int8)


def add(a, b):
    """int8, uint8 or int32 tensors, broadcast, to int32 that wraps."""
    return wrap32(np.asarray(a, np.int64) + np.asarray(b, np.int64)).astype(np.int32)


def transpose(values, permutation):
    """As numpy and ONNX do; any type."""
    return np.ascontiguousarray(np.transpose(values, permutation))


def embedding(ids, table, positions=None):
    """saturate(table[ids] + positions): ids [rows], table and positions int8 [.][columns]."""
    result = np.asarray(table, np.int64)[np.asarray(ids, np.int64)]
    if positions is not None:
        result = result + np.asarray(positions, np.int64)[:len(result)]
    return saturate(result, np.int8)


def windows(values, kernel, strides):
    """Sliding windows: [channels][h][w] to [channels][out_h][out_w][kernel_h][kernel_w]."""
    view = np.lib.stride_tricks.sliding_window_view(values, kernel, axis=(1, 2))
    return view[:, ::strides[0], ::strides[1]]


def pad(values, pads, value):
    """[channels][h][w] with a border; pads as in ONNX: top, left, bottom, right."""
    top, left, bottom, right = pads
    return np.pad(values, ((0, 0), (top, bottom), (left, right)), constant_values=value)


def convolution(values, weight, strides=(1, 1), pads=(0, 0, 0, 0)):
    """2-D convolution, padded with zeros.

    Args:
        values: int8 or uint8 [channels][height][width].
        weight: int8 [filters][channels][kernel_height][kernel_width].
    Returns: int32 [filters][.][.]; requant_shift() with mul and add [filters][1][1] follows.
    """
    view = windows(pad(np.asarray(values, np.int64), pads, 0), np.shape(weight)[2:], strides)
    sums = np.einsum("cyxij,fcij->fyx", view, np.asarray(weight, np.int64), optimize=True)
    return wrap32(sums).astype(np.int32)


def max_pool(values, kernel, strides=(1, 1), pads=(0, 0, 0, 0)):
    """int8 or uint8 [channels][height][width] to [channels][.][.]; padding never wins."""
    values = np.asarray(values)
    padded = pad(values, pads, np.iinfo(values.dtype).min)
    return windows(padded, tuple(kernel), strides).max(axis=(3, 4))


def gather(values, indices, axis):
    """As numpy's take and ONNX's Gather: a scalar index drops the axis."""
    return np.take(values, np.asarray(indices, np.int64), axis=axis)
