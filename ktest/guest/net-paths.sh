#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Steps of the tests that the host drives: choice of driver, interrupt modes,
# netpoll, reset and unplug of eth0 of the pair.  Sourced after net-lib.sh.
# shellcheck disable=SC2034,SC2154,SC2317 # the functions and variables of net-lib.sh

# Have every vmxnet3 device driven by $1.
use_driver() {
	[ "$1" = pv_net ] || [ -e "/sys/module/$1" ] || insmod "/lib/modules/$1.ko"
	for device in /sys/bus/pci/devices/*; do
		grep -qx 0x15ad "$device/vendor" && grep -qx 0x07b0 "$device/device" &&
			give "${device##*/}" "$1"
	done
	drv=$1
}

# Give the device $1 to the driver $2.
give() {
	echo "$2" >"/sys/bus/pci/devices/$1/driver_override"
	[ ! -e "/sys/bus/pci/devices/$1/driver" ] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
}

slot_of() { basename "$(readlink "/sys/class/net/$1/device")"; }

# Bind the driver of eth0 again with MSI-X hidden from it; "msi=1" hides MSI too.
hide_msi() {
	slot=$(slot_of eth0)
	echo "$slot" >/sys/bus/pci/drivers/pv_net/unbind
	insmod /lib/modules/kt_msi.ko device="$slot" "$@"
	echo "$slot" >/sys/bus/pci/drivers/pv_net/bind
	near
}

show_msi() {
	echo "$slot" >/sys/bus/pci/drivers/pv_net/unbind
	rmmod kt_msi
	echo "$slot" >/sys/bus/pci/drivers/pv_net/bind
	near
}

# msix, msi or intx: what the driver of eth0 really got.
interrupts_by() {
	for irq in /sys/class/net/eth0/device/msi_irqs/*; do
		[ -e "$irq" ] && cat "$irq" && return
	done
	grep -q 'IO-APIC.*eth0$' /proc/interrupts && echo intx
}

# Interrupts of eth0 so far.
interrupts() {
	awk '/eth0/ { for (i = 2; i <= NF; i++) { if ($i !~ /^[0-9]+$/) break; n += $i } }
	     END { print n + 0 }' /proc/interrupts
}

# Kernel messages as UDP packets to the far end.
netconsole() {
	insmod /lib/modules/netconsole.ko "netconsole=6665@10.1.0.1/eth0,6666@10.1.0.2/$mac1"
	dmesg -n 8
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		echo "<6>netpoll says $i." >/dev/kmsg
	done
	dmesg -n 4
	rmmod netconsole
}

# A stream goes on behind the host's back; stream_ends waits for its verdict.
stream_begins() {
	bytes_arrive "$1" >/tmp/stream 2>&1 &
	stream=$!
}

stream_ends() { wait "$stream" || { cat /tmp/stream; return 1; }; }

# Free memory, with what lies in the lists of the CPUs.
free_kib() {
	awk '/^MemFree/ { n += $2 } /^ +count:/ { n += 4 * $2 } END { print n }' \
		/proc/meminfo /proc/zoneinfo
}

# KiB that eth0 holds with rings of $1 entries: the middle of three openings.
memory_held() {
	ethtool -G eth0 rx "$1" rx-jumbo "$1" tx "$1" 2>/tmp/ring || ethtool -G eth0 rx "$1" tx "$1"
	for _ in 1 2 3; do
		ip link set eth0 down
		sleep 0.1
		before=$(free_kib)
		ip link set eth0 up
		sleep 0.1
		echo $((before - $(free_kib)))
	done | sort -n | sed -n 2p
}

# Page pools that there still are, as "<ifindex> <pages in flight>"; one whose
# interface is down still waits for pages.
page_pools() {
	python3 -c '
import sys
sys.path.append("/src/tools/net/ynl")
from lib import YnlFamily
for pool in YnlFamily("/src/Documentation/netlink/specs/netdev.yaml", schema="") \
        .page_pool_get({}, dump=True):
    print(pool.get("ifindex", 0), pool.get("inflight", 0))'
}

# Memory that nothing points to any more.
leaks() {
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak
}
