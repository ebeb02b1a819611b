#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Run the kernel's selftests that /kselftest/list names, each in its directory.
# What they say is kept as comments: the host compares it, case by case
# (ktest/lib/kselftest.py).  Every line of the list: program, seconds, arguments.

# So that the tests of huge pages have some
echo 16 >/proc/sys/vm/nr_hugepages
ifconfig lo up 2>/dev/null

while read -r program limit arguments; do
	echo "SUITE $program$(echo "${arguments:+_$arguments}" | tr -c '[:alnum:]_.\n' _)"
	cd "/kselftest/${program%/*}" || exit 1
	# shellcheck disable=SC2086 # a list of arguments, to be split
	timeout -s KILL "$limit" "./${program##*/}" $arguments </dev/null >/tmp/said 2>&1
	status=$?
	tr -d '\000\r' </tmp/said | sed 's/^/# /'
	echo
	echo "SUITE end $status"
done </kselftest/list
exit 0
