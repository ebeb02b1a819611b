// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction decoder: SDM volume 2, chapters 2 and appendix A, as far as the
 * emulators need it.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "decode.h"
#include "host.h"
#include "legs.h"
#include "vcpu.h"

struct cursor {
	const u8 *p;
	u32 left;
	bool bad;
};

static u64 take(struct cursor *c, u32 n)
{
	u64 val = 0;

	if (c->left < n) {
		c->bad = true;
		return 0;
	}
	memcpy(&val, c->p, n);
	c->p += n;
	c->left -= n;
	return val;
}

static s64 take_signed(struct cursor *c, u32 n)
{
	u64 val = take(c, n);
	u32 shift = 64 - 8 * n;

	return n ? (s64)(val << shift) >> shift : 0;
}

/* One bit an opcode: does it have a ModRM byte? */
static const u16 modrm_one[16] = {
	0x0f0f, 0x0f0f, 0x0f0f, 0x0f0f, 0, 0, 0x0a0c, 0,
	0xffff, 0, 0, 0, 0x00f3, 0xff0f, 0, 0xc0c0,
};

static const u16 modrm_two[16] = {
	0xa00f, 0xff7f, 0xff0f, 0, 0xffff, 0xffff, 0xffff, 0xff7f,
	0, 0xffff, 0xf838, 0xfffc, 0x00ff, 0xffff, 0xffff, 0xffff,
};

static bool wants_modrm(u16 op)
{
	u8 low = op;

	if (op >> 8)
		return modrm_two[low >> 4] & 1u << (low & 15);
	return modrm_one[low >> 4] & 1u << (low & 15);
}

static u32 imm_size_two(const struct insn *i)
{
	u8 op = i->op;

	if ((op & 0xf0) == 0x80)
		return i->osize == 2 ? 2 : 4;
	if (op == 0xa4 || op == 0xac || op == 0xba || (op >= 0x70 && op <= 0x73) ||
	    op == 0xc2 || op == 0xc4 || op == 0xc5 || op == 0xc6)
		return 1;
	return 0;
}

static u32 imm_size(const struct insn *i)
{
	u32 z = i->osize == 2 ? 2 : 4;
	u8 op = i->op;

	if (i->op >> 8)
		return imm_size_two(i);
	if (op < 0x40)
		return (op & 7) == 4 ? 1 : (op & 7) == 5 ? z : 0;
	if (op >= 0xb0 && op <= 0xb7)
		return 1;
	if (op >= 0xb8 && op <= 0xbf)
		return i->osize;	/* the one 64-bit immediate */
	if (op >= 0xa0 && op <= 0xa3)
		return i->asize;	/* moffs */
	if ((op >= 0x70 && op <= 0x7f) || (op >= 0xe0 && op <= 0xe7))
		return 1;
	switch (op) {
	case 0x6a: case 0x6b: case 0x80: case 0x82: case 0x83: case 0xa8:
	case 0xc0: case 0xc1: case 0xc6: case 0xcd: case 0xd4: case 0xd5: case 0xeb:
		return 1;
	case 0x68: case 0x69: case 0x81: case 0xa9: case 0xc7: case 0xe8: case 0xe9:
	case 0x9a: case 0xea:
		return z;
	case 0xc2: case 0xca:
		return 2;
	case 0xf6:
		return i->reg & 6 ? 0 : 1;
	case 0xf7:
		return i->reg & 6 ? 0 : z;
	}
	return 0;
}

static void prefixes(struct insn *i, struct cursor *c)
{
	for (;;) {
		u8 b = c->left ? *c->p : 0;

		switch (b) {
		case 0x26: i->seg = SEG_ES; break;
		case 0x2e: i->seg = SEG_CS; break;
		case 0x36: i->seg = SEG_SS; break;
		case 0x3e: i->seg = SEG_DS; break;
		case 0x64: i->seg = SEG_FS; break;
		case 0x65: i->seg = SEG_GS; break;
		case 0x66: i->osize = i->mode == 16 ? 4 : 2; break;
		case 0x67: i->asize = i->mode == 32 ? 2 : 4; break;
		case 0xf0: i->lock = true; break;
		case 0xf2: case 0xf3: i->rep = b; break;
		default: return;
		}
		take(c, 1);
	}
}

static void memory16(struct insn *i, struct cursor *c, u8 rm)
{
	static const u8 bases[8] = { 3, 3, 5, 5, 0xff, 0xff, 5, 3 };
	static const u8 indexes[8] = { 6, 7, 6, 7, 6, 7, 0xff, 0xff };

	i->base = bases[rm];
	i->index = indexes[rm];
	if (i->mod == 0 && rm == 6) {
		i->base = 0xff;
		i->disp = take_signed(c, 2);
	} else {
		i->disp = take_signed(c, i->mod);
	}
}

static void memory32(struct insn *i, struct cursor *c, u8 rm)
{
	i->base = rm | (i->rex & 1) << 3;
	i->index = 0xff;
	if (rm == 4) {
		u8 sib = take(c, 1);

		i->base = (sib & 7) | (i->rex & 1) << 3;
		i->index = (sib >> 3 & 7) | (i->rex & 2) << 2;
		i->scale = sib >> 6;
		if (i->index == 4)
			i->index = 0xff;
		if ((sib & 7) == 5 && i->mod == 0) {
			i->base = 0xff;
			i->disp = take_signed(c, 4);
			return;
		}
	} else if (rm == 5 && i->mod == 0) {
		i->base = 0xff;
		i->rip_relative = i->mode == 64;
		i->disp = take_signed(c, 4);
		return;
	}
	i->disp = take_signed(c, i->mod == 1 ? 1 : i->mod == 2 ? 4 : 0);
}

static void modrm(struct insn *i, struct cursor *c)
{
	u8 b = take(c, 1);

	i->has_modrm = true;
	i->mod = b >> 6;
	i->reg = (b >> 3 & 7) | (i->rex & 4) << 1;
	i->rm = (b & 7) | (i->rex & 1) << 3;
	/* MOV to and from control and debug registers ignores mod */
	if (i->op >= 0x0f20 && i->op <= 0x0f23)
		i->mod = 3;
	if (i->mod == 3)
		return;
	if (i->asize == 2)
		memory16(i, c, b & 7);
	else
		memory32(i, c, b & 7);
}

bool insn_decode(struct insn *i, const u8 *bytes, u32 n, u32 mode)
{
	struct cursor c = { .p = bytes, .left = min(n, (u32)INSN_MAX) };

	memset(i, 0, sizeof(*i));
	i->mode = mode;
	i->osize = mode == 16 ? 2 : 4;
	i->asize = mode / 8;
	i->seg = SEG_NONE;
	i->base = i->index = 0xff;
	prefixes(i, &c);
	if (mode == 64 && c.left && (*c.p & 0xf0) == 0x40) {
		i->rex = take(&c, 1);
		if (i->rex & 8)
			i->osize = 8;
	}
	i->op = take(&c, 1);
	if (i->op == 0x0f) {
		i->op = 0x0f00 | take(&c, 1);
		if (i->op == 0x0f38 || i->op == 0x0f3a)
			return failed(LEG_DECODE_THREE_BYTES);
	}
	if (wants_modrm(i->op))
		modrm(i, &c);
	i->imm = take_signed(&c, imm_size(i));
	if (i->op == 0x9a || i->op == 0xea)
		i->imm2 = take(&c, 2);
	i->len = c.p - bytes;
	return !c.bad || failed(LEG_DECODE_SHORT);
}

u64 *insn_reg(struct vcpu *v, u32 nr)
{
	struct guest_regs *r = &v->regs;
	u64 *regs[16] = {
		&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
		&r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
	};

	return regs[nr & 15];
}

/* AH, CH, DH, BH */
static bool is_high_byte(const struct insn *i, u32 nr, u32 size)
{
	return size == 1 && !i->rex && nr >= 4 && nr < 8;
}

u64 insn_reg_read(struct vcpu *v, const struct insn *i, u32 nr, u32 size)
{
	if (is_high_byte(i, nr, size))
		return *insn_reg(v, nr - 4) >> 8 & 0xff;
	return size == 8 ? *insn_reg(v, nr) : *insn_reg(v, nr) & ((1ULL << size * 8) - 1);
}

void insn_reg_write(struct vcpu *v, const struct insn *i, u32 nr, u32 size, u64 val)
{
	if (is_high_byte(i, nr, size))
		((u8 *)insn_reg(v, nr - 4))[1] = val;
	else if (size == 4)
		*insn_reg(v, nr) = (u32)val;
	else
		memcpy(insn_reg(v, nr), &val, size);
}

u64 insn_address(const struct insn *i, struct vcpu *v, u64 next)
{
	u64 addr = (s64)i->disp;

	if (i->rip_relative)
		addr += next;
	if (i->base != 0xff)
		addr += *insn_reg(v, i->base);
	if (i->index != 0xff)
		addr += *insn_reg(v, i->index) << i->scale;
	return i->asize == 8 ? addr : addr & ((1ULL << i->asize * 8) - 1);
}

u32 insn_segment(const struct insn *i)
{
	if (i->seg != SEG_NONE)
		return i->seg;
	return i->base == 4 || i->base == 5 ? SEG_SS : SEG_DS;
}
