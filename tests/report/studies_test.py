# SPDX-License-Identifier: Apache-2.0
"""The pages of the worked studies, configs/studies, in headless Chromium.

Needs their results in out/NAME ($TESSERA_STUDIES: elsewhere), as scripts/study_NAME.sh leaves them.
"""

import os
import pathlib
import unittest

from browser_test import BrowserTest
import support
from tessera.paths import ROOT
from tessera.report import sources

RESULTS = pathlib.Path(os.environ.get("TESSERA_STUDIES", ROOT / "out"))


class Studies(BrowserTest):
    def check(self, name):
        folder = RESULTS / name
        if not (folder / "sweep.csv").is_file():
            self.skipTest(f"no {folder / 'sweep.csv'}; scripts/study_{name}.sh writes it")
        rows = [row for row in sources.Sweep(folder).rows if row["status"] == "ok"]
        self.open(support.write(name, folder))
        self.assertEqual(self.messages(), [])
        self.assertEqual(self.requested(), [support.folder(f"{name}.html").as_uri()])
        titles, shown = self.table("sweep0_points")
        self.assertEqual([row[titles.index("point")] for row in shown],
                         [row["point"] for row in rows])
        states = [row[self.table("sweep0_front")[0].index("state")]
                  for row in self.table("sweep0_front")[1]]
        self.assertIn("best", states)
        panels = self.count("#sweep0_front .panel")
        self.assertTrue(1 <= panels <= 12, panels)
        if panels < 12:  # all of them are drawn
            self.assertEqual(self.count("#sweep0_front .scatterlayer .point"), len(states))
        self.assertTrue(self.count("#sweep0_sensitivity .barlayer .point"))

    def test_interconnect(self):
        self.check("interconnect")

    def test_vrf(self):
        self.check("vrf")


if __name__ == "__main__":
    unittest.main(argv=["studies_test.py", "Studies"])
