#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# What the display shows, step by step; the host presses Enter on the virtual
# keyboard after each picture it has taken. ktest.modes, ktest.damage,
# ktest.flips and ktest.bind on the kernel command line say how often, and
# ktest.only names the steps to do, separated by commas.
# shellcheck disable=SC2317 # functions called by name

# shellcheck source=ktest/guest/svga-lib.sh
. /ktest/svga-lib.sh
# shellcheck source=ktest/guest/case-lib.sh
. /ktest/case-lib.sh
only=$(param only)

# step NAME COMMAND...: a check, if it is to be done
step() {
	case ",$only," in ,, | *",$1,"*) check "$@" ;; esac
}

on_tty1() {
	"$@" </dev/tty1
}

bind_cycles() {
	cycle=0
	while [ "$cycle" -lt "$1" ]; do
		echo "$PCI" >/sys/bus/pci/drivers/pv_svga/unbind || return 1
		[ -e /sys/class/drm/card0-Virtual-1 ] && return 1
		echo "$PCI" >/sys/bus/pci/drivers/pv_svga/bind || return 1
		[ -e /sys/class/drm/card0-Virtual-1 ] || return 1
		cycle=$((cycle + 1))
	done
	echo "KTEST INFO svga.bind=$cycle"
}

unplug_during_flips() {
	kms-stress pv_svga flips 100000 >/tmp/flips &
	flips=$!
	tries=0
	until grep -q begin /tmp/flips; do
		tries=$((tries + 1))
		[ "$tries" -lt 1000 ] || return 1
		usleep 50000
	done
	usleep 300000
	echo 1 >"/sys/bus/pci/devices/$PCI/remove"
	wait "$flips" || return 1
	cat /tmp/flips
	echo 1 >/sys/bus/pci/rescan
	usleep 500000
	[ "$(owner)" = pv_svga ]
}

find_device
echo "KTAP version 1"
step bound [ "$(owner)" = pv_svga ]
step console console_text
step modes_listed kms-show pv_svga modes
step picture on_tty1 kms-show pv_svga 0x0 5
step off on_tty1 kms-show pv_svga off
step atomic kms-atomic pv_svga
step damage kms-stress pv_svga damage "$(param damage 200)" 1
step mode_sets kms-stress pv_svga modes "$(param modes 24)" 1
step flips kms-stress pv_svga flips "$(param flips 60)"
step unplug unplug_during_flips
step bind_cycles bind_cycles "$(param bind 5)"
step picture_again on_tty1 kms-show pv_svga 0x0 9
[ "$number" -gt 0 ] || status=1
echo "1..$number"
exit $status
