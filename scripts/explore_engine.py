#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sizes the attention engine's register files: closed forms scan the space, few points simulate.

    scripts/explore_engine.py [--steps N] [--tokens LIST] [--sample N] [-o DIR]

Scans patterns x tokens x packing x ScoreVrf x MRF with planner and twin of libtessera_attention.so,
takes the Pareto front of cycles and entries of each pattern and length, and simulates the front and
its neighbours plus a random sample on the cycle engine (engine_run). Reports how often the twin
ranks two simulated points of a pattern and length as the engine does, and how often its best point
is the engine's. Writes DIR/explore_engine.csv. Exits with 1 when less than --at-least % of the
pairs are ranked right. ENGINE_RUN and PRESET as in engine_jobs.py.
"""
import argparse
import concurrent.futures
import itertools
import os
import pathlib
import random
import sys
import time

import engine_jobs

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "sw"))
from attention_engine.patterns import EngineError, Job, Library  # noqa: E402
from tessera.paths import build_folder  # noqa: E402

PATTERNS = {
    "dense": {}, "causal": {}, "window": {"window": 128},
    "bigbird": {"window": 64, "global_tokens": 64, "random_tiles": 3, "seed": 42},
}
TILE = 64
SEED = 1  # of the sample


def sizes(low, high, steps):
    """Returns `steps` different integers between low and high, evenly spread."""
    return sorted({low + (high - low) * step // max(steps - 1, 1) for step in range(steps)})


def scan(task):
    """Returns [(score_entries, mrf, cycles)] of what fits; task: (pattern, tokens, packed, steps)."""
    name, tokens, packed, steps = task
    library = Library(build_folder())
    tile_map = library.pattern(name, tokens, **PATTERNS[name])
    found = []
    for score, mrf in itertools.product(sizes(TILE, 2 * tokens, steps),
                                        sizes(4, 2 * tokens // TILE + 8, steps)):
        try:
            cycles = library.estimate(tile_map, Job(score_entries=score, mrf_tiles=mrf,
                                                    is_packed=bool(packed))).cycles
        except EngineError:  # nothing fits
            continue
        found.append((score, mrf, cycles))
    return found


def front(points):
    """Returns the points with the fewest cycles among those that need no more of both files."""
    best, chosen = {}, []
    for score, mrf, cycles in sorted(points):  # the fewest cycles so far for each MRF size
        if all(cycles < other for size, other in best.items() if size <= mrf):
            best[mrf] = cycles
            chosen.append((score, mrf, cycles))
    return chosen


def simulate(tasks, program):
    """Returns cycles of the engine; tasks: (pattern, tokens, packed, score_entries, mrf)."""
    lines = []
    for name, tokens, packed, score, mrf in tasks:
        words = " ".join(f"{key}={value}" for key, value in PATTERNS[name].items())
        lines.append(f"tokens={tokens} pattern={name} {words} packed={packed} "
                     f"score_entries={score} mrf_entries={mrf}")
    return [int(row["cycles"]) for row in engine_jobs.run(lines, program)]


def agreement(groups):
    """Returns (pairs, pairs ranked alike, groups, groups whose twin's best is an engine's best).
    groups: lists of (twin cycles, engine cycles); pairs that are equal for the twin do not count."""
    pairs = alike = same_best = 0
    for group in groups:
        for (twin_a, engine_a), (twin_b, engine_b) in itertools.combinations(group, 2):
            if twin_a != twin_b:
                pairs += 1
                alike += (twin_a < twin_b) == (engine_a < engine_b)
        same_best += min(group)[1] == min(engine for _, engine in group)
    return pairs, alike, len(groups), same_best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200,
                        help="at most so many sizes of each register file")
    parser.add_argument("--tokens", type=int, nargs="+", default=[128, 256, 512, 1024])
    parser.add_argument("--sample", type=int, default=8, help="of each pattern, length and packing")
    parser.add_argument("--at-least", type=float, default=90, metavar="PERCENT")
    parser.add_argument("-o", "--out", type=pathlib.Path, default=ROOT / "out/explore_engine")
    options = parser.parse_args()
    tasks = [(name, tokens, packed, options.steps) for tokens in sorted(options.tokens, reverse=True)
             for name in PATTERNS for packed in (0, 1)]
    begin = time.perf_counter()
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        scans = list(pool.map(scan, tasks))
    scanned, seconds = sum(map(len, scans)), time.perf_counter() - begin
    print(f"{scanned} points by closed forms in {seconds:.1f} s")
    rng = random.Random(SEED)
    rows, groups = [], {}
    for (name, tokens, packed, _), points in zip(tasks, scans):
        kept = front(points)
        chosen = kept + rng.sample(points, min(options.sample, len(points)))
        rows += [{"pattern": name, "tokens": tokens, "packed": packed, "score_entries": score,
                  "mrf_entries": mrf, "on_front": int(index < len(kept)), "twin_cycles": cycles}
                 for index, (score, mrf, cycles) in enumerate(chosen)]
    keys = ("pattern", "tokens", "packed", "score_entries", "mrf_entries")
    begin = time.perf_counter()
    cycles = simulate([[row[key] for key in keys] for row in rows], engine_jobs.program())
    for row, value in zip(rows, cycles):
        row["cycles"] = value
        groups.setdefault((row["pattern"], row["tokens"]), []).append((row["twin_cycles"], value))
    print(f"{len(rows)} points simulated in {time.perf_counter() - begin:.1f} s")
    pairs, alike, count, same_best = agreement(groups.values())
    print(f"the twin ranks {alike} of {pairs} pairs as the engine does ({alike / pairs:.1%}); its "
          f"best is the engine's in {same_best} of {count} patterns and lengths")
    options.out.mkdir(parents=True, exist_ok=True)
    engine_jobs.write_csv(options.out / "explore_engine.csv", rows)
    return 0 if 100 * alike >= options.at_least * pairs else 1


if __name__ == "__main__":
    sys.exit(main())
