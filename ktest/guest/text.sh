#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Whatever changes the kernel's text or steps through it, under load: tracers,
# probes, static keys; then perf's software events and io_uring.

cd /sys/kernel/tracing || exit 1
# shellcheck source=ktest/guest/case-lib.sh
. /ktest/case-lib.sh
# shellcheck source=ktest/guest/load-lib.sh
. /ktest/load-lib.sh

# t-process has children die by signals on purpose; the log need not have each
echo 0 >/proc/sys/debug/exception-trace

# tracer NAME FUNCTIONS PATTERN: trace @FUNCTIONS, see lines of @PATTERN, and stop, twice
# shellcheck disable=SC2317 # called by check
tracer() {
	echo "$2" >set_ftrace_filter || return 1
	for _ in 1 2; do
		echo "$1" >current_tracer || return 1
		cat /init >/dev/null
		echo 0 >tracing_on
		grep -q "$3" trace || return 1
		echo nop >current_tracer || return 1
		echo >trace
		echo 1 >tracing_on
	done
	echo >set_ftrace_filter
}

# shellcheck disable=SC2317 # called by check
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

# A static branch of the kernel itself
# shellcheck disable=SC2317 # called by check
static_key() {
	for _ in $(seq 50); do
		echo 1 >/proc/sys/kernel/bpf_stats_enabled || return 1
		echo 0 >/proc/sys/kernel/bpf_stats_enabled || return 1
	done
}

# shellcheck disable=SC2317 # called by check
text_module() {
	insmod /lib/modules/kt_text.ko && rmmod kt_text
}

echo "KTAP version 1"
echo "1..5"
begin_load
check text_module text_module
check static_key static_key
check probe_events probe_events
check function_graph_tracer tracer function_graph 'do_sys_*' 'do_sys_openat2() {\|do_sys_openat2();'
check function_tracer tracer function 'do_sys_*' 'do_sys_openat2 <-'
end_load || status=1
for t in t-perf t-uring; do
	$t || status=1
done
exit $status
