"""scripts/tessera: runs, settings, results of old runs, errors with the command's words."""

import json
import pathlib
import tempfile
import unittest

import tessera
from tessera.result import flatten_config, parse_figure
from tessera.run import config_files, is_result_of

HELLO = tessera.Run("minpool", "hello")
CORES = "soc.cluster.group[*].tile[*].core[*]"


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_a_run_gives_what_was_printed_and_counted(self):
        result = HELLO.execute()
        self.assertTrue(result.stdout.endswith("\n16 harts said hello\n"))
        self.assertEqual(result.facts["exit_code"], 0)
        self.assertGreater(result.cycles, 0)
        self.assertEqual(result.value("run.cycles"), result.cycles)
        self.assertEqual(result.value("count run.cycles"), 1)
        self.assertEqual(result.value(f"sum {CORES}.instructions"),
                         result.stats["soc.cluster.instructions"])

    def test_set_changes_the_machine_and_nothing_else(self):
        changed = HELLO.set({"soc.l2.banks": 8}, isa={}).set(l2={"bytes": "8MiB"})
        self.assertEqual(HELLO.settings, ())
        config = changed.execute(self.folder / "run").config
        self.assertEqual((config["soc.l2.banks"], config["soc.l2.bytes"]), ("8", "8MiB"))

    def test_an_old_run_is_loaded(self):
        HELLO.execute(self.folder / "a")
        HELLO.seed(5).execute(self.folder / "b")
        HELLO.execute(self.folder / ".c")  # hidden: a point of a killed sweep
        old = tessera.load(self.folder / "b")
        self.assertEqual(old.facts["seed"], 5)
        self.assertEqual([result.folder.name for result in tessera.load_all(self.folder)],
                         ["a", "b"])
        with self.assertRaisesRegex(FileNotFoundError, "holds no run.json"):
            tessera.load(self.folder)

    def test_a_second_run_replaces_the_first(self):
        HELLO.execute(self.folder / "a")
        with self.assertRaises(tessera.RunError):
            HELLO.set({"soc.l2.banks": 3}).execute(self.folder / "a")
        self.assertFalse((self.folder / "a/run.json").exists())

    def test_inputs_tell_whose_result_it_is(self):
        facts = HELLO.option("--max-cycles", 10 ** 6).execute().facts
        self.assertTrue(is_result_of(facts, HELLO.option("--max-cycles", 10 ** 6).inputs()))
        self.assertFalse(is_result_of(facts, HELLO.inputs()))
        other = tessera.Run("minpool", "barrier").option("--max-cycles", 10 ** 6)
        self.assertFalse(is_result_of(facts, other.inputs()))
        self.assertFalse(is_result_of({**facts, "exit_code": 1},
                                      HELLO.option("--max-cycles", 10 ** 6).inputs()))

    def test_an_image_counts_by_its_content(self):
        image = self.folder / "image"
        image.write_bytes(b"1234")
        run = HELLO.load(0x80200000, image)
        facts = run.execute().facts
        self.assertTrue(is_result_of(facts, run.inputs()))
        image.write_bytes(b"123456")
        self.assertFalse(is_result_of(facts, run.inputs()))

    def test_included_files_count(self):
        base = self.folder / "base.yaml"
        base.write_text("soc: {l2: {banks: 8}}\n")
        (self.folder / "top.yaml").write_text("include: [base.yaml]\n")
        run = tessera.Run(str(self.folder / "top.yaml"), "hello")
        self.assertEqual([path.name for path in config_files(run.config)],
                         ["base.yaml", "top.yaml"])
        self.assertTrue(is_result_of(run.execute().facts, run.inputs()))

    def test_traffic(self):
        traffic = tessera.Traffic("minpool").pattern(load=0.1, cycles=500)
        result = traffic.execute()
        self.assertAlmostEqual(result.value("traffic.accepted"), 0.1, delta=0.02)
        self.assertTrue(is_result_of(result.facts, traffic.inputs()))

    def test_flags(self):
        for value, text in ((True, "true"), (False, "false")):
            traffic = tessera.Traffic("minpool").pattern(load=0.1, cycles=9, rtl_start=value)
            facts = traffic.execute().facts
            self.assertIn(["--rtl-start", [text]], facts["inputs"]["options"])
            self.assertTrue(is_result_of(facts, traffic.inputs()))

    def test_the_resolved_configuration_without_a_run(self):
        run = HELLO.set({"soc.l2.banks": 8}).option("--max-cycles", 9)
        self.assertEqual(run.resolved_config(), HELLO.set({"soc.l2.banks": 8}).execute().config)
        self.assertEqual(run.resolved_config()["soc.l2.banks"], "8")


class Errors(unittest.TestCase):
    def error(self, run):
        with self.assertRaises(tessera.RunError) as caught:
            run.execute()
        return caught.exception

    def test_a_misspelt_key_is_refused_in_the_commands_words(self):
        error = self.error(HELLO.set({"soc.l2.bank": 8}))
        self.assertEqual(error.exit_code, 3)
        self.assertIn("did you mean", str(error))

    def test_a_limit_keeps_the_result(self):
        error = self.error(HELLO.option("--max-cycles", 100))
        self.assertEqual((error.exit_code, error.result.facts["end"]), (5, "max_cycles"))
        self.assertEqual(HELLO.option("--max-cycles", 100).execute(check=False).facts["exit_code"],
                         5)

    def test_a_missing_simulator(self):
        error = self.error(tessera.Run("minpool", "hello", tessera="/nonexistent/tessera"))
        self.assertEqual((error.exit_code, str(error)),
                         (None, "/nonexistent/tessera: No such file or directory"))

    def test_a_machine_that_is_refused(self):
        for run, message in ((HELLO.set({"soc.l2.banks": 3}), "power of two"),
                             (tessera.Run("minpool", tessera="/nonexistent/tessera"),
                              "/nonexistent/tessera: No such file")):
            with self.assertRaisesRegex(tessera.RunError, message):
                run.resolved_config()

    def test_a_missing_program_is_not_the_one_of_the_build(self):
        with tempfile.TemporaryDirectory() as folder:
            error = self.error(tessera.Run("minpool", f"{folder}/hello.elf"))
        self.assertEqual(error.exit_code, 3)
        self.assertIn(f"{folder}/hello.elf", str(error))

    def test_figures_that_are_not_there(self):
        result = HELLO.execute()
        for specification, message in (
                ("soc.cluster.instruction", "did you mean 'soc.cluster.instructions'"),
                (f"sum {CORES}.instruction", r"did you mean 'soc\.cluster\.group\[\*\]\.tile"),
                ("region[9].cycles", "no figure"), (f"{CORES}.cycles", "names many figures"),
                ("median soc.cluster.instructions", "is not a figure"), ("", "is not a figure")):
            with self.assertRaisesRegex(tessera.StatisticError, message):
                result.value(specification)
        self.assertEqual(parse_figure("max a[*].b"), ("max", "a[*].b"))


class Tables(unittest.TestCase):
    def test_differing_settings_become_columns(self):
        frame = tessera.data_frame(
            [HELLO.execute(), HELLO.set({"soc.l2.banks": 8}).execute()],
            {"instructions of harts": f"sum {CORES}.instructions"})
        self.assertEqual(frame["soc.l2.banks"].tolist(), [4, 8])
        self.assertNotIn("soc.l2.bytes", frame)
        self.assertEqual(frame["instructions of harts"].tolist(), frame["instructions"].tolist())

    def test_a_resolved_configuration_is_read(self):
        text = "# head\nsoc:      # the machine\n  name: x  # f:1: y\n  l2:\n    base: 0x80\n"
        self.assertEqual(flatten_config(text), {"soc.name": "x", "soc.l2.base": "0x80"})


class Regions(unittest.TestCase):
    def test_a_region_lists_what_changed_and_0_otherwise(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "run.json").write_text(json.dumps({"cycles": 9}))
            (path / "stats.json").write_text(json.dumps({
                "definitions": {"a[*].n": {}}, "stats": {"a[0].n": 1, "a[1].n": 4},
                "regions": [{"id": 1, "times": 1, "cycles": 5, "stats": {}},
                            {"id": 65536, "name": "softmax", "times": 2, "cycles": 7,
                             "stats": {"b": 3}}]}))
            result = tessera.load(path)
            result.read_all()
        self.assertEqual(result.value("region[1].cycles"), 5)
        self.assertEqual(result.value("region[1].a[0].n"), 0)
        self.assertEqual(result.value("sum region[1].a[*].n"), 0)
        self.assertEqual(result.value("region[softmax].cycles"), 7)
        self.assertEqual(result.value("region[softmax].b"), result.value("region[65536].b"))
        self.assertEqual(result.value("region[softmax].a[0].n"), 0)
        self.assertEqual(result.value("sum region[*].cycles"), 12)
        self.assertEqual(result.value("mean a[*].n"), 2.5)


if __name__ == "__main__":
    unittest.main()
