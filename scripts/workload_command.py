# SPDX-License-Identifier: Apache-2.0
"""What the command lines of the makers of workload images have in common."""

import pathlib
import sys


def add_check(commands):
    """Adds the command that compares a run with what it should have given."""
    command = commands.add_parser("check", help="compare a dump with the expected results")
    command.add_argument("image")
    command.add_argument("dump", help="the image's memory after the run")


def write_image(path, image):
    """Writes the bytes of an image and says so."""
    pathlib.Path(path).write_bytes(image)
    print(f"{path}: {len(image)} bytes")


def run(name, errors, work):
    """Exit code of work(); 2, with the message, for an error of the types `errors`."""
    try:
        return work()
    except errors as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
