/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry points of the bare test guest.
 *
 * Copyright (C) 2026 the pvops developers
 */
#define PVCS_FLAGS	0x00
#define PVCS_CS		0x40
#define PVCS_VECTOR	0x46
#define PVCS_EFLAGS	0x50
#define PVCS_RIP	0x58
#define PVCS_RCX	0x60
#define PVCS_R11	0x68
#define IRQ_WIN		0x17088201

	.section .entry, "ax"
	.code64
	.globl	guest_entry
guest_entry:
	leaq	stack_end(%rip), %rsp
	movq	%rsi, %rdi
	call	guest_main
0:	hlt
	jmp	0b

	.text

/* Below RIP, CS, RFLAGS, RSP, SS of struct frame; RCX and R11 come from the PVCS */
.macro PUSH_FRAME
	pushq	pvcs+PVCS_RCX(%rip)
	pushq	pvcs+PVCS_R11(%rip)
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro POP_FRAME_BUT_R11_RCX
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

	.balign	1024
	.globl	event_entry
event_entry:			/* an event of umod */
	movq	%rsp, %rcx
	movq	user_frame_end(%rip), %rsp
	pushq	$0x2b
	pushq	%rcx
	movl	pvcs+PVCS_EFLAGS(%rip), %ecx
	pushq	%rcx
	movzwl	pvcs+PVCS_CS(%rip), %ecx
	pushq	%rcx
	pushq	pvcs+PVCS_RIP(%rip)
	PUSH_FRAME
	/* Off the frame before events come again: they push on the stack */
	movq	kernel_rsp(%rip), %rsp
	xorl	%eax, %eax
	xchgw	%ax, pvcs+PVCS_VECTOR(%rip)
	jmp	user_done

	.org	event_entry + 512
smod_entry:			/* an event of smod */
	movq	%rsp, %rcx
	andq	$-16, %rsp
	subq	$16, %rsp
	pushq	$0x2b
	pushq	%rcx
	movl	pvcs+PVCS_EFLAGS(%rip), %ecx
	pushq	%rcx
	pushq	$0x33
	pushq	pvcs+PVCS_RIP(%rip)
	PUSH_FRAME
	movq	%rsp, %rdi
	movq	%rsp, %rbp
	andq	$-16, %rsp
	call	smod_event
	movq	%rbp, %rsp
	testl	$0x200, 17*8(%rsp)
	jz	1f
	orq	$0x200, pvcs+PVCS_FLAGS(%rip)
	testq	$0x100, pvcs+PVCS_FLAGS(%rip)
	jz	1f
	movl	$IRQ_WIN, %eax
	syscall
1:	POP_FRAME_BUT_R11_RCX
	popq	%r11
	popq	%rcx
	iretq

	.globl	syscall_entry
syscall_entry:			/* a system call of umod */
	movq	%rsp, %rcx
	movq	user_frame_end(%rip), %rsp
	pushq	$0x2b
	pushq	%rcx
	movl	pvcs+PVCS_EFLAGS(%rip), %ecx
	pushq	%rcx
	pushq	$0x33
	pushq	pvcs+PVCS_RIP(%rip)
	PUSH_FRAME
	movq	kernel_rsp(%rip), %rsp
	xorl	%eax, %eax
	xchgw	%ax, pvcs+PVCS_VECTOR(%rip)
	btrl	$8, %eax		/* what is left was recorded on the way out */
user_done:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

/* u32 run_user(struct frame *f) */
	.globl	run_user
run_user:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, kernel_rsp(%rip)
	leaq	20*8(%rdi), %rax
	movq	%rax, user_frame_end(%rip)
	btsw	$8, pvcs+PVCS_VECTOR(%rip)
	movq	%rdi, %rsp
	POP_FRAME_BUT_R11_RCX
	popq	pvcs+PVCS_R11(%rip)
	popq	pvcs+PVCS_RCX(%rip)
	popq	pvcs+PVCS_RIP(%rip)
	popq	%rcx
	movw	%cx, pvcs+PVCS_CS(%rip)
	popq	%rcx
	movl	%ecx, pvcs+PVCS_EFLAGS(%rip)
	popq	%r11
	popq	%rcx
	movw	%cx, pvcs+PVCS_CS+2(%rip)
	movq	%r11, %rsp
	.globl	eretu_insn
eretu_insn:
	syscall
	ud2

/* u64 hypercall(u64 nr, u64 a, u64 b, u64 c, u64 d) */
	.globl	hypercall
hypercall:
	pushq	%rbx
	movq	%rdi, %rax
	movq	%rsi, %rbx
	movq	%rdx, %r10
	movq	%rcx, %rdx
	movq	%r8, %rsi
	syscall
	popq	%rbx
	ret

/* void synthetic_cpuid(u32 leaf, u32 sub, u32 out[4]) */
	.globl	synthetic_cpuid
synthetic_cpuid:
	pushq	%rbx
	movq	%rdx, %r8
	movl	%edi, %eax
	movl	%esi, %ecx
	.byte	0x0f, 0x01, 0x3c, 0x25, 0x50, 0x56, 0x4d, 0xff, 0x0f, 0xa2
	movl	%eax, (%r8)
	movl	%ebx, 4(%r8)
	movl	%ecx, 8(%r8)
	movl	%edx, 12(%r8)
	popq	%rbx
	ret

	.bss
	.balign	4096
	.globl	pvcs
pvcs:	.skip	4096
	.skip	32768
stack_end:
kernel_rsp:	.skip	8
user_frame_end:	.skip	8

	.section .note.GNU-stack, "", @progbits
