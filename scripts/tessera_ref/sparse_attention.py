# SPDX-License-Identifier: Apache-2.0
"""Attention with a token mask in integers, in numpy: what the attention engine must compute.

Written from the formulas, not from the simulator. Matrices are int8, masks bool [queries][keys].
"""
import numpy as np

from tessera_ref import ita

GROUP = 16  # columns that the streaming softmax takes at a time
EXP_UNIT = 256
INVERSE_NUMERATOR = 255 * 256
MASK64 = (1 << 64) - 1


def requantise(sums, requant):
    """floor(x * mult / 2^shift + 1/2) + add, saturated, without any wrap of the product.

    Args: sums: int64; requant: ita.Requant, mult of 16 bits.
    """
    product = np.asarray(sums, np.int64) * int(requant.mult)
    shift = int(requant.shift)
    rounded = product if shift == 0 else (product >> shift) + ((product >> (shift - 1)) & 1)
    return np.clip(rounded + int(requant.add), -128, 127).astype(np.int8)


def softmax(logits, allowed, tile):
    """ITA's streaming softmax over the allowed columns, left to right, 16 at a time in each tile.

    Args: logits int8 [rows][columns]; allowed bool, the same; tile: columns of a tile.
    Returns: probabilities uint8 [rows][columns], 0 where not allowed.
    """
    logits = np.asarray(logits, np.int64)
    rows, columns = logits.shape
    highest = np.full(rows, -128, np.int64)
    denominator = np.zeros(rows, np.int64)
    starts = [start + group for start in range(0, columns, tile) for group in range(0, tile, GROUP)]
    for start in starts:
        end = min(start + GROUP, start // tile * tile + tile, columns)
        if start >= end:
            continue
        group, is_on = logits[:, start:end], allowed[:, start:end]
        new = np.maximum(highest, np.where(is_on, group, -128).max(axis=1))
        shift = np.minimum(new[:, None] - group, 31)
        addends = np.where(is_on, EXP_UNIT >> np.maximum(shift, 0), 0)
        denominator = (denominator >> np.minimum(new - highest, 31)) + addends.sum(axis=1)
        highest = new
    inverse = INVERSE_NUMERATOR // np.maximum(denominator, 1)
    shift = np.clip(highest[:, None] - logits, 0, 31)
    return np.where(allowed, (inverse[:, None] >> shift) & 0xFF, 0).astype(np.uint8)


def attend(q, k, v, allowed, requants, tile, masked_rows="zero"):
    """One head.

    Args: q int8 [queries][d]; k, v int8 [keys][d]; allowed bool [queries][keys]; requants: of
    logits and of the result; tile: side of a tile; masked_rows: "zero", "uniform" or "nan".
    Returns: int8 [queries][d].
    """
    score, context = requants
    logits = requantise(q.astype(np.int64) @ k.astype(np.int64).T, score)
    sums = softmax(logits, allowed, tile).astype(np.int64) @ v.astype(np.int64)
    out = requantise(sums, context)
    blind = ~allowed.any(axis=1)
    if masked_rows == "zero":
        out[blind] = 0
    elif masked_rows == "nan":
        out[blind] = -128
    else:
        keys = len(v)
        mean = (2 * 255 * v.astype(np.int64).sum(axis=0) + keys) // (2 * keys)
        out[blind] = requantise(mean, context)
    return out


def splitmix64(state):
    """Returns (next state, number)."""
    state = (state + 0x9E3779B97F4A7C15) & MASK64
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return state, z ^ (z >> 31)


def random_tiles(base, tile, count, seed):
    """Token mask of `count` random tiles in each tile row, none of which `base` touches."""
    queries, keys = base.shape
    mask = np.zeros_like(base)
    for row in range((queries + tile - 1) // tile):
        block = base[row * tile:(row + 1) * tile]
        free = [column for column in range((keys + tile - 1) // tile)
                if not block[:, column * tile:(column + 1) * tile].any()]
        state = (seed ^ row * 0x8CB92BA72F3D8DD7) & MASK64
        for i in range(min(count, len(free))):
            state, number = splitmix64(state)
            j = i + number % (len(free) - i)
            free[i], free[j] = free[j], free[i]
            mask[row * tile:(row + 1) * tile, free[i] * tile:(free[i] + 1) * tile] = True
    return mask


def token_mask(kind, queries, keys, tile, parameters):
    """Which keys each query sees, bool [queries][keys].

    Args: kind: name of a pattern; parameters: mapping with window, dilation, global_tokens,
    random_tiles, seed, block, summary as far as the pattern has them.
    Raises: KeyError for an unknown pattern or a missing parameter.
    """
    q = np.arange(queries)[:, None]
    k = np.arange(keys)[None, :]
    distance = q - k

    def within(width):
        return np.abs(distance) <= width

    def seen_by_all():
        return (q < parameters["global_tokens"]) | (k < parameters["global_tokens"])

    def in_block():
        return q // parameters["block"] == k // parameters["block"]

    def in_summary():
        return k % parameters["block"] >= parameters["block"] - parameters["summary"]

    def with_random(base):
        return base | random_tiles(base, tile, parameters["random_tiles"], parameters["seed"])

    nothing = np.zeros((queries, keys), bool)
    rules = {
        "dense": lambda: ~nothing,
        "causal": lambda: distance >= 0,
        "window": lambda: within(parameters["window"]),
        "causal_window": lambda: (distance >= 0) & (distance < parameters["window"]),
        "dilated": lambda: (within(parameters["window"] * parameters["dilation"])
                            & (distance % parameters["dilation"] == 0)),
        "longformer": lambda: within(parameters["window"]) | seen_by_all(),
        "bigbird": lambda: with_random(within(parameters["window"]) | seen_by_all()),
        "block_diagonal": in_block,
        "strided": lambda: (distance >= 0) & (distance % parameters["block"] == 0),
        "fixed": lambda: (distance >= 0) & (in_block() | in_summary()),
        "global": seen_by_all,
        "random": lambda: with_random(nothing),
        "fixed_bidirectional": lambda: in_block() | in_summary(),
        "nothing": lambda: nothing,
    }
    return nothing | rules[kind]()


def encode_map(allowed, tile):
    """A token mask as a tile map in block-sparse rows.

    Args: allowed bool [queries][keys]; tile: side of a tile.
    Returns: (map, masks), both bytes.
    """
    queries, keys = allowed.shape
    rows, columns = -(-queries // tile), -(-keys // tile)
    row_begin, entries, indices, masks = [0], [], [], {}
    for row in range(rows):
        for column in range(columns):
            block = allowed[row * tile:(row + 1) * tile, column * tile:(column + 1) * tile]
            if not block.any():
                continue
            if block.all():
                entries.append(column)
                continue
            mask = np.zeros((tile, tile), bool)
            mask[:block.shape[0], :block.shape[1]] = block
            bits = np.packbits(mask.ravel(), bitorder="little").tobytes()
            entries.append(column | 0x8000)
            indices.append(masks.setdefault(bits, len(masks)))
        row_begin.append(len(entries))
    header = np.array([rows, columns], "<u2").tobytes() + np.array([len(entries)], "<u4").tobytes()
    index = (header + np.array(row_begin, "<u4").tobytes() + np.array(entries, "<u2").tobytes()
             + np.array(indices, "<u2").tobytes())
    return index, b"".join(masks)


def random_requants(rng, depth):
    """Constants that keep logits and results busy for uniform int8 operands of `depth`."""
    score = ita.Requant(int(rng.integers(16384, 65536)), 0, int(rng.integers(-8, 9)))
    shift = int(np.clip(np.round(np.log2(score.mult * 74 * 74 * np.sqrt(depth) / 30)), 0, 63))
    context = ita.Requant(int(rng.integers(64, 256)), 0, int(rng.integers(-8, 9)))
    context_shift = int(np.clip(np.round(np.log2(context.mult * 255 * 74 / 100)), 0, 63))
    return score._replace(shift=shift), context._replace(shift=context_shift)
