// SPDX-License-Identifier: GPL-2.0-only
/*
 * Printing the state of a vCPU.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "host.h"
#include "state.h"
#include "vcpu.h"
#include "walk.h"
#include "x86.h"

void regs_print(const struct guest_regs *r)
{
	printk(" rip %llx cs %llx rflags %llx rsp %llx ss %llx vector %llu error %llx\n",
	       r->rip, r->cs, r->rflags, r->rsp, r->ss, r->vector, r->error);
	printk(" rax %llx rbx %llx rcx %llx rdx %llx rsi %llx rdi %llx rbp %llx\n",
	       r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->rbp);
	printk(" r8 %llx r9 %llx r10 %llx r11 %llx r12 %llx r13 %llx r14 %llx r15 %llx\n",
	       r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15);
}

static void stack_print(struct vcpu *v)
{
	u64 words[24];
	u32 i;

	if (!gva_read(v, v->regs.rsp, words, sizeof(words)))
		return;
	for (i = 0; i < ARRAY_SIZE(words); i += 4)
		printk(" stack %llx %llx %llx %llx\n", words[i], words[i + 1], words[i + 2], words[i + 3]);
}

void state_print(struct vcpu *v)
{
	u8 code[16];
	u32 i, n;

	regs_print(&v->regs);
	printk(" %s cr2 %llx cr3 %llx cr4 %llx efer %llx gs %llx fs %llx kernel gs %llx\n",
	       v->umod ? "umod" : "smod", v->cr2, v->gcr3, v->cr4, v->efer, guest_gsbase(),
	       guest_fsbase(), v->kernel_gs_base);
	printk(" entry %llx lstar %llx retu %llx pvcs %llx\n", v->event_entry, v->lstar, v->retu_rip,
	       v->pvcs_gpa);
	if (v->pvcs)
		printk(" pvcs: flags %llx vector %x error %x rip %llx eflags %x cs %x ss %x cr2 %llx\n",
		       (u64)v->pvcs->event_flags, v->pvcs->event_vector, v->pvcs->event_errcode,
		       (u64)v->pvcs->rip, v->pvcs->eflags, v->pvcs->user_cs, v->pvcs->user_ss,
		       (u64)v->pvcs->cr2);
	n = gva_fetch(v, v->regs.rip, code, sizeof(code));
	printk(" code");
	for (i = 0; i < n; i++) {
		console_putc(' ');
		console_putc("0123456789abcdef"[code[i] >> 4]);
		console_putc("0123456789abcdef"[code[i] & 15]);
	}
	console_putc('\n');
	stack_print(v);
}
