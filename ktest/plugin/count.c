// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU's TCG: count the instructions that all CPUs of the guest
 * execute, and say how many there were at each mark.  A mark is an instruction
 * that does nothing and that ktest/guest/bench-smp.c executes.
 *
 *   -plugin count.so,out=FILE
 *
 * FILE gets a line "1 <count>" or "2 <count>" at each mark.  The guest's CPUs are
 * run by one thread (-accel tcg,thread=single), so nothing here needs a lock.
 *
 * Debian's QEMU has the interface but not its header; what is used of it is
 * declared below, from QEMU's docs/devel/tcg-plugins.rst and the documentation
 * of version 7.2 (interface version 1).
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { INLINE_ADD_U64 = 0 };
enum { CB_NO_REGS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t id,
						      struct qemu_plugin_tb *tb));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu, void *data),
					    int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
						void *counter, uint64_t add);

EXPORT int qemu_plugin_version = 1;

/* nopl disp32(%rax,%rax,1): 0f 1f 84 00, then the displacement */
static const uint8_t mark[] = { 0x0f, 0x1f, 0x84, 0x00 };
#define MARK_SIZE	8
#define MARK_NUMBER	0x70766230	/* "pvb0"; the last digit says which mark */

static uint64_t count;
static FILE *out;

static void at_mark(unsigned int cpu, void *number)
{
	(void)cpu;
	fprintf(out, "%u %llu\n", (unsigned int)(uintptr_t)number, (unsigned long long)count);
}

/* Which mark an instruction is; 0: none. */
static uint32_t mark_of(const struct qemu_plugin_insn *insn)
{
	const uint8_t *bytes = qemu_plugin_insn_data(insn);
	uint32_t number;

	if (qemu_plugin_insn_size(insn) != MARK_SIZE || memcmp(bytes, mark, sizeof(mark)))
		return 0;
	memcpy(&number, bytes + sizeof(mark), sizeof(number));
	number -= MARK_NUMBER;

	return number == 1 || number == 2 ? number : 0;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t all = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < all; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t number = mark_of(insn);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &count, 1);
		if (number)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, at_mark, CB_NO_REGS,
							       (void *)(uintptr_t)number);
	}
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
			       int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "count: say where to: -plugin count.so,out=FILE\n");
		return -1;
	}
	out = fopen(argv[0] + 4, "w");
	if (!out) {
		perror(argv[0] + 4);
		return -1;
	}
	setvbuf(out, NULL, _IOLBF, 0);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);

	return 0;
}
