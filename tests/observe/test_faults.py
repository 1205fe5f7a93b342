"""Reports of guest errors and of runs that hang, on a program with DWARF (faults.c)."""

import os
import pathlib
import re
import struct
import unittest

from support import CONFIGS, CliTest

PROGRAMS = pathlib.Path(os.environ["PROGRAMS"])
ROOT = pathlib.Path(os.environ["ROOT"])
SOURCE = "tests/observe/faults.c"

ARGUMENTS_ADDRESS = 0x800FF000
ARGUMENTS_MAGIC = 0x53475241
(UNMAPPED_LOAD, MISALIGNED_STORE, ILLEGAL_INSTRUCTION, STACK_OVERFLOW, DMA_OUT_OF_MEMORY,
 ITA_WITHOUT_TRIGGER, UNMAPPED_JUMP, STAYS_AWAY, POLL_IN_VAIN, ITA_OUT_OF_REGION,
 ENGINE_BAD_TYPE, NULL_JUMP, ITA_BLOCK_OUT_OF_MEMORY) = range(1, 14)
TIMINGS = ("functional", "cycle")
HART = 5
NAME = r"soc\.cluster\.group\[1\]\.tile\[0\]\.core\[1\]"  # of hart 5 of minpool
MAIN = rf"main \({SOURCE}:\d+\) < _start \(firmware/boot/crt0\.S:\d+\)"


def line_of(text):
    """Number of the first line of faults.c that holds `text`."""
    lines = (ROOT / SOURCE).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


class FaultTest(CliTest):
    def misbehave(self, fault, *arguments, machine="minpool"):
        """Runs faults.elf; returns (exit code, stderr)."""
        page = struct.pack("<8I", ARGUMENTS_MAGIC, 0, 0, HART, 0, 0, 0, fault)
        self.file("arguments.bin", page)
        code, _, err = self.tessera(
            "run", "-c", CONFIGS / f"{machine}.yaml", "--load",
            f"{ARGUMENTS_ADDRESS}:arguments.bin",
            "--max-cycles=100_000", PROGRAMS / "faults.elf", *arguments)
        return code, err

    def assert_report(self, err, *lines):
        """These lines (regular expressions) follow each other, at the beginning of the report."""
        self.assertRegex(err, "^" + "\n".join(lines) + "\n")


class Faults(FaultTest):
    def test_unmapped_load_names_function_line_callers_and_address(self):
        for timing in TIMINGS:
            code, err = self.misbehave(UNMAPPED_LOAD, "--guest-errors=stop", "--timing", timing)
            self.assertEqual(code, 4)
            by_now = [r"      hart 5 is in sum .* by now"] if timing == "cycle" else []
            self.assert_report(
                err,
                rf"\[ *\d+cy .*us\] E {NAME} hart 5 pc=0x[0-9a-f]+ <sum\+0x[0-9a-f]+> "
                r"unmapped_access: load from 0x70000000, 4 bytes: no target there.*",
                rf"      in sum \({SOURCE}:{line_of('result += load')}\): lw [\w,()]+",
                rf"        inlined: load \({SOURCE}:{line_of('the load')}\)", *by_now,
                rf"      called by {MAIN}",
                r"      address 0x70000000: nothing is mapped there")

    def test_misaligned_store_names_the_variable(self):
        _, err = self.misbehave(MISALIGNED_STORE, "--guest-errors=stop")
        self.assertIn("misaligned_access: sw at 0x", err)
        self.assertRegex(err, rf"      in store \({SOURCE}:{line_of('the store')}\): sw .*\n")
        self.assertRegex(err, rf"      called by misbehave \({SOURCE}:\d+\) < {MAIN}\n")
        self.assertRegex(err, r"      address 0x[0-9a-f]+: in soc\.l2, table\+0x6\n")

    def test_illegal_instruction(self):
        _, err = self.misbehave(ILLEGAL_INSTRUCTION, "--guest-errors=stop")
        self.assertIn("illegal_instruction: illegal instruction 0x0000707b\n", err)
        line = line_of('.insn r 0x7b')
        self.assertIn(f"      in misbehave ({SOURCE}:{line}): .4byte 0x707b\n", err)

    def test_stack_overflow_says_whose_stack_is_hit_and_who_recursed(self):
        _, err = self.misbehave(STACK_OVERFLOW, "--guest-errors=stop")
        self.assertIn("<deep> stack_overflow: sp set to ", err)
        self.assertRegex(err, rf"      called by deep \({SOURCE}:\d+\) \d+ times < "
                              rf"(deep\S* \({SOURCE}:\d+\) < )*"
                              rf"misbehave \({SOURCE}:\d+\) < {MAIN}\n")
        self.assertRegex(err, r"      address 0x[0-9a-f]+: in soc\.cluster\.l1, stack of hart 4\n")

    def test_a_recursion_that_is_too_deep_to_be_told(self):
        _, err = self.misbehave(STACK_OVERFLOW, "--guest-errors=stop",
                                "--set", "soc.cluster.bank_bytes=8KiB",
                                "--set", "soc.cluster.sequential_bytes_per_core=8KiB")
        self.assertRegex(err, rf"      called by deep \({SOURCE}:\d+\) 64 times < \.\.\.\n")

    def test_misprogrammed_dma_names_who_launched_it(self):
        _, err = self.misbehave(DMA_OUT_OF_MEMORY, "--guest-errors=stop")
        self.assertRegex(err, r"E soc\.dma hart 5 pc=0x[0-9a-f]+ <dma_start\+0x[0-9a-f]+> "
                              r"device_misuse: transfer of 64 bytes .* the source leaves memory")
        self.assertRegex(err, r"      in dma_start \(firmware/drivers/dma\.c:\d+\): lw .*\n")
        self.assertRegex(err, rf"      called by misbehave \({SOURCE}:\d+\) < {MAIN}\n")

    def test_misprogrammed_ita_names_the_job_and_the_pointer(self):
        for timing in TIMINGS:
            _, err = self.misbehave(ITA_OUT_OF_REGION, "--guest-errors=stop", "--timing", timing,
                                    machine="tessera")
            self.assertRegex(
                err, r"E soc\.ita\[0\] hart 5 pc=0x\w+ <misprogram_ita\+0x\w+> "
                r"device_misuse: .*0xd0000")
            self.assertRegex(
                err, rf"      in misprogram_ita \({SOURCE}:{line_of('the job')}\): sw .*\n"
                r"        inlined: ita_jobs_commit \(firmware/drivers/ita_jobs\.h")
            self.assertRegex(err, rf"      called by misbehave \({SOURCE}:\d+\) < {MAIN}\n")

    def test_an_operand_block_out_of_memory_names_who_started_the_head(self):
        for timing in TIMINGS:
            _, err = self.misbehave(ITA_BLOCK_OUT_OF_MEMORY, "--guest-errors=stop", "--timing",
                                    timing, machine="mempool_ita")
            self.assertRegex(
                err, r"E soc\.ita\[0\] hart 5 pc=0x\w+ <ita_block_start\+0x\w+> device_misuse: "
                r"operands or constants at 0x\w+ are not in memory: nothing is computed\n")
            self.assertRegex(err, r"      in ita_block_start \(firmware/drivers/ita_operand_block"
                                  r"\.c:\d+\): sw .*\n")
            self.assertRegex(err, rf"called by misprogram_ita_block \(.*\) < misbehave .* < {MAIN}")

    def test_misprogrammed_engine_names_who_rang_the_doorbell(self):
        for timing in TIMINGS:
            _, err = self.misbehave(ENGINE_BAD_TYPE, "--guest-errors=stop", "--timing", timing,
                                    machine="tessera")
            self.assertRegex(err, r"E soc\.attention_engine hart 5 pc=0x\w+ <engine_submit\+0x\w+> "
                                  r"device_misuse: descriptor 0: no type 99\n")
            self.assertRegex(err, r"called by misprogram_engine \(.*\) < misbehave ")
            self.assertRegex(err, r"      address 0x\w+: in soc\.l2, ring")

    def test_jump_out_of_memory_names_the_caller(self):
        _, err = self.misbehave(UNMAPPED_JUMP, "--guest-errors=stop")
        self.assertIn("instruction fetch from 0x70000000, which is no memory\n", err)
        self.assertRegex(err, rf"      called by misbehave \({SOURCE}:\d+\) < {MAIN}\n")

    def test_jump_to_0_names_the_caller(self):
        _, err = self.misbehave(NULL_JUMP, "--guest-errors=stop")
        self.assertIn("hart 5 pc=0x00000000 illegal_instruction: ", err)  # mark of the stack there
        self.assertRegex(err, r"      in 0x00000000 of soc\.cluster\.l1: .*\n"
                              rf"      called by misbehave \({SOURCE}:\d+\) < {MAIN}\n")

    def test_a_warning_is_explained_too_and_the_run_goes_on(self):
        code, err = self.misbehave(UNMAPPED_LOAD)
        self.assertEqual(code, 0)
        self.assertIn(f"      in sum ({SOURCE}:{line_of('result += load')}): lw ", err)


class Hangs(FaultTest):
    BARRIER = [r"        wait_for_wake_up \(firmware/runtime/hart\.h:\d+\) < "
               r"wait_for_release \(firmware/runtime/barrier\.c:\d+\)",
               rf"        called by {MAIN}"]

    def test_a_hart_stays_away_from_the_barrier(self):
        for timing in TIMINGS:
            code, err = self.misbehave(STAYS_AWAY, "--timing", timing)
            self.assertEqual(code, 6)
            self.assert_report(
                err, r"harts \(16 asleep\):",
                r"  15 harts asleep in barrier \(firmware/runtime/barrier\.c:\d+\), "
                r"since cycles \d+ to \d+: 0-4,6-15", *self.BARRIER,
                r"  1 hart asleep in _start \(firmware/boot/crt0\.S:\d+\), since cycle \d+: 5",
                r"exit          hang: no hart can go on, nothing can wake one")

    def test_asleep_since_the_cycle_of_the_wfi(self):
        _, err = self.misbehave(STAYS_AWAY, "--out", "out")
        cycle = int(re.search(r"_start .*, since cycle (\d+): 5\n", err).group(1))
        self.assertTrue(1000 < cycle < 2000, cycle)

    def test_a_hart_polls_in_vain(self):
        for timing in TIMINGS:
            code, err = self.misbehave(POLL_IN_VAIN, "--hang-cycles=20_000", "--timing", timing)
            self.assertEqual(code, 6, err)
            self.assert_report(
                err, r"harts \(1 running, 15 asleep\):",
                r"  15 harts asleep in barrier .*", *self.BARRIER,
                rf"  1 hart running in poll \({SOURCE}:\d+\): 5",
                rf"        called by misbehave \({SOURCE}:\d+\) < {MAIN}",
                r"exit          hang: no hart came into a new state for 20000 cycles")
            cycles = int(re.search(r"(?m)^cycles +(\d+) ", err).group(1))
            # It begins before cycle 5,000; then a look each quantum of 1,000 finds its states.
            self.assertTrue(20_000 < cycles <= 35_000, cycles)

    def test_without_hang_cycles_it_polls_up_to_the_limit(self):
        code, err = self.misbehave(POLL_IN_VAIN)
        self.assertEqual(code, 5)
        self.assertIn("hart running in poll", err)

    def test_a_job_that_was_never_triggered_is_named(self):
        code, err = self.misbehave(ITA_WITHOUT_TRIGGER, machine="tessera")
        self.assertEqual(code, 6)
        self.assertIn("devices:\n  soc.ita[0]: hart 5 has acquired context 0 and not written "
                      "TRIGGER yet\n", err)

    def test_programs_that_work_do_not_hang(self):
        for name in ["hello", "barrier", "matmul_i32", "wake_up"]:
            code, _, err = self.tessera("run", "-c", CONFIGS / "minpool.yaml",
                                        pathlib.Path(os.environ["SW"]) / f"{name}.elf",
                                        "--hang-cycles=50_000")
            self.assertEqual(code, 0, f"{name}: {err}")


class Options(FaultTest):
    def test_numbers_are_checked(self):
        for option, message in [
                ("--hang-cycles=0", "--hang-cycles: expected at least 1, got 0"),
                ("--last-instructions=0", "--last-instructions: expected at least 1, got 0"),
                ("--last-instructions=5000",
                 "--last-instructions: expected 1 .. 1024, got 5000")]:
            code, _, err = self.tessera("run", option, "x.elf")
            self.assertEqual((code, err), (2, f"tessera: {message}\n"))


if __name__ == "__main__":
    unittest.main()
