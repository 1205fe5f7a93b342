#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares cycles of microbenchmarks with those measured on MemPool's RTL.

  accuracy.py --build BUILD --shared SHARED [--programs DIR] [--filter REGEX] [--jobs N]
              [--timing cycle|functional] [--write-table | --check-table]

Runs the programs of BUILD/sw/mempool, or DIR/<machine>/<program>.elf where there is one, on
BUILD/bin/tessera. Prints a line per row: id, class, cycles of the RTL, cycles measured, error; then
a line per class, and last the summary. Exit code 0 when all errors are within the limits of
scoring.py, 1 when not, 2 when something is missing or fails, 77 when SHARED has no measurements.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import typing

import scoring
import table
import transcript

ROOT = pathlib.Path(__file__).resolve().parents[3]
SKIPPED = 77
MAX_CYCLES = 20_000_000  # the longest takes about 1 million


class Program(typing.NamedTuple):
    """A microbenchmark: its ELF, its source, and what turns its output into rows."""

    machine: str
    name: str
    source: str
    rows: typing.Callable


def rename_groups(rows, groups):
    """Returns `rows` with group tags replaced by {tag: name}."""
    return [row._replace(group=groups[row.group]) for row in rows]


def xpulp_rows(text, source):
    groups = {"1": "xpulp_core", "2": "xpulp_branch", "3": "xpulp_mem_own_tile",
              "4": "xpulp_mem_remote_tile", "5": "xpulp_gemm_own_tile",
              "6": "xpulp_gemm_remote_tile"}
    return rename_groups(transcript.single_rows(text, source), groups)


def random_rows(*mixes):
    return lambda text, source: transcript.random_rows(text, mixes)


# In the order in which rows of the same name were numbered.
PROGRAMS = [
    Program("minpool", "ub_single", "ub_single.c", transcript.single_rows),
    Program("minpool", "ub_multi", "ub_multi.c", transcript.multi_rows),
    Program("minpool", "ub_extra", "ub_extra.c", transcript.single_rows),
    Program("minpool", "ub_multi_small", "ub_multi.c", transcript.multi_rows),
    Program("minpool", "ub_xpulp", "ub_xpulp.c", xpulp_rows),
    Program("minpool", "ub_random", "ub_random.c",
            random_rows("loads100_4096w", "ld50_st50_4096w", "ld62_st25_amo12_4096w",
                        "amoadd100_4096w", "ld62_st25_amo12_64w")),
    Program("minpool", "ub_random_hot", "ub_random.c",
            random_rows("loads100_16w_onetile", "ld62_st25_amo12_16w_onetile",
                        "loads100_4w_onetile", "ld62_st25_amo12_4w_onetile")),
    Program("mempool", "ub_extra", "ub_extra.c", transcript.single_rows),
    Program("mempool", "ub_multi_small", "ub_multi.c", transcript.multi_rows),
]


class Failure(Exception):
    """Something that is needed is missing or fails; the text says what."""


def find_elf(program, arguments):
    """Returns (path of the ELF, True when it comes from --programs)."""
    path = pathlib.Path(program.machine) / f"{program.name}.elf"
    if arguments.programs and (arguments.programs / path).is_file():
        return arguments.programs / path, True
    own = arguments.build / "sw" / "mempool" / path
    if not own.is_file():
        raise Failure(f"{own} is missing: configure and build mempool_programs anew")
    return own, False


def run(program, arguments):
    """Runs one program. Returns its rows."""
    elf, _ = find_elf(program, arguments)
    command = [arguments.build / "bin" / "tessera", "run", "-q", "-c",
               ROOT / "configs" / f"{program.machine}.yaml", "--set", "soc.boot.mode=l2",
               "--max-cycles", str(MAX_CYCLES), elf]
    if arguments.timing == "cycle":
        command += ["--set", "soc.timing=cycle"]
    else:
        command += ["--set", "soc.quantum_cycles=1"]  # harts that spin for one another
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failure(f"{program.machine} {program.name}: tessera exits with {result.returncode}\n"
                      + result.stderr[-2000:])
    source = (arguments.shared / "golden" / "mempool" / "ubench" / program.source).read_text()
    return program.rows(result.stdout, source)


def measure(arguments):
    """Runs all programs, `arguments.jobs` at a time. Returns {row id: Row}."""
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda program: run(program, arguments), PROGRAMS))
    rows = {}
    for machine in ("minpool", "mempool"):
        own = [row for program, result in zip(PROGRAMS, results) if program.machine == machine
               for row in result]
        rows.update(scoring.identify(machine, own))
    return rows


def print_scores(scores):
    """One line per row, per class, and the summary."""
    for item in scores:
        rtl, ours = scoring.figures(item)
        note = ""
        if not scoring.retires_alike(item):
            note = f" retired {item.row.retired:g}, not {item.reference.retired:g}"
        reference = item.reference
        print(f"{reference.row_id} {reference.kind} {rtl} {ours} {item.error:.2f} %{note}")
    for kind, own in scoring.by_kind(scores):
        mean, p95, worst = scoring.statistics(own)
        print(f"class {kind}: rows {len(own)} mean {mean:.2f} % p95 {p95:.2f} % "
              f"worst {worst:.2f} % exact {scoring.num_exact(own)}")


def update_table(scores, foreign, is_check):
    """Writes the page, or compares it with `is_check`. Returns False when it differs."""
    text, unexplained = table.render(scores, foreign, table.read_reasons(table.REASONS))
    for row_id in unexplained:
        print(f"accuracy: {row_id} misses and {table.REASONS.name} has no reason for it",
              file=sys.stderr)
    if not is_check:
        table.PAGE.write_text(text, encoding="utf-8")
    elif table.PAGE.read_text(encoding="utf-8") != text:
        print(f"accuracy: {table.PAGE.name} differs: run scripts/accuracy.sh --write-table and see "
              "what changed", file=sys.stderr)
        return False
    return not unexplained


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path, required=True)
    parser.add_argument("--programs", type=pathlib.Path, help="ELFs built outside the project")
    parser.add_argument("--filter", type=re.compile, help="score row ids that match only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="programs run at a time")
    parser.add_argument("--timing", choices=["cycle", "functional"], default="cycle")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--write-table", action="store_true", help=f"regenerate {table.PAGE.name}")
    action.add_argument("--check-table", action="store_true", help=f"compare {table.PAGE.name}")
    arguments = parser.parse_args()
    if arguments.filter and (arguments.write_table or arguments.check_table):
        parser.error("the table needs all rows: no --filter")
    return arguments


def main():
    arguments = parse_arguments()
    folder = arguments.shared / "golden" / "mempool"
    if not folder.is_dir():
        print(f"skipped: {folder} is absent")
        return SKIPPED
    references = scoring.read_references(folder)
    if arguments.filter:
        references = [item for item in references if arguments.filter.search(item.row_id)]
    if not references:
        raise Failure("no row matches")
    foreign = [f"{program.machine}/{program.name}" for program in PROGRAMS
               if find_elf(program, arguments)[1]]
    scores = scoring.score(references, measure(arguments))
    print_scores(scores)
    print("built outside the project: " + (", ".join(foreign) or "none"))
    is_good = scoring.within_limits(scores)
    if arguments.write_table or arguments.check_table:
        is_good = update_table(scores, foreign, arguments.check_table) and is_good
    print(scoring.summary(scores))
    return 0 if is_good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"accuracy: {failure}", file=sys.stderr)
        sys.exit(2)
