# SPDX-License-Identifier: Apache-2.0
"""The points of a space: what to run, in a fixed order, and whether that has been done."""
import dataclasses
import functools
import hashlib
import itertools
import json
import pathlib

from .. import expressions, paths
from ..result import load
from ..run import Run, Traffic, is_result_of
from .reader import SpaceError
from .scan import is_excluded, scan
from .space import formula


@dataclasses.dataclass(frozen=True)
class Point:
    """One run of a sweep. values: axis -> text; make: command words that write the image, in which
    "{image}" stands for its path, empty: there is none; settings, options: as in Simulation."""

    values: dict
    repeat: int
    config: str
    settings: tuple
    options: tuple
    elf: str
    address: str
    make: tuple
    is_traffic: bool
    memory_mib: int | None
    timeout_seconds: int | None

    @functools.cached_property
    def key(self):
        """Name of the point's folder: a hash of what it is, not of its place in the sweep."""
        return _hash({**dataclasses.asdict(self), "config": pathlib.Path(self.config).name})

    def folder(self, out):
        """Where the results of the point lie in the folder of the sweep."""
        return pathlib.Path(out) / "points" / self.key[:2] / self.key

    def image(self, out):
        """Path of the image, or None. Another one when a program of the project changes."""
        if not self.make:
            return None
        return pathlib.Path(out) / "images" / f"{_hash([self.make, _tools()])}.img"

    def simulation(self, out):
        """The Run or Traffic of this point."""
        settings, options = (tuple(map(tuple, pairs)) for pairs in (self.settings, self.options))
        if self.is_traffic:
            return Traffic(self.config, settings, options)
        image = self.image(out)
        loads = ((self.address, str(image)),) if image else ()
        return Run(self.config, self.elf, settings, options, loads=loads)

    def is_done(self, out):
        """Whether the folder holds this point's results: same inputs by content, exit code 0."""
        try:
            return is_result_of(load(self.folder(out)).facts, self.simulation(out).inputs())
        except (OSError, ValueError):  # nothing there, half a file, no image yet
            return False


def expand(space, out=None):
    """Returns the Points of a Space in order: axes as in the file, the last one fastest, then what
    `include` adds; repeats of a point follow each other. Of a space with a scan: those that it
    finds promising; `out` as in scan()."""
    if space.scan is not None:
        choices = scan(space, functools.partial(settings_of, space), out).chosen
    else:
        choices = [dict(zip(space.axes, values))
                   for values in itertools.product(*space.axes.values())]
        choices = [values for values in choices if not is_excluded(space, values)]
    return [_point(space, values, repeat) for values in [*choices, *space.include]
            for repeat in range(space.repeat)]


def settings_of(space, values):
    """Returns [(key, text)] of the machine at values of the axes: of the sweep, the workload, the
    axes; later ones win."""
    settings = [*space.settings, *space.workloads[values["workload"]].settings]
    for name, text in values.items():
        if name.startswith("soc."):
            settings.append((name, text))
        else:
            settings += space.axes[name].get(text) or ()
    return [(key, _computed(key, text, values)) for key, text in settings]


def _point(space, values, repeat):
    workload = space.workloads[values["workload"]]
    settings = settings_of(space, values)
    seed = space.seed + repeat
    settings.append(("soc.seed", str(seed)))
    words = {**values, "config": str(pathlib.Path(space.config).absolute()), "seed": str(seed)}
    options = [(name, text.format(**words)) for name, text in workload.options]
    if "max_cycles" in space.limits and not workload.is_traffic:
        options.append(("--max-cycles", str(space.limits["max_cycles"])))
    return Point(
        values=values, repeat=repeat, config=words["config"], settings=tuple(settings),
        options=tuple(options), elf=workload.elf, address=workload.address,
        make=_make(workload.make, words, settings), is_traffic=workload.is_traffic,
        memory_mib=space.limits.get("memory_mib"),
        timeout_seconds=space.limits.get("timeout_seconds"))


def _computed(key, text, values):
    """The value of a setting: as it stands, or that of its formula over the point's axes."""
    if formula(text) is None:
        return text
    try:
        number = expressions.evaluate(formula(text), values)
    except expressions.ExpressionError as error:
        raise SpaceError(f"{key}: {error}; give numbers") from error
    if number is None or number != int(number):
        raise SpaceError(f"{key}: '{text}' is {number}; give values for which it is an integer")
    return str(int(number))


def _make(template, words, settings):
    result = []
    for word in template:
        if word == "{settings}":
            result += [part for key, value in settings for part in ("--set", f"{key}={value}")]
        else:
            result.append(word.format(**words, image="{image}"))
    return tuple(result)


def _hash(value):
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@functools.lru_cache(maxsize=None)
def _tools():
    """A hash of the project's programs that make images: all but this package."""
    package = paths.ROOT / "scripts/tessera"
    files = sorted(path for top in ("scripts", "sw") for path in (paths.ROOT / top).rglob("*.py")
                   if package not in path.parents)
    return _hash([paths.sha256(path) for path in files])
