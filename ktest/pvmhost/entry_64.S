/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every way from the guest into the host and back.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * While the guest runs, KERNEL_GS_BASE is the struct vcpu that runs on this
 * processor, and TSS.RSP0 is the end of its saved registers: an interrupt gate
 * stores the guest's registers right where they belong.  The host runs with
 * interrupts off throughout; only an idle processor takes them at ring 0.
 */
#include "layout.h"
#include "asm-offsets.h"
#include <uapi/asm/processor-flags.h>
#include "pvm/intent_abi.h"

/* The frame of struct guest_regs below the hardware's five words */
.macro PUSH_REGS
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro POP_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$16, %rsp		/* vector, error code */
.endm

/* What C code may change, on the host's stack: for the short paths (short.c) */
.macro PUSH_SCRATCH
	movq	%gs:VC_HOST_STACK, %rsp
	cld
	pushq	%rcx
	pushq	%r11
	pushq	%rax
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r10			/* for alignment */
.endm

.macro POP_SCRATCH
	popq	%r10
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rax
	popq	%r11
	popq	%rcx
.endm

	.text
	.code64


	.balign	16
	.globl	idt_stubs
idt_stubs:
	vec = 0
	.rept	256
	.balign	16
	.if	!(vec == 8 || (vec >= 10 && vec <= 14) || vec == 17 || vec == 21 || vec == 29 || vec == 30)
	pushq	$0
	.endif
	pushq	$vec
	.if	vec == 2 || vec == 8 || vec == 18
	jmp	ist_entry
	.elseif	vec == 1
	jmp	debug_entry
	.elseif	vec == 14
	jmp	fault_entry
	.else
	jmp	common_entry
	.endif
	vec = vec + 1
	.endr

common_entry:
	testb	$3, 24(%rsp)
	jz	host_entry
	swapgs
guest_entry:
	PUSH_REGS
to_c:
	cld
	movq	%gs:VC_SELF, %rdi
	movq	%gs:VC_HOST_STACK, %rsp
	xorl	%ebp, %ebp
	call	vcpu_exit

/* RAX: the struct vcpu to run.  Its registers were checked, IRETQ cannot fault. */
	.globl	guest_enter
guest_enter:
	leaq	VC_REGS(%rax), %rsp
	POP_REGS
	swapgs
	iretq

/*
 * #PF.  The frame is in VC_REGS, where short_fault() finds and changes it; what
 * else that may change of the guest's registers is RCX and R11.
 */
fault_entry:
	testb	$3, 24(%rsp)
	jz	host_entry
	swapgs
	testl	$SLOW_C, %gs:VC_SLOW
	jnz	guest_entry
	PUSH_SCRATCH
	movq	%gs:VC_SELF, %rdi
	movq	%rcx, %rsi
	movq	%r11, %rdx
	call	short_fault
	testb	%al, %al
	POP_SCRATCH			/* keeps the flags */
	movq	%gs:VC_REGS_END, %rsp
	leaq	-7*8(%rsp), %rsp
	jnz	guest_entry
	movq	%gs:VC_REGS_RCX, %rcx
	movq	%gs:VC_REGS_R11, %r11
	leaq	2*8(%rsp), %rsp
	swapgs
	iretq

/* First entry of a processor into its loop; RDI: struct vcpu */
	.globl	guest_start
guest_start:
	movq	%rdi, %rax
	jmp	guest_enter

/* An interrupt while idle, or a host fault (which does not come back) */
host_entry:
	PUSH_REGS
	cld
	movq	%rsp, %rdi
	call	host_trap
	POP_REGS
	iretq

/* NMI, #DF, #MC: own stack, GS may be anyone's; the handler does not use it */
ist_entry:
	PUSH_REGS
	cld
	movq	%rsp, %rdi
	call	host_ist
	POP_REGS
	iretq

/*
 * #DB comes on its own stack too, because a MOV SS watchpoint can strike at
 * the first instruction of syscall_entry.  At ring 0 it is dropped.  From the
 * guest the frame is moved to where the other vectors have it.
 */
debug_entry:
	testb	$3, 24(%rsp)
	jz	ist_entry
	swapgs
	movq	%rdi, %gs:VC_SCRATCH
	movq	%rsp, %rdi
	movq	%gs:VC_REGS_END, %rsp
	pushq	48(%rdi)
	pushq	40(%rdi)
	pushq	32(%rdi)
	pushq	24(%rdi)
	pushq	16(%rdi)
	pushq	8(%rdi)
	pushq	(%rdi)
	movq	%gs:VC_SCRATCH, %rdi
	jmp	guest_entry

/*
 * SYSCALL.  RCX: RIP, R11: RFLAGS, RSP: the guest's, on the root of the mode it
 * came from.  The two paths below are the switcher: a system call from umod,
 * and ERETU, done right here if nothing else is due; VC_SLOW says if it is.
 * They do what exit.c does, in fewer words.  Two more are short: they save
 * only what a C function may change.
 */
	.balign	16
	.globl	syscall_entry
syscall_entry:
	swapgs
	movq	%rsp, %gs:VC_IRET_RSP
	cmpl	$0, %gs:VC_UMOD
	je	.Lfrom_smod

	cmpl	$0, %gs:VC_SLOW
	jne	.Lslow
	movq	%gs:VC_PVCS, %rsp
	movq	%rcx, PVCS_rip(%rsp)
	movq	%rcx, PVCS_rcx(%rsp)
	movq	%r11, PVCS_r11(%rsp)
	movl	%r11d, PVCS_eflags(%rsp)
	movl	$USER_CS_SS, PVCS_user_cs(%rsp)
	movl	$0, PVCS_pkru(%rsp)
	movq	%gs:VC_SMOD_CR3, %rcx
	movq	%rcx, %cr3
	movq	%gs:VC_KERNEL_GS_BASE, %r11
	swapgs
	rdgsbase %rcx
	wrgsbase %r11
	swapgs
	movq	%rcx, PVCS_user_gsbase(%rsp)
	movl	$0, %gs:VC_UMOD
	incq	%gs:VC_STAT_FAST_SYSCALL
	movq	%gs:VC_LSTAR, %rcx
	movq	%gs:VC_IRET_RSP, %rsp
	movl	$(X86_EFLAGS_IF | X86_EFLAGS_FIXED), %r11d
	swapgs
	sysretq

.Lfrom_smod:
	cmpq	%gs:VC_RETU_AFTER, %rcx
	jne	.Lhypercall
	cmpl	$0, %gs:VC_SLOW
	jne	.Lfill
	movq	%gs:VC_INTENT, %rsp
	cmpl	$0, PVM_INTENT_count(%rsp)
	jne	.Lfill
.Leretu:
	movq	%gs:VC_PVCS, %rsp
	cmpw	$PVM_EVENT_VECTOR_STD, PVCS_event_vector(%rsp)
	jne	.Lslow
	cmpl	$USER_CS_SS, PVCS_user_cs(%rsp)
	jne	.Lslow
	/* A user RIP beyond the lower half could make IRETQ fault */
	movq	PVCS_rip(%rsp), %r11
	movq	%r11, %gs:VC_IRET_RIP
	shrq	$47, %r11
	jnz	.Lslow_r11
	movl	PVCS_eflags(%rsp), %r11d
	andl	$ERETU_FLAGS, %r11d
	orl	$(X86_EFLAGS_IF | X86_EFLAGS_FIXED), %r11d
	movq	%r11, %gs:VC_IRET_RFLAGS
	movq	%gs:VC_UMOD_CR3, %rcx
	movq	%rcx, %cr3
	movl	$1, %gs:VC_UMOD
	incq	%gs:VC_STAT_FAST_ERETU
	/* Sign-extended from bit 47, so that WRGSBASE cannot fault */
	movq	PVCS_user_gsbase(%rsp), %rcx
	shlq	$16, %rcx
	sarq	$16, %rcx
	movq	PVCS_r11(%rsp), %r11
	movq	%r11, %gs:VC_SCRATCH
	movq	PVCS_rcx(%rsp), %r11
	movq	%gs:VC_IRET_FRAME, %rsp
	swapgs
	wrgsbase %rcx
	movq	%r11, %rcx
	movq	(VC_SCRATCH - VC_IRET_RIP)(%rsp), %r11
	iretq

/* ERETU with a shadow entry to make before it */
.Lfill:
	testl	$SLOW_C, %gs:VC_SLOW
	jnz	.Lslow
	PUSH_SCRATCH
	movq	%gs:VC_SELF, %rdi
	call	short_fill
	testb	%al, %al
	POP_SCRATCH			/* keeps the flags */
	jz	.Leretu
	jmp	.Lslow

/* Flushes of the TLB come back here, as they change no register of the guest's */
.Lhypercall:
	testl	$SLOW_C, %gs:VC_SLOW
	jnz	.Lslow
	leaq	-PVM_HC_TLB_FLUSH_CURRENT(%rax), %rsp
	cmpq	$(PVM_HC_TLB_INVLPG - PVM_HC_TLB_FLUSH_CURRENT), %rsp
	jbe	1f
	cmpq	$PVM_HC_INTENT_FLUSH, %rax
	jne	.Lslow
1:	PUSH_SCRATCH
	movq	%gs:VC_SELF, %rdi
	movq	%rax, %rsi
	movq	%rbx, %rdx		/* RCX, the fourth: where it came from */
	call	short_flush
	testb	%al, %al
	POP_SCRATCH
	jnz	.Lslow
	movq	%gs:VC_IRET_RSP, %rsp
	swapgs
	sysretq

.Lslow_r11:
	/* R11 held the guest's RFLAGS; ERETU does not preserve it */
	movl	$(X86_EFLAGS_IF | X86_EFLAGS_FIXED), %r11d
.Lslow:
	movq	%gs:VC_REGS_END, %rsp
	pushq	$USER_DS
	pushq	%gs:VC_IRET_RSP
	pushq	%r11
	pushq	$USER_CS
	pushq	%rcx
	pushq	$0
	pushq	$EXIT_SYSCALL
	jmp	guest_entry

/* SYSCALL from 32-bit code, which the ABI does not have: as Linux, -ENOSYS */
	.globl	syscall32_entry
syscall32_entry:
	movl	$-38, %eax
	sysretl

/* void idle_wait(void): wait for one interrupt, interrupts off again after it */
	.globl	idle_wait
idle_wait:
	sti
	hlt
	cli
	ret

	.section .note.GNU-stack, "", @progbits
