// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVM: no sleep but to idle
 *
 * Copyright (C) 2026 the pvops developers
 *
 * Both S3 and hibernation end in start-up code that loads segments of CPL 0 by
 * itself, before this CPU could take the fault.
 */
#include <linux/acpi.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/suspend.h>

#include "pvm.h"

static int refuse_hibernation(struct notifier_block *block, unsigned long action, void *unused)
{
	if (action != PM_HIBERNATION_PREPARE && action != PM_RESTORE_PREPARE)
		return NOTIFY_DONE;

	pr_info("pvm: a PVM guest cannot hibernate\n");
	return NOTIFY_BAD;
}

static struct notifier_block pm_block = {
	.notifier_call = refuse_hibernation,
};

/**
 * pvm_refuse_sleep - have S3 and hibernation fail instead of hang
 * @cpu: not used
 *
 * ACPI calls acpi_suspend_lowlevel() when the devices sleep; without it S3 fails
 * with ENOSYS and they wake up again (drivers/acpi/sleep.c, acpi_suspend_enter()).
 *
 * Context: late initcall, process context.
 * Return: 0 or a negative error.
 */
int pvm_refuse_sleep(unsigned int cpu)
{
#ifdef CONFIG_ACPI_SLEEP
	acpi_suspend_lowlevel = NULL;
#endif
	return register_pm_notifier(&pm_block);
}
