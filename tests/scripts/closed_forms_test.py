"""Closed forms against what they stand for: job times of the ITA model, planner and twin."""

import itertools
import re
import subprocess
import unittest

from tessera import closed_forms, paths
from tessera.sweep.scan import machine

TESSERA = machine(str(paths.find_config("tessera")))


def uncontended(settings):
    """What `tessera list accelerators` says: cycles of a job with output, and without."""
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    done = subprocess.run([paths.build_folder() / "bin/tessera", "list", "accelerators", *words],
                          capture_output=True, text=True, check=True)
    return tuple(map(int, re.findall(r"(\d+) cycles uncontended", done.stdout)))


class Ita(unittest.TestCase):
    def test_jobs_take_what_the_model_takes(self):
        for elements, (ports, width, weights) in itertools.product(
                (4, 8, 16, 32, 64), ((1, 128, 128), (2, 128, 128), (1, 256, 128), (1, 128, 16),
                                     (1, 64, 16), (2, 256, 256))):
            settings = {"soc.ita.processing_elements": elements, "soc.ita.ports": ports,
                        "soc.ita.port_bytes": width, "soc.ita.weight_port_bytes": weights}
            with self.subTest(settings):
                for guess, cycles in zip(closed_forms.job_cycles(settings), uncontended(settings)):
                    self.assertLess(abs(guess / cycles - 1), 0.09)

    def test_a_layer_is_the_jobs_of_the_ita_with_most_heads(self):
        ends, accumulates = closed_forms.job_cycles(TESSERA)
        # S=128, E=192, P=64: 2 x 1 outputs 3 deep three times, 2 x 2, 1 deep; 2 x 1, 2 deep;
        # 2 x 3, 1 deep.
        head = 18 * ends + (3 * 2 * 2 + 2) * accumulates
        for heads, rounds in ((1, 1), (4, 1), (5, 2), (12, 3)):
            model = closed_forms.ItaHeads(f"128,192,64,{heads}")
            self.assertEqual(model(TESSERA), rounds * head)


class Engine(unittest.TestCase):
    def test_a_head_is_the_twins(self):
        model = closed_forms.EngineHead("window", "1024", window="128")
        patterns = closed_forms._patterns()
        library = patterns.Library(paths.build_folder())
        tile_map = library.pattern("window", 1024, window=128)
        small = {**TESSERA, "soc.attention_engine.score_entries": 128,
                 "soc.attention_engine.mrf_entries": 8}
        self.assertEqual(model(small), library.estimate(tile_map, patterns.Job(
            score_entries=128, mrf_tiles=8)).cycles)
        self.assertLess(model(TESSERA), model(small))

    def test_nothing_fits(self):
        model = closed_forms.EngineHead("dense", 512)
        self.assertIsNone(model({**TESSERA, "soc.attention_engine.mrf_entries": 1}))

    def test_arguments(self):
        self.assertEqual(closed_forms.EngineHead.required(), ["pattern", "tokens"])
        self.assertEqual(closed_forms.ItaHeads.arguments(), ["shape"])


if __name__ == "__main__":
    unittest.main()
