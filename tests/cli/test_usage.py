"""Help, version and mistakes on the command line."""

import re
import unittest

import elf_writer
from support import CONFIGS, CliTest


class Help(CliTest):
    def test_help_is_on_stdout_and_exit_is_0(self):
        for arguments in [("--help",), ("run", "--help"), ("run", "-h"), ("list", "--help")]:
            code, out, err = self.tessera(*arguments)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("Usage: tessera", out)

    def test_help_names_subcommands_options_and_exit_codes(self):
        out = self.tessera("--help")[1]
        for word in ["run", "check", "dump-config", "map", "list", "130 interrupted"]:
            self.assertIn(word, out)
        out = self.tessera("run", "--help")[1]
        for option in ["-c,--config", "-s,--set", "-o,--out", "-q,--quiet", "-v,--verbose",
                       "--load", "--dump", "--max-cycles", "--max-instructions", "--timeout",
                       "--seed", "--log", "--guest-errors", "--force"]:
            self.assertIn(option, out)

    def test_version_names_everything_a_result_depends_on(self):
        code, out, err = self.tessera("--version")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(
            out, r"^tessera \d+\.\d+\.\d+ \(\S+\)\nSystemC 2\.\S+\ncompiler \S+ \S+\nbuild \S+")


class Mistakes(CliTest):
    """Each is exit code 2, with one line on stderr."""

    def check(self, arguments, message):
        self.assert_fails(arguments, 2, "tessera: " + message)

    def test_no_subcommand(self):
        self.check([], "A subcommand is required")

    def test_misspelt_subcommand(self):
        self.check(["rn"], "A subcommand is required; did you mean 'run', not 'rn'?")

    def test_misspelt_option(self):
        self.check(["run", "--max-cycle=5", "x.elf"],
                   "The following argument was not expected: --max-cycle=5; "
                   "did you mean '--max-cycles', not '--max-cycle=5'?")

    def test_no_program(self):
        self.check(["run"], "elf is required")

    def test_two_programs(self):
        self.check(["run", "a.elf", "b.elf"], "The following argument was not expected: b.elf")

    def test_numbers(self):
        for option in ["--max-cycles", "--max-instructions"]:
            self.check(["run", "x.elf", option, "5k"],
                       f"{option}: '5k' is not a whole number (decimal, 0x, '_', KiB, MiB, GiB)")
        self.check(["run", "x.elf", "--max-cycles", "010"],
                   "--max-cycles: a leading 0 is ambiguous (octal or decimal?) in '010'")
        for text in ["-3", "0", "soon"]:
            self.check(["run", "x.elf", f"--timeout={text}"],
                       f"--timeout: expected seconds above 0, got '{text}'")

    def test_choices(self):
        self.check(["run", "x.elf", "--guest-errors=ignore"],
                   "--guest-errors: ignore not in {warn,stop}")
        self.check(["list", "everything"],
                   "topic: everything not in "
                   "{params,stats,models,machines,assumptions,accelerators}")
        self.check(["list"], "topic is required")

    def test_log_filters(self):
        self.check(["run", "x.elf", "--log", "loud"],
                   "--log: expected PATH=LEVEL with a level of trace, debug, info, warn, error, "
                   "off, got 'loud'")

    def test_quiet_and_verbose_exclude_each_other(self):
        self.check(["run", "x.elf", "-q", "-v"], "--quiet excludes --verbose")

    def test_loads_and_dumps(self):
        self.check(["run", "x.elf", "--load", "file.bin"],
                   "--load: expected ADDR:FILE, got 'file.bin'")
        self.check(["run", "x.elf", "--dump", "0:file.bin"],
                   "--dump: expected ADDR:SIZE:FILE, got '0:file.bin'")
        self.check(["run", "x.elf", "--dump", "0:many:file.bin"],
                   "--dump: 'many' is not a whole number (decimal, 0x, '_', KiB, MiB, GiB)")

    def test_unknown_symbol(self):
        self.file("x.elf", elf_writer.elf(
            elf_writer.end(0), symbols=[("workload", elf_writer.L2_BASE, 0)]))
        self.check(["run", "x.elf", "--dump", "worklod:4:file.bin"],
                   "--dump: 'worklod' is neither a number nor a symbol of x.elf; "
                   "did you mean 'workload'?")

    def test_out_folder_in_use(self):
        self.file("x.elf", elf_writer.elf(elf_writer.end(0)))
        (self.folder / "out").mkdir()
        self.file("out/old", "precious")
        self.check(["run", "x.elf", "--out", "out"],
                   "--out out: the folder is not empty; --force writes into it")
        self.assertEqual(self.tessera("run", "-q", "x.elf", "--out", "out", "--force"), (0, "", ""))
        self.assertEqual((self.folder / "out/old").read_text(), "precious")

    def test_out_that_is_a_file(self):
        self.file("x.elf", elf_writer.elf(elf_writer.end(0)))
        self.file("out", "")
        for folder, reason in [("out", "Not a directory"), ("out/o", "Not a directory"),
                               ("/proc/o", "No such file or directory")]:
            for option in ["--out", "--profile"]:
                self.assert_fails(["run", "x.elf", option, folder], 3,
                                  f"{option} {folder}: cannot make this folder: {reason}")

    def test_one_file_for_two(self):
        self.file("x.elf", elf_writer.elf(elf_writer.end(0)))
        self.file("in.bin", "1234")
        self.file("more.yaml", "soc: {}")
        self.file("m.yaml", "include: [more.yaml]")
        (self.folder / "link").symlink_to("in.bin")
        (self.folder / "hard").hardlink_to(self.folder / "x.elf")
        (self.folder / "d").mkdir()
        for arguments, what in [
                ("--bus-trace t --timeline t", "--bus-trace t: the run would overwrite "
                                               "--timeline t"),
                ("--dump 0:4:t --wave d/../t", "--wave d/../t: the run would overwrite --dump t"),
                ("--dump 0:4:t --dump 4:4:./t", "--dump ./t: the run would overwrite --dump t"),
                ("--wave x.elf", "--wave x.elf: the run would overwrite the program x.elf"),
                ("--timeline hard", "--timeline hard: the run would overwrite the program x.elf"),
                ("--load 0:in.bin --dump 0:4:link",
                 "--dump link: the run would overwrite --load in.bin"),
                ("-c m.yaml --timeline more.yaml", "--timeline more.yaml: the run would overwrite "
                                                   "the configuration more.yaml"),
                ("--check offload --check-suppressions in.bin --timeline in.bin",
                 "--timeline in.bin: the run would overwrite --check-suppressions in.bin"),
                ("--out d --timeline d/run.json",
                 "--timeline d/run.json: the run would overwrite --out d/run.json"),
                ("--profile d --dump 0:4:d/profile.txt",
                 "--dump d/profile.txt: the run would overwrite --profile d/profile.txt"),
                ("--commit-log d --dump 0:4:d/hart_0.log.zst",
                 "--commit-log d: the run would overwrite --dump d/hart_0.log.zst")]:
            self.check(["run", "x.elf", *arguments.split()], what)
        self.assertEqual((self.folder / "in.bin").read_text(), "1234")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["d", "hard", "in.bin", "link", "m.yaml", "more.yaml", "x.elf"])
        self.assertEqual(self.tessera("run", "-q", "x.elf", "--bus-trace", "/dev/null",
                                      "--timeline", "/dev/null"), (0, "", ""))

    def test_no_name(self):
        for option in ["--out", "--profile"]:
            self.check(["run", "x.elf", option, ""], f"{option}: expected the name of a folder")

    def test_an_abbreviated_option(self):
        self.check(["run", "x.elf", "--time", "cycle"],
                   "The following arguments were not expected: --time cycle; "
                   "did you mean '--timeout' or '--timeline', not '--time'?")

    def test_nothing_is_no_hundred_per_cent(self):
        self.check(["run", "x.elf", "--expected-cycles", "0"],
                   "--expected-cycles: expected at least 1, got 0")


class OptionsWithoutEffect(CliTest):
    """What would be ignored is refused."""

    def check(self, arguments, message, code=2):
        self.file("x.elf", elf_writer.elf(elf_writer.end(0)))
        self.assert_fails(["run", "-c", CONFIGS / "minpool.yaml", "x.elf", *arguments], code,
                          message)

    def test_options_that_need_another(self):
        self.check(["--gdb-harts", "0"], "tessera: --gdb-harts requires --gdb")
        self.check(["--check-suppressions", "none"],
                   "tessera: --check-suppressions requires --check")

    def test_no_address_for_gdb(self):
        for address in ["x", "", "x,wait", "0,w", "65536", "localhost:", "-1"]:
            self.check(["--gdb", address],
                       "tessera: --gdb: expected [host:]port[,wait] with a port up to 65535, "
                       f"got '{address}'")

    def test_no_harts_for_gdb(self):
        self.check(["--gdb", "0", "--gdb-harts", ""], "tessera: --gdb-harts: names no hart")

    def test_two_gdb_servers(self):
        self.check(["--gdb", ":0,wait", "--gdb", ":0"],
                   "tessera: --gdb: given twice, and a run has one server")

    def test_part_of_the_log_without_a_cycle(self):
        self.check(["--log-start", "5", "--log-end", "4"],
                   "tessera: --log-start 5 --log-end 4: no cycle is in between")

    def test_log_level_of_nothing(self):
        self.check(["--log", "nosuch=debug"], "tessera: --log: this machine has no 'nosuch'")
        self.check(["--log", "soc.dam=debug"],
                   "tessera: --log: this machine has no 'soc.dam'; did you mean 'soc.dma'?")
        for path in ["soc", "elf_loader", "guest_errors", "soc.dma", "soc.platform_block",
                     "soc.cluster.group", "soc.cluster.group[0].tile[0].core[1]", "soc.boot_host"]:
            self.assertEqual(self.tessera("run", "-q", "-c", CONFIGS / "minpool.yaml", "x.elf",
                                          "--log", f"{path}=error")[::2], (0, ""), path)

    def test_second_file_of_a_trace(self):
        for trace in ["--commit-log", "--timeline", "--bus-trace", "--wave"]:
            self.check([trace, "one", trace, "two"],
                       f"tessera: {trace}: given twice, and a run writes one")
            self.assertFalse((self.folder / "one").exists())


class EarlierOutput(CliTest):
    """A mistake, whatever it is, leaves what an earlier run has written."""
    OUTPUTS = ["--commit-log", "log", "--timeline", "t.json", "--bus-trace", "bus.csv",
               "--dump", "0x80000000:64:memory", "--out", "out", "--force"]

    def files(self):
        return {path.relative_to(self.folder): path.read_bytes()
                for path in self.folder.rglob("*") if path.is_file()}

    def test_mistakes(self):
        code, _, err = self.run_program(elf_writer.elf(elf_writer.end(0)), "-v", *self.OUTPUTS)
        self.assertEqual(code, 0, err)
        earlier = self.files()
        self.assertTrue(all(earlier.values()))
        for code, mistake in [
                (3, ["--check", "offload", "--check-suppressions", "none"]),
                (2, ["--gdb", "0", "--gdb-harts", "99"]),
                (3, ["--gdb", "nosuch.host.invalid:0"]),
                (2, ["--switch-to", "cycle", "--at", "roi:nosuch"]),
                (2, ["--switch-to", "cycle", "--at", "symbol:nosuch"]),
                (2, ["--wave", "w,harts=99"]),
                (2, ["--wave", "w,roi=nosuch"]),
                (2, ["--log", "nosuch=info"]),
                (3, ["--profile", "program.elf"]),
                (3, ["--load", "0x80000000:none"])]:
            with self.subTest(mistake):
                found = self.tessera("run", "-c", CONFIGS / "minpool.yaml", "program.elf",
                                     *self.OUTPUTS, *mistake)
                self.assertEqual(found[0], code, found)
                self.assertEqual(self.files(), earlier)


class TraceWindows(CliTest):
    """A window in which there is nothing is a mistake, told before the run."""
    TRACES = ["--commit-log", "--timeline", "--bus-trace", "--wave"]

    def check(self, trace, window, message):
        self.file("x.elf", elf_writer.elf(elf_writer.end(0)))
        self.assert_fails(["run", "-c", CONFIGS / "minpool.yaml", "x.elf", trace, f"t,{window}"],
                          2, f"tessera: {trace}: {message}")
        self.assertFalse((self.folder / "t").exists())

    def test_harts_that_the_machine_has_not(self):
        for trace in self.TRACES:
            for harts in ["99", "0,99", "15-99"]:
                self.check(trace, f"harts={harts}", "harts=99: this machine has harts 0..15")

    def test_nobody_of_this_name(self):
        harts = "soc.cluster.group[*].tile[*].core[*]"
        for trace in self.TRACES:
            others = "" if trace == "--commit-log" else ", soc.dma, soc.host"
            for scope in ["nosuch", "soc.dma[0]"]:
                self.check(trace, f"scope={scope}",
                           f"scope={scope}: shows nobody; names are {harts}{others}")
        self.check("--commit-log", "scope=soc.dma", f"scope=soc.dma: shows nobody; "
                                                    f"names are {harts}")
        self.check("--wave", "harts=1,scope=*core[2]",
                   f"scope=*core[2]: shows nobody; names are {harts}, soc.dma, soc.host")

    def test_a_setting_given_twice(self):
        for trace in self.TRACES:
            self.check(trace, "from=1,harts=0,1,from=2", "'from=2': from= is given twice")
        self.check("--wave", "harts=0,harts=1", "'harts=1': harts= is given twice")

    def test_numbers_are_written_as_elsewhere(self):
        for trace in self.TRACES:
            self.check(trace, "from=1_000,to=0x100",
                       "from=1000,to=256: no cycle is in between; 'to' is exclusive")
            self.check(trace, "harts=0x10", "harts=16: this machine has harts 0..15")

    def test_no_time(self):
        for trace in self.TRACES:
            self.check(trace, "from=10,to=5",
                       "from=10,to=5: no cycle is in between; 'to' is exclusive")
        self.check("--timeline", "to=5,from=5",
                   "from=5,to=5: no cycle is in between; 'to' is exclusive")


class Listings(CliTest):
    def test_map_lists_all_ranges_of_the_machine(self):
        code, out, err = self.tessera("map", "-c", CONFIGS / "mempool_ita.yaml")
        self.assertEqual((code, err), (0, ""))
        rows = [line.split()[:5] for line in out.splitlines()]
        self.assertEqual(rows[0], ["name", "base", "last", "size", "access"])
        for row in [["soc.cluster.l1", "0x00000000", "0x000BFFFF", "768KiB", "rwx"],
                    ["soc.ita[3].l1", "0x000F0000", "0x000FFFFF", "64KiB", "rwx"],
                    ["soc.control", "0x40000000", "0x4000003F", "64", "rw-"],
                    ["soc.ita[0]", "0x40000040", "0x4000005B", "28", "rw-"],
                    ["soc.l2", "0x80000000", "0x803FFFFF", "4MiB", "rwx"],
                    ["soc.boot_rom", "0xA0000000", "0xA000FFFF", "64KiB", "r-x"],
                    ["soc.uart", "0xC0000000", "0xC000FFFF", "64KiB", "rw-"]]:
            self.assertIn(row, rows)
        bases = [row[1] for row in rows[1:]]
        self.assertEqual(bases, sorted(bases))

    def test_list_params_gives_type_default_unit_and_help(self):
        code, out, err = self.tessera("list", "params")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("soc.cluster.bank_bytes\n"
                      "    an integer 64..64KiB and a power of two bytes, default 1KiB\n"
                      "    size of one L1 bank\n", out)

    def test_list_stats_gives_unit_and_description(self):
        code, out, err = self.tessera("list", "stats", "-c", CONFIGS / "minpool.yaml")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"(?m)^soc\.cluster\.\S*core\[\*\]\.asleep_cycles +cycles +\S")
        self.assertRegex(out, r"(?m)^guest_errors\.unmapped_access +count +\S")
        self.assertEqual(len(out.splitlines()), len(set(out.splitlines())))

    def test_list_machines_gives_every_configuration(self):
        code, out, err = self.tessera("list", "machines")
        self.assertEqual((code, err), (0, ""))
        for path in CONFIGS.glob("*.yaml"):
            self.assertRegex(out, rf"(?m)^{path}\n    {path.stem}: \d+ harts in \d+ tiles, L1 ")

    def test_list_accelerators_gives_what_their_sizes_mean(self):
        code, out, err = self.tessera("list", "accelerators")
        self.assertEqual((code, err), (0, ""))
        for text in ["4 with the job interface", "1024 MAC/cycle, 1024 GOPS at 500000 kHz",
                     "0.173 mm2 each in 22 nm, estimate", "307 cycles uncontended, 83.4 %",
                     "272 cycles uncontended, 94.1 %"]:
            self.assertIn(text, out)
        out = self.tessera("list", "accelerators", "--set", "soc.ita.processing_elements=32")[1]
        self.assertIn("together 8192 MAC/cycle", out)
        out = self.tessera("list", "accelerators", "-c", CONFIGS / "minpool.yaml")[1]
        self.assertEqual(out, "no ITAs\n")

    def test_list_assumptions_gives_only_what_is_marked(self):
        code, out, err = self.tessera("list", "assumptions")
        self.assertEqual((code, err), (0, ""))
        for line in out.splitlines()[1::2]:
            self.assertRegex(line, "^    assumption: ")
        for name in ["soc.ita.operand_block.max_dimension = 1024 elements", "soc.cluster.l1",
                     "soc.dma.transfers_outside_l1", "soc.ita.FINISHED", "soc.platform_block"]:
            self.assertIn(name, out.splitlines()[::2])
        self.assert_pages_exist(out)

    def test_list_assumptions_gives_only_what_concerns_the_machine(self):
        out = self.tessera("list", "assumptions", "-c", CONFIGS / "minpool.yaml")[1]
        self.assertIn("soc.dma.transfers_outside_l1\n", out)
        self.assertNotIn("soc.ita.FINISHED", out)

    def test_list_models_describes_every_part_of_every_machine(self):
        for path in CONFIGS.glob("*.yaml"):
            code, out, err = self.tessera("list", "models", "-c", path)
            self.assertEqual((code, err), (0, ""), path)
            self.assertRegex(out, r"(?m)^soc\.dma +DMA between L1 and L2 +models/dma/README\.md$")
            self.assert_pages_exist(out)
        self.assertRegex(self.tessera("list", "models")[1], r"(?m)^soc\.ita\[\*\] ")

    def assert_pages_exist(self, text):
        pages = set(re.findall(r"[\w/]*README\.md", text))
        self.assertTrue(pages)
        for page in pages:
            self.assertTrue((CONFIGS.parent / page).is_file(), page)


class TimingSwitches(CliTest):
    def check(self, arguments, message):
        self.assert_fails(["run", *arguments, "x.elf"], 2, "tessera: " + message)

    def test_each_needs_its_place(self):
        self.check(["--switch-to", "cycle"], "1 --switch-to and 0 --at: each needs the other")
        self.check(["--at", "roi:1"], "0 --switch-to and 1 --at: each needs the other")

    def test_places(self):
        for place in ["roi", "roi:", "pc:5", "5"]:
            self.check(["--switch-to", "cycle", "--at", place],
                       "--at: expected roi:REGION, roi_end:REGION, cycle:N or symbol:NAME, "
                       f"got '{place}'")
        self.check(["--switch-to", "cycle", "--at", "cycle:soon"],
                   "--at: 'soon' is not a whole number (decimal, 0x, '_', KiB, MiB, GiB)")


if __name__ == "__main__":
    unittest.main()
