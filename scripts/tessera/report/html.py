# SPDX-License-Identifier: Apache-2.0
"""One HTML file of plots: data, style, script and the chart library are all in it."""
import base64
import gzip
import html
import json
import pathlib

from ..timeline import page as gantt
from .sources import ReportError

PAGE = pathlib.Path(__file__).parent / "page"
LIBRARY = pathlib.Path("/usr/share/python3-plotly/plotly.js")  # Debian's python3-plotly
SCRIPTS = ("table.js", "filters.js", "charts.js", "report.js")


def page(title, facts, plots, missing, evidence, evidence_table):
    """Returns the text of the page.

    Args:
      facts: [str] that stand below the title.
      plots: [Plot]; missing: [Missing].
      evidence: {id of a plot: [{status, text, runs}]}.
      evidence_table: Plot of everything that is validated or assumed.
    """
    data = {"title": title, "facts": facts,
            "plots": [plot.as_json(evidence.get(plot.id, [])) for plot in (*plots, evidence_table)],
            "missing": [each.as_json() for each in missing]}
    parts = {"TITLE": html.escape(title), "STYLE": _text("report.css") + gantt.style(),
             "DATA": _packed(_json(data)), "LIBRARY": _packed(_library()), "GANTT": gantt.script(),
             "SCRIPT": "\n".join(_text(name) for name in SCRIPTS)}
    text = _text("report.html")
    for name, value in parts.items():
        text = text.replace(f"@{name}@", value, 1)
    return text


def _text(name):
    return (PAGE / name).read_text(encoding="utf-8")


def _json(data):
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


def _library():
    try:
        return LIBRARY.read_bytes()
    except OSError as error:
        raise ReportError(f"{LIBRARY} is missing: apt-get install python3-plotly") from error


def _packed(content):
    """Bytes as text that the page unpacks, a fraction of them; the same for the same bytes."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()
