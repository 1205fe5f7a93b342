# SPDX-License-Identifier: Apache-2.0
"""An observed run is the run that nobody watches: same cycles, same statistics, same memory."""

import json

import guest_programs
from support import PROGRAMS, ROOT, TraceTest, decompressed

COMMIT_LOG = ("--commit-log", "log")  # alone it is told by other means than beside others
TRACES = (*COMMIT_LOG, "--timeline", "timeline.json", "--bus-trace", "bus.csv.zst")
MAX_CYCLES = 60_000
L1_BYTES = 1 << 16


class SameRunTest(TraceTest):
    def outcome(self, program, timing, machine, *arguments):
        """Statistics, end and memory of one run."""
        folder = self.folder / "out"
        command = self.command(program, "--max-cycles", str(MAX_CYCLES), "--out", folder,
                               "--force", "--dump", f"0:{L1_BYTES}:l1.bin",
                               "--dump", "0x80000000:65536:l2.bin", *arguments,
                               timing=timing, machine=machine)
        result = self.run_command(command)
        run = json.loads((folder / "run.json").read_text())
        self.assertEqual(run["output_errors"], [], result.stderr)
        return (run["end"], run["guest_value"], run["cycles"], run["instructions"],
                run["guest_errors"], result.stdout, json.loads((folder / "stats.json").read_text()),
                (self.folder / "l1.bin").read_bytes(), (self.folder / "l2.bin").read_bytes())

    def test_every_program_in_both_timings(self):
        programs = sorted(PROGRAMS.glob("*.elf"))
        if not programs:
            self.skipTest("no programs have been built (TESSERA_GUEST)")
        for program in programs:
            machine = guest_programs.machine_of(program.stem)
            load = guest_programs.load_workload(program.stem, ROOT / "scripts", self.folder)
            for timing in ("functional", "cycle"):
                with self.subTest(program=program.stem, timing=timing):
                    free = self.outcome(program, timing, machine, *load)
                    logs = []
                    for traces in (COMMIT_LOG, TRACES):
                        observed = self.outcome(program, timing, machine, *load, *traces)
                        for part, (one, other) in enumerate(zip(free, observed)):
                            self.assertTrue(one == other, f"{traces}: part {part} differs")
                        logs.append([decompressed(path)
                                     for path in sorted((self.folder / "log").iterdir())])
                    self.assertTrue(logs[0] == logs[1], "the commit logs differ")
