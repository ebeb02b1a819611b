#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# The same two NICs, counting instructions a packet.  net.sh sources it.
# shellcheck disable=SC2154,SC2317 # the functions and variables of net-lib.sh

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
# grew COUNTER BEFORE: by what was sent
# shellcheck disable=SC2317 # called by check
grew() { [ $(($($1) - $2)) -ge "$count" ]; }
# Packets that the program at eth1 has dropped, as pv_net counts them
dropped() {
	ip netns exec b ethtool -S eth1 | awk -F: '/rx[0-9]+_xdp_drop/ { sum += $2 } END { print sum + 0 }'
}
# Do they really do so?  What comes back still has the other end's address.
verify() {
	counter=$1
	before=$($counter)
	ip link set eth0 promisc on
	generate unmeasured eth0 32 "$mac1" >/dev/null
	check "xdp-$verdict did so with all packets" grew "$counter" "$before"
	ip link set eth0 promisc off
}
for verdict in drop tx; do
	attach "$verdict" || continue
	for burst in 1 32; do
		generate "xdp-$verdict-$burst" eth0 "$burst" "$mac1"
	done
	case $drv-$verdict in
	pv_net-drop) verify dropped ;;
	*-tx) verify came_back ;;
	esac
	detach
done
[ "$drv" = pv_net ] && ethtool -S eth0 | sed -n 's/ *\(tx0_packets\|tx0_doorbells\): /NET COUNT \1 /p'
