"""Writes tiny RV32 executables, byte for byte, so that tests can also break them."""

import struct

L2_BASE = 0x80000000
EOC = 0x40000000
UART = 0xC0000000

T0, T1 = 5, 6
LOOP_FOREVER = 0x0000006F  # jal x0, 0
WFI = 0x10500073
ILLEGAL = 0x00000000
FADD_S = 0x00C5F553  # fadd.s a0, a1, a2

EM_RISCV = 243
HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
PROGRAM_HEADER = struct.Struct("<8I")
SECTION_HEADER = struct.Struct("<10I")
SYMBOL = struct.Struct("<IIIBBH")


def load_immediate(register, value):
    """Returns the two instructions lui, addi that put a 32-bit value into a register."""
    upper = ((value + 0x800) >> 12) & 0xFFFFF
    lower = value & 0xFFF
    return [upper << 12 | register << 7 | 0x37, lower << 20 | register << 15 | register << 7 | 0x13]


def store_word(source, base):
    return source << 20 | base << 15 | 2 << 12 | 0x23


def store_byte(source, base):
    return source << 20 | base << 15 | 0x23


def jump_back(code):
    """The instruction behind `code` that starts it anew."""
    offset = -4 * len(code)
    return (
        (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3FF) << 21 | (offset >> 11 & 1) << 20
        | (offset >> 12 & 0xFF) << 12 | 0x6F
    )  # jal x0, offset


def end(value):
    """Code that ends the run with `value`."""
    code = load_immediate(T0, EOC) + load_immediate(T1, value << 1 | 1)
    return code + [store_word(T1, T0), LOOP_FOREVER]


def print_text(text):
    """Code with which the hart that runs it writes `text` to the UART."""
    code = load_immediate(T0, UART)
    for letter in text.encode():
        code += load_immediate(T1, letter) + [store_byte(T1, T0)]
    return code


def only_hart_zero(code, others):
    """Hart 0 runs `code`, all others run the list `others`."""
    csrr_mhartid = 0xF14 << 20 | 2 << 12 | T0 << 7 | 0x73
    distance = 4 * (len(others) + 1)
    assert distance < 2048
    branch = (
        (distance >> 5 & 0x3F) << 25 | T0 << 15 | (distance >> 1 & 0xF) << 8
        | (distance >> 11 & 1) << 7 | 0x63
    )  # beq t0, x0, distance
    return [csrr_mhartid, branch] + others + code


def sleep_forever():
    return [WFI, 0xFFDFF06F]  # jal x0, -4


def elf(code, address=L2_BASE, entry=None, machine=EM_RISCV, elf_type=2, flags=0,
        memory_bytes=None, symbols=()):
    """Returns the bytes of an executable.

    Args:
      code: list of 32-bit instructions, the one segment's content.
      address: physical address of the segment.
      entry: entry point, default `address`.
      memory_bytes: size of the segment in memory, default the size of `code`.
      symbols: (name, address, size in bytes) of functions.
    """
    text = struct.pack(f"<{len(code)}I", *code)
    strings = b"\0"
    table = SYMBOL.pack(0, 0, 0, 0, 0, 0)
    for name, value, size in symbols:
        table += SYMBOL.pack(len(strings), value, size, 0x12, 0, 1)  # global function in .text
        strings += name.encode() + b"\0"
    names = b"\0.text\0.symtab\0.strtab\0"
    offset_text = HEADER.size + PROGRAM_HEADER.size
    offset_table = offset_text + len(text)
    offset_strings = offset_table + len(table)
    offset_names = offset_strings + len(strings)
    offset_sections = offset_names + len(names)
    sections = b"".join([
        SECTION_HEADER.pack(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        SECTION_HEADER.pack(1, 1, 6, address, offset_text, len(text), 0, 0, 4, 0),
        SECTION_HEADER.pack(7, 2, 0, 0, offset_table, len(table), 3, 1, 4, SYMBOL.size),
        SECTION_HEADER.pack(15, 3, 0, 0, offset_strings, len(strings), 0, 0, 1, 0),
        SECTION_HEADER.pack(1, 3, 0, 0, offset_names, len(names), 0, 0, 1, 0),
    ])
    header = HEADER.pack(
        b"\x7fELF\1\1\1" + bytes(9), elf_type, machine, 1, address if entry is None else entry,
        HEADER.size, offset_sections, flags, HEADER.size, PROGRAM_HEADER.size, 1,
        SECTION_HEADER.size, 5, 4)
    program = PROGRAM_HEADER.pack(
        1, offset_text, address, address, len(text),
        len(text) if memory_bytes is None else memory_bytes, 7, 4)
    return header + program + text + table + strings + names + sections
