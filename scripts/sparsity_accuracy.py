# SPDX-License-Identifier: Apache-2.0
"""What sparse attention costs in accuracy: trained models under the engine's own arithmetic.

The attention of a model is replaced by the engine's datapath with a tile map, static (a pattern) or
drawn from Q and K of each sequence (top keys or tiles by 4-bit products). Dense maps give the
model's own bytes, so what changes is due to the map alone.
"""

import pathlib
import sys

import numpy as np

import engine_jobs

SW = engine_jobs.ROOT / "sw"
sys.path[:0] = [str(SW), str(SW / "models")]
from attention_engine.patterns import Requant  # noqa: E402  pylint: disable=wrong-import-position
from deploy import operators  # noqa: E402  pylint: disable=wrong-import-position

# Name: pattern and parameters, or (dynamic) kind and how many of them a query or tile row keeps.
MAPS = {
    "dense": ("dense", {}),
    "causal": ("causal", {}),
    **{f"window {w}": ("window", {"window": w}) for w in (1, 32, 64, 128, 256)},
    **{f"bigbird r{r}": ("bigbird", {"window": 64, "global_tokens": 64, "random_tiles": r,
                                     "seed": 42}) for r in (1, 3)},
    **{f"random {r}": ("random", {"random_tiles": r, "seed": 42}) for r in (1, 2, 4, 6)},
    **{f"top {k} keys": ("top_keys", k) for k in (1, 4, 16, 64)},
    **{f"top {t} tiles": ("top_tiles", t) for t in (1, 2, 4)},
}
SEEDED = "seeded tensors"
ANSWERS = 320  # of each model that are scored; their standard error is below 3 %
COMPARED = 8  # heads of each model and map that are compared with dense attention


class Attention:
    """The operator Attention with a tile map, as reference.run() calls it; keeps what it saw."""

    def __init__(self, library, name):
        self.library = library
        self.kind, self.parameters = MAPS[name]
        self.seen = []
        self.static = {}

    def map_of(self, q, k, head):
        """Returns the TileMap for Q [queries][d] and K [keys][d] of a head."""
        if self.kind.startswith("top"):
            return self.library.top(q, k, self.parameters, whole_tiles=self.kind == "top_tiles")
        key = (len(q), head)
        if key not in self.static:
            self.static[key] = self.library.pattern(self.kind, len(q), head=head,
                                                    **self.parameters)
        return self.static[key]

    def __call__(self, q, k, v, heads, qk, av):
        width = q.shape[1] // heads
        results = []
        constants = zip(operators.per_head(qk, heads), operators.per_head(av, heads))
        for head, (of_qk, of_av) in enumerate(constants):
            columns = slice(head * width, (head + 1) * width)
            parts = [np.ascontiguousarray(part[:, columns]) for part in (q, k, v)]
            tile_map = self.map_of(parts[0], parts[1], head)
            results.append(self.attend(tile_map, parts, Requant(**of_qk), Requant(**of_av)))
        return np.concatenate(results, axis=1)

    def attend(self, tile_map, parts, qk, av):
        """Returns the result of a head; notes of the first ones how near they are to dense."""
        result = self.library.attend(tile_map, *parts, qk, av)
        if len(self.seen) == COMPARED:
            return result
        dense = self.library.attend(self.library.pattern("dense", len(parts[0])), *parts, qk, av)
        summary = tile_map.summary
        pairs = len(parts[0]) ** 2
        self.seen.append({"density": summary.pairs / pairs,
                          "tile_density": summary.tiles / (summary.rows * summary.columns),
                          "mass": kept_mass(parts[0], parts[1], qk, tile_map.tokens()),
                          "cosine": cosine(result, dense)})
        return result

    def means(self):
        """Returns the mean of everything noted."""
        return {name: float(np.mean([seen[name] for seen in self.seen])) for name in self.seen[0]}


def kept_mass(q, k, qk, allowed):
    """Part of dense attention's weight that the allowed pairs have, mean over the queries.

    Weights are 2^logit, one step of the int8 logits being a factor of 2 in ITA's softmax.
    """
    logits = q.astype(float) @ k.astype(float).T * qk.mult / 2.0 ** qk.shift
    weights = np.exp2(logits - logits.max(axis=1, keepdims=True))
    return float(((weights * allowed).sum(axis=1) / weights.sum(axis=1)).mean())


def cosine(a, b):
    """Cosine of two results as one vector each."""
    a, b = a.astype(float).ravel(), b.astype(float).ravel()
    return float(a @ b / max(np.sqrt((a @ a) * (b @ b)), 1))


def seeded_operands(tokens=512, width=64):
    """Q, K, V without structure, and constants that make their logits as wide as a model's."""
    random = np.random.default_rng(42)
    operands = [np.clip(random.normal(0, 24, (tokens, width)), -128, 127).astype(np.int8)
                for _ in range(3)]
    return operands, {"mult": 57, "shift": 16, "add": 0}, {"mult": 1, "shift": 8, "add": 0}


def models(answers_wanted):
    """(name, graph, tokens, answers) of the trained models in sw/models, none if there are none.

    Args: answers_wanted: sequences with about so many answers in all.
    """
    if not (SW / "models/store.py").exists():
        return []
    import store  # pylint: disable=import-error,import-outside-toplevel
    result = []
    for name, lengths in store.LENGTHS.items():
        if (pathlib.Path(store.DATA) / f"{name}.json").exists():
            tokens, answers = store.test_set(name, lengths[-1])
            per_sequence = max(1, int((answers[0] >= 0).sum()))
            count = -(-answers_wanted // per_sequence)
            result.append((name, store.model(name, lengths[-1]), tokens[:count], answers[:count]))
    return result


def row_of(model, name, attention, accuracy="", scores_changed=""):
    """A row of accuracy.csv. Args: empty for tensors without a task: accuracy; scores_changed:
    part of the model's scores that are not those it gives by itself."""
    return {"model": model, "map": name, "is_dynamic": int(name.startswith("top")),
            **attention.means(), "accuracy": accuracy, "scores_changed": scores_changed}


def seeded(library):
    """Rows of the seeded tensors: kept weight and cosine for every map."""
    rows = []
    operands, qk, av = seeded_operands()
    for name in MAPS:
        attention = Attention(library, name)
        attention(*operands, 1, qk, av)
        rows.append(row_of(SEEDED, name, attention))
    return rows


def accuracy(library, answers_wanted=ANSWERS):
    """Accuracy, kept weight and cosine of the seeded tensors and every model, for every map."""
    rows = seeded(library)
    for model, graph, tokens, answers in models(answers_wanted):
        import integer  # pylint: disable=import-error,import-outside-toplevel
        own = integer.scores(graph, tokens)
        for name in MAPS:
            attention = Attention(library, name)
            scores = integer.scores(graph, tokens, {"Attention": attention})
            rows.append(row_of(model, name, attention, integer.accuracy_of(scores, answers),
                               float((scores != own).mean())))
    return rows


def check(rows):
    """Dense is exact everywhere; wider windows keep more; picked keys beat fixed ones."""
    checks = []
    for model in dict.fromkeys(row["model"] for row in rows):
        at = {row["map"]: row for row in rows if row["model"] == model}
        windows = [at[f"window {w}"]["mass"] for w in (1, 32, 64, 128, 256)]
        is_exact = at["dense"]["mass"] == 1 and at["dense"]["scores_changed"] in ("", 0)
        checks.append((f"{model}: dense is exact, wider windows keep more weight",
                       is_exact and windows == sorted(windows),
                       f"window 64 keeps {at['window 64']['mass']:.0%}, "
                       f"16 picked keys {at['top 16 keys']['mass']:.0%}"))
        if at["dense"]["accuracy"] != "":
            checks.append((f"{model}: picked keys lose no more than a window of as many pairs",
                           at["top 64 keys"]["accuracy"] > at["window 32"]["accuracy"] - 0.03,
                           " ".join(f"{name} {at[name]['accuracy']:.1%}" for name in
                                    ("dense", "window 64", "bigbird r3", "top 16 keys"))))
    return checks
