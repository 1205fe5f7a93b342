"""Programs that cannot be loaded: exit code 3 and a text that says why."""

import struct
import unittest

import elf_writer
from support import CONFIGS, CliTest

EXPECTED = "; expected a 32-bit little-endian RISC-V executable"
MEMORIES = ("; memory of this machine: soc.cluster.l1 0x00000000..0x0000FFFF, "
            "soc.l2 0x80000000..0x803FFFFF")


class BadPrograms(CliTest):
    def setUp(self):
        super().setUp()
        self.good = elf_writer.elf(elf_writer.end(0), symbols=[("main", elf_writer.L2_BASE, 24)])

    def check(self, content, message):
        """`run` and `check` say the same."""
        self.file("bad.elf", content)
        for command in ["run", "check"]:
            self.assert_fails([command, "-c", CONFIGS / "minpool.yaml", "bad.elf"], 3,
                              "bad.elf: " + message)

    def patched(self, offset, value, form="<H"):
        content = bytearray(self.good)
        struct.pack_into(form, content, offset, value)
        return bytes(content)

    def test_the_unbroken_one_fits(self):
        self.file("good.elf", self.good)
        self.assertEqual(self.tessera("check", "-c", CONFIGS / "minpool.yaml", "good.elf"),
                         (0, "valid: minpool: 16 harts in 4 tiles, L1 64KiB, L2 4MiB, 0 ITAs; "
                             "good.elf fits\n", ""))

    def test_missing(self):
        self.assert_fails(["run", "none.elf"], 3, "none.elf: no such file")

    def test_folder(self):
        self.assert_fails(["run", str(self.folder)], 3, f"{self.folder}: cannot read this file; "
                          "expected a file, no folder, device or pipe")

    def test_below_a_file(self):
        self.file("x.elf", "")
        self.assert_fails(["run", "x.elf/y"], 3, "x.elf/y: cannot read this file: Not a directory")

    def test_empty_and_text(self):
        self.check(b"", "not an ELF file" + EXPECTED)
        self.check("#!/bin/sh\n", "not an ELF file" + EXPECTED)

    def test_64_bit(self):
        self.check(self.patched(4, 2, "B"), "a 64-bit ELF file" + EXPECTED)

    def test_big_endian(self):
        self.check(self.patched(5, 2, "B"), "a big-endian ELF file" + EXPECTED)

    def test_wrong_machine(self):
        for machine, name in [(3, "x86"), (40, "Arm"), (62, "x86-64"), (183, "AArch64"),
                              (999, "machine 999")]:
            self.check(self.patched(18, machine), f"an ELF file for {name}{EXPECTED}")

    def test_object_file(self):
        self.check(self.patched(16, 1), "not linked as an executable" + EXPECTED)

    def test_truncated_everywhere(self):
        size = len(self.good)
        for length, part in [(8, "the ELF header"), (40, "the ELF header"),
                             (60, "the program headers"), (size - 1, "the section headers")]:
            self.check(self.good[:length],
                       f"truncated: the file ends after {length} bytes, before the end of {part}")

    def test_every_length_is_refused_without_a_crash(self):
        for size in range(0, len(self.good), 7):
            self.file("bad.elf", self.good[:size])
            code, out, err = self.tessera("check", "bad.elf")
            self.assertEqual((code, out), (3, ""), f"{size} bytes: {err}")

    def test_segment_beyond_the_file(self):
        content = bytearray(self.patched(52 + 16, 0x1000, "<I"))  # p_filesz
        struct.pack_into("<I", content, 52 + 20, 0x1000)  # p_memsz
        self.check(bytes(content), f"truncated: the file ends after {len(self.good)} bytes, "
                                   "before the end of segment 0")

    def test_segment_with_more_in_the_file_than_in_memory(self):
        self.check(self.patched(52 + 20, 4, "<I"),
                   "segment 0 has more bytes in the file than in memory")

    def test_nothing_to_load(self):
        self.check(self.patched(52, 0, "<I"), "no loadable segment; was it linked?")

    def test_outside_memory(self):
        self.check(elf_writer.elf(elf_writer.end(0), address=0x90000000),
                   "segment 0: 0x90000000..0x90000017 is not all memory" + MEMORIES)

    def test_half_outside_memory(self):
        self.check(elf_writer.elf(elf_writer.end(0), memory_bytes=0x400001),
                   "segment 0: 0x80000000..0x80400000 is not all memory" + MEMORIES)

    def test_over_the_end_of_the_address_space(self):
        self.check(elf_writer.elf(elf_writer.end(0), address=0xFFFFFFF0),
                   "segment 0: 0xFFFFFFF0..0x100000007 is not all memory" + MEMORIES)

    def test_registers_are_not_memory(self):
        self.check(elf_writer.elf(elf_writer.end(0), address=0x40000000),
                   "segment 0: 0x40000000..0x40000017 is not all memory" + MEMORIES)


class DoubtfulPrograms(CliTest):
    def test_entry_point_elsewhere_is_warned_about(self):
        code, _, err = self.run_program(elf_writer.elf(elf_writer.end(0), entry=0x80000004))
        self.assertEqual(code, 0)
        self.assertIn("[set-up] W elf_loader program.elf: harts start at the base of L2, "
                      "0x80000000, not at the entry point 0x80000004\n", err)

    def test_compressed_code_is_warned_about(self):
        code, _, err = self.run_program(elf_writer.elf(elf_writer.end(0), flags=1))
        self.assertEqual(code, 0)
        self.assertIn("[set-up] W elf_loader program.elf: linked with compressed (RVC) code, which "
                      "is illegal here; build all of it with -march=rv32ima_zicsr_zifencei\n", err)

    def test_corrupt_symbols_do_no_harm(self):
        good = elf_writer.elf(elf_writer.end(0), symbols=[("main", elf_writer.L2_BASE, 24)])
        symbols = 52 + 32 + 24 + 16  # headers, code, the null symbol
        for name in [0x7FFFFFFF, 0xFFFFFFFF]:
            broken = bytearray(good)
            struct.pack_into("<I", broken, symbols, name)
            self.assertEqual(self.run_program(bytes(broken), "-q"), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
