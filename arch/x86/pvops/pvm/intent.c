// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: intent, a proposed extension of the ABI
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The guest writes its page tables as ever and says in a page of the vCPU what
 * it has written, so that the hypervisor need not find out by faults or by
 * comparing everything.  Entries only name places: the hypervisor looks there
 * by itself, and losing one costs time and nothing else.
 * Documentation/virt/pvops/pvm-intent.rst states the rules.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/static_call.h>

#include <asm/flush_range.h>
#include <asm/paravirt.h>
#include <asm/pvops.h>

#include "../pvops.h"
#include "hypercall.h"
#include "pvm.h"

/* The hypervisor writes to it while the vCPU is out of guest mode. */
static DEFINE_PER_CPU_PAGE_ALIGNED(struct pvm_intent_page, pvm_intent);

/* PVM_INTENT_FEATURE_* that both sides have */
static u32 features __ro_after_init;

/* The hypervisor makes no use of another entry */
#define USABLE		(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)

/*
 * Is it the entry for the address of the last page fault, as far as the index
 * tells?  Only that one is about to be used.  Most of what fork() and fault-around
 * write never is, and costs more in the shadow than the fault that it saves.
 */
static __always_inline bool answers_fault(pte_t *ptep)
{
	unsigned long cr2 = this_cpu_read(pvm_vcpu_struct.pvcs.cr2);
	unsigned long offset = cr2 >> PAGE_SHIFT << ilog2(sizeof(pte_t));

	return !(((unsigned long)ptep ^ offset) & ~PAGE_MASK);
}

/*
 * An interrupt between the instructions may have the queue drained or filled
 * below @n, and on a preemptible kernel the task may even move: then an old
 * entry is repeated, or this one is lost.  Either is allowed.
 *
 * A table of user pages is in the direct map.  What the kernel maps for users in
 * its own tables (vsyscall) gives an address without a table, which is ignored.
 */
static void pvm_intent_set_pte(pte_t *ptep, pte_t pte)
{
	unsigned int n;

	native_set_pte(ptep, pte);
	if ((pte.pte & USABLE) != USABLE || !answers_fault(ptep))
		return;

	n = this_cpu_read(pvm_intent.intent.count);
	if (n >= PVM_INTENT_ENTRIES)
		return;

	this_cpu_write(pvm_intent.intent.entry[n],
		       ((unsigned long)ptep - PAGE_OFFSET) | PVM_INTENT_FILL);
	this_cpu_inc(pvm_intent.intent.count);
}

/**
 * pvm_intent_removals - name a range of pages for removal
 * @intent: the queue
 * @start: an address in the first page
 * @end: where the range ends, above @start
 *
 * If they do not fit behind what is queued that is thrown away: hints may be.
 *
 * Return: the number of entries it took; 0 if the range is too large to be named.
 */
unsigned int pvm_intent_removals(struct pvm_intent *intent, unsigned long start,
				 unsigned long end)
{
	unsigned long pages = DIV_ROUND_UP(end - start, PAGE_SIZE);
	unsigned long needed = DIV_ROUND_UP(pages, PVM_INTENT_REMOVE_MAX);
	unsigned int n = intent->count;

	if (needed > PVM_INTENT_ENTRIES)
		return 0;
	if (n + needed > PVM_INTENT_ENTRIES)
		n = 0;

	start &= PAGE_MASK;
	while (pages) {
		unsigned long part = min(pages, PVM_INTENT_REMOVE_MAX);

		intent->entry[n++] = start | PVM_INTENT_REMOVE |
				     (part - 1) << PVM_INTENT_REMOVE_SHIFT;
		start += part << PAGE_SHIFT;
		pages -= part;
	}
	intent->count = n;

	return needed;
}

/*
 * Interrupts are off, so that the removals are the queue's last entries, and
 * nothing but the call drains it.  If an NMI had it drained they are missing, and
 * everything is flushed.
 */
static void pvm_intent_flush_user_range(unsigned long start, unsigned long end,
					unsigned int stride_shift)
{
	unsigned int removals = pvm_intent_removals(this_cpu_ptr(&pvm_intent.intent), start, end);

	/* A hypervisor that this guest has been moved to may not have the call. */
	if (!removals || pvm_hypercall1(PVM_HC_INTENT_FLUSH, removals) < 0)
		pvm_hypercall0(PVM_HC_TLB_FLUSH_CURRENT);
}

/**
 * pvm_intent_move_deadline - move the timer without telling the hypervisor
 * @tsc: when the interrupt is wanted, 0 for never
 *
 * The hypervisor looks at the new deadline at the time that it has armed, at
 * which it finds that there is nothing to do yet.  On a CPU whose page is not in
 * use nothing is ever armed.
 *
 * Context: interrupts off.
 * Return: false if MSR_IA32_TSC_DEADLINE has to be written.
 */
bool pvm_intent_move_deadline(u64 tsc)
{
	u64 armed;

	this_cpu_write(pvm_intent.intent.deadline, tsc);
	/* If its timer fires in between it sees the new value, and is off after it */
	barrier();
	armed = this_cpu_read(pvm_intent.intent.armed);

	/* A hypervisor that this guest has been moved to may leave it as it was: past */
	return armed > rdtsc() && (!tsc || tsc >= armed);
}

/**
 * pvm_intent_forget - this CPU starts anew: the hypervisor knows no page of it
 *
 * Context: start-up code of the CPU, interrupts off.
 */
void pvm_intent_forget(void)
{
	this_cpu_write(pvm_intent.intent.count, 0);
	this_cpu_write(pvm_intent.intent.deadline, 0);
	this_cpu_write(pvm_intent.intent.armed, 0);
}

/**
 * pvm_intent_negotiate - does the hypervisor have the extension?
 *
 * Return: 0 or -ENODEV.
 */
int pvm_intent_negotiate(void)
{
	features = pvm_hc_rdmsr(MSR_PVM_INTENT_FEATURES) &
		   (PVM_INTENT_FEATURE_TABLES | PVM_INTENT_FEATURE_DEADLINE);

	return features ? 0 : -ENODEV;
}

/**
 * pvm_intent_install - put the operations in place that say what they do
 * @cpu: not used
 *
 * Return: 0.
 */
int pvm_intent_install(unsigned int cpu)
{
	if (!pvops_feature_on(&pvops_pvm_backend, "intent"))
		features = 0;

	if (features & PVM_INTENT_FEATURE_TABLES) {
		pv_ops.mmu.set_pte = pvm_intent_set_pte;
		static_call_update(x86_flush_user_range, pvm_intent_flush_user_range);
	}

	return 0;
}

/**
 * pvm_intent_online - let the hypervisor look at this CPU's page
 * @cpu: this CPU
 *
 * Return: 0 or -EIO; without a page everything works as without the extension.
 */
int pvm_intent_online(unsigned int cpu)
{
	phys_addr_t page = per_cpu_ptr_to_phys(this_cpu_ptr(&pvm_intent));

	if (!features)
		return 0;

	return pvm_hc_wrmsr(MSR_PVM_INTENT, page | features) ? -EIO : 0;
}

/**
 * pvm_intent_offline - take the page back
 * @cpu: this CPU
 */
void pvm_intent_offline(unsigned int cpu)
{
	unsigned long flags;

	if (!features)
		return;

	local_irq_save(flags);
	/* The timer may have been moved: say where to */
	if (this_cpu_read(pvm_intent.intent.armed))
		pvm_hc_wrmsr(MSR_IA32_TSC_DEADLINE, this_cpu_read(pvm_intent.intent.deadline));
	pvm_hc_wrmsr(MSR_PVM_INTENT, 0);
	pvm_intent_forget();
	local_irq_restore(flags);
}
