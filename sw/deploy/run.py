# SPDX-License-Identifier: Apache-2.0
"""Runs a schedule on tessera, and reads what it left: results, log, statistics."""
import dataclasses
import pathlib
import tempfile

import numpy as np
from tessera import Result as SimulationResult
from tessera import RunError

from .schedule import LOG_ENTRY, REPORT, REPORT_OFFSET
from .soc import BUILD, WORKLOAD_ADDRESS, simulation


@dataclasses.dataclass
class Result:
    """What a run left.

    memory: bytes of the image afterwards. run: what tessera left. first_cycle, last_cycle: of the
    last iteration. total_cycles: of all. logs: per engine int64 [commands][2], start and end in
    cycles from first_cycle.
    """

    memory: bytes
    run: SimulationResult
    first_cycle: int
    last_cycle: int
    total_cycles: int
    logs: list

    @property
    def cycles(self):
        """Of the last iteration."""
        return (self.last_cycle - self.first_cycle) & 0xFFFFFFFF

    def read(self, address, shape, dtype=np.int8):
        """An array in L2 at `address`."""
        count = int(np.prod(shape, dtype=np.int64))
        offset = address - WORKLOAD_ADDRESS
        return np.frombuffer(self.memory, dtype, count, offset).reshape(shape)


def run_image(image, soc, timing="functional", tessera=None, elf=None, timeout=600):
    """Runs `encoder` on an image.

    Args:
        image: bytes.
        soc: Soc that the image is for.
        timing: "functional" or "cycle".
        tessera, elf: paths; default: of the release build.
        timeout: seconds.
    Raises: RunError when it takes longer, or tessera cannot be started.
    Returns: (tessera.Result, memory of the image afterwards, empty when there is none).
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "image").write_bytes(image)
        dump = folder / "dump"
        run = simulation(soc.path, (*soc.settings, f"soc.timing={timing}"), tessera,
                         elf or BUILD / "sw" / "encoder.elf")
        run = run.load(WORKLOAD_ADDRESS, folder / "image").option(
            "--dump", f"{WORKLOAD_ADDRESS}:{len(image)}:{dump}")
        result = run.execute(folder / "out", check=False, timeout=timeout)
        result.read_all()
        return result, dump.read_bytes() if dump.exists() else b""


def run_schedule(schedule, **arguments):
    """Runs a schedule; arguments as for run_image(). Returns Result. Raises RunError."""
    run, memory = run_image(schedule.image(), schedule.soc, **arguments)
    text = run.stdout + run.message
    if run.facts.get("exit_code") != 0 or not memory:
        raise RunError(f"tessera ended with {run.facts.get('exit_code', 'no result')}:\n{text}")
    is_complete, first, last, total = REPORT.unpack_from(memory, REPORT_OFFSET)
    if not is_complete:
        raise RunError(f"the schedule did not come to its end:\n{text}")
    logs = []
    for offset, engine in zip(schedule.log_offsets, schedule.engines):
        count = len(engine.commands)
        entries = np.frombuffer(memory, np.uint32, count * LOG_ENTRY.size // 4, offset)
        logs.append(((entries - np.uint32(first)).astype(np.int32).astype(np.int64)).reshape(-1, 2))
    return Result(memory, run, first, last, total, logs)
