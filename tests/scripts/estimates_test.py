"""Estimates of wires, area and energy: numbers of small machines by hand, and of real runs."""

import tempfile
import unittest

import tessera
from tessera import estimates
from tessera.sweep.scan import machine


def config(topology="toph", **changes):
    """256 harts in 64 tiles of 4 groups, as in MemPool."""
    cluster = {"num_groups": 4, "tile_slots_per_group": 16, "core_tiles_per_group": 16,
               "cores_per_tile": 4, "banks_per_tile": 16, "interconnect.topology": topology}
    return {**{f"soc.cluster.{name}": value for name, value in cluster.items()},
            "soc.ita.interface": "none", **changes}


class Machines(unittest.TestCase):
    def test_wires_crowding_and_crosspoints(self):
        tiles = 64 * 16  # one more port or hart of all tiles, to all banks
        for topology, wires, crowding, crosspoints in (
                ("top1", 64, 128, 5 * tiles + 64 * 4 + 3 * 4 * 64),
                ("top4", 256, 512, 8 * tiles + 64 * 16 + 3 * 4 * 256),
                # 4 ports to the middle of a group and back, then 3 x 16 channels to other groups.
                ("toph", 64 * 4 * 0.5 + 16 * 4 * 2, 128, 8 * tiles + 64 * 16 + 16 * 16 * 16),
                ("ideal", (256 + 1024) / 2, 1280, 256 * 1024)):
            with self.subTest(topology):
                found = estimates.of_machine(config(topology))
                self.assertEqual((found["l1_wires"], found["l1_crowding"],
                                  found["l1_crosspoints"]), (wires, crowding, crosspoints))

    def test_two_groups_are_rectangles(self):
        found = estimates.of_machine(config(**{"soc.cluster.num_groups": 2}))
        self.assertEqual(found["l1_wires"], 32 * 2 * 2 * 0.375 + 16 * 2 * 0.5)

    def test_a_topology_without_floor_plan_has_no_wires(self):
        self.assertEqual(estimates.of_machine(config("terapool")), {})

    def test_the_area_of_itas_is_that_of_their_operations(self):
        found = estimates.of_machine(machine(str(tessera.paths.find_config("tessera"))))
        self.assertAlmostEqual(found["ita_mm2"], 4 * 2 * 1024 * 500e6 / 5.93e12)

    def test_crossbars_are_those_of_the_model(self):
        with tempfile.TemporaryDirectory() as folder:
            for topology in ("top1", "toph"):
                result = tessera.Traffic("mempool").set(
                    {"soc.cluster.interconnect.topology": topology}).pattern(
                        load=0.1, cycles=50).execute(folder)
                outputs = len([name for name in result.stats if ".request_network." in name
                               and name.endswith(".requests")])
                inputs = {"top1": 4, "toph": 16}[topology]
                ports = {"top1": 1, "toph": 4}[topology]
                self.assertEqual(result.value("estimate.l1_crosspoints") - inputs * outputs,
                                 64 * ((4 + ports) * 16 + 4 * ports))


class RunFigures(unittest.TestCase):
    def test_accesses_and_energies(self):
        network = "soc.cluster.l1_network.accesses.from_tile"
        stats = {f"{network}[0].to_tile[0]": 10, f"{network}[0].to_tile[1]": 30,
                 "soc.cluster.instructions": 1000, "soc.ita[0].macs": 169, "soc.ita[1].macs": 169}
        found = estimates.of_run(config(**{"soc.ita.interface": "job"}), stats)
        self.assertEqual((found["l1_access_units"], found["l1_remote_share"]), (70, 0.75))
        self.assertAlmostEqual(found["core_nj"], 8.28, places=2)
        self.assertAlmostEqual(found["ita_nj"], 0.04)

    def test_names_are_those_of_all_estimates(self):
        area = estimates.of_machine(machine(str(tessera.paths.find_config("tessera"))))
        stats = {"soc.cluster.l1_network.accesses.from_tile[0].to_tile[0]": 1,
                 "soc.cluster.instructions": 1}
        energy = estimates.of_run(config(**{"soc.ita.interface": "job"}), stats)
        self.assertEqual(sorted({**area, **energy}), sorted(estimates.NAMES))

    def test_they_are_figures_of_a_run(self):
        result = tessera.Run("minpool", "hello").execute()
        per_instruction = result.value("estimate.core_nj") * 1e3 / result.facts["instructions"]
        self.assertAlmostEqual(per_instruction, estimates.CORE_PJ_PER_INSTRUCTION)


if __name__ == "__main__":
    unittest.main()
