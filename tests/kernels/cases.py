# SPDX-License-Identifier: Apache-2.0
"""Random cases of every kernel: what they read, their arguments, what they must write."""
import numpy as np

from deploy import kernels, ops

EXTREMES = {"int8": (-128, 127), "uint8": (0, 255)}


class Memory:
    """Contents of L1 before and after: arrays at offsets, with random bytes between them."""

    def __init__(self, rng):
        self.rng = rng
        self.before = bytearray()
        self.after = bytearray()

    def _pad(self, alignment):
        gap = 5 + int(self.rng.integers(0, 8))
        gap += -(len(self.before) + gap) % alignment
        noise = self.rng.bytes(gap)
        self.before += noise
        self.after += noise

    def place(self, array, alignment=4):
        """Puts an array; returns its offset."""
        self._pad(alignment)
        offset = len(self.before)
        self.before += array.tobytes()
        self.after += array.tobytes()
        return offset

    def place_rows(self, array, alignment=4, row_alignment=1):
        """Puts [rows][columns] with a gap after each row; returns (offset, stride in bytes)."""
        rows, columns = array.shape
        stride = columns * array.itemsize + int(self.rng.integers(0, 9)) * array.itemsize
        stride += -stride % row_alignment
        wide = self.rng.integers(-128, 128, (rows, stride), dtype=np.int8).view(np.uint8)
        wide[:, :columns * array.itemsize] = np.ascontiguousarray(array).view(np.uint8).reshape(
            rows, -1)
        return self.place(wide, max(alignment, array.itemsize)), stride

    def reserve_rows(self, array, alignment=4, row_alignment=1):
        """Room for [rows][columns] that a kernel writes; returns (offset, stride)."""
        noise = self.rng.integers(-128, 128, array.nbytes, dtype=np.int8).view(array.dtype)
        offset, stride = self.place_rows(noise.reshape(array.shape), alignment, row_alignment)
        self.expect_rows(offset, stride, array)
        return offset, stride

    def reserve(self, array, alignment=4):
        """Room for an array that a kernel writes; returns its offset."""
        offset = self.place(np.frombuffer(self.rng.bytes(array.nbytes), np.uint8), alignment)
        self.expect_rows(offset, array.nbytes, array.reshape(1, -1))
        return offset

    def expect_rows(self, offset, stride, array):
        for row in np.ascontiguousarray(array):
            data = row.tobytes()
            self.after[offset:offset + len(data)] = data
            offset += stride


def bytes_of(rng, shape, dtype="int8"):
    """Random bytes; one array in four has only the extremes."""
    low, high = EXTREMES[dtype]
    if rng.integers(0, 4) == 0:
        return rng.choice(np.array([low, high], dtype), shape)
    return rng.integers(low, high + 1, shape, dtype=dtype)


def size(rng, largest):
    return int(rng.integers(1, largest + 1))


def byte_type(rng):
    return str(rng.choice(["int8", "uint8"]))


def words_of(rng, shape, bits):
    return rng.integers(-(1 << bits), 1 << bits, shape, dtype=np.int32)


def requant(rng, depth):
    """ITA constants; every eighth has a shift that takes the slow way."""
    if rng.integers(0, 8) == 0:
        return ops.Requant(int(rng.integers(0, 256)), int(rng.choice([0, 3, 8, 34, 63, 255])),
                           int(rng.integers(-128, 128)))
    shift = int(rng.integers(9, 14)) + int(np.log2(depth + 1))
    return ops.Requant(int(rng.integers(0, 256)), shift, int(rng.integers(-128, 128)))


def gemm_case(rng, memory, bias_kinds):
    """Operands that all GEMM kernels share: (fields, a, b, bias or None)."""
    depths = (0, 0, 1, 3, 4, 5, 8, 17, 32, 61, 64, 100)  # 0: blocks of weights that are all zero
    m, n, k = size(rng, 19), size(rng, 19), int(rng.choice(depths))
    a = bytes_of(rng, (m, k), byte_type(rng))
    b = bytes_of(rng, (n, k))
    a_offset, a_stride = memory.place_rows(a, 4, 4)
    b_offset, b_stride = memory.place_rows(b, 4, 4)
    kind = str(rng.choice(bias_kinds))
    shape = {"none": None, "column": (1, n), "row": (m, 1), "matrix": (m, n)}[kind]
    bias, offset, bias_stride = None, 0, 0
    if shape:
        bias = words_of(rng, shape, 20)
        offset, bias_stride = (memory.place_rows(bias) if kind == "matrix" else
                               (memory.place(bias), 0))
    fields = kernels.gemm_operands(a_offset, b_offset, 0, (m, n, k), (a_stride, b_stride, 0),
                                   offset, kind, bias_stride, a.dtype == np.uint8)
    return fields, a, b, bias


BIAS_KINDS = list(kernels.BIAS_KINDS)
GEMM_ADDRESSES = ("a", "b", "bias", "output")


def gemm(rng, memory):
    fields, a, b, bias = gemm_case(rng, memory, BIAS_KINDS)
    activation = str(rng.choice(ops.ACTIVATIONS))
    first, second = requant(rng, 128 * fields["k"]), requant(rng, 512)
    gelu = ops.Gelu(int(rng.integers(-128, 0)), int(rng.integers(-(1 << 14), 1 << 14)))
    result = ops.gemm(a, b, bias, first, activation, gelu, second)
    fields["output"], fields["output_stride"] = memory.reserve_rows(
        result, *((1, 1) if rng.integers(0, 2) else (4, 4)))
    return dict(fields, mult=first.mult, shift=first.shift, add=first.add,
                activation=kernels.ACTIVATIONS[activation], gelu_b=gelu.b, gelu_c=gelu.c,
                activation_mult=second.mult, activation_shift=second.shift,
                activation_add=second.add), GEMM_ADDRESSES


def gemm_shift(rng, memory):
    fields, a, b, bias = gemm_case(rng, memory, BIAS_KINDS)
    m, n = fields["m"], fields["n"]
    flag, shape = [(0, (1, 1)), (kernels.GEMM_SHIFT_PER_COLUMN, (1, n)),
                   (kernels.GEMM_SHIFT_PER_ROW, (m, 1))][int(rng.integers(0, 3))]
    mul, add = words_of(rng, shape, 12), words_of(rng, shape, 24)
    shift, levels = int(rng.integers(0, 26)), int(rng.choice([256, 128, 16]))
    signed = bool(rng.integers(0, 2))
    alpha, beta = (int(rng.integers(-128, 128)) for _ in range(2))
    result = ops.gemm_shift(a, b, bias, mul, add, shift, levels, signed, alpha, beta)
    fields["output"], fields["output_stride"] = memory.reserve_rows(result, 1)
    fields["flags"] |= flag | (0 if signed else kernels.GEMM_UNSIGNED_OUTPUT)
    return dict(fields, mul=memory.place(mul), add=memory.place(add), shift=shift,
                levels_minus_1=levels - 1, alpha=alpha, beta=beta), (*GEMM_ADDRESSES, "mul", "add")


def gemm_int32(rng, memory):
    fields, a, b, bias = gemm_case(rng, memory, BIAS_KINDS)
    alpha, beta = (int(rng.integers(-(1 << 31), 1 << 31)) for _ in range(2))
    result = ops.gemm_int32(a, b, bias, alpha, beta)
    if fields["bias_kind"] == kernels.BIAS_KINDS["matrix"] and rng.integers(0, 2):
        fields["output"], fields["output_stride"] = fields["bias"], fields["bias_stride"]
        memory.expect_rows(fields["output"], fields["output_stride"], result)
    else:
        fields["output"], fields["output_stride"] = memory.reserve_rows(result, 4, 4)
    return dict(fields, alpha=alpha, beta=beta), GEMM_ADDRESSES


def copy(rng, memory):
    data = bytes_of(rng, (size(rng, 9), size(rng, 150)))
    alignment = int(rng.choice([1, 2, 4, 32]))
    source, source_stride = memory.place_rows(data, alignment, alignment)
    destination, stride = memory.reserve_rows(data, alignment, alignment)
    return {"destination": destination, "source": source, "rows": data.shape[0],
            "bytes": data.shape[1], "destination_stride": stride,
            "source_stride": source_stride}, ("destination", "source")


def fill(rng, memory):
    value = int(rng.integers(0, 256))
    data = np.full((size(rng, 9), size(rng, 100)), value, np.uint8)
    destination, stride = memory.reserve_rows(data, int(rng.choice([1, 4])))
    return {"destination": destination, "rows": data.shape[0], "bytes": data.shape[1],
            "stride": stride, "value": value}, ("destination",)


def transpose(rng, memory):
    shape = tuple(size(rng, 7) for _ in range(4))
    dtype = np.dtype(str(rng.choice(["int8", "uint16", "int32"])))
    data = np.frombuffer(rng.bytes(int(np.prod(shape)) * dtype.itemsize), dtype).reshape(shape)
    permutation = [int(axis) for axis in rng.permutation(4)]
    result = ops.transpose(data, permutation)
    output, stride = memory.reserve_rows(result.reshape(-1, result.shape[3]))
    fields = {"input": memory.place(data), "output": output, "element_bytes": dtype.itemsize,
              "output_stride": stride}
    for i, axis in enumerate(permutation):
        fields[f"size{i}"], fields[f"stride{i}"] = result.shape[i], data.strides[axis]
    return fields, ("input", "output")


def embedding(rng, memory):
    entries, rows, columns = size(rng, 20), size(rng, 9), size(rng, 80)
    ids = rng.integers(0, entries, rows, dtype=np.uint16)
    table = bytes_of(rng, (entries, columns))
    positions = bytes_of(rng, (rows, columns)) if rng.integers(0, 4) else None
    fields = {"ids": memory.place(ids), "table": memory.place(table),
              "output": memory.reserve(ops.embedding(ids, table, positions)), "rows": rows,
              "columns": columns}
    if positions is None:
        return fields, ("ids", "table", "output")
    return dict(fields, positions=memory.place(positions)), ("ids", "table", "positions", "output")


def gather(rng, memory):
    outer, length, inner = size(rng, 5), size(rng, 9), size(rng, 70)
    data = bytes_of(rng, (outer, length, inner))
    indices = rng.integers(0, length, size(rng, 5), dtype=np.uint32)
    return {"input": memory.place(data), "indices": memory.place(indices), "outer": outer,
            "output": memory.reserve(ops.gather(data, indices, 1)), "count": len(indices),
            "bytes": inner, "outer_stride": length * inner}, ("input", "indices", "output")


def softmax(rng, memory):
    flavour = ops.ita.FLAVOURS[str(rng.choice(["rtl", "rtl_2024_08"]))]
    rows, blocks = size(rng, 9), size(rng, 4)
    if rng.integers(0, 2):
        logits = bytes_of(rng, (rows, 64 * blocks))
        logits[:, -64:] = logits[:, -64:] // int(rng.choice([1, 8, 64]))
        data, stride = memory.place_rows(logits, 4, 4)
        memory.expect_rows(data, stride, ops.softmax(logits, flavour))
        block_stride = 64
    else:  # blocks of 64 columns one after the other
        logits = bytes_of(rng, (rows, 64 * blocks))
        stride, block_stride = 64, 64 * rows

        def blocked(array):
            return np.ascontiguousarray(array.reshape(rows, blocks, 64).transpose(1, 0, 2))
        data = memory.place(blocked(logits))
        memory.expect_rows(data, 0, blocked(ops.softmax(logits, flavour)).reshape(1, -1))
    return {"data": data, "rows": rows, "columns": 64 * blocks, "stride": stride,
            "block_stride": block_stride, "shift": flavour.softmax_shift}, ("data",)


def row_fields(memory, values, result):
    """The fields that kernels from rows to rows share."""
    source, source_stride = memory.place_rows(values, 1)
    output, stride = memory.reserve_rows(result, 1)
    return {"input": source, "output": output, "rows": values.shape[0],
            "columns": values.shape[1], "input_stride": source_stride, "output_stride": stride}


def partial_max(rng, memory):
    width, levels = int(rng.choice([3, 8, 16])), int(rng.choice([256, 64]))
    values = bytes_of(rng, (size(rng, 9), width * size(rng, 9)))
    fields = row_fields(memory, values, ops.partial_max(values, width, levels))
    return dict(fields, group_width=width, levels=levels), ("input", "output")


def i_softmax(rng, memory):
    values = bytes_of(rng, (size(rng, 9), size(rng, 100)))
    a, b, c = int(rng.integers(1, 5)), int(rng.integers(100, 200)), int(rng.integers(1000, 20000))
    log2, levels = int(rng.integers(1, 128)), int(rng.choice([256, 16]))
    fields = row_fields(memory, values, ops.i_softmax(values, a, b, c, log2, levels))
    return dict(fields, coefficient_a=a, coefficient_b=b, coefficient_c=c, log2=log2,
                levels=levels), ("input", "output")


def layer_norm(rng, memory):
    values = bytes_of(rng, (size(rng, 9), size(rng, 130)), byte_type(rng))
    weight = words_of(rng, values.shape[1], int(rng.choice([12, 18, 30])))
    bias = words_of(rng, values.shape[1], int(rng.choice([17, 31])))
    shift = int(rng.integers(0, 20))
    fields = row_fields(memory, values, ops.layer_norm(values, weight, bias, shift))
    return dict(fields, weight=memory.place(weight), bias=memory.place(bias), shift=shift,
                type=kernels.TYPES[str(values.dtype)]), ("input", "output", "weight", "bias")


def mean(rng, memory):
    outer, length, inner = size(rng, 3), int(rng.choice([1, 2, 7, 16, 33, 64])), size(rng, 30)
    values = bytes_of(rng, (outer, length, inner), byte_type(rng))
    return {"input": memory.place(values), "output": memory.reserve(ops.mean(values, 1)),
            "outer": outer, "length": length, "inner": inner,
            "type": kernels.TYPES[str(values.dtype)]}, ("input", "output")


def any_type(rng, count):
    """int8, uint8 or int32 [count]."""
    if rng.integers(0, 3) == 0:
        return words_of(rng, count, 31)
    return bytes_of(rng, count, byte_type(rng))


def i_gelu(rng, memory):
    values = bytes_of(rng, size(rng, 300), byte_type(rng))
    b, one = int(rng.integers(-128, 0)), int(rng.integers(0, 1 << 15))
    return {"input": memory.place(values), "output": memory.reserve(ops.i_gelu(values, b, one)),
            "count": len(values), "b": b, "one": one,
            "type": kernels.TYPES[str(values.dtype)]}, ("input", "output")


def requant_shift(rng, memory):
    channels, inner = size(rng, 6), size(rng, 20)
    values = any_type(rng, size(rng, 300))
    mul, add = words_of(rng, channels, 20), words_of(rng, channels, 28)
    shift, levels = int(rng.integers(0, 31)), int(rng.choice([256, 128, 4]))
    signed = bool(rng.integers(0, 2))
    channel = np.arange(len(values)) // inner % channels
    result = ops.requant_shift(values, mul[channel], add[channel], shift, levels, signed)
    return {"input": memory.place(values), "output": memory.reserve(result),
            "count": len(values), "mul": memory.place(mul), "add": memory.place(add),
            "channels": channels, "inner": inner, "shift": shift, "levels": levels,
            "input_type": kernels.TYPES[str(values.dtype)],
            "output_type": kernels.TYPES[str(result.dtype)]}, ("input", "output", "mul", "add")


def residual_add(rng, memory):
    count = size(rng, 300)
    a, b = bytes_of(rng, count), bytes_of(rng, count)
    requants = [(int(rng.integers(0, 256)), int(rng.integers(0, 15))) for _ in range(2)]
    multiplier_a, multiplier_b, shift = ops.residual_multipliers(*requants)
    return {"a": memory.place(a), "b": memory.place(b),
            "output": memory.reserve(ops.residual_add(a, b, *requants)), "count": count,
            "multiplier_a": multiplier_a, "multiplier_b": multiplier_b,
            "shift": shift}, ("a", "b", "output")


def add(rng, memory):
    a = any_type(rng, size(rng, 300))
    b = any_type(rng, int(rng.choice([1, 7, len(a)])))
    result = ops.add(a, b[np.arange(len(a)) % len(b)])
    return {"a": memory.place(a), "b": memory.place(b), "output": memory.reserve(result),
            "count": len(a), "b_count": len(b), "a_type": kernels.TYPES[str(a.dtype)],
            "b_type": kernels.TYPES[str(b.dtype)]}, ("a", "b", "output")


def window(rng):
    """(values [channels][height][width], kernel, strides, pads) and their fields."""
    kernel = (size(rng, 4), size(rng, 4))
    strides = (size(rng, 3), size(rng, 3))
    pads = [int(pad) for pad in rng.integers(0, 4, 4)]
    shape = (size(rng, 4), kernel[0] + size(rng, 8), kernel[1] + size(rng, 8))
    values = bytes_of(rng, shape, byte_type(rng))
    names = ("channels", "height", "width", "kernel_height", "kernel_width", "stride_height",
             "stride_width", "pad_top", "pad_left", "pad_bottom", "pad_right")
    return values, kernel, strides, pads, dict(zip(names, (*shape, *kernel, *strides, *pads)))


def convolution(rng, memory):
    values, kernel, strides, pads, fields = window(rng)
    weight = bytes_of(rng, (size(rng, 6), values.shape[0], *kernel))
    result = ops.convolution(values, weight, strides, pads)
    filters = weight.shape[0]
    mul, add_ = words_of(rng, filters, 12), words_of(rng, filters, 24)
    shift, levels = int(rng.integers(0, 26)), int(rng.choice([256, 32]))
    kind = str(rng.choice(["int8", "uint8", "int32"]))
    if kind != "int32":
        result = ops.requant_shift(result, mul[:, None, None], add_[:, None, None], shift, levels,
                                   kind == "int8")
    return dict(fields, input=memory.place(values), weight=memory.place(weight),
                output=memory.reserve(result), mul=memory.place(mul), add=memory.place(add_),
                filters=filters, input_type=kernels.TYPES[str(values.dtype)],
                output_type=kernels.TYPES[kind], shift=shift,
                levels_minus_1=levels - 1), ("input", "weight", "output", "mul", "add")


def max_pool(rng, memory):
    values, kernel, strides, pads, fields = window(rng)
    pads = [min(pad, kernel[i % 2] - 1) for i, pad in enumerate(pads)]
    fields.update(zip(("pad_top", "pad_left", "pad_bottom", "pad_right"), pads))
    result = ops.max_pool(values, kernel, strides, pads)
    return dict(fields, input=memory.place(values), output=memory.reserve(result),
                type=kernels.TYPES[str(values.dtype)]), ("input", "output")


GROUPS = {
    "gemm": (gemm, gemm_shift, gemm_int32),
    "move": (copy, fill, transpose, embedding, gather),
    "softmax": (softmax, partial_max, i_softmax),
    "reduce": (layer_norm, mean),
    "elementwise": (i_gelu, requant_shift, residual_add, add),
    "image": (convolution, max_pool),
}
