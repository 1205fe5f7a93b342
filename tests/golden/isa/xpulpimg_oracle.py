#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Second implementation of Xpulpimg, and the test that compares the interpreter with it.

Written from the table of the instructions alone; shares nothing with models/isa. It draws random
operands for every row, lets GNU as encode the instruction from its fields (.insn), works out what
must happen, and hands both to a runner that executes the words on the interpreter.
"""
import argparse
import csv
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

MASK = 0xFFFFFFFF
WINDOW = 0x800F8000  # 64 bytes of data memory, as in the runner
WINDOW_BYTES = 64
EDGES = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000,
         0x80008000, 0x80808080, 0x7F7F7F7F, 0x7FFF7FFF, 0xFFFFFFFE, 0xFFFFFFFF]


def signed(value, width=32):
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def lanes(word, width):
    """Lanes of a word as unsigned integers, lowest first."""
    return [word >> shift & ((1 << width) - 1) for shift in range(0, 32, width)]


def join(values, width):
    return sum((value & ((1 << width) - 1)) << (i * width) for i, value in enumerate(values))


# One lane of a pv.<name>: x, y are the lanes as unsigned integers, sx, sy as signed, w their width.
LANE_OPERATIONS = {
    "add": lambda x, y, sx, sy, w: x + y,
    "sub": lambda x, y, sx, sy, w: x - y,
    "avg": lambda x, y, sx, sy, w: signed(x + y, w) >> 1,
    "avgu": lambda x, y, sx, sy, w: ((x + y) & ((1 << w) - 1)) >> 1,
    "min": lambda x, y, sx, sy, w: min(sx, sy),
    "minu": lambda x, y, sx, sy, w: min(x, y),
    "max": lambda x, y, sx, sy, w: max(sx, sy),
    "maxu": lambda x, y, sx, sy, w: max(x, y),
    "srl": lambda x, y, sx, sy, w: x >> y % w,
    "sra": lambda x, y, sx, sy, w: sx >> y % w,
    "sll": lambda x, y, sx, sy, w: x << y % w,
    "or": lambda x, y, sx, sy, w: x | y,
    "xor": lambda x, y, sx, sy, w: x ^ y,
    "and": lambda x, y, sx, sy, w: x & y,
}


def dot(kind, a, b, width):
    total = 0
    for x, y in zip(lanes(a, width), lanes(b, width)):
        left = signed(x, width) if kind == "sp" else x
        right = y if kind == "up" else signed(y, width)
        total += left * right
    return total


def clip(value, low, high):
    value, low, high = signed(value), signed(low), signed(high)
    if value <= low:
        return low
    return high if value >= high else value


def scalar(name, a, b, old, immediate):
    """p.* arithmetic: a = rs1, b = rs2, old = rd, immediate = the rs2 field."""
    bound = (1 << (immediate - 1)) - 1 if immediate else 0
    sa, sb = signed(a), signed(b)
    return {
        "abs": lambda: abs(sa),
        "exths": lambda: signed(a, 16),
        "exthz": lambda: a & 0xFFFF,
        "extbs": lambda: signed(a, 8),
        "extbz": lambda: a & 0xFF,
        "clip": lambda: clip(a, -bound - 1, bound),
        "clipu": lambda: clip(a, 0, bound),
        "clipr": lambda: clip(a, -(sb + 1), sb),
        "clipur": lambda: clip(a, 0, sb),
        "slet": lambda: int(sa <= sb),
        "sletu": lambda: int(a <= b),
        "min": lambda: min(sa, sb),
        "minu": lambda: min(a, b),
        "max": lambda: max(sa, sb),
        "maxu": lambda: max(a, b),
        "mac": lambda: old + a * b,
        "msu": lambda: old - a * b,
    }[name]()


def vector(parts, a, b, old, immediate6):
    """pv.* arithmetic; `parts` is the mnemonic split at its dots."""
    name, width = parts[1], 16 if parts[-1] == "h" else 8
    count = 32 // width
    if name == "pack":  # pv.pack takes the low halves, pv.pack.h the high ones
        high = parts[-1] == "h"
        return (a >> 16 if high else a & 0xFFFF) << 16 | (b >> 16 if high else b & 0xFFFF)
    if name in ("extract", "extractu"):
        value = lanes(a, width)[immediate6 % count]
        return value if name == "extractu" else signed(value, width)
    if name == "insert":
        result = lanes(old, width)
        result[immediate6 % count] = lanes(a, width)[0]
        return join(result, width)
    if name == "shuffle2":
        pick = [lanes(a, width) if s & count else lanes(old, width) for s in lanes(b, width)]
        return join([p[s % count] for p, s in zip(pick, lanes(b, width))], width)
    if name == "abs":
        return join([abs(signed(x, width)) for x in lanes(a, width)], width)
    if "sc" in parts:
        b = join([lanes(b, width)[0]] * count, width)
    if "sci" in parts:
        zero_extended = name in ("avgu", "minu", "maxu", "dotup", "sdotup")
        b = join([immediate6 if zero_extended else signed(immediate6, 6)] * count, width)
    if name.startswith("dot"):
        return dot(name[3:], a, b, width)
    if name.startswith("sdot"):
        return old + dot(name[4:], a, b, width)
    return join([LANE_OPERATIONS[name](x, y, signed(x, width), signed(y, width), width)
                 for x, y in zip(lanes(a, width), lanes(b, width))], width)


class Case:
    """One instruction with its registers and memory, before and after."""

    def __init__(self, rng, row):
        self.row = row
        self.parts = row["mnemonic"].split(".")
        self.fields = {f: rng.randrange(32) for f in ("rd", "rs1", "rs2")}
        if rng.random() < 0.9:  # mostly distinct registers, sometimes the same one twice, or x0
            self.fields = dict(zip(self.fields, rng.sample(range(1, 32), 3)))
        if row["rs2"] != "-":
            self.fields["rs2"] = int(row["rs2"], 2)
        self.bit = rng.randrange(2)
        self.immediate = 0
        self.before = {0: 0}
        self.memory = bytearray(rng.randbytes(WINDOW_BYTES))
        self.next_offset = 4  # of the pc; None = trap
        for field in self.fields.values():
            if field:
                is_edge = rng.random() < 0.3
                self.before[field] = rng.choice(EDGES) if is_edge else rng.getrandbits(32)
        if self.parts[1][0] in "ls" and len(self.parts) == 3 and self.parts[0] == "p":
            self.draw_access(rng)
        elif self.parts[1] in ("beqimm", "bneimm"):
            self.draw_branch(rng)
        self.after = dict(self.before)
        self.memory_after = bytearray(self.memory)
        self.perform()
        self.after[0] = 0

    @property
    def is_store(self):
        return self.parts[1][0] == "s"

    @property
    def size(self):
        return {"b": 1, "h": 2, "w": 4}[self.parts[1][1]]

    def draw_access(self, rng):
        """An address in the window, an offset that keeps the access there, rarely misaligned."""
        post = self.parts[2].endswith("post")
        target = WINDOW + rng.randrange(8, WINDOW_BYTES - 8)
        step = rng.randrange(-2048, 2048)
        if rng.random() < 0.85:
            target -= target % self.size
            step -= step % self.size
        self.immediate = step
        offset_field = None
        if "rr" in self.parts[2]:
            offset_field = "rd" if self.is_store else "rs2"
        base = target if post else target - step
        if 0 in self.fields.values() or len(set(self.fields.values())) < 3:
            self.fields["rs1"], self.fields["rs2"], self.fields["rd"] = rng.sample(range(1, 32), 3)
            if self.is_store:
                self.fields["rs2"] = self.fields["rs1"]  # stores the old rs1
            else:
                self.fields["rd"] = self.fields["rs1"]  # the loaded value wins over the increment
            self.before = {0: 0, **{f: rng.getrandbits(32) for f in self.fields.values()}}
        self.before[self.fields["rs1"]] = base & MASK
        if offset_field:
            self.before[self.fields[offset_field]] = step & MASK

    def draw_branch(self, rng):
        self.immediate = rng.randrange(-1024, 1023) * 4
        if rng.random() < 0.5 and self.fields["rs1"]:
            self.before[self.fields["rs1"]] = signed(self.fields["rs2"], 5) & MASK

    def perform(self):
        read = {name: self.before[field] for name, field in self.fields.items()
                if field in self.before}
        a, b, old = read.get("rs1", 0), read.get("rs2", 0), read.get("rd", 0)
        if self.parts[1] in ("beqimm", "bneimm"):
            equal = a == signed(self.fields["rs2"], 5) & MASK
            if equal == (self.parts[1] == "beqimm"):
                self.next_offset = self.immediate
        elif self.parts[0] == "pv":
            immediate6 = self.fields["rs2"] << 1 | self.bit
            self.after[self.fields["rd"]] = vector(self.parts, a, b, old, immediate6) & MASK
        elif len(self.parts) == 3:
            self.perform_access(a, b, old)
        else:
            self.after[self.fields["rd"]] = \
                scalar(self.parts[1], a, b, old, self.fields["rs2"]) & MASK

    def perform_access(self, a, b, old):
        form = self.parts[2]
        step = self.immediate if form == "irpost" else signed(old if self.is_store else b)
        post = form.endswith("post")
        total = (a + step) & MASK
        if total % self.size:  # alignment is checked on the sum, also where the access is at rs1
            self.next_offset = None
            return
        address = (a if post else total) - WINDOW
        word_at = address - address % 4
        word = int.from_bytes(self.memory[word_at:word_at + 4], "little")
        shift = 8 * (address % 4)
        if post:
            self.after[self.fields["rs1"]] = total
        if not self.is_store:
            value = word >> shift & ((1 << 8 * self.size) - 1)
            unsigned = self.parts[1].endswith("u")
            self.after[self.fields["rd"]] = \
                (value if unsigned else signed(value, 8 * self.size)) & MASK
            return
        # The memory word gets the data rotated to its place; enabled bytes end with the word.
        rotated = (b << shift | b >> (32 - shift)) & MASK if shift else b
        enabled = 0xF if self.size == 4 else ((1 << self.size) - 1) << address % 4 & 0xF
        for i in range(4):
            if enabled >> i & 1:
                self.memory_after[word_at + i] = rotated >> 8 * i & 0xFF

    def assembly(self):
        row, field = self.row, self.fields
        opcode, funct3 = int(row["opcode"], 2), int(row["funct3"], 2)
        if self.parts[1] in ("beqimm", "bneimm"):
            return f".insn sb {opcode}, {funct3}, x{field['rs1']}, x{field['rs2']}, " \
                   f".+({self.immediate})"
        if row["funct7"] == "-":
            if self.is_store:
                return f".insn s {opcode}, {funct3}, x{field['rs2']}, {self.immediate}" \
                       f"(x{field['rs1']})"
            return f".insn i {opcode}, {funct3}, x{field['rd']}, x{field['rs1']}, {self.immediate}"
        funct7 = int(row["funct7"].replace("x", str(self.bit)), 2)
        return f".insn r {opcode}, {funct3}, {funct7}, x{field['rd']}, x{field['rs1']}, " \
               f"x{field['rs2']}"

    def record(self, number, encoding):
        """Binary form that the runner reads: see xpulpimg_runner.cpp."""
        numbers = sorted(self.after)[-3:]
        numbers += [0] * (3 - len(numbers))
        before = [self.before.get(n, 0) for n in numbers]
        after = [self.after[n] for n in numbers]
        trap = self.next_offset is None
        offset = 0 if trap else self.next_offset
        return struct.pack("<HBB3BxIi3I3I", number, trap, len(numbers), *numbers, encoding, offset,
                           *before, *after) + bytes(self.memory) + bytes(self.memory_after)


def assemble(lines, prefix, folder):
    """Instruction words of assembly lines, one each."""
    source = folder / "cases.S"
    source.write_text(".option norelax\n.option norvc\n" + "\n".join(lines) + "\n")
    subprocess.run([f"{prefix}as", "-march=rv32i", "-mabi=ilp32", "-o", folder / "cases.o", source],
                   check=True)
    subprocess.run([f"{prefix}ld", "-melf32lriscv", "-Ttext=0x80000000", "-e0x80000000",
                    "-o", folder / "cases.elf", folder / "cases.o"], check=True)
    subprocess.run([f"{prefix}objcopy", "-O", "binary", "-j.text", folder / "cases.elf",
                    folder / "cases.bin"], check=True)
    data = (folder / "cases.bin").read_bytes()
    words = struct.unpack(f"<{len(data) // 4}I", data)
    if len(words) != len(lines):
        sys.exit(f"assembled {len(words)} words from {len(lines)} instructions")
    return words


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=pathlib.Path, required=True, help="xpulpimg.csv")
    parser.add_argument("--runner", required=True, help="program that executes the cases")
    parser.add_argument("--prefix", default="riscv64-unknown-elf-", help="of the GNU tools")
    parser.add_argument("--measured", type=pathlib.Path,
                        help="operand/result pairs taken from the RTL; skipped when absent")
    parser.add_argument("--cases", type=int, default=1000, help="operand sets for each row")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    with arguments.table.open() as table:
        rows = list(csv.DictReader(line for line in table if not line.startswith("#")))
    rng = random.Random(arguments.seed)
    cases = [(number, Case(rng, row))
             for number, row in enumerate(rows) for _ in range(arguments.cases)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        words = assemble([case.assembly() for _, case in cases], arguments.prefix, folder)
        with (folder / "cases").open("wb") as file:
            for (number, case), word in zip(cases, words):
                file.write(case.record(number, word))
        (folder / "names").write_text("\n".join(row["mnemonic"] for row in rows) + "\n")
        command = [arguments.runner, folder / "names", folder / "cases"]
        if arguments.measured:
            command.append(arguments.measured)
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
