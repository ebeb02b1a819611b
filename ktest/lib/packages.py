# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Which Debian packages each target of the Makefile installs."""

import re

from .paths import KTEST, ROOT

_RULE = re.compile(r"^([a-z][a-z -]*):(?!=) *([a-z -]*)$")
_SETUP = re.compile(r"^\t@(\$\(if \$\(CONFIG\),)?\$\(SETUP\) ([a-z ]+?)(?: &&.*)?$")


def groups():
    """{group: [packages]} of ktest/packages.txt."""
    found = {}
    for line in (KTEST / "packages.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            package, *names = line.split()
            for name in names:
                found.setdefault(name, []).append(package)
    return found


def targets():
    """{target: [groups]} of the Makefile, prerequisites included."""
    own, needs, current = {}, {}, []
    for line in (ROOT / "Makefile").read_text().splitlines():
        if rule := _RULE.match(line):
            current = rule[1].split()
            for name in current:
                needs[name] = rule[2].split()
        elif setup := _SETUP.match(line):
            for name in current:
                target = f"{name} CONFIG=..." if setup[1] else name
                if target != name:
                    needs[target] = [name]
                own.setdefault(target, []).extend(setup[2].split())

    def every(name):
        inherited = [g for other in needs.get(name, []) for g in every(other)]
        return list(dict.fromkeys(inherited + own.get(name, [])))

    return {name: every(name) for name in needs if every(name)}


def of(target):
    """The packages of one target, sorted."""
    return sorted({p for group in targets()[target] for p in groups()[group]})
