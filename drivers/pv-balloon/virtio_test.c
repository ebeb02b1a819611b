// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the virtio transport against a model of the device.
 *
 * Copyright (C) 2026 the pvops developers
 *
 * STAND-IN: the device is a virtio device of its own, to which the driver binds
 * as to any other.  It may answer late, in part or never, return what it was
 * never given, and be taken away at any moment.  A page that it is given gets
 * a pattern when the request is served, not before: a driver that uses a page
 * while an inflate request still names it is found out.
 */

#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/initrd.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <xen/xen.h>

#include "keeper.h"
#include "params.h"
#include "virtio_transport.h"

#define MODEL_PAGES	(SZ_8M / PAGE_SIZE)
/* Requests in a queue: 4 MiB of pages at most wait for an answer. */
#define MODEL_ENTRIES	4
static unsigned int test_virtio_steps = 100;
module_param(test_virtio_steps, uint, 0444);
MODULE_PARM_DESC(test_virtio_steps, "Steps of the hostile virtio device test");

/* How long the driver waits for this device. */
#define MODEL_PATIENCE	(HZ / 50)

/**
 * struct virtio_model - the device
 * @vdev: what the driver binds to
 * @config: its configuration space
 * @status: its status
 * @entries: requests in a queue, for the next driver; 0: it has no queues
 * @lock: guards what follows; notifications come under &pv_balloon.lock
 * @vq: inflate and deflate queue; NULL without a driver
 * @seen: requests taken from each, and returned in order
 * @keeper: pages that it has
 * @rnd: what it does, if hostile
 * @silent: it serves nothing
 * @hostile: it serves some, some other time
 * @liar: it returns a buffer that it was never given
 * @gone: it serves what it is notified of, and the notification fails
 * @vague: the driver was not told what became of some of its requests, so that it
 *	may take back what it has not given, or has taken back already
 */
struct virtio_model {
	struct virtio_device vdev;
	struct virtio_balloon_config config;
	u8 status;
	unsigned int entries;
	struct mutex lock;	/* guards what follows */
	struct virtqueue *vq[2];
	u16 seen[2];
	struct pvb_keeper keeper;
	struct rnd_state rnd;
	bool silent;
	bool hostile;
	bool liar;
	bool gone;
	bool vague;
};

struct virtio_test {
	struct virtio_model *m;
	struct device *parent;
	unsigned long total;
	unsigned long patience;
	bool param;
	bool bound;
};

static struct virtio_model *model_of(struct virtio_device *vdev)
{
	return container_of(vdev, struct virtio_model, vdev);
}

static void model_serve_one(struct virtio_model *m, unsigned int q, const struct vring_desc *desc)
{
	const __le32 *pfn = phys_to_virt(le64_to_cpu((__force __le64)desc->addr));
	u32 i, nr = le32_to_cpu((__force __le32)desc->len) / sizeof(*pfn);

	for (i = 0; i < nr; i++) {
		if (q == PVB_VQ_INFLATE)
			pvb_keeper_take(&m->keeper, le32_to_cpu(pfn[i]), 0);
		else if (!m->vague || test_bit(le32_to_cpu(pfn[i]), m->keeper.pages))
			pvb_keeper_give(&m->keeper, le32_to_cpu(pfn[i]), 0);
	}
}

/* Serve up to @max requests of a queue. */
static void model_serve(struct virtio_model *m, unsigned int q, unsigned int max)
{
	const struct vring *vr = virtqueue_get_vring(m->vq[q]);
	u16 end = le16_to_cpu((__force __le16)READ_ONCE(vr->avail->idx));
	u16 slot, head;

	/* The index is read before what it says is there. */
	virt_rmb();
	for (; m->seen[q] != end && max; max--, m->seen[q]++) {
		slot = m->seen[q] % vr->num;
		head = le16_to_cpu((__force __le16)vr->avail->ring[slot]);
		if (WARN_ON_ONCE(head >= vr->num))
			break;
		model_serve_one(m, q, &vr->desc[head]);
		vr->used->ring[slot].id = (__force __virtio32)
			cpu_to_le32(m->liar ? vr->num + 1 : head);
		/* What is said to be there is written first. */
		virt_wmb();
		WRITE_ONCE(vr->used->idx, (__force __virtio16)cpu_to_le16(m->seen[q] + 1));
	}
	vring_interrupt(0, m->vq[q]);
}

static bool model_one_in(struct virtio_model *m, u32 n)
{
	return m->hostile && !(prandom_u32_state(&m->rnd) % n);
}

static bool model_notify(struct virtqueue *vq)
{
	struct virtio_model *m = model_of(vq->vdev);

	mutex_lock(&m->lock);
	if (!m->silent && !model_one_in(m, 3))
		model_serve(m, vq->index, m->hostile ? prandom_u32_state(&m->rnd) % 8 : U32_MAX);
	mutex_unlock(&m->lock);
	return !m->gone;
}

/* What was left over, some other time. */
static void model_catch_up(struct virtio_model *m)
{
	unsigned int q;

	mutex_lock(&m->lock);
	for (q = 0; q < ARRAY_SIZE(m->vq) && !m->silent; q++) {
		if (m->vq[q] && m->status & VIRTIO_CONFIG_S_DRIVER_OK)
			model_serve(m, q, U32_MAX);
	}
	mutex_unlock(&m->lock);
}

static void model_get(struct virtio_device *vdev, unsigned int offset, void *buf, unsigned int len)
{
	memcpy(buf, (void *)&model_of(vdev)->config + offset, len);
}

static void model_set(struct virtio_device *vdev, unsigned int offset, const void *buf,
		      unsigned int len)
{
	memcpy((void *)&model_of(vdev)->config + offset, buf, len);
}

static u8 model_get_status(struct virtio_device *vdev)
{
	return model_of(vdev)->status;
}

static void model_set_status(struct virtio_device *vdev, u8 status)
{
	model_of(vdev)->status = status;
}

/* It acts on nothing that it was told before, and has no page any more. */
static void model_reset(struct virtio_device *vdev)
{
	struct virtio_model *m = model_of(vdev);

	mutex_lock(&m->lock);
	m->status = 0;
	memset(m->seen, 0, sizeof(m->seen));
	if (m->keeper.pages)
		pvb_keeper_forget(&m->keeper);
	mutex_unlock(&m->lock);
}

static void model_del_vqs(struct virtio_device *vdev)
{
	struct virtio_model *m = model_of(vdev);
	unsigned int q;

	mutex_lock(&m->lock);
	for (q = 0; q < ARRAY_SIZE(m->vq); q++) {
		if (m->vq[q])
			vring_del_virtqueue(m->vq[q]);
		m->vq[q] = NULL;
	}
	mutex_unlock(&m->lock);
}

static int model_find_vqs(struct virtio_device *vdev, unsigned int nvqs, struct virtqueue *vqs[],
			  struct virtqueue_info info[], struct irq_affinity *desc)
{
	struct virtio_model *m = model_of(vdev);
	unsigned int q;

	for (q = 0; q < nvqs; q++) {
		vqs[q] = NULL;
		if (!info[q].name || q >= ARRAY_SIZE(m->vq))
			continue;
		if (!m->entries)
			return -ENOENT;
		m->vq[q] = vring_create_virtqueue(q, m->entries, PAGE_SIZE, vdev, true, false,
						  false, model_notify, info[q].callback,
						  info[q].name);
		if (!m->vq[q]) {
			model_del_vqs(vdev);
			return -ENOMEM;
		}
		vqs[q] = m->vq[q];
	}
	return 0;
}

static u64 model_get_features(struct virtio_device *vdev)
{
	return BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_BALLOON_F_MUST_TELL_HOST);
}

static int model_finalize_features(struct virtio_device *vdev)
{
	return 0;
}

static const struct virtio_config_ops model_ops = {
	.get = model_get,
	.set = model_set,
	.get_status = model_get_status,
	.set_status = model_set_status,
	.reset = model_reset,
	.find_vqs = model_find_vqs,
	.del_vqs = model_del_vqs,
	.get_features = model_get_features,
	.finalize_features = model_finalize_features,
};

static void model_release(struct device *dev)
{
	kfree(model_of(dev_to_virtio(dev)));
}

static struct pv_balloon *balloon_of(struct virtio_test *t)
{
	struct pvb_virtio *v = t->m->vdev.priv;

	return v->balloon;
}

static void model_ask(struct virtio_test *t, u32 target)
{
	t->m->config.num_pages = cpu_to_le32(target);
	virtio_config_changed(&t->m->vdev);
}

/* Until the balloon has this size or @tries times 20 ms are over. */
static u64 model_reach(struct virtio_test *t, u32 target, unsigned int tries)
{
	struct pv_balloon *b = balloon_of(t);

	for (; tries && (pvb_size(b) != target || READ_ONCE(b->state) != PVB_IDLE); tries--) {
		model_catch_up(t->m);
		msleep(20);
	}
	return pvb_size(b);
}

/* Until the balloon waits for this reason or 10 s are over: between two tries it has none. */
static enum pvb_reason model_why(struct virtio_test *t, enum pvb_reason reason)
{
	struct pv_balloon *b = balloon_of(t);
	enum pvb_reason seen = READ_ONCE(b->reason);
	unsigned int tries;

	for (tries = 5000; tries && seen != reason; tries--) {
		model_catch_up(t->m);
		usleep_range(2000, 3000);
		seen = READ_ONCE(b->reason);
	}
	return seen;
}

static void model_bind(struct kunit *test)
{
	struct virtio_test *t = test->priv;

	if (!t->m->vdev.dev.driver)
		KUNIT_ASSERT_GT(test, device_attach(&t->m->vdev.dev), 0);
	/* What the test can afford. */
	WRITE_ONCE(balloon_of(t)->floor, pvb_total(balloon_of(t)) - MODEL_PAGES);
}

static int virtio_test_init(struct kunit *test)
{
	struct virtio_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct virtio_model *m;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	if (xen_domain())
		kunit_skip(test, "Xen's grants are no part of the model");
	wait_for_initramfs();
	t->total = totalram_pages();
	t->param = pvb_param_virtio;
	t->patience = pvb_virtio_patience;
	pvb_param_virtio = true;
	pvb_virtio_patience = MODEL_PATIENCE;

	t->parent = kunit_device_register(test, "pvb_virtio_model");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->parent);
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	t->m = m;
	m->entries = MODEL_ENTRIES;
	mutex_init(&m->lock);
	pvb_keeper_init(test, &m->keeper);
	prandom_seed_state(&m->rnd, 1);
	m->vdev.id.device = VIRTIO_ID_BALLOON;
	m->vdev.config = &model_ops;
	m->vdev.dev.parent = t->parent;
	m->vdev.dev.release = model_release;
	KUNIT_ASSERT_EQ(test, register_virtio_device(&m->vdev), 0);
	t->bound = true;
	KUNIT_ASSERT_NOT_NULL(test, m->vdev.dev.driver);
	KUNIT_ASSERT_STREQ(test, m->vdev.dev.driver->name, "pv_balloon");
	model_bind(test);
	return 0;
}

static void virtio_test_exit(struct kunit *test)
{
	struct virtio_test *t = test->priv;

	if (!t || !t->m)
		return;
	if (t->bound) {
		get_device(&t->m->vdev.dev);
		unregister_virtio_device(&t->m->vdev);
		KUNIT_EXPECT_EQ_MSG(test, t->m->keeper.faults, 0, "pfn %#lx %s",
				    t->m->keeper.fault_pfn, t->m->keeper.fault);
		/* Reset, and seen by the bus again: nothing of the driver is left. */
		KUNIT_EXPECT_EQ(test, t->m->status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	}
	put_device(&t->m->vdev.dev);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total);
	pvb_virtio_patience = t->patience;
	pvb_param_virtio = t->param;
}

static void virtio_up_and_down(struct kunit *test)
{
	struct virtio_test *t = test->priv;

	model_ask(t, MODEL_PAGES - 3);
	KUNIT_EXPECT_EQ(test, model_reach(t, MODEL_PAGES - 3, 500), MODEL_PAGES - 3);
	KUNIT_EXPECT_EQ(test, t->m->keeper.held, MODEL_PAGES - 3);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(t->m->config.actual), MODEL_PAGES - 3);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total - (MODEL_PAGES - 3));
	model_ask(t, 7);
	KUNIT_EXPECT_EQ(test, model_reach(t, 7, 500), 7);
	KUNIT_EXPECT_EQ(test, t->m->keeper.held, 7);
	model_ask(t, U32_MAX);
	KUNIT_EXPECT_EQ(test, model_reach(t, MODEL_PAGES, 500), MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, balloon_of(t)->reason, PVB_WHY_FLOOR);
	model_ask(t, 0);
	KUNIT_EXPECT_EQ(test, model_reach(t, 0, 500), 0);
	KUNIT_EXPECT_EQ(test, t->m->keeper.held, 0);
}

/* Nothing comes back: the pages stay where they are, and nobody waits for ever. */
static void virtio_silence(struct kunit *test)
{
	struct virtio_test *t = test->priv;
	struct pv_balloon *b = balloon_of(t);

	model_ask(t, 500);
	KUNIT_ASSERT_EQ(test, model_reach(t, 500, 500), 500);
	t->m->vague = true;
	t->m->silent = true;
	model_ask(t, MODEL_PAGES);
	KUNIT_EXPECT_LT(test, model_reach(t, MODEL_PAGES, 30), MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, model_why(t, PVB_WHY_HOST_SILENT), PVB_WHY_HOST_SILENT);
	KUNIT_EXPECT_GT(test, atomic_long_read(&b->counters[PVB_N_TIMEOUTS]), 0);
	model_ask(t, 0);
	KUNIT_EXPECT_GE(test, model_reach(t, 0, 30), 500);

	t->m->silent = false;
	model_ask(t, 0);
	KUNIT_EXPECT_EQ(test, model_reach(t, 0, 1000), 0);
	KUNIT_EXPECT_EQ(test, t->m->keeper.held, 0);
}

/* The driver leaves a device that does not answer; the next one finds all in order. */
static void virtio_silence_at_the_end(struct kunit *test)
{
	struct virtio_test *t = test->priv;

	model_ask(t, MODEL_PAGES / 2);
	KUNIT_ASSERT_EQ(test, model_reach(t, MODEL_PAGES / 2, 500), MODEL_PAGES / 2);
	t->m->vague = true;
	t->m->silent = true;
	model_ask(t, MODEL_PAGES);
	msleep(50);
	device_release_driver(&t->m->vdev.dev);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total);
	t->m->silent = false;
	model_ask(t, 100);
	model_bind(test);
	KUNIT_EXPECT_EQ(test, model_reach(t, 100, 500), 100);
	KUNIT_EXPECT_EQ(test, t->m->keeper.held, 100);
}

/* A buffer that nobody gave it: the queue is given up, the memory is not. */
static void virtio_liar(struct kunit *test)
{
	struct virtio_test *t = test->priv;

	model_ask(t, 1000);
	KUNIT_ASSERT_EQ(test, model_reach(t, 1000, 500), 1000);
	t->m->liar = true;
	model_ask(t, 0);
	KUNIT_EXPECT_EQ(test, model_reach(t, 0, 30), 1000);
	KUNIT_EXPECT_EQ(test, model_why(t, PVB_WHY_HOST_GONE), PVB_WHY_HOST_GONE);
	device_release_driver(&t->m->vdev.dev);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total);
	t->m->liar = false;
	model_bind(test);
}

/* It can be notified no more, but has seen what it was to be notified of. */
static void virtio_notify_fails(struct kunit *test)
{
	struct virtio_test *t = test->priv;
	struct pv_balloon *b = balloon_of(t);

	/* Requests of 4 KiB pages, so that a notification falls between two of a batch. */
	mutex_lock(&b->lock);
	b->flags &= ~PVB_BLOCKS;
	mutex_unlock(&b->lock);
	t->m->gone = true;
	model_ask(t, MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, model_why(t, PVB_WHY_HOST_GONE), PVB_WHY_HOST_GONE);
	KUNIT_EXPECT_GT(test, t->m->keeper.held, 0);
	KUNIT_EXPECT_EQ(test, pvb_size(b), t->m->keeper.held);
	device_release_driver(&t->m->vdev.dev);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total);
	t->m->gone = false;
	model_bind(test);
}

#ifdef CONFIG_PM_SLEEP
/* Sleep from which the queues do not come back, then one after which they are shorter. */
static void virtio_failed_restore(struct kunit *test)
{
	struct virtio_test *t = test->priv;
	struct pvb_virtio *v = t->m->vdev.priv;

	model_ask(t, 1000);
	KUNIT_ASSERT_EQ(test, model_reach(t, 1000, 500), 1000);
	KUNIT_EXPECT_EQ(test, v->nr_requests, MODEL_ENTRIES);
	KUNIT_EXPECT_EQ(test, virtio_device_freeze(&t->m->vdev), 0);
	t->m->entries = 0;
	KUNIT_EXPECT_NE(test, virtio_device_restore(&t->m->vdev), 0);
	KUNIT_EXPECT_EQ(test, virtio_device_freeze(&t->m->vdev), 0);
	t->m->entries = MODEL_ENTRIES / 2;
	KUNIT_EXPECT_EQ(test, virtio_device_restore(&t->m->vdev), 0);
	KUNIT_EXPECT_EQ(test, v->nr_requests, MODEL_ENTRIES / 2);
	KUNIT_EXPECT_EQ(test, t->m->keeper.held, 1000);

	/* The works can run again: each has been enabled as often as disabled. */
	disable_work(&v->stats_work);
	KUNIT_EXPECT_TRUE(test, enable_work(&v->stats_work));
	model_ask(t, MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, model_reach(t, MODEL_PAGES, 500), MODEL_PAGES);
	KUNIT_EXPECT_EQ(test, t->m->keeper.held, MODEL_PAGES);
}
#else
static void virtio_failed_restore(struct kunit *test)
{
	kunit_skip(test, "no sleep in this kernel");
}
#endif

static void virtio_hostile(struct kunit *test)
{
	struct virtio_test *t = test->priv;
	struct rnd_state rnd;
	unsigned int i, bindings = 1;

	prandom_seed_state(&rnd, test_virtio_steps);
	t->m->vague = true;
	t->m->hostile = true;
	for (i = 0; i < test_virtio_steps; i++) {
		switch (prandom_u32_state(&rnd) % 16) {
		case 0:
			t->m->silent = !t->m->silent;
			break;
		case 1:
			if (prandom_u32_state(&rnd) % 2)
				break;
			device_release_driver(&t->m->vdev.dev);
			KUNIT_ASSERT_EQ(test, totalram_pages(), t->total);
			model_bind(test);
			bindings++;
			break;
		case 2:
			model_ask(t, prandom_u32_state(&rnd));
			break;
		case 3:
			model_ask(t, 0);
			break;
		case 4 ... 9:
			model_ask(t, prandom_u32_state(&rnd) % (2 * MODEL_PAGES));
			break;
		default:
			model_catch_up(t->m);
		}
		msleep(prandom_u32_state(&rnd) % 4);
	}
	t->m->hostile = false;
	t->m->silent = false;
	model_ask(t, 300);
	KUNIT_EXPECT_EQ(test, model_reach(t, 300, 1000), 300);
	KUNIT_EXPECT_EQ(test, totalram_pages(), t->total - 300);
	kunit_info(test, "%u steps, %u bindings\n", i, bindings);
}

static struct kunit_case virtio_cases[] = {
	KUNIT_CASE(virtio_up_and_down),
	KUNIT_CASE(virtio_silence),
	KUNIT_CASE(virtio_silence_at_the_end),
	KUNIT_CASE(virtio_liar),
	KUNIT_CASE(virtio_notify_fails),
	KUNIT_CASE(virtio_failed_restore),
	KUNIT_CASE_SLOW(virtio_hostile),
	{}
};

static struct kunit_suite virtio_suite = {
	.name = "pv_balloon_virtio",
	.init = virtio_test_init,
	.exit = virtio_test_exit,
	.test_cases = virtio_cases,
};

kunit_test_suite(virtio_suite);
