// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: dispatch of events to the kernel's handlers
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The IDT has no effect in a PVM guest.  entry_64.S builds pt_regs and calls
 * one of two functions here with what it took from the PVCS.
 */
#include <linux/bits.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/nospec.h>

#include <asm/desc.h>
#include <asm/idtentry.h>
#include <asm/irq_vectors.h>
#include <asm/paravirt.h>
#include <asm/segment.h>
#include <asm/setup.h>
#include <asm/syscall.h>
#include <asm/trapnr.h>
#include <asm/traps.h>

#include "pvm.h"

/*
 * Exceptions whose IDT gate has left early_idt_handler_array.  Written during
 * boot on one CPU.  A static branch in its place would itself be patched while
 * exc_int3() is behind it.
 */
static u32 normal_exceptions __ro_after_init;

/* CD 80 */
#define INT80_BYTES	2

#define SYSVEC(vector, function) [(vector) - FIRST_SYSTEM_VECTOR] = function

static const idtentry_t system_vectors_table[NR_SYSTEM_VECTORS] = {
	SYSVEC(ERROR_APIC_VECTOR,		sysvec_error_interrupt),
	SYSVEC(SPURIOUS_APIC_VECTOR,		sysvec_spurious_apic_interrupt),
	SYSVEC(LOCAL_TIMER_VECTOR,		sysvec_apic_timer_interrupt),
	SYSVEC(X86_PLATFORM_IPI_VECTOR,		sysvec_x86_platform_ipi),
#ifdef CONFIG_SMP
	SYSVEC(RESCHEDULE_VECTOR,		sysvec_reschedule_ipi),
	SYSVEC(CALL_FUNCTION_SINGLE_VECTOR,	sysvec_call_function_single),
	SYSVEC(CALL_FUNCTION_VECTOR,		sysvec_call_function),
	SYSVEC(REBOOT_VECTOR,			sysvec_reboot),
#endif
#ifdef CONFIG_X86_MCE_THRESHOLD
	SYSVEC(THRESHOLD_APIC_VECTOR,		sysvec_threshold),
#endif
#ifdef CONFIG_X86_MCE_AMD
	SYSVEC(DEFERRED_ERROR_VECTOR,		sysvec_deferred_error),
#endif
#ifdef CONFIG_X86_THERMAL_VECTOR
	SYSVEC(THERMAL_APIC_VECTOR,		sysvec_thermal),
#endif
#ifdef CONFIG_IRQ_WORK
	SYSVEC(IRQ_WORK_VECTOR,			sysvec_irq_work),
#endif
};

static noinstr void interrupt(struct pt_regs *regs, unsigned int vector)
{
	idtentry_t handler;

	if (vector < FIRST_SYSTEM_VECTOR) {
		common_interrupt(regs, vector);
		return;
	}

	handler = system_vectors_table[array_index_nospec(vector - FIRST_SYSTEM_VECTOR,
							  NR_SYSTEM_VECTORS)];
	if (likely(handler))
		handler(regs);
	else
		spurious_interrupt(regs, vector);
}

/* A vector that this hypervisor has no business to deliver: say so and go on. */
static noinstr void unknown_vector(struct pt_regs *regs, unsigned int vector)
{
	irqentry_state_t state = irqentry_enter(regs);

	instrumentation_begin();
	pr_err_ratelimited("pvm: unexpected event, vector %u at %pS\n", vector, (void *)regs->ip);
	instrumentation_end();
	irqentry_exit(regs, state);
}

static noinstr void debug_exception(struct pt_regs *regs)
{
	if (user_mode(regs))
		noist_exc_debug(regs);
	else
		exc_debug(regs);
}

static noinstr void machine_check(struct pt_regs *regs)
{
#ifdef CONFIG_X86_MCE
	if (user_mode(regs))
		noist_exc_machine_check(regs);
	else
		exc_machine_check(regs);
#else
	unknown_vector(regs, X86_TRAP_MC);
#endif
}

/* __ref: only until trap_init() has replaced all early gates */
static void __ref early_exception(struct pt_regs *regs, unsigned int vector,
				  unsigned long error_code)
{
	regs->orig_ax = error_code;
	do_early_exception(regs, vector);
}

static noinstr void exception(struct pt_regs *regs, unsigned int vector,
			      unsigned long error_code)
{
	if (unlikely(!(normal_exceptions & BIT(vector)))) {
		instrumentation_begin();
		early_exception(regs, vector, error_code);
		instrumentation_end();
		return;
	}

	if (likely(vector == X86_TRAP_PF)) {
		exc_page_fault(regs, error_code);
		return;
	}

	switch (vector) {
	case X86_TRAP_DE:	return exc_divide_error(regs);
	case X86_TRAP_DB:	return debug_exception(regs);
	case X86_TRAP_BP:	return exc_int3(regs);
	case X86_TRAP_OF:	return exc_overflow(regs);
	case X86_TRAP_BR:	return exc_bounds(regs);
	case X86_TRAP_UD:	return exc_invalid_op(regs);
	case X86_TRAP_NM:	return exc_device_not_available(regs);
	case X86_TRAP_TS:	return exc_invalid_tss(regs, error_code);
	case X86_TRAP_NP:	return exc_segment_not_present(regs, error_code);
	case X86_TRAP_SS:	return exc_stack_segment(regs, error_code);
	case X86_TRAP_GP:	return exc_general_protection(regs, error_code);
	case X86_TRAP_MF:	return exc_coprocessor_error(regs);
	case X86_TRAP_AC:	return exc_alignment_check(regs, error_code);
	case X86_TRAP_XF:	return exc_simd_coprocessor_error(regs);
	default:		return unknown_vector(regs, vector);
	}
}

static __always_inline void vector_event(struct pt_regs *regs, unsigned int event,
					 unsigned int error_code)
{
	unsigned int vector = event & PVM_EVENT_VECTOR_MASK;

	if (vector < NUM_EXCEPTION_VECTORS)
		exception(regs, vector, error_code);
	else
		interrupt(regs, vector);
}

/* INT 0x80 of user mode; nothing else has this vector (pvm_reserve_vectors()) */
static noinstr void int80(struct pt_regs *regs)
{
#ifdef CONFIG_IA32_EMULATION
	/* pvm_event_entry has scrubbed the branch history */
	if (ia32_enabled()) {
		do_int80_emulation(regs);
		return;
	}
#endif
	/* As by a gate that user mode may not use (SDM volume 3, Error Code): a fault */
	regs->ip -= INT80_BYTES;
	exc_general_protection(regs, IA32_SYSCALL_VECTOR << 3 | 2);
}

/* Both may be due at once; a machine check comes first */
static __always_inline void nmi_or_machine_check(struct pt_regs *regs, unsigned int event)
{
	if (event & PVM_EVENT_VECTOR_MCE)
		machine_check(regs);
	if (event & PVM_EVENT_VECTOR_NMI)
		exc_nmi(regs);
}

/**
 * pvm_recorded_events - handle what came on the way from user mode into the kernel
 * @event: event_vector as taken from the PVCS
 *
 * It came when the entry was busy already with something else, so it has
 * interrupted the kernel.  Taken as an event of user mode, a machine check would
 * end with the work that is due before a return there, signals for instance, and
 * the entry would go on with other registers than it began with.
 *
 * Context: entry code, interrupts off.
 */
__visible noinstr void pvm_recorded_events(unsigned int event)
{
	struct pt_regs regs = {
		.bp	= (unsigned long)__builtin_frame_address(0),
		.orig_ax = -1,
		.ip	= _THIS_IP_,
		.cs	= __KERNEL_CS,
		.flags	= X86_EFLAGS_FIXED,
		.sp	= current_stack_pointer,
		.ss	= __KERNEL_DS,
	};

	nmi_or_machine_check(&regs, event);
}

/**
 * pvm_event_from_user - handle an event that interrupted user mode
 * @regs: user registers
 * @event: event_vector as taken from the PVCS
 * @error_code: event_errcode; stale for a vector without one
 *
 * Context: entry code on the task's stack; returns with interrupts off.
 */
__visible noinstr void pvm_event_from_user(struct pt_regs *regs, unsigned int event,
					   unsigned int error_code)
{
	if (unlikely(!(event & PVM_EVENT_VECTOR_STD))) {
		/* After a machine check in user mode this may be another CPU */
		if (event & PVM_EVENT_VECTOR_NMI)
			exc_nmi(regs);
		if (event & PVM_EVENT_VECTOR_MCE)
			machine_check(regs);
		return;
	}

	if (unlikely(event & (PVM_EVENT_VECTOR_MCE | PVM_EVENT_VECTOR_NMI)))
		pvm_recorded_events(event);

	if (unlikely((event & PVM_EVENT_VECTOR_MASK) == IA32_SYSCALL_VECTOR))
		int80(regs);
	else
		vector_event(regs, event, error_code);
}

/**
 * pvm_event_from_kernel - handle an event that interrupted the kernel
 * @regs: the kernel's registers
 * @event: event_vector as taken from the PVCS
 * @error_code: event_errcode; stale for a vector without one
 *
 * Context: entry code on the interrupted stack; returns with interrupts off.
 */
__visible noinstr void pvm_event_from_kernel(struct pt_regs *regs, unsigned int event,
					     unsigned int error_code)
{
	if (unlikely(event & (PVM_EVENT_VECTOR_MCE | PVM_EVENT_VECTOR_NMI)))
		nmi_or_machine_check(regs, event);

	if (likely(event & PVM_EVENT_VECTOR_STD))
		vector_event(regs, event, error_code);
}

/*
 * The kernel moves each exception from its early to its normal handler by
 * writing the gate.  Keep the gates as they are natively and note the move.
 *
 * __ref: the early handlers are looked at while they exist.
 */
static void __ref pvm_write_idt_entry(gate_desc *idt, int vector, const gate_desc *gate)
{
	native_write_idt_entry(idt, vector, gate);

	if (vector < NUM_EXCEPTION_VECTORS && system_state == SYSTEM_BOOTING &&
	    gate_offset(gate) != (unsigned long)early_idt_handler_array[vector])
		normal_exceptions |= BIT(vector);
}

/*
 * IDTR is stored by the hypervisor and has no effect.  The kernel loads it
 * where a CPU becomes able to take exceptions, which is what matters here: the
 * boot CPU in idt_setup_early_handler(), just after .bss has been cleared, and
 * each other CPU in cpu_init_exception_handling().
 *
 * __ref: the former while booting only.
 */
static void __ref pvm_load_idt(const struct desc_ptr *dtr)
{
	/* What follows is meant to be a triple fault (machine_emergency_restart()) */
	if (!dtr->size)
		pvm_unregister_cpu();
	else if (smp_processor_id())
		pvm_register_cpu();
	else if (system_state == SYSTEM_BOOTING)
		pvm_init_cpu_caps();
}

/* Those without a handler of their own go to unknown_vector() from now on */
static int __init early_exceptions_are_over(void)
{
	normal_exceptions = ~0U;
	return 0;
}
early_initcall(early_exceptions_are_over);

/**
 * pvm_reserve_vectors - keep devices off the vector of INT 0x80
 * @cpu: not used
 *
 * An event does not say whether it was an instruction.  Natively the vector is
 * free where there are no compat system calls.
 *
 * Return: 0.
 */
int pvm_reserve_vectors(unsigned int cpu)
{
	__set_bit(IA32_SYSCALL_VECTOR, system_vectors);

	return 0;
}

void __init pvm_init_entry_ops(void)
{
	pv_ops.cpu.write_idt_entry = pvm_write_idt_entry;
	pv_ops.cpu.load_idt = pvm_load_idt;
}
