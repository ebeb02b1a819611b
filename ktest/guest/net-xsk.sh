#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# The kernel's selftest of AF_XDP on the pair, both ends in one namespace; the
# frames never reach the stack.  net.sh sources it.  Its addresses are
# multicast ones that nobody has joined.
# shellcheck disable=SC2154,SC2317 # the functions and variables of net-lib.sh

quiet_ipv6
for end in eth0 eth1; do
	without_lro $end
	ip link set $end promisc on
	ip link set $end up
done
carrier
check "the driver is $drv" driver_is eth0 "$drv"
# One by one: a test that cannot be set up ends the program.
xskxceiver -l | sed -n 's/^\([0-9]*\): /\1 /p' >/tmp/tests
for mode in $(arg netmodes | tr , ' '); do
	while read -r number test; do
		ip link set eth0 mtu 1500
		ip link set eth1 mtu 1500
		suite "xskxceiver:$mode:$test" xskxceiver -i eth0 -i eth1 -m "$mode" -t "$number" \
			</dev/null
		# one that timed out leaves its program, and then no other can be attached
		for end in eth0 eth1; do
			ip link set $end xdpgeneric off
			ip link set $end xdpdrv off
		done
	done </tmp/tests
done
