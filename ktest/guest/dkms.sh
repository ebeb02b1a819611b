#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# On Debian's own kernel: load what the devices ask for, as udev would, and say
# which driver each has then.

load() {
	for alias in /sys/bus/*/devices/*/modalias; do
		/sbin/modprobe -b -a -q -- "$(cat "$alias")"
	done
}

# twice: a bus that the first round brings up has devices of its own
load
load
for device in /sys/bus/pci/devices/* /sys/bus/virtio/devices/*; do
	[ -L "$device/driver" ] || continue
	driver=$(readlink "$device/driver")
	echo "DKMS DRIVER ${device##*/} ${driver##*/}"
done
cut -d ' ' -f 1 /proc/modules | sed 's/^/DKMS LOADED /'
dmesg | sed -n 's/^.*\(pv_[a-z]*: without .*\)$/DKMS SAID \1/p'
ip link set eth0 up
udhcpc -i eth0 -n -q -t 5 -T 3 -s /ktest/net-lease.sh && ping -c 2 -W 5 10.0.2.2 >/dev/null &&
	echo "DKMS TRAFFIC ok"
pvops status --json
for module in pv_net pv_svga pv_balloon; do
	/sbin/modprobe -r "$module" && echo "DKMS REMOVED $module"
done
exit 0
