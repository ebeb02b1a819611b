# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Every instruction that a guest executes, from QEMU's log, by function.

The guest has one CPU, counts instructions (boot.Boot.icount) and does not move
its kernel (nokaslr). With one instruction in every translation block and no
chaining, QEMU's exec log has a line for each instruction.
"""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
import re

_LINE = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
# The longest x86 instruction is 15 bytes.
_NEXT = 15
# A call is at most this long.
_CALL = 7


class Symbols:
    """The functions in a System.map."""

    def __init__(self, path):
        found = []
        for line in path.read_text().split("\n"):
            words = line.split()
            if len(words) == 3 and words[1] in "tTwW":
                found.append((int(words[0], 16), words[2], words[1]))
        found.sort()
        self._starts, self._names, self._kinds = zip(*found)

    def at(self, address):
        """The function that @address is in, and how far."""
        here = bisect_right(self._starts, address) - 1
        if here < 0:
            return "", address
        return self._names[here], address - self._starts[here]

    def span(self, prefix):
        """The addresses of what was linked together: all between global functions of @prefix."""
        ours = [i for i, name in enumerate(self._names)
                if name.startswith(prefix) and self._kinds[i] == "T"]
        return range(self._starts[ours[0]], self._starts[ours[-1] + 1])


def start(guest, path):
    """Log every instruction of @guest to the file @path from now on."""
    for line in (f"logfile {path}", "singlestep on", "log exec,nochain"):
        guest.qmp("human-monitor-command", **{"command-line": line})


def stop(guest):
    """Log no more."""
    for line in ("log none", "singlestep off"):
        guest.qmp("human-monitor-command", **{"command-line": line})


def addresses(path):
    """Yield the address of every instruction in the log @path."""
    with path.open(errors="replace") as stream:
        for line in stream:
            found = _LINE.match(line)
            if found:
                yield int(found[1], 16)


def within(trace, symbols, span):
    """Count the instructions of @trace at addresses in @span, by function."""
    return Counter(symbols.at(address)[0] for address in trace if address in span)


@dataclass
class Calls:
    """The calls of a function: instructions of each, by the function that they are in.

    All that the function calls is included.
    """

    each: list = field(default_factory=list)

    def least(self):
        """The call with the fewest instructions: no interrupt came between."""
        return min(self.each, key=lambda call: sum(call.values()))


class _Stack:
    """Where jumps and calls came from; what comes back to behind one is a return."""

    def __init__(self):
        self.places = []

    def move(self, before, now):
        """Note the step from @before to @now."""
        if 0 < now - before <= _NEXT:
            return
        for i in range(len(self.places) - 1, -1, -1):
            if 0 < now - self.places[i] <= _CALL:
                del self.places[i:]
                return
        # A loop jumps from the same place again and again.
        if before not in self.places[-8:]:
            self.places.append(before)


def inside(trace, symbols, entries):
    """Count the instructions of @trace that are done inside of the functions @entries.

    Returns {entry: Calls}.  What an entry does when another one has called it
    counts for both.
    """
    found = {name: Calls() for name in entries}
    stack, active, before = _Stack(), {}, None
    for now in trace:
        if before is not None:
            stack.move(before, now)
            active = {n: d for n, d in active.items() if d < len(stack.places)}
        name, offset = symbols.at(now)
        if offset == 0 and name in found and name not in active:
            active[name] = len(stack.places) - 1
            found[name].each.append(Counter())
        for entry in active:
            found[entry].each[-1][name] += 1
        before = now
    return found
