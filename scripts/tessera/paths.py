# SPDX-License-Identifier: Apache-2.0
"""Where the project's files are, hashes of files, and what all processes of a sweep share."""
import ctypes
import functools
import hashlib
import os
import pathlib
import signal
import struct

ROOT = pathlib.Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
PT_NOTE = 4
BUILD_ID_NAME = struct.pack("<I", 3) + b"GNU\0"  # kind NT_GNU_BUILD_ID, then the owner


def build_folder():
    """Returns the build in use: $TESSERA_BUILD, or build/$PRESET, build/release by default."""
    named = os.environ.get("TESSERA_BUILD")
    return pathlib.Path(named) if named else ROOT / "build" / os.environ.get("PRESET", "release")


def find_config(name):
    """Returns the path of a machine: a file, or a name in configs/ such as "minpool"."""
    shipped = ROOT / "configs" / f"{name}.yaml"
    return shipped if shipped.is_file() else pathlib.Path(name)


def find_elf(name):
    """Returns the path of a program: a file, or a name of the build such as "matmul_i8"."""
    path = pathlib.Path(name)
    built = build_folder() / "sw" / f"{path.name.removesuffix('.elf')}.elf"
    is_name = path.name == str(name) and not path.is_file() and built.is_file()
    return built if is_name else path


def replace(path, text):
    """Writes a file so that readers see the old one or the new one. Raises OSError."""
    scratch = path.with_name(path.name + ".next")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)


def sha256(path):
    """Returns the SHA-256 of a file in hexadecimal. Raises OSError."""
    status = os.stat(path)
    return _sha256(str(path), status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=None)
def _sha256(path, _modified, _size):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def build_id(path):
    """Returns the build ID of an executable, a hash that its linker made of it; of a file without
    one its SHA-256. Raises OSError."""
    with open(path, "rb") as file:
        for notes in _note_segments(file):
            found = notes.find(BUILD_ID_NAME)
            if found >= 4:  # before it: size of the build ID
                size, = struct.unpack_from("<I", notes, found - 4)
                return notes[found + 8:found + 8 + size].hex()
    return sha256(path)


def _note_segments(file):
    """Yields the bytes of each PT_NOTE segment of a 64-bit ELF file; none of any other file."""
    start = file.read(64)
    if start[:5] != b"\x7fELF\x02":
        return
    headers, = struct.unpack_from("<Q", start, 32)
    size, count = struct.unpack_from("<HH", start, 54)
    for index in range(count):
        file.seek(headers + index * size)
        kind, _, offset, _, _, length = struct.unpack("<IIQQQQ", file.read(40))
        if kind == PT_NOTE:
            file.seek(offset)
            yield file.read(length)


def die_with_parent():
    """Makes the kernel kill this process when its parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
