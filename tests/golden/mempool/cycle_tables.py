#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs cycle_tables.c in cycle timing and compares with cycle_tables.csv.

  cycle_tables.py TESSERA CONFIG ELF MACHINE

Columns: the machine or "both"; the section of the program; the test; the cycles that are right, and
how many more or fewer are right too; the source: "RTL", which ran this program, or a section of
spec/mempool.md. A row without a source is refused.
"""
import pathlib
import subprocess
import sys

import scoring
import transcript

FOLDER = pathlib.Path(__file__).resolve().parent


def measure(tessera, config, elf):
    """Returns {(section, test): cycles} of the last repetition of every test."""
    run = subprocess.run([tessera, "run", "-q", "-c", config, "--set", "soc.boot.mode=l2", "--set",
                          "soc.timing=cycle", "--max-cycles", "2000000", elf],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"tessera exits with {run.returncode}\n{run.stderr}")
    rows = transcript.multi_rows(run.stdout, (FOLDER / "cycle_tables.c").read_text())
    return {(row.group, row.test.partition("#")[0]): row.cycles["total"] for row in rows}


def main():
    tessera, config, elf, machine = sys.argv[1:]
    cycles = measure(tessera, config, elf)
    num_wrong = 0
    for line in scoring.read_csv(FOLDER / "cycle_tables.csv"):
        if not line["source"]:
            sys.exit(f"cycle_tables.csv: {line['test']} has no source")
        if line["machine"] not in (machine, "both"):
            continue
        measured = cycles.get((line["section"], line["test"]))
        is_right = (measured is not None
                    and abs(measured - int(line["cycles"])) <= int(line["tolerance"]))
        num_wrong += not is_right
        print(f"{'ok' if is_right else 'WRONG'} {line['section']} {line['test']} {measured}, "
              f"expected {line['cycles']} +- {line['tolerance']}: {line['source']}")
    print(f"{num_wrong} wrong")
    return 1 if num_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
