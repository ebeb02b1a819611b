#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# Panic now; panic=-1 on the command line restarts the machine.

echo c >/proc/sysrq-trigger
