/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's numbers, without the guest code that their header would bring along.
 *
 * Copyright (C) 2026 the pvops developers
 */
#ifndef PVMHOST_KVM_ABI_H
#define PVMHOST_KVM_ABI_H

#define _ASM_X86_KVM_PARA_H	/* keep <asm/kvm_para.h> out of the next one */
#include <uapi/asm/kvm_para.h>
#include <uapi/linux/kvm_para.h>

#endif
