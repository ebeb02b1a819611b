#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# One line of KTAP for each command; scripts source it, and exit with $status.
# shellcheck disable=SC2034 # which is the sourcing script's

status=0
number=0

# check NAME COMMAND...
check() {
	name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		status=1
	fi
}
