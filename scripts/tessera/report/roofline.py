# SPDX-License-Identifier: Apache-2.0
"""How near devices come to what their arithmetic and their memory ports allow."""
from . import machine
from .plot import RUN, Column, Missing, Plot

SECTION = "Roofline"
TITLE = "Operations per cycle over operations per byte"
NETWORK = "soc.cluster.l1_network."
# Multiply-accumulates per cycle of attention_engine presets: cores * batch * engines * native_dim *
# lanes in models/attention_engine/engine_parameters.cpp.
ENGINE_MACS = {"soc64": 4096, "bw_s5": 6000, "bw_a10": 16384, "bw_s10": 96000, "s10nx": 67200,
               "bert_np": 16384}
WORD = 4  # bytes of an access of a hart
CYCLES_PER_BEAT = 4  # of a master at L2: models/axi/README.md


def plots(runs):
    """Returns [Plot] of all runs and regions in which a device moved bytes, or [Missing]."""
    rows, roofs = [], {}
    for run in runs:
        for device, count, roof in _devices(run):
            for region, cycles, statistics in run.scopes():
                operations, moved = count(statistics)
                if cycles and operations and moved:
                    rows.append([run.name, region, device, operations, moved, cycles,
                                 operations / moved, operations / cycles])
                    roofs.setdefault((device, *roof), []).append(run.name)
    if not rows:
        return [Missing(SECTION, TITLE, "no run with harts, ITAs or attention engine in cycle "
                        "timing; run with --timing cycle")]
    columns = [RUN, Column("region"), Column("device", is_filter=True),
               Column("operations", unit="operations"), Column("bytes", unit="bytes"),
               Column("cycles", unit="cycles"), Column("intensity", unit="operations per byte"),
               Column("rate", "achieved", "operations per cycle")]
    low, high = min(row[6] for row in rows) / 4, max(row[6] for row in rows) * 4
    lines = [{"name": f"roof of {device}", "series": device, "runs": sorted(set(names)),
              "peak": peak, "bandwidth": bandwidth, **_roof(peak, bandwidth, low, high)}
             for (device, peak, bandwidth), names in roofs.items()]
    return [Plot("roofline", SECTION, TITLE,
                 "Points under the slope are bound by bytes, those under the flat part by "
                 "arithmetic; the distance to the line is what is left to gain.",
                 "points", columns, rows,
                 {"x": "intensity", "y": "rate", "series": "device", "label": ["run", "region"],
                  "is_log": True, "lines": lines}, {},
                 tuple(f"roofline.{name}" for name in ("harts", "ITAs", "attention engine")
                       if any(row[2] == name for row in rows)),
                 ["harts: an instruction counts as an operation, an L1 or L2 access as 4 bytes; "
                  "accelerators: a multiply-accumulate counts as two"])]


def _roof(peak, bandwidth, low, high):
    """The line of what is possible, as points."""
    knee = peak / bandwidth
    xs = [low, *([knee] if low < knee < high else []), high]
    return {"x": xs, "y": [min(peak, bandwidth * x) for x in xs]}


def _devices(run):
    """Yields (device, function from statistics to (operations, bytes), (peak, bytes per cycle))."""
    harts = (run.number("soc.cluster.num_groups") * run.number("soc.cluster.core_tiles_per_group") *
             run.number("soc.cluster.cores_per_tile"))
    yield "harts", _of_harts, (harts, harts * WORD)
    if run.result.config.get("soc.ita.interface", "none") != "none":
        count = run.number("soc.ita.count")
        macs = run.number("soc.ita.processing_elements") * run.number("soc.ita.vector_length")
        port = run.number("soc.ita.ports") * run.number("soc.ita.port_bytes")
        yield "ITAs", _of_itas, (2 * count * macs, count * port)
    preset = run.result.config.get("soc.attention_engine.preset", "none")
    if preset in ENGINE_MACS:
        divider = max(run.number("soc.attention_engine.clock_divider"), 1)
        ports = max(run.number("soc.attention_engine.axi_ports"), 1)
        yield "attention engine", _of_engine, (
            2 * ENGINE_MACS[preset] / divider,
            ports * run.number("soc.dma.beat_bytes") / CYCLES_PER_BEAT)


def _of_harts(statistics):
    accesses = sum(value for path, value in statistics.items()
                   if (found := machine.BANK.fullmatch(path)) and found[3] == "requests"
                   or path.startswith("soc.soc_path.tile[") and path.endswith(("loads", "stores")))
    return statistics.get("soc.cluster.instructions", 0), WORD * accesses


def _of_itas(statistics):
    own = {path: value for path, value in statistics.items() if path.startswith("soc.ita[")}
    return (2 * sum(value for path, value in own.items() if path.endswith("].macs")),
            sum(value for path, value in own.items()
                if path.endswith(("].bytes_read", "].bytes_written"))))


def _of_engine(statistics):
    engine = "soc.attention_engine."
    return (2 * statistics.get(engine + "useful_macs", 0),
            statistics.get(engine + "bytes_read", 0) + statistics.get(engine + "bytes_written", 0))
