#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# stress-ng for ktest.seconds seconds.

seconds=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^ktest.seconds=//p')
cd /tmp || exit 1
/usr/bin/stress-ng --temp-path /tmp --timeout "${seconds:-10}" --metrics-brief --verify \
	--cpu 2 --vm 1 --vm-bytes 64M --fork 1 --clone 1 --clone-max 64 --signal 1 --mmap 1 \
	--mmap-bytes 32M --switch 1 --timer 1 --futex 1
