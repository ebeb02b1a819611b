// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that a hypervisor can replace, by name
 *
 * The slots of pv_ops in the order of struct paravirt_patch_template, and what
 * stands beside pv_ops: static calls, IPI functions, the clocksource.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/clocksource.h>
#include <linux/kernel.h>
#include <linux/smp.h>
#include <linux/static_call.h>

#include <asm/apic.h>
#include <asm/flush_range.h>
#include <asm/paravirt.h>

#include "pvops.h"

#define SLOT_INDEX(_group, _member)						\
	(offsetof(struct paravirt_patch_template, _group._member) / sizeof(void *))

#define __SLOT(_group, _member, _area, _helper)					\
	[SLOT_INDEX(_group, _member)] = {					\
		.group = #_group,						\
		.name = #_member,						\
		.area = _area,							\
		.where = (void *const *)&pv_ops._group._member,			\
		.slot = true,							\
		.helper = _helper,						\
	}

#define CPU(_member)		__SLOT(cpu, _member, PVOPS_CPU, false)
#define CPU_HELPER(_member)	__SLOT(cpu, _member, PVOPS_CPU, true)
#define IRQ(_member)		__SLOT(irq, _member, PVOPS_IRQ, false)
#define MMU(_member)		__SLOT(mmu, _member, PVOPS_MMU, false)
#define MMU_HELPER(_member)	__SLOT(mmu, _member, PVOPS_MMU, true)
#define LOCK(_member)		__SLOT(lock, _member, PVOPS_CPU, false)
#define LOCK_HELPER(_member)	__SLOT(lock, _member, PVOPS_CPU, true)

const struct pvops_op pvops_slots[PVOPS_NR_SLOTS] = {
	CPU(io_delay),
#ifdef CONFIG_PARAVIRT_XXL
	CPU(get_debugreg),
	CPU(set_debugreg),
	CPU(read_cr0),
	CPU(write_cr0),
	CPU(write_cr4),
	CPU(load_tr_desc),
	CPU(load_gdt),
	CPU(load_idt),
	CPU(set_ldt),
	CPU(store_tr),
	CPU(load_tls),
	CPU(load_gs_index),
	CPU(write_ldt_entry),
	CPU(write_gdt_entry),
	CPU(write_idt_entry),
	CPU_HELPER(alloc_ldt),
	CPU_HELPER(free_ldt),
	CPU(load_sp0),
#ifdef CONFIG_X86_IOPL_IOPERM
	CPU(invalidate_io_bitmap),
	CPU(update_io_bitmap),
#endif
	CPU(wbinvd),
	CPU(cpuid),
	CPU(read_msr),
	CPU(write_msr),
	CPU(read_msr_safe),
	CPU(write_msr_safe),
	CPU(read_pmc),
	CPU_HELPER(start_context_switch),
	CPU_HELPER(end_context_switch),

	IRQ(save_fl),
	IRQ(irq_disable),
	IRQ(irq_enable),
#endif
	IRQ(safe_halt),
	IRQ(halt),

	MMU(flush_tlb_user),
	MMU(flush_tlb_kernel),
	MMU(flush_tlb_one_user),
	MMU(flush_tlb_multi),
	MMU(tlb_remove_table),
	MMU_HELPER(exit_mmap),
	MMU_HELPER(notify_page_enc_status_changed),
#ifdef CONFIG_PARAVIRT_XXL
	MMU(read_cr2),
	MMU(write_cr2),
	MMU(read_cr3),
	MMU(write_cr3),
	MMU_HELPER(enter_mmap),
	MMU(pgd_alloc),
	MMU_HELPER(pgd_free),
	MMU_HELPER(alloc_pte),
	MMU_HELPER(alloc_pmd),
	MMU_HELPER(alloc_pud),
	MMU_HELPER(alloc_p4d),
	MMU_HELPER(release_pte),
	MMU_HELPER(release_pmd),
	MMU_HELPER(release_pud),
	MMU_HELPER(release_p4d),
	MMU(set_pte),
	MMU(set_pmd),
	MMU(ptep_modify_prot_start),
	MMU(ptep_modify_prot_commit),
	MMU_HELPER(pte_val),
	MMU_HELPER(make_pte),
	MMU_HELPER(pgd_val),
	MMU_HELPER(make_pgd),
	MMU(set_pud),
	MMU_HELPER(pmd_val),
	MMU_HELPER(make_pmd),
	MMU_HELPER(pud_val),
	MMU_HELPER(make_pud),
	MMU(set_p4d),
#if CONFIG_PGTABLE_LEVELS >= 5
	MMU_HELPER(p4d_val),
	MMU_HELPER(make_p4d),
	MMU(set_pgd),
#endif
	MMU_HELPER(lazy_mode.enter),
	MMU_HELPER(lazy_mode.leave),
	MMU_HELPER(lazy_mode.flush),
	MMU(set_fixmap),
#endif

	LOCK(queued_spin_lock_slowpath),
	LOCK(queued_spin_unlock),
	LOCK_HELPER(wait),
	LOCK_HELPER(kick),
	LOCK(vcpu_is_preempted),
};

/* The function that reads the current clocksource */
static void *read_clocksource(void)
{
	return clocksource_read_function();
}

#define __KEY(_key, _group, _name, _area)					\
	{									\
		.group = _group,						\
		.name = #_name,							\
		.area = _area,							\
		.where = (void *const *)&_key.func,				\
		.key = &_key,							\
	}

#define CALL(_name, _area)	__KEY(STATIC_CALL_KEY(_name), "call", _name, _area)
#define APIC(_name)	__KEY(STATIC_CALL_KEY(apic_call_##_name), "apic", _name, PVOPS_IRQ)

#define SMP(_name)								\
	{									\
		.group = "smp",							\
		.name = #_name,							\
		.area = PVOPS_IRQ,						\
		.where = (void *const *)&smp_ops._name,				\
	}

enum {
	SCHED_CLOCK,
	STEAL_CLOCK,
	CLOCKSOURCE,
	EOI,
	SEND_IPI_MASK,
	SEND_CALL_FUNC_IPI,
	NAMED_OTHERS,
};

#ifndef CONFIG_SMP
/* A kernel for one CPU sends none. */
static const struct smp_ops smp_ops;
#endif

/* Only what serves a running system: not the calls that bring up CPUs. */
const struct pvops_op pvops_others[] = {
	[SCHED_CLOCK] = CALL(pv_sched_clock, PVOPS_TIMER),
	[STEAL_CLOCK] = CALL(pv_steal_clock, PVOPS_TIMER),
	[CLOCKSOURCE] = {
		.group = "clock",
		.name = "clocksource",
		.area = PVOPS_TIMER,
		.read = read_clocksource,
	},
	[EOI] = APIC(eoi),
	[SEND_IPI_MASK] = APIC(send_IPI_mask),
	[SEND_CALL_FUNC_IPI] = SMP(send_call_func_ipi),
	[NAMED_OTHERS] = SMP(send_call_func_single_ipi),
	SMP(smp_send_reschedule),
	CALL(x86_flush_user_range, PVOPS_MMU),
	APIC(send_IPI),
	APIC(send_IPI_mask_allbutself),
	APIC(send_IPI_allbutself),
	APIC(send_IPI_all),
	APIC(send_IPI_self),
	APIC(read),
	APIC(write),
	APIC(icr_read),
	APIC(icr_write),
};

const unsigned int pvops_nr_others = ARRAY_SIZE(pvops_others);

#define FOUND_SLOT(_group, _member)	(&pvops_slots[SLOT_INDEX(_group, _member)])

const struct pvops_found pvops_found[] = {
	{ "sched_clock",	{ &pvops_others[SCHED_CLOCK] } },
	{ "steal_clock",	{ &pvops_others[STEAL_CLOCK] } },
	{ "clocksource",	{ &pvops_others[CLOCKSOURCE] } },
	{ "eoi",		{ &pvops_others[EOI] } },
	{ "ipi",		{ &pvops_others[SEND_IPI_MASK],
				  &pvops_others[SEND_CALL_FUNC_IPI] } },
	{ "halt",		{ FOUND_SLOT(irq, safe_halt) } },
	{ "tlb_flush",		{ FOUND_SLOT(mmu, flush_tlb_multi) } },
	{ "spinlock",		{ FOUND_SLOT(lock, kick) } },
	{ "vcpu_preempted",	{ FOUND_SLOT(lock, vcpu_is_preempted) } },
	{ "io_delay",		{ FOUND_SLOT(cpu, io_delay) } },
};

const unsigned int pvops_nr_found = ARRAY_SIZE(pvops_found);

/**
 * pvops_op_function - the function behind an op, at this moment
 * @op: the op
 *
 * Return: the function, or NULL when there is none.
 */
void *pvops_op_function(const struct pvops_op *op)
{
	return op->read ? op->read() : READ_ONCE(*op->where);
}
