# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The benchmark as one HTML file that needs nothing else.

An area may state CHART (the metric that is drawn; "instructions" otherwise),
PEER (the subject that others are drawn as multiples of), its goals, and NOTES
({subject or case: a sentence}).
"""

from html import escape
import json

from ..paths import REPORT
from . import areas, runner, svg
from . import goals as wanted
from .terminal import number, readable

PATH = REPORT / "bench.html"
_STYLE = """
body { font: 15px/1.45 sans-serif; max-width: 60em; margin: 1.5em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: .7em 0; }
td, th { padding: .15em .8em; text-align: right; border-bottom: 1px solid #ddd; }
td:first-child, th:first-child { text-align: left; }
.text th, .text td { text-align: left; vertical-align: top; }
.reached { color: #00694b; } .missed, .not { color: #b23c00; font-weight: bold; }
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
    """[(Goal, value seen, or None)] of an area that has been measured."""
    found = []
    for goal in wanted(module):
        value = table.get(module.NAME, goal.case, goal.subject, goal.metric)
        if goal.peer and value is not None:
            base = table.get(module.NAME, goal.case, goal.peer, goal.metric)
            value = value / base if base else None
        found.append((goal, value))
    return found if table.names("metric", area=module.NAME) else []


GOALS_HEAD = ("case", "what", "at most", "seen", "result")


def _judged(goal, seen):
    """A goal's value and its result, for a reader."""
    if seen is None:
        return "-", "not measured"
    return (f"{seen:.4f}" if seen < 100 else f"{seen:,.0f}",
            "reached" if seen <= goal.most else "missed")


def goal_rows(table, module):
    """The goals as rows of strings for a reader."""
    rows = []
    for goal, seen in goals(table, module):
        unit = f"times {goal.peer}" if goal.peer else table.unit(module.NAME, goal.metric)
        rows.append((goal.case, f"{goal.metric} of {goal.subject}, {unit}", f"{goal.most:.4g}",
                     *_judged(goal, seen)))
    return rows


def _goals_html(table, module):
    rows = goal_rows(table, module)
    if not rows:
        return ""
    body = "".join(_row([*map(escape, cells), f'<span class="{result.split()[0]}">{result}</span>'])
                   for *cells, result in rows)
    return f"<p>To reach:</p><table>{_row(GOALS_HEAD, 'th')}{body}</table>"


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


def _details(table, name, metrics):
    return "".join(f"<p>{escape(table.label(name, m))}</p>"
                   + metric_table(table, name, m) for m in metrics)


def _summary(table):
    """All goals in short, each area with a link to its part."""
    rows = []
    for name in areas.names():
        found = goal_rows(table, areas.get(name))
        if table.names("metric", area=name):
            missed = [f"{case}: {what}, " + (result if seen == "-" else f"{seen} of {most}")
                      for case, what, most, seen, result in found if result != "reached"]
            state = ("" if not found else f"{len(found) - len(missed)} of {len(found)} reached")
            rows.append(_row([f'<a href="#{name}">{escape(name)}</a>',
                              escape(areas.get(name).TITLE), state,
                              "".join(f"<div>{escape(m)}</div>" for m in missed)]))
    head = _row(["area", "what is compared", "goals", "missed"], "th")
    return f'<table class="text">{head}{"".join(rows)}</table>'


def _area(table, name, image):
    module = areas.get(name)
    if not table.names("metric", area=name):
        return ""
    parts = [f'<h2 id="{name}">{escape(name)}: {escape(module.TITLE)}</h2>',
             f"<p>Image <code>{escape(image)}</code></p>"]
    parts += [f"<p>{escape(s)}: {escape(note)}.</p>"
              for s, note in getattr(module, "NOTES", {}).items()]
    parts += [_chart(table, module), _goals_html(table, module)]
    metrics = table.names("metric", area=name)
    reasons = [m for m in metrics if m.startswith(("exit.", "hypercall."))]
    for metric in metrics:
        if metric not in reasons:
            parts.append(f"<details><summary>{escape(table.label(name, metric))}</summary>"
                         f"{metric_table(table, name, metric)}</details>")
    if reasons:
        parts.append("<details><summary>transitions by reason</summary>"
                     f"{_details(table, name, reasons)}</details>")
    return "".join(parts)


def html(table, images):
    """The report as text; @images: {area: checksum of the image that it was measured on}."""
    about = ("Instructions are counted by QEMU (-icount shift=0) on one CPU: they repeat, "
             "and are not time. Each is the median of at least 15 samples; the first and "
             "those that a timer tick hit are left out; spread is between the lowest and "
             "the highest of them.")
    body = "".join(_area(table, name, images.get(name, "not known"))
                   for name in areas.names())
    data = escape(json.dumps(table.records), quote=False)
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>pvops: benchmark</title><style>{_STYLE}</style></head><body>"
            f"<h1>pvops: benchmark</h1><p>{escape(about)}</p>"
            f"<p>Repeat with <code>make bench</code>.</p>"
            f"{_summary(table)}{body}<details><summary>All records</summary><pre>{data}</pre></details>"
            f"</body></html>\n")


def write(table):
    """Write bench.html and return its path."""
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(html(table, runner.images()))
    return PATH
