#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# The same two NICs, by the size of packets and of rings.  net.sh sources it.
# shellcheck disable=SC2034,SC2154,SC2317 # the functions and variables of net-lib.sh

join
check "the driver is $drv" driver_is eth0 "$drv"
check "ping" pings 10.1.0.2
insmod /lib/modules/pktgen.ko
for bytes in 60 128 256 512 1024 1514; do
	generate "packet-$bytes" eth0 32 "$nowhere"
done
for ring in 128 256 512 1024 2048 4096; do
	check "rings of $ring" set_ring "$ring" "$ring"
	carrier
	load "ring-$ring" echo 10.1.0.2 "$count" 64 b
done
