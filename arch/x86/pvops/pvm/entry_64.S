/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry and exit of a PVM guest kernel
 *
 * Copyright (C) 2026 the pvops developers
 *
 * The hypervisor pushes no frames.  It leaves RIP, RFLAGS, RCX and R11 of the
 * interrupted code in the PVCS, together with the vector, and jumps here with
 * all other registers as they were, RSP included (ABI section 6).  While a bit
 * of PVM_EVENT_VECTOR_BUSY is set in event_vector in the PVCS, NMI and #MC are
 * only recorded in it and any other exception is a triple fault; so from an
 * entry to the XCHG that takes the vector, and from the setting of STD to ERETU,
 * nothing may fault.
 */
#include <linux/export.h>
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/alternative.h>
#include <asm/asm-offsets.h>
#include <asm/frame.h>
#include <asm/irq_vectors.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/thread_info.h>
#include <asm/unwind_hints.h>

#include "../../entry/calling.h"
#include "abi.h"

#define PVCS(field)	PER_CPU_VAR(pvm_vcpu_struct + PVCS_##field)

/* The byte of event_flags that has both flags, and the flags in it */
#define EVENT_FLAGS_HIGH	PER_CPU_VAR(pvm_vcpu_struct + PVCS_event_flags + 1)
#define HIGH_IF			(PVM_EVENT_FLAGS_IF >> 8)
#define HIGH_IP			(PVM_EVENT_FLAGS_IP >> 8)

/* The byte of event_vector above the vector */
#define EVENT_VECTOR_HIGH	PER_CPU_VAR(pvm_vcpu_struct + PVCS_event_vector + 1)
#define HIGH_STD		(PVM_EVENT_VECTOR_STD >> 8)

.code64

/*
 * The hypercall instruction; see hypercall.h.  At every other address but
 * pvm_retu a SYSCALL in supervisor mode is a hypercall.
 */
.section .noinstr.text, "ax"
SYM_FUNC_START(pvm_hypercall)
	syscall
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(pvm_hypercall)

/*
 * Replaces VMCALL and VMMCALL in the in-tree KVM guest code (KVM_HYPERCALL).
 * Arguments in RBX, RCX, RDX and RSI; changes RAX only.
 */
SYM_FUNC_START(pvm_kvm_hypercall)
	pushq	%r11
	pushq	%r10
	movq	%rcx, %r10
	call	pvm_hypercall
	movq	%r10, %rcx
	popq	%r10
	popq	%r11
	RET
SYM_FUNC_END(pvm_kvm_hypercall)
EXPORT_SYMBOL(pvm_kvm_hypercall)

/*
 * Interrupt flag.  The callers expect all registers but RAX to be kept.
 *
 * A single instruction on this CPU's PVCS needs no LOCK: the hypervisor writes
 * it only while the vCPU is out of guest mode.
 */
SYM_FUNC_START(pvm_save_fl)
	movq	PVCS(event_flags), %rax
	RET
SYM_FUNC_END(pvm_save_fl)

SYM_FUNC_START(pvm_irq_disable)
	andb	$~HIGH_IF, EVENT_FLAGS_HIGH
	RET
SYM_FUNC_END(pvm_irq_disable)

SYM_FUNC_START(pvm_irq_enable)
	/*
	 * First IF, then the look at IP.  An interrupt that comes in between
	 * finds IF set and is delivered; one that came before has set IP.
	 */
	orb	$HIGH_IF, EVENT_FLAGS_HIGH
	testb	$HIGH_IP, EVENT_FLAGS_HIGH
	jnz	pvm_irq_enable_window
	RET
SYM_INNER_LABEL(pvm_irq_enable_window, SYM_L_LOCAL)
	pushq	%rcx
	pushq	%r11
	movl	$PVM_HC_IRQ_WIN, %eax
	call	pvm_hypercall
	popq	%r11
	popq	%rcx
	RET
SYM_INNER_LABEL(pvm_irq_enable_end, SYM_L_LOCAL)
SYM_FUNC_END(pvm_irq_enable)

SYM_FUNC_START(pvm_read_cr2)
	movq	PVCS(cr2), %rax
	RET
SYM_FUNC_END(pvm_read_cr2)

.section .entry.text, "ax"

/*
 * SYSCALL from 64-bit user mode (MSR_LSTAR).
 *
 * GS base is the kernel's.  RCX and R11 are scratch; what SYSCALL leaves in
 * them on hardware is in the PVCS.
 */
SYM_CODE_START(pvm_entry_SYSCALL_64)
	UNWIND_HINT_ENTRY
	ENDBR

	/* tss.sp2 is scratch space, as in entry_SYSCALL_64 */
	movq	%rsp, PER_CPU_VAR(cpu_tss_rw + TSS_sp2)
	movq	PER_CPU_VAR(pcpu_hot + X86_top_of_stack), %rsp

	pushq	$__USER_DS				/* pt_regs->ss */
	pushq	PER_CPU_VAR(cpu_tss_rw + TSS_sp2)	/* pt_regs->sp */
	movl	PVCS(eflags), %r11d
	movq	PVCS(rip), %rcx
	pushq	%r11					/* pt_regs->flags */
	pushq	$__USER_CS				/* pt_regs->cs */
	pushq	%rcx					/* pt_regs->ip */
	UNWIND_HINT_IRET_REGS

	/*
	 * ERETU left STD set.  Clear it, and events are delivered again.  What
	 * has been recorded until then must be handled now.
	 */
	andb	$~HIGH_STD, EVENT_VECTOR_HIGH
	jnz	pvm_syscall_recorded
	jmp	entry_SYSCALL_64_after_hwframe

SYM_INNER_LABEL(pvm_syscall_recorded, SYM_L_LOCAL)
	pushq	%rax					/* pt_regs->orig_ax */
	PUSH_AND_CLEAR_REGS
	ENCODE_FRAME_POINTER
	UNTRAIN_RET
	xorl	%edi, %edi
	xchgw	%di, PVCS(event_vector)
	call	pvm_recorded_events
	POP_REGS
	addq	$8, %rsp
	UNWIND_HINT_IRET_REGS
	jmp	entry_SYSCALL_64_after_hwframe
SYM_INNER_LABEL(pvm_entry_SYSCALL_64_end, SYM_L_LOCAL)
SYM_CODE_END(pvm_entry_SYSCALL_64)

/*
 * MSR_PVM_EVENT_ENTRY points here: events from user mode at + 0, events from
 * supervisor mode at + PVM_EVENT_ENTRY_SMOD_OFFSET.
 */
	.balign 64
SYM_CODE_START(pvm_event_entry)
	UNWIND_HINT_ENTRY
	ENDBR

	movq	%rsp, PER_CPU_VAR(cpu_tss_rw + TSS_sp2)
	movq	PER_CPU_VAR(pcpu_hot + X86_top_of_stack), %rsp

	movzwl	PVCS(user_ss), %ecx
	pushq	%rcx					/* pt_regs->ss */
	pushq	PER_CPU_VAR(cpu_tss_rw + TSS_sp2)	/* pt_regs->sp */
	movl	PVCS(eflags), %ecx
	pushq	%rcx					/* pt_regs->flags */
	movzwl	PVCS(user_cs), %ecx
	pushq	%rcx					/* pt_regs->cs */
	pushq	PVCS(rip)				/* pt_regs->ip */
	pushq	$-1					/* pt_regs->orig_ax */
	movq	PVCS(rcx), %rcx
	movq	PVCS(r11), %r11
	PUSH_AND_CLEAR_REGS
	ENCODE_FRAME_POINTER
	UNTRAIN_RET

	/* As in int80_emulation(): before any C */
	cmpb	$IA32_SYSCALL_VECTOR, PVCS(event_vector)
	jne	.Lnot_int80
	CLEAR_BRANCH_HISTORY
.Lnot_int80:

	/* The XCHG ends the busy state: the error code must be read before */
	movq	%rsp, %rdi
	movzwl	PVCS(event_errcode), %edx
	xorl	%esi, %esi
	xchgw	%si, PVCS(event_vector)
	call	pvm_event_from_user			/* returns with IRQs off */
	jmp	pvm_restore_regs_and_return_to_usermode

	.org	pvm_event_entry + PVM_EVENT_ENTRY_SMOD_OFFSET, 0xcc
	UNWIND_HINT_ENTRY
	ENDBR

	/*
	 * Has a return to the kernel been interrupted half way?  Then finish
	 * nothing and stack nothing: what it was returning to is interrupted.
	 */
	movq	PVCS(rip), %rcx
	leaq	pvm_return_window(%rip), %r11
	subq	%r11, %rcx
	cmpq	$(.Lwindow_end - pvm_return_window), %rcx
	jb	.Lin_window

	/*
	 * The interrupted stack goes on.  The gap lets exc_int3() emulate a
	 * CALL, which pushes on it.
	 */
	movq	%rsp, %rcx
	subq	$16, %rsp
	andq	$-16, %rsp
	pushq	$__KERNEL_DS				/* pt_regs->ss */
	pushq	%rcx					/* pt_regs->sp */
	movl	PVCS(eflags), %ecx
	pushq	%rcx					/* pt_regs->flags */
	pushq	$__KERNEL_CS				/* pt_regs->cs */
	pushq	PVCS(rip)				/* pt_regs->ip */
.Lframe_done:
	UNWIND_HINT_IRET_REGS
	pushq	$-1					/* pt_regs->orig_ax */
	movq	PVCS(rcx), %rcx
	movq	PVCS(r11), %r11
	PUSH_AND_CLEAR_REGS
	ENCODE_FRAME_POINTER
.Lregs_done:
	/*
	 * An NMI or a machine check may have come before the entry from user
	 * mode has reached its own.  To ask for these two first would cost as much.
	 */
	UNTRAIN_RET
	HANDLE_INTR_SAFERET (%rsp)
	movq	%rsp, %rdi
	movzwl	PVCS(event_errcode), %edx
	xorl	%esi, %esi
	xchgw	%si, PVCS(event_vector)
	call	pvm_event_from_kernel			/* returns with IRQs off */

/*
 * Return to supervisor mode by the hardware's IRETQ, which cannot change IF at
 * CPL 3 (ABI section 7).  The virtual IF is set just before it.
 */
SYM_INNER_LABEL(pvm_return_to_kernel, SYM_L_LOCAL)
	testl	$X86_EFLAGS_IF, EFLAGS(%rsp)
	jz	pvm_return_restore
	testb	$HIGH_IP, EVENT_FLAGS_HIGH
	jnz	pvm_return_window
SYM_INNER_LABEL(pvm_return_restore, SYM_L_LOCAL)
	/* IRETQ wants what is in the registers, not the kernel's constants */
	movl	%cs, %eax
	movq	%rax, CS(%rsp)
	movl	%ss, %eax
	movq	%rax, SS(%rsp)
	testl	$X86_EFLAGS_IF, EFLAGS(%rsp)
	POP_REGS					/* keeps the flags */
	leaq	8(%rsp), %rsp				/* this too */
	UNWIND_HINT_IRET_REGS
	jnz	pvm_return_iret
	jmp	.Liret_irqs_off

/*
 * First part of the window: there is a whole pt_regs at RSP, with the kernel's
 * selectors, and the general registers hold nothing of it.
 *
 * An interrupt waits.  IRQ_WIN delivers it, and its handler returns on this
 * same frame, so that this code runs on only when there was none after all.
 */
SYM_INNER_LABEL(pvm_return_window, SYM_L_LOCAL)
	UNWIND_HINT_REGS
	orb	$HIGH_IF, EVENT_FLAGS_HIGH
	movl	$PVM_HC_IRQ_WIN, %eax
	syscall
	UNWIND_HINT_REGS
	andb	$~HIGH_IF, EVENT_FLAGS_HIGH
	jmp	pvm_return_to_kernel

/*
 * Second part of the window: all registers are those of the code to return to,
 * but for RSP, which points to its IRET frame with the hardware's selectors.
 */
SYM_INNER_LABEL(pvm_return_iret, SYM_L_LOCAL)
	UNWIND_HINT_IRET_REGS
	orb	$HIGH_IF, EVENT_FLAGS_HIGH
	testb	$HIGH_IP, EVENT_FLAGS_HIGH
	jnz	pvm_return_late
.Liret_irqs_off:
	iretq
SYM_INNER_LABEL(pvm_return_late, SYM_L_LOCAL)
	UNWIND_HINT_IRET_REGS
	andb	$~HIGH_IF, EVENT_FLAGS_HIGH
	movq	$__KERNEL_CS, (CS-RIP)(%rsp)
.Lwindow_end:
	/* An interrupt came after the first look at IP: make a pt_regs again */
	movq	$__KERNEL_DS, (SS-RIP)(%rsp)
	pushq	$-1
	PUSH_AND_CLEAR_REGS
	ENCODE_FRAME_POINTER
	jmp	pvm_return_window

SYM_INNER_LABEL(pvm_return_end, SYM_L_LOCAL)
.Lin_window:
	UNWIND_HINT_ENTRY
	/* RCX is the offset into the window.  First part: pt_regs is there. */
	cmpq	$(pvm_return_iret - pvm_return_window), %rcx
	jae	1f
	UNWIND_HINT_REGS
	ENCODE_FRAME_POINTER
	jmp	.Lregs_done
1:
	/* Second part: complete what IRETQ has not used */
	UNWIND_HINT_IRET_REGS
	movq	$__KERNEL_CS, (CS-RIP)(%rsp)
	movq	$__KERNEL_DS, (SS-RIP)(%rsp)
	jmp	.Lframe_done
SYM_INNER_LABEL(pvm_event_entry_end, SYM_L_LOCAL)
SYM_CODE_END(pvm_event_entry)

/*
 * Return to user mode: the one ERETU of the kernel.  IF is clear; user mode
 * always takes interrupts.
 */
SYM_CODE_START(pvm_restore_regs_and_return_to_usermode)
	UNWIND_HINT_REGS
	ANNOTATE_NOENDBR
	STACKLEAK_ERASE
	POP_REGS
	addq	$8, %rsp				/* orig_ax */
	UNWIND_HINT_IRET_REGS
	CLEAR_CPU_BUFFERS

	/* From here to SYSCALL: busy, so that no event overwrites the PVCS */
	orb	$HIGH_STD, EVENT_VECTOR_HIGH
	movq	%rcx, PVCS(rcx)
	movq	%r11, PVCS(r11)
	movq	(%rsp), %rcx
	movq	%rcx, PVCS(rip)
	movl	(CS-RIP)(%rsp), %ecx
	movw	%cx, PVCS(user_cs)
	movl	(EFLAGS-RIP)(%rsp), %r11d
	movl	%r11d, PVCS(eflags)
	movl	(SS-RIP)(%rsp), %ecx
	movw	%cx, PVCS(user_ss)
	/* The kernel knows no protection keys.  What another task left here is not for this one */
	movl	$0, PVCS(pkru)
	movq	(RSP-RIP)(%rsp), %rsp
	UNWIND_HINT_END_OF_STACK
SYM_INNER_LABEL(pvm_retu, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	syscall
	UNWIND_HINT_END_OF_STACK
	int3
SYM_CODE_END(pvm_restore_regs_and_return_to_usermode)
