"""Regions of interest with names, on regions.c."""

import json
import os
import pathlib
import unittest

from support import CONFIGS, CliTest
import timeline_schema

PROGRAM = pathlib.Path(os.environ["PROGRAMS"]) / "regions.elf"


class Regions(CliTest):
    def test_statistics_have_the_names_that_the_program_gave(self):
        for timing in ["functional", "cycle"]:
            code, _, err = self.tessera("run", "-v", "-c", CONFIGS / "minpool.yaml", PROGRAM,
                                        "--out", timing, "--timing", timing)
            self.assertEqual(code, 0, err)
            regions = json.loads((self.folder / timing / "stats.json").read_text())["regions"]
            self.assertEqual([(region.get("name"), region["times"]) for region in regions],
                             [(None, 1), ("all harts", 2), ("dot product", 2), ("softmax", 1)])
            self.assertEqual(regions[0]["id"], 7)
            number, everybody, dot, softmax = [
                region["stats"]["soc.cluster.group[0].tile[0].core[0].instructions"]
                for region in regions]
            self.assertTrue(1200 < everybody < 2400, everybody)
            self.assertTrue(1000 < number <= softmax < 2000, (number, softmax))
            self.assertTrue(400 < dot < 1000, dot)
            for name in ["dot product", "softmax", "7"]:
                self.assertIn(f"soc.platform_block region of interest {name} begins\n", err)

    def test_what_all_harts_mark_counts_once_and_has_the_work_of_all(self):
        for timing in ["functional", "cycle"]:
            for quantum in [10, 10000]:
                self.tessera("run", "-q", "-c", CONFIGS / "minpool.yaml", PROGRAM, "--out", "out",
                             "--force", "--timing", timing, "--set",
                             f"soc.quantum_cycles={quantum}")
                regions = json.loads((self.folder / "out/stats.json").read_text())["regions"]
                region, = (region for region in regions if region.get("name") == "all harts")
                self.assertEqual(region["times"], 2)
                instructions = [count for path, count in region["stats"].items()
                                if path.endswith("].instructions")]
                self.assertEqual(len(instructions), 16)
                self.assertGreater(min(instructions), 1200)
                self.assertTrue(1200 < region["cycles"] < 3000 and
                                max(instructions) < region["cycles"] + 4 * quantum,  # at its edges
                                (timing, quantum, region["cycles"], instructions))

    def test_the_timeline_has_a_track_for_each(self):
        for timing in ["functional", "cycle"]:
            code, _, err = self.tessera("run", "-q", "-c", CONFIGS / "minpool.yaml", PROGRAM,
                                        "--out", timing, "--timing", timing,
                                        "--timeline", f"{timing}.json")
            self.assertEqual(code, 0, err)
            regions = json.loads((self.folder / timing / "stats.json").read_text())["regions"]
            events = timeline_schema.read(self.folder / f"{timing}.json")
            for region in regions:
                name = region.get("name", str(region["id"]))
                slices = timeline_schema.slices(events, "regions of interest", name)
                self.assertEqual({what for _, _, what in slices}, {name})
                self.assertEqual(len(slices), region["times"])
                self.assertEqual(sum(end - begin for begin, end, _ in slices), region["cycles"])

    def test_the_timeline_draws_what_lies_in_its_window(self):
        self.tessera("run", "-q", "-c", CONFIGS / "minpool.yaml", PROGRAM,
                     "--timeline", "roi.json,roi=7")
        events = timeline_schema.read(self.folder / "roi.json")
        tracks = [track for process, track in timeline_schema.names(events).values()
                  if process == "regions of interest"]
        slices = {track: timeline_schema.slices(events, "regions of interest", track)
                  for track in tracks}
        window = [(begin, end) for begin, end, _ in slices.pop("7")]
        self.assertTrue(window)
        for track, others in slices.items():
            for begin, end, _ in others:
                self.assertTrue(any(first <= begin and end <= last for first, last in window),
                                (track, begin, end, window))

    def switched(self, region):
        """Returns the content of stats.json of a run that is exact in `region`."""
        code, _, err = self.tessera(
            "run", "-q", "-c", CONFIGS / "minpool.yaml", PROGRAM, "--out", "out", "--force",
            "--switch-to", "cycle", "--at", f"roi:{region}", "--switch-to", "functional", "--at",
            f"roi_end:{region}")
        self.assertEqual(code, 0, err)
        return json.loads((self.folder / "out/stats.json").read_text())

    def test_switches_take_names(self):
        by_name = self.switched("softmax")
        number, = (region["id"] for region in by_name["regions"] if region.get("name") == "softmax")
        self.assertEqual(by_name, self.switched(number))
        self.assertNotEqual(by_name, self.switched("dot product"))

    def test_windows_take_names(self):
        self.tessera("run", "-q", "-c", CONFIGS / "minpool.yaml", PROGRAM,
                     "--timeline", "roi.json,roi=dot product")
        events = timeline_schema.read(self.folder / "roi.json")
        tracks = [track for process, track in timeline_schema.names(events).values()
                  if process == "regions of interest"]
        self.assertEqual(tracks, ["dot product"])

    def test_a_name_that_the_program_does_not_give(self):
        for option in (["--timeline", "roi.json,roi=softmx"],
                       ["--switch-to", "cycle", "--at", "roi:softmx"]):
            code, _, err = self.tessera("run", "-c", CONFIGS / "minpool.yaml", PROGRAM, *option)
            self.assertEqual(code, 2)
            self.assertRegex(err, r"roi: 'softmx' is neither a number nor the name of a region of "
                                  r".*regions\.elf; did you mean 'softmax'\?\n$")

    def test_names_are_not_in_memory(self):
        self.tessera("run", "-q", "-c", CONFIGS / "minpool.yaml", PROGRAM, "--dump",
                     "0:64KiB:l1.bin", "--dump", "0x80000000:64KiB:l2.bin")
        for name in ["l1.bin", "l2.bin"]:
            self.assertNotIn(b"softmax", (self.folder / name).read_bytes())


if __name__ == "__main__":
    unittest.main()
