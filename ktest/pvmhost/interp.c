// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU before it reaches 64-bit mode: an interpreter for what a kernel's
 * trampoline does in real and 32-bit protected mode (section 12 of the ABI).
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Integer instructions only; interrupts and exceptions do not exist here, so
 * anything unknown ends the machine with the state printed.
 */
#include "alu.h"
#include "cpuid.h"
#include "decode.h"
#include "emulate.h"
#include "event.h"
#include "host.h"
#include "interp.h"
#include "legs.h"
#include "mem.h"
#include "msr.h"
#include "pcpu.h"
#include "sched.h"
#include "stats.h"
#include "walk.h"
#include "x86.h"

#define BATCH	130	/* instructions between looks at the rest of the world */

#define DESC_BIG	(1ULL << 54)
#define DESC_LONG	(1ULL << 53)

/* One instruction under way */
struct step {
	struct vcpu *v;
	struct insn i;
	u64 next;	/* IP after it */
	bool bad;
};

/* The machine ends at the end of this instruction */
static void bad(struct step *s, enum leg leg)
{
	failed(leg);
	s->bad = true;
}

void interp_start(struct vcpu *v, u8 vector)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v->seg); i++)
		v->seg[i] = (struct rm_segment){ 0 };
	v->seg[SEG_CS].sel = vector << 8;
	v->seg[SEG_CS].base = (u64)vector << 12;
	v->regs.rip = 0;
	v->regs.rflags = X86_EFLAGS_FIXED;
	v->cr4 = 0;
	v->cr0 = X86_CR0_ET;
	v->state = VCPU_INTERPRET;
	sched_wake(v);
}

/* Physical address of @linear, through the tables once paging is on */
static bool translate(struct step *s, u64 linear, u32 access, u64 *gpa)
{
	struct walk w;

	*gpa = linear;
	if (!(s->v->cr0 & X86_CR0_PG))
		return true;
	if (guest_walk(s->v, linear, access, &w) != WALK_OK)
		return false;
	*gpa = w.gpa;
	return true;
}

static u64 load(struct step *s, u64 linear, u32 size)
{
	u64 val = 0, gpa;

	if (!translate(s, (u32)linear, 0, &gpa) || !guest_read(gpa, &val, size))
		bad(s, LEG_REAL_LOAD);
	return val;
}

static void store(struct step *s, u64 linear, u32 size, u64 val)
{
	u64 gpa;

	if (!translate(s, (u32)linear, PF_W, &gpa) || !guest_write(gpa, &val, size))
		bad(s, LEG_REAL_STORE);
}

static u64 operand_linear(struct step *s)
{
	u64 base = s->v->seg[insn_segment(&s->i)].base;

	if (s->i.op >= 0xa0 && s->i.op <= 0xa3)
		return base + (s->i.asize == 2 ? (u16)s->i.imm : (u32)s->i.imm);
	return base + insn_address(&s->i, s->v, s->next);
}

/* The r/m operand */
static u64 rm_read(struct step *s, u32 size)
{
	if (s->i.mod == 3)
		return insn_reg_read(s->v, &s->i, s->i.rm, size);
	return load(s, operand_linear(s), size);
}

static void rm_write(struct step *s, u32 size, u64 val)
{
	if (s->i.mod == 3)
		insn_reg_write(s->v, &s->i, s->i.rm, size, val);
	else
		store(s, operand_linear(s), size, val);
}

static u64 reg_read(struct step *s, u32 nr, u32 size)
{
	return insn_reg_read(s->v, &s->i, nr, size);
}

static void reg_write(struct step *s, u32 nr, u32 size, u64 val)
{
	insn_reg_write(s->v, &s->i, nr, size, val);
}

static void set_sp(struct step *s, u64 sp)
{
	reg_write(s, 4, s->v->seg[SEG_SS].big ? 4 : 2, sp);
}

static u64 get_sp(struct step *s)
{
	return reg_read(s, 4, s->v->seg[SEG_SS].big ? 4 : 2);
}

static void push(struct step *s, u64 val)
{
	u64 sp = get_sp(s) - s->i.osize;

	if (!s->v->seg[SEG_SS].big)
		sp &= 0xffff;
	store(s, s->v->seg[SEG_SS].base + sp, s->i.osize, val);
	set_sp(s, sp);
}

static u64 pop(struct step *s)
{
	u64 sp = get_sp(s), val;

	val = load(s, s->v->seg[SEG_SS].base + sp, s->i.osize);
	set_sp(s, sp + s->i.osize);
	return val;
}

static bool descriptor(struct step *s, u16 sel, u64 *desc)
{
	u64 gpa;

	if ((sel & 4) || (u32)(sel | 7) > s->v->gdt_limit)
		return false;
	return translate(s, s->v->gdt_base + (sel & ~7), 0, &gpa) && guest_read(gpa, desc, 8);
}

static void load_segment(struct step *s, u32 nr, u16 sel)
{
	struct rm_segment *seg = &s->v->seg[nr];
	u64 d = 0;

	if (nr >= ARRAY_SIZE(s->v->seg)) {
		bad(s, LEG_REAL_SEGMENT);
		return;
	}
	seg->sel = sel;
	if (!(s->v->cr0 & X86_CR0_PE)) {
		seg->base = (u64)sel << 4;
		return;
	}
	if ((sel & ~3) && !descriptor(s, sel, &d))
		bad(s, LEG_REAL_DESCRIPTOR);
	seg->base = (d >> 16 & 0xffffff) | (d >> 56) << 24;
	seg->big = d & DESC_BIG;
}

/* JMP far; with a 64-bit segment the vCPU goes onto the hardware */
static void far_jump(struct step *s, u16 sel, u32 ip)
{
	struct vcpu *v = s->v;
	u64 d = 0;

	s->next = ip;
	if ((v->cr0 & X86_CR0_PE) && (v->efer & EFER_LMA) && descriptor(s, sel, &d) &&
	    (d & DESC_LONG)) {
		v->vcs = sel;
		v->vss = v->seg[SEG_SS].sel;
		v->state = VCPU_PVM;	/* interp_run() converts */
		return;
	}
	load_segment(s, SEG_CS, sel);
}

static u64 flags_mask(u32 osize)
{
	return osize == 2 ? 0xffff : 0xffffffff;
}

static void alu_rm_reg(struct step *s)
{
	u32 size = s->i.op & 1 ? s->i.osize : 1, kind = s->i.op >> 3 & 7;
	bool to_reg = s->i.op & 2;
	u64 a = rm_read(s, size), b = reg_read(s, s->i.reg, size), r;

	r = to_reg ? alu(kind, b, a, size, &s->v->regs.rflags) :
		     alu(kind, a, b, size, &s->v->regs.rflags);
	if (kind == ALU_CMP)
		return;
	if (to_reg)
		reg_write(s, s->i.reg, size, r);
	else
		rm_write(s, size, r);
}

static void alu_acc_imm(struct step *s)
{
	u32 size = s->i.op & 1 ? s->i.osize : 1, kind = s->i.op >> 3 & 7;
	u64 r = alu(kind, reg_read(s, 0, size), s->i.imm, size, &s->v->regs.rflags);

	if (kind != ALU_CMP)
		reg_write(s, 0, size, r);
}

static void alu_rm_imm(struct step *s)
{
	u32 size = s->i.op & 1 ? s->i.osize : 1, kind = s->i.reg & 7;
	u64 r = alu(kind, rm_read(s, size), s->i.imm, size, &s->v->regs.rflags);

	if (kind != ALU_CMP)
		rm_write(s, size, r);
}

static void shift(struct step *s)
{
	u32 size = s->i.op & 1 ? s->i.osize : 1, count;

	if (s->i.op <= 0xc1)
		count = s->i.imm;
	else
		count = s->i.op <= 0xd1 ? 1 : s->v->regs.rcx;
	count &= 31;
	if (!count)
		return;
	if (!alu_shift_known(s->i.reg & 7)) {
		bad(s, LEG_REAL_SHIFT);
		return;
	}
	rm_write(s, size, alu_shift(s->i.reg & 7, rm_read(s, size), count, size,
				    &s->v->regs.rflags));
}

/* F6, F7: TEST, NOT, NEG */
static void group3(struct step *s)
{
	u32 size = s->i.op & 1 ? s->i.osize : 1;
	u64 a = rm_read(s, size);

	switch (s->i.reg & 7) {
	case 0:
		alu(ALU_AND, a, s->i.imm, size, &s->v->regs.rflags);
		break;
	case 2:
		rm_write(s, size, ~a);
		break;
	case 3:
		rm_write(s, size, alu(ALU_SUB, 0, a, size, &s->v->regs.rflags));
		break;
	default:
		bad(s, LEG_REAL_GROUP3);
	}
}

/* FE, FF: INC, DEC, CALL, JMP, PUSH */
static void group5(struct step *s)
{
	u32 size = s->i.op & 1 ? s->i.osize : 1, kind = s->i.reg & 7;
	u64 a = rm_read(s, size), carry = s->v->regs.rflags & X86_EFLAGS_CF;

	if (kind <= 1) {
		rm_write(s, size, alu(kind ? ALU_SUB : ALU_ADD, a, 1, size, &s->v->regs.rflags));
		s->v->regs.rflags = (s->v->regs.rflags & ~(u64)X86_EFLAGS_CF) | carry;
	} else if (kind == 2 || kind == 4) {
		if (kind == 2)
			push(s, s->next);
		s->next = a;
	} else if (kind == 6) {
		push(s, a);
	} else {
		bad(s, LEG_REAL_GROUP5);
	}
}

/*
 * BT, BTS, BTR with the bit in a register or an immediate.  In memory they are
 * done atomically: vCPUs on hardware use the same lock words.
 */
static void bit_insn(struct step *s)
{
	bool imm = s->i.op == 0x0fba;
	u32 kind = imm ? s->i.reg & 3 : s->i.op >> 3 & 3;	/* 0 BT, 1 BTS, 2 BTR, 3 BTC */
	u64 bit = imm ? (u8)s->i.imm : reg_read(s, s->i.reg, s->i.osize);
	u32 mask = 1u << (bit & (s->i.osize * 8 - 1)), old;
	u64 gpa;
	u32 *p;

	if (kind == 3) {
		bad(s, LEG_REAL_BIT_KIND);
		return;
	}
	if (s->i.mod == 3) {
		old = rm_read(s, s->i.osize);
		rm_write(s, s->i.osize, kind == 1 ? old | mask : kind == 2 ? old & ~mask : old);
	} else {
		if (!translate(s, (u32)operand_linear(s), kind ? PF_W : 0, &gpa) ||
		    !(p = guest_ptr(gpa, s->i.osize))) {
			bad(s, LEG_REAL_BIT_MEMORY);
			return;
		}
		if (kind == 1)
			old = __atomic_fetch_or(p, mask, __ATOMIC_SEQ_CST);
		else if (kind == 2)
			old = __atomic_fetch_and(p, ~mask, __ATOMIC_SEQ_CST);
		else
			old = __atomic_load_n(p, __ATOMIC_SEQ_CST);
	}
	s->v->regs.rflags &= ~(u64)X86_EFLAGS_CF;
	if (old & mask)
		s->v->regs.rflags |= X86_EFLAGS_CF;
}

static void load_table(struct step *s)
{
	u64 linear = operand_linear(s);
	u16 limit = load(s, linear, 2);
	u32 base = load(s, linear + 2, 4);

	if (s->i.osize == 2)
		base &= 0xffffff;
	if ((s->i.reg & 7) == 2) {
		s->v->gdt_limit = limit;
		s->v->gdt_base = base;
	} else if ((s->i.reg & 7) == 3) {
		s->v->idt_limit = limit;
		s->v->idt_base = base;
	} else {
		bad(s, LEG_REAL_TABLE_KIND);
	}
}

static void write_cr(struct step *s)
{
	struct vcpu *v = s->v;
	u32 val = *insn_reg(v, s->i.rm);

	switch (s->i.reg) {
	case 0:
		v->cr0 = val;
		if ((val & X86_CR0_PG) && (v->efer & EFER_LME))
			v->efer |= EFER_LMA;
		break;
	case 3:
		v->gcr3 = val;
		break;
	case 4:
		v->cr4 = val;
		break;
	default:
		bad(s, LEG_REAL_CR);
	}
}

static void read_cr(struct step *s)
{
	struct vcpu *v = s->v;

	*insn_reg(v, s->i.rm) = (u32)(s->i.reg == 0 ? v->cr0 : s->i.reg == 3 ? v->gcr3 :
				      s->i.reg == 4 ? v->cr4 : 0);
}

static void do_cpuid(struct step *s)
{
	struct guest_regs *r = &s->v->regs;
	struct cpuid_regs c = guest_cpuid(s->v, r->rax, r->rcx);

	r->rax = c.eax;
	r->rbx = c.ebx;
	r->rcx = c.ecx;
	r->rdx = c.edx;
}

static void do_msr(struct step *s)
{
	struct guest_regs *r = &s->v->regs;
	u64 val = (u32)r->rax | r->rdx << 32;

	if (!(s->i.op == 0x0f30 ? msr_write(s->v, r->rcx, val) : msr_read(s->v, r->rcx, &val)))
		bad(s, LEG_REAL_MSR);
	r->rax = (u32)val;
	r->rdx = val >> 32;
}

static void two_byte(struct step *s)
{
	u32 op = s->i.op & 0xff;

	if (op >= 0x80 && op <= 0x8f) {
		if (alu_condition(op & 15, s->v->regs.rflags))
			s->next += s->i.imm;
		return;
	}
	switch (op) {
	case 0x01: load_table(s); break;
	case 0x08: case 0x09: break;
	case 0x20: read_cr(s); break;
	case 0x22: write_cr(s); break;
	case 0x30: case 0x32: do_msr(s); break;
	case 0xa2: do_cpuid(s); break;
	case 0xa3: case 0xab: case 0xb3: case 0xba: bit_insn(s); break;
	case 0xb6: reg_write(s, s->i.reg, s->i.osize, rm_read(s, 1)); break;
	case 0xb7: reg_write(s, s->i.reg, s->i.osize, rm_read(s, 2)); break;
	default: bad(s, LEG_REAL_TWO_BYTES);
	}
}

static void moves(struct step *s)
{
	u32 size = s->i.op & 1 ? s->i.osize : 1;

	switch (s->i.op) {
	case 0x88: case 0x89: rm_write(s, size, reg_read(s, s->i.reg, size)); break;
	case 0x8a: case 0x8b: reg_write(s, s->i.reg, size, rm_read(s, size)); break;
	case 0x8c:
		rm_write(s, s->i.mod == 3 ? s->i.osize : 2, s->v->seg[s->i.reg % 6].sel);
		break;
	case 0x8d: reg_write(s, s->i.reg, s->i.osize, insn_address(&s->i, s->v, s->next)); break;
	case 0x8e: load_segment(s, s->i.reg, rm_read(s, 2)); break;
	case 0xa0: case 0xa1: reg_write(s, 0, size, load(s, operand_linear(s), size)); break;
	case 0xa2: case 0xa3: store(s, operand_linear(s), size, reg_read(s, 0, size)); break;
	default: rm_write(s, size, s->i.imm);	/* 0xc6, 0xc7 */
	}
}

static void one_byte(struct step *s)
{
	struct guest_regs *r = &s->v->regs;
	u32 op = s->i.op;

	if (op < 0x40 && (op & 7) < 4) {
		alu_rm_reg(s);
	} else if (op < 0x40 && (op & 7) < 6) {
		alu_acc_imm(s);
	} else if (op >= 0x40 && op <= 0x4f) {
		u64 carry = r->rflags & X86_EFLAGS_CF;

		reg_write(s, op & 7, s->i.osize, alu(op & 8 ? ALU_SUB : ALU_ADD,
			  reg_read(s, op & 7, s->i.osize), 1, s->i.osize, &r->rflags));
		r->rflags = (r->rflags & ~(u64)X86_EFLAGS_CF) | carry;
	} else if (op >= 0x50 && op <= 0x57) {
		push(s, reg_read(s, op & 7, s->i.osize));
	} else if (op >= 0x58 && op <= 0x5f) {
		reg_write(s, op & 7, s->i.osize, pop(s));
	} else if (op >= 0x70 && op <= 0x7f) {
		if (alu_condition(op & 15, r->rflags))
			s->next += s->i.imm;
	} else if (op >= 0x88 && op <= 0x8e) {
		moves(s);
	} else if (op >= 0xb0 && op <= 0xb7) {
		reg_write(s, op & 7, 1, s->i.imm);
	} else if (op >= 0xb8 && op <= 0xbf) {
		reg_write(s, op & 7, s->i.osize, s->i.imm);
	} else {
		switch (op) {
		case 0x68: case 0x6a: push(s, s->i.imm); break;
		case 0x80: case 0x81: case 0x83: alu_rm_imm(s); break;
		case 0x84: case 0x85: {
			u32 size = op & 1 ? s->i.osize : 1;

			alu(ALU_AND, rm_read(s, size), reg_read(s, s->i.reg, size), size, &r->rflags);
			break;
		}
		case 0x90: break;
		case 0x9c: push(s, r->rflags & flags_mask(s->i.osize)); break;
		case 0x9d:
			r->rflags = (r->rflags & ~flags_mask(s->i.osize)) | X86_EFLAGS_FIXED |
				    (pop(s) & USER_RFLAGS & flags_mask(s->i.osize));
			break;
		case 0xa0: case 0xa1: case 0xa2: case 0xa3: case 0xc6: case 0xc7: moves(s); break;
		case 0xa8: case 0xa9:
			alu(ALU_AND, r->rax, s->i.imm, op & 1 ? s->i.osize : 1, &r->rflags);
			break;
		case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3: shift(s); break;
		case 0xc3: s->next = pop(s); break;
		case 0xe8: push(s, s->next); s->next += s->i.imm; break;
		case 0xe9: case 0xeb: s->next += s->i.imm; break;
		case 0xea:
			far_jump(s, s->i.imm2, s->i.osize == 2 ? (u16)s->i.imm : (u32)s->i.imm);
			break;
		case 0xf4: s->v->halted = true; break;
		case 0xf6: case 0xf7: group3(s); break;
		case 0xfa: case 0xfb: case 0xfc: break;	/* CLI, STI, CLD */
		case 0xfe: case 0xff: group5(s); break;
		default: bad(s, LEG_REAL_ONE_BYTE);
		}
	}
}

static bool fetch(struct step *s, u8 *bytes, u32 *n)
{
	u64 linear = s->v->seg[SEG_CS].base + s->v->regs.rip, gpa;

	if (!translate(s, linear, PF_I, &gpa))
		return failed(LEG_REAL_FETCH);
	*n = min((u32)INSN_MAX, (u32)(PAGE_SIZE - (gpa & (PAGE_SIZE - 1))));
	if (!guest_read(gpa, bytes, *n))
		return failed(LEG_REAL_FETCH);
	/* Over the end of a page; a real trampoline has no need, but may */
	if (*n < INSN_MAX && translate(s, linear + *n, PF_I, &gpa) &&
	    guest_read(gpa, bytes + *n, INSN_MAX - *n))
		*n = INSN_MAX;
	return true;
}

static void step(struct vcpu *v)
{
	struct step s = { .v = v };
	u8 bytes[INSN_MAX];
	bool big = v->seg[SEG_CS].big;
	u32 n;

	if (!fetch(&s, bytes, &n) ||
	    (!insn_decode(&s.i, bytes, n, big ? 32 : 16) && !failed(LEG_REAL_DECODE))) {
		event_triple_fault(v, "the interpreter cannot read or decode the instruction");
		return;
	}
	stats.interpreted++;
	s.next = v->regs.rip + s.i.len;
	if (s.i.op >> 8)
		two_byte(&s);
	else
		one_byte(&s);
	if (s.bad) {
		event_triple_fault(v, "the interpreter does not know the instruction or its operand");
		return;
	}
	v->regs.rip = s.next & (s.i.osize == 2 && !big ? 0xffff : 0xffffffff);
}

void interp_run(struct vcpu *v)
{
	u32 i;

	for (i = 0; i < BATCH && v->state == VCPU_INTERPRET && !v->halted; i++)
		step(v);
	if (v->state == VCPU_PVM) {
		vcpu_to_pvm(v);
		vcpu_load(v);
	}
}
