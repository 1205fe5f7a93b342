# SPDX-License-Identifier: Apache-2.0
"""Descriptions of simulations, and how to execute one."""
import dataclasses
import functools
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import paths
from .result import flatten_config, load

INCLUDE = re.compile(r"^include:\s*(.*)$", re.MULTILINE)
SETTING = re.compile(r"soc(\.[a-z][a-z0-9_]*)+")


class RunError(Exception):
    """A simulation did not end with exit code 0.

    exit_code: as `tessera` gives it (README), negative: killed by that signal; None: not started.
    The text is what the command said on stderr; result: what it left behind, a Result or None.
    """

    def __init__(self, message, exit_code=None, result=None):
        super().__init__(message)
        self.exit_code = exit_code
        self.result = result


def config_files(path):
    """Returns all files that a configuration is read from, included ones before their includer."""
    path = pathlib.Path(path)
    text = path.read_text(encoding="utf-8")
    files = []
    if INCLUDE.search(text):
        import yaml  # pylint: disable=import-outside-toplevel  (few files need it)
        for included in yaml.safe_load(text).get("include") or ():
            files += config_files(path.parent / included)
    return [*files, path]


@functools.lru_cache(maxsize=None)
def known_settings():
    """Returns the names of all settings, as `tessera list params` has them; () without a build."""
    try:
        done = subprocess.run([str(paths.build_folder() / "bin/tessera"), "list", "params"],
                              capture_output=True, text=True, check=False)
    except OSError:
        return ()
    return tuple(line for line in done.stdout.splitlines() if SETTING.fullmatch(line))


@dataclasses.dataclass(frozen=True)
class Simulation:
    """What Run and Traffic share: a machine, settings of it, and options. Never changes: set() and
    option() return another one.

    Args: config: file, or name of a machine in configs/; None: the default machine.
    settings: (key, text) in order, later ones win. options: (name with dashes, text) in order.
    tessera: the simulator, default that of the build.
    """

    config: str | None = None
    settings: tuple = ()
    options: tuple = ()
    tessera: str | None = None

    def set(self, settings=None, /, **groups):
        """Returns the same with more settings: {"soc.l2.banks": 8}, or l2={"banks": 8}."""
        pairs = list((settings or {}).items())
        for group, keys in groups.items():
            pairs += [(f"soc.{group}.{key}", value) for key, value in keys.items()]
        added = tuple((str(key), _text(value)) for key, value in pairs)
        return dataclasses.replace(self, settings=self.settings + added)

    def option(self, name, value):
        """Returns the same with one more option of the command: ("--max-cycles", 10**6); of a flag
        the value is True or False."""
        return dataclasses.replace(self, options=(*self.options, (name, _text(value))))

    def seed(self, number):
        """Returns the same with the seed of all random choices."""
        return self.set({"soc.seed": number})

    @property
    def program(self):
        """Path of the simulator."""
        return str(self.tessera or paths.build_folder() / "bin/tessera")

    def _machine_words(self):
        config = [] if self.config is None else ["-c", str(paths.find_config(self.config))]
        sets = [word for key, value in self.settings for word in ("--set", f"{key}={value}")]
        return [*config, *sets]

    def machine_arguments(self):
        """Returns the part of the command line that describes machine and options."""
        return [*self._machine_words(),
                *(word for option in self.options for word in _words(*option))]

    def resolved_config(self):
        """Returns the machine as the simulator resolves it: {"soc.l2.banks": "4", ...}, values as
        text. Raises RunError."""
        try:
            done = subprocess.run([self.program, "dump-config", *self._machine_words()],
                                  capture_output=True, text=True, check=False)
        except OSError as error:
            raise RunError(_said(error)) from error
        if done.returncode != 0:
            raise RunError(done.stderr.strip(), done.returncode)
        return flatten_config(done.stdout)

    def inputs(self):
        """Returns by content what the result depends on, as run.json's "inputs" without "config".
        Raises OSError when a file is missing."""
        files = [] if self.config is None else config_files(paths.find_config(self.config))
        return {"tessera": paths.build_id(self.program),
                "config_files": [paths.sha256(path) for path in files],
                "settings": [f"{key}={value}" for key, value in self.settings],
                "options": sorted_options(self.options)}

    def command(self, out):
        """Returns the command line, a list; results go to the folder `out`."""
        raise NotImplementedError

    def execute(self, out=None, check=True, timeout=None):
        """Simulates. Returns a Result.

        Args: out: folder for the results, replaced; None: a temporary one, gone when the Result
        has been read. check: raise RunError unless the exit code is 0. timeout: wall seconds.
        """
        if out is not None:
            return self._execute(pathlib.Path(out), check, timeout)
        with tempfile.TemporaryDirectory() as folder:
            result = self._execute(pathlib.Path(folder) / "run", check, timeout)
            result.read_all()
            return result

    def _execute(self, out, check, timeout):
        if (out / "config.yaml").is_file() or (out / "stderr.txt").is_file():
            shutil.rmtree(out)  # of an earlier run: nothing of it may pass for this one's
        try:
            out.mkdir(parents=True, exist_ok=True)
            with open(out / "stdout.txt", "wb") as stdout, open(out / "stderr.txt", "wb") as stderr:
                done = subprocess.run(self.command(out), stdout=stdout, stderr=stderr,
                                      timeout=timeout, check=False)
        except OSError as error:
            raise RunError(_said(error)) from error
        except subprocess.TimeoutExpired as error:
            raise RunError(f"not done after {timeout} s") from error
        result = load(out, needs_facts=False)
        if check and done.returncode != 0:
            result.read_all()
            raise RunError(result.message or f"exit code {done.returncode}", done.returncode,
                           result)
        return result


@dataclasses.dataclass(frozen=True)
class Run(Simulation):
    """`tessera run`: a program on a machine.

    elf: file, or name of a program of the build; loads: (address, file) to copy into memory first.
    """

    elf: str | None = None
    loads: tuple = ()

    def __init__(self, config=None, elf=None, settings=(), options=(), tessera=None, loads=()):
        for name, value in (("config", config), ("elf", elf), ("settings", tuple(settings)),
                            ("options", tuple(options)), ("tessera", tessera),
                            ("loads", tuple(loads))):
            object.__setattr__(self, name, value)

    def load(self, address, file):
        """Returns the same with a file copied to an address (number or symbol) before the run."""
        return dataclasses.replace(self, loads=(*self.loads, (_address(address), str(file))))

    def command(self, out):
        loads = [word for address, file in self.loads for word in ("--load", f"{address}:{file}")]
        return [self.program, "run", "-q", *self.machine_arguments(), *loads, "--out", str(out),
                "--force", str(paths.find_elf(self.elf))]

    def inputs(self):
        return {**super().inputs(), "elf": paths.sha256(paths.find_elf(self.elf)),
                "loads": [{"address": address, "sha256": paths.sha256(file)}
                          for address, file in self.loads]}


@dataclasses.dataclass(frozen=True)
class Traffic(Simulation):
    """`tessera traffic`: a traffic generator in place of the harts.

    Options are those of the command: Traffic("mempool").pattern(load=0.2, local_fraction=0.5).
    """

    def pattern(self, **options):
        """Returns the same with options of `tessera traffic`, underscores for dashes."""
        added = tuple((f"--{name.replace('_', '-')}", _text(value))
                      for name, value in options.items())
        return dataclasses.replace(self, options=self.options + added)

    def command(self, out):
        return [self.program, "traffic", *self.machine_arguments(), "--out", str(out), "--force"]


def sorted_options(options):
    """Returns [[name, [values in order]]] of (name, value) pairs, sorted by name."""
    by_name = {}
    for name, value in options:
        by_name.setdefault(name, []).append(value)
    return [[name, values] for name, values in sorted(by_name.items())]


def is_result_of(facts, simulation_inputs):
    """Whether run.json or traffic.json, read, is of these inputs (Simulation.inputs()) and of a
    run that ended with exit code 0."""
    found = facts.get("inputs", {})
    found = {**found, "options": sorted(found.get("options", ()))}
    return (facts.get("exit_code", 0) == 0 and
            all(found.get(name) == value for name, value in simulation_inputs.items()))


def _said(error):
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def _words(name, value):
    """An option on the command line. Flags, true or false, take their value behind "=" only."""
    return (f"{name}={value}",) if value in ("true", "false") else (name, value)


def _address(value):
    return value if isinstance(value, str) else f"0x{value:08X}"


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
