#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks ITA models against golden .npz files: one line per file with the differing bytes.

Exit code: 0 no byte differs, 1 some byte differs or a file cannot be used, 2 usage.
"""
import argparse
import pathlib
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np

TYPES = {"int8": b"b", "uint8": b"B", "int32": b"i"}


def flatten(path):
    """The arrays of an .npz file in the format of array_file.h.

    Raises: OSError, ValueError, zipfile.BadZipFile or zlib.error when it is no such file.
    """
    out = bytearray()
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            array = arrays[name]
            if array.dtype.kind == "U":
                array = np.frombuffer(str(array).encode(), np.uint8)
            elif array.dtype == np.int64:
                array = array.astype(np.int32)
            if array.dtype.name not in TYPES:
                allowed = ", ".join(TYPES)
                raise ValueError(f"array '{name}' is {array.dtype}; allowed: {allowed}, text")
            out += struct.pack("<I", len(name)) + name.encode() + TYPES[array.dtype.name]
            out += struct.pack(f"<{array.ndim + 1}I", array.ndim, *array.shape)
            out += np.ascontiguousarray(array).tobytes()
    return bytes(out)


def check(tool, path):
    """Checks one file. Returns (ok, text)."""
    try:
        arrays = flatten(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile,
            zlib.error) as error:
        return False, f"error: not a golden file: {error}"
    run = subprocess.run([tool], input=arrays, capture_output=True, check=False)
    text = run.stdout.decode().strip() or f"error: {tool} ended with {run.returncode}"
    return run.returncode == 0, text


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, help="path of ita_golden_check")
    parser.add_argument("files", nargs="+", metavar="FILE", help=".npz file")
    arguments = parser.parse_args()
    if not pathlib.Path(arguments.tool).is_file():
        parser.error(f"{arguments.tool} is not there: build the target ita_golden_check first")
    all_ok = True
    for path in arguments.files:
        ok, text = check(arguments.tool, path)
        print(f"{path}: {text}", flush=True)
        all_ok = all_ok and ok
    return 0 if all_ok else 1


if __name__ == "__main__":
    sys.exit(main())
