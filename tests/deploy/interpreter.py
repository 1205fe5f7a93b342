# SPDX-License-Identifier: Apache-2.0
"""Executes a schedule in numpy, engine by engine in random order wherever waits allow one.

An access that is not waited for then shows as a wrong byte sooner or later, and so does one outside
the plan: memory that nobody has written holds rubbish.
"""
import struct

import numpy as np

import support  # noqa: F401  (makes deploy importable)
from deploy import commands, kernels, ops
from deploy.soc import WORKLOAD_ADDRESS

NAMES = {number: name for name, (number, _) in kernels.KERNELS.items()}
TYPES = [np.dtype(name) for name in kernels.TYPES]
ACTIVATIONS = list(kernels.ACTIVATIONS)


def outputs(workload, seed=0):
    """Outputs of a Workload, per iteration a dict of arrays."""
    memory = Memory(workload.schedule)
    run(workload.schedule, memory, np.random.default_rng(seed))
    return [{name: memory.rows(address + index * stride, shape, dtype).copy()
             for name, (address, stride, shape, dtype) in workload.outputs.items()}
            for index in range(len(workload.inputs))]


class Memory:
    """L1 and the part of L2 that the image takes."""

    def __init__(self, plan):
        self.l1 = np.full(plan.soc.l1_end, 0xA5, np.uint8)
        self.l2 = np.frombuffer(plan.image(), np.uint8).copy()

    def view(self, address, shape, strides, dtype):
        """An array at an address; strides in bytes."""
        dtype = np.dtype(dtype)
        memory, offset = (self.l1, address) if address < WORKLOAD_ADDRESS else \
            (self.l2, address - WORKLOAD_ADDRESS)
        extent = sum((size - 1) * stride for size, stride in zip(shape, strides)) + dtype.itemsize
        assert 0 <= offset and offset + extent <= len(memory), f"access at {address:#x}"
        return np.ndarray(shape, dtype, memory.data, offset, strides)

    def rows(self, address, shape, dtype, stride=None):
        """A row-major array; stride: bytes from row to row of a matrix."""
        item = np.dtype(dtype).itemsize
        strides = [item * int(np.prod(shape[axis + 1:])) for axis in range(len(shape))]
        if stride is not None:
            strides[0] = stride
        return self.view(address, tuple(shape), strides, dtype)


def run(plan, memory, rng):
    """All iterations of a schedule."""
    for iteration in range(plan.iterations):
        done = [0] * len(plan.engines)
        while True:
            ready = [number for number, engine in enumerate(plan.engines)
                     if done[number] < len(engine.commands) and all(
                         done[wait.engine] >= wait.count
                         for wait in engine.commands[done[number]].waits)]
            if not ready:
                break
            number = ready[rng.integers(len(ready))]
            engine = plan.engines[number]
            execute(plan, memory, engine.kind, engine.commands[done[number]], iteration)
            done[number] += 1
        assert done == [len(engine.commands) for engine in plan.engines], "deadlock"


def execute(plan, memory, kind, command, iteration):
    """One command of the DMA or of a team."""
    if command.opcode == commands.OP_NOTHING:
        return
    if kind == commands.KIND_DMA:
        source_step = plan.source_stride * bool(command.flags & commands.FLAG_SOURCE_ADVANCES)
        step = plan.destination_stride * bool(command.flags & commands.FLAG_DESTINATION_ADVANCES)
        for place in range(0, len(command.arguments), 3):
            destination, source, size = command.arguments[place:place + 3]
            memory.rows(destination + iteration * step, (size,), np.uint8)[:] = \
                memory.rows(source + iteration * source_step, (size,), np.uint8)
        return
    name = NAMES[command.opcode]
    fields = kernels.fields(name)
    packed = struct.pack("<11I", *(word & 0xFFFFFFFF for word in command.arguments))
    values = struct.unpack_from("<" + "".join(code for _, code in fields), packed)
    KERNELS[name](memory, dict(zip((field for field, _ in fields), values)))


def gemm_operands(memory, a):
    m, n, k = a["m"], a["n"], a["k"]
    assert not any(a[name] % 4 for name in ("a", "b", "a_stride", "b_stride"))
    left = memory.rows(a["a"], (m, k), np.uint8 if a["flags"] & kernels.GEMM_UNSIGNED_A else
                       np.int8, a["a_stride"])
    right = memory.rows(a["b"], (n, k), np.int8, a["b_stride"])
    bias = {kernels.BIAS_KINDS["none"]: lambda: None,
            kernels.BIAS_KINDS["column"]: lambda: memory.rows(a["bias"], (n,), np.int32),
            kernels.BIAS_KINDS["matrix"]: lambda: memory.rows(a["bias"], (m, n), np.int32,
                                                              a["bias_stride"])}
    return left, right, bias[a["bias_kind"]]()


def store_product(memory, a, values):
    memory.rows(a["output"], values.shape, values.dtype, a["output_stride"])[:] = values


def gemm(memory, a):
    activation_requant = ops.Requant(*(a[f"activation_{name}"]
                                       for name in ("mult", "shift", "add")))
    store_product(memory, a, ops.gemm(
        *gemm_operands(memory, a), ops.Requant(a["mult"], a["shift"], a["add"]),
        ACTIVATIONS[a["activation"]], ops.Gelu(a["gelu_b"], a["gelu_c"]), activation_requant))


def gemm_int32(memory, a):
    store_product(memory, a, ops.gemm_int32(*gemm_operands(memory, a), a["alpha"], a["beta"]))


def gemm_shift(memory, a):
    shape = (1, a["n"]) if a["flags"] & kernels.GEMM_SHIFT_PER_COLUMN else \
        (a["m"], 1) if a["flags"] & kernels.GEMM_SHIFT_PER_ROW else (1, 1)
    mul, add = (memory.rows(a[name], shape, np.int32) for name in ("mul", "add"))
    store_product(memory, a, ops.gemm_shift(
        *gemm_operands(memory, a), mul, add, a["shift"], a["levels_minus_1"] + 1,
        not a["flags"] & kernels.GEMM_UNSIGNED_OUTPUT, a["alpha"], a["beta"]))


def softmax(memory, a):
    data = memory.rows(a["data"], (a["rows"], a["columns"]), np.int8, a["stride"])
    data[:] = ops.softmax(data).view(np.int8)


def by_rows(compute):
    """A kernel on rows: compute(memory, arguments, input [rows][columns]) -> result."""
    def kernel(memory, a):
        shape = (a["rows"], a["columns"])
        source = memory.rows(a["input"], shape, TYPES[a.get("type", 0)], a["input_stride"])
        result = compute(memory, a, source)
        memory.rows(a["output"], shape, result.dtype, a["output_stride"])[:] = result
    return kernel


def layer_norm(memory, a, values):
    weight, bias = (memory.rows(a[name], (a["columns"],), np.int32) for name in ("weight", "bias"))
    return ops.layer_norm(values, weight, bias, a["shift"])


def flat(memory, a, name, type_name="type", count="count"):
    return memory.rows(a[name], (a[count],), TYPES[a[type_name]])


def i_gelu(memory, a):
    memory.rows(a["output"], (a["count"],), np.int32)[:] = ops.i_gelu(flat(memory, a, "input"),
                                                                      a["b"], a["one"])


def requant_shift(memory, a):
    channel = np.arange(a["count"]) // a["inner"] % a["channels"]
    mul, add = (memory.rows(a[name], (a["channels"],), np.int32)[channel]
                for name in ("mul", "add"))
    result = flat(memory, a, "output", "output_type")
    result[:] = ops.requant_shift(flat(memory, a, "input", "input_type"), mul, add, a["shift"],
                                  a["levels"], result.dtype == np.int8)


def mean(memory, a):
    shape = (a["outer"], a["length"], a["inner"])
    dtype = TYPES[a["type"]]
    memory.rows(a["output"], (shape[0], shape[2]), dtype)[:] = ops.mean(
        memory.rows(a["input"], shape, dtype), 1)


def residual_add(memory, a):
    left, right = (memory.rows(a[name], (a["count"],), np.int8).astype(np.int64) for name in "ab")
    total = left * a["multiplier_a"] + right * a["multiplier_b"] + (1 << a["shift"] >> 1)
    memory.rows(a["output"], (a["count"],), np.int8)[:] = ops.saturate(total >> a["shift"], np.int8)


def add(memory, a):
    repeated = flat(memory, a, "b", "b_type", "b_count")[np.arange(a["count"]) % a["b_count"]]
    memory.rows(a["output"], (a["count"],), np.int32)[:] = ops.add(flat(memory, a, "a", "a_type"),
                                                                   repeated)


def transpose(memory, a):
    sizes, strides = ([a[f"{name}{axis}"] for axis in range(4)] for name in ("size", "stride"))
    dtype = {1: np.int8, 2: np.int16, 4: np.int32}[a["element_bytes"]]
    row = a["output_stride"]
    target = memory.view(a["output"], tuple(sizes),
                         (row * sizes[1] * sizes[2], row * sizes[2], row, a["element_bytes"]),
                         dtype)
    target[:] = memory.view(a["input"], tuple(sizes), strides, dtype)


def embedding(memory, a):
    ids = memory.rows(a["ids"], (a["rows"],), np.uint16)
    columns = a["columns"]
    table = memory.rows(a["table"], (int(ids.max()) + 1, columns), np.int8)
    positions = memory.rows(a["positions"], (a["rows"], columns), np.int8)
    memory.rows(a["output"], (a["rows"], columns), np.int8)[:] = ops.embedding(ids, table,
                                                                               positions)


def window(a):
    return ((a["kernel_height"], a["kernel_width"]), (a["stride_height"], a["stride_width"]),
            tuple(a[f"pad_{side}"] for side in ("top", "left", "bottom", "right")))


def convolution(memory, a):
    kernel, strides, pads = window(a)
    values = memory.rows(a["input"], (a["channels"], a["height"], a["width"]),
                         TYPES[a["input_type"]])
    weight = memory.rows(a["weight"], (a["filters"], a["channels"], *kernel), np.int8)
    result = ops.convolution(values, weight, strides, pads)
    dtype = TYPES[a["output_type"]]
    if dtype != np.int32:
        mul, plus = (memory.rows(a[name], (a["filters"], 1, 1), np.int32)
                     for name in ("mul", "add"))
        result = ops.requant_shift(result, mul, plus, a["shift"], a["levels_minus_1"] + 1,
                                   dtype == np.int8)
    memory.rows(a["output"], result.shape, dtype)[:] = result


def max_pool(memory, a):
    dtype = TYPES[a["type"]]
    values = memory.rows(a["input"], (a["channels"], a["height"], a["width"]), dtype)
    result = ops.max_pool(values, *window(a))
    memory.rows(a["output"], result.shape, dtype)[:] = result


KERNELS = {
    "gemm": gemm, "gemm_int32": gemm_int32, "gemm_shift": gemm_shift, "softmax": softmax,
    "layer_norm": by_rows(layer_norm),
    "partial_max": by_rows(lambda _, a, x: ops.partial_max(x, a["group_width"], a["levels"])),
    "i_softmax": by_rows(lambda _, a, x: ops.i_softmax(
        x, a["coefficient_a"], a["coefficient_b"], a["coefficient_c"], a["log2"], a["levels"])),
    "i_gelu": i_gelu, "requant_shift": requant_shift, "mean": mean, "residual_add": residual_add,
    "add": add, "transpose": transpose, "embedding": embedding, "convolution": convolution,
    "max_pool": max_pool,
}
