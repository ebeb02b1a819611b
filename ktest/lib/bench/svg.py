# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Two kinds of charts as SVG: bars of several subjects, and lines that grow."""

from html import escape
import math

# Colours that stay apart for readers who see few of them.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666")
_WIDTH, _LABEL, _BAR, _GAP = 760, 150, 14, 10


def _text(x, y, text, anchor="start", size=12):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
            f'font-size="{size}">{escape(text)}</text>')


def _frame(height, parts, title):
    return (f'<svg role="img" viewBox="0 0 {_WIDTH} {height:.0f}" width="100%">'
            f"<title>{escape(title)}</title>{''.join(parts)}</svg>")


def _legend(names, y):
    parts, x = [], _LABEL
    for name, colour in zip(names, COLOURS):
        parts.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(x + 16, y, name))
        x += 30 + 8 * len(name)
    return parts


def _longest(values):
    """The value of the longest bar that is drawn whole: a few far beyond the rest are cut."""
    values = sorted(values)
    usual = 4 * values[int(0.9 * (len(values) - 1))]
    return max(v for v in values if v <= usual) or 1


def bars(title, rows, subjects, label):
    """@rows: [(case, {subject: value})]; @label(value) stands behind a bar."""
    most = _longest([v for _, values in rows for v in values.values()])
    room = _WIDTH - _LABEL - 120
    parts, y = _legend(subjects, 14), 34
    for case, values in rows:
        shown = [s for s in subjects if s in values]
        parts.append(_text(_LABEL - 8, y + len(shown) * _BAR / 2 + 4, case, "end"))
        for subject in shown:
            width = max(1, room * min(values[subject] / most, 1.05))
            parts.append(f'<rect x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR - 2}" '
                         f'fill="{COLOURS[subjects.index(subject) % len(COLOURS)]}"/>')
            text = label(values[subject]) + (" (cut)" if values[subject] > 1.05 * most else "")
            parts.append(_text(_LABEL + width + 5, y + _BAR - 4, text, size=11))
            y += _BAR
        y += _GAP
    return _frame(y, parts, title)


def lines(title, series, label, unit):
    """@series: {subject: [(x, y)]}; both axes are logarithmic where they span far."""
    points = [p for line in series.values() for p in line]
    scales = [_scale([p[i] for p in points]) for i in (0, 1)]
    left, right, top, bottom = 90, _WIDTH - 20, 34, 260

    def at(point):
        return (left + (right - left) * scales[0](point[0]),
                bottom - (bottom - top) * scales[1](point[1]))

    parts = _legend(list(series), 14)
    parts.append(f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#888"/>')
    for x in sorted({p[0] for p in points}):
        parts.append(_text(at((x, points[0][1]))[0], bottom + 16, label(x), "middle", 11))
    for y in sorted({min(p[1] for p in points), max(p[1] for p in points)}):
        parts.append(_text(left - 6, at((points[0][0], y))[1] + 4, label(y), "end", 11))
    for (name, line), colour in zip(series.items(), COLOURS):
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in map(at, sorted(line)))
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2">'
                     f"<title>{escape(name)}</title></path>")
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
                  for x, y in map(at, line)]
    parts.append(_text((left + right) / 2, bottom + 34, unit, "middle", 11))
    return _frame(bottom + 42, parts, title)


def _scale(values):
    """A function from a value to 0..1."""
    low, high = min(values), max(values)
    if low > 0 and high / low >= 8:
        return lambda v: math.log(v / low) / math.log(high / low)
    low = min(low, 0) if low < high / 2 else low * 0.9
    return lambda v: (v - low) / ((high - low) or 1)
