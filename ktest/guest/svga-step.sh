#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# One thing that the display must live through; ktest.step says which.

step=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^ktest\.step=//p' | tail -n 1)
PCI=$(cd /sys/bus/pci/drivers/pv_svga && echo 0000:*)
fail() {
	echo "svga-step: $step: $1"
	exit 1
}

owner() {
	basename "$(readlink "/sys/bus/pci/devices/$1/driver")"
}

# The picture stays on screen while the machine sleeps; Enter ends it.
hold_picture() {
	kms-show pv_svga 0x0 21 </dev/tty1 &
	held=$!
	usleep 1000000
}

case "$step" in
absent)
	[ "$PCI" = '0000:*' ] || fail "a device is bound"
	[ ! -e /dev/dri/card0 ] || fail "there is a card"
	# The KUnit suites say what they test.
	said=$(dmesg | grep pv_svga | grep -v '# \|ok [0-9]\|kunit\|ommand line')
	[ -z "$said" ] || fail "the kernel says: $said"
	! grep -i svga /proc/[0-9]*/comm | grep -qv svga-step || fail "there is a thread"
	;;
panic)
	echo "KMS panics"
	echo c >/proc/sysrq-trigger
	;;
orders)
	# Ours is there first.
	for module in ttm drm_ttm_helper vmwgfx; do
		insmod "/lib/modules/$module.ko" || exit 1
	done
	[ "$(owner "$PCI")" = pv_svga ] || exit 1
	echo "$PCI" >/sys/bus/pci/drivers/vmwgfx/bind 2>/dev/null && exit 1
	rmmod vmwgfx
	# vmwgfx is there first.
	echo "$PCI" >/sys/bus/pci/drivers/pv_svga/unbind
	insmod /lib/modules/vmwgfx.ko || exit 1
	[ -z "$(owner "$PCI")" ] || exit 1
	dmesg | grep 'Hardware has no pitchlock' || exit 1
	echo "$PCI" >/sys/bus/pci/drivers/pv_svga/bind || exit 1
	[ "$(owner "$PCI")" = pv_svga ] || exit 1
	kms-show pv_svga 0x0 21 </dev/tty1
	;;
suspend)
	hold_picture
	echo "KMS sleeps"
	echo mem >/sys/power/state || fail "it does not sleep"
	echo "KMS woke"
	wait "$held"
	;;
hibernate)
	hold_picture
	mkswap /dev/vda && swapon /dev/vda || exit 1
	echo "KMS sleeps"
	echo test_resume >/sys/power/disk
	echo disk >/sys/power/state || exit 1
	echo "KMS woke"
	wait "$held"
	;;
cursor)
	kms-show pv_svga cursor </dev/tty1
	;;
*)
	echo "no step '$step'"
	exit 1
	;;
esac
