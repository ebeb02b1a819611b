// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloon transport for the virtio memory balloon device.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <linux/device/driver.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>

#include "params.h"
#include "transports.h"
#include "virtio_transport.h"

static int pvb_virtio_target(struct pv_balloon *b, u64 *pages)
{
	struct pvb_virtio *v = b->priv;
	u32 num_pages;

	/* Little endian on legacy devices too (5.5.4). */
	virtio_cread_le(v->vdev, struct virtio_balloon_config, num_pages, &num_pages);
	*pages = num_pages;
	return 0;
}

static void pvb_virtio_publish(struct pv_balloon *b, u64 pages)
{
	struct pvb_virtio *v = b->priv;
	u32 actual = pages;

	virtio_cwrite_le(v->vdev, struct virtio_balloon_config, actual, &actual);
}

/*
 * After a reset the device acts on nothing that it has been told, and reports
 * that wait for it can be ended; they count in the balloon, which is next to go.
 */
static void pvb_virtio_disconnect(struct pv_balloon *b)
{
	struct pvb_virtio *v = b->priv;

	virtio_reset_device(v->vdev);
	pvb_virtio_free_stop(v);
}

static const struct pvb_ops pvb_virtio_ops = {
	.name = "virtio",
	.target = pvb_virtio_target,
	.inflate = pvb_virtio_inflate,
	.deflate = pvb_virtio_deflate,
	.commit = pvb_virtio_commit,
	.publish = pvb_virtio_publish,
	.disconnect = pvb_virtio_disconnect,
};

static void pvb_virtio_changed(struct virtio_device *vdev)
{
	struct pvb_virtio *v = vdev->priv;

	pvb_target_changed(v->balloon);
	pvb_virtio_hint_changed(v);
}

static int pvb_virtio_find_vqs(struct pvb_virtio *v)
{
	struct virtqueue_info info[PVB_VQ_MAX] = {
		[PVB_VQ_INFLATE] = { "inflate", pvb_virtio_acked },
		[PVB_VQ_DEFLATE] = { "deflate", pvb_virtio_acked },
	};
	struct virtqueue *vqs[PVB_VQ_MAX];
	int err;

	if (virtio_has_feature(v->vdev, VIRTIO_BALLOON_F_STATS_VQ)) {
		info[PVB_VQ_STATS].name = "stats";
		info[PVB_VQ_STATS].callback = pvb_virtio_stats_requested;
	}
	if (virtio_has_feature(v->vdev, VIRTIO_BALLOON_F_FREE_PAGE_HINT)) {
		info[PVB_VQ_HINT].name = "hint";
		info[PVB_VQ_HINT].callback = pvb_virtio_acked;
	}
	if (virtio_has_feature(v->vdev, VIRTIO_BALLOON_F_REPORTING)) {
		info[PVB_VQ_REPORT].name = "report";
		info[PVB_VQ_REPORT].callback = pvb_virtio_acked;
	}

	err = virtio_find_vqs(v->vdev, PVB_VQ_MAX, vqs, info, NULL);
	if (err)
		return err;

	v->inflate.vq = vqs[PVB_VQ_INFLATE];
	v->deflate.vq = vqs[PVB_VQ_DEFLATE];
	v->stats_vq = info[PVB_VQ_STATS].name ? vqs[PVB_VQ_STATS] : NULL;
	v->hints.vq = info[PVB_VQ_HINT].name ? vqs[PVB_VQ_HINT] : NULL;
	v->report.vq = info[PVB_VQ_REPORT].name ? vqs[PVB_VQ_REPORT] : NULL;
	virtqueue_disable_cb(v->inflate.vq);
	virtqueue_disable_cb(v->deflate.vq);
	return 0;
}

/* Without queues, as after a failed restore, the balloon can only be dropped. */
static void pvb_virtio_del_vqs(struct pvb_virtio *v)
{
	v->vdev->config->del_vqs(v->vdev);
	v->inflate.vq = NULL;
	v->deflate.vq = NULL;
}

static int pvb_virtio_validate(struct virtio_device *vdev)
{
	pvb_virtio_free_validate(vdev);
	/* Guest physical addresses are what the device is about (5.5.3). */
	__virtio_clear_bit(vdev, VIRTIO_F_ACCESS_PLATFORM);
	return 0;
}

static unsigned long pvb_virtio_flags(struct virtio_device *vdev)
{
	unsigned long flags = PVB_BLOCKS | PVB_FREE_UNTOLD;

	/* Without it pages below the target are not ours to take (5.5.6.1). */
	if (virtio_has_feature(vdev, VIRTIO_BALLOON_F_DEFLATE_ON_OOM))
		flags |= PVB_MAY_RECLAIM | PVB_KEEP_TOTAL;
	return flags;
}

static int pvb_virtio_start(struct pvb_virtio *v)
{
	enable_work(&v->stats_work);
	if (v->stats_vq && pvb_virtio_stats_start(v))
		dev_dbg(&v->vdev->dev, "no statistics: their queue does not work\n");
	pvb_virtio_free_start(v);
	pvb_resume(v->balloon);
	return 0;
}

static int pvb_virtio_probe(struct virtio_device *vdev)
{
	struct pvb_virtio *v;
	int err;

	if (!pvb_param_virtio)
		return -ENODEV;
	if (!vdev->config->get)
		return -EINVAL;

	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	v->vdev = vdev;
	vdev->priv = v;
	init_waitqueue_head(&v->acked);
	INIT_WORK(&v->stats_work, pvb_virtio_stats_work);
	/* Until there are queues, and again when there are none any more. */
	disable_work(&v->stats_work);

	err = pvb_virtio_find_vqs(v);
	if (err)
		goto err_free;
	err = pvb_virtio_alloc_requests(v);
	if (err)
		goto err_vqs;
	err = pvb_virtio_free_init(v);
	if (err)
		goto err_requests;
	v->balloon = pvb_register(&vdev->dev, &pvb_virtio_ops, v, pvb_virtio_flags(vdev));
	if (IS_ERR(v->balloon)) {
		err = PTR_ERR(v->balloon);
		goto err_free_pages;
	}
	pvb_virtio_tell_poison(v);
	virtio_device_ready(vdev);
	return pvb_virtio_start(v);

err_free_pages:
	pvb_virtio_free_exit(v);
err_requests:
	pvb_virtio_free_requests(v);
err_vqs:
	pvb_virtio_del_vqs(v);
err_free:
	kfree(v);
	return err;
}

static void pvb_virtio_quiesce(struct pvb_virtio *v)
{
	/* The device uses no buffer after this, and interrupts us no more. */
	virtio_reset_device(v->vdev);
	/* After a failed restore nothing has been started since the last time. */
	if (!v->inflate.vq)
		return;
	disable_work_sync(&v->stats_work);
	pvb_virtio_free_stop(v);
	pvb_virtio_forget_requests(v);
	pvb_virtio_del_vqs(v);
}

static void pvb_virtio_remove(struct virtio_device *vdev)
{
	struct pvb_virtio *v = vdev->priv;

	pvb_unregister(v->balloon);
	pvb_virtio_quiesce(v);
	pvb_virtio_free_exit(v);
	pvb_virtio_free_requests(v);
	kfree(v);
}

/*
 * The balloon keeps its pages over suspend: they hold nothing, and are not saved
 * in a hibernation image.
 */
static int pvb_virtio_freeze(struct virtio_device *vdev)
{
	struct pvb_virtio *v = vdev->priv;

	pvb_suspend(v->balloon);
	pvb_virtio_quiesce(v);
	return 0;
}

static int pvb_virtio_restore(struct virtio_device *vdev)
{
	struct pvb_virtio *v = vdev->priv;
	int err;

	err = pvb_virtio_find_vqs(v);
	if (err)
		return err;
	/* The queues may be shorter than those before. */
	err = pvb_virtio_alloc_requests(v);
	if (err) {
		pvb_virtio_del_vqs(v);
		return err;
	}
	pvb_virtio_tell_poison(v);
	virtio_device_ready(vdev);
	/* From sleep the device has kept them, from hibernation it has not. */
	if (pvb_reannounce(v->balloon))
		dev_warn(&vdev->dev, "the host does not take its pages again\n");
	return pvb_virtio_start(v);
}

static const struct virtio_device_id pvb_virtio_ids[] = {
	{ VIRTIO_ID_BALLOON, VIRTIO_DEV_ANY_ID },
	{ 0 },
};
MODULE_DEVICE_TABLE(virtio, pvb_virtio_ids);

static const unsigned int pvb_virtio_features[] = {
	VIRTIO_BALLOON_F_MUST_TELL_HOST,
	VIRTIO_BALLOON_F_STATS_VQ,
	VIRTIO_BALLOON_F_DEFLATE_ON_OOM,
	VIRTIO_BALLOON_F_FREE_PAGE_HINT,
	VIRTIO_BALLOON_F_PAGE_POISON,
	VIRTIO_BALLOON_F_REPORTING,
};

static struct virtio_driver pvb_virtio_driver = {
	.feature_table = pvb_virtio_features,
	.feature_table_size = ARRAY_SIZE(pvb_virtio_features),
	.driver.name = "pv_balloon",
	.id_table = pvb_virtio_ids,
	.validate = pvb_virtio_validate,
	.probe = pvb_virtio_probe,
	.remove = pvb_virtio_remove,
	.config_changed = pvb_virtio_changed,
	.freeze = pm_sleep_ptr(pvb_virtio_freeze),
	.restore = pm_sleep_ptr(pvb_virtio_restore),
};

/* Take over the devices that virtio_balloon has, if the parameter says so. */
static int pvb_virtio_release_one(struct device *dev, void *unused)
{
	if (dev->driver && !strcmp(dev->driver->name, "virtio_balloon"))
		device_release_driver(dev);
	return 0;
}

static bool pvb_virtio_up;

static void pvb_virtio_take_over(void)
{
	const struct bus_type *bus = pvb_virtio_driver.driver.bus;

	bus_for_each_dev(bus, NULL, NULL, pvb_virtio_release_one);
	if (driver_attach(&pvb_virtio_driver.driver))
		pr_debug("pv_balloon: no device bound\n");
}

static int pvb_virtio_set(const char *val, const struct kernel_param *kp)
{
	int err = param_set_bool(val, kp);

	if (!err && pvb_virtio_up && pvb_param_virtio)
		pvb_virtio_take_over();
	return err;
}

static const struct kernel_param_ops pvb_virtio_param_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = pvb_virtio_set,
	.get = param_get_bool,
};

bool pvb_param_virtio = true;
module_param_cb(virtio, &pvb_virtio_param_ops, &pvb_param_virtio, 0644);
MODULE_PARM_DESC(virtio, "Serve virtio balloons, also those that virtio_balloon has");

/**
 * pvb_virtio_init() - register with the virtio bus
 *
 * Return: 0 or a negative errno.
 */
int __init pvb_virtio_init(void)
{
	int err = register_virtio_driver(&pvb_virtio_driver);

	if (err)
		return err;
	pvb_virtio_up = true;
	if (pvb_param_virtio)
		pvb_virtio_take_over();
	return 0;
}

/**
 * pvb_virtio_exit() - undo pvb_virtio_init()
 */
void pvb_virtio_exit(void)
{
	/* The parameter can be written until the module is gone. */
	kernel_param_lock(THIS_MODULE);
	pvb_virtio_up = false;
	kernel_param_unlock(THIS_MODULE);
	unregister_virtio_driver(&pvb_virtio_driver);
}
