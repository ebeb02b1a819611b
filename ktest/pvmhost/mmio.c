// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulated memory accesses: the IOAPIC, MSI-X tables, and pages that read as
 * ones because they are not the guest's.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Drivers reach devices with plain moves; only those are known here.  Anything
 * else is a #GP.
 */
#include "decode.h"
#include "event.h"
#include "host.h"
#include "ioapic.h"
#include "legs.h"
#include "mem.h"
#include "mmio.h"
#include "msi.h"
#include "stats.h"
#include "vcpu.h"
#include "walk.h"
#include "x86.h"

bool mmio_trapped(u64 gpa)
{
	return ioapic_owns(gpa) || msi_page_trapped(gpa);
}

static u64 ones(u32 size)
{
	return size == 8 ? ~0ULL : (1ULL << size * 8) - 1;
}

static u64 device_read(u64 gpa, u32 size)
{
	if (mem_kind(gpa) != PAGE_TRAPPED)
		return ones(size);
	if (ioapic_owns(gpa))
		return ioapic_read(gpa & (PAGE_SIZE - 1));
	return msi_table_read(gpa, size);
}

static void device_write(u64 gpa, u32 size, u64 val)
{
	if (mem_kind(gpa) != PAGE_TRAPPED)
		return;
	if (ioapic_owns(gpa))
		ioapic_write(gpa & (PAGE_SIZE - 1), val);
	else
		msi_table_write(gpa, size, val);
}

static bool execute(struct vcpu *v, const struct insn *i, u64 gpa)
{
	u64 val;

	switch (i->op) {
	case 0x88:	/* MOV r/m8, r8 */
		device_write(gpa, 1, insn_reg_read(v, i, i->reg, 1));
		return true;
	case 0x89:	/* MOV r/m, r */
		device_write(gpa, i->osize, insn_reg_read(v, i, i->reg, i->osize));
		return true;
	case 0x8a:	/* MOV r8, r/m8 */
		insn_reg_write(v, i, i->reg, 1, device_read(gpa, 1));
		return true;
	case 0x8b:	/* MOV r, r/m */
		insn_reg_write(v, i, i->reg, i->osize, device_read(gpa, i->osize));
		return true;
	case 0xa0: case 0xa1:	/* MOV rAX, moffs */
		insn_reg_write(v, i, 0, i->op & 1 ? i->osize : 1,
			       device_read(gpa, i->op & 1 ? i->osize : 1));
		return true;
	case 0xa2: case 0xa3:	/* MOV moffs, rAX */
		device_write(gpa, i->op & 1 ? i->osize : 1,
			     insn_reg_read(v, i, 0, i->op & 1 ? i->osize : 1));
		return true;
	case 0xc6:	/* MOV r/m8, imm8 */
		device_write(gpa, 1, (u8)i->imm);
		return true;
	case 0xc7:	/* MOV r/m, imm */
		device_write(gpa, i->osize, i->imm);
		return true;
	case 0x0fb6: case 0x0fb7:	/* MOVZX */
		insn_reg_write(v, i, i->reg, i->osize, device_read(gpa, i->op & 1 ? 2 : 1));
		return true;
	case 0x0fbe:	/* MOVSX */
		val = (s64)(s8)device_read(gpa, 1);
		insn_reg_write(v, i, i->reg, i->osize, val);
		return true;
	}
	return failed(LEG_MMIO_UNKNOWN);
}

static bool is_store(const struct insn *i)
{
	return i->op == 0x88 || i->op == 0x89 || i->op == 0xa2 || i->op == 0xa3 ||
	       i->op == 0xc6 || i->op == 0xc7;
}

/* The fault is at the first byte of this page, and the operand begins in the one before */
static bool begins_before(struct vcpu *v, const struct insn *i, u64 gva)
{
	return i->mode == 64 && i->has_modrm && i->seg == SEG_NONE &&
	       insn_address(i, v, v->regs.rip + i->len) != gva;
}

/* false: not to be emulated.  The instruction may not be the one that faulted any more. */
static bool emulate(struct vcpu *v, struct insn *i, u64 gva, u64 gpa, bool write)
{
	u32 mode = v->regs.cs == USER_CS ? 64 : 32, n;
	u8 bytes[INSN_MAX];

	n = gva_fetch(v, v->regs.rip, bytes, sizeof(bytes));
	if (!insn_decode(i, bytes, n, mode))
		return false;
	if (i->rep)
		return failed(LEG_MMIO_REP);
	if ((gpa & (PAGE_SIZE - 1)) + i->osize > PAGE_SIZE || begins_before(v, i, gva))
		return failed(LEG_MMIO_CROSSING);
	if (is_store(i) && !write) {
		i->len = 0;	/* again */
		return true;
	}
	return execute(v, i, gpa);
}

void mmio_fault(struct vcpu *v, u64 gva, const struct walk *w, bool write)
{
	struct insn i;

	stats.mmio++;
	if (emulate(v, &i, gva, w->gpa, write))
		v->regs.rip += i.len;
	else
		event_exception_error(v, VECTOR_GP, 0);
}
