#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# What the display scripts share; read by them with ".".

# The value of ktest.$1 on the kernel command line, or $2.
param() {
	value=$(tr ' ' '\n' </proc/cmdline | sed -n "s/^ktest\.$1=//p" | tail -n 1)
	echo "${value:-$2}"
}

# PCI is the address of the device; kms-stress and others want to know it. With
# ktest.module the driver is loaded first.
find_device() {
	module=$(param module)
	[ -z "$module" ] || insmod "/lib/modules/$module.ko" || exit 1
	PCI=
	for dir in /sys/bus/pci/devices/*; do
		if [ "$(cat "$dir/vendor" "$dir/device" | tr -d '\n')" = 0x15ad0x0405 ]; then
			PCI=${dir##*/}
		fi
	done
	export PCI
}

# The name of the driver that the device has, or nothing.
owner() {
	link=$(readlink "/sys/bus/pci/devices/$PCI/driver") && basename "$link"
}

# The lines of CONSOLE in ktest/tests/test_svga.py, until Enter is pressed.
console_text() {
	printf '\033c\033[?25l\033[2J\033[H' >/dev/tty1
	printf 'The quick brown fox jumps over the lazy dog.\n' >/dev/tty1
	printf '0123456789 #$%%&@[]{}<>|~^\n' >/dev/tty1
	# The console is drawn by a worker.
	usleep 300000
	echo "KMS console"
	read -r _ </dev/tty1
}
