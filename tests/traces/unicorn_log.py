# SPDX-License-Identifier: Apache-2.0
"""The commit log of a program as Unicorn, an independent simulator, executes it.

Every value comes out of Unicorn: registers are read when the next instruction begins, addresses and
data of accesses come from its hooks (for atomics, which its hooks do not tell, from memory).
"""

import ctypes
import ctypes.util

ARCH_RISCV = 8
MODE_RISCV32 = 4
HOOK_CODE = 1 << 2
HOOK_MEM_READ = 1 << 10
HOOK_MEM_WRITE = 1 << 11
MEM_WRITE = 17
REGISTER_X0 = 1
EOC = 0x40000000

OPCODES_WITHOUT_RD = {0x23, 0x63, 0x0F}
OPCODE_AMO = 0x2F
LOAD_RESERVED = 0x02


def library():
    """The Unicorn library; None where it is not installed."""
    name = ctypes.util.find_library("unicorn") or "libunicorn.so.2"
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


class Reference:
    """One run of `image` (bytes, loaded and started at `base`); `lines` is its log."""

    def __init__(self, image, base, memory_bytes, hart=0):
        self.unicorn = library()
        self.hart = hart
        self.lines = []
        self.pending = None
        self.accesses = []
        self.engine = ctypes.c_void_p()
        self.check(self.unicorn.uc_open(ARCH_RISCV, MODE_RISCV32, ctypes.byref(self.engine)))
        for address, size in ((base, memory_bytes), (EOC, 0x1000)):
            self.check(self.unicorn.uc_mem_map(self.engine, ctypes.c_uint64(address),
                                               ctypes.c_size_t(size), 7))
        self.check(self.unicorn.uc_mem_write(self.engine, ctypes.c_uint64(base), image,
                                             ctypes.c_size_t(len(image))))
        self.add_hooks()
        self.check(self.unicorn.uc_emu_start(self.engine, ctypes.c_uint64(base),
                                             ctypes.c_uint64(0), ctypes.c_uint64(0),
                                             ctypes.c_size_t(0)))

    def check(self, error):
        if error != 0:
            raise RuntimeError(f"Unicorn: error {error}")

    def add_hooks(self):
        code = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32,
                                ctypes.c_void_p)
        memory = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64,
                                  ctypes.c_int, ctypes.c_int64, ctypes.c_void_p)
        self.code_hook = code(self.begins)
        self.memory_hook = memory(self.accesses_memory)
        for kind, hook in ((HOOK_CODE, self.code_hook),
                           (HOOK_MEM_READ | HOOK_MEM_WRITE, self.memory_hook)):
            handle = ctypes.c_size_t()
            self.check(self.unicorn.uc_hook_add(self.engine, ctypes.byref(handle), kind, hook,
                                                None, ctypes.c_uint64(1), ctypes.c_uint64(0)))

    def register(self, index):
        value = ctypes.c_uint32()
        self.check(self.unicorn.uc_reg_read(self.engine, REGISTER_X0 + index,
                                            ctypes.byref(value)))
        return value.value

    def word(self, address):
        value = ctypes.c_uint32()
        self.check(self.unicorn.uc_mem_read(self.engine, ctypes.c_uint64(address),
                                            ctypes.byref(value), ctypes.c_size_t(4)))
        return value.value

    def begins(self, _engine, address, _size, _data):
        self.finish()
        raw = self.word(address)
        place = self.register(raw >> 15 & 31) if raw & 0x7F == OPCODE_AMO else None
        self.pending = (address, raw, place)

    def accesses_memory(self, _engine, kind, address, size, value, _data):
        self.accesses.append((kind == MEM_WRITE, address, size, value & (1 << 8 * size) - 1))
        if address == EOC:
            self.finish()
            self.check(self.unicorn.uc_emu_stop(self.engine))

    def finish(self):
        """The line of the instruction that has just ended."""
        if self.pending is None:
            return
        address, raw, place = self.pending
        line = f"core{self.hart:4}: 3 0x{address:08x} (0x{raw:08x})"
        index = raw >> 7 & 31
        if index != 0 and raw & 0x7F not in OPCODES_WITHOUT_RD:
            line += f" x{index:<2} 0x{self.register(index):08x}"
        if place is not None:
            line += f" mem 0x{place:08x}"
            if raw >> 27 != LOAD_RESERVED:
                line += f" mem 0x{place:08x} 0x{self.word(place):08x}"
        else:
            line += "".join(self.access_text(access) for access in self.accesses)
        self.lines.append(line)
        self.pending = None
        self.accesses = []

    @staticmethod
    def access_text(access):
        is_write, address, size, value = access
        return f" mem 0x{address:08x}" + (f" 0x{value:0{2 * size}x}" if is_write else "")
