#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Network driver tests.  The kernel command line says which:
#   net=basic   one NIC with QEMU's user back-end: DHCP, ping, changes of rings
#   net=pair    two NICs of one machine joined by a hub, one in a namespace
#   net=cost    the same, counting instructions a packet
# with netdrv=DRIVER (pv_net, vmxnet3, ...) and netcount=PACKETS.
#
# Results are KTAP lines; costs are lines "NET COST name value".

# Most functions are called by name, through check.
# shellcheck disable=SC2317

# busybox's own applets of the same name must not be taken
ip() { /usr/bin/ip "$@"; }

arg() {
	sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" /proc/cmdline
}

n=0
failed=0
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

pings() { ping -c 3 -W 5 "$@" | grep -q ' 0% packet loss'; }
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

set_ring() { ethtool -G eth0 rx "$1" tx "$2"; }
set_mtu() { ip link set eth0 mtu "$1"; }
lease() {
	udhcpc -i eth0 -n -q -t 5 -T 3 -s /ktest/net-lease.sh
}

basic() {
	check "the driver is $drv" driver_is eth0 "$drv"
	ip link set eth0 up
	check "DHCP" lease
	check "ping" pings 10.0.2.2
	for size in 64 160 1024 4096; do
		check "rings of $size" set_ring "$size" "$size"
		check "ping after rings of $size" pings 10.0.2.2
	done
	for mtu in 68 9000 1500; do
		check "MTU $mtu" set_mtu "$mtu"
	done
	check "ping after MTU changes" pings 10.0.2.2
	check "one transmit queue" ethtool -L eth0 tx 1
	check "ping on it" pings 10.0.2.2
	check "coalescing" ethtool -C eth0 adaptive-rx off rx-usecs 50
	check "ping with coalescing" pings 10.0.2.2
	check "coalescing of a queue" ethtool -Q eth0 queue_mask 1 --coalesce rx-usecs 20
	check "register dump" ethtool -d eth0
	check "self test" ethtool -t eth0 offline
	check "ping after self test" pings 10.0.2.2
	ip link set eth0 down
	ip link set eth0 up
	check "route again" ip route replace default via 10.0.2.2 dev eth0
	check "ping after down and up" pings 10.0.2.2
	if [ "$(arg netperf)" ]; then
		check "iperf3 sends" iperf3 -c 10.0.2.2 -p "$(arg netperf)" -n 8M
		check "iperf3 receives" iperf3 -c 10.0.2.2 -p "$(arg netperf)" -n 8M -R
	fi
}

# eth0 here, eth1 in namespace b, both on one hub.
join() {
	quiet_ipv6
	ip link set lo up
	ip netns add b
	ip link set eth1 netns b
	ip netns exec b /ktest/net.sh quiet
	ip link set eth0 up
	ip addr add 10.1.0.1/24 dev eth0
	ip -n b link set eth1 up
	ip -n b addr add 10.1.0.2/24 dev eth1
	# QEMU cuts TSO packets into IP fragments where its back-end has no vnet headers
	ethtool -K eth0 tso off
	ip netns exec b ethtool -K eth1 tso off
	mac0=$(cat /sys/class/net/eth0/address)
	mac1=$(ip netns exec b cat /sys/class/net/eth1/address)
	ip neigh replace 10.1.0.2 lladdr "$mac1" dev eth0 nud permanent
	ip -n b neigh replace 10.1.0.1 lladdr "$mac0" dev eth1 nud permanent
}

# Bytes sent to namespace b over TCP must arrive as they were.
bytes_arrive() { net-load stream 10.1.0.2 "$1" b; }

# The same, while rings change at both ends.
bytes_arrive_through_changes() {
	bytes_arrive 20000 &
	job=$!
	for i in 1 2 3 4 5 6; do
		set_ring $((64 * i)) $((128 * i))
		ip netns exec b ethtool -G eth1 rx $((128 * i))
		sleep 0.2
	done
	wait "$job"
}

attach() {
	rm -f /tmp/attach
	# shellcheck disable=SC2086 # an empty argument is none
	net-load xdp eth1 b "$1" $2 >/tmp/attach &
	xdp=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q ATTACHED /tmp/attach && return
		sleep 0.2
	done
	echo "# no XDP program: $1"
}

detach() {
	kill "$xdp"
	wait "$xdp" 2>/dev/null
	sleep 0.3
}

pair() {
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
	attach pass frags
	check "ping with 8900 bytes through XDP" pings -s 8900 10.1.0.2
	check "bytes arrive through XDP" bytes_arrive 4000
	detach
	attach drop frags
	check "XDP drops" sh -c '! ping -c 1 -W 1 10.1.0.2'
	detach
	check "ping after XDP" pings 10.1.0.2
}

# generate NAME IFACE BURST MAC: pktgen; prints its cost
generate() {
	pg=/proc/net/pktgen
	echo rem_device_all >"$pg"/kpktgend_0
	echo "add_device $2" >"$pg"/kpktgend_0
	for s in "count $count" "clone_skb 1000000" "burst $3" "pkt_size 60" \
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

cost() {
	nowhere=02:00:00:00:00:99
	join
	check "the driver is $drv" driver_is eth0 "$drv"
	check "ping" pings 10.1.0.2
	insmod /lib/modules/pktgen.ko
	ip neigh replace 10.1.0.3 lladdr "$nowhere" dev eth0 nud permanent
	ip link add dummy9 type dummy
	ip link set dummy9 up
	ip addr add 10.9.0.1/24 dev dummy9
	ip neigh replace 10.9.0.2 lladdr "$nowhere" dev dummy9 nud permanent
	for burst in 1 32; do
		generate "dummy-$burst" dummy9 "$burst" "$nowhere"
		generate "pktgen-$burst" eth0 "$burst" "$nowhere"
	done
	load udp-dummy send 10.9.0.2 "$count" 64
	load udp-send send 10.1.0.3 "$count" 64
	load udp-echo echo 10.1.0.2 "$count" 64 b
	for verdict in drop tx; do
		attach "$verdict"
		for burst in 1 32; do
			generate "xdp-$verdict-$burst" eth0 "$burst" "$mac1"
		done
		detach
	done
	[ "$drv" = pv_net ] && ethtool -S eth0 | sed -n 's/ *\(tx0_packets\|tx0_doorbells\): /NET COUNT \1 /p'
}

case $1 in quiet) quiet_ipv6; exit ;; esac
drv=$(arg netdrv)
count=$(arg netcount)
choose_driver
"$(arg net)"
echo "1..$n"
exit $failed
