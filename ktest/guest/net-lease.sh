#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# What udhcpc runs when it has a lease.
# shellcheck disable=SC2154 # ip, mask, router, interface come from udhcpc

case $1 in
bound | renew)
	/usr/bin/ip addr replace "$ip/$mask" dev "$interface"
	/usr/bin/ip route replace default via "$router" dev "$interface"
	;;
esac
