#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Shows what the pvops core reports and what is in memory; the host judges.
# Each section stands between "CORE BEGIN name" and "CORE END name".

ops=/sys/kernel/debug/pvops/ops
module=/lib/modules/kt_pvops.ko

section() {
	echo "CORE BEGIN $1"
	shift
	"$@" || echo "CORE FAILED $*"
	echo "CORE END"
}

# shellcheck disable=SC2317 # called by section
files() {
	(cd /sys/hypervisor/pvops && grep -r . .)
}

tracing() {
	echo "$1" >/sys/kernel/tracing/events/pvops/enable
}

section dmesg sh -c 'dmesg | grep pvops:'
section files files

# Everything else needs what a test of the whole inventory put here.
[ -e /core/sites ] || exit 0

section ops cat $ops
# Packed: a nested guest's serial port is slow enough to starve its other CPU
section bytes sh -c 'kt_peek </core/sites | gzip | base64'
section symbols sh -c "grep -w -F -f /core/symbols /proc/kallsyms"

tracing 1
section sites insmod $module replace=0
section ops-sites cat $ops
rmmod kt_pvops

section unknown insmod $module
section ops-unknown cat $ops
section files-unknown files
rmmod kt_pvops

section vmware insmod $module as_vmware=1
section ops-vmware cat $ops
section files-vmware files
rmmod kt_pvops

section ops-after cat $ops
section files-after files
tracing 0
section trace grep pvops_ /sys/kernel/tracing/trace
exit 0
