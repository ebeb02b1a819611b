// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ends the machine, one way a run: an instruction that the host's
 * interpreter does not know or cannot execute, and a guest that gives up.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "guest.h"

#define CODE_MAX	16
#define AP_PAGE		0x9000UL

/* Real mode code for the second vCPU; ROM, at F000:0, is not the guest's memory */
static const u8 real[][CODE_MAX] = {
	{ 0xea, 0x00, 0x00, 0x00, 0xf0 },			/* ljmp $0xf000, $0 */
	{ 0x0f, 0x38, 0x00, 0x00 },				/* three opcode bytes */
	{ 0xb8, 0x00, 0xf0, 0x8e, 0xd8, 0xa0, 0x00, 0x00 },	/* load from ROM */
	{ 0xb8, 0x00, 0xf0, 0x8e, 0xd8, 0xa2, 0x00, 0x00 },	/* store to it */
	/* Protected mode, then a selector beyond the limit */
	{ 0x66, 0xb8, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x22, 0xc0, 0xb8, 0x08, 0x00, 0x8e, 0xd8 },
	{ 0x8e, 0xf0 },						/* no such segment register */
	{ 0xc0, 0xc0, 0x01 },					/* rol $1, %al */
	{ 0xf7, 0xe0 },						/* mul %ax */
	{ 0xff, 0xd8 },						/* lcall %ax */
	{ 0x0f, 0xba, 0xf8, 0x01 },				/* btc $1, %ax */
	{ 0xb8, 0x00, 0xf0, 0x8e, 0xd8, 0x0f, 0xba, 0x2e, 0x00, 0x00, 0x01 },	/* bts in ROM */
	{ 0x0f, 0x01, 0x06, 0x00, 0x00 },			/* sgdt 0 */
	{ 0x0f, 0x22, 0xd0 },					/* mov %eax, %cr2 */
	{ 0x66, 0xb9, 0x45, 0x23, 0x01, 0x00, 0x0f, 0x32 },	/* rdmsr of no MSR */
	{ 0x0f, 0x0b },						/* ud2 */
	{ 0xcc },						/* int3 */
};

static void end_second_vcpu(const u8 *code)
{
	u8 *page = (u8 *)AP_PAGE;
	u32 i;

	for (i = 0; i < CODE_MAX; i++)
		page[i] = code[i];
	start_second_vcpu(AP_PAGE >> 12);
	for (;;)
		hypercall(SCHED_YIELD, 0, 0, 0, 0);
}

#define NR_REAL		(sizeof(real) / sizeof(real[0]))
#define NR_ENDINGS	(NR_REAL + 2)

void ending(u32 nr)
{
	put("pvmguest: ending ");
	put_hex(nr);
	put(" of ");
	put_hex(NR_ENDINGS);
	put("\n");
	if (nr <= NR_REAL)
		end_second_vcpu(real[nr - 1]);
	else if (nr == NR_REAL + 1)
		asm volatile("lldt %w0" : : "r" (0x28));
	else
		asm volatile("cli\n\thlt");
	fail("an ending that does not end", nr, 0);
}
