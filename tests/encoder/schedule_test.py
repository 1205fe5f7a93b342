#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What schedules refuse, and which waits they find. No simulator."""
import unittest

from support import Schedule, Span, copy_arguments, np, soc
from deploy.hazards import AccessHistory
from deploy.ita_slots import Line, SlotAllocator, SlotError
from deploy.map_ita import ItaMapper, MappingError, Matrix
from deploy.commands import Copy, Engine, Handle, Job, KIND_DMA, MoveTiles, ScheduleError
from deploy.soc import SocError


def job_at(base, **values):
    """A job of one tile on the first slots of an ITA."""
    defaults = {"input": base, "weight": base + 4096, "output": base + 8192, "tiles": (1, 1, 1),
                "requant_low": (1, 0, 0), "preload": True}
    return Job(**{**defaults, **values})


class Waits(unittest.TestCase):
    def setUp(self):
        self.schedule = Schedule(soc("tessera"))
        self.data = self.schedule.add_data(bytes(4096))
        self.l1 = self.schedule.l1_begin

    def copy_kernel(self, group, destination, source, rows=64, count=64, **options):
        arguments, reads, writes = copy_arguments(destination, source, rows, count)
        return self.schedule.kernel(group, "copy", arguments, reads, writes, "data_movement",
                                    **options)

    def waits(self, engine):
        return self.schedule.engines[engine].commands[-1].waits

    def test_a_reader_waits_for_the_writer(self):
        written = self.schedule.copy([(self.l1, self.data, 4096)])
        self.copy_kernel(0, self.l1 + 4096, self.l1)
        self.assertEqual(self.waits(1), [written])

    def test_a_writer_waits_for_readers_and_writers(self):
        self.schedule.copy([(self.l1, self.data, 4096)])
        readers = [self.copy_kernel(group, self.l1 + 4096 * (1 + group), self.l1)
                   for group in range(2)]
        self.schedule.copy([(self.l1, self.data, 4096)])
        self.assertEqual(self.waits(0), readers)

    def test_other_bytes_do_not_matter(self):
        self.schedule.copy([(self.l1, self.data, 4096)])
        self.copy_kernel(0, self.l1 + 8192, self.l1 + 4096)
        self.assertEqual(self.waits(1), [])

    def test_rows_that_interleave_do_not_meet(self):
        """Two teams write the halves of a row-major matrix."""
        for group in range(2):
            arguments, reads, writes = copy_arguments(self.l1 + 64 * group, self.l1 + 16384, 64, 64,
                                                      destination_stride=128)
            self.schedule.kernel(group, "copy", arguments, reads, writes, "data_movement")
        self.assertEqual(self.waits(2), [])

    def test_what_a_wait_implies_is_not_waited_for(self):
        self.schedule.copy([(self.l1, self.data, 4096)])
        moved = self.copy_kernel(0, self.l1 + 4096, self.l1)
        arguments, _, writes = copy_arguments(self.l1 + 8192, self.l1, 64, 64)
        self.schedule.kernel(1, "copy", arguments, [Span(self.l1, 8192)], writes, "data_movement")
        self.assertEqual(self.waits(2), [moved])

    def test_missing_waits_are_errors_if_asked(self):
        self.schedule.adds_waits = False
        written = self.schedule.copy([(self.l1, self.data, 4096)])
        with self.assertRaisesRegex(ScheduleError, "uses bytes that command 1 .* of dma uses, and "
                                                   "does not wait"):
            self.copy_kernel(0, self.l1 + 4096, self.l1)
        self.copy_kernel(0, self.l1 + 4096, self.l1, waits=[written])
        with self.assertRaisesRegex(ScheduleError, "of team\\[0\\] uses"):
            self.schedule.copy([(self.l1, self.data, 4096)])

    def test_more_waits_than_fit_go_to_a_command_of_their_own(self):
        """A transfer of nine words has room for five waits."""
        for group in range(4):
            self.copy_kernel(group, self.l1 + 16384 * (1 + group), self.l1)
        for ita in range(2):
            base = self.schedule.soc.ita_l1_base(ita)
            self.schedule.job(ita, job_at(base))
        copies = [(self.schedule.soc.ita_l1_base(ita) + 8192, self.data, 4096) for ita in range(2)]
        data = self.schedule.add_data(bytes(65536))
        self.schedule.copy(copies + [(self.l1 + 16384, data, 65536)])
        commands = self.schedule.engines[0].commands
        self.assertEqual([(command.label, len(command.waits)) for command in commands],
                         [("wait", 1), ("copy", 5)])

    def test_no_wait_for_what_is_not_there(self):
        with self.assertRaisesRegex(ScheduleError, "which is not there yet"):
            self.copy_kernel(0, self.l1 + 4096, self.l1, waits=[Handle(0, 1)])

    def test_history_tells_bytes_apart_over_pages(self):
        history = AccessHistory(2)
        history.record(0, 3, [], [Span(0x3FF0, 0x20)])
        self.assertEqual(history.needed_for([Span(0x4000, 4)], []), [3, 0])
        self.assertEqual(history.needed_for([Span(0x4010, 4)], []), [0, 0])


class Refusals(unittest.TestCase):
    def setUp(self):
        self.schedule = Schedule(soc("tessera"))
        self.data = self.schedule.add_data(bytes(4096))
        self.l1 = self.schedule.l1_begin
        self.base = self.schedule.soc.ita_l1_base(0)

    def refused(self, text):
        return self.assertRaisesRegex(ScheduleError, text)

    def test_bytes_outside_the_memory(self):
        for destination in (self.l1 - 4, self.schedule.soc.l1_end + 4 * 65536 - 64):
            with self.refused("outside the plan's memory"):
                self.schedule.copy([(destination, self.data, 4096)])
        with self.refused("outside the plan's memory"):
            self.schedule.copy([(self.l1, self.data + 64, 4096)])

    def test_constant_data_are_not_written(self):
        with self.refused("are constant data"):
            self.schedule.copy([(self.data, self.l1, 64)])

    def test_transfers_that_the_dma_cannot_do(self):
        with self.refused("allowed: between L1 and L2"):
            self.schedule.copy([(self.l1, self.l1 + 4096, 64)])
        with self.refused("too short for another beside it"):
            self.schedule.copy([(self.l1, self.data, 64), (self.l1 + 64, self.data, 64)])
        with self.refused("0 transfers"):
            self.schedule.copy([])
        with self.refused("in different groups"):
            self.schedule.spread(Copy(self.base, self.data, 1024), 2, 8192, 1024)

    def test_jobs_outside_their_banks(self):
        with self.refused("job of ITA 1"):
            self.schedule.job(1, job_at(self.base))
        with self.refused("multiples of 4"):
            self.schedule.job(0, job_at(self.base, input=self.base + 2))

    def test_constants_out_of_range(self):
        for requant in ((256, 0, 0), (1, 256, 0), (1, 0, 128), (-1, 0, 0)):
            with self.refused("requant"):
                self.schedule.job(0, job_at(self.base, requant_low=requant))
        with self.refused("gelu b"):
            self.schedule.job(0, job_at(self.base, gelu=(1 << 15, 0)))

    def test_unknown_class_and_engine(self):
        arguments, reads, writes = copy_arguments(self.l1, self.l1 + 4096, 1, 64)
        with self.refused("operator class 'gem'"):
            self.schedule.kernel(0, "copy", arguments, reads, writes, "gem")
        with self.refused("team 4 is not an engine"):
            self.schedule.kernel(4, "copy", arguments, reads, writes, "other")

    def test_a_held_job_that_waits_for_itself(self):
        """It starts with the next one, which waits for its result."""
        self.schedule.job(0, job_at(self.base, hold=True))
        self.schedule.move_tiles(0, move(self.base + 8192, self.l1))
        self.schedule.move_tiles(0, move(self.l1, self.base + 12288))
        self.schedule.job(0, job_at(self.base, input=self.base + 12288))
        with self.refused("deadlock: team\\[0\\] cannot get beyond command 0 of 2"):
            self.schedule.image()

    def test_more_data_than_l2(self):
        schedule = Schedule(soc("minpool"))
        with self.refused("bytes of data are more than L2's 4194304 hold"):
            schedule.add_data(bytes(4 << 20))

    def test_engines(self):
        with self.refused("the DMA first"):
            Schedule(soc("tessera"), engines=[])
        with self.refused("allowed: up to 16"):
            Schedule(soc("tessera"), engines=[Engine("dma", KIND_DMA, 0, 1)] * 17)
        with self.refused("two tiles more than ITAs"):
            Schedule(soc("tessera", "soc.cluster.core_tiles_per_group=2"))


def move(source, destination):
    return MoveTiles(source, 64, 4096, destination, 64, 4096)


class Slots(unittest.TestCase):
    def test_what_is_needed_again_late_is_given_up(self):
        lines = [Line() for _ in range(3)]
        order = [0, 1, 0, 2, 0, 1]
        stays, places = SlotAllocator(2, [[(lines[i], 0)] for i in order]).allocate()
        self.assertEqual([(lines.index(stay.line), stay.first) for stay in stays],
                         [(0, 0), (1, 1), (2, 3), (1, 5)])
        self.assertEqual(places[4][lines[0]].slot, places[0][lines[0]].slot)

    def test_a_fetch_may_begin_when_its_slot_was_used_last(self):
        lines = [Line() for _ in range(3)]
        uses = [[(lines[0], 0)], [(lines[1], 0)], [(lines[1], 0)], [(lines[2], 0)]]
        stays, _ = SlotAllocator(2, uses).allocate()
        self.assertEqual(stays[2].release, 0)

    def test_results_stay(self):
        result, other = Line(is_result=True), [Line() for _ in range(3)]
        uses = [[(result, 0)], [(other[0], 0)], [(other[1], 0)], [(result, 0)]]
        stays, places = SlotAllocator(2, uses).allocate()
        self.assertEqual(places[3][result].first, 0)
        with self.assertRaises(SlotError):
            SlotAllocator(1, uses).allocate()

    def test_pairs_lie_side_by_side(self):
        pair, single = Line(size=2), Line()
        stays, _ = SlotAllocator(4, [[(single, 0), (pair, 0)]]).allocate()
        self.assertEqual(sorted((stay.line.size, stay.slot) for stay in stays)[1][1] % 2, 0)


class MappingRefusals(unittest.TestCase):
    def setUp(self):
        self.schedule = Schedule(soc("tessera"))
        self.mapper = ItaMapper(self.schedule)
        self.l1 = self.schedule.l1_begin

    def refused(self, text):
        return self.assertRaisesRegex(MappingError, text)

    def weights(self, rows, columns):
        return self.mapper.add_weights(np.ones((rows, columns), np.int8))

    def test_shapes(self):
        with self.refused("allowed: multiples of 64"):
            self.weights(64, 96)
        weights = self.weights(64, 64)
        y = Matrix(self.l1 + 8192, 64, 64, 64)
        with self.refused("S=60; allowed: multiples of 64"):
            self.mapper.linear(Matrix(self.l1, 60, 64, 64), weights, y, (1, 0, 0))
        with self.refused("multiples of 64, words of the cores' L1"):
            self.mapper.linear(Matrix(self.schedule.soc.l2_base, 64, 64, 64), weights, y, (1, 0, 0))
        with self.refused("input has 128 rows or columns; expected 64"):
            self.mapper.linear(Matrix(self.l1, 64, 128, 128), weights, y, (1, 0, 0))
        with self.refused("K=1024; allowed: at most 960"):
            self.mapper.linear(Matrix(self.l1, 64, 1024, 1024), self.weights(64, 1024), y,
                               (1, 0, 0))

    def test_biases_of_more_than_24_bits(self):
        with self.refused("does not fit 24 bits"):
            self.mapper.add_weights(np.ones((64, 64), np.int8), np.full(64, 1 << 23))

    def test_machines_without_jobs(self):
        for name in ("minpool", "mempool_ita"):
            with self.refused("no ITAs with the job interface"):
                ItaMapper(Schedule(soc(name)))

    def test_attention_that_is_too_long(self):
        long = Matrix(self.l1, 64 * 13, 64, 64)
        with self.refused("S of the keys=832; allowed: at most 768"):
            self.mapper.attention(long, long, long, long, 1, (1, 0, 0), (1, 0, 0))


class Descriptions(unittest.TestCase):
    def test_values(self):
        machine = soc("tessera", "soc.ita.count=2", "soc.l2.bytes=8MiB")
        self.assertEqual((machine.num_harts, machine.core_l1_bytes, machine.num_itas),
                         (192, 0xC0000, 2))
        self.assertEqual((machine.ita_l1_bytes, machine.l2_bytes), (65536, 8 << 20))
        self.assertEqual(soc("mempool_ita").num_itas, 0)

    def test_errors(self):
        for setting, text in (("soc.ita.count=x", "expected an integer"), ("ita=1", "unknown key"),
                              ("soc.ita.flavour=x", "expected rtl")):
            with self.assertRaisesRegex(SocError, text):
                soc("tessera", setting)


if __name__ == "__main__":
    unittest.main()
