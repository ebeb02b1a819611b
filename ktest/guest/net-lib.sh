#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# What the scripts for network drivers share; they source it.
# shellcheck disable=SC2034,SC2154,SC2317 # the sourcing script's variables; functions called by name

# busybox's own applets of the same name must not be taken
ip() { /usr/bin/ip "$@"; }

arg() {
	sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" /proc/cmdline
}

n=0
failed=0
nowhere=02:00:00:00:00:99	# nobody has this address
# check DESCRIPTION COMMAND...
check() {
	what=$1
	shift
	n=$((n + 1))
	if "$@" >/tmp/check 2>&1; then
		echo "ok $n $what"
	else
		failed=1
		sed 's/^/# /' /tmp/check
		echo "not ok $n $what"
	fi
}

pings() { ping -c 3 -i 0.1 -W 5 "$@" | grep -q ' 0% packet loss'; }
driver_is() { readlink "/sys/class/net/$1/device/driver" | grep -q "/$2\$"; }

# Hand every vmxnet3 device to in-tree vmxnet3.
choose_driver() {
	[ "$drv" = pv_net ] && return
	[ "$drv" = virtio_net ] && for m in failover net_failover; do insmod /lib/modules/$m.ko; done
	if [ "$drv" = vmxnet3 ]; then
		for d in /sys/bus/pci/drivers/pv_net/0000:*; do
			echo vmxnet3 >"$d/driver_override"
			echo "${d##*/}" >"$d/driver/unbind"
		done
	fi
	insmod "/lib/modules/$drv.ko"
	for d in /sys/bus/pci/devices/*; do
		[ -e "$d/driver" ] || echo "${d##*/}" >/sys/bus/pci/drivers_probe
	done
}

quiet_ipv6() {
	for f in all default; do
		echo 1 >"/proc/sys/net/ipv6/conf/$f/disable_ipv6" 2>/dev/null
	done
}

# In-tree vmxnet3 takes no XDP program with it; pv_net switches it off itself.
without_lro() { [ "$drv" = pv_net ] || ethtool -K "$1" lro off 2>/dev/null; }
set_ring() { ethtool -G eth0 rx "$1" tx "$2"; }
set_mtu() { ip link set eth0 mtu "$1"; }
# lease [IFACE]: an address by DHCP
lease() {
	udhcpc -i "${1:-eth0}" -n -q -t 5 -T 3 -s /ktest/net-lease.sh
}

# Packets that eth0 has received.
came_back() { cat /sys/class/net/eth0/statistics/rx_packets; }

# Wait until eth0 has a link; e1000 takes its time.
carrier() {
	for _ in $(seq 100); do
		grep -q 1 /sys/class/net/eth0/carrier && return
		sleep 0.1
	done
	echo "# no link"
	return 1
}

# QEMU cuts TSO packets into IP fragments where its back-end has no vnet headers.
tso=off

# The near end of the pair: eth0.
near() {
	ip link set eth0 up && carrier || return 1
	ip addr replace 10.1.0.1/24 dev eth0
	ethtool -K eth0 tso $tso
	ip neigh replace 10.1.0.2 lladdr "$mac1" dev eth0 nud permanent
}

# The far end: eth1 in namespace b.
far() {
	ip link set eth1 netns b
	ip -n b link set eth1 up
	ip -n b addr add 10.1.0.2/24 dev eth1
	ip netns exec b ethtool -K eth1 tso $tso
	ip -n b neigh replace 10.1.0.1 lladdr "$mac0" dev eth1 nud permanent
}

# eth0 here, eth1 in namespace b, both on one hub.
join() {
	quiet_ipv6
	ip link set lo up
	mac0=$(cat /sys/class/net/eth0/address)
	mac1=$(cat /sys/class/net/eth1/address)
	ip netns add b
	ip netns exec b /ktest/net.sh quiet
	near && far
}

# Bytes sent to namespace b over TCP must arrive as they were.
bytes_arrive() { net-load stream 10.1.0.2 "$1" b; }

attach() {
	rm -f /tmp/attach
	# shellcheck disable=SC2086 # an empty argument is none
	net-load xdp eth1 b "$1" $2 >/tmp/attach &
	xdp=$!
	for _ in $(seq 150); do
		grep -q ATTACHED /tmp/attach && return
		sleep 0.2
	done
	echo "# no XDP program: $1"
	return 1
}

detach() {
	kill "$xdp"
	wait "$xdp" 2>/dev/null
	sleep 0.3
}

# generate NAME IFACE BURST MAC: pktgen with packets of $bytes; prints its cost
generate() {
	pg=/proc/net/pktgen
	echo rem_device_all >"$pg"/kpktgend_0
	echo "add_device $2" >"$pg"/kpktgend_0
	for s in "count $count" "clone_skb 1000000" "burst $3" "pkt_size ${bytes:-60}" \
		 "delay 0" "dst 10.1.0.2" "dst_mac $4"; do
		echo "$s" >"$pg/$2"
	done
	echo start >"$pg"/pgctrl
	sed -n 's/^Result: OK: \([0-9]*\)(.*) usec, \([0-9]*\) (.*/\1 \2/p' "$pg/$2" |
	while read -r usecs packets; do
		echo "NET COST $1 $((usecs * 1000 / packets))"
	done
}

load() {
	name=$1
	shift
	net-load "$@" | sed -n "s/^PER PACKET \(.*\) LOST 0/NET COST $name \1/p"
}

# suite NAME COMMAND...: a test of the kernel's; the host reads its results from
# between the two lines.  They are kept as comments, because a test may fail that
# the driver cannot pass on this device, and the host knows which.
suite() {
	name=$1
	shift
	echo "SUITE $name"
	"$@" 2>&1 | sed 's/^/# /'
	echo "SUITE end"
}
