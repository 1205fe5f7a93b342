# SPDX-License-Identifier: Apache-2.0
"""Timelines are valid, and show what happened."""

from support import TraceTest
import timeline_schema


class TimelineTest(TraceTest):
    def timeline(self, name, *arguments, window="", machine="minpool", timing="cycle"):
        self.run_program(self.program(name), *arguments, "--timeline", "timeline.json" + window,
                         machine=machine, timing=timing)
        return timeline_schema.read(self.folder / "timeline.json")

    def test_transfers_are_launched_by_harts_and_awaited(self):
        for timing in ("functional", "cycle"):
            with self.subTest(timing):
                events = self.timeline("dma_copy", timing=timing)
                transfers = timeline_schema.slices(events, "soc.dma", "transfer")
                self.assertTrue(transfers)
                flows = [event["ph"] for event in events if event["ph"] in "stf"]
                self.assertEqual(flows.count("s"), len(transfers))
                self.assertEqual(flows.count("t"), len(transfers))
                self.assertEqual(flows.count("f"), len(transfers))

    def test_the_itas_work_beside_each_other_in_mhsa(self):
        events = self.timeline("mhsa", *self.workload("make_workload.py", "mhsa", "--shape",
                                                      "128,128,64,4", "--seed", "1"),
                               machine="tessera")
        jobs = [timeline_schema.slices(events, f"soc.ita[{i}]", "job") for i in range(4)]
        self.assertTrue(all(jobs))
        self.assertTrue(any(begin < other_end and other_begin < end
                            for i in range(3) for begin, end, _ in jobs[i]
                            for other_begin, other_end, _ in jobs[i + 1]))
        self.assertTrue(timeline_schema.slices(events, "soc.dma", "transfer"))

    def test_an_ita_shows_the_phases_of_its_layers(self):
        workload = self.workload("make_workload.py", "mhsa", "--shape", "128,128,64,4", "--seed",
                                 "1")
        for timing in ("functional", "cycle"):
            with self.subTest(timing):
                events = self.timeline("mhsa", *workload, machine="tessera", timing=timing)
                phases = timeline_schema.slices(events, "soc.ita[0]", "phase")
                self.assertEqual({name for _, _, name in phases},
                                 {"Q", "K", "V", "QK", "AV", "OW"})
                for begin, end, _ in timeline_schema.slices(events, "soc.ita[0]", "job"):
                    self.assertEqual(sum(first <= begin and end <= last
                                         for first, last, _ in phases), 1)

    def test_an_operand_block_is_fetched_computed_and_written(self):
        events = self.timeline("operand_block", *self.workload(
            "make_workload.py", "operand-block", "--shape", "64,64,64,2", "--seed", "1"),
                               machine="mempool_ita")
        heads = timeline_schema.slices(events, "soc.ita[0]", "head")
        phases = timeline_schema.slices(events, "soc.ita[0]", "phase")
        self.assertTrue(heads)
        self.assertEqual([name for _, _, name in phases],
                         ["fetch", "compute", "write"] * len(heads))
        self.assertTrue(all(heads[i // 3][0] <= begin and end <= heads[i // 3][1]
                            for i, (begin, end, _) in enumerate(phases)))

    def test_the_engine_shows_descriptors_and_chains(self):
        events = self.timeline("attention_engine", machine="tessera")
        descriptors = timeline_schema.slices(events, "soc.attention_engine", "descriptor")
        chains = timeline_schema.slices(events, "soc.attention_engine", "chain")
        self.assertTrue(descriptors)
        self.assertTrue(chains)
        begin = min(descriptors)[0]
        end = max(descriptor[1] for descriptor in descriptors)
        self.assertTrue(all(begin <= chain[0] and chain[1] <= end for chain in chains))

    def check_arrows(self, events, device, kind):
        """One arrow for each activity, from a hart's slice to its begin; returns those seen."""
        tracks = timeline_schema.names(events)
        steps = {phase: [(round(event["ts"] * 1000), *tracks[event["pid"], event["tid"]])
                         for event in events if event["ph"] == phase] for phase in "stf"}
        begins = [begin for begin, _, _ in timeline_schema.slices(events, device, kind)]
        self.assertTrue(begins)
        self.assertEqual(sorted(cycle for cycle, process, track in steps["t"]
                                if process == device and track.startswith(kind)), begins)
        harts = {place: timeline_schema.slices(events, *place)
                 for place in {tuple(place) for _, *place in steps["s"] + steps["f"]}}
        for cycle, *place in steps["s"] + steps["f"]:
            self.assertRegex(place[1], r"core\[\d+\]")
            self.assertTrue(any(begin <= cycle <= end for begin, end, _ in harts[tuple(place)]))
        return steps["f"]

    def test_arrows_lead_to_jobs_and_descriptors_and_back(self):
        for timing in ("functional", "cycle"):
            for program, device, kind in (("ita_jobs", "soc.ita[0]", "job"),
                                          ("attention_engine", "soc.attention_engine",
                                           "descriptor")):
                with self.subTest(timing=timing, program=program):
                    events = self.timeline(program, machine="tessera", timing=timing,
                                           window=",harts=0-3")
                    self.assertTrue(self.check_arrows(events, device, kind))

    def test_the_counter_of_descriptors_is_of_those_that_wait(self):
        for timing in ("functional", "cycle"):
            with self.subTest(timing):
                events = self.timeline("engine_chains", machine="tessera", timing=timing)
                begins = [begin for begin, _, _ in timeline_schema.slices(
                    events, "soc.attention_engine", "descriptor")]
                counts = {round(event["ts"] * 1000): event["args"]["value"] for event in events
                          if event["name"] == "waiting_descriptors"}
                self.assertTrue(counts)
                tracks = timeline_schema.names(events)
                flows = {event["id"] for event in events if event["ph"] == "t" and
                         tracks[event["pid"], event["tid"]] ==
                         ("soc.attention_engine", "descriptor")}
                launches = [round(event["ts"] * 1000) for event in events
                            if event["ph"] == "s" and event["id"] in flows]
                for cycle, waiting in counts.items():
                    self.assertEqual(waiting, sum(launch <= cycle for launch in launches) -
                                     sum(begin <= cycle for begin in begins), cycle)

    def test_harts_show_functions_and_sleep(self):
        events = self.timeline("barrier")
        names = {name for _, _, name in timeline_schema.slices(
            events, "soc.cluster.group[0].tile[0]", "core[1]")}
        self.assertIn("main", names)
        self.assertIn("asleep", names)
        self.assertIn("barrier", names)
        self.assertIn("l1_conflict_cycles", {event["name"] for event in events
                                             if event["ph"] == "C"})

    def test_a_window_hides_the_rest(self):
        events = self.timeline("barrier", window=",harts=2,from=5000,to=9000")
        self.assertEqual({track[1] for track in timeline_schema.names(events).values()},
                         {"core[2]"})
        times = [time for begin, end, _ in timeline_schema.slices(
            events, "soc.cluster.group[0].tile[0]", "core[2]") for time in (begin, end)]
        self.assertTrue(times)
        self.assertGreaterEqual(min(times), 5000)
        self.assertLessEqual(max(times), 9001)
