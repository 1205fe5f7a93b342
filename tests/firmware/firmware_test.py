#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one guest program on one machine and judges it by its exit code and its text.

    firmware_test.py --tessera T --config C --elf E program TEXT [--exit N]
    firmware_test.py ... hello
    firmware_test.py ... workload -- mhsa --shape 64,64,64,1 --seed 1
    firmware_test.py ... malformed --patch OFFSET=VALUE --exit N TEXT -- mhsa --shape ...

Exits with 0, with 1 and the reason, or with 77 when a file of measurements is absent.
"""
import argparse
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

SKIPPED = 77
WORKLOAD_ADDRESS = 0x80100000
TIMEOUT_SECONDS = 280
SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"


def fail(message):
    print(f"FAIL: {message}")
    sys.exit(1)


def run(command):
    """Returns (exit code, stdout); prints both streams for the log."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=TIMEOUT_SECONDS, check=False)
    print(done.stdout, done.stderr, sep="", end="")
    return done.returncode, done.stdout


def run_guest(options, *arguments):
    """The program on the machine; checks the guest's return value. Returns its text."""
    command = [options.tessera, "run", "-c", options.config, *arguments, options.elf]
    for setting in options.set:
        command += ["--set", setting]
    code, text = run(command)
    expected = min(options.exit, 1)
    if code != expected:
        fail(f"exit code {code}, expected {expected}")
    return text


def expect_text(text, pattern):
    if not re.search(pattern, text, re.MULTILINE):
        fail(f"no line matches '{pattern}'")


def check_program(options):
    expect_text(run_guest(options), options.text)


def check_hello(options):
    """Every hart of the machine, in order, then the count."""
    lines = run_guest(options).splitlines()
    harts = len(lines) - 1
    expected = [f"hello from hart {hart} of {harts}" for hart in range(harts)]
    if harts < 16 or lines != expected + [f"{harts} harts said hello"]:
        fail("wrong lines")


def make_image(options, folder):
    """Builds the image; skips the test when its .npz file is not there."""
    make = options.make
    if "--npz" in make and not os.path.exists(make[make.index("--npz") + 1]):
        print(f"skipped: {make[make.index('--npz') + 1]} is absent")
        sys.exit(SKIPPED)
    image = os.path.join(folder, "workload.img")
    code, _ = run([SCRIPTS / options.script, *make, "-o", image])
    if code != 0:
        fail(f"{options.script} ended with {code}")
    return image


def check_workload(options):
    """Builds an image, runs the program on it, compares the result with the reference."""
    with tempfile.TemporaryDirectory() as folder:
        image = make_image(options, folder)
        dump = os.path.join(folder, "workload.out")
        run_guest(options, "--load", f"{WORKLOAD_ADDRESS}:{image}", "--dump",
                  f"{WORKLOAD_ADDRESS}:{os.path.getsize(image)}:{dump}")
        code, _ = run([SCRIPTS / options.script, "check", image, dump])
        if code != 0:
            fail(f"the check ended with {code}")


def check_malformed(options):
    """The program refuses the image with its text and its return value."""
    with tempfile.TemporaryDirectory() as folder:
        image = pathlib.Path(make_image(options, folder))
        content = bytearray(image.read_bytes())
        for patch in options.patch:
            offset, value = (int(part, 0) for part in patch.split("="))
            struct.pack_into("<I", content, offset, value)
        image.write_bytes(content)
        text = run_guest(options, "--load", f"{WORKLOAD_ADDRESS}:{image}", "--out",
                         os.path.join(folder, "out"))
        expect_text(text, options.text)
        summary = pathlib.Path(folder, "out", "run.json").read_text(encoding="utf-8")
        if not re.search(rf'"guest_value": {options.exit}\b', summary):
            fail(f"return value is not {options.exit}: {summary}")


def parse_command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("--tessera", "--config", "--elf"):
        parser.add_argument(name, required=True)
    parser.add_argument("--set", action="append", default=[], help="as for tessera run")
    parser.add_argument("--exit", type=int, default=0, help="expected return value of the guest")
    parser.add_argument("--script", default="make_workload.py", help="that builds the image")
    commands = parser.add_subparsers(dest="command", required=True)
    program = commands.add_parser("program")
    program.add_argument("text", help="regular expression for one line")
    program.set_defaults(check=check_program)
    commands.add_parser("hello").set_defaults(check=check_hello)
    workload = commands.add_parser("workload")
    workload.set_defaults(check=check_workload)
    malformed = commands.add_parser("malformed")
    malformed.add_argument("text", help="regular expression for one line")
    malformed.add_argument("--patch", action="append", default=[], metavar="OFFSET=VALUE")
    malformed.set_defaults(check=check_malformed)
    for command in (workload, malformed):
        command.add_argument("make", nargs="+", help="arguments of the script, after --")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = parse_command_line()
    chosen.check(chosen)
