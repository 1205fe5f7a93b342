# SPDX-License-Identifier: Apache-2.0
"""Where the cycles of ITAs, DMA and the attention engine go; what its register files cost."""
import re

from .plot import REGION, RUN, Column, Missing, Plot

SECTION = "Accelerators and DMA"
ENGINE_SECTION = "Attention engine"
ITA = re.compile(r"soc\.ita\[(\d+)\]\.(.+)")
BACKEND = re.compile(r"soc\.dma\.backend\[(\d+)\]\.(.+)")
ENGINE = "soc.attention_engine."
ITA_STATES = ("compute_cycles", "input_stall_cycles", "weight_stall_cycles", "softmax_stall_cycles",
              "output_stall_cycles", "overhead_cycles")
STALLS = ("load_stall_cycles", "dependency_stall_cycles", "fifo_stall_cycles",
          "front_end_stall_cycles")
TILES = ("tiles_full", "tiles_partial", "tiles_skipped")
BYTES = ("spill_bytes", "refetch_bytes")
SIZES = ("score_entries", "mrf_entries")


def plots(runs):
    """Returns the plots of both sections."""
    return [*_itas(runs), *_dma(runs), *_engine(runs)]


def _label(name):
    return name.removesuffix("_cycles").removesuffix("_bytes").replace("_", " ")


def _indexed(runs, pattern):
    """Yields (run, region, cycles, index, {figure: value})."""
    for run in runs:
        for region, cycles, statistics in run.scopes():
            table = {}
            for path, value in statistics.items():
                found = pattern.fullmatch(path)
                if found:
                    table.setdefault(int(found[1]), {})[found[2]] = value
            for index, values in sorted(table.items()):
                yield run, region, cycles, index, values


def _itas(runs):
    rows = []
    for run, region, cycles, index, values in _indexed(runs, ITA):
        parts = [values.get(f"job_engine.{name}", 0) for name in ITA_STATES]
        if sum(parts):
            rows.append([run.name, region, f"ITA {index}", values.get("jobs", 0),
                         values.get("macs", 0), *parts, max(cycles - sum(parts), 0)])
    if not rows:
        return [Missing(SECTION, "Where the cycles of the ITAs go",
                        "no ITA ran a job in cycle timing; run with --timing cycle")]
    columns = [RUN, REGION, Column("device", is_filter=True), Column("jobs", unit="jobs"),
               Column("macs", "multiply-accumulates", "MAC"),
               *(Column(name, _label(name), "cycles") for name in ITA_STATES),
               Column("idle", "no job", "cycles")]
    return [Plot("itas", SECTION, "Where the cycles of the ITAs go",
                 "Compute is work; every stall names what the core waited for; no job is time in "
                 "which software gave it nothing to do.",
                 "bars", columns, rows,
                 {"category": ["run", "device"], "values": [*ITA_STATES, "idle"], "share": True},
                 {"device": ["run", "region", "device"], "run": ["run", "region"]},
                 tuple(f"soc.ita[*].job_engine.{name}" for name in ITA_STATES) +
                 ("soc.ita[*].jobs", "soc.ita[*].macs"))]


def _dma(runs):
    rows = [[run.name, region, f"back-end {index}",
             *(values.get(name, 0) for name in ("beats", "axi_wait_cycles", "l1_refused_cycles"))]
            for run, region, _, index, values in _indexed(runs, BACKEND) if any(values.values())]
    if not rows:
        return [Missing(SECTION, "What the DMA waited for", "no transfer in cycle timing; run with "
                        "--timing cycle")]
    columns = [RUN, REGION, Column("device", is_filter=True), Column("beats", unit="AXI words"),
               Column("axi_wait_cycles", "waited for the AXI port", "cycles"),
               Column("l1_refused_cycles", "its banks were busy", "cycles")]
    return [Plot("dma", SECTION, "What the back-ends of the DMA waited for",
                 "Long bars are transfers that were held up; compare them with the words moved, in "
                 "the table.",
                 "bars", columns, rows,
                 {"category": ["run", "device"],
                  "values": ["axi_wait_cycles", "l1_refused_cycles"]},
                 {"device": ["run", "region", "device"], "run": ["run", "region"]},
                 tuple(f"soc.dma.backend[*].{name}" for name in
                       ("beats", "axi_wait_cycles", "l1_refused_cycles")))]


def _engine(runs):
    scopes = [(run, region, {path.removeprefix(ENGINE): value for path, value in statistics.items()
                             if path.startswith(ENGINE)})
              for run in runs for region, _, statistics in run.scopes()]
    scopes = [(run, region, values) for run, region, values in scopes
              if values.get("busy_cycles", 0)]
    if not scopes:
        return [Missing(ENGINE_SECTION, "Tiles, units and register files", "no run in which the "
                        "attention engine worked, such as one of sw/sparse_mhsa")]
    return [_units(scopes), _tiles(scopes), _register_files(scopes)]


def _units(scopes):
    parts = ("contexts", "scores", *STALLS, "other")
    rows = []
    for run, region, values in scopes:
        contexts = values.get("mvu_context_cycles", 0)
        known = [contexts, values.get("mvu_cycles", 0) - contexts,
                 *(values.get(name, 0) for name in STALLS)]
        rows.append([run.name, region, values["busy_cycles"], *known,
                     max(values["busy_cycles"] - sum(known), 0), values.get("softmax_cycles", 0),
                     values.get("scan_cycles", 0)])
    columns = [RUN, REGION, Column("busy", "a descriptor ran", "cycles"),
               Column("contexts", "MVU: contexts", "cycles"),
               Column("scores", "MVU: scores, other products", "cycles"),
               *(Column(name, f"MVU waited: {_label(name)}", "cycles") for name in STALLS),
               Column("other", "start, end, no product left", "cycles"),
               Column("softmax", "softmax unit worked (beside)", "cycles"),
               Column("scan", "scheduler worked (beside)", "cycles")]
    return Plot("engine_units", ENGINE_SECTION, "Where the engine's cycles go",
                "The first two parts are products, the rest is what the matrix unit waited for; "
                "softmax and scheduler work beside it and stand in the table.",
                "bars", columns, rows,
                {"category": ["run"], "values": list(parts), "share": True}, {},
                tuple(ENGINE + name for name in ("busy_cycles", "mvu_cycles", "mvu_context_cycles",
                                                 *STALLS, "softmax_cycles", "scan_cycles")))


def _tiles(scopes):
    rows = [[run.name, region, *(values.get(name, 0) for name in TILES),
             values.get("useful_macs", 0), values.get("issued_macs", 0)]
            for run, region, values in scopes]
    columns = [RUN, REGION, *(Column(name, _label(name), "tiles") for name in TILES),
               Column("useful_macs", "useful products", "MAC"),
               Column("issued_macs", "issued products", "MAC")]
    return Plot("engine_tiles", ENGINE_SECTION, "Tiles computed and skipped",
                "Skipped tiles are time saved; partial ones are computed whole, so many are "
                "useless products.",
                "bars", columns, rows,
                {"category": ["run"], "values": list(TILES), "share": True}, {},
                tuple(ENGINE + name for name in (*TILES, "useful_macs", "issued_macs")))


def _register_files(scopes):
    rows = []
    for run, region, values in scopes:
        read, written = values.get("bytes_read", 0), values.get("bytes_written", 0)
        extra = [values.get(name, 0) for name in BYTES]
        sizes = [run.number(ENGINE + name) for name in SIZES]
        rows.append([run.name, region, *sizes, read, written, *extra])
    columns = [RUN, REGION, Column("score_entries", "ScoreVrf", "entries"),
               Column("mrf_entries", "MRF", "tiles"), Column("bytes_read", "read", "bytes"),
               Column("bytes_written", "written", "bytes"),
               Column("spill_bytes", "of these: scores spilled", "bytes"),
               Column("refetch_bytes", "of these: tiles fetched again", "bytes")]
    return Plot("engine_files", ENGINE_SECTION, "Traffic that larger register files would save",
                "Spilled scores want a larger ScoreVrf, tiles fetched again a larger MRF; no "
                "bar means that both are large enough.",
                "bars", columns, rows,
                {"category": ["run", "score_entries", "mrf_entries"], "values": list(BYTES)},
                {"run": ["run", "region", "score_entries", "mrf_entries"]},
                tuple(ENGINE + name for name in ("bytes_read", "bytes_written", *BYTES)))
