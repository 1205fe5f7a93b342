# SPDX-License-Identifier: Apache-2.0
"""Runs the points of a sweep that are not done yet: Snakemake schedules, this file watches."""
import contextlib
import dataclasses
import fcntl
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import time

from ..paths import die_with_parent, replace

HERE = pathlib.Path(__file__).resolve().parent
WATCH_SECONDS = 0.5
LINE_SECONDS = 5
JOB_SECONDS = {"local": 8, "slurm": 600}  # a job is as many points as take about so long
FIRST_SECONDS = 1.0  # taken for a point as long as none has run
JOBS_PER_CORE = 8  # at least, so that cores end together
MARGIN = 5  # times the expected time of a job: its limit on a cluster


class EngineError(Exception):
    """The sweep cannot run at all."""


@dataclasses.dataclass
class Progress:
    """How far a sweep is: points in all, done before, ended now, failed of these; seconds."""

    total: int
    before: int
    ended: int = 0
    failed: int = 0
    seconds: float = 0

    @property
    def remaining_seconds(self):
        """Expected, or None."""
        left = self.total - self.before - self.ended
        return self.seconds / self.ended * left if self.ended else None

    def line(self):
        """"120/200 points  60 %  1.9 points/s  ETA 00:42  3 failed"."""
        finished = self.before + self.ended
        rate = self.ended / self.seconds if self.seconds else 0
        eta = "" if self.remaining_seconds is None else "  ETA " + clock(self.remaining_seconds)
        failed = f"  {self.failed} failed" if self.failed else ""
        return (f"{finished}/{self.total} points  {100 * finished // max(self.total, 1)} %  "
                f"{rate:.2f} points/s{eta}{failed}")

    def write(self, out, state):
        """Replaces status.json in one step."""
        content = {"schema": "tessera-sweep-status", "schema_version": 1, "state": state,
                   **dataclasses.asdict(self), "remaining_seconds": self.remaining_seconds}
        with contextlib.suppress(OSError):  # a sweep goes on when nobody can be told how far it is
            replace(out / "status.json", json.dumps(content, indent=1) + "\n")


def clock(seconds):
    """"01:05", "2:00:00"."""
    minutes, rest = divmod(round(seconds), 60)
    hours = f"{minutes // 60}:" if minutes >= 60 else ""
    return f"{hours}{minutes % 60:02}:{rest:02}"


@contextlib.contextmanager
def locked(out):
    """Keeps a second sweep out of the folder; the kernel gives the lock back however we end."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = open(out / "lock", "w", encoding="ascii")
    except OSError as error:
        raise EngineError(f"{out}: cannot write here: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EngineError(f"{out}: another sweep is at work in this folder") from error
        yield


def seconds_per_point(points, out):
    """Mean of the points that have run, or None."""
    seconds = []
    for point in points:
        with contextlib.suppress(OSError, ValueError, KeyError):
            outcome = json.loads((point.folder(out) / "point.json").read_text())
            seconds.append(outcome["seconds"])
    return sum(seconds) / len(seconds) if seconds else None


def divide(points, seconds, kind, cores):
    """Returns the points of each job: every n-th, so that jobs take about the same time."""
    per_job = max(1, int(JOB_SECONDS[kind] / max(seconds, 1e-3)))
    jobs = max(math.ceil(len(points) / per_job), min(len(points), JOBS_PER_CORE * cores))
    return [points[first::jobs] for first in range(jobs)]


def command(out, jobs, cores, slurm, minutes, memory_mib):
    """The command line of Snakemake."""
    words = ["snakemake", "--snakefile", str(HERE / "Snakefile"), "--directory",
             str(out / "engine"), "--nolock", "--keep-going", "--quiet", "all", "--drop-metadata",
             "--ignore-incomplete", "--scheduler", "greedy", "--retries", "1",
             "--config", f"jobs={jobs}", f"worker={HERE / 'worker.py'}", f"out={out.absolute()}",
             f"minutes={minutes}", f"memory_mib={memory_mib}"]
    if slurm:
        return [*words, "--profile", str(HERE / "slurm"), "--jobs", str(cores)]
    return [*words, "--cores", str(cores)]


def run(points, pending, out, cores, slurm=False, seconds=None):
    """Runs the pending points. Returns {key: outcome} of those that ended, and what Snakemake said.

    Args: points: all; cores: how many jobs at a time; seconds: that a point takes, None: unknown.
    """
    engine = out / "engine"
    shutil.rmtree(engine, ignore_errors=True)  # Snakemake starts afresh: what is done is our affair
    _tidy(out)
    kind = "slurm" if slurm else "local"
    jobs = divide(pending, seconds or FIRST_SECONDS, kind, cores)
    try:
        (engine / "jobs").mkdir(parents=True)
        for number, job in enumerate(jobs):
            text = json.dumps([dataclasses.asdict(point) for point in job])
            (engine / "jobs" / f"{number}.json").write_text(text)
        log = open(engine / "snakemake.log", "w+", encoding="utf-8")
    except OSError as error:
        raise EngineError(f"{engine}: cannot write here: {error.strerror}") from error
    longest = max(map(len, jobs)) * (seconds or 60)
    memory = max(point.memory_mib or 1024 for point in pending)
    progress = Progress(len(points), len(points) - len(pending))
    with log:
        try:
            process = subprocess.Popen(
                command(out, len(jobs), cores, slurm, max(10, math.ceil(longest * MARGIN / 60)),
                        memory), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, preexec_fn=die_with_parent)
        except OSError as error:
            raise EngineError(f"snakemake: {error.strerror}; apt-get install snakemake") from error
        try:
            outcomes = _watch(process, out, progress)
        except BaseException:
            process.terminate()
            process.wait()
            progress.write(out, "interrupted")
            raise
        said = (engine / "snakemake.log").read_text(errors="replace")
    for line in said.splitlines():
        if line.startswith("POINT "):
            outcome = json.loads(line[len("POINT "):])
            outcomes[outcome["key"]] = outcome
    return outcomes, said


def _tidy(out):
    """Removes what workers on this host that are gone have left half done."""
    mark = f".{os.uname().nodename}."
    for path in (*out.glob("points/*/.*"), *out.glob("images/*")):
        process = path.name.rpartition(".")[2]
        if mark in path.name and process.isdigit() and not _is_alive(process):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _is_alive(process):
    """Whether a process runs; one that ended and has not been waited for has no command line."""
    try:
        return pathlib.Path("/proc", process, "cmdline").read_bytes() != b""
    except OSError:
        return False


def _watch(process, out, progress):
    """Collects outcomes until Snakemake ends."""
    outcomes, offsets = {}, {}
    begin = next_line = time.monotonic()
    is_running = True
    while is_running:
        is_running = process.poll() is None
        for outcome in _new_lines(out / "engine/jobs", offsets):
            outcomes[outcome["key"]] = outcome
        progress.ended = len(outcomes)
        progress.failed = sum(outcome["error"] != "" for outcome in outcomes.values())
        progress.seconds = time.monotonic() - begin
        if time.monotonic() >= next_line or not is_running:
            next_line = time.monotonic() + LINE_SECONDS
            progress.write(out, "running" if is_running else "ended")
            if sys.stderr.isatty():
                sys.stderr.write("\r\x1b[K" + progress.line() + ("" if is_running else "\n"))
                sys.stderr.flush()
        if is_running:
            time.sleep(WATCH_SECONDS)
    return outcomes


def _new_lines(folder, offsets):
    """Outcomes that workers have added to their logs since the last call."""
    for log in sorted(folder.glob("*.log")):
        size = log.stat().st_size
        if size == offsets.get(log, 0):
            continue
        with open(log, encoding="utf-8") as file:
            file.seek(offsets.get(log, 0))
            text = file.read()
        complete = text.rfind("\n") + 1
        offsets[log] = offsets.get(log, 0) + complete
        yield from (json.loads(line) for line in text[:complete].splitlines())
