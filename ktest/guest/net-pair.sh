#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Two NICs of one machine on a hub, one of them in namespace b: every byte
# arrives.  net.sh sources it.
# shellcheck disable=SC2154,SC2317 # the functions and variables of net-lib.sh

# Streams, one after the other, until there is /tmp/enough.
streams() {
	rm -f /tmp/enough
	until [ -e /tmp/enough ]; do
		bytes_arrive 10000 || return 1
	done
}

# Bytes arrive while rings change at both ends.
bytes_arrive_through_changes() {
	streams &
	job=$!
	changed=0
	for i in 1 2 3 4 5 6; do
		set_ring $((64 * i)) $((128 * i)) &&
			ip netns exec b ethtool -G eth1 rx $((128 * i)) || changed=1
		sleep 0.1
	done
	touch /tmp/enough
	wait "$job" && return $changed
}

join
check "the driver is $drv" driver_is eth0 "$drv"
check "ping" pings 10.1.0.2
check "bytes arrive" bytes_arrive 4000
check "bytes arrive through changes of rings" bytes_arrive_through_changes
ip link add link eth0 name eth0.5 type vlan id 5
ip -n b link add link eth1 name eth1.5 type vlan id 5
ip addr add 10.5.0.1/24 dev eth0.5
ip -n b addr add 10.5.0.2/24 dev eth1.5
ip link set eth0.5 up
ip -n b link set eth1.5 up
check "ping in a VLAN" pings 10.5.0.2
check "MTU 9000" set_mtu 9000
check "MTU 9000 at the other end" ip -n b link set eth1 mtu 9000
check "ping with 8900 bytes" pings -s 8900 10.1.0.2
check "an XDP program with fragments" attach pass frags
check "ping with 8900 bytes through XDP" pings -s 8900 10.1.0.2
check "bytes arrive through XDP" bytes_arrive 4000
detach
check "one that drops" attach drop frags
check "XDP drops" sh -c '! ping -c 1 -W 1 10.1.0.2'
detach
check "ping after XDP" pings 10.1.0.2
