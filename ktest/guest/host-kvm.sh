#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# L1 of the nested platforms: run Debian's QEMU with /dev/kvm and the guest's
# arguments; the guest's console is our second serial port.

if ! [ -c /dev/kvm ]; then
	echo "host-kvm: no /dev/kvm: SVM is not there"
	exit 1
fi
set --
while read -r argument; do
	set -- "$@" "$argument"
done </l2/arguments
qemu-system-x86_64 -nodefaults -no-reboot -display none -serial /dev/ttyS1 "$@"
