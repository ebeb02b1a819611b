// SPDX-License-Identifier: GPL-2.0-only
/*
 * Networking over the loopback device: TCP, IPv4 and IPv6.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "loopback.h"
#include "ktap.h"

static int up(void)
{
	return loopback_up() ? ktap_why("lo does not come up: %s", strerror(errno)) : 0;
}

static int tcp4(void)
{
	return loopback_tcp(AF_INET) ? ktap_why("%s", loopback_error) : 0;
}

static int tcp6(void)
{
	return loopback_tcp(AF_INET6) ? ktap_why("%s", loopback_error) : 0;
}

int main(void)
{
	static const struct ktap_case cases[] = {
		KTAP_CASE(up),
		KTAP_CASE(tcp4),
		KTAP_CASE(tcp6),
	};

	return ktap_run("loopback", cases);
}
