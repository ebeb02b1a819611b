#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# QEMU's script= for a tap back-end: put it on the bridge that its name tells,
# <bridge><letter>.  Runs on the host, or in the guest that is L1's host.

bridge=${1%?}
[ -e "/sys/class/net/$bridge" ] || {
	ip link add "$bridge" type bridge
	echo 1 >"/proc/sys/net/ipv6/conf/$bridge/disable_ipv6"
	ip link set "$bridge" up
}
echo 1 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"
ip link set "$1" mtu 9000
ip link set "$1" master "$bridge"
ip link set "$1" up
