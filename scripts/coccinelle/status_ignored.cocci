// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// The answer of the one door to the device or the hypervisor is thrown away:
/// a refused command then passes for an accepted one.  vmxnet3 does so with the
/// result of its own reactivation after a transmit timeout.
// Applies: drivers arch/x86/pvops
// Options: --no-includes

virtual report

@ignored@
position p;
@@

(
register_netdev@p(...);
|
request_irq@p(...);
|
pci_enable_device@p(...);
|
netif_set_real_num_tx_queues@p(...);
|
netif_set_real_num_rx_queues@p(...);
|
dma_set_mask_and_coherent@p(...);
|
drm_dev_register@p(...);
|
xdp_rxq_info_reg@p(...);
|
xdp_rxq_info_reg_mem_model@p(...);
|
sysfs_create_group@p(...);
|
device_create_file@p(...);
|
cpuhp_setup_state@p(...);
)

@script:python depends on report@
p << ignored.p;
@@
coccilib.report.print_report(p[0], "the result decides what is running, and is thrown away")
