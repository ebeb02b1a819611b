#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# What a platform's row shows: eth0 and eth1 on taps with vnet headers on one
# bridge, eth2 on QEMU's user back-end.  net.sh sources it.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # awk's $16; the functions and variables of net-lib.sh

# A counter of ethtool -S went up from 0, in any queue: the sender's CPU chooses one.
counted() { ethtool -S "$1" | grep "^ *[rt]x[0-9]_$2: [1-9]"; }
far_counted() { ip netns exec b ethtool -S eth1 | grep "$1: [1-9]"; }

# TCP segments with a wrong checksum that namespace b saw.
bad_checksums() {
	ip netns exec b awk '/^Tcp: [0-9]/ { print $16 }' /proc/net/snmp
}

tso=on
ip link set eth2 up
check "the driver is $drv" driver_is eth2 "$drv"
check "DHCP" lease eth2
check "ping" pings 10.0.2.2
join
check "ping over the taps" pings 10.1.0.2
check "bytes arrive" bytes_arrive 4000
ip netns exec b iperf3 -s -D
sleep 0.5
check "iperf3 sends" iperf3 -c 10.1.0.2 -n 32M
check "iperf3 receives" iperf3 -c 10.1.0.2 -n 32M -R
check "TSO was used" counted eth0 tso
check "merged packets arrived" far_counted rx0_lro
for end in "" "-n b"; do
	# shellcheck disable=SC2086 # an empty word is none
	check "MTU 9000 $end" ip $end link set "$([ "$end" ] && echo eth1 || echo eth0)" mtu 9000
done
check "ping with 8900 bytes" pings -s 8900 10.1.0.2
check "bytes arrive in long packets" bytes_arrive 4000
# From here on the far end verifies every checksum itself, and sees segments.
ip netns exec b ethtool -K eth1 rx off
set_mtu 1500
ip -n b link set eth1 mtu 1500
echo "NET CAPTURE"
check "bytes arrive without offloads" bytes_arrive 4000
check "no checksum was wrong" [ "$(bad_checksums)" = 0 ]
