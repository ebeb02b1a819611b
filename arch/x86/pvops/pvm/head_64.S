/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Detection of PVM, from startup_64 with the loader's identity mapping
 *
 * Copyright (C) 2026 the pvops developers
 *
 * There is no event handling yet, and no relocation: nothing here may fault or
 * use an absolute address.
 */
#include <linux/linkage.h>
#include <linux/init.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>

#include "abi.h"

/* "KVMKVMKVM\0\0\0" in EBX, ECX and EDX */
#define KVM_SIGNATURE_EBX	0x4b4d564b
#define KVM_SIGNATURE_ECX	0x564b4d56
#define KVM_SIGNATURE_EDX	0x0000004d

	__HEAD
	.code64
/*
 * Is this a PVM guest?  The order is the ABI's (section 2): each step makes
 * the next one safe.  A kernel at CPL 0 stops at the second step at the latest,
 * and a KVM guest, a Xen PVH guest or bare metal never gets to the third.
 *
 * If so, make the boot CPU enter C in pvm_start_kernel().
 *
 * Returns 1 or 0 in EAX.  Clobbers RBX, RCX, RDX and flags.
 */
SYM_FUNC_START(pvm_detect)
	/* Interrupts are off at this entry, but for the hardware's IF at CPL 3 */
	pushfq
	popq	%rax
	testl	$X86_EFLAGS_IF, %eax
	jz	.Lno

	movl	%cs, %eax
	andl	$3, %eax
	cmpl	$3, %eax
	jne	.Lno

	movl	$PVM_CPUID_SIGNATURE, %eax
	xorl	%ecx, %ecx
	.byte	PVM_SYNTHETIC_CPUID_BYTES
	cmpl	$KVM_SIGNATURE_EBX, %ebx
	jne	.Lno
	cmpl	$KVM_SIGNATURE_ECX, %ecx
	jne	.Lno
	cmpl	$KVM_SIGNATURE_EDX, %edx
	jne	.Lno

	movq	pvm_initial_code(%rip), %rax
	movq	%rax, initial_code(%rip)
	movl	$1, %eax
	RET
.Lno:
	xorl	%eax, %eax
	RET
SYM_FUNC_END(pvm_detect)

	__INITRODATA
	.balign 8
SYM_DATA_LOCAL(pvm_initial_code, .quad pvm_start_kernel)
