"""Choosing from a table: constraints, front, sensitivities and neighbours, on known numbers."""

import unittest

from tessera import choose
from tessera.result import config_number

AXES = {"banks": ["4", "8", "16"], "net": ["a", "b"]}
# cycles = 100 / banks * (1 on net a, 1.5 on net b); area = banks on net a, banks - 1 on net b.
ROWS = [{"point": str(index), "workload": "w", "banks": banks, "net": net, "repeat": "0",
         "status": "ok", "cycles": str(1600 // int(banks) * (2 + (net == "b")) // 2),
         "area": str(int(banks) - (net == "b"))}
        for index, (banks, net) in enumerate((b, n) for b in AXES["banks"] for n in AXES["net"])]
BOTH = [("cycles", "minimise"), ("area", "minimise")]


class Choose(unittest.TestCase):
    def points(self, rows):
        return [row["point"] for row in rows]

    def test_constraints(self):
        met = [row for row in ROWS if choose.is_feasible(row, ["cycles <= 200", "area >= 8"])]
        self.assertEqual(self.points(met), ["2", "4", "5"])
        self.assertFalse(choose.is_feasible({**ROWS[0], "cycles": ""}, ["cycles <= 1000"]))

    def test_the_front_has_no_row_that_another_beats(self):
        worse = {**ROWS[2], "point": "6", "cycles": "201"}
        self.assertEqual(self.points(choose.pareto([*ROWS, worse], BOTH)),
                         ["0", "1", "2", "3", "4", "5"])
        self.assertEqual(self.points(choose.pareto(ROWS, [("cycles", "minimise")])), ["4"])
        self.assertEqual(self.points(choose.pareto(ROWS, [("cycles", "maximise")])), ["1"])
        twins = [ROWS[0], dict(ROWS[0], point="7")]
        self.assertEqual(self.points(choose.pareto(twins, BOTH)), ["0", "7"])

    def test_the_best_is_the_cheapest_feasible_one(self):
        feasible = [row for row in ROWS if choose.is_feasible(row, ["cycles <= 310"])]
        self.assertEqual(choose.best(feasible, [("area", "minimise")])["point"], "3")
        self.assertIsNone(choose.best([], BOTH))

    def test_sensitivity_orders_the_knobs(self):
        (first, mean, largest), (second, least, _) = choose.sensitivity(ROWS, AXES, BOTH[0])
        self.assertEqual((first, mean, largest), ("banks", 3, 3))  # 400/100 and 600/150, less 1
        self.assertEqual((second, least), ("net", 0.5))

    def test_steps_are_the_neighbours(self):
        self.assertEqual([(axis, value, row["point"]) for axis, value, row in
                          choose.steps(ROWS[2], ROWS, AXES)],
                         [("banks", "4", "0"), ("banks", "16", "4"), ("net", "b", "3")])

    def test_the_report_answers(self):
        text = choose.report(ROWS, {"axes": {"workload": ["w"], **AXES}, "objectives": {
            "minimise": ["area", "cycles"], "maximise": [], "subject_to": ["cycles <= 310"]}})
        self.assertIn("w: 6 points, 4 meet cycles <= 310, 4 on the Pareto front\n", text)
        self.assertIn("  best   point 3: area 7, cycles 300; banks=8 net=b\n", text)
        self.assertIn("  banks changes cycles by 300.0% on average, 300.0% at most\n", text)
        self.assertIn("  with banks=4: area 3, cycles 600, breaks a constraint\n", text)
        with self.assertRaises(choose.ChoiceError):
            choose.report(ROWS, {"axes": AXES, "objectives": {}})

    def test_failed_rows_do_not_count(self):
        self.assertEqual(choose.usable([{**ROWS[0], "status": "failed"}]), [])

    def test_numbers_of_a_configuration(self):
        self.assertEqual([config_number(text) for text in ("16KiB", "0x80", "4", "toph", "true")],
                         [16384, 128, 4, None, None])


if __name__ == "__main__":
    unittest.main()
