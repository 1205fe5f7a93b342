#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sw/deploy/kernels.py and sw/kernels/kernels.h describe the same opcodes and structs."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "sw"))
from deploy import kernels  # noqa: E402  (found through the path above)

HEADER = (ROOT / "sw/kernels/kernels.h").read_text(encoding="utf-8")
CODES = {"uint32_t": "I", "int32_t": "i", "uint16_t": "H", "int16_t": "h", "uint8_t": "B",
         "int8_t": "b"}


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def constants():
    """Every `kName = number` of the header."""
    return {name: int(value, 0)
            for name, value in re.findall(r"\b(k\w+) = (\w+)", HEADER)}


def struct_fields(name):
    """[(field, code)] of a struct of the header, nested operands in place."""
    body = re.search(rf"struct {name} {{(.*?)\n}};", HEADER, re.DOTALL).group(1)
    fields = []
    for type_name, field in re.findall(r"^\s*((?:struct )?\w+) (\w+);", body, re.MULTILINE):
        if type_name.startswith("struct "):
            fields += struct_fields(type_name.split()[1])
        else:
            fields.append((field, CODES[type_name]))
    return fields


class Abi(unittest.TestCase):
    def test_opcodes_are_the_same(self):
        opcodes = {name: number for name, number in constants().items()
                   if name.startswith("kKernel") and name not in ("kKernelArgumentWords",
                                                                  "kKernelPortable")}
        self.assertEqual(opcodes, {"kKernel" + camel(name): kernels.opcode(name)
                                   for name in kernels.KERNELS})
        self.assertEqual(constants()["kNumKernelOpcodes"], 1 + max(opcodes.values()))
        self.assertEqual(constants()["kKernelPortable"], kernels.PORTABLE)
        self.assertEqual(constants()["kKernelArgumentWords"], kernels.ARGUMENT_WORDS)

    def test_structs_are_the_same_and_fit(self):
        for name in kernels.KERNELS:
            with self.subTest(kernel=name):
                self.assertEqual(struct_fields(camel(name) + "Arguments"), kernels.fields(name))
                self.assertEqual(len(kernels.kernel_arguments(name)), kernels.ARGUMENT_WORDS)

    def test_values_of_enums_are_the_same(self):
        for prefix, values in (("kType", kernels.TYPES), ("kActivation", kernels.ACTIVATIONS)):
            self.assertEqual({name: number for name, number in constants().items()
                              if name.startswith(prefix)},
                             {prefix + camel(name): number for name, number in values.items()})
        for kind, name in (("none", "kBiasNone"), ("column", "kBiasPerColumn"),
                           ("row", "kBiasPerRow"), ("matrix", "kBiasMatrix")):
            self.assertEqual(constants()[name], kernels.BIAS_KINDS[kind])
        for name in ("kGemmUnsignedA", "kGemmUnsignedOutput", "kGemmShiftPerColumn",
                     "kGemmShiftPerRow"):
            python = re.sub(r"(?<!^)([A-Z])", r"_\1", name[1:]).upper()
            self.assertEqual(constants()[name], getattr(kernels, python))


class Arguments(unittest.TestCase):
    def test_fields_are_packed_as_c_does(self):
        words = kernels.kernel_arguments("copy", destination=1, source_stride=6)
        self.assertEqual(words[:7], [1, 0, 0, 0, 0, 6, 0])
        operands = kernels.gemm_operands(0x100, 0x200, 0x300, (1, 2, 3), (4, 8, 5), 0x400, "row",
                                         a_unsigned=True)
        words = kernels.kernel_arguments("gemm", **operands, mult=255, shift=2, add=-1, gelu_b=-2)
        self.assertEqual(words[:8], [0x100, 0x200, 0x400, 0x300, 0x20001, 0x40003, 0x50008,
                                     0x02010000])
        self.assertEqual(words[8:], [0x00FF02FF, 0x0000FFFE, 0])

    def test_errors_name_the_argument(self):
        for pattern, call in (
                ("kernel 'x'; allowed: copy, ", lambda: kernels.opcode("x")),
                ("has no argument rank; allowed: data",
                 lambda: kernels.kernel_arguments("softmax", rank=1)),
                ("m=65536", lambda: kernels.kernel_arguments("gemm", m=65536)),
                ("a_stride=3; allowed: multiples of 4",
                 lambda: kernels.gemm_operands(0, 0, 0, (1, 1, 1), (3, 4, 1)))):
            with self.assertRaisesRegex(kernels.ArgumentError, pattern):
                call()


if __name__ == "__main__":
    unittest.main()
