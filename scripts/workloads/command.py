# SPDX-License-Identifier: Apache-2.0
"""What the command lines of the makers of workload images have in common."""
import pathlib
import sys

from .image import WorkloadError

WORKLOAD_ADDRESS = 0x80100000  # where programs look for an image; tessera run --load


def add_check(commands):
    """Adds the command that compares a run with what it should have given."""
    command = commands.add_parser("check", help="compare a dump with the expected results")
    command.add_argument("image")
    command.add_argument("dump", help="the image's memory after the run")


def write_image(path, image):
    """Writes the bytes of an image and says so."""
    pathlib.Path(path).write_bytes(image)
    print(f"{path}: {len(image)} bytes for 0x{WORKLOAD_ADDRESS:08x}")


def read_image(path, dump_path, magic, header):
    """Returns the bytes of an image that begins with `magic` and a Struct, and of its dump."""
    image, dump = pathlib.Path(path).read_bytes(), pathlib.Path(dump_path).read_bytes()
    if image[:len(magic)] != magic or len(image) < header.size:
        raise WorkloadError(f"{path}: not a workload image")
    if len(dump) < len(image):
        raise WorkloadError(f"{dump_path}: {len(dump)} bytes; the image has {len(image)}")
    return image, dump


def verdict(is_complete, differing, total):
    """Prints whether a program finished with the expected bytes. Returns an exit code."""
    passed = is_complete and differing == 0
    note = "" if is_complete else ", and the program did not finish"
    print(f"{'PASS' if passed else 'FAIL'}: {differing} differing bytes of {total}{note}")
    return 0 if passed else 1


def run(name, work):
    """Exit code of work(); 2, with the message, for input that cannot be used."""
    try:
        return work()
    except WorkloadError as error:
        message = str(error)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}"
    print(f"{name}: {message}", file=sys.stderr)
    return 2
