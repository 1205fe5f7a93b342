# SPDX-License-Identifier: Apache-2.0
"""Closed forms: cycles of accelerators in microseconds, for scans before anything is simulated.

A model is made once for what is asked (its arguments, texts) and called with a configuration
({"soc.ita.ports": 1, ...}, numbers or words); it returns cycles, or None where nothing fits.
"""
import functools
import inspect
import pathlib
import sys

from . import paths

TILE = 64
PORT_FILL = 16  # cycles of a job beside its accesses or rows; read off the table of jobs in
OUTPUT_FILL = 25  # models/ita/README.md, which is of the model without contention
BIAS_ACCESSES = 2


class Model:
    """What models share: arguments from the signature of __init__."""

    @classmethod
    def arguments(cls):
        """Names that a closed form of a sweep may give."""
        return list(inspect.signature(cls.__init__).parameters)[1:]

    @classmethod
    def required(cls):
        """Names that it has to give."""
        return [name for name, each in list(
            inspect.signature(cls.__init__).parameters.items())[1:] if each.default is each.empty]


class EngineHead(Model):
    """Planner and analytical twin of the attention engine: cycles of one job.

    Args: pattern: name as in models/attention_engine/pattern.h; tokens, head_dim: elements; heads:
    with the same map; the others: parameters of the pattern.
    """

    def __init__(self, pattern, tokens, head_dim=64, heads=1, window=0, global_tokens=0,
                 random_tiles=0, seed=0):
        patterns = _patterns()
        self._job, self._error = patterns.Job, patterns.EngineError
        self._library = patterns.Library(paths.build_folder())
        self._shape = {"head_dim": int(head_dim), "heads": int(heads)}
        self._map = self._library.pattern(
            pattern, int(tokens), window=int(window), global_tokens=int(global_tokens),
            random_tiles=int(random_tiles), seed=int(seed))

    def __call__(self, config):
        engine = "soc.attention_engine."
        job = self._job(preset=config[engine + "preset"],
                        score_entries=config[engine + "score_entries"],
                        mrf_tiles=config[engine + "mrf_entries"], **self._shape)
        try:
            return self._library.estimate(self._map, job).cycles
        except self._error:  # nothing fits
            return None


class ItaHeads(Model):
    """Multi-head attention on ITAs with the job interface: cycles of the ITA with most heads.

    Args: shape: "S,E,P,H" as for scripts/make_workload.py mhsa, S, E, P multiples of 64.
    """

    def __init__(self, shape):
        rows, embedding, projection, self._heads = (int(size) for size in shape.split(","))
        rows, embedding, projection = (-(-size // TILE) for size in (rows, embedding, projection))
        products = [(rows * projection, embedding)] * 3 + [  # Q, K, V; then logits, context, output
            (rows * rows, projection), (rows * projection, rows), (rows * embedding, projection)]
        self._outputs = sum(tiles for tiles, _ in products)
        self._inner = sum(tiles * (depth - 1) for tiles, depth in products)

    def __call__(self, config):
        ends, accumulates = job_cycles(config)
        count = config["soc.ita.count"]
        return -(-self._heads // count) * (self._outputs * ends + self._inner * accumulates)


def job_cycles(config):
    """Returns cycles of a tile step that ends an output tile, and of one that only accumulates.

    Bound by the rows that the multipliers take, by accesses to the ITA's banks, or by the core's
    weight port. Accesses: models/ita/README.md, "Accesses per job".
    """
    elements, ports = config["soc.ita.processing_elements"], config["soc.ita.ports"]
    width = config["soc.ita.port_bytes"]
    rows = TILE * TILE // elements  # of the input; each comes again for every `elements` columns
    transfers = rows * TILE // width  # of inputs, and of results
    weights = TILE * TILE // width
    least = TILE * TILE // config["soc.ita.weight_port_bytes"]
    busy = transfers + weights + BIAS_ACCESSES + (transfers if ports == 1 else 0)
    return (max(busy + PORT_FILL, rows + OUTPUT_FILL, least),
            max(transfers + weights, rows, least - PORT_FILL) + PORT_FILL)


@functools.lru_cache(maxsize=1)
def _patterns():
    """The module sw/attention_engine/patterns.py; needs numpy."""
    sys.path.insert(0, str(pathlib.Path(paths.ROOT) / "sw"))
    from attention_engine import patterns  # pylint: disable=import-outside-toplevel
    return patterns


MODELS = {"engine_head": EngineHead, "ita_heads": ItaHeads}
