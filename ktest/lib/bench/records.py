# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Records of what was measured, and the file that keeps them.

A record is an object with the keys of KEYS: @subject did @case in @area, and
@metric was @value @unit.
"""

import json

from ..alone import alone
from ..paths import REPORT

KEYS = ("area", "case", "subject", "metric", "value", "unit")
PATH = REPORT / "bench.json"


def record(area, case, subject, metric, value, unit):
    """One record; figures are kept with three digits after the point at most."""
    value = round(value, 3)
    return dict(zip(KEYS, (area, case, subject, metric,
                           int(value) if value == int(value) else value, unit)))


def replace(path, text):
    """Make @text the contents of @path; a run that is cut off leaves the old ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def read(path=PATH):
    """The records that @path keeps."""
    return json.loads(path.read_text()) if path.exists() else []


def merged(new, path=PATH):
    """@new records, in place of all that @path has of the same areas, and the rest of it."""
    areas = {r["area"] for r in new}
    return [r for r in read(path) if r["area"] not in areas] + new


def write(new, path=PATH):
    """Put @new records into @path; see merged()."""
    with alone(path.name):
        lines = ",\n".join(" " + json.dumps(r) for r in merged(new, path))
        replace(path, f"[\n{lines}\n]\n")


class Table:
    """Records to look things up in."""

    def __init__(self, records):
        self.records = records
        self._values = {(r["area"], r["case"], r["subject"], r["metric"]): r["value"]
                        for r in records}

    def get(self, area, case, subject, metric):
        """One value, or None."""
        return self._values.get((area, case, subject, metric))

    def names(self, key, **wanted):
        """The different values of @key in records that have @wanted, in their order."""
        return list(dict.fromkeys(r[key] for r in self.records
                                  if all(r[k] == v for k, v in wanted.items())))

    def rows(self, area, metric):
        """One metric of an area: [("case", *subjects), (case, *values), ...]."""
        subjects = self.names("subject", area=area, metric=metric)
        return [("case", *subjects),
                *((case, *(self.get(area, case, s, metric) for s in subjects))
                  for case in self.names("case", area=area, metric=metric))]

    def unit(self, area, metric):
        """The unit of a metric."""
        return next((r["unit"] for r in self.records
                     if r["area"] == area and r["metric"] == metric), "")

    def label(self, area, metric):
        """A metric with its unit, if that says more."""
        unit = self.unit(area, metric)
        return metric if unit == metric else f"{metric}, {unit}"
