# SPDX-License-Identifier: Apache-2.0
"""Patterns, tile maps, planner, analytical twin and datapath of the attention engine from Python.

The code is that of the simulator, in the shared library libtessera_attention.so:

    engine = Library("build/release")
    tile_map = engine.pattern("bigbird", 4096, window=64, global_tokens=64, random_tiles=3, seed=42)
    tile_map.summary.tiles                                   # 503
    engine.estimate(tile_map, Job(score_entries=640)).cycles

Errors of the library are raised as EngineError with its message.
"""
import ctypes
import dataclasses
import pathlib

import numpy as np

FULL = 0xFFFF  # mask index of a tile without a mask
MEMORIES = ("l2", "l1", "mvm_initial_vrf", "mfu_initial_vrf", "addsub_vrf0", "addsub_vrf1",
            "multiply_vrf", "acc_vrf", "score_vrf", "mrf", "mask_ram", "tile_list", "smx_rf",
            "in_queue", "out_queue", "reserved")
MASKED_ROWS = {"zero": 0, "uniform": 1, "nan": 2}


class EngineError(Exception):
    """What the library refused, in its words."""


class _Shape(ctypes.Structure):
    _fields_ = [("queries", ctypes.c_uint32), ("keys", ctypes.c_uint32), ("tile", ctypes.c_uint32)]


class _Pattern(ctypes.Structure):
    _fields_ = [("window", ctypes.c_uint32), ("dilation", ctypes.c_uint32),
                ("global_tokens", ctypes.c_uint32), ("random_tiles", ctypes.c_uint32),
                ("seed", ctypes.c_uint64), ("block", ctypes.c_uint32), ("summary", ctypes.c_uint32)]


class Summary(ctypes.Structure):
    """Counts of a map: tiles are computed ones, pairs allowed (query, key) pairs."""
    _fields_ = [("rows", ctypes.c_uint32), ("columns", ctypes.c_uint32), ("tiles", ctypes.c_uint64),
                ("full_tiles", ctypes.c_uint64), ("partial_tiles", ctypes.c_uint64),
                ("pairs", ctypes.c_uint64), ("column_runs", ctypes.c_uint64),
                ("masks", ctypes.c_uint32), ("masked_rows", ctypes.c_uint32),
                ("longest_row", ctypes.c_uint32), ("longest_row_pair", ctypes.c_uint32)]


class _Request(ctypes.Structure):
    _fields_ = [("preset", ctypes.c_char_p), ("score_entries", ctypes.c_int64),
                ("mrf_tiles", ctypes.c_int64), ("head_dim", ctypes.c_uint32),
                ("heads", ctypes.c_uint32), ("is_packed", ctypes.c_int32),
                ("may_use_online", ctypes.c_int32), ("is_unlimited", ctypes.c_int32),
                ("policy", ctypes.c_char_p)]


class _Estimate(ctypes.Structure):
    _fields_ = [("policy", ctypes.c_char_p), ("entries", ctypes.c_uint32 * len(MEMORIES)),
                ("keeps_kv", ctypes.c_int32), *((name, ctypes.c_uint64) for name in (
                    "cycles", "score_cycles", "softmax_cycles", "context_cycles", "scan_cycles",
                    "kv_bytes", "spill_bytes", "operand_bytes", "issued_macs", "useful_macs"))]


class _Constants(ctypes.Structure):
    _fields_ = [("qk_mult", ctypes.c_uint16), ("av_mult", ctypes.c_uint16),
                ("qk_shift", ctypes.c_uint8), ("av_shift", ctypes.c_uint8),
                ("qk_add", ctypes.c_int32), ("av_add", ctypes.c_int32),
                ("masked_rows", ctypes.c_int32)]


@dataclasses.dataclass(frozen=True)
class Job:
    """A job for planner and twin.

    Args: preset: engine; head_dim: elements; heads: with the same map; score_entries, mrf_tiles:
    sizes of ScoreVrf and MRF instead of the preset's; is_packed: score storage; policy: only this
    one; is_unlimited: register files of any size.
    """
    preset: str = "soc64"
    head_dim: int = 64
    heads: int = 1
    score_entries: int | None = None
    mrf_tiles: int | None = None
    is_packed: bool = True
    may_use_online: bool = True
    is_unlimited: bool = False
    policy: str | None = None


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What planner and twin say: cycles of the job, bytes over AXI, entries of each memory."""
    policy: str
    entries: dict
    keeps_kv: bool
    cycles: int
    score_cycles: int
    softmax_cycles: int
    context_cycles: int
    scan_cycles: int
    kv_bytes: int
    spill_bytes: int
    operand_bytes: int
    issued_macs: int
    useful_macs: int


@dataclasses.dataclass(frozen=True)
class Requant:
    """y = saturate_int8(floor(x * mult / 2^shift + 1/2) + add)."""
    mult: int
    shift: int
    add: int = 0


class TileMap:
    """The computed tiles of one head; made by a Library, which frees it."""

    def __init__(self, library, handle, queries, keys, tile):
        self._library = library
        self.handle = handle
        self.queries, self.keys, self.tile = queries, keys, tile

    def __del__(self):
        self._library.attention_map_free(self.handle)

    @property
    def summary(self):
        """Returns the counts of the map, a Summary."""
        summary = Summary()
        self._library.attention_map_summary(self.handle, ctypes.byref(summary))
        return summary

    def rows(self):
        """Returns, for each tile row, a list of (column, mask index or FULL, allowed pairs)."""
        summary = self.summary
        begin = np.empty(summary.rows + 1, np.uint32)
        columns, masks = np.empty(summary.tiles, np.uint16), np.empty(summary.tiles, np.uint16)
        pairs = np.empty(summary.tiles, np.uint32)
        self._library.attention_map_read(self.handle, _pointer(begin), _pointer(columns),
                                         _pointer(masks), _pointer(pairs))
        tiles = list(zip(columns.tolist(), masks.tolist(), pairs.tolist()))
        return [tiles[first:last] for first, last in zip(begin[:-1], begin[1:])]

    def tokens(self):
        """Returns the token mask, [queries][keys] bool."""
        allowed = np.empty((self.queries, self.keys), np.uint8)
        self._library.attention_map_tokens(self.handle, _pointer(allowed))
        return allowed.astype(bool)

    def encode(self, is_bitmap=False):
        """Returns (map, masks) as they lie in the engine's memory, two bytes objects."""
        sizes = ctypes.c_size_t(), ctypes.c_size_t()
        arguments = self.handle, int(is_bitmap)
        encode = self._library.attention_map_encode
        encode(*arguments, None, ctypes.byref(sizes[0]), None, ctypes.byref(sizes[1]))
        index, masks = np.empty(sizes[0].value, np.uint8), np.empty(sizes[1].value, np.uint8)
        encode(*arguments, _pointer(index), ctypes.byref(sizes[0]), _pointer(masks),
               ctypes.byref(sizes[1]))
        return index.tobytes(), masks.tobytes()


class Library:
    """The shared library of a build folder. Raises OSError when it is not there."""

    def __init__(self, build):
        path = pathlib.Path(build).resolve() / "lib" / "libtessera_attention.so"
        self._library = ctypes.CDLL(str(path))
        self._library.attention_engine_error.restype = ctypes.c_char_p
        for name in ("pattern", "bitmap", "top"):
            getattr(self._library, f"attention_map_of_{name}").restype = ctypes.c_void_p
        self._library.attention_map_decode.restype = ctypes.c_void_p
        for name in ("free", "summary", "read", "tokens", "encode"):
            function = getattr(self._library, f"attention_map_{name}")
            function.restype = None
        self._library.attention_map_free.argtypes = [ctypes.c_void_p]

    def _map(self, handle, shape):
        if not handle:
            raise EngineError(self._error())
        return TileMap(self._library, ctypes.c_void_p(handle), *shape)

    def _error(self):
        return self._library.attention_engine_error().decode()

    def pattern(self, kind, queries, keys=None, tile=64, head=0, **parameters):
        """Returns the TileMap of a pattern.

        Args: kind: name as in pattern.h, e.g. "causal"; queries, keys: tokens, as many keys as
        queries unless given; tile: tokens; head: which head's random tiles; parameters: window,
        dilation, global_tokens, random_tiles, seed, block, summary, in tokens (random_tiles: in
        tiles).
        Raises EngineError for an unknown pattern or impossible parameters.
        """
        shape = queries, queries if keys is None else keys, tile
        pattern = _Pattern(**{"dilation": 1, "block": 1, "summary": 1, **parameters})
        handle = self._library.attention_map_of_pattern(
            kind.encode(), ctypes.byref(pattern), ctypes.byref(_Shape(*shape)),
            ctypes.c_uint32(head))
        return self._map(handle, shape)

    def tokens(self, allowed, tile=64):
        """Returns the TileMap of a token mask, [queries][keys], true where a pair is allowed."""
        return self.bitmap(encode_bitmap(allowed), tile)

    def bitmap(self, data, tile=64):
        """Returns the TileMap of the bytes of a token bitmap file; see token_bitmap.h."""
        handle = self._library.attention_map_of_bitmap(data, ctypes.c_size_t(len(data)),
                                                       ctypes.c_uint32(tile))
        shape = np.frombuffer(data[8:16], "<u4") if handle else ()
        return self._map(handle, (*shape.tolist(), tile) if handle else ())

    def decode(self, index, masks, queries, keys, tile=64, is_bitmap=False):
        """Returns the TileMap of a map and masks as TileMap.encode() returns them."""
        shape = queries, keys, tile
        handle = self._library.attention_map_decode(
            ctypes.byref(_Shape(*shape)), int(is_bitmap), index, ctypes.c_size_t(len(index)), masks,
            ctypes.c_size_t(len(masks)))
        return self._map(handle, shape)

    def top(self, q, k, count, bits=4, tile=64, whole_tiles=False):
        """Returns the TileMap of the `count` best keys of each query by `bits`-bit products.

        Args: q: [queries][head_dim] int8; k: [keys][head_dim] int8; whole_tiles: choose the best
        tiles of each tile row instead.
        """
        q, k = _int8(q), _int8(k)
        shape = len(q), len(k), tile
        handle = self._library.attention_map_of_top(
            ctypes.byref(_Shape(*shape)), _pointer(q), _pointer(k), ctypes.c_uint32(q.shape[1]),
            ctypes.c_uint32(count), ctypes.c_uint32(bits), int(whole_tiles))
        return self._map(handle, shape)

    def estimate(self, tile_map, job=Job()):
        """Returns planner's and twin's Estimate of a Job. Raises EngineError when nothing fits."""
        request = _Request(job.preset.encode(), _or_own(job.score_entries), _or_own(job.mrf_tiles),
                           job.head_dim, job.heads, job.is_packed, job.may_use_online,
                           job.is_unlimited, job.policy.encode() if job.policy else None)
        result = _Estimate()
        if self._library.attention_estimate(tile_map.handle, ctypes.byref(request),
                                            ctypes.byref(result)):
            raise EngineError(self._error())
        values = {name: getattr(result, name) for name, _ in _Estimate._fields_}
        values["policy"] = result.policy.decode()
        values["entries"] = dict(zip(MEMORIES, result.entries))
        values["keeps_kv"] = bool(result.keeps_kv)
        return Estimate(**values)

    def attend(self, tile_map, q, k, v, qk, av, masked_rows="zero", policy="resident",
               is_packed=False):
        """Returns the attention of one head as the engine computes it, [queries][head_dim] int8.

        Args: q: [queries][head_dim], k, v: [keys][head_dim], int8; qk, av: Requant of logits and
        results; masked_rows: "zero", "uniform" or "nan"; policy: how scores are kept.
        """
        q, k, v = _int8(q), _int8(k), _int8(v)
        if (q.shape[0], k.shape[0], v.shape) != (tile_map.queries, tile_map.keys, k.shape) or (
                q.shape[1] != k.shape[1]):
            raise EngineError(f"q {q.shape}, k {k.shape} and v {v.shape} for a map of "
                              f"{tile_map.queries} queries and {tile_map.keys} keys")
        constants = _Constants(qk.mult, av.mult, qk.shift, av.shift, qk.add, av.add,
                               MASKED_ROWS[masked_rows])
        out = np.empty(q.shape, np.int8)
        if self._library.attention_attend(tile_map.handle, _pointer(q), _pointer(k), _pointer(v),
                                          ctypes.c_uint32(q.shape[1]), ctypes.byref(constants),
                                          policy.encode(), int(is_packed), _pointer(out)):
            raise EngineError(self._error())
        return out

    def lengths(self, count, mean, longest, seed):
        """Returns the lengths of `count` sequences, an array: log-normal, clipped to 1..longest.

        Raises EngineError for a mean outside 1..longest.
        """
        result = np.empty(count, np.uint32)
        if self._library.attention_random_lengths(
                ctypes.c_uint32(count), ctypes.c_double(mean), ctypes.c_uint32(longest),
                ctypes.c_uint32(seed), _pointer(result)):
            raise EngineError(self._error())
        return result


def encode_bitmap(allowed):
    """Returns the bytes of a token bitmap file for a mask, [queries][keys]."""
    allowed = np.asarray(allowed, bool)
    queries, keys = allowed.shape
    padded = np.zeros((queries, -(-keys // 64) * 64), bool)
    padded[:, :keys] = allowed
    header = np.array([1, queries, keys, 0], "<u4").tobytes()
    return b"BWMK" + header + np.packbits(padded, axis=1, bitorder="little").tobytes()


def _int8(array):
    return np.ascontiguousarray(array, np.int8)


def _pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def _or_own(entries):
    return -1 if entries is None else entries
