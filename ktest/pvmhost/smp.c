// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other processors, the lock, and how to get them out of the guest.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include <asm/apicdef.h>
#include "acpi.h"
#include "host.h"
#include "lapic.h"
#include "mem.h"
#include "pcpu.h"
#include "pgtable.h"
#include "sched.h"
#include "x86.h"

extern char ap_trampoline[], ap_trampoline_end[];
extern u64 ap_boot_stack;
extern struct pcpu *ap_boot_arg;
extern u64 boot_pml4[];

static volatile u32 lock_taken;

/*
 * Test and set, not tickets: under QEMU the next in a queue may well not be
 * running.  The exchange orders what the owner did before against what this
 * processor does after; the release needs only the compiler barrier, since x86
 * does not reorder a store with earlier accesses.
 */
void host_lock(void)
{
	while (__atomic_exchange_n(&lock_taken, 1, __ATOMIC_ACQUIRE)) {
		while (lock_taken)
			cpu_relax();
	}
}

void host_unlock(void)
{
	barrier();
	lock_taken = 0;
}

void pcpu_kick(struct pcpu *p)
{
	if (p != this_pcpu())
		lapic_send(p->apic_id, HOST_VECTOR_KICK | APIC_DM_FIXED);
}

/*
 * The caller holds host_lock, so a processor seen outside the guest cannot
 * enter it again before it has the lock and sees need_flush.  One inside takes
 * the interrupt at ring 3 at once, clears in_guest and then waits for the lock:
 * no circle.
 */
void pcpus_leave_guest(void)
{
	struct pcpu *self = this_pcpu();
	u32 i;

	for (i = 0; i < nr_pcpus; i++) {
		pcpus[i].need_flush = true;
		if (&pcpus[i] != self && pcpus[i].in_guest)
			pcpu_kick(&pcpus[i]);
	}
	for (i = 0; i < nr_pcpus; i++) {
		while (&pcpus[i] != self && pcpus[i].in_guest)
			cpu_relax();
	}
	barrier();
}

static void delay_us(u64 us)
{
	u64 end = rdtsc() + ns_to_tsc(us * 1000);

	while (rdtsc() < end)
		cpu_relax();
}

static bool start_one(struct pcpu *p)
{
	u32 i;

	ap_boot_stack = (u64)p->stack + sizeof(p->stack);
	ap_boot_arg = p;
	lapic_send(p->apic_id, APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT);
	delay_us(1000);
	lapic_send(p->apic_id, APIC_DM_STARTUP | AP_TRAMPOLINE >> PAGE_SHIFT);
	for (i = 0; i < 10000 && !p->online; i++) {
		delay_us(100);
		if (i == 100)	/* QEMU takes the first; hardware may want a second */
			lapic_send(p->apic_id, APIC_DM_STARTUP | AP_TRAMPOLINE >> PAGE_SHIFT);
	}
	return p->online;
}

/* Processors that the MADT lists, up to MAX_PCPUS; nr_pcpus counts those that came */
void smp_start(void)
{
	u32 i, n = min(acpi_info.nr_cpus, (u32)MAX_PCPUS);

	memcpy(phys_to_host(AP_TRAMPOLINE), ap_trampoline, ap_trampoline_end - ap_trampoline);
	for (i = 0; i < n; i++) {
		struct pcpu *p = &pcpus[nr_pcpus];

		if (acpi_info.cpu_apic_id[i] == pcpus[0].apic_id)
			continue;
		p->id = nr_pcpus;
		p->apic_id = acpi_info.cpu_apic_id[i];
		if (!start_one(p)) {
			printk("processor with APIC ID %u does not start\n", p->apic_id);
			continue;
		}
		nr_pcpus++;
	}
	memset(boot_pml4, 0, 8);	/* the 1:1 map has served */
}

void ap_main(struct pcpu *p)
{
	write_cr3(host_cr3);
	cpu_init(p);
	lapic_init();
	p->online = 1;
	sched_start(p);
}
