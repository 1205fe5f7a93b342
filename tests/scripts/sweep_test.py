"""scripts/sweep: files, plans, runs, what is left after kills and failures."""

import contextlib
import json
import os
import pathlib
import pty
import random
import re
import signal
import subprocess
import tempfile
import time
import unittest

from malformed import BASE, FILES
from tessera import expressions, paths
from tessera.sweep.points import expand
from tessera.sweep.reader import SpaceError
from tessera.sweep.space_file import read_space
from tessera.sweep.table import read_csv

SWEEP = paths.ROOT / "scripts/sweep"
TIMEOUT_SECONDS = 300
ROOM = 200_000  # bytes of a disk that is nearly full: for Snakemake, and some points
FAST = """name: fast
config: minpool
workloads:
  hello: {elf: hello}
  barrier: {elf: barrier}
matrix:
  soc.l2.banks: [2, 4, 8]
exclude:
  - {workload: barrier, soc.l2.banks: [2]}
repeat: 2
statistics:
  cycles: run.cycles
  sleep: sum soc.cluster.group[*].tile[*].core[*].asleep_cycles
derived:
  share: sleep / (16 * cycles)
"""


class SweepTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, text):
        (self.folder / "sweep.yaml").write_text(text)
        return self.folder / "sweep.yaml"

    def start(self, *arguments, build=None):
        environment = {**os.environ, **({"TESSERA_BUILD": str(build)} if build else {})}
        return subprocess.Popen([SWEEP, *arguments], cwd=self.folder, env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)

    def sweep(self, *arguments, build=None):
        """Returns (exit code, stdout, stderr)."""
        process = self.start(*arguments, build=build)
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        return process.returncode, out, err

    def rows(self, out="out"):
        return read_csv(self.folder / out / "sweep.csv")

    def fake_build(self, script):
        """A build whose simulator is a shell script; $REAL is the real one."""
        build = self.folder / "build"
        (build / "bin").mkdir(parents=True, exist_ok=True)
        if not (build / "sw").exists():
            (build / "sw").symlink_to(paths.build_folder() / "sw")
        real = (paths.build_folder() / "bin/tessera").resolve()
        (build / "bin/tessera").write_text(f"#!/bin/sh\nREAL={real}\n{script}\n")
        (build / "bin/tessera").chmod(0o755)
        return build


class Files(SweepTest):
    def test_each_malformed_file_is_refused_with_line_reason_and_hint(self):
        self.assertGreaterEqual(len(FILES), 15)
        for what, text, line, reason, hint in FILES:
            with self.subTest(what):
                with self.assertRaises(SpaceError) as caught:
                    read_space(self.file(text))
                first = str(caught.exception).splitlines()[0]
                place, _, message = first.partition(": ")
                self.assertEqual(place, f"{self.folder}/sweep.yaml:{line}")
                said_reason, _, said_hint = message.partition("; ")
                self.assertIn(reason, said_reason)
                self.assertIn(hint, said_hint)

    def test_the_command_refuses_with_exit_code_2(self):
        code, out, err = self.sweep("run", self.file("name: a\n"))
        self.assertEqual((code, out), (2, ""))
        self.assertIn("sweep.yaml:1: 'config' is missing; add 'config: ...'\n", err)

    def test_points_are_the_product_without_what_is_excluded(self):
        points = expand(read_space(self.file(FAST)))
        self.assertEqual([(point.values["workload"], point.values["soc.l2.banks"], point.repeat)
                          for point in points],
                         [(workload, banks, repeat) for workload, banks in
                          (("hello", "2"), ("hello", "4"), ("hello", "8"), ("barrier", "4"),
                           ("barrier", "8")) for repeat in (0, 1)])
        self.assertEqual(len({point.key for point in points}), len(points))
        self.assertIn(("soc.seed", "1"), points[1].settings)

    def test_labels_variables_and_placeholders(self):
        space = read_space(self.file(
            "name: a\nconfig: minpool\nseed: 7\nworkloads:\n"
            "  m: {elf: mhsa, make: 'w --shape {S},1 --seed {seed} {settings} -o {image}'}\n"
            "matrix:\n  banking:\n    x1: {soc.l2.banks: 2, soc.l2.bytes: 8MiB}\n    x2: {}\n"
            "  S: [64]\ninclude: [{workload: m, banking: x2, S: 128}]\n"
            "statistics: {c: run.cycles}\n"))
        points = expand(space)
        self.assertEqual([point.values["S"] for point in points], ["64", "64", "128"])
        self.assertEqual(points[0].make, (
            "w", "--shape", "64,1", "--seed", "7", "--set", "soc.l2.banks=2", "--set",
            "soc.l2.bytes=8MiB", "--set", "soc.seed=7", "-o", "{image}"))

    def test_ranges_and_formulas(self):
        space = read_space(self.file(
            "name: a\nconfig: minpool\nset: {soc.l2.banks: = 2 ** n, soc.clock_khz: = 9000 / n}\n"
            "workloads:\n  h: {elf: hello, set: {soc.clock_khz: = n + 1}}\n"
            "  g: {elf: hello}\n"
            "matrix:\n  n: {from: 1, to: 5, step: 2}\nstatistics: {c: run.cycles}\n"))
        points = expand(space)
        self.assertEqual([point.values["n"] for point in points], ["1", "3", "5"] * 2)
        self.assertEqual(points[1].settings[:3], (("soc.l2.banks", "8"), ("soc.clock_khz", "3000"),
                                                  ("soc.clock_khz", "4")))
        with self.assertRaisesRegex(SpaceError, "soc.l2.banks: '= 1 / n' is 0.333"):
            expand(read_space(self.file(BASE + "set: {soc.l2.banks: = 1 / n}\n"
                                        "matrix: {n: [1, 3]}\n")))

    def test_labels_are_numbers_in_formulas_and_words_in_make(self):
        text = (BASE.replace("{elf: hello}", "{elf: hello, make: 'm {size} -o {image}'}") +
                "set: {soc.l2.banks: = 2 * size}\nmatrix:\n  size:\n"
                "    2: {soc.clock_khz: 20000}\n    4: {soc.clock_khz: 40000}\n")
        points = expand(read_space(self.file(text)))
        self.assertEqual([point.settings[:2] for point in points], [
            (("soc.l2.banks", "4"), ("soc.clock_khz", "20000")),
            (("soc.l2.banks", "8"), ("soc.clock_khz", "40000"))])
        self.assertEqual([point.make[1] for point in points], ["2", "4"])
        with self.assertRaisesRegex(SpaceError,
                                    "soc.l2.banks: 'size' is 'large', which is no number"):
            expand(read_space(self.file(text.replace("    4:", "    large:"))))

    def test_expressions(self):
        values = {"a": 6, "b": "0x10", "c": None, "d": "text"}
        for text, expected in (("a / 4 + 1", 2.5), ("-(b - a) ** 2", -100), ("a / c", None),
                               ("a / 0", None)):
            self.assertEqual(expressions.evaluate(text, values), expected)
        for text in ("a.b", "f(a)", "a if b else c", "'a'", "a and b", ""):
            with self.assertRaises(expressions.ExpressionError):
                expressions.names(text)
        with self.assertRaises(expressions.ExpressionError):
            expressions.evaluate("d + 1", values)


class Runs(SweepTest):
    def test_a_sweep_runs_and_a_second_start_runs_nothing(self):
        path = self.file(FAST)
        self.assertIn("10 points, 0 done, 10 to run", self.sweep("plan", path, "-o", "out")[1])
        code, out, err = self.sweep("run", path, "-o", "out")
        self.assertEqual((code, err), (0, ""), out)
        self.assertEqual([row["status"] for row in self.rows()], ["ok"] * 10)
        first = self.rows()[0]
        self.assertEqual(float(first["share"]), float(
            f"{int(first['sleep']) / (16 * int(first['cycles'])):.9g}"))
        status = json.loads((self.folder / "out/status.json").read_text())
        self.assertEqual((status["state"], status["total"], status["ended"], status["failed"]),
                         ("ended", 10, 10, 0))
        before = (self.folder / "out/sweep.csv").read_bytes()
        times = {path: path.stat().st_mtime_ns for path in self.folder.rglob("run.json")}
        self.assertEqual(self.sweep("run", path, "-o", "out")[0], 0)
        self.assertEqual(times, {path: path.stat().st_mtime_ns
                                 for path in self.folder.rglob("run.json")})
        self.assertEqual((self.folder / "out/sweep.csv").read_bytes(), before)
        plan = self.sweep("plan", path, "-o", "out")[1]
        self.assertIn("10 points, 10 done, 0 to run", plan)
        self.assertRegex(plan, r"estimated time: 00:00 .* s per point")

    def test_a_line_on_a_terminal_says_how_far_it_is(self):
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            with subprocess.Popen([SWEEP, "run", self.file(FAST), "-o", "out"], cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=theirs) as process:
                os.close(theirs)
                text = ""
                with contextlib.suppress(OSError):  # the end of a terminal
                    while part := terminal.read(4096):
                        text += part.decode()
                self.assertEqual(process.wait(), 0, text)
        lines = text.split("\r\x1b[K")
        self.assertRegex(lines[1], r"^0/10 points  0 %  0\.00 points/s$")
        self.assertRegex(lines[-1], r"^10/10 points  100 %  \d+\.\d\d points/s  ETA 00:00\s+$")

    def test_a_workload_has_statistics_of_its_own(self):
        path = self.file(
            "name: a\nconfig: minpool\nset: {soc.timing: cycle}\nworkloads:\n"
            "  product: {elf: matmul_i32, statistics: {time: 'region[1].cycles'}}\n"
            "  random: {traffic: {load: 0.1, cycles: 100},\n"
            "           statistics: {time: traffic.latency_mean, accepted: traffic.accepted}}\n"
            "statistics: {banks: config.soc.l2.banks}\nderived: {twice: 2 * time}\n")
        code, out, err = self.sweep("run", path, "-o", "out")
        self.assertEqual((code, err), (0, ""), out)
        product, random_row = self.rows()
        self.assertEqual(list(product)[-4:], ["banks", "time", "accepted", "twice"])
        self.assertGreater(int(product["time"]), 1000)
        self.assertLess(float(random_row["time"]), 10)
        self.assertEqual((product["accepted"], product["banks"]), ("", "4"))
        self.assertEqual(int(product["twice"]), 2 * int(product["time"]))

    def test_an_image_of_the_same_bytes_makes_no_new_point(self):
        path = self.file(BASE.replace("{elf: hello}", "{elf: hello, make: 'cp {S} {image}'}")
                         + f"matrix: {{S: [{self.folder}/a]}}\n")
        (self.folder / "a").write_bytes(b"1234")
        self.assertEqual(self.sweep("run", path, "-o", "out")[0], 0)
        times = {path: path.stat().st_mtime_ns for path in self.folder.rglob("run.json")}
        next(self.folder.glob("out/images/*")).unlink()
        self.assertIn("1 points, 0 done", self.sweep("plan", path, "-o", "out")[1])
        self.assertEqual(self.sweep("run", path, "-o", "out")[0], 0)
        self.assertEqual(times, {path: path.stat().st_mtime_ns
                                 for path in self.folder.rglob("run.json")})

    def test_another_binary_runs_everything_again(self):
        path = self.file(BASE)
        self.assertEqual(self.sweep("run", path, "-o", "out")[0], 0)
        code, out, _ = self.sweep("plan", path, "-o", "out", build=self.fake_build("exec $REAL"))
        self.assertEqual(code, 0)
        self.assertIn("1 points, 0 done", out)

    def test_killed_at_a_random_moment_it_ends_with_the_same_table(self):
        path = self.file(FAST)
        self.assertEqual(self.sweep("run", path, "-o", "undisturbed")[0], 0)
        process = self.start("run", path, "-o", "out", "-j", "2")
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not list(self.folder.glob("out/points/*/*/run.json")):  # it is under way
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        time.sleep(random.random())
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=TIMEOUT_SECONDS)
        done = {path: path.stat().st_mtime_ns
                for path in self.folder.glob("out/points/*/[0-9a-f]*/run.json")}
        code, _, err = self.sweep("run", path, "-o", "out")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual({path: path.stat().st_mtime_ns for path in done}, done)
        self.assertEqual(list(self.folder.glob("out/points/*/.*")), [])
        self.assertEqual((self.folder / "out/sweep.csv").read_bytes(),
                         (self.folder / "undisturbed/sweep.csv").read_bytes())

    def test_killed_alone_it_takes_all_its_processes_with_it(self):
        build = self.fake_build("echo $$ >$$.pid; exec sleep 60")
        path = self.file(BASE)
        process = self.start("run", path, "-o", "out", build=build)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not (found := [path for path in self.folder.rglob("*.pid") if path.read_text()]):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        simulator = pathlib.Path("/proc", found[0].read_text().strip())
        self.assertTrue(simulator.exists())
        process.kill()
        process.communicate(timeout=TIMEOUT_SECONDS)
        while simulator.exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertTrue(list(self.folder.glob("out/points/*/.*")))
        self.assertEqual(self.sweep("run", path, "-o", "out")[0], 0)
        self.assertEqual(list(self.folder.glob("out/points/*/.*")), [])

    def test_two_sweeps_in_one_folder_are_refused(self):
        build = self.fake_build("sleep 3; exec $REAL \"$@\"")
        path = self.file(BASE)
        first = self.start("run", path, "-o", "out", build=build)
        while not (self.folder / "out/engine/jobs").is_dir():
            time.sleep(0.05)
        code, _, err = self.sweep("run", path, "-o", "out", build=build)
        self.assertEqual(code, 3)
        self.assertIn("another sweep is at work in this folder", err)
        first.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(self.rows()[0]["error"], "has run with other inputs than now")


class Failures(SweepTest):
    def test_a_failure_is_kept_and_stops_nobody(self):
        path = self.file(FAST.replace("[2, 4, 8]", "[2, 3, 8]").replace("repeat: 2", "repeat: 1"))
        code, _, err = self.sweep("run", path, "-o", "out")
        self.assertEqual(code, 1)
        rows = self.rows()
        self.assertEqual([row["status"] for row in rows], ["ok", "failed", "ok", "failed", "ok"])
        self.assertEqual((rows[1]["exit_code"], rows[1]["cycles"]), ("3", ""))
        self.assertIn("power of two", rows[1]["error"])
        self.assertIn("point 1 failed: exit code 3: ", err)
        folder = pathlib.Path(err.splitlines()[2].strip())
        self.assertIn("power of two", (folder / "stderr.txt").read_text())
        self.assertEqual(json.loads((folder / "point.json").read_text())["attempts"], [3])

    def test_a_signal_is_tried_again_once(self):
        path = self.file(BASE)
        marker = self.folder / "marker"
        build = self.fake_build(f"[ -e {marker} ] || {{ touch {marker}; kill -SEGV $$; }}\n"
                                "exec $REAL \"$@\"")
        self.sweep("run", path, "-o", "out", build=build)
        point = next(self.folder.glob("out/points/*/*/point.json"))
        self.assertEqual(json.loads(point.read_text())["attempts"], [-11, 0])
        self.fake_build("kill -KILL $$")
        code, _, err = self.sweep("run", path, "-o", "out", build=build)
        self.assertEqual(code, 1)
        self.assertIn("point 0 failed: killed by signal 9 (SIGKILL), twice", err)

    def test_a_missing_binary_is_reported_per_point(self):
        path = self.file(FAST)
        code, _, err = self.sweep("run", path, "-o", "out", build=self.folder / "none")
        self.assertEqual(code, 1)
        self.assertEqual({row["status"] for row in self.rows()}, {"failed"})
        self.assertEqual(err.count("No such file or directory: "), 10)
        self.assertIn(f"there is no {self.folder}/none/bin/tessera; scripts/build.sh builds it",
                      err)

    def test_an_image_that_cannot_be_made(self):
        path = self.file(BASE.replace("{elf: hello}", "{elf: hello, make: 'ls {image}'}"))
        code, _, err = self.sweep("run", path, "-o", "out")
        self.assertEqual(code, 1)
        self.assertIn("point 0 failed: make: exit code 2: ls: cannot access", err)

    def test_a_folder_that_cannot_be_written_is_reported_per_point(self):
        (self.folder / "out").mkdir()
        (self.folder / "out/points").write_text("")  # permissions would not stop root
        path = self.file(FAST)
        code, _, err = self.sweep("run", path, "-o", "out")
        self.assertEqual(code, 1)
        self.assertEqual([(row["status"], row["exit_code"]) for row in self.rows()],
                         [("failed", "")] * 10)
        self.assertEqual(err.count("Not a directory"), 10, err)
        (self.folder / "out/points").unlink()
        self.assertEqual(self.sweep("run", path, "-o", "out")[0], 0)

    @unittest.skipIf(os.geteuid() != 0, "mounting a small file system needs root")
    def test_a_full_disk_and_one_that_is_read_only(self):
        out = self.folder / "out"
        out.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", out], check=False,
                          stderr=subprocess.DEVNULL).returncode:
            self.skipTest("mount is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", out], check=True)

        def remount(options):
            subprocess.run(["mount", "-o", f"remount,{options}", out], check=True)

        def stamps():
            return {path: path.stat().st_mtime_ns
                    for path in out.glob("points/*/[0-9a-f]*/run.json")}
        path = self.file(FAST)
        self.assertEqual(self.sweep("run", path, "-o", "out", "--limit", "3")[0], 0)
        done = stamps()
        self.assertEqual(len(done), 3)
        used = os.statvfs(out)
        remount(f"size={(used.f_blocks - used.f_bfree) * used.f_frsize + ROOM}")
        code, _, err = self.sweep("run", path, "-o", "out")
        self.assertEqual(code, 1, err)
        bad = re.findall(r"^point (\d+) (failed|missing): (.*)$", err, re.MULTILINE)
        self.assertTrue(bad, err)
        self.assertFalse({number for number, _, _ in bad} & {"0", "1", "2"})
        self.assertRegex(err, r"No space left on device|cannot write this file")
        self.assertLessEqual(done.items(), stamps().items())
        remount("size=50m")
        self.assertEqual(self.sweep("run", path, "-o", "out")[0], 0)
        self.assertLessEqual(done.items(), stamps().items())
        self.assertEqual([row["status"] for row in self.rows()], ["ok"] * 10)
        remount("ro")
        code, _, err = self.sweep("run", path, "-o", "out")
        self.assertEqual(code, 3)
        self.assertIn("cannot write here", err)


if __name__ == "__main__":
    unittest.main()
