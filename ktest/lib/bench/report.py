# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The benchmark as one HTML file that needs nothing else.

An area may state CHART (the metric that is drawn; "instructions" otherwise),
PEER (the subject that others are drawn as multiples of), WANTED ({case: the
multiple to reach}), OURS (the subject that has to reach it) and NOTES
({subject: a sentence}).
"""

from html import escape
import json

from .. import kernel
from ..paths import REPORT
from . import areas, svg
from .terminal import number, readable

PATH = REPORT / "bench.html"
_STYLE = """
body { font: 15px/1.45 sans-serif; max-width: 60em; margin: 1.5em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: .7em 0; }
td, th { padding: .15em .8em; text-align: right; border-bottom: 1px solid #ddd; }
td:first-child, th:first-child { text-align: left; }
.reached { color: #00694b; } .missed { color: #b23c00; font-weight: bold; }
details { margin: .5em 0; } summary { cursor: pointer; }
"""


def _row(cells, tag="td"):
    return "<tr>" + "".join(f"<{tag}>{c}</{tag}>" for c in cells) + "</tr>"


def metric_table(table, area, metric):
    """One metric: a row a case, a column a subject."""
    head, *rows = readable(table.rows(area, metric))
    return (f"<table>{_row(map(escape, head), 'th')}"
            f"{''.join(_row(map(escape, row)) for row in rows)}</table>")


def ratios(table, area, metric, peer):
    """[(case, {subject: multiple of @peer's value})]."""
    rows = []
    for case in table.names("case", area=area, metric=metric):
        base = table.get(area, case, peer, metric)
        if base:
            values = {s: table.get(area, case, s, metric)
                      for s in table.names("subject", area=area, metric=metric)}
            rows.append((case, {s: v / base for s, v in values.items() if v is not None}))
    return rows


def goals(table, module):
    """[(case, multiple wanted, multiple seen)] for the area's own subject."""
    metric, ours = getattr(module, "CHART", "instructions"), getattr(module, "OURS", module.NAME)
    rows = dict(ratios(table, module.NAME, metric, getattr(module, "PEER", "native")))
    return [(case, most, rows[case][ours]) for case, most in getattr(module, "WANTED", {}).items()
            if ours in rows.get(case, {})]


def _goals_html(table, module):
    found = goals(table, module)
    if not found:
        return ""
    rows = [_row(["", "to reach, at most", "seen", ""], "th")]
    for case, most, seen in found:
        kind = "reached" if seen <= most else "missed"
        rows.append(_row([escape(case), f"{most:g}", f"{seen:.4f}",
                          f'<span class="{kind}">{kind}</span>']))
    return (f"<p>Multiples of {escape(getattr(module, 'PEER', 'native'))}:</p>"
            f"<table>{''.join(rows)}</table>")


def _chart(table, module):
    """Bars as multiples of the peer, or lines where the area is a series."""
    name, metric = module.NAME, getattr(module, "CHART", "instructions")
    if hasattr(module, "series"):
        return "".join(f"<h3>{escape(title)}</h3>" + svg.lines(title, lines, number, unit)
                       for title, lines, unit in module.series(table))
    peer = getattr(module, "PEER", "native")
    rows = ratios(table, name, metric, peer)
    subjects = table.names("subject", area=name, metric=metric)
    title = f"{metric}, multiples of {peer}; shorter is better"
    return (f"<p>{escape(title)}</p>"
            + svg.bars(title, rows, subjects, lambda v: f"{v:.2f}")) if rows else ""


def _area(table, name):
    module = areas.get(name)
    if not table.names("metric", area=name):
        return ""
    parts = [f'<h2 id="{name}">{escape(name)}: {escape(module.TITLE)}</h2>']
    parts += [f"<p>{escape(s)}: {escape(note)}.</p>"
              for s, note in getattr(module, "NOTES", {}).items()]
    parts += [_chart(table, module), _goals_html(table, module)]
    for metric in table.names("metric", area=name):
        unit = table.unit(name, metric)
        parts.append(f"<details><summary>{escape(metric)} ({escape(unit)})</summary>"
                     f"{metric_table(table, name, metric)}</details>")
    return "".join(parts)


def html(table, image_sha256=""):
    """The report as text."""
    about = ("Instructions are counted by QEMU (-icount shift=0) on one CPU: they repeat, "
             "and are not time. Each is the median of at least 15 samples; the first and "
             "those that a timer tick hit are left out; spread is between the lowest and "
             "the highest of them.")
    body = "".join(_area(table, name) for name in areas.names())
    data = escape(json.dumps(table.records), quote=False)
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>pvops: benchmark</title><style>{_STYLE}</style></head><body>"
            f"<h1>pvops: benchmark</h1><p>{escape(about)}</p>"
            f"<p>Repeat with <code>make bench</code>. Image: <code>{image_sha256}</code></p>"
            f"{body}<details><summary>All records</summary><pre>{data}</pre></details>"
            f"</body></html>\n")


def write(table):
    """Write bench.html and return its path."""
    image = kernel.image()
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(html(table, kernel.sha256(image) if image.exists() else ""))
    return PATH
