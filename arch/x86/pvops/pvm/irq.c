// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: interrupt flag and halting
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The local APIC is KVM's in x2APIC mode: the kernel's own driver, through MSR
 * writes that are hypercalls.
 */
#include <linux/init.h>

#include <asm/paravirt.h>

#include "hypercall.h"
#include "pvm.h"

/* Sets the virtual IF and sleeps until an event, without a gap between them. */
static noinstr void pvm_safe_halt(void)
{
	pvm_hypercall0(PVM_HC_IRQ_HALT);
}

/* HLT itself (pv_ops.irq.halt) traps, and with IF clear stops the vCPU. */
void __init pvm_init_irq_ops(void)
{
	pv_ops.irq.save_fl = __PV_IS_CALLEE_SAVE(pvm_save_fl);
	pv_ops.irq.irq_disable = __PV_IS_CALLEE_SAVE(pvm_irq_disable);
	pv_ops.irq.irq_enable = __PV_IS_CALLEE_SAVE(pvm_irq_enable);
	pv_ops.irq.safe_halt = pvm_safe_halt;
}
