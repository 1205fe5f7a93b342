# SPDX-License-Identifier: Apache-2.0
"""Charts of bench_transformer.py."""
import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (after the choice of the back end)

COLOURS = {"ITA": "tab:blue", "cores": "tab:orange"}
BESIDE = {"loc": "upper left", "bbox_to_anchor": (1.01, 1)}


def label(case):
    """What tells a case from others but for the device."""
    name, value = case.variant
    return f"{name} {value}" if name else case.model + (
        f" x {case.batch}" if case.batch > 1 else "")


def save(figure, path):
    matplotlib.rcParams["svg.hashsalt"] = "bench_transformer"  # same file for the same numbers
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def draw_bars(path, cases):
    """Cycles of an inference, ITA beside cores, with MAC/cycle at the bars."""
    labels = list(dict.fromkeys(label(case) for case in cases))
    figure, panel = pyplot.subplots(figsize=(9, 1.2 + 0.7 * len(labels)), layout="constrained")
    for case in cases:
        place = labels.index(label(case)) + (-0.2 if case.on == "ITA" else 0.2)
        cycles = case.measurement.cycles_per_inference
        panel.barh(place, cycles, 0.38, color=COLOURS[case.on])
        panel.annotate(f" {case.measurement.macs_per_cycle:.0f} MAC/cycle", (cycles, place),
                       va="center", fontsize=8)
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=colour) for colour in COLOURS.values()]
    panel.legend(handles, COLOURS, **BESIDE)
    panel.set_yticks(range(len(labels)), labels)
    panel.invert_yaxis()
    panel.margins(x=0.2)
    panel.set_xlabel("cycles per inference")
    panel.grid(axis="x", alpha=0.3)
    save(figure, path)


def draw_stacks(path, cases, classes):
    """Shares of the last inference by operator class, a panel for each device."""
    devices = list(dict.fromkeys(case.on for case in cases))
    figure, panels = pyplot.subplots(1, len(devices), figsize=(6 * len(devices), 5),
                                     layout="constrained", squeeze=False)
    colours = pyplot.get_cmap("tab10").colors
    for panel, device in zip(panels[0], devices):
        own = [case for case in cases if case.on == device]
        bottoms = [0.0] * len(own)
        for name, colour in zip(classes, colours):
            heights = [100 * case.measurement.breakdown.by_class().get(name, 0)
                       / case.measurement.breakdown.cycles for case in own]
            panel.bar(range(len(own)), heights, bottom=bottoms, color=colour, label=name)
            bottoms = [bottom + height for bottom, height in zip(bottoms, heights)]
        panel.set_xticks(range(len(own)), [label(case) for case in own], rotation=60, ha="right")
        panel.set_title(f"on {device}")
        panel.set_ylabel("share of an inference's cycles (%)")
    panels[0][-1].legend(**BESIDE)
    save(figure, path)
