# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The benchmark as tables for a terminal: a row a case, a column a subject."""


def number(value):
    """A figure as people read it."""
    if value is None:
        return "-"
    value = round(value, 2) + 0.0             # no "-0"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}"


def grid(rows):
    """Rows of strings with aligned columns, the first to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) if not i else cell.rjust(w)
                       for i, (cell, w) in enumerate(zip(row, widths))).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def readable(rows):
    """Rows of Table.rows() with their figures as people read them."""
    return [rows[0], *((case, *map(number, values)) for case, *values in rows[1:])]


def metric(table, area, name):
    """The table of one metric of an area."""
    return f"{area}: {table.label(area, name)}\n{grid(readable(table.rows(area, name)))}"


def everything(table, area):
    """All metrics of an area that are more than a detail of another."""
    names = [n for n in table.names("metric", area=area)
             if not n.startswith(("exit.", "hypercall.")) and not n.endswith("-spread")]
    return "\n\n".join(metric(table, area, n) for n in names)
