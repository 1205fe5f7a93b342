#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/context_overhead.py: which mechanisms give an affine latency over density."""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
import context_overhead  # noqa: E402  pylint: disable=wrong-import-position


class ContextOverhead(unittest.TestCase):
    """The experiment at S = 1024, d = 64."""

    @classmethod
    def setUpClass(cls):
        result = context_overhead.experiment(1024, 64, os.environ["ENGINE_RUN"])
        cls.rows = {name: rows for name, _, rows, _ in result}
        cls.summaries = {name: summary for name, _, _, summary in result}

    def test_the_plain_engine_gains_nearly_what_its_density_promises(self):
        base = self.summaries["none"]
        self.assertGreater(base["r2"], 0.99)
        self.assertGreater(base["gain"], 0.8 / base["density"])

    def test_every_mechanism_costs_something(self):
        for name, summary in self.summaries.items():
            if name != "none":
                self.assertGreater(summary["cost"], 0, name)

    def test_idle_units_and_engines_lengthen_the_products(self):
        self.assertAlmostEqual(self.summaries["A2"]["context"], 2, places=2)
        self.assertGreater(self.summaries["A6"]["context"], 1.1)

    def test_softmax_exposed_and_drains_are_affine(self):
        base = self.summaries["none"]
        self.assertGreater(self.summaries["A5"]["intercept"], base["intercept"] + 16 * 80 / 2)
        self.assertGreater(self.summaries["A4"]["intercept"], base["intercept"])

    def test_all_together_gain_less_than_each(self):
        for name in ("A3", "A4", "A5", "A6"):
            self.assertLess(self.summaries["A1-A6"]["gain"], self.summaries[name]["gain"] + 0.01)

    def test_counters_name_the_reason(self):
        quarter = 3
        plain = self.rows["none"][quarter]
        self.assertGreater(self.rows["A1"][quarter]["mvu_load"], plain["mvu_load"])
        self.assertGreater(self.rows["A3"][quarter]["context_chains"], plain["context_chains"])
        self.assertGreater(self.rows["A4"][quarter]["mvu_drain"], 0)
        self.assertGreater(self.rows["A5"][quarter]["mvu_dependency"], plain["mvu_dependency"])


if __name__ == "__main__":
    sys.exit(unittest.main())
