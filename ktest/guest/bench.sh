#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Count what operations cost.  The kernel command line says which:
#   bench.samples=N  bench.cases=CASE,CASE...   instructions, see bench-ops.c
#   bench.counters=N                            and, on the reference PVM host,
#                                               its counters around N repetitions
#   bench.parallel=N                            its counters while N processes go
#                                               over 8 MiB each
#   bench.smp=CASE,CASE...                      what ktest/plugin/count.c counts of
#                                               bench-smp.c's cases,
#   bench.programs=1                            and of gcc and hackbench
#   bench.idle=SECONDS  bench.quiet=1           how often the CPUs leave idle; with
#                                               the settings of the admin guide

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
	# Of a guest that has not filled its memory, the figure would say how much of
	# it is in use: more CPUs use more.
	megabytes=$(awk '/^MemAvailable/ { print int($2 * 7 / 10240) }' /proc/meminfo)
	mount -o remount,size=95% /dev/shm
	dd if=/dev/zero of=/dev/shm/filled bs=1M count="$megabytes" 2>/dev/null || exit 1
	for i in $(seq "$parallel"); do
		bench-ops repeat 1 walk-8 >"/tmp/walk-$i" &
	done
	for i in $(seq "$parallel"); do
		until [ -s "/tmp/walk-$i" ]; do sleep 0.1; done
	done
	# No process may end from here on. The host keeps the tables of one that ended for
	# a second or two; with one CPU the next process takes the same tables.
	mkfifo /tmp/nothing
	exec 3<>/dev/port 4<>/tmp/nothing
	dd bs=1 seek=234 count=0 >&3 2>/dev/null
	# shellcheck disable=SC3045 # busybox's shell can wait without a process
	read -r -t 4 _ <&4
	echo "BENCH COUNTERS parallel running"
	# shellcheck disable=SC3045 # the same
	read -r -t 1 _ <&4
	printf S >&3
	killall -9 bench-ops
	exit 0
fi

# Begin a program that is framed by marks.
marked() {
	echo "BENCH PROGRAM"
	bench-smp "$@" || exit 1
}

samples=$(parameter samples)
cases=$(parameter smp | tr , ' ')
if [ -n "$cases" ]; then
	# shellcheck disable=SC2086 # a list of words
	marked "$samples" $cases
	exit 0
fi
if [ "$(parameter programs)" = 1 ]; then
	marked "$samples" run hackbench /usr/bin/hackbench -g 1 -f 4 -l 50
	marked "$samples" run gcc /usr/bin/gcc -O2 -c /bench/source.c -o /tmp/source.o
	exit 0
fi

# Each time that a CPU idles gives two events: it begins, it ends.
idle_events() {
	cat /sys/kernel/tracing/per_cpu/cpu*/stats | sed -n 's/^entries: //p' |
	awk '{ sum += $1 } END { print sum + 0 }'
}

seconds=$(parameter idle)
if [ "${seconds:-0}" -gt 0 ]; then
	if [ "$(parameter quiet)" = 1 ]; then
		echo 0 >/proc/sys/vm/compaction_proactiveness
		echo 120 >/proc/sys/vm/stat_interval
	fi
	cd /sys/kernel/tracing || exit 1
	echo 1 >events/power/cpu_idle/enable || exit 1
	mkdir instances/why
	sleep 5		# what boot has left to do
	for event in timer/timer_expire_entry timer/hrtimer_expire_entry irq/irq_handler_entry; do
		echo 1 >instances/why/events/$event/enable
	done
	before=$(idle_events)
	sleep "$seconds"
	after=$(idle_events)
	echo "BENCH IDLE $seconds $(((after - before) / 2))"
	# For whom they woke: for a reader of the console
	sed -n 's/.*: \(\w*\): .*\(function\|name\)=\(\S*\).*/\1 \3/p' instances/why/trace |
	sort | uniq -c | sort -rn | head -n 12 | sed 's/^ */BENCH WOKEN /'
	exit 0
fi

cases=$(parameter cases | tr , ' ')
# shellcheck disable=SC2086 # a list of words
bench-ops "$samples" $cases || exit 1

times=$(parameter counters)
[ "${times:-0}" -gt 0 ] || exit 0
for case in $cases; do
	counters "$case" frame
	bench-ops frame "$times" "$case" || exit 1
	counters "$case" repeat
	bench-ops repeat "$times" "$case" || exit 1
	counters "$case" end
done
