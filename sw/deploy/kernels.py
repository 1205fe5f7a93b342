# SPDX-License-Identifier: Apache-2.0
"""Opcodes and arguments of the kernels on cores: the Python side of sw/kernels/kernels.h.

kernel_arguments("copy", destination=..., ...) returns the words of a command; names are those of
the structs. tests/kernels compares this file with the header.
"""
import struct

ARGUMENT_WORDS = 11
PORTABLE = 0x80  # or-ed to an opcode: RV32IMA instructions only

TYPES = {"int8": 0, "uint8": 1, "int32": 2}
BIAS_KINDS = {"none": 0, "column": 1, "row": 2, "matrix": 3}
ACTIVATIONS = {"identity": 0, "relu": 1, "gelu": 2}
GEMM_UNSIGNED_A = 1
GEMM_UNSIGNED_OUTPUT = 2
GEMM_SHIFT_PER_COLUMN = 4
GEMM_SHIFT_PER_ROW = 8

# Fields in order: "name" is uint32; "name:code" has a code of the struct module.
GEMM_OPERANDS = ("a b bias output m:H n:H k:H a_stride:H b_stride:H output_stride:H bias_stride:H"
                 " flags:B bias_kind:B")
KERNELS = {
    "copy": (1, "destination source rows bytes destination_stride source_stride"),
    "fill": (2, "destination rows bytes stride value"),
    "gemm": (3, GEMM_OPERANDS + " mult:B shift:B add:b activation:B gelu_b:h gelu_c:h"
             " activation_mult:B activation_shift:B activation_add:b reserved:B"),
    "gemm_shift": (4, GEMM_OPERANDS + " mul add shift:B levels_minus_1:B alpha:b beta:b"),
    "gemm_int32": (5, GEMM_OPERANDS + " alpha:i beta:i"),
    "softmax": (6, "data rows columns stride block_stride shift"),
    "partial_max": (7, "input output rows columns input_stride output_stride group_width levels"),
    "i_softmax": (8, "input output rows columns input_stride output_stride coefficient_a:i"
                  " coefficient_b:i coefficient_c:i log2 levels"),
    "i_gelu": (9, "input output count b:i one:i type"),
    "layer_norm": (10, "input output rows columns input_stride output_stride weight bias shift"
                   " type"),
    "requant_shift": (11, "input output count mul add channels inner shift levels input_type"
                      " output_type"),
    "mean": (12, "input output outer length inner type"),
    "residual_add": (13, "a b output count multiplier_a:i multiplier_b:i shift"),
    "add": (14, "a b output count b_count a_type b_type"),
    "transpose": (15, "input output element_bytes:H output_stride:H size0 size1 size2 size3"
                  " stride0 stride1 stride2 stride3"),
    "embedding": (16, "ids table positions output rows columns"),
    "convolution": (17, "input weight output mul add channels:H filters:H height:H width:H"
                    " kernel_height:B kernel_width:B stride_height:B stride_width:B pad_top:B"
                    " pad_left:B pad_bottom:B pad_right:B input_type:B output_type:B shift:B"
                    " levels_minus_1:B"),
    "max_pool": (18, "input output channels:H height:H width:H type:H kernel_height:B"
                 " kernel_width:B stride_height:B stride_width:B pad_top:B pad_left:B"
                 " pad_bottom:B pad_right:B"),
    "gather": (19, "input output indices outer count bytes outer_stride"),
}


class ArgumentError(Exception):
    """Arguments that a kernel does not have, or that do not fit their fields."""


def opcode(kernel):
    """The number of a kernel. Raises ArgumentError for unknown names."""
    if kernel not in KERNELS:
        raise ArgumentError(f"kernel '{kernel}'; allowed: {', '.join(KERNELS)}")
    return KERNELS[kernel][0]


def fields(kernel):
    """[(name, code of the struct module)] of a kernel's arguments, in order."""
    opcode(kernel)
    pairs = (field.partition(":") for field in KERNELS[kernel][1].split())
    return [(name, code or "I") for name, _, code in pairs]


def kernel_arguments(kernel, **values):
    """The argument words of a command.

    Args:
        kernel: key of KERNELS.
        values: every field of its struct, integers; those left out are 0.
    Returns: list of ARGUMENT_WORDS integers.
    Raises: ArgumentError for unknown fields and for values that do not fit.
    """
    names = [name for name, _ in fields(kernel)]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise ArgumentError(f"kernel '{kernel}' has no argument {', '.join(unknown)}; "
                            f"allowed: {', '.join(names)}")
    packed = b""
    for name, code in fields(kernel):
        try:
            packed += struct.pack("<" + code, int(values.get(name, 0)))
        except struct.error as error:
            raise ArgumentError(f"kernel '{kernel}': {name}={values[name]}: {error}") from error
    packed = packed.ljust(4 * ARGUMENT_WORDS, b"\0")
    return list(struct.unpack(f"<{ARGUMENT_WORDS}I", packed))


def need_aligned(kernel, multiple, **values):
    """Raises ArgumentError unless every value is a multiple."""
    for name, value in values.items():
        if value % multiple:
            raise ArgumentError(f"kernel '{kernel}': {name}={value}; allowed: multiples of "
                                f"{multiple}")


def gemm_operands(a, b, output, shape, strides, bias=0, bias_kind="none", bias_stride=0,
                  a_unsigned=False):
    """The fields that the three GEMM kernels share, for kernel_arguments().

    Args:
        a, b, output, bias: addresses.
        shape: (m, n, k) in elements.
        strides: of a, b, output, in bytes.
        bias_kind: key of BIAS_KINDS.
    Raises: ArgumentError unless a, b and their strides are multiples of 4.
    """
    m, n, k = shape
    a_stride, b_stride, output_stride = strides
    need_aligned("gemm", 4, a=a, b=b, a_stride=a_stride, b_stride=b_stride)
    return {"a": a, "b": b, "bias": bias, "output": output, "m": m, "n": n, "k": k,
            "a_stride": a_stride, "b_stride": b_stride, "output_stride": output_stride,
            "bias_stride": bias_stride, "flags": GEMM_UNSIGNED_A if a_unsigned else 0,
            "bias_kind": BIAS_KINDS[bias_kind]}
