# SPDX-License-Identifier: Apache-2.0
"""Runs a schedule on tessera, and reads what it left: results, log, statistics."""
import dataclasses
import json
import pathlib
import subprocess
import tempfile

import numpy as np

from .schedule import LOG_ENTRY, REPORT, REPORT_OFFSET
from .soc import BUILD, TESSERA, WORKLOAD_ADDRESS



class RunError(Exception):
    """The run did not end as it should; carries what the program printed."""


@dataclasses.dataclass
class Result:
    """What a run left.

    memory: bytes of the image afterwards. text: what was printed. first_cycle, last_cycle: of the
    last iteration. total_cycles: of all. logs: per engine int64 [commands][2], start and end in
    cycles from first_cycle. statistics: dictionary of paths, when asked for.
    """

    memory: bytes
    text: str
    first_cycle: int
    last_cycle: int
    total_cycles: int
    logs: list
    statistics: dict

    @property
    def cycles(self):
        """Of the last iteration."""
        return (self.last_cycle - self.first_cycle) & 0xFFFFFFFF

    def read(self, address, shape, dtype=np.int8):
        """An array in L2 at `address`."""
        count = int(np.prod(shape, dtype=np.int64))
        offset = address - WORKLOAD_ADDRESS
        return np.frombuffer(self.memory, dtype, count, offset).reshape(shape)


def run_image(image, soc, timing="functional", tessera=None, elf=None, options=(), timeout=600):
    """Runs `encoder` on an image.

    Args:
        image: bytes.
        soc: Soc that the image is for.
        timing: "functional" or "cycle".
        tessera, elf: paths; default: of the release build.
        options: more arguments of tessera run.
        timeout: seconds.
    Raises: RunError when it takes longer, or tessera cannot be started.
    Returns: (exit code of tessera, text, memory of the image afterwards, statistics).
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "image").write_bytes(image)
        command = [str(tessera or TESSERA), "run", "-c", soc.path, "--timing",
                   timing, "--load", f"{WORKLOAD_ADDRESS}:{folder / 'image'}", "--dump",
                   f"{WORKLOAD_ADDRESS}:{len(image)}:{folder / 'dump'}", "--out",
                   str(folder / "out")]
        for setting in soc.settings:
            command += ["--set", setting]
        command += [*options, str(elf or BUILD / "sw" / "encoder.elf")]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as error:
            raise RunError(f"no end within {timeout} seconds") from error
        except OSError as error:
            raise RunError(f"{command[0]}: {error.strerror}") from error
        dump = folder / "dump"
        memory = dump.read_bytes() if dump.exists() else b""
        statistics = folder / "out" / "stats.json"
        return (done.returncode, done.stdout, memory,
                json.loads(statistics.read_text()) if statistics.exists() else {})


def run_schedule(schedule, **arguments):
    """Runs a schedule; arguments as for run_image(). Returns Result. Raises RunError."""
    code, text, memory, statistics = run_image(schedule.image(), schedule.soc, **arguments)
    if code != 0 or not memory:
        raise RunError(f"tessera ended with {code}:\n{text}")
    is_complete, first, last, total = REPORT.unpack_from(memory, REPORT_OFFSET)
    if not is_complete:
        raise RunError(f"the schedule did not come to its end:\n{text}")
    logs = []
    for offset, engine in zip(schedule.log_offsets, schedule.engines):
        count = len(engine.commands)
        entries = np.frombuffer(memory, np.uint32, count * LOG_ENTRY.size // 4, offset)
        logs.append(((entries - np.uint32(first)).astype(np.int32).astype(np.int64)).reshape(-1, 2))
    return Result(memory, text, first, last, total, logs, statistics)
