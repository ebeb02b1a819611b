#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# L1 of the nested platforms: run Debian's QEMU with /dev/kvm and the guest's
# arguments; the guest's console is our second serial port.

# KVM keeps the TSC's frequency that it finds when it is loaded, and a guest
# whose frequency then differs from the refined one by over tsc_tolerance_ppm
# gets a TSC multiplier of 0 where there is no TSC scaling (kvm_set_tsc_khz()
# in arch/x86/kvm/x86.c); its kvmclock jumps.  So wait until the TSC is refined.
clocksource=/sys/devices/system/clocksource/clocksource0/current_clocksource
tries=0
while [ "$(cat $clocksource)" != tsc ]; do
	tries=$((tries + 1))
	if [ $tries -gt 60 ]; then
		echo "host-kvm: clocksource is $(cat $clocksource) after 60 s: the TSC is not trusted"
		exit 1
	fi
	sleep 1
done
for module in irqbypass kvm kvm-amd; do
	insmod "/lib/modules/$module.ko" || exit 1
done
if ! [ -c /dev/kvm ]; then
	echo "host-kvm: no /dev/kvm: SVM is not there"
	exit 1
fi
set --
while read -r argument; do
	set -- "$@" "$argument"
done </l2/arguments
# The outer host's commands for this shell, and what they print, go by a virtio
# serial port, and so does QMP; see ktest/lib/nested.py.
obey() {
	while read -r line; do
		eval "$line"
		echo "KTEST REPLY $?"
	done
}
if [ -c /dev/vport0p3 ]; then
	obey 0<>/dev/vport0p3 1>&0 2>&1 &
fi
if [ -c /dev/vport0p1 ]; then
	exec 0<>/dev/vport0p1 1>&0
	set -- -chardev stdio,id=qmp,signal=off -mon chardev=qmp,mode=control "$@"
fi
qemu-system-x86_64 -nodefaults -no-reboot -display none -serial /dev/ttyS1 "$@"
