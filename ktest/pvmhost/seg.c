// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segment registers of a guest that has only what the host's GDT offers.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Every selector is checked against the GDT before it is loaded, so that no
 * load in the host can fault.
 */
#include "decode.h"
#include "host.h"
#include "pcpu.h"
#include "seg.h"
#include "x86.h"

#define DESC_PRESENT	(1ULL << 47)
#define DESC_DPL3	(3ULL << 45)
#define DESC_S		(1ULL << 44)
#define DESC_CODE	(1ULL << 43)
#define DESC_WRITE	(1ULL << 41)
#define DESC_ACCESSED	(1ULL << 40)
#define DESC_LONG	(1ULL << 53)
#define DESC_BIG	(1ULL << 54)

static const u64 *tls_entry(const struct vcpu *v, u16 sel)
{
	u32 index = sel >> 3;

	if ((sel & 4) || index < GDT_TLS_MIN || index >= GDT_TLS_MIN + 3)
		return NULL;
	return &v->tls[index - GDT_TLS_MIN];
}

static bool data_valid(const struct vcpu *v, u16 sel)
{
	const u64 *d = tls_entry(v, sel);

	if (sel <= 3)
		return true;
	if ((sel & 3) != 3)
		return false;
	return sel == USER_DS || (d && (*d & DESC_PRESENT));
}

static bool stack_valid(const struct vcpu *v, u16 sel)
{
	const u64 *d = tls_entry(v, sel);

	return sel == USER_DS || (d && (sel & 3) == 3 && (*d & DESC_PRESENT) && (*d & DESC_WRITE));
}

bool seg_return_valid(const struct vcpu *v)
{
	if (v->regs.cs == USER_CS && v->regs.ss == USER_DS)
		return is_canonical(v->regs.rip);
	if (!stack_valid(v, v->regs.ss))
		return false;
	if (v->regs.cs == USER_CS)
		return is_canonical(v->regs.rip);
	return v->regs.cs == USER32_CS && !(v->regs.rip >> 32);
}

static void load_tls(struct vcpu *v)
{
	memcpy(&v->pcpu->gdt[GDT_TLS_MIN], v->tls, sizeof(v->tls));
}

/* Not present, code and 16-bit entries become null (section 8) */
void seg_set_tls(struct vcpu *v, const u64 desc[3])
{
	u32 i;

	for (i = 0; i < 3; i++) {
		u64 d = desc[i];

		if (!(d & DESC_PRESENT) || (d & DESC_CODE) || !(d & DESC_BIG))
			v->tls[i] = 0;
		else
			v->tls[i] = (d | DESC_DPL3 | DESC_S | DESC_ACCESSED) & ~DESC_LONG;
	}
	load_tls(v);
}

void seg_load_fs(u16 sel)
{
	u64 base = guest_fsbase();

	asm volatile("mov %0, %%fs" : : "r" ((u32)sel) : "memory");
	set_guest_fsbase(base);
}

void seg_load_gs(u16 sel)
{
	u64 base = guest_gsbase();

	asm volatile("swapgs\n\tmov %0, %%gs\n\tswapgs" : : "r" ((u32)sel) : "memory");
	set_guest_gsbase(base);
}

u64 seg_load_user_gs(struct vcpu *v, u16 sel)
{
	u64 kernel = guest_gsbase(), base;

	if (!data_valid(v, sel))
		sel = 0;
	asm volatile("swapgs\n\tmov %0, %%gs\n\tswapgs" : : "r" ((u32)sel) : "memory");
	base = sel & ~3 ? guest_gsbase() : 0;
	set_guest_gsbase(kernel);
	return base;
}

u64 seg_base_long(struct vcpu *v, u32 seg)
{
	if (seg == SEG_FS)
		return guest_fsbase();
	return seg == SEG_GS ? guest_gsbase() : 0;
}

void seg_save(struct vcpu *v)
{
	asm volatile("mov %%ds, %0" : "=r" (v->ds));
	asm volatile("mov %%es, %0" : "=r" (v->es));
	asm volatile("mov %%fs, %0" : "=r" (v->fs));
	asm volatile("mov %%gs, %0" : "=r" (v->gs));
	v->fsbase = guest_fsbase();
	v->gsbase = guest_gsbase();
}

static u32 checked(const struct vcpu *v, u16 sel)
{
	return data_valid(v, sel) ? sel : 0;
}

void seg_restore(struct vcpu *v)
{
	load_tls(v);
	asm volatile("mov %0, %%ds" : : "r" (checked(v, v->ds)) : "memory");
	asm volatile("mov %0, %%es" : : "r" (checked(v, v->es)) : "memory");
	asm volatile("mov %0, %%fs" : : "r" (checked(v, v->fs)) : "memory");
	asm volatile("swapgs\n\tmov %0, %%gs\n\tswapgs" : : "r" (checked(v, v->gs)) : "memory");
	set_guest_fsbase(v->fsbase);
	set_guest_gsbase(v->gsbase);
}
