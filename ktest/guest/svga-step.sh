#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# One thing that the display must live through; ktest.step says which.

# shellcheck source=ktest/guest/svga-lib.sh
. /ktest/svga-lib.sh
step=$(param step)
find_device

fail() {
	echo "svga-step: $step: $1"
	exit 1
}

# The picture stays on screen while the machine sleeps; Enter ends it.
hold_picture() {
	kms-show pv_svga 0x0 21 </dev/tty1 >/tmp/held 2>&1 &
	held=$!
	until grep -q '^KMS shows' /tmp/held; do
		kill -0 "$held" || fail "there is no picture"
		usleep 100000
	done
	cat /tmp/held
}

case "$step" in
absent)
	[ -z "$PCI" ] || fail "there is a device"
	[ -d /sys/bus/pci/drivers/pv_svga ] || fail "there is no driver"
	[ ! -e /dev/dri/card0 ] || fail "there is a card"
	# The KUnit suites say what they test.
	said=$(dmesg | grep pv_svga | grep -v '# \|ok [0-9]\|kunit\|callbacks suppressed\|ommand line\|out-of-tree\|blacklist')
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
	[ "$(owner)" = pv_svga ] || exit 1
	echo "$PCI" >/sys/bus/pci/drivers/vmwgfx/bind 2>/dev/null && exit 1
	rmmod vmwgfx
	# vmwgfx is there first.
	echo "$PCI" >/sys/bus/pci/drivers/pv_svga/unbind
	insmod /lib/modules/vmwgfx.ko || exit 1
	[ -z "$(owner)" ] || exit 1
	dmesg | grep 'Hardware has no pitchlock' || exit 1
	echo "$PCI" >/sys/bus/pci/drivers/pv_svga/bind || exit 1
	[ "$(owner)" = pv_svga ] || exit 1
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
	echo shutdown >/sys/power/disk
	echo disk >/sys/power/state || exit 1
	echo "KMS woke"
	wait "$held"
	;;
resume)
	# The machine that has slept comes back in place of this one.
	cat /sys/block/vda/dev >/sys/power/resume
	fail "nothing was resumed"
	;;
cursor)
	kms-show pv_svga cursor </dev/tty1
	;;
console)
	# What fbcon has set by itself, with video= on the command line or without.
	kms-show pv_svga modes
	console_text
	;;
small)
	kms-show pv_svga modes
	kms-show pv_svga refuse 1024x768 || exit 1
	kms-show pv_svga "$(param mode)" 21 </dev/tty1
	;;
prime)
	insmod /lib/modules/vgem.ko || exit 1
	kms-prime pv_svga vgem </dev/tty1
	;;
handover)
	# The firmware's frame buffer has the console.
	[ -z "$(owner)" ] || fail "the device has a driver"
	console_text
	insmod /lib/modules/pv_svga_m.ko || exit 1
	[ "$(owner)" = pv_svga ] || fail "it was not taken"
	usleep 500000
	echo "KMS took over"
	read -r _ </dev/tty1
	;;
module)
	# The driver that is built in is kept away by initcall_blacklist.
	[ -z "$(owner)" ] || fail "the device has a driver"
	round=0
	while [ "$round" -lt "$(param rounds 3)" ]; do
		insmod /lib/modules/pv_svga_m.ko || exit 1
		usleep 200000
		[ "$(owner)" = pv_svga ] || fail "it was not taken"
		rmmod pv_svga_m || fail "the module stays"
		[ ! -e /dev/dri/card0 ] || fail "there is a card without a driver"
		round=$((round + 1))
	done
	insmod /lib/modules/pv_svga_m.ko || exit 1
	echo "KTEST INFO svga.reloads=$round"
	kms-show pv_svga 0x0 21 </dev/tty1
	;;
*)
	echo "no step '$step'"
	exit 1
	;;
esac
