#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What makes the context computation of sparse attention slower than its density says.

  scripts/context_overhead.py [--tokens 1024] [--head-dim 64] [--output FILE.csv]

Runs attention on the cycle engine over the density of the tile map (random tiles, the same number
in each row), first with no such mechanism, then with each of A1 to A6 alone, then with all, and
fits cycles = a + b * tiles to each. A curve through the origin gains what its density promises; a
positive intercept a is the overhead. Cost: cycles of the job, and time that the MVU spends on
context products, against the engine without the mechanism, mean of all densities. Mechanisms:
section "Timing and source" of models/attention_engine/README.md.
"""

import argparse
import sys

from engine_jobs import fit, program, run, write_csv

TILE = 64
# Name, what it is, the words that switch it on. A2 needs a native dimension above the head's.
MECHANISMS = [
    ("none", "all switched off", ""),
    ("A1", "V is transposed an element a cycle", "transposer=none"),
    ("A2", "half of the units idle (N = 128, d = 64)", "preset=bert_np packs_heads=0"),
    ("A3", "a chain per run of neighbouring tiles", "indirect=0"),
    ("A4", "pipeline drained for every new shape", "drains_on_swr=1"),
    ("A5", "softmax of a row exposed", "overlaps_rows=0"),
    ("A6", "whole tiles over the engines", "context_split=tiles"),
    ("A1-A6", "all but A2", "transposer=none indirect=0 drains_on_swr=1 overlaps_rows=0 "
     "context_split=tiles"),
]
# A2 is compared with the same engine that packs two heads.
BASE_OF_A2 = "preset=bert_np packs_heads=1"


def curve(words, tokens, head_dim, path):
    """Rows of one mechanism, a row per density."""
    tile = 128 if "bert_np" in words else TILE
    side = -(-tokens // tile)
    steps = sorted({max(1, side * step // 16) for step in range(1, 17)})
    heads = 2 if "bert_np" in words else 1
    jobs = [f"{words} tokens={tokens} head_dim={head_dim} heads={heads} pattern=random seed=42 "
            f"random_tiles={step} online=0 unlimited=1 policy=overlapped" for step in steps]
    return run(jobs, path)


def summary_of(rows, base_rows):
    """a, b, r2 of the curve, and what it costs against `base_rows` in the mean of all densities."""
    intercept, slope, r2 = fit([(row["tiles"], row["cycles"]) for row in rows])
    quarter = min(range(len(rows)), key=lambda i: abs(rows[i]["tile_density"] - 0.25))
    ratio = {name: sum(row[name] / base[name] for row, base in zip(rows, base_rows)) / len(rows)
             for name in ("cycles", "context_busy")}
    return {"intercept": intercept, "slope": slope, "r2": r2,
            "gain": rows[-1]["cycles"] / rows[quarter]["cycles"],
            "density": rows[quarter]["tile_density"],
            "cost": ratio["cycles"] - 1, "context": ratio["context_busy"]}


def experiment(tokens, head_dim, path):
    """All curves: list of (name, what, rows, summary)."""
    base = curve("", tokens, head_dim, path)
    base_a2 = curve(BASE_OF_A2, tokens, head_dim, path)
    result = []
    for name, what, words in MECHANISMS:
        rows = curve(words, tokens, head_dim, path)
        result.append((name, what, rows, summary_of(rows, base_a2 if name == "A2" else base)))
    return result


def is_affine(summary, base):
    """Nearly a straight line, with an intercept well above that of the plain engine."""
    return summary["r2"] > 0.9 and summary["intercept"] > 1.25 * base["intercept"]


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--head-dim", type=int, default=64)
    parser.add_argument("--output", help="CSV file of all points")
    arguments = parser.parse_args()
    result = experiment(arguments.tokens, arguments.head_dim, program())
    if arguments.output:
        write_csv(arguments.output, [{"mechanism": name, **row} for name, _, rows, _ in result
                                     for row in rows])
    base = result[0][3]
    print(f"S = {arguments.tokens}, d = {arguments.head_dim}: cycles = a + b * tiles")
    print(f"{'':6} {'a':>8} {'b':>7} {'r2':>6} {'a / b':>7}  at {base['density']:.0%}     cost  "
          f"context")
    for name, what, _, one in result:
        print(f"{name:6} {one['intercept']:8.0f} {one['slope']:7.1f} {one['r2']:6.3f} "
              f"{one['intercept'] / one['slope']:7.1f}  {one['gain']:5.2f}x  {one['cost']:+7.1%}  "
              f"{one['context']:6.2f}x  {what}")
    affine = [name for name, _, _, one in result[1:] if is_affine(one, base)]
    print(f"affine with an intercept of their own: {', '.join(affine) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
