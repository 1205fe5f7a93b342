"""Profiles: their sums are the statistics, and the tools that they are for read them."""

import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
from collections import Counter

import profile_files
from support import CONFIGS, CliTest

SW = pathlib.Path(os.environ["SW"])
ROOT = pathlib.Path(os.environ["ROOT"])
FLAMEGRAPH = "/usr/share/perl5/Devel/NYTProf/flamegraph.pl"  # of libdevel-nytprof-perl
TIMINGS = ("functional", "cycle")
STALLS = ["fetch", "operand", "destination", "load_store", "offload", "fence", "mode_switch"]
NO_STATISTIC = ["answer"]  # what functional timing adds to cycles


class ProfileTest(CliTest):
    def profile(self, program, *arguments, machine="minpool"):
        """Runs a program with --profile; returns (rows of profile.csv, statistics). The files are
        whole and tell the same."""
        code, _, err = self.tessera(
            "run", "-q", "-c", CONFIGS / f"{machine}.yaml", "--profile", "profile", "--out", "out",
            "--force", SW / f"{program}.elf", *arguments)
        self.assertEqual(code, 0, err)
        rows = profile_files.read_csv(self.folder / "profile/profile.csv")
        stats = json.loads((self.folder / "out/stats.json").read_text())["stats"]
        profile_files.check(self.folder / "profile")
        return rows, stats

    def text(self, name):
        return (self.folder / "profile" / name).read_text()


def sums(rows):
    """Returns {hart: Counter of the columns of profile.csv}."""
    harts = {}
    for row in rows:
        counts = harts.setdefault(row["hart"], Counter())
        counts.update({key: value for key, value in row.items()
                       if key not in profile_files.NO_EVENT})
    return harts


class Sums(ProfileTest):
    def check(self, program, *arguments, machine="minpool"):
        rows, stats = self.profile(program, *arguments, machine=machine)
        harts = sums(rows)
        self.assertEqual(len(harts), {"minpool": 16, "tessera": 192}[machine])
        names = [line.split()[-1]
                 for line in self.text("profile.txt").split("\nHarts\n")[1].splitlines()[1:]]
        for hart, counts in harts.items():
            path = names[hart]
            self.assertEqual(counts["instructions"], stats[f"{path}.instructions"], path)
            self.assertEqual(counts["cycles"], stats[f"{path}.cycles"], path)
            self.assertEqual(counts["asleep"], stats[f"{path}.asleep_cycles"], path)
            for reason in STALLS:
                self.assertEqual(counts[reason], stats.get(f"{path}.stalled.{reason}_cycles", 0),
                                 f"{path} {reason}")
        return harts

    def test_cycle_timing(self):
        for program in ["barrier", "matmul_i32", "wake_up"]:
            for counts in self.check(program, "--timing=cycle").values():
                self.assertEqual(counts["answer"], 0)

    def test_functional_timing(self):
        for program in ["barrier", "matmul_i32", "wake_up", "atomics"]:
            self.check(program)

    def test_offloads_on_the_default_machine(self):
        for timing in TIMINGS:
            self.check("engine_errors", "--timing", timing, machine="tessera")

    def test_both_timings_in_one_run(self):
        self.check("timing_modes")

    def test_a_profiled_run_has_the_cycles_of_a_free_one(self):
        for timing in TIMINGS:
            _, stats = self.profile("barrier", "--timing", timing)
            self.tessera("run", "-q", "-c", CONFIGS / "minpool.yaml", "--out", "free", "--force",
                         "--timing", timing, SW / "barrier.elf")
            free = json.loads((self.folder / "free/stats.json").read_text())["stats"]
            self.assertEqual(stats, free)

    def test_all_files_tell_the_same_of_each_function(self):
        for timing in TIMINGS:
            rows, _ = self.profile("matmul_i32", "--timing", timing)
            functions, folded = Counter(), Counter()
            for row in rows:
                functions[row["function"]] += row["cycles"]
            stacks = profile_files.read_folded(self.folder / "profile/profile.folded")
            for stack, count in stacks.items():
                folded[stack[-1]] += count
            self.assertEqual(folded, functions)
            callgrind = profile_files.Callgrind(self.folder / "profile/callgrind.out.tessera")
            self.assertEqual({name: costs["cycles"] for name, costs in callgrind.own.items()},
                             dict(functions))
            below = sum(count for stack, count in stacks.items() if "main" in stack)
            self.assertEqual(callgrind.inclusive["_start", "main"]["cycles"], below)
            self.assertEqual(callgrind.calls["_start", "main"], 16)


class Stacks(ProfileTest):
    def test_callers_are_who_calls_in_the_source(self):
        self.profile("barrier")
        stacks = {line.rsplit(" ", 1)[0].split(";", 1)[1]
                  for line in self.text("profile.folded").splitlines()}
        self.assertTrue(any(re.fullmatch(r"(unknown;)?_start;main(;\w+)*;barrier", stack)
                            for stack in stacks), stacks)
        self.assertFalse(any(stack.endswith("barrier;main") for stack in stacks), stacks)

    def test_a_trap_ends_the_stack(self):
        self.assertNotIn("_start;_start", self.profile("hello") and self.text("profile.folded"))


class Tools(ProfileTest):
    """Skips, saying so, where a tool is not installed."""

    def run_tool(self, *command):
        if shutil.which(command[0]) is None:
            self.skipTest(f"{command[0]} is not installed")
        result = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def test_callgrind_annotate(self):
        rows, _ = self.profile("matmul_i32", "--timing=cycle")
        text = self.run_tool("callgrind_annotate", "--threshold=100", "--inclusive=yes",
                             str(self.folder / "profile/callgrind.out.tessera"))
        total = sum(row["cycles"] for row in rows)
        self.assertRegex(text, rf"(?m)^\s*{total:,} .*PROGRAM TOTALS")
        self.assertRegex(text, r"sw/matmul/\w+\.[ch]:\w+")

    def test_genhtml(self):
        self.profile("matmul_i32")
        out = self.folder / "html"
        text = self.run_tool("genhtml", "--output-directory", str(out),
                             str(self.folder / "profile/coverage.info"))
        self.assertRegex(text, r"lines\.+: \d+\.\d% \(\d+ of \d+ lines\)")
        self.assertTrue(list(out.rglob("sw/matmul/matmul.h.gcov.html")))

    def test_coverage_tells_what_ran(self):
        self.profile("matmul_i32")
        files = profile_files.read_coverage(self.folder / "profile/coverage.info")
        main = files["sw/matmul/matmul.h"]
        self.assertEqual(main["functions"]["main"], 16)
        self.assertGreater(max(main["lines"].values()), 16)
        self.assertEqual(files["firmware/runtime/runtime.c"]["functions"]["runtime_restarted"], 0)
        # It begins with code that was inlined from hart.h.
        self.assertIn("platform_read", files["firmware/runtime/platform.c"]["functions"])
        self.assertRegex(self.text("profile.txt"), r"platform_read \(firmware/runtime/platform\.c:")
        for name in files:
            self.assertTrue((ROOT / name).is_file(), name)

    def test_flame_graph(self):
        """profile_files checks the grammar where flamegraph.pl is not installed."""
        self.profile("matmul_i32", "--timing=cycle")
        stacks = profile_files.read_folded(self.folder / "profile/profile.folded")
        text = self.run_tool(shutil.which("flamegraph.pl") or FLAMEGRAPH, "--countname=cycles",
                             str(self.folder / "profile/profile.folded"))
        self.assertTrue(text.startswith("<?xml"), text[:200])
        self.assertIn(f"all ({sum(stacks.values()):,} cycles, 100%)", text)


class Other(ProfileTest):
    def test_last_instructions_of_a_guest_error(self):
        program = pathlib.Path(os.environ["PROGRAMS"]) / "faults.elf"
        page = (b"ARGS" + bytes(8) + (5).to_bytes(4, "little") + bytes(12)
                + (1).to_bytes(4, "little"))
        self.file("arguments.bin", page)
        code, _, err = self.tessera(
            "run", "-c", CONFIGS / "minpool.yaml", "--load", f"{0x800FF000}:arguments.bin", program,
            "--guest-errors=stop", "--last-instructions=4")
        self.assertEqual(code, 4)
        tail = err.split("      last instructions:\n")[1].splitlines()[:4]
        for line in tail:
            self.assertRegex(line,
                             r"^        0x8000[0-9a-f]{4} \w+ \S+ +sum(\+0x[0-9a-f]+)? "
                             r"\(tests/\S+:\d+\)$")

    def test_statistics_over_time_add_up(self):
        code, _, err = self.tessera(
            "run", "-q", "-c", CONFIGS / "minpool.yaml", "--timing=cycle", "--stats-interval=2000",
            "--out", "out", SW / "matmul_i32.elf")
        self.assertEqual(code, 0, err)
        with open(self.folder / "out/stats_intervals.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        grown = Counter()
        for row in rows:
            grown[row["path"]] += int(row["increase"])
        stats = json.loads((self.folder / "out/stats.json").read_text())["stats"]
        self.assertEqual({path: value for path, value in stats.items() if value},
                         {path: value for path, value in grown.items() if value})
        times = sorted({(int(row["begin"]), int(row["end"])) for row in rows})
        self.assertGreater(len(times), 3)
        for (_, end), (begin, _) in zip(times, times[1:]):
            self.assertEqual(end, begin)
        self.assertTrue(all(end - begin >= 2000 for begin, end in times[:-1]))

    def test_statistics_over_time_need_a_folder(self):
        self.assert_fails(["run", "--stats-interval=5", "x.elf"], 2,
                          "tessera: --stats-interval: needs --out, where its file goes")

    def test_a_window_of_the_log(self):
        def regions(*window):
            _, _, err = self.tessera("run", "-c", CONFIGS / "minpool.yaml", "-v", *window,
                                     SW / "matmul_i32.elf")
            return [int(cycle) for cycle in re.findall(r"\[ *(\d+)cy .*region of interest", err)]
        everything = regions()
        self.assertGreaterEqual(len(everything), 2)
        self.assertEqual(regions("--log-start", str(everything[0] + 1)),
                         [cycle for cycle in everything if cycle > everything[0]])
        self.assertEqual(regions("--log-end", str(everything[-1])),
                         [cycle for cycle in everything if cycle < everything[-1]])


if __name__ == "__main__":
    unittest.main()
