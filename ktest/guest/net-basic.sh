#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# One NIC with QEMU's user back-end: DHCP, ping, every change of configuration.
# net.sh sources it.
# shellcheck disable=SC2154,SC2317 # the functions and variables of net-lib.sh

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
check "coalescing adaptive" ethtool -C eth0 adaptive-rx on
check "ping with it" pings 10.0.2.2
check "coalescing" ethtool -C eth0 adaptive-rx off rx-usecs 50
check "ping with coalescing" pings 10.0.2.2
check "coalescing of a queue" ethtool -Q eth0 queue_mask 1 --coalesce rx-usecs 20
for feature in rx tx sg tso rxvlan lro; do
	check "$feature off" ethtool -K eth0 $feature off
	check "ping without it" pings 10.0.2.2
	check "$feature on" ethtool -K eth0 $feature on
done
check "the filter of VLANs stays on" sh -c 'ethtool -k eth0 | grep -q "rx-vlan-filter: on .fixed."'
ethtool -K eth0 tx on tso on
check "ping with all of it" pings 10.0.2.2
check "counters" sh -c 'ethtool -S eth0 | grep -q "rx0_packets: [1-9]"'
check "register dump" ethtool -d eth0
check "self test online" ethtool -t eth0 online
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
