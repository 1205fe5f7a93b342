"""Configuration files and --set as a user meets them: exit code 3 and the text of each error.

Texts of single keys are tested in tests/unit; here it is what the command makes of them.
"""

import unittest

from support import CONFIGS, CliTest


class BadConfigurations(CliTest):
    def check(self, yaml, message):
        self.assert_fails(["check", "-c", self.file("bad.yaml", yaml)], 3, message)

    def test_unknown_key(self):
        self.check("soc:\n  cluster:\n    num_group: 4\n",
                   "bad.yaml:3:5: soc.cluster.num_group: unknown key; did you mean 'num_groups'? "
                   "allowed: num_groups, core_tiles_per_group, tile_slots_per_group, "
                   "cores_per_tile, banks_per_tile, bank_bytes, sequential_bytes_per_core, "
                   "interconnect, instruction_cache, isa")

    def test_wrong_type(self):
        self.check("soc: {cluster: {num_groups: four}}\n",
                   "bad.yaml:1:29: soc.cluster.num_groups: expected an integer 1..8; 'four' is not "
                   "a whole number (decimal, 0x, '_', KiB, MiB, GiB)")

    def test_out_of_range(self):
        self.check("soc: {cluster: {bank_bytes: 1000}}\n",
                   "bad.yaml:1:29: soc.cluster.bank_bytes: expected an integer 64..64KiB and a "
                   "power of two, got '1000'")

    def test_duplicate_key(self):
        self.check("soc:\n  name: a\n  name: b\n",
                   "bad.yaml:3:3: soc.name: duplicate key; first given at line 2")

    def test_overlapping_map(self):
        self.check("soc:\n  uart:\n    base: 0x8000_0000\n",
                   "bad.yaml:3:11: soc.uart.base: soc.uart 0x80000000..0x8000FFFF overlaps soc.l2 "
                   "0x80000000..0x80FFFFFF")

    def test_several_errors_in_one_go(self):
        self.check("soc:\n  nam: x\n  timing: exact\n  ita: {count: 5}\n",
                   "bad.yaml:2:3: soc.nam: unknown key; did you mean 'name'? allowed: name, "
                   "timing, clock_khz, quantum_cycles, seed, cluster, control, boot, l2, uart, "
                   "dma, ita, attention_engine, external\n"
                   "bad.yaml:3:11: soc.timing: expected functional|cycle, got 'exact'\n"
                   "bad.yaml:4:16: soc.ita.count: expected up to 4 or a multiple of it, got 5; see "
                   "soc.cluster.num_groups = 4 (default)")

    def test_rule_over_several_keys_names_those_that_were_set(self):
        err = self.tessera("check", "-s", "soc.ita.count=8",
                           "-s", "soc.cluster.core_tiles_per_group=7")[2]
        self.assertIn("2 ITAs of a group cannot share its 9 accelerator slots evenly; see "
                      "soc.cluster.tile_slots_per_group = 16 (default) and ", err)
        self.assertIn("soc.cluster.core_tiles_per_group = 7 "
                      "(--set soc.cluster.core_tiles_per_group=7)\n", err)

    def test_empty_file_is_an_empty_configuration(self):
        code, out, err = self.tessera("check", "-c", self.file("empty.yaml", ""))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, self.tessera("check")[1])

    def test_missing_file(self):
        self.assert_fails(["map", "-c", "none.yaml"], 3, "none.yaml: no such file")

    def test_not_yaml(self):
        code, out, err = self.tessera("check", "-c", self.file("bad.yaml", "soc: [1, 2\n"))
        self.assertEqual((code, out), (3, ""))
        self.assertRegex(err, r"^bad\.yaml:\d+:\d+: not valid YAML: ")

    def test_bad_set(self):
        self.assert_fails(["check", "--set", "soc.name"], 3,
                          "--set soc.name: expected a.b.c=value")

    def test_every_subcommand_refuses(self):
        message = "--set soc.x=1: soc.x: unknown key; allowed: name, timing, clock_khz, " \
                  "quantum_cycles, seed, cluster, control, boot, l2, uart, dma, ita, " \
                  "attention_engine, external"
        for command in [["check"], ["dump-config"], ["map"], ["list", "params"],
                        ["run", "none.elf"]]:
            self.assert_fails([*command, "-s", "soc.x=1"], 3, message)


class Precedence(CliTest):
    def origin(self, arguments, key):
        """The line of dump-config that holds `key`."""
        code, out, err = self.tessera("dump-config", *arguments)
        self.assertEqual((code, err), (0, ""))
        return next(line.strip() for line in out.splitlines() if line.strip().startswith(key + ":"))

    def test_defaults_files_set(self):
        self.file("a.yaml", "soc: {clock_khz: 1_000, name: a}\n")
        self.file("b.yaml", "soc:\n  clock_khz: 2000\n")
        files = ["-c", "a.yaml", "--config=b.yaml"]
        self.assertRegex(self.origin([], "clock_khz"), r"^clock_khz: 500000 +# kHz, default: ")
        self.assertRegex(self.origin(files, "clock_khz"), r": 2000 +# kHz, b\.yaml:2:14: ")
        self.assertRegex(self.origin(files, "name"), r": a +# a\.yaml:1:31: ")
        self.assertRegex(self.origin([*files, "--set", "soc.clock_khz=0xBB8"], "clock_khz"),
                         r": 3000 +# kHz, --set soc\.clock_khz=0xBB8: ")

    def test_dump_fed_back_gives_the_same_machine(self):
        for path in sorted(CONFIGS.glob("*.yaml")):
            code, first, err = self.tessera("dump-config", "-c", path, "-s", "soc.l2.bytes=8MiB")
            self.assertEqual((code, err), (0, ""))
            self.file("dump.yaml", first)
            code, second, err = self.tessera("dump-config", "-c", "dump.yaml")
            self.assertEqual((code, err), (0, ""))
            values = [[line.split("#")[0] for line in text.splitlines()]
                      for text in (first, second)]
            self.assertEqual(values[0], values[1])
            self.assertEqual(self.tessera("map", "-c", "dump.yaml"),
                             self.tessera("map", "-c", path, "-s", "soc.l2.bytes=8MiB"))

    def test_check_says_what_it_is(self):
        self.assertEqual(self.tessera("check"),
                         (0, "valid: tessera: 192 harts in 48 tiles, L1 1MiB, L2 16MiB, 4 ITAs\n",
                          ""))


if __name__ == "__main__":
    unittest.main()
