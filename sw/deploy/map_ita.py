# SPDX-License-Identifier: Apache-2.0
"""Layers on ITAs with the job interface: Linear and Attention as tile steps of 64 x 64 x 64.

    mapper = ItaMapper(schedule)
    weights = mapper.add_weights(weight, bias)           # int8 [N][K], int32 [N] or None; to L2
    mapper.linear(x, weights, y, requant)                # x, y: Matrix in the cores' L1
    mapper.attention(q, k, v, o, heads, qk, av)
    mapper.self_attention(x, wq, wk, wv, o, heads, requants of q, k, v, qk, av)
    mapper.flush()

Layers are collected until flush(), which assigns slots to everything (ita_slots.py), and gives the
commands to the schedule: so the operands of a layer are fetched while the one before ends. Call it
before other commands use the results. begin_layer() of the schedule counts when a layer is added.

Each column block of a Linear, and each head of an Attention, belongs to one ITA; blocks go round in
turn, heads as the caller says. Weights go from L2 to the ITAs' banks by DMA, to up to four at a
time. Inputs, which all ITAs need, are written to all of them at once by all teams; a team brings
the results of its ITA to the cores' L1. Sums over more than 15 tiles are not possible: the hardware
counts to 15.
"""
import collections

import numpy as np

from .commands import LAYER_LINEAR, LAYER_SINGLE_ATTENTION, TILE, TILE_BYTES
from .ita_emitter import Emitter
from .ita_steps import (Activation, ColumnBlock, InputLine, MappingError, Matrix, OwnLine,
                        ResultLine, Step, TileStep, WeightLine, Weights)
from .operators import BIAS_BITS, SOFTMAX_GROUP

MAX_TILES = 15  # fields of the TILES register; spec/ita.md 5.1
MAX_SLOTS = 16
LINEAR_SLOTS = 8  # two pairs of operands, biases, and three results on their way
COUNTS_S, COUNTS_E, COUNTS_P = range(3)  # places in a job's sizes


def tiled(matrix):
    """int8 [rows][columns] to [rows / 64][columns / 64][64][64], tile by tile."""
    rows, columns = matrix.shape
    return matrix.reshape(rows // TILE, TILE, columns // TILE, TILE).transpose(0, 2, 1, 3)


def pack_biases(values):
    """int32 to 3 bytes each, little-endian."""
    limit = 1 << (BIAS_BITS - 1)
    values = np.asarray(values, np.int64)
    if values.min(initial=0) < -limit or values.max(initial=0) >= limit:
        raise MappingError(f"a bias does not fit {BIAS_BITS} bits")
    return np.ascontiguousarray(values.astype("<i4")).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def num_slots(soc):
    """Tiles that the banks of an ITA hold, as far as they are used."""
    return min(MAX_SLOTS, soc.ita_l1_bytes // TILE_BYTES)


def why_not_linear(soc, rows, columns, inner):
    """The reason why ITAs cannot compute a Linear of these sizes, or None."""
    if num_slots(soc) < LINEAR_SLOTS:
        return f"an ITA's banks hold {num_slots(soc)} tiles; allowed: at least {LINEAR_SLOTS}"
    return size_reason({"S": rows, "N": columns, "K": inner}, {"K": (inner, MAX_TILES)})


def why_not_attention(soc, queries, keys, width):
    """The reason why ITAs cannot compute attention, or None. width: of a head."""
    if soc.ita_processing_elements != SOFTMAX_GROUP:
        return (f"{soc.ita_processing_elements} processing elements; allowed: {SOFTMAX_GROUP}, "
                "the softmax of models takes as many columns at a time")
    # The logits of a row of tiles, queries or values and keys, results on their way.
    most = min(MAX_TILES, num_slots(soc) - 4)
    if keys and queries % keys:
        return (f"S={queries} with {keys} keys; allowed: multiples of the keys, ITA leaves the "
                "layer after as many rows of tiles as the keys have")
    return size_reason({"S": queries, "S of the keys": keys, "P": width},
                       {"S of the keys": (keys, most), "P": (width, MAX_TILES)})


def size_reason(multiples, limited):
    """Why sizes {name: size} do not fit tiles; limited: {name: (size, most tiles)}."""
    for name, size in multiples.items():
        if size % TILE or not size:
            return f"{name}={size}; allowed: multiples of {TILE}"
    for name, (size, most) in limited.items():
        if size > TILE * most:
            return f"{name}={size}; allowed: at most {TILE * most}"
    return None


class ItaMapper:
    """Collects layers; see the module."""

    def __init__(self, schedule):
        self.schedule = schedule
        self.soc = schedule.soc
        self.num_itas = self.soc.num_itas
        self.num_slots = num_slots(self.soc)
        self.steps = []
        self.biases = []  # packed biases of column blocks
        self.is_backwards = {"rows": False, "columns": False, "inner": False}
        self.issued = collections.defaultdict(list)  # ita: its TileSteps since the start
        self.written = []      # (step, begin, end) in L1
        self.input_lines = {}  # (source, step that writes it): InputLine
        if self.num_itas == 0:
            raise MappingError("this machine has no ITAs with the job interface")

    # --- layers ---

    def add_weights(self, weight, bias=None):
        """Places the weights of a Linear in L2.

        Args:
            weight: int8 [N][K], multiples of 64.
            bias: int32 [N], 24 bits, or None.
        Returns: Weights.
        """
        n_tiles, k_tiles = (size // TILE for size in weight.shape)
        if weight.shape != (n_tiles * TILE, k_tiles * TILE) or not weight.size:
            raise MappingError(f"weights of {weight.shape}; allowed: multiples of {TILE}")
        tiles = tiled(np.asarray(weight, np.int8))
        used = tiles.any(axis=(2, 3))
        used[~used.any(axis=1), 0] = True  # an output needs a job
        pairs = np.logical_or.reduceat(used, np.arange(0, k_tiles, 2), axis=1)
        stored = np.repeat(pairs, 2, axis=1)[:, :k_tiles]
        biases = None
        if bias is not None:
            biases = [pack_biases(part) for part in np.asarray(bias).reshape(n_tiles, TILE)]
        offsets = (np.cumsum(stored) - 1).reshape(used.shape) * TILE_BYTES
        return Weights(self.schedule.add_data(tiles[stored].tobytes()) + offsets, used, biases)

    def linear(self, x, weights, y, requant, activation=Activation(), transposes=False,
               keeps_rows=False):
        """y = activation(requant(x weights^T + bias)).

        Args:
            x: Matrix [M][K]. y: Matrix [M][N], or [N][M] with transposes.
            weights: Weights.
            requant: (mult, shift, add).
            activation: Activation.
            transposes: the output is written transposed, as V is needed.
            keeps_rows: the order of output tiles: all columns of a row of tiles, then the next
                row, and not all rows of the ITAs' columns, then the next columns.
        Raises: MappingError.
        """
        depth, shape = weights.k_tiles * TILE, (x.rows, weights.n_tiles * TILE)
        reason = why_not_linear(self.soc, *shape, depth)
        if reason:
            raise MappingError(reason)
        self._check_matrix(x, "input", columns=depth)
        self._check_matrix(y, "output", *(shape[::-1] if transposes else shape))
        inputs = self._input_lines(x)
        blocks = [self._column_block(weights, columns)
                  for columns in self._rounds(weights.n_tiles)]
        rows = range(len(inputs))
        parts = [([row], block) for row in rows for block in self._alternately(blocks, "columns")] \
            if keeps_rows else [(rows, block) for block in blocks]
        for part, block in parts:
            targets = [{ita: self._tile(y, *((column, row) if transposes else (row, column)))
                        for ita, column in block.columns.items()} for row in part]
            outputs = [ResultLine(is_result=True, targets=target) for target in targets]
            self._project([inputs[row] for row in part], block, outputs, requant, activation,
                          transposes)

    def attention(self, q, k, v, o, heads, qk, av, v_is_transposed=False, rounds=None):
        """o = softmax(requant(q k^T)) v for each head.

        Args:
            q: Matrix [S][H*P]; k, v the same of a divisor of S rows; v [H*P][..] if
                v_is_transposed.
            o: Matrix [S][H*P].
            qk, av: (mult, shift, add), or a list of them per head.
            rounds: what the ITAs compute side by side, list of {ita: head}; default all, in turn.
        """
        width = q.columns // heads
        self._check_attention(q, k, width)
        for matrix in (q, k, v, o):
            self._check_matrix(matrix, "operand")
        for own in rounds or self._rounds(heads):
            s, p = k.rows // TILE, width // TILE

            def tiles_of(matrix, row, column, transposes=False, by_rows=False, own=own):
                sources = {ita: self._tile(matrix, *((row + head * p, column) if by_rows else
                                                     (row, column + head * p)))
                           for ita, head in own.items()}
                return OwnLine(ready=self._last_write(*sources.values()), sources=sources,
                               transposes=transposes)
            q_lines = [[tiles_of(q, x, c) for c in range(p)] for x in range(q.rows // TILE)]
            k_lines = [[tiles_of(k, y, c) for c in range(p)] for y in range(s)]
            if v_is_transposed:
                v_lines = [[tiles_of(v, y, x, by_rows=True) for x in range(s)] for y in range(p)]
            else:
                v_lines = [[tiles_of(v, x, y, transposes=True) for x in range(s)]
                           for y in range(p)]
            self._attend(own, q_lines, k_lines, v_lines, o, qk, av)

    def self_attention(self, x, wq, wk, wv, o, heads, requants, keys=None, rounds=None):
        """Projections and attention in one: q, k and v do not leave the ITAs if they fit.

        Args:
            x: Matrix [S][E] that becomes q; keys: [..][E] that becomes k and v, default x.
            wq, wk, wv: Weights of [H*P][E].
            o: Matrix [S][H*P].
            requants: {"q", "k", "v", "qk", "av": (mult, shift, add), or a list per head}.
            rounds: as for attention().
        Returns: whether they fit; nothing is mapped otherwise.
        """
        keys = keys or x
        width = wq.n_tiles * TILE // heads
        self._check_attention(x, keys, width)
        if not self.fits_self_attention(self.soc, x.rows, keys.rows, width):
            return False
        s, p = keys.rows // TILE, width // TILE
        for own in rounds or self._rounds(heads):
            results = {}
            for name, source, weights in (("v", keys, wv), ("k", keys, wk), ("q", x, wq)):
                inputs = self._input_lines(source)
                lines = [[ResultLine(is_result=True) for _ in range(p)] for _ in inputs]
                for block in range(p):
                    columns = {ita: head * p + block for ita, head in own.items()}
                    self._project(inputs, self._column_block(weights, columns),
                                  [line[block] for line in lines],
                                  self._per_ita(requants[name], own), Activation(), name == "v")
                results[name] = lines
            v_lines = [[results["v"][x_][y] for x_ in range(s)] for y in range(p)]
            self._attend(own, results["q"], results["k"], v_lines, o, requants["qk"],
                         requants["av"])
        return True

    @staticmethod
    def fits_self_attention(soc, queries, keys, width):
        """Whether self_attention() of so many rows and columns of a head fits the slots."""
        s, p = keys // TILE, width // TILE
        return (queries // TILE + 2 * s) * p + min(s + 5, 7) <= num_slots(soc)

    # --- checks ---

    def _check_matrix(self, matrix, name, rows=None, columns=None):
        if matrix.rows % TILE or matrix.columns % TILE or matrix.address % 4 or \
                matrix.stride % 4 or matrix.address >= self.soc.core_l1_bytes:
            raise MappingError(f"{name} of {matrix.rows} x {matrix.columns} at "
                               f"{matrix.address:#x}; allowed: multiples of {TILE}, words of the "
                               "cores' L1")
        for actual, expected in ((matrix.rows, rows), (matrix.columns, columns)):
            if expected is not None and actual != expected:
                raise MappingError(f"{name} has {actual} rows or columns; expected {expected}")

    def _check_attention(self, queries, keys, width):
        reason = why_not_attention(self.soc, queries.rows, keys.rows, width)
        if reason:
            raise MappingError(f"attention: {reason}")

    # --- steps ---

    def _rounds(self, count):
        """Column blocks or heads to the ITAs in turn: list of {ita: number}."""
        return [{ita: first + ita for ita in range(min(self.num_itas, count - first))}
                for first in range(0, count, self.num_itas)]

    @staticmethod
    def _tile(matrix, row, column):
        return Matrix(matrix.address + row * TILE * matrix.stride + column * TILE, TILE, TILE,
                      matrix.stride)

    def _last_write(self, *matrices):
        """The step of this flush that writes what is in the matrices, or -1."""
        last = -1
        for matrix in matrices:
            low = matrix.address
            high = low + (matrix.rows - 1) * matrix.stride + matrix.columns
            steps = (step for step, begin, end in self.written if begin < high and low < end)
            last = max(last, *steps, -1)
        return last

    def _input_lines(self, x):
        """Per block row the lines of its tiles, by pairs where there are two: [(line, tile)]."""
        rows = []
        for row in range(x.rows // TILE):
            tiles = []
            for column in range(0, x.columns // TILE, 2):
                size = min(2, x.columns // TILE - column)
                source = self._tile(x, row, column)._replace(columns=size * TILE)
                line = self._input_line(source, size)
                tiles += [(line, tile) for tile in range(size)]
            rows.append(tiles)
        return rows

    def _input_line(self, source, size):
        """The same line for the same contents, so that layers share it."""
        ready = self._last_write(source)
        key = (source, ready)
        if key not in self.input_lines:
            self.input_lines[key] = InputLine(size=size, ready=ready, fetch_cycles=600,
                                              source=source, itas=self.num_itas)
        return self.input_lines[key]

    def _weight_lines(self, weights, columns):
        """Per inner tile: (line, tile in it)."""
        tiles = []
        for inner in range(0, weights.k_tiles, 2):
            size = min(2, weights.k_tiles - inner)
            addresses = {
                ita: int(weights.addresses[column, inner])
                for ita, column in columns.items()
                if weights.used[column, inner:inner + size].any()}
            line = WeightLine(size=size, fetch_cycles=1400, addresses=addresses)
            tiles += [(line, tile) for tile in range(size)]
        return tiles

    def _per_ita(self, value, own):
        """{ita: value}; a list has one per head."""
        return {ita: value[head] if isinstance(value, list) else value
                for ita, head in own.items()}

    def _column_block(self, weights, columns):
        """A column block per ITA; columns: {ita: number of its block}."""
        inner = {ita: [k for k in range(weights.k_tiles) if weights.used[column, k]]
                 for ita, column in columns.items()}
        return ColumnBlock(columns, inner, self._add_biases(weights, columns),
                           self._weight_lines(weights, columns))

    def _project(self, inputs, block, outputs, requant, activation, transposes):
        """One column block of a Linear per ITA: some of its block rows."""
        requant = requant if isinstance(requant, dict) else {ita: requant for ita in block.columns}
        rows = list(zip(inputs, outputs))
        if inputs[0][0][0].ready < inputs[-1][0][0].ready:
            self.is_backwards["rows"] = False  # first what is there first
        for tiles, output in self._alternately(rows, "rows"):
            order = self._alternately(sorted(set().union(*block.inner.values())), "inner")
            inner_tiles = {ita: [k for k in order if k in used]
                           for ita, used in block.inner.items()}
            for inner in order:
                jobs = {}
                for ita, own in inner_tiles.items():
                    if inner not in own:
                        continue
                    operands = (tiles[inner], block.weights[inner])
                    streamed, stationary = operands[::-1] if transposes else operands
                    is_last = inner == own[-1]
                    jobs[ita] = TileStep(
                        streamed, stationary, (1, len(own), 1), LAYER_LINEAR, requant[ita],
                        own.index(inner), COUNTS_E, bias=block.biases.get(ita),
                        bias_per_row=transposes,
                        output=output if is_last else None, activation=activation)
                self._add_step(jobs)

    def _alternately(self, items, name):
        """Forwards and backwards in turn: what was used last is used again first."""
        self.is_backwards[name] = not self.is_backwards[name]
        return items if self.is_backwards[name] else items[::-1]

    def _add_biases(self, weights, columns):
        """Numbers of the ITAs' biases of a column block."""
        if weights.biases is None:
            return {}
        numbers = {}
        for ita, column in columns.items():
            numbers[ita] = len(self.biases)
            self.biases.append(weights.biases[column])
        return numbers

    def _attend(self, own, q_lines, k_lines, v_lines, o, qk, av):
        """One head per ITA. q_lines[x][c], k_lines[y][c], v_lines[y][x] as in the formulas."""
        s, p = len(k_lines), len(k_lines[0])
        qk, av = self._per_ita(qk, own), self._per_ita(av, own)

        def add(streamed, stationary, inner, counter, output):
            self._add_step({ita: TileStep(
                (streamed, 0), (stationary, 0), (s, MAX_TILES, p), LAYER_SINGLE_ATTENTION, qk[ita],
                inner, counter, av[ita], output=output) for ita in own})
        for x, queries in enumerate(q_lines):
            logits = [ResultLine(is_result=True) for _ in range(s)]
            for y in range(s):
                for inner in range(p):
                    add(queries[inner], k_lines[y][inner], inner, COUNTS_P,
                        logits[y] if inner == p - 1 else None)
            for y in range(p):
                output = ResultLine(is_result=True, targets={
                    ita: self._tile(o, x, head * p + y) for ita, head in own.items()})
                for inner in range(s):
                    add(logits[inner], v_lines[y][inner], inner, COUNTS_S,
                        output if inner == s - 1 else None)

    def _add_step(self, jobs):
        number = len(self.steps)
        for ita, job in jobs.items():
            if job.output is not None and job.output.targets:
                target = job.output.targets[ita]
                self.written.append((number, target.address,
                                     target.address + (TILE - 1) * target.stride + TILE))
        self.steps.append(Step(jobs, self.schedule.layer))

    # --- commands ---

    def flush(self, beside=()):
        """Gives everything to the schedule.

        Args: beside: functions that give it other commands, which shall run at the same time.
        Raises: MappingError, ScheduleError."""
        if self.steps:
            Emitter(self).emit(beside)
        self.steps = []
        self.biases = []
        self.written = []
        self.input_lines = {}
