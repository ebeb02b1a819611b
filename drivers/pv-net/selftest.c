// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool -t: registers, commands, interrupts, rings.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include "regs.h"
#include "selftest.h"

/* The version register must still offer the version in use. */
static int pvnet_test_registers(struct pvnet *pv)
{
	u32 revs = pvnet_read(pv, VMXNET3_REG_VRRS);

	if (revs == ~0U || !(revs & BIT(pv->ops->version - 1)))
		return -EIO;
	return 0;
}

/* The command door must answer, and with this device's number. */
static int pvnet_test_command(struct pvnet *pv)
{
	u32 did;
	int err;

	err = pvnet_cmd_get(pv, VMXNET3_CMD_GET_DID_LO, &did);
	if (err)
		return err;
	return (did & 0xffff) == VMXNET3_PCI_DEVICE ? 0 : -EIO;
}

/* The mask of the event vector must keep what is written. */
static int pvnet_test_mask(struct pvnet *pv)
{
	u32 got;

	/* the device takes the write only while it is active */
	if (!test_bit(PVNET_UP, &pv->state))
		return -ENETDOWN;
	pvnet_irq_mask(&pv->vec[0]);
	got = readl(pv->bar0 + VMXNET3_REG_IMR);
	pvnet_irq_unmask(&pv->vec[0]);
	return got == 1 ? 0 : -EIO;
}

/* A change of rings, to the same, must bring traffic back. */
static int pvnet_test_rings(struct pvnet *pv)
{
	return pvnet_reconfigure(pv, &pv->cfg);
}

static const struct {
	const char *name;
	bool offline;
	int (*run)(struct pvnet *pv);
} pvnet_tests[] = {
	{ "Registers        (online)", false, pvnet_test_registers },
	{ "Command door     (online)", false, pvnet_test_command },
	{ "Interrupt mask  (offline)", true, pvnet_test_mask },
	{ "Ring exchange   (offline)", true, pvnet_test_rings },
};

int pvnet_selftest_count(void)
{
	return ARRAY_SIZE(pvnet_tests);
}

void pvnet_selftest_strings(u8 *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pvnet_tests); i++)
		ethtool_puts(&data, pvnet_tests[i].name);
}

/**
 * pvnet_selftest - ethtool_ops.self_test
 * @dev: network device
 * @test: request and result
 * @data: a positive errno for each test that failed, else 0
 *
 * Context: rtnl, may sleep.
 */
void pvnet_selftest(struct net_device *dev, struct ethtool_test *test,
		    u64 *data)
{
	struct pvnet *pv = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pvnet_tests); i++) {
		data[i] = 0;
		if (!pvnet_tests[i].offline ||
		    (test->flags & ETH_TEST_FL_OFFLINE))
			data[i] = -pvnet_tests[i].run(pv);
		if (data[i])
			test->flags |= ETH_TEST_FL_FAILED;
	}
}
