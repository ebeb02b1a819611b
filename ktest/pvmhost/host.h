/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Printing, stopping, and the few string functions.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_HOST_H
#define PVMHOST_HOST_H

#include <linux/types.h>
#include <linux/stdarg.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define min(a, b)	({ __auto_type a_ = (a); __auto_type b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b)	({ __auto_type a_ = (a); __auto_type b_ = (b); a_ > b_ ? a_ : b_; })
#define ALIGN_UP(x, a)	(((x) + (a) - 1) & ~((u64)(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((u64)(a) - 1))

/* print.c: formats %s %c %d %u %x and the same with ll, %p %%, width and 0 flag */
void print_init(void);
void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vprintk(const char *fmt, va_list args);
void console_putc(char c);

/* The host is wrong, or cannot go on: say so and end */
void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Ends QEMU: by isa-debug-exit with @status, by ACPI, or by stopping */
enum end_status {
	END_POWEROFF = 0,
	END_GUEST_STOPPED = 1,
	END_TRIPLE_FAULT = 2,
	END_HOST_PANIC = 3,
};
void machine_end(enum end_status status) __attribute__((noreturn));

/* string.c */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strncmp(const char *a, const char *b, size_t n);

#endif
