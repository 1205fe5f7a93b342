# SPDX-License-Identifier: Apache-2.0
"""A browser shows the timeline, and in it that DMA, ITAs and engine work at the same time."""

import subprocess
import unittest

import browser
from support import ROOT, TraceTest
import timeline_schema

# The cycles' columns of the canvas in which a row has something.
USED_COLUMNS = """
  const row = chart.rowOfTrack.get(chart.data.tracks.findIndex(
    (track) => track.process === "%s" && track.name === "%s"));
  const y = Math.round((chart.y(row) + 7) * window.devicePixelRatio);
  const pixels = chart.context.getImageData(0, y, chart.canvas.width, 1).data;
  const used = [];
  for (let x = Math.ceil(chart.x(chart.view.begin)) + 1; x < chart.canvas.width; ++x) {
    const [red, green, blue, alpha] = pixels.slice(4 * x, 4 * x + 4);
    if (alpha === 255 && !(red === 0xec && green === 0xef && blue === 0xf3)) {
      used.push(x);
    }
  }
  return used;"""


def overlap(one, other):
    """Cycles in which a slice of both is open; slices of one track beside each other."""
    return sum(max(0, min(end, other_end) - max(begin, other_begin))
               for begin, end, _ in one for other_begin, other_end, _ in other)


class ViewTest(TraceTest):
    def timeline(self, name, workload):
        self.run_program(self.program(name), *self.workload(*workload), "--timeline",
                         "timeline.json", machine="tessera", timing="cycle")
        return timeline_schema.read(self.folder / "timeline.json")

    def check_overlap(self, events, *tracks):
        """In the file; then in what the browser shows, if there is one."""
        slices = [timeline_schema.slices(events, *track) for track in tracks]
        self.assertTrue(all(slices), tracks)
        self.assertGreater(overlap(*slices), 0, tracks)
        missing = browser.what_is_missing()
        if missing:
            self.skipTest(f"the timeline is right, nothing to show it with: {missing}")
        subprocess.run([ROOT / "scripts" / "timeline_html", "timeline.json"], cwd=self.folder,
                       check=True, capture_output=True)
        page = browser.Browser()
        self.addCleanup(page.close)
        page.open(self.folder / "timeline.html")
        self.assertEqual(page.run("return document.getElementById('gantt').dataset.ready"), "yes")
        self.assertEqual(page.console(), [])
        self.assertEqual([address for address in page.requests()
                          if not address.startswith(("file:", "data:"))], [])
        used = [set(page.run(USED_COLUMNS % track)) for track in tracks]
        self.assertTrue(used[0] & used[1], "no column in which both are drawn")

    def test_mhsa_moves_data_while_the_itas_compute(self):
        events = self.timeline("mhsa", ("make_workload.py", "mhsa", "--shape", "64,64,64,16",
                                        "--seed", "1"))
        self.check_overlap(events, ("soc.dma", "transfer"), ("soc.ita[2]", "job"))

    def test_sparse_mhsa_moves_data_while_engine_and_itas_compute(self):
        events = self.timeline("sparse_mhsa", (
            "make_attention_workload.py", "sparse", "--shape", "256,64,16", "--pattern", "window",
            "--window", "64", "--dense-heads", "4"))
        self.assertGreater(overlap(timeline_schema.slices(events, "soc.ita[0]", "job"),
                                   timeline_schema.slices(events, "soc.attention_engine",
                                                          "descriptor")), 0)
        self.check_overlap(events, ("soc.dma", "transfer"), ("soc.attention_engine", "descriptor"))


if __name__ == "__main__":
    unittest.main()
