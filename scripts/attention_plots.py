# SPDX-License-Identifier: Apache-2.0
"""Plots of the attention study; how to read them: models/attention_engine/STUDY.md."""

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (after the choice of the back end)


def save(figure, path):
    """Writes an SVG file that is the same for the same numbers."""
    matplotlib.rcParams["svg.hashsalt"] = path.stem
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def panels(count, width=5):
    """A figure with `count` panels side by side."""
    figure, axes = pyplot.subplots(1, count, figsize=(width * count, 4), layout="constrained")
    for axis in axes:
        axis.grid(alpha=0.3)
    return figure, axes


def columns(rows, *names):
    """Lists of the named columns."""
    return [[row[name] for row in rows] for name in names]


def grouped(rows, *names):
    """(values of `names`, rows that have them), in the order of their first row."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups.items()


def draw_latency(path, rows):
    """Cycles over S, logarithmic; gain over dense, of attention and of the whole model."""
    figure, (cycles, gain, model) = panels(3)
    for (name,), curve in grouped(rows, "pattern"):
        tokens, measured, twin = columns(curve, "tokens", "cycles", "twin_cycles")
        line, = cycles.loglog(tokens, measured, marker="o", label=name, base=2)
        cycles.loglog(tokens, twin, "+", color=line.get_color(), base=2)
        if name != "dense":
            gain.semilogx(tokens, columns(curve, "gain")[0], marker="o", label=name,
                          color=line.get_color(), base=2)
            model.semilogx(tokens, columns(curve, "model_gain")[0], marker="o", label=name,
                           color=line.get_color(), base=2)
    tokens, bound = columns([row for row in rows if row["pattern"] == "dense"], "tokens",
                            "model_bound")
    model.semilogx(tokens, bound, "k--", label="free attention (Amdahl)", base=2)
    cycles.set_ylabel("cycles of a head (+: twin)")
    gain.set_ylabel("attention: times faster than dense")
    model.set_ylabel("BERT-base: times faster than dense")
    for axis in (cycles, gain, model):
        axis.set_xlabel("sequence length S (tokens)")
        axis.legend()
    save(figure, path)


def draw_density(path, rows):
    """Cycles over tile density, each length as part of its dense cycles."""
    figure, (relative, gain) = panels(2)
    for (tokens,), curve in grouped(rows, "tokens"):
        dense = curve[-1]["cycles"]
        x, measured, twin, gains = columns(curve, "tile_density", "cycles", "twin_cycles", "gain")
        line, = relative.plot(x, [value / dense for value in measured], marker=".",
                              label=f"S = {tokens:.0f}")
        relative.plot(x, [value / dense for value in twin], "+", color=line.get_color())
        gain.loglog(x, gains, marker=".", label=f"S = {tokens:.0f}", color=line.get_color())
    relative.plot([0, 1], [0, 1], "k--", label="in proportion")
    gain.loglog([1 / 16, 1], [16, 1], "k--", label="in proportion")
    relative.set_ylabel("cycles / dense cycles (+: twin)")
    gain.set_ylabel("attention: times faster than dense")
    for axis in (relative, gain):
        axis.set_xlabel("tile density")
        axis.legend()
    save(figure, path)


def draw_capacity(path, rows):
    """Cycles and bytes over entries of ScoreVrf; dotted: with the online policy allowed."""
    figure, (cycles, moved) = panels(2, 6)
    colours = {}
    for (name, is_packed, online), curve in grouped(rows, "pattern", "packed", "online"):
        colour = colours.setdefault(name, f"C{len(colours)}")
        entries, taken, transferred = columns(curve, "entries", "cycles", "axi_bytes")
        style = {"color": colour, "where": "post", "linewidth": 2.5 if is_packed else 1,
                 "linestyle": ":" if online else "-" if is_packed else "--",
                 "label": None if online else f"{name}, {'packed' if is_packed else 'unpacked'}"}
        cycles.step(entries, taken, **style)
        if not online:
            moved.step(entries, [value / 2 ** 20 for value in transferred], **style)
    cycles.set_ylabel("cycles of a head (dotted: online allowed)")
    moved.set_ylabel("MiB over AXI")
    for axis in (cycles, moved):
        axis.set_xlabel("entries of ScoreVrf")
        axis.set_ylim(bottom=0)
        axis.legend()
    save(figure, path)


def draw_batches(path, rows):
    """Gain of each batch by length-aware scheduling, between that of linear and quadratic work."""
    figure, (gain, model) = panels(2)
    names = [f"{row['batch']}\n{row['pattern']}" for row in rows]
    places = range(len(rows))
    gain.bar(places, columns(rows, "gain")[0], color="C0", label="cycle engine")
    gain.plot(places, columns(rows, "gain_of_linear_work")[0], "k_", markersize=24,
              label="linear work")
    gain.plot(places, columns(rows, "gain_of_quadratic_work")[0], "r_", markersize=24,
              label="quadratic work")
    gain.set_yscale("log", base=2)
    gain.set_ylabel("attention: times faster than padded")
    model.bar(places, columns(rows, "model_gain")[0], color="C0", label="only attention")
    model.plot(places, columns(rows, "model_bound")[0], "k_", markersize=24,
               label="free attention (Amdahl)")
    model.set_ylim(1)
    model.set_ylabel("BERT-base: times faster than padded")
    for axis in (gain, model):
        axis.set_xticks(places, names, fontsize=6)
        axis.legend()
    save(figure, path)


def draw_accuracy(path, rows):
    """For every model: kept weight and accuracy over the density of elements and of tiles."""
    figure, axes = panels(2, 6)
    for index, ((model, is_dynamic), points) in enumerate(grouped(rows, "model", "is_dynamic")):
        measure = "mass" if points[0]["accuracy"] == "" else "accuracy"
        for axis, name in zip(axes, ("density", "tile_density")):
            x, y, labels = columns(points, name, measure, "map")
            axis.plot(x, y, "^" if is_dynamic else "o", color=f"C{index // 2}", markersize=5,
                      label=f"{model}: {measure}, {'picked' if is_dynamic else 'fixed'}")
            for place in zip(labels, x, y):
                axis.annotate(place[0], place[1:], fontsize=5, xytext=(3, 3),
                              textcoords="offset points")
    for axis, name in zip(axes, ("pairs that are computed", "tiles that are computed")):
        axis.set_xlabel(name)
        axis.set_ylabel("accuracy, or kept weight of dense attention")
        axis.set_xscale("log")
        axis.legend(fontsize=7)
    save(figure, path)


DRAW = {"latency": draw_latency, "density": draw_density, "capacity": draw_capacity,
        "batches": draw_batches, "accuracy": draw_accuracy}


def draw(folder, tables):
    """Writes a plot for every table that has one: NAME.svg. Args: tables: name -> rows."""
    for name, rows in tables.items():
        if name in DRAW:
            DRAW[name](folder / f"{name}.svg", rows)
