// SPDX-License-Identifier: GPL-2.0-only
/*
 * Privileged instructions in smod: each raised #GP at ring 3 (section 11 of
 * the ABI; SDM volume 2 for the instructions).
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "cpuid.h"
#include "emulate.h"
#include "event.h"
#include "host.h"
#include "legs.h"
#include "msr.h"
#include "options.h"
#include "port.h"
#include "sched.h"
#include "seg.h"
#include "shadow.h"
#include "standin_vmware.h"
#include "stats.h"
#include "vcpu.h"
#include "walk.h"
#include "x86.h"

#define MAX_REP		64	/* string I/O steps an exit; the rest traps again */

#define CR0_FIXED_1	(X86_CR0_PG | X86_CR0_AM | X86_CR0_WP | X86_CR0_NE | \
			 X86_CR0_ET | X86_CR0_MP | X86_CR0_PE)

static bool read_cr(struct vcpu *v, u32 nr, u64 *val)
{
	switch (nr) {
	case 0: *val = v->cr0; return true;
	case 2: *val = v->pvcs ? v->pvcs->cr2 : v->cr2; return true;
	case 3: *val = v->gcr3; return true;
	case 4: *val = v->cr4; return true;
	case 8: *val = v->apic.tpr >> 4; return true;
	}
	return failed(LEG_CR_READ_UNKNOWN);
}

static bool write_cr3_trapped(struct vcpu *v, u64 val)
{
	bool flush = true;

	if (val & 1ULL << 63) {
		if (!(v->cr4 & X86_CR4_PCIDE))
			return failed(LEG_CR3_KEEP_WITHOUT_PCID);
		flush = false;
	}
	shadow_load(v, val & ~(1ULL << 63), flush);
	return true;
}

#define CR4_ALLOWED \
	(X86_CR4_TSD | X86_CR4_DE | X86_CR4_PSE | X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE | \
	 X86_CR4_PCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_FSGSBASE | \
	 X86_CR4_PCIDE | X86_CR4_OSXSAVE | X86_CR4_SMEP | X86_CR4_UMIP)

static bool write_cr4_trapped(struct vcpu *v, u64 val)
{
	u64 changed = v->cr4 ^ val;

	if (val & ~(u64)CR4_ALLOWED)
		return failed(LEG_CR4_NOT_ALLOWED);
	if (!(val & X86_CR4_PAE))
		return failed(LEG_CR4_WITHOUT_PAE);
	if ((val & X86_CR4_PCIDE) && options.no_pcid)
		return failed(LEG_CR4_PCID_NOT_OFFERED);
	v->cr4 = val | X86_CR4_FSGSBASE;
	if (changed & (X86_CR4_PGE | X86_CR4_PCIDE | X86_CR4_SMEP))
		shadow_flush_all(v);
	return true;
}

static bool write_cr(struct vcpu *v, u32 nr, u64 val)
{
	switch (nr) {
	case 0:
		if (val >> 32)
			return failed(LEG_CR0_UPPER);
		v->cr0 = CR0_FIXED_1;	/* fixed: section 3 */
		return true;
	case 2:
		v->cr2 = val;
		if (v->pvcs)
			v->pvcs->cr2 = val;
		return true;
	case 3:
		return write_cr3_trapped(v, val);
	case 4:
		return write_cr4_trapped(v, val);
	case 8:
		return vapic_write(v, 0x808, (val & 15) << 4);
	}
	return failed(LEG_CR_WRITE_UNKNOWN);
}

#define DR7_FIXED	0x400
#define DR6_FIXED	0xffff0ff0

/* The hardware gets only breakpoints on addresses that are the guest's */
void emulate_load_debug(struct vcpu *v)
{
	u64 dr7 = v->dr7;
	u32 i;

	for (i = 0; i < 4; i++) {
		if (!gva_legal(v, v->dr[i])) {
			failed(LEG_DR_ILLEGAL);
			dr7 &= ~(3ULL << (i * 2));
		}
	}
	write_dr0(v->dr[0]);
	write_dr1(v->dr[1]);
	write_dr2(v->dr[2]);
	write_dr3(v->dr[3]);
	write_dr7(dr7 & ~0xfc00ULL);	/* GD and the reserved bits off */
}

static bool mov_dr(struct vcpu *v, const struct insn *i)
{
	u32 nr = i->reg & 7;
	u64 *reg = insn_reg(v, i->rm);
	bool write = i->op == 0x0f23;

	if (i->reg > 7)
		return failed(LEG_DR_UNKNOWN);
	if (nr == 4 || nr == 5)
		nr += 2;
	if (!write) {
		*reg = nr == 6 ? v->dr6 : nr == 7 ? v->dr7 : v->dr[nr];
		return true;
	}
	if (nr >= 6 && *reg >> 32)
		return failed(LEG_DR_UPPER);
	if (nr == 6)
		v->dr6 = (*reg & ~0x1000ULL) | DR6_FIXED;
	else if (nr == 7)
		v->dr7 = (*reg & 0xffff2bff) | DR7_FIXED;
	else
		v->dr[nr] = *reg;
	emulate_load_debug(v);
	return true;
}

static bool mov_cr(struct vcpu *v, const struct insn *i)
{
	if (i->op == 0x0f20)
		return read_cr(v, i->reg, insn_reg(v, i->rm));
	return write_cr(v, i->reg, *insn_reg(v, i->rm));
}

static bool rdmsr_insn(struct vcpu *v)
{
	u64 val;

	if (!msr_read(v, v->regs.rcx, &val))
		return failed(LEG_MSR_READ);
	v->regs.rax = (u32)val;
	v->regs.rdx = val >> 32;
	return true;
}

static bool wrmsr_insn(struct vcpu *v)
{
	return msr_write(v, v->regs.rcx, (u32)v->regs.rax | v->regs.rdx << 32) ||
	       failed(LEG_MSR_WRITE);
}

/* Linear address of the memory operand */
static u64 operand(struct vcpu *v, const struct insn *i)
{
	return insn_address(i, v, v->regs.rip + i->len) + seg_base_long(v, insn_segment(i));
}

/* A selector in a register or in memory */
static bool selector(struct vcpu *v, const struct insn *i, u16 *sel)
{
	if (i->mod != 3)
		return gva_read(v, operand(v, i), sel, 2) || failed(LEG_SELECTOR_READ);
	*sel = *insn_reg(v, i->rm);
	return true;
}

static bool load_table(struct vcpu *v, const struct insn *i, u64 *base, u16 *limit)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) t;

	if (!gva_read(v, operand(v, i), &t, sizeof(t)))
		return failed(LEG_GROUP7_TABLE_READ);
	*base = t.base;
	*limit = t.limit;
	return true;
}

/* 0F 01: LGDT, LIDT, LMSW, INVLPG, and the register forms */
static bool group7(struct vcpu *v, const struct insn *i)
{
	if (i->mod == 3 && i->reg == 2 && i->rm == 1)
		return msr_xsetbv(v) || failed(LEG_XSETBV);
	if (i->mod == 3)
		return failed(LEG_GROUP7_UNKNOWN);
	switch (i->reg & 7) {
	case 2:
		return load_table(v, i, &v->gdt_base, &v->gdt_limit);
	case 3:
		return load_table(v, i, &v->idt_base, &v->idt_limit);
	case 7:
		shadow_invlpg(v, operand(v, i));
		return true;
	}
	return failed(LEG_GROUP7_UNKNOWN);
}

/* 0F 00: LTR, and LLDT of null; the others do not trap: UMIP is offered, not enforced */
static bool group6(struct vcpu *v, const struct insn *i)
{
	u16 sel;

	if (!selector(v, i, &sel))
		return false;
	if ((i->reg & 7) == 3) {
		v->tr = sel;
		return true;
	}
	if (!(sel & ~3))
		return true;
	failed(LEG_LLDT);
	event_triple_fault(v, "LLDT of a selector that is not null");
	return true;
}

static bool io_insn(struct vcpu *v, const struct insn *i)
{
	u32 size = i->op & 1 ? min(i->osize, (u8)4) : 1;
	u16 port = i->op >= 0xec ? v->regs.rdx : (u8)i->imm;
	u64 val;

	if (i->op & 2) {
		port_write(v, port, size, insn_reg_read(v, i, 0, size));
		return true;
	}
	if (size == 4 && standin_in(v, port))
		return true;
	val = port_read(v, port, size);
	insn_reg_write(v, i, 0, size, val);
	return true;
}

/* INS and OUTS, with REP a bounded number of steps an exit */
static bool io_string(struct vcpu *v, const struct insn *i)
{
	u32 size = i->op & 1 ? min(i->osize, (u8)4) : 1, steps = 0;
	s64 step = v->regs.rflags & X86_EFLAGS_DF ? -(s64)size : size;

	if (i->asize != 8)
		return failed(LEG_IO_STRING_ADDRESS);
	while (!i->rep || v->regs.rcx) {
		u32 val = 0;

		if (i->op & 2) {
			if (!gva_read(v, v->regs.rsi, &val, size))
				return failed(LEG_IO_STRING_READ);
			port_write(v, v->regs.rdx, size, val);
			v->regs.rsi += step;
		} else {
			val = port_read(v, v->regs.rdx, size);
			if (!gva_write(v, v->regs.rdi, &val, size))
				return failed(LEG_IO_STRING_WRITE);
			v->regs.rdi += step;
		}
		if (!i->rep)
			break;
		v->regs.rcx--;
		if (++steps == MAX_REP && v->regs.rcx) {
			failed(LEG_IO_STRING_BOUND);
			v->regs.rip -= i->len;	/* again */
			break;
		}
	}
	return true;
}

void emulate_halt(struct vcpu *v)
{
	u32 i;

	v->halted = true;
	if (event_if(v))
		return;
	for (i = 0; i < nr_vcpus; i++) {
		struct vcpu *o = &vcpus[i];

		/* Runs, or will when an interrupt or a kick comes that is on its way */
		if (sched_runnable(o) || (o->state == VCPU_PVM && event_if(o)))
			return;
	}
	failed(LEG_HALT_FOR_EVER);
	printk("vCPU %u halted with interrupts off: the guest has stopped\n", v->id);
	machine_end(END_GUEST_STOPPED);
}

/* RET far and IRETQ to a kernel selector, which the hardware does not have */
static bool far_return(struct vcpu *v, const struct insn *i)
{
	u64 frame[2];

	if (i->osize != 8 || !gva_read(v, v->regs.rsp, frame, sizeof(frame)))
		return failed(LEG_RETURN_STACK);
	if (!is_canonical(frame[0]) || (frame[1] & 3))
		return failed(LEG_RETURN_FRAME);
	v->regs.rsp += sizeof(frame) + (i->op == 0xca ? (u16)i->imm : 0);
	v->regs.rip = frame[0] - i->len;
	v->vcs = frame[1];
	v->star = (u64)v->vcs << 32 | (u64)USER32_CS << 48;
	return true;
}

static bool iretq(struct vcpu *v, const struct insn *i)
{
	u64 frame[5];

	if (i->osize != 8 || !gva_read(v, v->regs.rsp, frame, sizeof(frame)))
		return failed(LEG_RETURN_STACK);
	if (!is_canonical(frame[0]) || (frame[1] & 3))
		return failed(LEG_RETURN_FRAME);
	v->regs.rip = frame[0] - i->len;
	v->regs.rflags = (frame[2] & USER_RFLAGS) | X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	v->regs.rsp = frame[3];
	event_set_if(v, frame[2] & X86_EFLAGS_IF);
	return true;
}

/*
 * A data segment with a kernel selector becomes null; SS stays what it is.  Any
 * other that the hardware refuses is the guest's fault, and its handler's to mend.
 */
static bool mov_seg(struct vcpu *v, const struct insn *i)
{
	u16 sel;

	if (!selector(v, i, &sel))
		return false;
	if ((i->reg & 7) != SEG_SS && (sel & 3))
		return failed(LEG_SEGMENT_SELECTOR);
	switch (i->reg & 7) {
	case SEG_SS:
		v->vss = sel;
		return true;
	case SEG_ES:
		asm volatile("mov %0, %%es" : : "r" (0));
		return true;
	case SEG_DS:
		asm volatile("mov %0, %%ds" : : "r" (0));
		return true;
	case SEG_FS:
		seg_load_fs(0);
		return true;
	default:	/* GS: CS and what does not exist raise #UD */
		seg_load_gs(0);
		return true;
	}
}

static bool execute(struct vcpu *v, const struct insn *i)
{
	switch (i->op) {
	case 0x0f00: return group6(v, i);
	case 0x0f01: return group7(v, i);
	case 0x0f06: return true;			/* CLTS: TS is always 0 */
	case 0x0f08: case 0x0f09: return true;		/* INVD, WBINVD */
	case 0x0f20: case 0x0f22: return mov_cr(v, i);
	case 0x0f21: case 0x0f23: return mov_dr(v, i);
	case 0x0f30: return wrmsr_insn(v);
	case 0x0f32: return rdmsr_insn(v);
	case 0x6c: case 0x6d: case 0x6e: case 0x6f: return io_string(v, i);
	case 0x8e: return mov_seg(v, i);
	case 0xca: case 0xcb: return far_return(v, i);
	case 0xcf: return iretq(v, i);
	case 0xe4: case 0xe5: case 0xe6: case 0xe7:
	case 0xec: case 0xed: case 0xee: case 0xef: return io_insn(v, i);
	case 0xf4: emulate_halt(v); return true;
	case 0xfa: event_set_if(v, false); return true;
	case 0xfb: event_set_if(v, true); return true;
	}
	return failed(LEG_GP_NOT_KNOWN);
}

static bool synthetic_cpuid(struct vcpu *v, const u8 *bytes, u32 n)
{
	static const u8 code[PVM_SYNTHETIC_CPUID_LEN] = { PVM_SYNTHETIC_CPUID_BYTES };
	struct cpuid_regs r;

	if (n < sizeof(code) || memcmp(bytes, code, sizeof(code)))
		return false;
	r = guest_cpuid(v, v->regs.rax, v->regs.rcx);
	v->regs.rax = r.eax;
	v->regs.rbx = r.ebx;
	v->regs.rcx = r.ecx;
	v->regs.rdx = r.edx;
	v->regs.rip += sizeof(code);
	stats.cpuids++;
	return true;
}

void emulate_gp(struct vcpu *v, u32 error)
{
	u8 bytes[INSN_MAX];
	u32 n = gva_fetch(v, v->regs.rip, bytes, sizeof(bytes));
	struct insn i;

	if (synthetic_cpuid(v, bytes, n))
		return;
	if (insn_decode(&i, bytes, n, 64)) {
		stats.emulated++;
		if (options.verbose > 1)
			printk("vCPU %u: emulate op %x at %llx\n", v->id, i.op, v->regs.rip);
		if (execute(v, &i)) {
			v->regs.rip += i.len;
			v->regs.rflags &= ~(u64)X86_EFLAGS_RF;
			return;
		}
	}
	failed(LEG_GP_REFUSED);
	event_exception_error(v, VECTOR_GP, error);
}
