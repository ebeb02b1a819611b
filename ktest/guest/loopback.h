/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Send a known stream through the loopback device of this network namespace.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef KTEST_LOOPBACK_H
#define KTEST_LOOPBACK_H

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOPBACK_BYTES	(1u << 20)

static const char *loopback_error = "";

/* Bring lo up; 0 or -1 with errno. */
static inline int loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int result, fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return -1;
	result = ioctl(fd, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	if (!result)
		result = ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return result;
}

static inline unsigned char loopback_byte(unsigned int position)
{
	return (position * 31 + (position >> 8)) & 0xff;
}

static inline void loopback_send(int family, const struct sockaddr_storage *address, socklen_t length)
{
	unsigned char buffer[4096];
	unsigned int sent = 0, i;
	int fd = socket(family, SOCK_STREAM, 0);

	if (connect(fd, (const struct sockaddr *)address, length))
		_exit(1);
	while (sent < LOOPBACK_BYTES) {
		ssize_t done;

		for (i = 0; i < sizeof(buffer); i++)
			buffer[i] = loopback_byte(sent + i);
		done = write(fd, buffer, sizeof(buffer));
		if (done <= 0)
			_exit(2);
		sent += done;
	}
	close(fd);
	_exit(0);
}

/* Receive the stream from a child process and compare every byte; 0 if it is right. */
static inline int loopback_tcp(int family)
{
	struct sockaddr_storage address = { .ss_family = family };
	socklen_t length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int connection, status, fd = socket(family, SOCK_STREAM, 0);
	unsigned char buffer[4096];
	unsigned int got = 0;
	ssize_t done, i;
	pid_t pid;

	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
	loopback_error = "socket, bind or listen failed";
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		return -1;
	pid = fork();
	if (!pid)
		loopback_send(family, &address, length);
	connection = accept(fd, NULL, NULL);
	loopback_error = "a wrong byte arrived";
	while ((done = read(connection, buffer, sizeof(buffer))) > 0)
		for (i = 0; i < done; i++)
			if (buffer[i] != loopback_byte(got++))
				return -1;
	close(connection);
	close(fd);
	loopback_error = "bytes were lost";
	if (got != LOOPBACK_BYTES)
		return -1;
	loopback_error = "the sender failed";
	return waitpid(pid, &status, 0) != pid || status;
}

#endif /* KTEST_LOOPBACK_H */
