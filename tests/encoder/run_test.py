#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hand-made schedules on every machine in both timing modes, and images that encoder refuses.

    TESSERA=build/release/bin/tessera ENCODER=build/release/sw/encoder.elf run_test.py
"""
import struct
import unittest

from support import (MACHINES, Schedule, copy_arguments, int8, np, programs, run_image,
                     run_schedule, soc)
from deploy.commands import MoveTiles
from deploy.schedule import COMMAND, ENGINE, ENGINES_OFFSET

TIMINGS = ("functional", "cycle")
ITERATIONS = 3
ROUNDS = 6  # more commands than a ring of 8 holds
PIECE = 512


def relay(machine, **options):
    """Each piece of an input goes through all teams in turn, then to the output; the next piece
    uses the same buffers. Returns the schedule, the input's values and the output's address."""
    schedule = Schedule(machine, iterations=ITERATIONS, source_stride=ROUNDS * PIECE,
                        destination_stride=ROUNDS * PIECE, ring_commands=8, **options)
    values = int8(np.random.default_rng(1), ITERATIONS, ROUNDS, PIECE)
    source = schedule.add_data(values.tobytes())
    output = schedule.reserve(values.size)
    schedule.begin_layer("relay")
    buffers = [schedule.l1_begin + PIECE * i for i in range(machine.num_groups + 1)]
    for piece in range(ROUNDS):
        schedule.copy([(buffers[0], source + piece * PIECE, PIECE)], source_advances=True)
        for group in range(machine.num_groups):
            arguments, reads, writes = copy_arguments(buffers[group + 1], buffers[group], 1, PIECE)
            schedule.kernel(group, "copy", arguments, reads, writes, "data_movement")
        schedule.copy([(output + piece * PIECE, buffers[-1], PIECE)], destination_advances=True)
    return schedule, values, output


class Relays(unittest.TestCase):
    def check(self, name, timing):
        schedule, values, output = relay(soc(name))
        result = run_schedule(schedule, timing=timing, **programs())
        self.assertTrue(np.array_equal(result.read(output, values.shape), values))
        self.assertGreater(result.total_cycles, 2 * result.cycles)
        for engine, log in zip(schedule.engines, result.logs):
            self.assertEqual(len(log), len(engine.commands))
            self.assertTrue((log[:, 0] <= log[:, 1]).all())
            self.assertTrue((log[1:, 0] >= log[:-1, 1]).all(), engine.name)
            self.assertTrue(((log >= 0) & (log <= result.cycles)).all())
        return result

    def test_all_machines_functional(self):
        for name in MACHINES:
            with self.subTest(name):
                self.check(name, "functional")

    def test_all_machines_cycle(self):
        for name in MACHINES:
            with self.subTest(name):
                self.check(name, "cycle")

    def test_a_run_is_repeatable(self):
        self.assertEqual(self.check("tessera", "cycle").cycles,
                         self.check("tessera", "cycle").cycles)

    def test_workers(self):
        """Every worker of a team writes its rank; the count is what Python says."""
        for name in MACHINES:
            schedule = Schedule(soc(name))
            for group in range(schedule.soc.num_groups):
                self.assertLessEqual(schedule.workers(group), schedule.soc.harts_per_group)
                self.assertGreaterEqual(schedule.workers(group),
                                        schedule.soc.harts_per_group // 2)


class Moves(unittest.TestCase):
    def test_tiles_reach_several_places(self):
        """Two pairs of tiles of a matrix with gaps, to all ITAs at once and back."""
        machine = soc("tessera")
        for timing in TIMINGS:
            schedule = Schedule(machine)
            values = int8(np.random.default_rng(2), 64, 256)
            source = schedule.add_data(values.tobytes())
            matrix, slot = schedule.l1_begin, machine.ita_l1_base(0)
            schedule.copy([(matrix, source, values.size)])
            schedule.move_tiles(1, MoveTiles(matrix, 256, 64, slot + 8192, 64, 4096, 64, 4, 4,
                                             machine.ita_l1_bytes, 5 * 4096))
            outputs = []
            for ita in range(4):
                for place in (2, 3, 7, 8):
                    outputs.append(schedule.reserve(4096))
                    schedule.copy([(outputs[-1], machine.ita_l1_base(ita) + 4096 * place, 4096)])
            result = run_schedule(schedule, timing=timing, **programs())
            for i, output in enumerate(outputs):
                tile = values[:, 64 * (i % 4):64 * (i % 4) + 64]
                self.assertTrue(np.array_equal(result.read(output, (64, 64)), tile))

    def test_spread_reaches_all_itas(self):
        machine = soc("tessera")
        for timing in TIMINGS:
            schedule = Schedule(machine)
            values = int8(np.random.default_rng(3), 4, 4096)
            source = schedule.add_data(values.tobytes())
            base = machine.ita_l1_base(0)
            schedule.spread((base, source, 4096), 4, machine.ita_l1_bytes, 4096)
            output = schedule.reserve(values.size)
            for ita in range(4):
                schedule.copy([(output + 4096 * ita, machine.ita_l1_base(ita), 4096)])
            result = run_schedule(schedule, timing=timing, **programs())
            self.assertTrue(np.array_equal(result.read(output, values.shape), values))


class BadImages(unittest.TestCase):
    """Each is one change of a good image; encoder says what and ends with its number."""

    def setUp(self):
        self.machine = soc("tessera")
        self.schedule = relay(self.machine)[0]
        self.image = bytearray(self.schedule.image())

    def patch(self, offset, value):
        struct.pack_into("<I", self.image, offset, value)

    def expect(self, code, text, machine=None):
        machine = machine or self.machine
        run, memory = run_image(bytes(self.image), machine, **programs())
        self.assertEqual((run.facts["exit_code"], run.facts["guest_value"]), (1, code))
        self.assertRegex(run.stdout, "encoder: " + text)
        self.assertEqual(struct.unpack_from("<I", memory, 84), (0,))  # not complete

    def engine(self, number, field):
        """Offset of a word of struct ScheduleEngine."""
        return ENGINES_OFFSET + number * ENGINE.size + 4 * field

    def command(self, engine, number):
        offset = struct.unpack_from("<I", self.image, self.engine(engine, 8))[0]
        return offset + number * COMMAND.size

    def test_magic(self):
        self.patch(0, 0x12345678)
        self.expect(10, "wrong magic 0x12345678 at 0x80100000, expected 0x45534e45")

    def test_version(self):
        self.patch(4, 9)
        self.expect(11, "wrong version 9, expected 1")

    def test_sizes(self):
        for offset, value in ((8, 0x7FFFFFFF), (8, 4096), (self.engine(1, 7), 0xFFFFFF),
                              (self.engine(2, 8), 0xFFFFFFF0), (self.engine(0, 9), 2), (76, 17),
                              (52, 0x90000000)):
            self.image = bytearray(self.schedule.image())
            self.patch(offset, value)
            self.expect(12, "wrong size, parts of the schedule lie outside")

    def test_other_machine(self):
        self.expect(13, "the schedule is for a machine of 192 harts, 4 groups and 4 ITAs",
                    soc("mempool"))
        self.expect(13, "the schedule is for", soc("tessera", "soc.ita.flavour=rtl_2024_08"))

    def test_no_room(self):
        self.patch(48, self.machine.sequential_bytes)
        self.expect(14, "no room, its own data end at")

    def test_engines(self):
        for number, field, value in ((0, 0, 1), (1, 0, 7), (1, 1, 4), (1, 2, 192), (1, 4, 12),
                                     (1, 5, 0), (1, 10, 4), (1, 11, 12), (5, 1, 4), (5, 3, 999)):
            self.image = bytearray(self.schedule.image())
            self.patch(self.engine(number, field), value)
            self.expect(15, f"wrong engine {number}")
        self.image = bytearray(self.schedule.image())
        self.patch(self.engine(1, 2), 48)
        self.expect(15, "two engines share a hart")

    def test_commands(self):
        for engine, number, offset, value in ((0, 1, 0, 9), (1, 2, 0, 99), (2, 0, 4, 15 << 16),
                                              (1, 0, 60, 0x09000001), (1, 0, 60, 0x000000FF)):
            self.image = bytearray(self.schedule.image())
            self.patch(self.command(engine, number) + offset, value)
            self.expect(16, f"wrong command {number} of engine {engine}")

    def test_deadlock(self):
        """The first transfer waits for the last one's reader."""
        self.patch(self.command(0, 0) + 4, 1 << 16 | 3 << 24)
        self.patch(self.command(0, 0) + 60, 1 << 24 | 1)
        self.expect(17, "deadlock, engine 0 cannot get beyond command 0 of 12")


if __name__ == "__main__":
    unittest.main()
