#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds programs with a bug each, runs them under --check offload, and says what found the bug.

A bug is a patch of sw/ or firmware/ with a heading of lines "Key: value": Program, Config, Class
and, where needed, Workload (script and arguments) and Timing.
"""

import functools
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from workloads.command import WORKLOAD_ADDRESS

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 300
CLEAN_CONFIGS = ("minpool", "tessera")
TIMINGS = ("functional", "cycle")
# Programs that do nothing without a workload: program, machine, script and its arguments.
CLEAN_WORKLOADS = (
    ("operand_block", "mempool_ita", "make_workload operand-block --shape 64,64,64,2 --seed 3"),
    ("mhsa", "tessera", "make_workload mhsa --shape 64,64,64,2 --seed 3"),
    ("mhsa", "tessera", "make_workload mhsa --shape 128,128,64,4 --seed 5"),
    ("mhsa", "minpool", "make_workload mhsa --shape 64,64,64,1 --seed 7 --cores-only"),
    ("sparse_mhsa", "tessera", "make_attention_workload sparse --shape 130,64,2 --pattern causal"),
    ("batch_mhsa", "tessera", "make_attention_workload batch --lengths 31,129 --shape 0,64,2 "
     "--pattern window --window 40"),
    ("engine_operators", "tessera", "make_operator_workload build --seed 1"),
)
# Exit code of tessera: README. A limit of time is no report: a program may be slow.
HANG = 6
# Finds harts that poll in vain, too. No job of these programs is as long.
FINDS_POLLING = ("--hang-cycles", 10_000_000)


def heading(patch):
    """The keys of a patch."""
    keys = {}
    for line in patch.read_text().splitlines():
        match = re.fullmatch(r"(\w+): (.*)", line)
        if not match:
            break
        keys[match[1]] = match[2]
    return keys


def copy_sources(folder):
    """What guest programs are built from."""
    patterns = ("firmware/**/*.[chS]", "firmware/**/*.ld", "sw/**/*.[chS]", "models/*/*_regs.h")
    for pattern in patterns:
        for file in ROOT.glob(pattern):
            target = folder / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)


def build(build_folder, folder, program):
    """Runs the commands of the build that make the program, moved to `folder`."""
    target = f"sw/{program}.elf"
    commands = subprocess.run(["ninja", "-C", build_folder, "-t", "commands", target], check=True,
                              capture_output=True, text=True).stdout.splitlines()
    inside = folder / "build"
    for command in commands:
        if "riscv" not in command:
            continue
        for old, new in ((str(build_folder), str(inside)), (str(ROOT), str(folder))):
            command = command.replace(old, new)
        for output in re.findall(r"(?:-o|rcsD) (\S+)", command):
            (inside / output).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, shell=True, check=True, cwd=inside, stdout=subprocess.DEVNULL)
    return inside / target


def run(build_folder, elf, config, timing="functional", workload="", options=()):
    """Returns the exit code and what the run says on stderr; not by tessera.Run, which is quiet."""
    command = [build_folder / "bin/tessera", "run", "-c", ROOT / f"configs/{config}.yaml", elf,
               "--check", "offload", "--timing", timing, "--timeout", TIMEOUT_SECONDS, *options]
    with tempfile.TemporaryDirectory() as folder:
        if workload:
            image = f"{folder}/workload.img"
            script, *arguments = workload.split()
            subprocess.run([ROOT / f"scripts/{script}.py", *arguments, "-o", image], check=True,
                           stdout=subprocess.DEVNULL)
            command += ["--load", f"{WORKLOAD_ADDRESS}:{image}"]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              check=False)
    return done.returncode, done.stderr


def num_findings(text):
    match = re.search(r"^offload check: (\d+) findings?$", text, re.M)
    return int(match[1]) if match else 0


def fault_reports(text):
    """The guest errors of a run."""
    return re.findall(r"^.*hart \d+ pc=.*$", text, re.M)


def kind_of_fault(line):
    """A guest error without what differs from run to run: cycles, addresses and other numbers."""
    return re.sub(r"0x[0-9a-f]+|[0-9.]+", "#", re.sub(r"^\[.*?\] ", "", line))


@functools.lru_cache(maxsize=None)
def deliberate_faults(build_folder, program, config, timing, workload):
    """The kinds of guest errors that the program without a bug makes."""
    _, text = run(build_folder, build_folder / f"sw/{program}.elf", config, timing, workload)
    return frozenset(map(kind_of_fault, fault_reports(text)))


def verdict(code, text, deliberate=frozenset):
    """Returns who found the bug (nobody: empty) and the message.

    deliberate: returns the kinds of guest errors that say nothing; called only if there are some.
    """
    if num_findings(text) > 0:
        report = re.search(r"^\w+: .*(?:\n  .*)+", text, re.M)
        return "offload checker", " / ".join(report[0].replace("\n", "").split("  "))
    faults = fault_reports(text)
    known = deliberate() if faults else ()
    faults = [line for line in faults if kind_of_fault(line) not in known]
    if faults:
        return "fault report", faults[0]
    lines = [line for line in text.splitlines() if line.strip()]
    if code == HANG:
        return "hang report", lines[0] if lines else ""
    return "", f"exit code {code}"


def build_bug(build_folder, patch, folder):
    """The program with the bug, built in an empty folder."""
    copy_sources(folder)
    (folder / "build").mkdir()
    subprocess.run(["patch", "-s", "-p1", "-d", folder, "-i", patch.resolve()], check=True)
    return build(build_folder, folder, heading(patch)["Program"])


def seek(build_folder, patch):
    """Returns what verdict() gives for the program with the bug."""
    keys = heading(patch)
    with tempfile.TemporaryDirectory() as name:
        try:
            elf = build_bug(build_folder, patch, pathlib.Path(name))
        except subprocess.CalledProcessError as error:
            return "", f"cannot be built: {error}"
        how = keys["Config"], keys.get("Timing", "functional"), keys.get("Workload", "")
        return verdict(*run(build_folder, elf, *how, options=FINDS_POLLING),
                       lambda: deliberate_faults(build_folder, keys["Program"], *how))


def try_bug(build_folder, patch):
    """Prints the row of the bug. Returns whether it was found."""
    keys = heading(patch)
    who, message = seek(build_folder, patch)
    print(f"{patch.stem}  {keys['Class']:24}  {keys['Program']:16}  {who or 'NOT FOUND':15}  "
          f"{message}", flush=True)
    return who != ""


def clean_runs(build_folder):
    """Program, machine and workload of each run that is to be free of reports."""
    programs = sorted((build_folder / "sw").glob("*.elf"))
    runs = [(elf, config, "") for elf in programs for config in CLEAN_CONFIGS]
    runs += [(build_folder / f"sw/{name}.elf", config, workload)
             for name, config, workload in CLEAN_WORKLOADS]
    # MemPool's own program, where its sources were at hand: sw/mempool/<machine>/.
    return runs + [(elf, elf.parent.name, "")
                   for elf in sorted((build_folder / "sw/mempool").glob("*/matmul_i32.elf"))]


def false_reports(build_folder):
    """The number of reports about clean programs."""
    count = 0
    for elf, config, workload in clean_runs(build_folder):
        for timing in TIMINGS:
            _, text = run(build_folder, elf, config, timing, workload)
            found = num_findings(text)
            if found > 0:
                print(f"clean {elf.stem} on {config}, {timing}:\n{text}", flush=True)
            count += found
    return count


def main(arguments):
    build_folder = pathlib.Path(arguments[0] if arguments else ROOT / "build/release").resolve()
    if not (build_folder / "bin/tessera").is_file():
        print(f"{shlex.quote(str(build_folder))}: no bin/tessera there", file=sys.stderr)
        return 2
    patches = [pathlib.Path(name) for name in arguments[1:]]
    bugs = patches or sorted((ROOT / "tests/seeded_bugs").glob("*.patch"))
    found = sum(try_bug(build_folder, patch) for patch in bugs)
    wrong = "not tried" if patches else false_reports(build_folder)
    print(f"found {found}/{len(bugs)}, false reports {wrong}")
    return 0 if found >= 0.9 * len(bugs) and wrong in (0, "not tried") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
