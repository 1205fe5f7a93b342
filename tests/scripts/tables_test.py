"""fill_tables.py: tables of a page from rows of a sweep, and pages that are out of date."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

from tessera.paths import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import fill_tables  # noqa: E402  pylint: disable=wrong-import-position

CSV = """point,workload,n,soc.l2.banks,status,cycles,share
0,w,1,2,ok,1200,0.25
1,w,1,4,ok,1100,0.125
2,w,2,2,ok,24000,3
3,w,2,4,failed,,
4,v,1,2,ok,7,1
"""
SWEEP = {"axes": {"n": ["1", "2"]}, "given": ["n"],
         "objectives": {"minimise": ["cycles"], "subject_to": ["share <= 2"]}}
PAGE = """# Page
<!-- table rows=soc.l2.banks columns=n value=cycles where=workload:w -->
| old |

<!-- table best=yes rows=workload,n values=cycles,share -->
Text.
"""
FILLED = """# Page
<!-- table rows=soc.l2.banks columns=n value=cycles where=workload:w -->
| banks | n=1 | n=2 |
| --- | ---: | ---: |
| 2 | 1,200 | 24,000 |
| 4 | 1,100 |  |

<!-- table best=yes rows=workload,n values=cycles,share -->
| workload | n | cycles | share |
| --- | --- | ---: | ---: |
| w | 1 | 1,100 | 0.125 |
| v | 1 | 7 | 1 |
Text.
"""


class Tables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "sweep.csv").write_text(CSV)
        (self.folder / "sweep.json").write_text(json.dumps(SWEEP))
        self.page = self.folder / "page.md"
        self.page.write_text(PAGE)

    def run_on(self, page, *options):
        with mock.patch("sys.argv", ["fill_tables.py", str(page), str(self.folder), *options]):
            with contextlib.redirect_stderr(io.StringIO()):
                fill_tables.main()

    def test_a_page_is_written_and_then_up_to_date(self):
        with self.assertRaisesRegex(SystemExit, "are not those of"):
            self.run_on(self.page)
        self.run_on(self.page, "--write")
        self.assertEqual(self.page.read_text(), FILLED)
        self.run_on(self.page)

    def test_what_is_no_table(self):
        for words, reason in (("rows=n", "is no table"), ("rows=n values=a value=b", "is no table"),
                              ("rows=n columns=workload value=cycles", "several points")):
            with self.subTest(words):
                self.page.write_text(f"<!-- table {words} -->\n")
                with self.assertRaisesRegex(SystemExit, reason):
                    self.run_on(self.page)


if __name__ == "__main__":
    unittest.main()
