# SPDX-License-Identifier: Apache-2.0
"""Writes schedules for the firmware `encoder`: a queue of commands for each engine.

    schedule = Schedule(soc)
    weights = schedule.add_data(blob)                      # L2, constant
    schedule.begin_layer("fc")
    schedule.copy([Copy(l1_address, weights, len(blob))])  # by the DMA
    schedule.kernel(group, "gemm", {...}, reads=[Span(...)], writes=[Span(...)],
                    operator_class="gemm_cores")
    image = schedule.image()

Commands are given in an order in which they could run one after another. Every command names the
bytes that it reads and writes; from these the schedule finds what it has to wait for, so buffers
can be used again and again. Waits can be named as well, by the handles that commands return. With
`adds_waits` off, missing waits are errors instead.

Engines run their queues in order and side by side. Waits go back to earlier commands only, so
engines cannot wait for each other in a circle; held jobs of an ITA could, which image() checks.
Layout: sw/encoder/schedule.h.
"""
import struct

from . import kernels
from .commands import (COMMAND_WORDS, FLAG_DESTINATION_ADVANCES, FLAG_HOLD, FLAG_LAYER,
                       FLAG_SOURCE_ADVANCES, KIND_DMA, KIND_ITA, KIND_TEAM, LAUNCH_CYCLES,
                       LAYER_WORDS, MAX_COPIES, MAX_COUNT, MAX_SPREAD, NUM_CONTEXTS,
                       OPERATOR_CLASSES, OP_COPY, OP_JOB, OP_MOVE_TILES, OP_NOTHING, OP_SPREAD,
                       Command, Copy, Handle, ScheduleError, default_engines)
from .hazards import AccessHistory, Span, span_end
from .soc import (ALIGNMENT, COMMAND_BYTES, MAX_ENGINES, TILE_LINE_BYTES, WORKLOAD_ADDRESS,
                  aligned)

MAGIC = 0x45534E45
VERSION = 1
HEADER = struct.Struct("<3I9I8I")
ENGINE = struct.Struct("<12I")
COMMAND = struct.Struct(f"<HBBHBB{COMMAND_WORDS}I")
LOG_ENTRY = struct.Struct("<2I")
REPORT = struct.Struct("<4I")
REPORT_OFFSET = HEADER.size
ENGINES_OFFSET = 256
DATA_OFFSET = aligned(ENGINES_OFFSET + MAX_ENGINES * ENGINE.size)


class Schedule:
    """A schedule under construction."""

    def __init__(self, soc, use_itas=True, iterations=1, source_stride=0, destination_stride=0,
                 engines=None, adds_waits=True, ring_commands=None):
        """
        Args:
            soc: Soc.
            use_itas: make engines of the ITAs; without, their harts are workers.
            iterations: runs of the whole schedule.
            source_stride, destination_stride: bytes by which advancing copies move each time.
            engines: list of Engine, the DMA first, instead of default_engines().
            adds_waits: wait for whatever the reads and writes demand; else that is an error.
            ring_commands: commands of each engine that L1 holds; a power of two.
        """
        self.soc = soc
        self.iterations = iterations
        self.source_stride = source_stride
        self.destination_stride = destination_stride
        self.engines = default_engines(soc, use_itas) if engines is None else engines
        self.adds_waits = adds_waits
        self.layers = []
        self.layer = 0
        self.data = bytearray()
        self.constants = []  # spans
        self.history = AccessHistory(len(self.engines))
        if (not 1 <= len(self.engines) <= MAX_ENGINES
                or self.engines[0].kind != KIND_DMA):
            raise ScheduleError(f"{len(self.engines)} engines; allowed: up to {MAX_ENGINES}, "
                                "the DMA first")
        if soc.banks_per_tile * 4 < TILE_LINE_BYTES:
            raise ScheduleError(f"{soc.banks_per_tile} banks per tile; allowed: 16 and more, a "
                                f"tile's board takes {TILE_LINE_BYTES} bytes of a row of them")
        self.ring_commands = ring_commands or self._default_ring()
        ring_bytes = len(self.engines) * self.ring_commands * COMMAND_BYTES
        self.l1_begin = aligned(soc.l1_begin + ring_bytes)

    def _default_ring(self):
        """At most a twentieth of L1 for all rings, 64 commands are plenty."""
        count = 64
        free = self.soc.l1_end - self.soc.l1_begin
        while count > 8 and len(self.engines) * count * COMMAND_BYTES * 20 > free:
            count //= 2
        return count

    # --- engines ---

    def engine_number(self, kind, index):
        for number, engine in enumerate(self.engines):
            if (engine.kind, engine.index) == (kind, index):
                return number
        name = ("DMA", "team", "ITA")[kind]
        raise ScheduleError(f"{name} {index} is not an engine of this schedule")

    def workers(self, group):
        """Harts that take part in a kernel of the group's team."""
        team = self.engines[self.engine_number(KIND_TEAM, group)]
        per_group, per_tile = self.soc.harts_per_group, self.soc.harts_per_tile
        first = group * per_group + team.first_tile * per_tile
        busy = {engine.hart for engine in self.engines}
        busy |= {engine.collector_hart for engine in self.engines if engine.kind == KIND_ITA}
        harts = set(range(first, first + team.num_tiles * per_tile)) - busy
        return len(harts) + int(team.leader_works)

    # --- L2 ---

    def add_data(self, data, constant=True, alignment=ALIGNMENT):
        """Places bytes in L2. Returns the address. Constant data cannot be written to."""
        self.data.extend(bytes(-len(self.data) % alignment))
        address = WORKLOAD_ADDRESS + DATA_OFFSET + len(self.data)
        if address % alignment:
            raise ScheduleError(f"alignment {alignment}; allowed: up to {ALIGNMENT}")
        self.data.extend(data)
        if constant and len(data):
            self.constants.append(Span(address, len(data)))
        if self.data_end > self.soc.l2_end:
            raise ScheduleError(f"{len(self.data)} bytes of data are more than L2's "
                                f"{self.soc.l2_bytes} hold")
        return address

    def reserve(self, count, alignment=ALIGNMENT):
        """`count` zero bytes of L2 to write to. Returns the address."""
        return self.add_data(bytes(count), constant=False, alignment=alignment)

    @property
    def data_end(self):
        return WORKLOAD_ADDRESS + DATA_OFFSET + len(self.data)

    def begin_layer(self, name):
        """Commands from now on belong to this layer. Returns its number."""
        if name not in self.layers:
            self.layers.append(name)
        self.layer = self.layers.index(name)
        return self.layer

    # --- commands ---

    def copy(self, copies, waits=(), operator_class="data_movement", source_advances=False,
             destination_advances=False, layer=None):
        """Up to three transfers by the DMA at the same time; complete when all are.

        All but the last must take at least LAUNCH_CYCLES: a launch in the cycle in which another
        transfer ends would be taken for complete (models/dma/README.md)."""
        copies = [Copy(*copy) for copy in copies]
        if not 1 <= len(copies) <= MAX_COPIES:
            raise ScheduleError(f"{len(copies)} transfers in a command; allowed: 1..{MAX_COPIES}")
        for copy in copies:
            self._check_copy(copy)
        copies.sort(key=self._delays_launches)
        for copy in copies[:-1]:
            if self.soc.dma_cycles(*copy) < LAUNCH_CYCLES:
                raise ScheduleError(f"transfer of {copy.bytes} bytes to {copy.destination:#x} is "
                                    "too short for another beside it; put it last")
        reads = [Span(copy.source, copy.bytes) for copy in copies]
        writes = [Span(copy.destination, copy.bytes) for copy in copies]
        flags = ((FLAG_SOURCE_ADVANCES if source_advances else 0)
                 | (FLAG_DESTINATION_ADVANCES if destination_advances else 0))
        arguments = [word for copy in copies for word in copy]
        return self._add_transfer(OP_COPY, arguments, reads, writes, waits, operator_class, layer,
                                  flags)

    def spread(self, first, count, destination_stride, source_stride, waits=(),
               operator_class="data_movement", layer=None):
        """`count` transfers to the banks of ITAs of different groups, at the same time.

        Args:
            first: Copy to the first ITA; the next ones are the strides further on.
            count: up to MAX_SPREAD.
        """
        first = Copy(*first)
        copies = [Copy(first.destination + i * destination_stride,
                       first.source + i * source_stride, first.bytes) for i in range(count)]
        groups = {self._bank_group(copy) for copy in copies}
        if not 1 <= count <= MAX_SPREAD or len(groups) != count or None in groups:
            raise ScheduleError(f"{count} transfers to ITAs side by side; allowed: up to "
                                f"{MAX_SPREAD}, in different groups")
        for copy in copies:
            self._check_copy(copy)
            if count > 1 and self.soc.dma_cycles(*copy) < LAUNCH_CYCLES:
                raise ScheduleError(f"transfers of {first.bytes} bytes are too short to run side "
                                    "by side")
        return self._add_transfer(OP_SPREAD, [*first, count, destination_stride, source_stride],
                                  [Span(copy.source, copy.bytes) for copy in copies],
                                  [Span(copy.destination, copy.bytes) for copy in copies], waits,
                                  operator_class, layer, 0)

    def _add_transfer(self, opcode, arguments, reads, writes, waits, operator_class, layer, flags):
        handle = self._add(0, opcode, arguments, reads, writes, waits, operator_class, layer, flags,
                           "copy")
        self.engines[0].commands[-1].moved_bytes = sum(span.bytes for span in writes)
        return handle

    def kernel(self, group, name, arguments, reads, writes, operator_class, waits=(), layer=None,
               portable=False):
        """A kernel on the team of a group.

        Args:
            group: whose workers do it.
            name, arguments: key of kernels.KERNELS and the fields of its struct.
            reads, writes: lists of Span.
            operator_class: one of OPERATOR_CLASSES.
            portable: without Xpulpimg.
        """
        opcode = kernels.opcode(name) | (kernels.PORTABLE if portable else 0)
        return self._add(self.engine_number(KIND_TEAM, group), opcode,
                         kernels.kernel_arguments(name, **arguments), reads, writes, waits,
                         operator_class, layer, 0, name)

    def move_tiles(self, group, move, operator_class="data_movement", waits=(), layer=None):
        """Tiles from anywhere in L1 to anywhere in L1, by the team of a group."""
        if move.rows & (move.rows - 1):
            raise ScheduleError(f"{move.rows} rows to move; allowed: powers of two")
        return self._add(self.engine_number(KIND_TEAM, group), OP_MOVE_TILES, move.words(),
                         move.reads(), move.writes(), waits, operator_class, layer, 0, "move_tiles")

    def job(self, ita, job, waits=(), operator_class="gemm_ita", layer=None):
        """A tile step on an ITA."""
        base = self.soc.ita_l1_base(ita)
        number = self.engine_number(KIND_ITA, ita)
        reads, writes = job.reads(), job.writes()
        for span in (*reads, *writes):
            if not base <= span.address or span_end(span) > base + self.soc.ita_l1_bytes:
                raise ScheduleError(f"job of ITA {ita} at {span.address:#x}; allowed: "
                                    f"{base:#x}..{base + self.soc.ita_l1_bytes - 1:#x}")
            if span.address % 4:
                raise ScheduleError(f"job of ITA {ita} at {span.address:#x}; allowed: multiples "
                                    "of 4")
        words = job.words(base)
        commands = self.engines[number].commands
        flags = FLAG_HOLD if job.hold else 0
        if (len(commands) < NUM_CONTEXTS
                or commands[-NUM_CONTEXTS].arguments[LAYER_WORDS] != words[LAYER_WORDS]):
            flags |= FLAG_LAYER
        return self._add(number, OP_JOB, words, reads, writes, waits, operator_class, layer, flags,
                         "job")

    def _delays_launches(self, copy):
        """Whether the DMA's hart cannot reach the registers while the transfer runs: its group's
        way to the SoC is busy. Measured: a launch behind such a transfer waits for its end."""
        group = self._bank_group(copy)
        return group is None or group == self.engines[0].hart // self.soc.harts_per_group

    def _bank_group(self, copy):
        """The group of the ITA whose banks a transfer touches, or None."""
        soc = self.soc
        address = copy.source if copy.destination >= soc.l2_base else copy.destination
        if address < soc.core_l1_bytes:
            return None
        return soc.ita_group((address - soc.core_l1_bytes) // soc.ita_l1_bytes)

    def _check_copy(self, copy):
        in_l2 = [address >= self.soc.l2_base for address in (copy.destination, copy.source)]
        if copy.bytes <= 0 or in_l2[0] == in_l2[1]:
            raise ScheduleError(f"transfer {copy}; allowed: between L1 and L2, at least a byte")

    def _check_span(self, span, is_write):
        begin, end = span.address, span_end(span)
        soc = self.soc
        itas_end = soc.core_l1_bytes + soc.num_itas * soc.ita_l1_bytes
        areas = ((self.l1_begin, soc.core_l1_bytes), (soc.core_l1_bytes, itas_end),
                 (WORKLOAD_ADDRESS + DATA_OFFSET, self.data_end))
        if span.bytes <= 0 or span.rows <= 0 or not any(low <= begin and end <= high
                                                         for low, high in areas):
            raise ScheduleError(f"bytes {begin:#x}..{end - 1:#x} are outside the plan's memory: "
                                + ", ".join(f"{low:#x}..{high - 1:#x}" for low, high in areas
                                            if low < high))
        if is_write and any(begin < span_end(other) and other.address < end
                            for other in self.constants):
            raise ScheduleError(f"bytes {begin:#x}..{end - 1:#x} are constant data")

    def _known(self, number, waits):
        """What is complete once the waits are over, per engine."""
        known = [0] * len(self.engines)
        queue = self.engines[number].commands
        if queue:
            known = list(queue[-1].known)
            known[number] = len(queue)
        for engine, count in waits:
            if engine != number:
                before = self.engines[engine].commands[count - 1].known
                known = [max(pair) for pair in zip(known, before)]
                known[engine] = max(known[engine], count)
        return known

    def _add(self, number, opcode, arguments, reads, writes, waits, operator_class, layer, flags,
             label):
        if operator_class not in OPERATOR_CLASSES:
            raise ScheduleError(f"operator class '{operator_class}'; allowed: "
                                f"{', '.join(OPERATOR_CLASSES)}")
        for spans, is_write in ((reads, False), (writes, True)):
            for span in spans:
                self._check_span(span, is_write)
        tracked = [span for span in reads if not self._is_constant(span)]
        needed = self.history.needed_for(tracked, writes)
        waits = self._reduced(number, waits, needed, label)
        queue = self.engines[number].commands
        room = COMMAND_WORDS - len(arguments)
        if len(waits) > room:
            if self.engines[number].kind == KIND_ITA:
                raise ScheduleError(f"a job of {self.engines[number].name} waits for "
                                    f"{len(waits)} engines; allowed: {room}")
            first, waits = waits[room:], waits[:room]
            queue.append(Command(OP_NOTHING, [], "other", self.layer, 0, first,
                                 self._known(number, first), "wait"))
        queue.append(Command(opcode, arguments, operator_class,
                             self.layer if layer is None else layer, flags, waits,
                             self._known(number, waits), label))
        if len(queue) > MAX_COUNT:
            raise ScheduleError(f"{self.engines[number].name}: more than {MAX_COUNT} commands")
        self.history.record(number, len(queue), tracked, writes)
        return Handle(number, len(queue))

    def _is_constant(self, span):
        if span.address < self.soc.l2_base:
            return False
        return any(other.address <= span.address and span_end(span) <= span_end(other)
                   for other in self.constants)

    def _reduced(self, number, handles, needed, label):
        """The waits that are not over anyway when the others and the queue before are."""
        wanted = {}
        for handle in handles:
            if not 0 < handle.count <= len(self.engines[handle.engine].commands):
                raise ScheduleError(f"{label} waits for command {handle.count} of "
                                    f"{self.engines[handle.engine].name}, which is not there yet")
            wanted[handle.engine] = max(wanted.get(handle.engine, 0), handle.count)
        known = self._known(number, wanted.items())
        missing = {engine: count for engine, count in enumerate(needed)
                   if engine != number and count > known[engine]}
        if missing and not self.adds_waits:
            engine, count = next(iter(missing.items()))
            command = self.engines[engine].commands[count - 1]
            raise ScheduleError(f"{label} in {self.engines[number].name} uses bytes that command "
                                f"{count} ({command.label}) of {self.engines[engine].name} uses, "
                                "and does not wait for it")
        wanted.update({engine: max(count, wanted.get(engine, 0))
                       for engine, count in missing.items()})
        for engine in list(wanted):
            others = [item for item in wanted.items() if item[0] != engine]
            if self._known(number, others)[engine] >= wanted[engine]:
                del wanted[engine]
        return [Handle(engine, count) for engine, count in wanted.items() if engine != number]

    # --- the image ---

    def check_progress(self):
        """Raises ScheduleError when the engines would come to wait for each other for ever: a held
        job starts only together with the jobs behind it."""
        begun = [0] * len(self.engines)
        completed = [0] * len(self.engines)
        moved = True
        while moved:
            moved = False
            for number, engine in enumerate(self.engines):
                while begun[number] < len(engine.commands):
                    command = engine.commands[begun[number]]
                    if any(completed[wait.engine] < wait.count for wait in command.waits):
                        break
                    begun[number] += 1
                    moved = True
                    if not command.flags & FLAG_HOLD:
                        completed[number] = begun[number]
        for number, engine in enumerate(self.engines):
            if completed[number] != len(engine.commands):
                raise ScheduleError(f"deadlock: {engine.name} cannot get beyond command "
                                    f"{begun[number]} of {len(engine.commands)}")

    def image(self):
        """The bytes for WORKLOAD_ADDRESS. Raises ScheduleError."""
        self.check_progress()
        image = bytearray(DATA_OFFSET)
        image.extend(self.data)
        image.extend(bytes(-len(image) % ALIGNMENT))
        ring_bytes = self.ring_commands * COMMAND_BYTES
        self.log_offsets = []
        for number, engine in enumerate(self.engines):
            commands_offset = len(image)
            image.extend(b"".join(self._pack(command) for command in engine.commands))
            self.log_offsets.append(len(image))
            image.extend(bytes(aligned(len(engine.commands) * LOG_ENTRY.size)))
            ENGINE.pack_into(
                image, ENGINES_OFFSET + number * ENGINE.size, engine.kind, engine.index,
                engine.hart, engine.collector_hart, engine.first_tile, engine.num_tiles,
                int(engine.leader_works), len(engine.commands), commands_offset,
                self.log_offsets[-1], aligned(self.soc.l1_begin) + number * ring_bytes,
                self.ring_commands)
        end = WORKLOAD_ADDRESS + len(image)
        if end > self.soc.l2_end:
            raise ScheduleError(f"the schedule takes {len(image)} bytes; L2 has "
                                f"{self.soc.l2_end - WORKLOAD_ADDRESS} for it")
        HEADER.pack_into(image, 0, MAGIC, VERSION, len(image), *self.soc.machine_words(),
                         aligned(self.soc.l1_begin), end, self.iterations, self.source_stride,
                         self.destination_stride, REPORT_OFFSET, len(self.engines), ENGINES_OFFSET)
        return bytes(image)

    @staticmethod
    def _pack(command):
        waits = [wait.engine << 24 | wait.count for wait in reversed(command.waits)]
        words = [word & 0xFFFFFFFF for word in command.arguments]
        words += [0] * (COMMAND_WORDS - len(words) - len(waits)) + waits
        return COMMAND.pack(
            command.opcode, OPERATOR_CLASSES.index(command.operator_class), command.flags,
            command.layer, len(waits), len(command.arguments), *words)
