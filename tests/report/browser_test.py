# SPDX-License-Identifier: Apache-2.0
"""Report pages in headless Chromium: charts, filters, tables, and nothing from the network."""

import csv
import time
import unittest

import browser
import support
from tessera.report import sources

try:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select
except ImportError:  # what_is_missing() tells
    pass

SECONDS = 120  # until a page stands, on a loaded machine


@unittest.skipIf(browser.what_is_missing(), browser.what_is_missing())
class BrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.window = browser.Browser()
        cls.addClassCleanup(cls.window.close)
        cls.browser = cls.window.driver

    def open(self, page):
        """Opens a page and has all its figures drawn; resets it when it is open."""
        if self.browser.current_url == page.as_uri():
            self.all("#filters button[type=reset]")[0].click()
            return
        self.browser.get(page.as_uri())
        end = time.monotonic() + SECONDS
        while not self.browser.execute_script("return Boolean(window.report)"):
            self.assertLess(time.monotonic(), end, self.messages())
            time.sleep(0.05)
        self.browser.execute_script("report.drawAll()")

    def messages(self):
        return self.window.console()

    def requested(self):
        """Returns the addresses outside the browser that it asked for since the last call."""
        return [url for url in set(self.window.requests())
                if not url.startswith(("data:", "blob:", "chrome"))]

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def count(self, selector):
        return len(self.all(selector))

    def choose(self, where, name, value):
        Select(self.all(f"{where} select[name='{name}']")[0]).select_by_value(value)

    def axes(self, plot):
        return [self.all(f"#{plot} .{axis}title")[0].get_attribute("textContent")
                for axis in ("x", "y")]

    def table(self, plot):
        """Returns (titles, rows of text) of the whole table of a figure, which it opens."""
        return self.browser.execute_script("""
            const figure = document.getElementById(arguments[0]);
            const details = figure.querySelector("details.table");
            if (!details.open) { details.open = true; report.figures.find(
              (each) => each.plot.id === arguments[0]).fillTable(); }
            const all = [...figure.querySelectorAll("button")].find(
              (each) => each.textContent === "show all");
            if (all) all.click();
            const texts = (row) => [...row.children].map((cell) =>
              (cell.firstChild ? cell.firstChild.textContent : "").replace(/\\u2009/g, ""));
            return [texts(figure.querySelector("thead tr")),
                    [...figure.querySelectorAll("tbody tr")].map(texts)];""", plot)


class Runs(BrowserTest):
    """Two runs that differ in the topology."""

    def setUp(self):
        self.open(support.write("two", support.barrier("toph"), support.barrier("top1")))

    def test_silent_and_alone(self):
        self.assertEqual(self.messages(), [])
        self.assertEqual(self.requested(), [support.folder("two.html").as_uri()])

    def test_every_figure_draws_and_explains_itself(self):
        figures = self.all("figure")
        self.assertGreater(len(figures), 8)
        for figure in figures:
            name = figure.get_attribute("id")
            self.assertTrue(figure.find_element(By.CSS_SELECTOR, "h3").text, name)
            self.assertTrue(figure.find_element(By.CSS_SELECTOR, ".read").text.endswith("."), name)
            self.assertTrue(self.table(name)[1], name)
            if figure.find_elements(By.CSS_SELECTOR, ".drawing"):
                self.assertTrue(figure.find_elements(By.CSS_SELECTOR,
                                                     ".main-svg, canvas"), name)

    def test_parameters_that_differ_come_first(self):
        self.assertEqual(self.all("figure")[0].get_attribute("id"), "parameters")
        self.assertEqual(self.table("parameters")[1],
                         [["soc.cluster.interconnect.topology", "toph", "top1"]])

    def test_bars_of_harts(self):
        self.assertEqual(self.axes("stalls"), ["run", "share of the sum (%)"])
        self.choose("#stalls", "level", "hart")
        self.choose("#stalls", "share", "false")
        self.assertEqual(self.axes("stalls"), ["run \u00b7 hart", "cycles"])
        reasons = self.count("#stalls .barlayer .trace")
        self.assertEqual(self.count("#stalls .barlayer .point"), reasons * 2 * 16)
        self.choose("#filters", "tile", "2.0")
        self.assertEqual(self.count("#stalls .barlayer .point"), reasons * 2 * 4)
        self.choose("#filters", "run", "barrier_top1")
        self.assertEqual(self.count("#stalls .barlayer .point"), reasons * 4)
        self.all("#filters button[type=reset]")[0].click()
        self.assertEqual(self.axes("stalls"), ["run", "share of the sum (%)"])
        self.assertEqual(self.count("#stalls .barlayer .point"), reasons * 2)

    def test_table_of_harts_equals_the_statistics(self):
        self.choose("#stalls", "level", "hart")
        titles, rows = self.table("stalls")
        stats = {topology: sources.Run(support.barrier(topology)).result.stats
                 for topology in ("toph", "top1")}
        self.assertEqual(len(rows), 2 * 16)
        for row in rows:
            values = dict(zip(titles, row))
            group, tile, core = values["hart"].split(".")
            path = f"soc.cluster.group[{group}].tile[{tile}].core[{core}]."
            own = stats[values["run"].removeprefix("barrier_")]
            for title, name in (("cycles", "cycles"), ("issued", "instructions"),
                                ("asleep", "asleep_cycles"),
                                ("load store", "stalled.load_store_cycles"),
                                ("operand", "stalled.operand_cycles")):
                self.assertEqual(int(values[title]), own[path + name], (path, name))

    def test_heat_maps(self):
        for plot in ("tile_to_tile", "banks", "banks_over_time", "awake"):
            self.assertEqual(self.count(f"#{plot} .heatmaplayer image"), 2, plot)
        self.assertEqual(self.axes("tile_to_tile"), ["target tile (group.tile)",
                                                     "source tile (group.tile)"])
        self.choose("#filters", "run", "barrier_toph")
        self.assertEqual(self.count("#banks .heatmaplayer image"), 1)
        titles, rows = self.table("tile_to_tile")
        own = sources.Run(support.barrier("toph")).result
        found = {(row[titles.index("source tile (group.tile)")],
                  row[titles.index("target tile (group.tile)")]): int(row[-1]) for row in rows}
        self.assertEqual(found, {
            (f"{one}.0", f"{other}.0"): value for one in range(4) for other in range(4)
            if (value := own.stats.get("soc.cluster.l1_network.accesses."
                                       f"from_tile[{one}].to_tile[{other}]"))})

    def test_statistics_over_time(self):
        self.assertEqual(self.axes("intervals"), [
            "begin of the interval (cycles)",
            "increase per cycle (unit of the statistic per cycle)"])
        self.assertEqual(self.count("#intervals .scatterlayer .trace"), 2)
        self.choose("#filters", "statistic", "soc.cluster.group[*].tile[*].core[*].asleep_cycles")
        self.choose("#filters", "run", "barrier_toph")
        titles, rows = self.table("intervals")
        stats = sources.Run(support.barrier("toph")).result
        self.assertEqual(sum(int(row[titles.index("increase, in the statistic's unit")])
                             for row in rows),
                         stats.value("sum soc.cluster.group[*].tile[*].core[*].asleep_cycles"))

    def tracks(self):
        """Returns how many tracks each timeline shows."""
        return self.browser.execute_script("""
            return report.figures.find((each) => each.plot.id === "gantt").charts.map(
              (chart) => chart.rows.filter((row) => row.track !== undefined).length)""")

    def test_timelines(self):
        self.assertEqual(self.tracks(), [16, 16])
        self.choose("#filters", "run", "barrier_toph")
        self.choose("#filters", "tile", "1.0")
        self.assertEqual(self.tracks(), [4])
        self.assertEqual(self.count("#gantt canvas"), 1)
        titles, rows = self.table("gantt")
        events = sources.Timeline(support.barrier("toph") / "timeline.json").events
        pid, = (event["pid"] for event in events if event.get("name") == "process_name"
                and event["args"]["name"] == "soc.cluster.group[1].tile[0]")
        asleep = sum(round(event["dur"] * 1000) for event in events if event["ph"] == "X"
                     and event["pid"] == pid and event["name"] == "asleep")
        self.assertTrue(asleep)
        self.assertEqual(asleep, sum(int(row[-1]) for row in rows
                                     if row[titles.index("activity")] == "asleep"))

    def test_evidence_names_the_topology(self):
        entries = self.all("#tile_to_tile .evidence li")
        texts = {each.get_attribute("textContent") for each in entries}
        self.assertTrue(any(text.startswith("validated") and "(barrier_toph)" in text
                            for text in texts), texts)
        self.assertTrue(any(text.startswith("assumption") and "topology = top1" in text
                            for text in texts), texts)

    def test_print_draws_everything(self):
        self.browser.refresh()
        while not self.browser.execute_script("return Boolean(window.report)"):
            time.sleep(0.05)
        self.browser.execute_cdp_cmd("Page.printToPDF", {})
        self.assertTrue(self.browser.execute_script(
            "return report.figures.every((figure) => figure.isDrawn)"))


class Devices(BrowserTest):
    def test_accelerators_and_engine(self):
        self.open(support.write("devices", support.mhsa(), support.engine()))
        self.assertEqual(self.messages(), [])
        titles, (row,) = self.table("itas")
        own = sources.Run(support.mhsa()).result.stats
        values = dict(zip(titles, row))
        self.assertEqual(int(values["compute"]), own["soc.ita[0].job_engine.compute_cycles"])
        self.assertEqual(int(values["multiply-accumulates"]), own["soc.ita[0].macs"])
        titles, rows = self.table("engine_tiles")
        own = sources.Run(support.engine()).result.stats
        self.assertEqual([int(dict(zip(titles, row))["tiles skipped"]) for row in rows],
                         [own["soc.attention_engine.tiles_skipped"]])
        self.assertEqual(self.axes("roofline"), ["intensity (operations per byte)",
                                                 "achieved (operations per cycle)"])
        self.assertEqual(self.count("#roofline .scatterlayer .trace .point"),
                         len(self.table("roofline")[1]))
        self.assertGreaterEqual(self.count("#roofline .scatterlayer .js-line"), 2)

    def test_traffic(self):
        self.open(support.write("traffic", support.traffic()))
        self.assertEqual(self.messages(), [])
        self.assertEqual(self.count("#traffic .scatterlayer .point"), 3)
        with open(support.traffic() / "traffic.csv", encoding="utf-8") as file:
            loads = [row["load"] for row in csv.DictReader(file)]
        titles, rows = self.table("traffic")
        self.assertEqual([row[titles.index("offered load")] for row in rows], loads)

    def test_a_timeline_alone(self):
        self.open(support.write("timeline", support.barrier("toph") / "timeline.json"))
        self.assertEqual(self.messages(), [])
        self.assertEqual(self.count("#gantt canvas"), 1)
        self.assertTrue(self.count("#counters .scatterlayer .trace"))


class Sweeps(BrowserTest):
    def setUp(self):
        self.open(support.write("sizes", support.sweep()))

    def test_silent_and_alone(self):
        self.assertEqual(self.messages(), [])
        self.assertEqual(self.requested(), [support.folder("sizes.html").as_uri()])

    def test_the_table_equals_the_input(self):
        titles, rows = self.table("sweep0_points")
        self.assertEqual([dict(zip(titles, row)) for row in rows],
                         [{name: row[name] for name in titles} for row in support.sweep_rows()])

    def test_the_front(self):
        self.assertEqual(self.axes("sweep0_front"), ["area, minimise", "cycles, minimise"])
        self.assertEqual(self.count("#sweep0_front .panel"), 2)
        self.assertEqual(self.count("#sweep0_front .scatterlayer .point"), 12)
        self.choose("#filters", "workload", "short")
        self.assertEqual(self.count("#sweep0_front .scatterlayer .point"), 6)
        titles, rows = self.table("sweep0_front")
        states = {row[0]: row[titles.index("state")] for row in rows}
        # 16 banks on net a breaks the constraint; of the others, more banks are faster and larger.
        self.assertEqual(states, {"0": "front", "1": "front", "2": "front", "3": "front",
                                  "4": "breaks a constraint", "5": "best"})
        self.choose("#filters", "banks", "8")
        self.assertEqual(self.count("#sweep0_front .scatterlayer .point"), 2)

    def test_knobs(self):
        titles, rows = self.table("sweep0_sensitivity")
        self.assertEqual([(row[0], row[3], float(row[4])) for row in rows], [
            ("short", "banks", 300), ("short", "net", 50), ("long", "banks", 300),
            ("long", "net", 50)])
        self.assertEqual(self.count("#sweep0_sensitivity .barlayer .point"), 4)
        self.choose("#sweep0_effects", "x", "area")
        self.assertEqual(self.axes("sweep0_effects"), ["area", "cycles"])
        self.assertEqual(self.count("#sweep0_effects .scatterlayer .point"), 12)

    def test_failed_points_are_told(self):
        self.assertEqual(self.table("sweep0_failures")[1],
                         [["12", "long", "32", "a", "failed", "6", "all harts sleep"]])


if __name__ == "__main__":
    unittest.main()
