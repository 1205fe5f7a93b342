# SPDX-License-Identifier: Apache-2.0
"""Sessions of GDB as firmware developers have them."""

import json
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support import GDB, GdbTest

CYCLE = ("--timing", "cycle")


class Sessions(GdbTest):
    def test_break_in_one_of_256_harts(self):
        text, server = self.session(
            "hello", "break main thread 201", "continue", "print $mhartid", "info symbol $pc",
            "detach", machine="mempool")
        self.assert_in_order(text,
                             r'Thread 201 "group\[3\]\.tile\[2\]\.core\[0\]" hit Breakpoint 1',
                             r"\$1 = 200$", r"^main")
        self.assertEqual(server.finish()[0], 0)

    def check_all_harts_stop(self, place, timing):
        stop = ["continue", 'printf "at %u\\n", $mcycle']
        commands = [f"break {place}", *(16 * stop), "continue"]
        text, server = self.session("hello", *commands, arguments=timing)
        code, out, _ = server.finish()
        self.assertEqual(code, 0, text)
        self.assertIn("16 harts said hello", out)
        hits = re.findall(r'Thread (\d+) "\S+" hit Breakpoint 1.*?at (\d+)$', text, re.S | re.M)
        self.assertEqual(sorted(int(thread) for thread, _ in hits), list(range(1, 17)), text)
        return [int(cycle) for _, cycle in hits]

    def test_harts_that_stop_in_the_same_cycle_are_all_reported(self):
        cycles = self.check_all_harts_stop("*_start", CYCLE)
        self.assertLess(len(set(cycles)), len(cycles), "no two harts in one cycle")

    def test_all_harts_stop_in_functional_timing(self):
        self.check_all_harts_stop("main", ())

    def test_step_over_and_finish(self):
        for timing in ((), CYCLE):
            with self.subTest(timing=timing):
                text, _ = self.session(
                    "hello", "break printf thread 1", "continue", "finish", "next", "next",
                    "info symbol $pc", "delete", "continue", arguments=timing)
                self.assert_in_order(
                    text, r'Thread 1 "\S+" hit Breakpoint 1, .*printf',
                    r"^main \(hart=0\) at sw/hello/hello\.c:\d+", r"^main",
                    r"\[Inferior 1 .*exited normally\]")

    def test_gdb_lets_the_server_step(self):
        text, _ = self.session(
            "sieve", "show osabi", "break main thread 4", "continue", "delete", "stepi",
            "set debug remote 1", "next", "stepi", "set debug remote 0", "kill")
        self.assert_in_order(text, 'currently "none"', r"\$vCont;r\w+,\w+:4;c#",
                             r"\$vCont;s:4;c#")

    def test_step_through_a_reservation(self):
        for timing in ((), CYCLE):
            with self.subTest(timing=timing):
                text, server = self.session(
                    "atomics", "break load_reserved thread 3", "continue", "delete",
                    *(12 * ["stepi"]), "finish", "next", "continue", arguments=timing)
                self.assert_in_order(text, "hit Breakpoint 1", "increment", "exited normally")
                self.assertIn("PASS atomics", server.finish()[1])

    def test_until_and_advance(self):
        for timing in ((), CYCLE):
            with self.subTest(timing=timing):
                text, server = self.session(
                    "sieve", "break main thread 2", "continue", "delete", "advance barrier",
                    "finish", "info symbol $pc", "until", "until", "continue", arguments=timing)
                self.assert_in_order(text, "hit Breakpoint 1", "^barrier ", "^main ", "exited normally")
                self.assertEqual(server.finish()[0], 0)

    def test_next_where_a_load_has_yet_to_fill_s0(self):
        text, server = self.session("barrier", "break main thread 6", "continue", "next",
                                    "next", "delete", "continue", machine="tessera",
                                    arguments=CYCLE)
        self.assert_in_order(text, 'Thread 6 .* hit Breakpoint 1, main', r"^50\b", r"^51\b",
                             "exited normally")
        self.assertEqual(server.finish()[0], 0)

    def test_backtrace_with_symbols(self):
        for timing in ((), CYCLE):
            with self.subTest(timing=timing):
                text, _ = self.session("sieve", "break barrier thread 3", "continue", "backtrace",
                                       "kill", arguments=timing)
                self.assert_in_order(text, r"^#0  .*barrier \(\) at firmware/runtime/",
                                     r"^#1  .*main \(hart=2\) at sw/sieve/sieve\.c:")

    def test_csrs_are_read_and_written(self):
        text, _ = self.session(
            "hello", "break main thread 8", "continue", "print $mhartid",
            "print $minstret > 0 && $mcycle >= $minstret", "set $trace = 5", "print $trace",
            "set $mhartid = 5", "print $mhartid", "info registers csr", "kill")
        self.assert_in_order(text, r"^\$1 = 7$", r"^\$2 = 1$", r"^\$3 = 5$", "Could not write",
                             r"^\$4 = 7$", r"^mhartid ", r"^stacklimit ")

    def test_memory_that_is_not_there_is_an_error(self):
        text, _ = self.session(
            "hello", "x/w 0x60000000", "set var *(int*)0x60000000 = 1",
            "maint packet m60000000,4", "maint packet M60000000,4:00000000",
            "x/xw 0x80000000", "kill")
        self.assert_in_order(
            text, "Cannot access memory at address 0x60000000",
            "Cannot access memory at address 0x60000000", 'received: "E14"', 'received: "E14"',
            r"^0x80000000 <_start>:\t0x")

    def test_watch_what_a_hart_writes(self):
        for timing in ((), CYCLE):
            with self.subTest(timing=timing):
                text, server = self.session(
                    "hello", "watch turn", "continue", "continue", "continue", "delete",
                    "continue", arguments=timing)
                self.assert_in_order(
                    text, r"\[tessera\] soc\.cluster\.\S+ wrote 4 bytes at 0x\w+, pc 0x\w+ <main\+",
                    r'Thread 1 "\S+" hit Hardware watchpoint 1: turn', "Old value = 0",
                    "New value = 1", r'Thread 2 "\S+" hit Hardware watchpoint', "New value = 2",
                    "exited normally")
                self.assertEqual(server.finish()[0], 0)

    def test_read_and_access_watchpoints(self):
        text, _ = self.session("hello", "rwatch turn", "continue", "delete", "awatch turn",
                               "continue", "kill")
        self.assert_in_order(text, r"read 4 bytes", "hit Hardware read watchpoint 1: turn",
                             "hit Hardware access .read/write. watchpoint 2: turn")

    def test_load_and_restart(self):
        text, server = self.session(
            "hello", "load", "break main", "continue", "print $mcycle", "run",
            "print $mcycle", "delete", "continue", target="extended-remote")
        self.assert_in_order(text, "Loading section .text", "hit Breakpoint 1",
                             r"^\$1 = \d+$", "hit Breakpoint 1", r"^\$2 = \d+$", "exited normally")
        code, out, _ = server.finish()
        self.assertEqual(code, 0)
        self.assertEqual(out.count("hello from hart 0 of 16"), 1)

    def test_in_extended_mode_the_end_leaves_no_threads(self):
        for timing in ((), CYCLE):
            with self.subTest(timing=timing):
                text, server = self.session(
                    "hello", "break main", "continue", "delete", "continue", "info threads", "bt",
                    arguments=timing, target="extended-remote")
                self.assert_in_order(text, "exited normally", "No threads", "No stack")
                for complaint in ("E01", "Can't detach", "Could not"):
                    self.assertNotIn(complaint, text)
                self.assertEqual(server.finish()[0], 0)

    def interrupted(self, *commands, timing=()):
        """All harts jump to where they are, for ever; GDB gets a Ctrl-C during `commands`."""
        server = self.serve("wake_up", *timing)
        words = [GDB, "-q", "-nx"]
        for command in ("set pagination off", "set confirm off",
                        f"target remote 127.0.0.1:{server.port}", "break main", "continue",
                        "delete", "set {int}$pc = 0x6f", *commands, "print 7 * 6", "stepi",
                        "kill", "quit"):
            words += ["-ex", command]
        gdb = subprocess.Popen([*words, server.elf], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        time.sleep(4)
        gdb.send_signal(signal.SIGINT)
        text, _ = gdb.communicate(timeout=60)
        self.assert_in_order(text, "received signal SIGINT", r"^\$1 = 42$")
        self.assertEqual(text.count("SIGINT"), 1, text)
        self.assertEqual(server.finish()[0], 130)

    # GDB goes on by itself all the time: the machine stands still when Ctrl-C comes.
    def test_ctrl_c_between_two_stops_that_gdb_does_not_show(self):
        for commands in (["stepi 1000000"], ["break *$pc if $a0 == 12345", "continue"]):
            with self.subTest(commands=commands):
                self.interrupted(*commands)

    def test_ctrl_c(self):
        self.interrupted("continue")

    def test_ctrl_c_in_cycle_timing(self):
        self.interrupted("continue", timing=CYCLE)

    def test_killed_before_the_first_continue(self):
        for timing in ((), CYCLE):
            for kill in ("kill", "maint packet k", "maint packet vKill;1"):
                with self.subTest(timing=timing, kill=kill):
                    folder = tempfile.TemporaryDirectory()
                    self.addCleanup(folder.cleanup)
                    timeline = pathlib.Path(folder.name) / "timeline.json"
                    _, server = self.session("hello", kill,
                                             arguments=(*timing, "--timeline", timeline))
                    self.check_killed_at_once(server)
                    self.assertIn("traceEvents", json.loads(timeline.read_text()))

    def check_killed_at_once(self, server):
        code, out, err = server.finish()
        self.assertEqual((code, out), (130, ""), err)
        self.assertIn("interrupted", err)
        facts = server.run_json()
        self.assertEqual((facts["end"], facts["exit_code"], facts["cycles"]),
                         ("interrupted", 130, 0))
        self.assertTrue(json.loads((server.out / "stats.json").read_text())["stats"])

    def test_scheduler_locking_holds_the_others(self):
        for timing in ((), CYCLE):
            with self.subTest(timing=timing):
                text, server = self.session(
                    "hello", "break main thread 5", "continue", "delete",
                    "set scheduler-locking on", "thread 6", "set $a = $minstret", "thread 5",
                    "stepi", "stepi", "stepi", "thread 6", "print $minstret - $a",
                    "set scheduler-locking off", "continue", arguments=timing)
                self.assert_in_order(text, r"^\$1 = 0$", "exited normally")
                self.assertEqual(server.finish()[0], 0)

    def test_only_some_harts_are_threads(self):
        text, server = self.session("hello", "info threads", "break main", "continue", "continue",
                                    "continue", arguments=("--gdb-harts", "2,5"))
        self.assertEqual(len(re.findall(r"Thread \d+ \"", text.split("Breakpoint 1")[0])), 2, text)
        self.assert_in_order(text, r"core\[2\]\" hit Breakpoint", r"core\[1\]\" hit Breakpoint",
                             "exited normally")
        self.assertEqual(server.finish()[0], 0)

    def test_a_client_may_leave_and_come_back(self):
        server = self.serve("hello")
        text = self.gdb(server, "break main", "continue", "detach")
        self.assertIn("hit Breakpoint 1", text)
        self.assertEqual(server.finish()[0], 0)

    def test_a_second_client_is_refused_at_once(self):
        server = self.serve("wake_up")
        first = subprocess.Popen(
            [GDB, "-batch", "-nx", "-ex", f"target remote 127.0.0.1:{server.port}", "-ex",
             "break main", "-ex", "continue", "-ex", "delete", "-ex", "shell sleep 2", "-ex",
             "set {int}$pc = 0x6f", "-ex", "continue", "-ex", "kill", server.elf],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        time.sleep(1)
        for moment in ("standing still", "running"):
            with self.subTest(moment=moment):
                begin = time.monotonic()
                text = self.gdb(server, "info threads")
                self.assertRegex(text, "No threads|onnection")
                self.assertNotIn("core[0]", text)
                self.assertLess(time.monotonic() - begin, 5)
            time.sleep(2.5)
        first.send_signal(signal.SIGINT)
        text, _ = first.communicate(timeout=60)
        self.assertIn("received signal SIGINT", text)
        code, _, err = server.finish()
        self.assertEqual(code, 130)
        self.assertEqual(err.count("gdb server: refused a client, another one is connected\n"), 2,
                         err)

    def test_a_client_that_sends_rubbish_does_no_harm(self):
        server = self.serve("hello")
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n$#00$vCont;zz#00$" + bytes(range(256)) * 100)
        self.assertEqual(server.finish()[0], 0)

    def test_info_threads_of_1024_harts(self):
        server = self.serve("hello", machine="terapool")
        text = self.gdb(server, "python import time", "python t = time.time()", "info threads",
                        "python print('info threads: %.2f s' % (time.time() - t))", "kill")
        self.assertEqual(len(re.findall(r'Thread \d+ "', text)), 1024)
        print(re.search(r"info threads: .*", text).group())


if __name__ == "__main__":
    unittest.main()
