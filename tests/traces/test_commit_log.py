# SPDX-License-Identifier: Apache-2.0
"""The commit log says what an independent simulator says."""

import pathlib
import shutil
import subprocess

from support import ROOT, TraceTest, decompressed
import unicorn_log

BASE = 0x80000000
MEMORY_BYTES = 1 << 20
COMPILER = "riscv64-unknown-elf-gcc"


class CommitLogTest(TraceTest):
    def build(self):
        """Compiles the reference program; returns the ELF file and the image of its memory."""
        if shutil.which(COMPILER) is None:
            self.skipTest(f"{COMPILER} is not installed")
        elf = self.folder / "reference.elf"
        source = pathlib.Path(__file__).with_name("reference_program.c")
        subprocess.run([COMPILER, "-march=rv32ima_zicsr", "-mabi=ilp32", "-O1", "-ffreestanding",
                        "-nostdlib", "-Wl,--nmagic,--no-relax", f"-Wl,-Ttext={BASE:#x}",
                        "-Wl,--entry=_start", "-Wl,--build-id=none", "-o", elf, source],
                       check=True)
        image = self.folder / "reference.bin"
        subprocess.run(["riscv64-unknown-elf-objcopy", "-O", "binary", elf, image], check=True)
        return elf, image.read_bytes()

    def log(self, elf, timing, *options):
        folder = self.folder / f"log_{timing}"
        self.run_program(elf, "--set", "soc.boot.mode=l2", "--commit-log",
                         ",".join([str(folder), *options]), timing=timing)
        return folder

    def test_the_log_equals_that_of_an_independent_simulator(self):
        if unicorn_log.library() is None:
            self.skipTest("libunicorn is not installed")
        elf, image = self.build()
        expected = self.folder / "expected.log"
        lines = unicorn_log.Reference(image, BASE, MEMORY_BYTES).lines
        self.assertGreater(len(lines), 10_000)
        expected.write_text("\n".join(lines) + "\n")
        for timing in ("functional", "cycle"):
            with self.subTest(timing):
                folder = self.log(elf, timing, "harts=0")
                self.assertEqual(sorted(path.name for path in folder.iterdir()),
                                 ["hart_0.log.zst"])
                log = folder / "hart_0.log.zst"
                # The hart goes on until the store that ends the run has arrived.
                self.assertLess(len(decompressed(log).splitlines()) - len(lines), 200)
                diff = subprocess.run([ROOT / "scripts" / "commit_diff", expected, log,
                                       "--count", str(len(lines))],
                                      capture_output=True, text=True, check=False)
                self.assertEqual((diff.returncode, diff.stdout),
                                 (0, f"{len(lines)} instructions, no difference\n"))

    def test_a_window_keeps_its_instructions_only(self):
        elf, _ = self.build()
        whole = decompressed(self.log(elf, "functional", "harts=0") / "hart_0.log.zst")
        part = self.folder / "part"
        self.run_program(elf, "--set", "soc.boot.mode=l2", "--commit-log",
                         f"{part},harts=0,from=100,to=200")
        self.assertEqual(decompressed(part / "hart_0.log.zst"),
                         "".join(whole.splitlines(keepends=True)[100:200]))

    def test_what_is_no_log_is_refused(self):
        table = self.folder / "b.csv"
        table.write_text("cycle,agent\n1,dma\n")
        binary = self.folder / "x.bin"
        binary.write_bytes(b"\xff\xfe\x00\n")
        log = self.folder / "hart.log"
        log.write_text("a message\ncore   0: 3 0x80000000 (0x00000013)\n")
        empty = self.folder / "asleep.log"  # of a hart that did nothing
        empty.write_text("")
        script = ROOT / "scripts" / "commit_diff"
        for files, message in [([table, table], "b.csv:1: neither this line nor any other is an "
                                                "instruction of a commit log: 'cycle,agent'"),
                               ([log, binary], "x.bin:1: neither this line nor any other"),
                               ([log, log, "--skip-to", "0x80000004"],
                                "hart.log: --skip-to 0x80000004: no instruction there")]:
            diff = subprocess.run([script, *files], capture_output=True, text=True, check=False)
            self.assertEqual((diff.returncode, diff.stdout), (2, ""))
            self.assertTrue(diff.stderr.startswith("commit_diff: "), diff.stderr)
            self.assertIn(message, diff.stderr)
        for file, count in [(log, 1), (empty, 0)]:
            diff = subprocess.run([script, file, file], capture_output=True, text=True, check=False)
            self.assertEqual((diff.returncode, diff.stdout),
                             (0, f"{count} instructions, no difference\n"))

    def test_the_first_difference_is_found(self):
        elf, _ = self.build()
        log = self.log(elf, "functional", "harts=0") / "hart_0.log.zst"
        lines = decompressed(log).splitlines()
        lines[50] = lines[50].replace("(0x", "(0xf", 1)
        other = self.folder / "other.log"
        other.write_text("\n".join(lines) + "\n")
        diff = subprocess.run([ROOT / "scripts" / "commit_diff", log, other],
                              capture_output=True, text=True, check=False)
        self.assertEqual(diff.returncode, 1)
        self.assertIn("first difference at instruction 51", diff.stdout)
        self.assertIn(lines[50], diff.stdout)
