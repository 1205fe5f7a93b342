# SPDX-License-Identifier: Apache-2.0
"""What goes into a report, what is said about it, and which inputs are refused."""

import contextlib
import io
import json
import math
import re
import shutil
import unittest

import support
from tessera.paths import ROOT
from tessera.report import (bus, command, evidence, harts, intervals, roofline, sources, sweeps,
                            timeline)


def refusal(*inputs):
    """Returns what `scripts/report` says about inputs that it must refuse."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = command.main([*map(str, inputs), "-o", str(support.folder("none.html"))])
    if code != 2:
        raise AssertionError(f"exit code {code}, not 2")
    return said.getvalue()


class Refused(unittest.TestCase):
    """Every message names the file, what is wrong, and what to do."""

    def broken(self, name, content, run=None):
        """Returns a copy of a run with one file replaced, or without it."""
        copy = support.folder(f"broken_{self._testMethodName}")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(run or support.barrier("toph"), copy)
        if content is None:
            (copy / name).unlink()
        else:
            (copy / name).write_text(content)
        return copy

    def test_what_is_not_there(self):
        self.assertIn("no such file or folder", refusal("absent"))

    def test_a_folder_without_run(self):
        support.barrier("toph")
        said = refusal(support.scratch().name)
        self.assertIn("not the folder of a run or a sweep", said)
        self.assertIn(str(support.barrier("toph")), said)

    def test_an_input_twice(self):
        self.assertIn("named twice", refusal(support.barrier("toph"), support.barrier("toph")))

    def test_cut_off_files(self):
        whole = (support.barrier("toph") / "stats.json").read_text()
        said = refusal(self.broken("stats.json", whole[:len(whole) // 2]))
        self.assertIn("stats.json: no complete JSON", said)
        self.assertIn("run.json: no complete JSON", refusal(self.broken("run.json", "")))

    def test_files_of_another_program(self):
        self.assertIn("no machine, command, seed in it", refusal(self.broken("run.json", "[1]")))
        self.assertIn("no regions, definitions in it",
                      refusal(self.broken("stats.json", '{"stats": {}}')))

    def test_missing_files(self):
        self.assertIn("stats.json is missing", refusal(self.broken("stats.json", None)))
        self.assertIn("config.yaml is missing", refusal(self.broken("config.yaml", None)))
        self.assertIn("sweep.csv is missing", refusal(self.broken("sweep.csv", None,
                                                                  support.sweep())))

    def test_a_table_of_another_sweep(self):
        text = (support.sweep() / "sweep.csv").read_text()
        said = refusal(self.broken("sweep.csv", text.replace("banks", "bonks"), support.sweep()))
        self.assertIn("no column banks", said)
        said = refusal(self.broken("sweep.csv", text[:-20], support.sweep()))
        self.assertIn("cut off", said)

    def test_timelines(self):
        page = support.folder("bad.json")
        page.write_text('{"traceEvents": [{"ph": "X", "pid": 1}]}')
        self.assertIn("a slice without", refusal(page))
        page.write_text('{"traceEvents": [')
        self.assertIn("no complete JSON", refusal(page))

    def test_bus_traces(self):
        said = refusal(self.broken("bus.csv.zst", "no zstd"))
        self.assertIn("bus.csv.zst", said)

    def test_intervals(self):
        name = "stats_intervals.csv"
        whole = (support.barrier("toph") / name).read_text()
        for text in ("", "a,b\n", whole[:whole.rfind(",")]):
            self.assertIn(f"{name}: no statistics of intervals, or cut off",
                          refusal(self.broken(name, text)))

    def test_a_page_that_cannot_be_written(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            code = command.main([str(support.sweep()), "-o", "/proc/report.html"])
        self.assertEqual(code, 2)
        self.assertIn("cannot write the page", said.getvalue())


class Content(unittest.TestCase):
    def test_pages_are_the_same_every_time(self):
        first, second = (support.write.__wrapped__("same", support.barrier("toph")).read_bytes()
                         for _ in range(2))
        self.assertEqual(first, second)

    def test_names_are_short_and_unique(self):
        self.assertEqual(sources.short_names(["/a/x/run", "/a/y/run", "/b/other"]),
                         ["x/run", "y/run", "other"])

    def test_nested_slices_become_their_innermost_parts(self):
        nested = [(0, 100, "main"), (10, 40, "f"), (20, 30, "g"), (40, 50, "f"), (120, 130, "h")]
        self.assertEqual(timeline._innermost(nested), [  # pylint: disable=protected-access
            (0, 10, "main"), (10, 20, "f"), (20, 30, "g"), (30, 40, "f"), (40, 50, "f"),
            (50, 100, "main"), (120, 130, "h")])


class Evidence(unittest.TestCase):
    def setUp(self):
        self.rules = evidence.read()

    def test_every_statistic_has_a_rule(self):
        for run in (support.barrier("toph"), support.mhsa(), support.traffic()):
            facts = sources.Run(run)
            for name in facts.result.statistics_file.get("definitions", {}):
                self.assertIsNot(evidence.rule_of(name, self.rules), evidence.UNKNOWN, name)

    def test_every_rule_has_a_source_and_a_figure(self):
        known = {name for run in (support.barrier("toph"), support.mhsa(), support.traffic())
                 for name in sources.Run(run).result.statistics_file.get("definitions", {})}
        own = ("config.", "estimate.", "run.", "region", "roofline.", "timeline.", "traffic.",
               "bus_trace.", "predicted.")
        for rule in self.rules:
            self.assertTrue((ROOT / rule["source"]).exists(), rule["source"])
            if not any(figure.startswith(own) for figure in rule["figures"]) and \
                    "operand_block" not in rule["figures"][0]:
                self.assertTrue(any(evidence.rule_of(name, self.rules) is rule for name in known),
                                rule["what"])

    def test_settings_decide(self):
        figures = ["soc.cluster.l1_network.tile[*].bank[*].requests"]
        for topology, expected in (("toph", "validated"), ("top1", "assumption")):
            config = sources.Run(support.barrier(topology)).result.config
            found, = evidence.of(figures, self.rules, {"x": config})
            self.assertEqual(found["status"], expected)
            self.assertEqual("topology = top1" in found["text"], topology == "top1")

    def test_many_runs_come_under_one_line_each_of_what_is_measured_and_what_is_not(self):
        config = sources.Run(support.barrier("toph")).result.config
        points = {f"point {index}": {**config, "soc.cluster.banks_per_tile": str(banks)}
                  for index, banks in enumerate((16, 8, 32, 8, 4, 64))}
        validated, assumed = evidence.of(["run.cycles"], self.rules, points)
        self.assertEqual((validated["status"], validated["runs"]), ("validated", "point 0"))
        self.assertEqual((assumed["status"], assumed["runs"]),
                         ("assumption", "point 1, point 2, point 3, point 4 and 1 more"))
        self.assertIn("measured: soc.cluster.banks_per_tile = 8, 32, 4, 64; otherwise",
                      assumed["text"])

    def test_accelerators_make_no_number_validated(self):
        config = sources.Run(support.barrier("toph")).result.config
        for added in ({"soc.ita.interface": "job"}, {"soc.attention_engine.preset": "soc64"}):
            found, = evidence.of(["run.cycles"], self.rules, {"x": {**config, **added}})
            self.assertEqual(found["status"], "assumption")
        rule = evidence.rule_of("soc.cluster.l1_network.tile[3].bank[2].wide_accesses", self.rules)
        self.assertEqual(rule["status"], "assumption")

    def test_every_column_of_a_scan_has_a_rule(self):
        sweep = sources.Sweep(support.sweep())
        table = sweeps._Table(sweep, 0)  # pylint: disable=protected-access
        figures = table._figures(["predicted_cycles"])  # pylint: disable=protected-access
        found, = evidence.of(figures, self.rules, {})
        self.assertEqual(found["what"], "predictions of closed forms")

    def test_errors_are_those_of_the_accuracy_page(self):
        page = (ROOT / "tests/golden/mempool/accuracy.md").read_text()
        rows, mean, worst = re.search(
            r"^accuracy: rows (\d+) mean (\S+) % .* worst (\S+) %$", page, re.M).groups()
        text = evidence.rule_of("run.cycles", self.rules)["against"]
        self.assertRegex(text, rf"^{rows} rows .*mean error {mean} %, worst {worst} %$")
        for figure, name in (("soc.cluster.instruction_caches.x", "icache"),
                             ("soc.soc_path.x", "soc")):
            rows, mean = re.search(rf"^\| {name} \| (\d+) \| (\S+) ", page, re.M).groups()
            text = evidence.rule_of(figure, self.rules)["against"]
            error = "no difference" if float(mean) == 0 else f"mean error {mean} %"
            self.assertRegex(text, rf"^{rows} rows .*{error}$")

    def test_regions_come_under_the_same_rules(self):
        self.assertIs(evidence.rule_of("region[softmax].soc.ita[2].macs", self.rules),
                      evidence.rule_of("soc.ita[*].macs", self.rules))
        self.assertIs(evidence.rule_of("region[1].soc.ita[2].macs", self.rules),
                      evidence.rule_of("soc.ita[*].macs", self.rules))

    def test_conditions_are_keys_of_machines(self):
        config = sources.Run(support.mhsa()).result.config
        for rule in self.rules:
            for key in rule.get("holds_when", {}):
                self.assertIn(key, config)


class Numbers(unittest.TestCase):
    def test_roofs_of_the_engine_are_those_of_the_model(self):
        """Multiply-accumulates per cycle: the product of what engine_parameters says."""
        folder = ROOT / "models/attention_engine"
        source = (folder / "engine_parameters.cpp").read_text()
        usual = dict(re.findall(r"(\w+) = (\d+);", (folder / "engine_parameters.h").read_text()))
        macs = {}
        for body in re.findall(r"^EngineParameters \w+\(\) \{(.*?)^\}", source, re.S | re.M):
            own = {**usual, **dict(re.findall(r"engine\.(\w+) = (\d+);", body))}
            name = re.search(r'"(\w+)"', body)[1]
            macs[name] = math.prod(int(own[key]) for key in ("cores", "batch", "engines",
                                                             "native_dim", "lanes"))
        for name, *sizes in re.findall(r'brainwave\("(\w+)", [\d\']+, (\d+), (\d+), (\d+)', source):
            macs[name] = math.prod(map(int, sizes))
        self.assertEqual(roofline.ENGINE_MACS, macs)

    def test_parts_of_a_hart_add_up_to_its_cycles(self):
        plot, = harts.breakdown([sources.Run(support.barrier("toph"))])
        total = [column.name for column in plot.columns].index("cycles")
        self.assertTrue(plot.rows)
        for row in plot.rows:
            self.assertEqual(row[total], sum(row[total + 1:]), row)

    def test_units_of_a_sweep_come_from_its_figures(self):
        sweep = sources.Sweep(support.sweep())
        sweep.description = {**sweep.description, "relative": {"slow": "w"}, "statistics": {
            "t": "region[1].cycles", "u": "traffic.latency_mean", "v": "max soc.dma.bytes_moved",
            "w": "estimate.ita_mm2", "x": "config.soc.l2.banks"},
            "workload_statistics": {"a": {"y": "run.cycles"}, "b": {"y": "run.instructions"}},
            "derived": {"bytes_per_cycle": "v / t", "register_bytes": "64 * x"}}
        table = sweeps._Table(sweep, 0)  # pylint: disable=protected-access
        self.assertEqual({name: table._unit(name) for name in (  # pylint: disable=protected-access
            "t", "u", "v", "w", "x", "y", "slow", "bytes_per_cycle", "register_bytes",
            "predicted_cycles")}, {
                "t": "cycles", "u": "cycles", "v": "bytes", "w": "mm2", "x": "", "y": "",
                "slow": "times the least", "bytes_per_cycle": "", "register_bytes": "bytes",
                "predicted_cycles": "cycles"})

    def test_regions_have_the_names_that_the_program_gives_them(self):
        path = support.folder("regions")
        path.mkdir()
        facts = dict.fromkeys(sources.RUN_KEYS, 0)
        regions = [{"id": 3, "cycles": 5, "stats": {}},
                   {"id": 65536, "name": "softmax", "cycles": 4, "stats": {}}]
        for name, content in (("run.json", {**facts, "command": []}), ("stats.json", {
                "stats": {}, "definitions": {}, "regions": regions})):
            (path / name).write_text(json.dumps(content))
        (path / "config.yaml").write_text("soc:\n  timing: cycle\n")
        self.assertEqual([name for name, _, _ in sources.Run(path).scopes()],
                         ["whole run", "region 3", "softmax"])

    def test_statistics_over_time_add_up_to_those_of_the_run(self):
        run = sources.Run(support.barrier("toph"))
        plot, = intervals.over_time([run])
        sums = {}
        for _, name, _, increase, _ in plot.rows:
            sums[name] = sums.get(name, 0) + increase
        self.assertIn("soc.cluster.group[*].tile[*].core[*].asleep_cycles", sums)
        for name, value in sums.items():
            self.assertEqual(value, sum(run.result.find(name).values()), name)
        times = {row[2] for row in plot.rows}
        self.assertEqual(len(plot.rows), len(sums) * len(times))  # also where nothing grew
        self.assertEqual(plot.rows[0][1], intervals.FIRST)

    def test_many_intervals_are_added_up(self):
        text = "".join(f"{begin},{begin + 10},a[{begin % 3}].b,2\n" for begin in range(0, 4010, 10))
        path = support.folder("intervals.csv")
        path.write_text("begin,end,path,increase\n" + text)
        table = intervals._table(path)  # pylint: disable=protected-access
        self.assertEqual(list(table.items())[0], ((0, 30), {"a[*].b": 6}))
        self.assertEqual(list(table.items())[-1], ((3990, 4010), {"a[*].b": 4}))
        self.assertEqual(sum(each["a[*].b"] for each in table.values()), 802)

    def test_files_are_found_however_their_option_was_written(self):
        copy = support.folder("joined")
        shutil.copytree(support.barrier("toph"), copy)
        facts = json.loads((copy / "run.json").read_text())
        at = facts["command"].index("--timeline")
        facts["command"][at:at + 2] = [f"--timeline={facts['command'][at + 1]}"]
        (copy / "run.json").write_text(json.dumps(facts))
        self.assertEqual(sources.Run(copy).timeline, copy / "timeline.json")

    def test_banks_over_time_add_up_to_the_trace(self):
        plot, = bus.banks_over_time([sources.Run(support.barrier("toph"))])
        stats = json.loads((support.barrier("toph") / "stats.json").read_text())["stats"]
        requests = sum(value for path, value in stats.items()
                       if "l1_network.tile" in path and path.endswith("].requests")
                       and ".bank[" in path)
        self.assertEqual(sum(row[-2] for row in plot.rows), requests)


if __name__ == "__main__":
    unittest.main()
