#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What kernels of sw/kernels cost: cycles of a worker per element of its share, in cycle timing.

    kernel_cycles.py [--config configs/tessera.yaml] [--build build/release] [CASE ...]

Every case runs in two sizes, all harts, each twice (caches are warm then); the difference is what
its elements cost, the rest is fixed. Elements are results; of a convolution multiply-accumulates.
"""
import argparse
import pathlib
import sys
import types

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "sw"), str(ROOT / "tests/kernels")]
import kernel_test  # noqa: E402  (found through the path above)
from deploy import kernels  # noqa: E402

HARTS = 192
INPUT, OUTPUT, CONSTANTS, MORE = 0, 0x30000, 0x60000, 0x68000
L1_BYTES = 0x70000
ADDRESSES = {
    "requant_shift": "input output mul add", "layer_norm": "input output weight bias",
    "gemm": "a b bias output", "gemm_shift": "a b bias output mul add",
    "gemm_int32": "a b bias output", "convolution": "input weight output mul add"}


def elementwise(share, **fields):
    count = HARTS * share
    return share, dict(input=INPUT, output=OUTPUT, count=count, mul=CONSTANTS, add=MORE,
                       **{"channels": 1, "inner": count, "shift": 14, "levels": 256, **fields})


def rows(share, type_):
    """Rows of 128 columns."""
    return share, dict(input=INPUT, output=OUTPUT, rows=HARTS * share // 128, columns=128,
                       input_stride=128, output_stride=128, weight=CONSTANTS, bias=MORE, shift=10,
                       type=type_)


def product(share, kind, activation=0, **fields):
    """96 columns of 32 products each, so that the epilogue shows."""
    n = 96
    m = HARTS * share // n
    operands = kernels.gemm_operands(INPUT, CONSTANTS, OUTPUT, (m, n, 32), (32, 32, n * kind[1]),
                                     MORE, kind[0], n * 4)
    return share, dict(operands, mult=97, shift=16, activation=activation, gelu_b=-80,
                       gelu_c=-7091, activation_mult=74, activation_shift=20, **fields)


def scaled(share, kind):
    share, fields = product(share, kind)
    for name in [name for name in fields if name.startswith(("mult", "gelu", "activation"))]:
        del fields[name]
    return share, dict(fields, mul=MORE + 0x1000, add=MORE + 0x1400, shift=14,
                       levels_minus_1=255, alpha=1, beta=1)


def summed(share, kind):
    share, fields = product(share, kind)
    for name in [name for name in fields if name.startswith(("mult", "gelu", "activation"))]:
        del fields[name]
    del fields["shift"]
    return share, dict(fields, alpha=1, beta=1)


def convolution(share, channels):
    """3 x 3, stride 1, as many positions as it needs."""
    filters, width = 16, 64
    height = HARTS * share // (filters * width)
    return 9 * channels * share, dict(
        input=INPUT, weight=CONSTANTS, output=OUTPUT, mul=MORE, add=MORE, channels=channels,
        filters=filters, height=height, width=width, kernel_height=3, kernel_width=3,
        stride_height=1, stride_width=1, pad_top=1, pad_left=1, pad_bottom=1, pad_right=1,
        output_type=0, shift=14, levels_minus_1=255)


# Name: (kernel, case(share), shares of the two sizes).
CASES = {
    "requant_shift, int8": ("requant_shift", elementwise, (256, 512)),
    "requant_shift, int32": ("requant_shift", lambda s: elementwise(s, input_type=2), (64, 192)),
    "requant_shift, channel per element": (
        "requant_shift", lambda s: elementwise(s, channels=128, inner=1), (256, 512)),
    "layer_norm, int8": ("layer_norm", lambda s: rows(s, 0), (256, 512)),
    "layer_norm, uint8": ("layer_norm", lambda s: rows(s, 1), (256, 512)),
    "gemm, identity": ("gemm", lambda s: product(s, ("column", 1)), (256, 512)),
    "gemm, ReLU": ("gemm", lambda s: product(s, ("column", 1), 1), (256, 512)),
    "gemm, GELU": ("gemm", lambda s: product(s, ("column", 1), 2), (256, 512)),
    "gemm, bias per row": ("gemm", lambda s: product(s, ("row", 1)), (256, 512)),
    "gemm_shift": ("gemm_shift", lambda s: scaled(s, ("column", 1)), (256, 512)),
    "gemm_int32": ("gemm_int32", lambda s: summed(s, ("column", 4)), (64, 128)),
    "convolution, 3 channels": ("convolution", lambda s: convolution(s, 3), (16, 48)),
    "convolution, 16 channels": ("convolution", lambda s: convolution(s, 16), (16, 48)),
}


def measure(options, fields):
    """Cycles of each of the [(kernel, fields)], one after the other."""
    commands = b"".join(
        kernel_test.command_bytes(kernel, values, ADDRESSES[kernel].split(), False)
        for kernel, values in fields)
    rng = np.random.default_rng(1)
    header = kernel_test.HEADER
    image = header.pack(b"KTST", 0, len(fields), header.size + len(commands), L1_BYTES) + commands
    contents = rng.integers(-128, 128, L1_BYTES, dtype=np.int8)
    # Multipliers, weights and biases of about 16 bits.
    constants = rng.integers(-(1 << 16), 1 << 16, (L1_BYTES - CONSTANTS) // 4, dtype=np.int32)
    contents[CONSTANTS:] = constants.view(np.int8)
    after = kernel_test.run(options, image + contents.tobytes())
    size = kernel_test.COMMAND.size
    return [kernel_test.COMMAND.unpack_from(after, header.size + size * i)[-1]
            for i in range(len(fields))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--config", default=str(ROOT / "configs/tessera.yaml"))
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release",
                        help="folder with bin/tessera and sw/kernel_test.elf")
    parser.add_argument("--tessera")
    parser.add_argument("cases", nargs="*", help="names begin with one of these; all")
    options = parser.parse_args()
    run = types.SimpleNamespace(tessera=options.tessera or options.build / "bin/tessera",
                                config=options.config, timing="cycle",
                                elf=options.build / "sw/kernel_test.elf")
    print("| kernel | cycles per element | fixed |\n|---|---|---|")
    chosen = tuple(options.cases) or ("",)
    for name, (kernel, case, shares) in CASES.items():
        if not name.startswith(chosen):
            continue
        sizes = [case(share) for share in shares]
        cycles = measure(run, [(kernel, fields) for _, fields in sizes for _ in range(2)])[1::2]
        rate = (cycles[1] - cycles[0]) / (sizes[1][0] - sizes[0][0])
        print(f"| {name} | {rate:.1f} | {cycles[0] - rate * sizes[0][0]:.0f} |", flush=True)


if __name__ == "__main__":
    main()
