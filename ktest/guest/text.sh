#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Whatever changes the kernel's text or steps through it, under load: tracers,
# probes, static keys; then perf's software events and io_uring.

cd /sys/kernel/tracing || exit 1
status=0
number=0

load() { while :; do t-process >/dev/null; done; }

# case NAME COMMAND...: one line of KTAP
case_() {
	name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		status=1
	fi
}

# tracer NAME PATTERN: trace everything, see lines of @PATTERN, and stop, five times
# shellcheck disable=SC2317 # called by case_
tracer() {
	for _ in 1 2 3 4 5; do
		echo "$1" >current_tracer || return 1
		t-thread >/dev/null
		grep -q "$2" trace || return 1
		echo nop >current_tracer || return 1
		echo >trace
	done
}

# shellcheck disable=SC2317 # called by case_
probe_events() {
	for _ in 1 2 3 4 5; do
		echo 'p:kt/entry do_sys_openat2' >>kprobe_events || return 1
		# shellcheck disable=SC2016 # not the shell's
		echo 'r:kt/return do_sys_openat2 $retval' >>kprobe_events || return 1
		echo 1 >events/kt/enable
		cat /init >/dev/null
		echo 0 >events/kt/enable
		grep -q 'entry: (do_sys_openat2' trace || return 1
		grep -q 'return: (.* <- do_sys_openat2' trace || return 1
		echo '-:kt/entry' >>kprobe_events
		echo '-:kt/return' >>kprobe_events
		echo >trace
	done
}

# A static key of the scheduler, read and turned on all CPUs
# shellcheck disable=SC2317 # called by case_
scheduler_key() {
	for _ in $(seq 50); do
		echo 1 >/proc/sys/kernel/sched_schedstats || return 1
		echo 0 >/proc/sys/kernel/sched_schedstats || return 1
	done
}

# shellcheck disable=SC2317 # called by case_
text_module() {
	insmod /lib/modules/kt_text.ko && rmmod kt_text
}

echo "KTAP version 1"
echo "1..5"
load &
case_ function_tracer tracer function 'do_syscall_64 <-'
case_ function_graph_tracer tracer function_graph ' do_syscall_64() {\| do_syscall_64();'
case_ probe_events probe_events
case_ scheduler_key scheduler_key
case_ text_module text_module
kill $!
for t in t-perf t-uring; do
	$t || status=1
done
exit $status
