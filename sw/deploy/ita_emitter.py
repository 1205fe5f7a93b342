# SPDX-License-Identifier: Apache-2.0
"""Tile steps become commands: slots, transfers, jobs, and the ways of inputs and results."""
import collections

from .commands import (MAX_COPIES, MAX_SPREAD, NUM_CONTEXTS, TILE, TILE_BIAS_BYTES, TILE_BYTES,
                       Copy, Job, MoveTiles, Span)
from .ita_slots import SlotAllocator, SlotError
from .ita_steps import BiasLine, InputLine, MappingError, OwnLine, WeightLine

BIASES_PER_SLOT = TILE_BYTES // TILE_BIAS_BYTES
STORE_STEPS = 2  # that an output's slot is in use while a team brings it away
BIAS_STEPS = 3   # that biases come earlier: a team passes them on


def is_held(job, before):
    """Whether a job of an ITA may start only together with the one behind it.

    When a job ends that is not an output tile's last, the hardware compares its count of inner
    tiles with the sizes in the context behind. What that context has held since three jobs
    before, or 0 since the start of the iteration, may equal the count
    (models/ita/README.md).

    Args: before: the jobs in the other contexts, or all there have been."""
    if job.output is not None:
        return False
    behind = before[0].tiles[job.counter] if len(before) == NUM_CONTEXTS - 1 else 0
    return max(1, behind) == job.inner + 1


class Emitter:
    """The commands of one flush."""

    def __init__(self, mapper):
        self.mapper = mapper
        self.schedule = mapper.schedule
        self.soc = mapper.soc
        self.steps = mapper.steps
        self.num_slots = mapper.num_slots
        self.bias_lines = self._make_bias_lines(mapper.biases)
        self.held = {ita: self._held_steps(ita) for ita in range(self.soc.num_itas)}
        self._allocate()

    def _make_bias_lines(self, biases):
        """Lines of up to 21 biases, the same for all ITAs."""
        lines = []
        for first in range(0, len(biases), BIASES_PER_SLOT):
            blob = b"".join(biases[first:first + BIASES_PER_SLOT])
            lines.append(BiasLine(fetch_cycles=900, bytes=len(blob),
                                  address=self.schedule.add_data(blob)))
        return lines

    def _bias_line(self, job):
        return self.bias_lines[job.bias // BIASES_PER_SLOT]

    def _held_steps(self, ita):
        """The steps whose jobs are held."""
        issued, held = self.mapper.issued[ita][1 - NUM_CONTEXTS:], set()
        for number, step in enumerate(self.steps):
            if ita in step.jobs:
                if is_held(step.jobs[ita], issued[1 - NUM_CONTEXTS:]):
                    held.add(number)
                issued.append(step.jobs[ita])
        return held

    def _allocate(self):
        """Finds slots for the lines. Those of held jobs are kept until the jobs start only where
        what these wait for would else be brought to the same slots: that may cost cycles."""
        uses = [self._uses(step) for step in self.steps]
        starts = self._starts_of_held()
        try:
            self.stays, self.places = SlotAllocator(self.num_slots, uses).allocate()
            if any(self._waits_for_itself(held, start) for held, start in starts.items()):
                uses = [[(line, max(hold, starts.get(number, number) - number))
                         for line, hold in lines] for number, lines in enumerate(uses)]
                self.stays, self.places = SlotAllocator(self.num_slots, uses).allocate()
        except SlotError as error:
            raise MappingError(f"ITA's {self.num_slots} tile slots are too few: {error}") from error

    def _starts_of_held(self):
        """{step with a held job: the step whose job lets it start, the later of all ITAs}."""
        starts = {}
        for ita, held in self.held.items():
            own = [number for number, step in enumerate(self.steps) if ita in step.jobs]
            for number, following in reversed(list(zip(own, own[1:]))):
                if number in held:
                    start = starts.get(following, following) if following in held else following
                    starts[number] = max(start, starts.get(number, 0))
        return starts

    def _waits_for_itself(self, held, start):
        """Whether something that is to be there before the job of `held` starts comes to slots that
        this job, or one behind it, uses until it ends."""
        return any(stay.release >= held and stay.first > held and not stay.line.is_result
                   for number in range(held + 1, start + 1)
                   for stay in self.places[number].values())

    def _uses(self, step):
        """Lines of a step for the allocator."""
        uses = {}
        for job in step.jobs.values():
            uses[job.input[0]] = 0
            uses[job.weight[0]] = 0
            if job.bias is not None and job.output is not None:
                uses[self._bias_line(job)] = 0
            if job.output is not None:
                uses[job.output] = STORE_STEPS if job.output.targets else 0
        return list(uses.items())

    def emit(self, beside=()):
        """beside: functions that add commands; they are called at even distances, each before teams
        would wait for the end of a job whose output they store."""
        waiting = collections.defaultdict(list)
        for stay in self.stays:
            if not stay.line.is_result:
                waiting[stay.release + 1].append(stay)
        chains = self._chains()
        for number, step in enumerate(self.steps):
            layer = step.number
            self._fetch(waiting.pop(number, ()), layer)
            for ita, job in step.jobs.items():
                self._issue(number, ita, job, chains[ita][number], layer)
            begin, end = (len(beside) * place // len(self.steps) for place in (number, number + 1))
            for add_command in beside[begin:end]:
                add_command()
            self._store(number, step, layer)

    def _address(self, ita, number, line, tile=0):
        stay = self.places[number][line]
        return self.soc.ita_l1_base(ita) + (stay.slot + tile) * TILE_BYTES

    def _chains(self):
        """Per ITA {step: (preloads, next step or None)}."""
        chains = {}
        for ita in range(self.soc.num_itas):
            own = [number for number, step in enumerate(self.steps) if ita in step.jobs]
            chain, preloads = {}, True
            for number, following in zip(own, own[1:] + [None]):
                is_ahead = following is not None and self._is_there(number, following, ita)
                chain[number] = (preloads, following if is_ahead else None)
                preloads = not is_ahead
            chains[ita] = chain
        return chains

    def _is_there(self, number, following, ita):
        """The stationary tile of the step `following` is in its slot when `number` begins."""
        line = self.steps[following].jobs[ita].weight[0]
        stay = self.places[following][line]
        return stay.first < number if line.is_result else stay.release < number

    def _issue(self, number, ita, job, chain, layer):
        preloads, following = chain
        next_weight = None
        if following is not None:
            line, tile = self.steps[following].jobs[ita].weight
            next_weight = self._address(ita, following, line, tile)
        bias = None
        if job.bias is not None and job.output is not None:
            bias = (self._address(ita, number, self._bias_line(job))
                    + job.bias % BIASES_PER_SLOT * TILE_BIAS_BYTES)
        output = None
        if job.output is not None:
            output = self._address(ita, number, job.output)
        self.schedule.job(ita, Job(
            self._address(ita, number, *job.input), self._address(ita, number, *job.weight),
            job.tiles, job.requant_low, job.requant_high, job.layer, next_weight, preloads, bias,
            job.bias_per_row, output, job.activation.kind, job.activation.gelu,
            job.activation.requant, number in self.held[ita]), layer=layer)
        self.mapper.issued[ita].append(job)

    def _fetch(self, stays, layer):
        """What can be brought from here on, about in the order of use."""
        stays = sorted(stays, key=lambda stay: stay.first)
        inputs = [stay for stay in stays if isinstance(stay.line, InputLine)]
        others = [stay for stay in stays if not isinstance(stay.line, InputLine)]
        others.sort(key=lambda stay: stay.first - BIAS_STEPS * isinstance(stay.line, BiasLine))
        fetch = {WeightLine: self._fetch_weights, BiasLine: self._fetch_biases,
                 OwnLine: self._fetch_own}
        self._fetch_inputs(inputs[:2], layer)
        for stay in others:
            fetch[type(stay.line)](stay, layer)
        self._fetch_inputs(inputs[2:], layer)

    def _slot_address(self, ita, stay):
        return self.soc.ita_l1_base(ita) + stay.slot * TILE_BYTES

    def _fetch_weights(self, stay, layer):
        """Side by side where the ITAs' addresses are regular, else up to three at a time."""
        itas = sorted(stay.line.addresses)
        copies = [Copy(self._slot_address(ita, stay), stay.line.addresses[ita],
                       stay.line.size * TILE_BYTES) for ita in itas]
        groups = len({self.soc.ita_group(ita) for ita in itas})
        strides = {(b.destination - a.destination, b.source - a.source)
                   for a, b in zip(copies, copies[1:])}
        if len(strides) == 1 and groups == len(itas) <= MAX_SPREAD:
            self.schedule.spread(copies[0], len(copies), *strides.pop(), layer=layer)
            return
        for first in range(0, len(copies), MAX_COPIES):
            self.schedule.copy(copies[first:first + MAX_COPIES], layer=layer)

    def _fetch_biases(self, stay, layer):
        """To the first ITA by DMA, from there by a team: four short transfers take longer."""
        line, soc = stay.line, self.soc
        first = self._slot_address(0, stay)
        self.schedule.copy([Copy(first, line.address, line.bytes)], layer=layer)
        if soc.num_itas > 1:
            rows = 1
            while rows * TILE < line.bytes:
                rows *= 2
            self.schedule.move_tiles(soc.ita_group(0), MoveTiles(
                first, TILE, 0, first + soc.ita_l1_bytes, TILE, 0, rows, 1, soc.num_itas - 1,
                soc.ita_l1_bytes), layer=layer)

    def _fetch_inputs(self, stays, layer):
        """Neighbouring pairs of tiles together: a command takes as long for four as for two."""
        while stays:
            two = sorted(stays[:2], key=lambda stay: stay.line.source.address)
            is_pair = (len(two) == 2 and two[0].line.size == two[1].line.size == 2
                       and two[1].line.source.address == two[0].line.source.address + 2 * TILE
                       and two[1].line.source.stride == two[0].line.source.stride)
            if is_pair:
                self._fetch_input(*two, layer)
            else:
                self._fetch_input(stays[0], None, layer)
            stays = stays[2 if is_pair else 1:]

    def _fetch_input(self, stay, beside, layer):
        """All teams share the rows, and write them to all ITAs."""
        line, soc = stay.line, self.soc
        rows = TILE // soc.num_groups
        tiles = line.size * (1 if beside is None else 2)
        pair = 0 if beside is None else (beside.slot - stay.slot) * TILE_BYTES
        for group in range(soc.num_groups):
            source = line.source.address + group * rows * line.source.stride
            target = soc.ita_l1_base(0) + stay.slot * TILE_BYTES + group * rows * TILE
            self.schedule.move_tiles(group, MoveTiles(
                source, line.source.stride, TILE, target, TILE, TILE_BYTES, rows, tiles,
                line.itas, soc.ita_l1_bytes, pair), layer=layer)

    def _fetch_own(self, stay, layer):
        for ita, source in stay.line.sources.items():
            target = self.soc.ita_l1_base(ita) + stay.slot * TILE_BYTES
            group = self.soc.ita_group(ita)
            if stay.line.transposes:
                self.schedule.kernel(
                    group, "transpose",
                    {"input": source.address, "output": target, "element_bytes": 1,
                     "output_stride": TILE, "size0": 1, "size1": 1, "size2": TILE, "size3": TILE,
                     "stride2": 1, "stride3": source.stride},
                    [Span(source.address, TILE, TILE, source.stride)], [Span(target, TILE_BYTES)],
                    "data_movement", layer=layer)
            else:
                self.schedule.move_tiles(group, MoveTiles(
                    source.address, source.stride, TILE, target, TILE, TILE_BYTES), layer=layer)

    def _store(self, number, step, layer):
        for ita, job in step.jobs.items():
            if job.output is None or not job.output.targets:
                continue
            target = job.output.targets[ita]
            self.schedule.move_tiles(self.soc.ita_group(ita), MoveTiles(
                self._address(ita, number, job.output), TILE, TILE_BYTES, target.address,
                target.stride, TILE), layer=layer)
