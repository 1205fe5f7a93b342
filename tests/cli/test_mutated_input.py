"""Input that is broken at random: every run ends in a documented exit code, never in a crash.

A guest that is itself nonsense may do anything a guest can: it runs with limits, on the machine
with all devices.
"""

import random
import unittest

import elf_writer
from support import CONFIGS, CliTest

SEED = 20260101
# What a user's or a guest's mistake may lead to; 7 is ours, negative a signal.
ALLOWED = {0, 1, 3, 4, 5, 6}


def mutate(rng, data, changes):
    """Returns `data` with bytes replaced, removed or inserted, or cut off."""
    data = bytearray(data)
    for _ in range(changes):
        place = rng.randrange(len(data))
        kind = rng.randrange(8)
        if kind < 6:
            flipped = data[place] ^ 1 << rng.randrange(8)
            data[place] = rng.choice([rng.randrange(256), 0, 0xFF, flipped])
        elif kind == 6:
            del data[place]
        else:
            del data[max(1, place):]
    return bytes(data)


class MutatedInput(CliTest):
    def run_limited(self, what, *arguments):
        code, _, err = self.tessera("run", *arguments, "--max-cycles", "3000", "--timeout", "20")
        self.assertIn(code, ALLOWED, f"seed {SEED}, {what}: exit {code}\n{err[-2000:]}")
        self.assertNotIn("internal error", err)

    def test_elf(self):
        rng = random.Random(SEED)
        good = elf_writer.elf(elf_writer.print_text("hello") + elf_writer.end(0))
        for case in range(150):
            self.file("x.elf", mutate(rng, good, rng.randrange(1, 5)))
            self.run_limited(f"ELF {case}", "x.elf")

    def test_code(self):
        rng = random.Random(SEED + 1)
        for case in range(60):
            code = [rng.randrange(1 << 32) for _ in range(64)]
            self.file("x.elf", elf_writer.elf(code))
            self.run_limited(f"code {case}", "x.elf")

    def test_code_that_pokes_devices(self):
        rng = random.Random(SEED + 2)
        windows = [(0x40000000, 0x100), (0x40010000, 0x20), (0x40020000, 0x68), (0x40020F00, 4),
                   (0x40040000, 0x6C), (0xC0000000, 4)]
        for machine in ("tessera", "mempool_ita"):
            for case in range(20):
                code = []
                for _ in range(40):
                    base, size = rng.choice(windows)
                    address = base + rng.randrange(0, size, 4)
                    value = rng.choice([0, 1, 0xFFFFFFFF, 0x80000000, 0xC0000,
                                        rng.randrange(1 << 32)])
                    code += elf_writer.load_immediate(elf_writer.T0, address)
                    code += elf_writer.load_immediate(elf_writer.T1, value)
                    load = elf_writer.T0 << 15 | 2 << 12 | elf_writer.T1 << 7 | 0x03
                    code.append(rng.choice([elf_writer.store_word(elf_writer.T1, elf_writer.T0),
                                            load]))
                self.file("x.elf", elf_writer.elf(code + elf_writer.end(0)))
                self.run_limited(f"devices of {machine}, {case}", "-c",
                                 CONFIGS / f"{machine}.yaml", "x.elf")

    def test_configuration(self):
        rng = random.Random(SEED + 3)
        self.file("x.elf", elf_writer.elf(elf_writer.end(0)))
        for case in range(100):
            name = rng.choice(["minpool", "mempool_ita", "tessera"])
            text = (CONFIGS / f"{name}.yaml").read_bytes()
            self.file("x.yaml", mutate(rng, text, rng.randrange(1, 4)))
            self.run_limited(f"{name}.yaml {case}", "-c", "x.yaml", "x.elf")


if __name__ == "__main__":
    unittest.main()
