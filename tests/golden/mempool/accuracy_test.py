#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of what scripts/accuracy.sh stands on; needs neither the platform nor ../shared."""
import pathlib
import re
import tempfile
import unittest

import scoring
import table
import transcript

SOURCE = """// line 1
  LOOP("one", 10, p, "", "nop");
  MC("two", id < 2, 20, b, "", LD8);
  report(__LINE__, c0, c1, i0, i1); // NAME "three"
"""


def dump(hart, register, value):
    return f"[DUMP] 10 ns Core {hart:3}: 0x{register:03x} = 0x{value:08x}, {value:10}\n"


def report(hart, line, start, end, retired):
    registers = (0x7F0, line), (0x7F1, end - start), (0x7F2, retired), (0x7F3, start), (0x7F4, end)
    return "".join(dump(hart, *register) for register in registers)


class Transcript(unittest.TestCase):
    """Rows from output."""

    def test_a_report_is_a_row_of_a_single_hart_program(self):
        text = dump(0, 0x7EF, 5) + "other output\n" + report(0, 2, 100, 130, 12)
        self.assertEqual(transcript.single_rows(text, SOURCE), [("5", "one", {"total": 30}, 12)])

    def test_harts_of_a_repetition_are_one_row_from_first_start_to_last_end(self):
        text = dump(0, 0x7EF, 7) + dump(1, 0x7EF, 7)
        text += report(0, 3, 100, 130, 12) + report(1, 3, 105, 150, 15)
        self.assertEqual(transcript.multi_rows(text, SOURCE), [("7", "two", {"total": 50}, 13.5)])

    def test_repetitions_are_numbered(self):
        text = dump(0, 0x7EF, 7) + report(0, 4, 0, 10, 1) + report(0, 4, 20, 31, 1)
        self.assertEqual([(row.test, row.cycles) for row in transcript.multi_rows(text, SOURCE)],
                         [("three#0", {"total": 10}), ("three#1", {"total": 11})])

    def test_interleaved_output_of_harts_is_told_apart(self):
        lines = [report(hart, 2, 0, 10 + hart, hart).splitlines(True) for hart in (0, 1)]
        text = "".join(first + second for first, second in zip(*lines))
        self.assertEqual([row.cycles["total"] for row in transcript.single_rows(text, SOURCE)],
                         [10, 11])

    def test_dma_transfers_are_rows(self):
        text = dump(0, 0x7F5, 64) + dump(0, 0x7F6, 19) + dump(0, 0x7F7, 57)
        text += dump(0, 0x7F5, 64 | 1 << 31) + dump(0, 0x7F7, 59)
        self.assertEqual(transcript.single_rows(text, SOURCE),
                         [("dma", "dma_L2->L1_64B", {"total": 57}, None),
                          ("dma", "dma_L1->L2_64B", {"total": 59}, None)])

    def test_random_runs_have_span_and_mean_and_need_all_harts(self):
        def end_of_run(run, hart, start, end):
            registers = (0x7C8, run), (0x7C9, start), (0x7CA, end), (0x7CB, 40), (0x7CC, 1)
            return "".join(dump(hart, *register) for register in registers)

        run = 1 << 16 | 0 << 12 | 1 << 8 | 2
        text = end_of_run(run, 0, 10, 110) + end_of_run(run, 1, 13, 118)
        text += end_of_run(run + 1, 0, 10, 110)
        self.assertEqual(transcript.random_rows(text, ["loads"]),
                         [("burst4", "loads.2cores.seed2", {"total": 108, "mean": 102.5}, 80)])


class Scoring(unittest.TestCase):
    """Errors, limits and the table."""

    @staticmethod
    def reference(row_id="m.1.t.0", kind="soc", cycles=200):
        return scoring.Reference(row_id, kind, {"total": cycles}, 10)

    @staticmethod
    def row(cycles, retired=10):
        return transcript.Row("1", "t", {"total": cycles}, retired)

    def score(self, reference, *rows):
        return scoring.score([reference], scoring.identify("m", rows))

    def test_error_is_relative_to_the_rtl_but_to_50_cycles_at_least(self):
        self.assertEqual(self.score(self.reference(), self.row(202))[0].error, 1)
        self.assertEqual(self.score(self.reference(cycles=4), self.row(5))[0].error, 2)

    def test_the_worse_of_two_figures_counts(self):
        reference = scoring.Reference("m.1.t.0", "random", {"total": 100, "mean": 50}, None)
        row = transcript.Row("1", "t", {"total": 101, "mean": 52}, 1)
        self.assertEqual(self.score(reference, row)[0].error, 4)

    def test_a_missing_row_counts_a_hundred_percent(self):
        scores = self.score(self.reference())
        self.assertEqual(scores[0].error, 100)
        self.assertEqual(scoring.figures(scores[0]), ("200", "missing"))
        self.assertFalse(scoring.within_limits(scores))

    def test_rows_of_the_same_name_are_numbered_in_order(self):
        rows = scoring.identify("m", [self.row(1), self.row(2)])
        self.assertEqual({key: row.cycles["total"] for key, row in rows.items()},
                         {"m.1.t.0": 1, "m.1.t.1": 2})

    def test_other_numbers_of_instructions_are_seen(self):
        self.assertTrue(scoring.retires_alike(self.score(self.reference(), self.row(200))[0]))
        self.assertFalse(scoring.retires_alike(self.score(self.reference(), self.row(200, 11))[0]))

    def test_class_exact_has_no_tolerance(self):
        self.assertTrue(scoring.within_limits(self.score(self.reference(), self.row(201))))
        exact = self.reference(kind="exact")
        self.assertFalse(scoring.within_limits(self.score(exact, self.row(201))))
        self.assertTrue(scoring.within_limits(self.score(exact, self.row(200))))

    def test_each_limit_of_all_rows_holds(self):
        for errors in [1.1] * 100, [0] * 94 + [3.1] * 6, [0] * 99 + [11]:
            with self.subTest(worst=errors[-1]):
                scores = [scoring.Score(self.reference(), None, error) for error in errors]
                self.assertFalse(scoring.within_limits(scores))

    def test_summary_line(self):
        scores = [scoring.Score(self.reference(), None, error) for error in [0] * 19 + [5, 10]]
        self.assertEqual(scoring.summary(scores),
                         "accuracy: rows 21 mean 0.71 % p95 5.00 % worst 10.00 %")

    def test_references_are_read_from_three_files(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "accuracy_rows.csv").write_text(
                "row_id,class,rtl_cycles,rtl_retired\na.0,skip,2,0\nb.0,soc,57,\n")
            (folder / "xpulp_timing.csv").write_text(
                "config,group,test,cycles_total,retired_total\nm,core,t,10,8\nm,core,t,11,8\n")
            (folder / "random.csv").write_text(
                "config,program,mix_window,cores,seed,total_cycles,per_core_mean,retired_sum\n"
                "m,dep4,loads,2,1,30,29.5,40\n")
            references = scoring.read_references(folder)
        self.assertEqual([item.row_id for item in references],
                         ["b.0", "m.xpulp_core.t.0", "m.xpulp_core.t.1",
                          "m.dep4.loads.2cores.seed1.0"])
        self.assertIsNone(references[0].retired)
        self.assertEqual(references[3].cycles, {"total": 30, "mean": 29.5})

    def test_the_table_lists_misses_with_their_reasons(self):
        scores = self.score(self.reference(), self.row(203))
        text, unexplained = table.render(scores, [], [(re.compile(r"m\.1\..*"), "because")])
        self.assertIn("| `m.1.t.0` | soc | 200 | 203 | 1.50 | because |", text)
        self.assertEqual(unexplained, [])
        self.assertEqual(table.render(scores, [], [])[1], ["m.1.t.0"])
        self.assertIn("None.", table.render(self.score(self.reference(), self.row(202)), [], [])[0])


if __name__ == "__main__":
    unittest.main()
