#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Count what operations cost.  The kernel command line says which:
#   bench.samples=N  bench.cases=CASE,CASE...   instructions, see bench-ops.c
#   bench.counters=N                            and, on the reference PVM host,
#                                               its counters around N repetitions
#   bench.parallel=N                            its counters while N processes of
#                                               8 MiB fork

parameter() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^bench\.$1=//p" | tail -n 1
}

# Let the console run dry first, so that the host does not write into a line.
counters() {
	echo "BENCH COUNTERS $1 $2"
	sleep 0.3
	printf S | dd of=/dev/port bs=1 seek=234 conv=notrunc 2>/dev/null
}

parallel=$(parameter parallel)
if [ "${parallel:-0}" -gt 0 ]; then
	for _ in $(seq "$parallel"); do
		bench-ops repeat 100000 fork-8 &
	done
	sleep 5
	counters parallel running
	killall -9 bench-ops
	exit 0
fi

cases=$(parameter cases | tr , ' ')
bench-ops start
# shellcheck disable=SC2086 # a list of words
bench-ops "$(parameter samples)" $cases || exit 1

times=$(parameter counters)
[ "${times:-0}" -gt 0 ] || exit 0
for case in $cases; do
	counters "$case" frame
	bench-ops frame "$times" "$case" || exit 1
	counters "$case" repeat
	bench-ops repeat "$times" "$case" || exit 1
	counters "$case" end
done
