// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command door: every command to the device goes through this file.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * A command runs when it is written to the CMD register, and reading CMD
 * returns its result.  The ABI has no "busy" answer; a device that is absent
 * or in PCI reset reads as all ones, which no command returns.
 */
#include <linux/delay.h>

#include "regs.h"

#define PVNET_CMD_TIMEOUT_US	2000	/* commands run with bottom halves off */
#define PVNET_CMD_POLL_US	20

static u32 pvnet_pci_read(struct pvnet *pv, u32 reg)
{
	return readl(pv->bar1 + reg);
}

static void pvnet_pci_write(struct pvnet *pv, u32 reg, u32 val)
{
	writel(val, pv->bar1 + reg);
}

const struct pvnet_bus_ops pvnet_pci_bus_ops = {
	.read = pvnet_pci_read,
	.write = pvnet_pci_write,
};

static int pvnet_cmd_result(struct pvnet *pv, u32 *val)
{
	unsigned int waited;

	for (waited = 0; waited < PVNET_CMD_TIMEOUT_US;
	     waited += PVNET_CMD_POLL_US) {
		*val = pvnet_read(pv, VMXNET3_REG_CMD);
		if (*val != ~0U)
			return 0;
		udelay(PVNET_CMD_POLL_US);
	}

	if (!test_and_set_bit(PVNET_GONE, &pv->state))
		netdev_err(pv->dev, "device does not answer\n");
	return -ETIMEDOUT;
}

/**
 * pvnet_cmd - give a command that has no result
 * @pv: device
 * @cmd: command
 *
 * Context: caller holds pvnet.cmd_lock if the command reads shared memory.
 */
void pvnet_cmd(struct pvnet *pv, enum vmxnet3_cmd cmd)
{
	if (!test_bit(PVNET_GONE, &pv->state))
		pvnet_write(pv, VMXNET3_REG_CMD, cmd);
}

/**
 * pvnet_cmd_get - give a command and read its result
 * @pv: device
 * @cmd: command
 * @val: result; unknown commands give 0
 *
 * Context: does not sleep; takes pvnet.cmd_lock.
 * Return: 0, or -ETIMEDOUT if the device does not answer
 */
int pvnet_cmd_get(struct pvnet *pv, enum vmxnet3_cmd cmd, u32 *val)
{
	int err;

	*val = 0;
	if (test_bit(PVNET_GONE, &pv->state))
		return -ETIMEDOUT;

	spin_lock_bh(&pv->cmd_lock);
	pvnet_write(pv, VMXNET3_REG_CMD, cmd);
	err = pvnet_cmd_result(pv, val);
	spin_unlock_bh(&pv->cmd_lock);
	return err;
}

/**
 * pvnet_cmd_status - give a command whose result is a status, 0 for success
 * @pv: device
 * @cmd: command
 *
 * Context: does not sleep; takes pvnet.cmd_lock.
 * Return: 0, -ETIMEDOUT if the device does not answer, -EIO if it refuses
 */
int pvnet_cmd_status(struct pvnet *pv, enum vmxnet3_cmd cmd)
{
	u32 val;
	int err;

	err = pvnet_cmd_get(pv, cmd, &val);
	if (err)
		return err;
	if (val) {
		netdev_err(pv->dev, "device refused command %#x: %#x\n", cmd,
			   val);
		return -EIO;
	}
	return 0;
}

/**
 * pvnet_select_version - agree on the device version
 * @pv: device
 * @max: highest version the driver speaks
 * @version: agreed version, 1 or more
 *
 * Return: 0, or -ENODEV if there is no common version
 */
int pvnet_select_version(struct pvnet *pv, unsigned int max,
			 unsigned int *version)
{
	u32 revs = pvnet_read(pv, VMXNET3_REG_VRRS);

	if (revs == ~0U || !(revs & GENMASK(max - 1, 0)))
		return -ENODEV;

	*version = fls(revs & GENMASK(max - 1, 0));
	pvnet_write(pv, VMXNET3_REG_VRRS, BIT(*version - 1));

	if (!(pvnet_read(pv, VMXNET3_REG_UVRS) & 1))
		return -ENODEV;
	pvnet_write(pv, VMXNET3_REG_UVRS, 1);
	return 0;
}
