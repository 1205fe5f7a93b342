"""Runs of small programs: exit codes, what is printed where, files, signals."""

import json
import os
import re
import resource
import signal
import subprocess
import time
import unittest

import elf_writer
from elf_writer import ILLEGAL, L2_BASE, LOOP_FOREVER, WFI, elf, end, only_hart_zero, print_text
from elf_writer import sleep_forever
from support import CONFIGS, TESSERA, TIMEOUT_SECONDS, CliTest

HELLO = elf(only_hart_zero(print_text("hi\n") + end(0), sleep_forever()))
FOREVER = elf(only_hart_zero(print_text("up\n") + [LOOP_FOREVER], [LOOP_FOREVER]),
              symbols=[("_start", L2_BASE, 0)])
# Prints until something stops it.
BABBLE_TEXT = print_text("up\n")
BABBLE = elf(only_hart_zero(BABBLE_TEXT + [elf_writer.jump_back(BABBLE_TEXT)],
                            sleep_forever()))


class ExitCodes(CliTest):
    def test_0_guest_returned_0(self):
        self.assertEqual(self.run_program(elf(end(0)), "-q"), (0, "", ""))

    def test_1_guest_returned_another_value(self):
        code, out, err = self.run_program(elf(end(42)), "--out", "out")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("exit          end of computation, guest returned 42\n", err)
        run = json.loads((self.folder / "out/run.json").read_text())
        self.assertEqual((run["exit_code"], run["guest_value"]), (1, 42))

    def test_4_guest_error_that_stops(self):
        program = elf([ILLEGAL], symbols=[("broken", L2_BASE, 4)])
        code, out, err = self.run_program(program, "--guest-errors=stop")
        self.assertEqual((code, out), (4, ""))
        self.assertRegex(err, r"hart 0 pc=0x80000000 <broken> illegal_instruction: ")
        self.assertIn("exit          stopped at a guest error\n", err)
        self.assertIn("guest errors: 1\n", err)

    def test_4_instruction_that_is_not_modelled(self):
        code, out, err = self.run_program(elf([elf_writer.FADD_S]))
        self.assertEqual((code, out), (4, ""))
        self.assertRegex(err, r"exit +instruction not modelled: .*fadd\.s")

    def test_5_limits(self):
        program = elf([LOOP_FOREVER])
        for option, text in [("--max-cycles=5000", "limit of cycles reached"),
                             ("--max-instructions=1_000", "limit of instructions reached"),
                             ("--timeout=0.05", "limit of wall time reached")]:
            code, out, err = self.run_program(program, option)
            self.assertEqual((code, out), (5, ""), option)
            self.assertIn(f"exit          {text}\n", err)
            self.assertIn("harts (16 running):\n", err)

    def test_5_max_cycles_is_exact(self):
        _, _, err = self.run_program(elf([LOOP_FOREVER]), "--max-cycles=12345")
        self.assertIn("cycles        12345 (24.690 us at 500 MHz)\n", err)

    def test_6_hang_says_where_harts_wait(self):
        symbols = [("_start", L2_BASE, 16), ("wait_for_ever", L2_BASE + 16, 8)]
        program = elf(only_hart_zero(sleep_forever(), sleep_forever()), symbols=symbols)
        code, out, err = self.run_program(program)
        self.assertEqual((code, out), (6, ""))
        self.assertIn("exit          hang: no hart can go on, nothing can wake one\n", err)
        self.assertRegex(err, r"(?m)^  15 harts asleep in _start, since cycles? \d+.*: 1-15$")
        self.assertRegex(err, r"(?m)^  1 hart asleep in wait_for_ever, since cycle \d+: 0$")

    def test_130_interrupted(self):
        self.file("forever.elf", FOREVER)
        process = self.start("run", "-c", CONFIGS / "minpool.yaml", "forever.elf", "--out", "out",
                             "--dump", f"{L2_BASE}:8:dump.bin")
        self.assertEqual(process.stdout.readline(), "up\n")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(process.returncode, 130)
        self.assertIn("exit          interrupted\n", err)
        self.assertEqual(json.loads((self.folder / "out/run.json").read_text())["end"],
                         "interrupted")
        for name in ["stats.json", "config.yaml", "log.txt"]:
            self.assertTrue((self.folder / "out" / name).exists(), name)
        self.assertEqual(len((self.folder / "dump.bin").read_bytes()), 8)

    def test_130_when_told_to_terminate(self):
        """As by `timeout` and batch systems."""
        self.file("forever.elf", FOREVER)
        process = self.start("run", "-q", "-c", CONFIGS / "minpool.yaml", "forever.elf", "--out",
                             "out")
        self.assertEqual(process.stdout.readline(), "up\n")
        process.terminate()
        _, err = process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual((process.returncode, err), (130, "tessera: interrupted\n"))
        status = json.loads((self.folder / "out/status.json").read_text())
        self.assertEqual((status["state"], status["exit_code"]), ("interrupted", 130))

    def test_130_with_whole_files_when_told_twice_at_the_same_time(self):
        """`timeout` signals the process and then its group; the run ends some time later."""
        self.file("forever.elf", FOREVER)
        for told in (signal.SIGTERM, signal.SIGINT):
            process = self.start("run", "-q", "-c", CONFIGS / "terapool.yaml", "forever.elf",
                                 "--out", "out", "--force", "-s", "soc.quantum_cycles=50_000")
            self.assertEqual(process.stdout.readline(), "up\n")
            for _ in range(5):
                process.send_signal(told)
                time.sleep(0.02)  # two pending signals may arrive as one
            _, err = process.communicate(timeout=TIMEOUT_SECONDS)
            self.assertEqual((process.returncode, err), (130, "tessera: interrupted\n"))
            run = json.loads((self.folder / "out/run.json").read_text())
            self.assertEqual(run["end"], "interrupted")
            (self.folder / "out/run.json").unlink()

    def test_130_at_once_when_interrupted_again_later(self):
        """One quantum of this run takes seconds: the first signal alone would not end it soon."""
        self.file("forever.elf", FOREVER)
        process = self.start("run", "-c", CONFIGS / "terapool.yaml", "forever.elf", "--out", "out",
                             "-s", "soc.quantum_cycles=1_000_000")
        self.assertEqual(process.stdout.readline(), "up\n")
        process.send_signal(signal.SIGINT)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=0.1)
            except Exception:  # still running: once more
                pass
        process.communicate()
        self.assertEqual(process.returncode, 130)
        self.assertFalse((self.folder / "out/run.json").exists())


class Output(CliTest):
    def test_guest_alone_on_stdout_and_six_lines_on_stderr(self):
        code, out, err = self.run_program(HELLO)
        self.assertEqual((code, out), (0, "hi\n"))
        self.assertEqual([line.split("  ")[0] for line in err.splitlines()],
                         ["exit", "cycles", "instructions", "ipc per hart", "host", "output"])

    def test_quiet_still_names_what_stopped_the_run(self):
        code, out, err = self.run_program(elf([WFI, LOOP_FOREVER]), "-q", "--out", "out")
        self.assertEqual((code, out), (6, ""))
        self.assertEqual(err, "tessera: hang: no hart can go on, nothing can wake one\n")
        where = json.loads((self.folder / "out/run.json").read_text())["where"]
        self.assertTrue(where.startswith("harts (16 asleep):\n  16 harts asleep in "), where)

    def test_quiet_says_nothing(self):
        self.assertEqual(self.run_program(HELLO, "-q"), (0, "hi\n", ""))

    def test_guest_errors_are_warned_about_once_and_counted(self):
        loads = [0x0002A303] * 3  # lw t1, 0(t0)
        code = only_hart_zero(elf_writer.load_immediate(elf_writer.T0, 0x70000000) + loads + end(0),
                              sleep_forever())
        status, _, err = self.run_program(elf(code), "--out", "out")
        self.assertEqual(status, 0)
        warnings = [line for line in err.splitlines() if "unmapped_access" in line]
        self.assertEqual(len(warnings), 3)
        self.assertRegex(warnings[0],
                         r"^\[ *\d+cy \d+\.\d{3}us\] W \S+ hart 0 pc=0x8000001[0-9a-f] ")
        log = (self.folder / "out/log.txt").read_text().splitlines()
        self.assertEqual([line for line in log if line.startswith("[")], warnings)
        self.assertIn("      address 0x70000000: nothing is mapped there", log)
        stats = json.loads((self.folder / "out/stats.json").read_text())["stats"]
        self.assertEqual(stats["guest_errors.unmapped_access"], 3)

    def test_repeated_guest_errors_are_counted_at_the_end(self):
        loop = elf_writer.load_immediate(elf_writer.T0, 0x70000000) + [
            0x00A00313,  # li t1, 10
            0x0002A383,  # lw t2, 0(t0)
            0xFFF30313,  # addi t1, t1, -1
            0xFE031CE3,  # bne t1, x0, -8
        ]
        status, _, err = self.run_program(elf(only_hart_zero(loop + end(0), sleep_forever())))
        self.assertEqual(status, 0)
        warnings = [line for line in err.splitlines() if "unmapped_access" in line]
        self.assertEqual(len(warnings), 2)
        self.assertTrue(warnings[1].endswith("(repeated 10 times)"), warnings[1])

    def test_log_levels_per_subtree(self):
        _, _, err = self.run_program(elf(end(0), entry=0x80000004), "--log", "elf_loader=error")
        self.assertNotIn("entry point", err)

    def test_verbose_tells_the_course_of_the_run(self):
        region = (elf_writer.load_immediate(elf_writer.T0, 0x40040064)
                  + elf_writer.load_immediate(elf_writer.T1, 5)
                  + [elf_writer.store_word(elf_writer.T1, elf_writer.T0)]
                  + elf_writer.load_immediate(elf_writer.T0, 0x40040068)
                  + [elf_writer.store_word(elf_writer.T1, elf_writer.T0)])
        program = elf(only_hart_zero(region + end(3), sleep_forever()),
                      symbols=[("_start", L2_BASE, 0)])
        size = len(region + end(3) + sleep_forever()) * 4 + 8
        code, _, err = self.run_program(program, "-v")
        self.assertEqual(code, 1)
        lines = [line.split("] ")[1] for line in err.splitlines() if line.startswith("[")]
        cycles = re.search(r"(?m)^cycles +(\d+) ", err).group(1)
        self.assertEqual(lines, [
            "I soc minpool: 16 harts in 4 tiles, L1 64KiB, L2 4MiB, 0 ITAs",
            "I soc.boot_host wakes all harts at cycle 1000",
            "I elf_loader program.elf: entry point 0x80000000, 1 symbols",
            f"I elf_loader segment 0: {size} bytes at 0x80000000, {size} of them from the file",
            "I soc.platform_block region of interest 5 begins",
            "I soc.platform_block region of interest 5 ends",
            f"I soc end of the run at cycle {cycles}: end of computation, guest returned 3"])
        _, _, err = self.run_program(program, "--log", "soc.platform_block=info")
        self.assertEqual(err.count("region of interest"), 2)
        self.assertNotIn("elf_loader", err)

    def test_progress_on_request(self):
        self.file("forever.elf", FOREVER)
        process = self.start("run", "-c", CONFIGS / "minpool.yaml", "forever.elf", "-q")
        self.assertEqual(process.stdout.readline(), "up\n")
        process.send_signal(signal.SIGUSR1)
        self.assertRegex(process.stderr.readline(),
                         r"^\d+\.\d{3} Mcy  \d+\.\d{3} Mcy/s  \d+ s  harts 16 running\n$")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(process.returncode, 130)


class Files(CliTest):
    def test_out_holds_the_run(self):
        code, _, err = self.run_program(HELLO, "-o", "a/b", "--seed=7")
        self.assertEqual(code, 0)
        self.assertIn("output        a/b\n", err)
        self.assertEqual(sorted(path.name for path in (self.folder / "a/b").iterdir()),
                         ["config.yaml", "log.txt", "run.json", "stats.json", "status.json"])
        run = json.loads((self.folder / "a/b/run.json").read_text())
        self.assertEqual(run["machine"], "minpool")
        self.assertEqual(run["elf"], "program.elf")
        self.assertEqual(run["seed"], 7)
        self.assertIn(f"tessera {run['version']} ({run['git_hash']})\nSystemC {run['systemc']}\n"
                      f"compiler {run['compiler']}\nbuild {run['build_type']}",
                      self.tessera("--version")[1])
        self.assertEqual(run["end"], "end_of_computation")
        self.assertEqual(run["command"][1:4], ["run", "-c", str(CONFIGS / "minpool.yaml")])
        stats = json.loads((self.folder / "a/b/stats.json").read_text())
        self.assertEqual((stats["schema"], stats["schema_version"]), ("tessera-stats", 1))
        self.assertEqual(stats["stats"]["soc.cluster.instructions"], run["instructions"])
        for path in stats["stats"]:
            definition = "".join("[*]" + part.split("]")[1] if "]" in part else part
                                 for part in path.split("["))
            self.assertIn(definition, stats["definitions"])

    def test_config_of_a_run_gives_the_same_run(self):
        self.run_program(HELLO, "-q", "--out", "first")
        code, _, _ = self.tessera("run", "-q", "-c", "first/config.yaml", "program.elf", "--out",
                                  "second")
        self.assertEqual(code, 0)
        self.assertEqual((self.folder / "first/stats.json").read_bytes(),
                         (self.folder / "second/stats.json").read_bytes())

    def test_load_and_dump(self):
        content = bytes(range(256)) * 4
        self.file("in.bin", content)
        program = elf(end(0), symbols=[("buffer", L2_BASE + 0x1000, 0)])
        code, _, err = self.run_program(
            program, "--load", "buffer:in.bin", "--load", "0x200:in.bin",
            "--dump", "0x8000_1000:1KiB:l2.bin", "--dump", "0x200:1024:l1.bin",
            "--dump", "buffer:4:four.bin")
        self.assertEqual(code, 0, err)
        self.assertEqual((self.folder / "l2.bin").read_bytes(), content)
        self.assertEqual((self.folder / "l1.bin").read_bytes(), content)
        self.assertEqual((self.folder / "four.bin").read_bytes(), content[:4])

    def test_load_and_dump_outside_memory(self):
        self.file("x.elf", HELLO)
        self.file("in.bin", bytes(16))
        memories = ("is not all memory; memory of this machine: soc.cluster.l1 "
                    "0x00000000..0x0000FFFF, soc.l2 0x80000000..0x803FFFFF")
        run = ["run", "-c", CONFIGS / "minpool.yaml", "x.elf"]
        self.assert_fails([*run, "--load", "0xFFF8:in.bin"], 3,
                          f"--load in.bin: 0x0000FFF8..0x00010007 {memories}")
        self.assert_fails([*run, "--dump", "0x50000000:16:o.bin"], 3,
                          f"--dump o.bin: 0x50000000..0x5000000F {memories}")
        for size in [0xFFFFFFFF_FFFFFFFF, 0xFFFFFFFF_80000001]:
            last = min(0x8000_0000 + size - 1, 0xFFFFFFFF_FFFFFFFF)
            self.assert_fails([*run, "--dump", f"0x80000000:{size:#x}:o.bin"], 3,
                              f"--dump o.bin: 0x80000000..0x{last:X} {memories}")
        self.assert_fails([*run, "--load", "0:none.bin"], 3, "none.bin: no such file")

    def test_a_folder_belongs_to_one_run_at_a_time(self):
        self.file("forever.elf", FOREVER)
        process = self.start("run", "-c", CONFIGS / "minpool.yaml", "forever.elf", "--out", "out")
        self.assertEqual(process.stdout.readline(), "up\n")
        code, _, err = self.run_program(HELLO, "--out", "out", "--force")
        self.assertEqual((code, err), (
            2, "tessera: --out out: another run is at work in this folder\n"))
        process.kill()
        process.communicate(timeout=TIMEOUT_SECONDS)
        code, _, _ = self.run_program(HELLO, "-q", "--out", "out", "--force")
        self.assertEqual(code, 0)

    def test_output_that_cannot_be_written_is_said_everywhere(self):
        code, _, err = self.run_program(HELLO, "--dump", f"{L2_BASE}:4:/dev/full", "--out", "a")
        self.assertEqual(code, 3)
        self.assertTrue(err.endswith("/dev/full: cannot write this file\n"), err)
        run = json.loads((self.folder / "a/run.json").read_text())
        self.assertEqual((run["exit_code"], run["end"]), (3, "end_of_computation"))
        self.assertEqual(run["output_errors"], ["/dev/full: cannot write this file"])

    def test_console_that_cannot_be_written(self):
        self.file("x.elf", HELLO)
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [TESSERA, "run", "-c", CONFIGS / "minpool.yaml", "x.elf", "--out", "a"], text=True,
                cwd=self.folder, stdout=full, stderr=subprocess.PIPE, timeout=TIMEOUT_SECONDS)
        self.assertEqual(done.returncode, 3)
        message = "stdout: cannot write what the guest prints"
        self.assertTrue(done.stderr.endswith(message + "\n"), done.stderr)
        run = json.loads((self.folder / "a/run.json").read_text())
        self.assertEqual((run["exit_code"], run["output_errors"]), (3, [message]))

    def test_console_that_nobody_reads_any_more(self):
        """As `tessera run ... | head`: the run ends, and its files are whole."""
        self.file("babble.elf", BABBLE)
        process = self.start("run", "-c", CONFIGS / "minpool.yaml", "babble.elf", "--out", "out",
                             "--commit-log", "log,harts=0", "--timeline", "timeline.json")
        self.assertEqual(process.stdout.readline(), "up\n")
        process.stdout.close()
        err = process.stderr.read()
        self.assertEqual(process.wait(timeout=TIMEOUT_SECONDS), 3)
        process.stderr.close()
        message = "stdout: cannot write what the guest prints"
        self.assertIn("exit          interrupted\n", err)
        self.assertTrue(err.endswith(message + "\n"), err)
        run = json.loads((self.folder / "out/run.json").read_text())
        self.assertEqual((run["end"], run["exit_code"], run["output_errors"]),
                         ("interrupted", 3, [message]))
        json.loads((self.folder / "timeline.json").read_text())
        subprocess.run(["zstd", "-tq", self.folder / "log/hart_0.log.zst"], check=True)

    def test_file_that_may_not_grow_any_more(self):
        """As with `ulimit -f`, whose signal kills by default."""
        limit = 40_000
        self.file("babble.elf", BABBLE)
        process = self.start(
            "run", "-c", CONFIGS / "minpool.yaml", "babble.elf", "--bus-trace", "bus.csv",
            "--max-cycles=100_000", "--out", "out", "-q",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        _, err = process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(process.returncode, 3)
        self.assertIn("bus.csv: cannot write all of it\n", err)

    def test_log_that_may_not_grow_any_more(self):
        self.file("babble.elf", BABBLE)
        process = self.start(
            "run", "-c", CONFIGS / "minpool.yaml", "babble.elf", "--max-cycles=1000", "--out",
            "out", "-v", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200)))
        _, err = process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(process.returncode, 3)
        for name in ("log.txt: cannot write all of it", "stats.json: cannot write this file",
                     "run.json: cannot write this file"):
            self.assertIn(f"out/{name}\n", err)

    def test_waves_without_space_or_on_a_device(self):
        """Their library crashes at the end of the space, and removes what it finds."""
        self.file("x.elf", HELLO)
        arguments = ("run", "-q", "-c", CONFIGS / "minpool.yaml", "x.elf", "--wave")
        if "no library for FST" in self.tessera(*arguments, "x.fst")[2]:
            self.skipTest("a build without --wave")
        process = self.start(*arguments, "little.fst", preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (40_000, 40_000)))
        self.assertEqual((*process.communicate(timeout=TIMEOUT_SECONDS), process.returncode), (
            "", "little.fst: too little space; 12 MiB must be free here and in /tmp\n", 3))
        self.assertFalse((self.folder / "little.fst.hier").exists())
        os.mkfifo(self.folder / "pipe")
        self.assert_fails([*arguments, "pipe"], 3, "pipe: cannot write waves here; expected a "
                                                   "file, no device or pipe")
        self.assertTrue((self.folder / "pipe").is_fifo())

    def test_killed_run_leaves_no_results_of_an_earlier_one(self):
        self.run_program(HELLO, "--out", "out", "--stats-interval", "100")
        self.file("forever.elf", FOREVER)
        process = self.start("run", "-c", CONFIGS / "minpool.yaml", "forever.elf", "--out", "out",
                             "--force")
        self.assertEqual(process.stdout.readline(), "up\n")
        process.kill()
        process.communicate(timeout=TIMEOUT_SECONDS)
        self.assertEqual(sorted(path.name for path in (self.folder / "out").iterdir()),
                         ["log.txt", "status.json"])

    def test_closed_stderr_changes_no_exit_code(self):
        self.file("zero.elf", HELLO)
        self.file("hang.elf", elf(sleep_forever()))
        self.file("empty.elf", "")
        for program, code, text in [("zero.elf", 0, "hi\n"), ("hang.elf", 6, ""),
                                    ("empty.elf", 3, ""), ("", 2, "")]:
            for redirection in ("2>&-", "2>/dev/full"):
                done = self.shell(f'run -c "$CONFIGS/minpool.yaml" {program} {redirection}')
                self.assertEqual((done.returncode, done.stdout), (code, text), program)

    def test_nothing_but_the_trace_is_in_its_file(self):
        """The number of a closed file is that of the next one that is opened."""
        self.file("x.elf", HELLO)
        for redirection, code in [("2>&-", 0), (">&-", 3), ("<&- >&- 2>&-", 3)]:
            done = self.shell('run -v -c "$CONFIGS/minpool.yaml" x.elf --timeline timeline.json '
                              f'{redirection}')
            self.assertEqual(done.returncode, code)
            json.loads((self.folder / "timeline.json").read_text())

    def shell(self, command):
        """Runs a command line of tessera in a shell."""
        return subprocess.run(["sh", "-c", f'"$TESSERA" {command}'], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=TIMEOUT_SECONDS, check=False,
                              env={"TESSERA": TESSERA, "CONFIGS": str(CONFIGS)})

    def test_dump_that_cannot_be_written(self):
        code, _, err = self.run_program(HELLO, "--dump", "0:4:no/such/folder")
        self.assertEqual(code, 3)
        self.assertIn("no/such/folder: cannot write this file: No such file or directory\n", err)

    def test_why_an_output_cannot_be_written(self):
        self.file("x.elf", HELLO)
        self.file("file", "")
        run = ("run", "-q", "-c", CONFIGS / "minpool.yaml", "x.elf")
        for option, path, message in [
                ("--commit-log", "file/l", "cannot make this folder: Not a directory"),
                ("--timeline", "file/t", "cannot write: Not a directory"),
                ("--bus-trace", "file/b", "cannot write: Not a directory"),
                ("--wave", "file/w", "cannot write: Not a directory"),
                ("--wave", "/proc/w", "cannot write: No such file or directory")]:
            if "no library for FST" in self.tessera(*run, option, "x.fst")[2]:
                continue
            self.assert_fails([*run, option, path], 3, f"{path}: {message}")
        self.assertFalse((self.folder / "w").exists())

    def test_a_pipe_without_reader_is_given_up_at_the_first_signal(self):
        self.file("x.elf", HELLO)
        os.mkfifo(self.folder / "pipe")
        for option in ["--bus-trace=pipe", "--timeline=pipe", "--dump=0:4:pipe"]:
            for number in [signal.SIGTERM, signal.SIGINT]:
                process = self.start("run", "-c", CONFIGS / "minpool.yaml", "x.elf", option)
                self.wait_until_it_sleeps(process.pid)
                process.send_signal(number)
                _, err = process.communicate(timeout=TIMEOUT_SECONDS)
                self.assertEqual(process.returncode, 130)
                self.assertRegex(err, "pipe: cannot write.*: Interrupted system call\n$")

    def wait_until_it_sleeps(self, pid):
        """Returns when the process has slept for a while."""
        looks = 0
        while looks < 20:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                looks = looks + 1 if file.read().rpartition(")")[2].split()[0] == "S" else 0
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
