// SPDX-License-Identifier: GPL-2.0-only
/*
 * Atomic commits: tests that change nothing, what has to be refused, damage
 * clips, a source between pixels, fences.
 *
 *   kms-atomic DRIVER
 *
 * VRAM is read through resource1 of the PCI function, whose address is the
 * environment variable PCI.
 *
 * Copyright (C) 2026 the pvops developers
 */

#include <poll.h>

#include "kms.h"

struct pipe {
	struct kms kms;
	struct drm_mode_modeinfo *mode;
	uint32_t plane;
	const uint32_t *vram;
	/* What the next commit asks for */
	uint32_t objects[8];
	uint32_t counts[8];
	uint32_t props[64];
	uint64_t values[64];
	uint32_t nobjects;
	uint32_t nprops;
};

static uint32_t find_prop(struct pipe *pipe, uint32_t object, uint32_t type,
			  const char *name)
{
	uint32_t ids[64];
	uint64_t values[64];
	struct drm_mode_obj_get_properties get = {
		.obj_id = object, .obj_type = type, .count_props = 64,
		.props_ptr = (uintptr_t)ids, .prop_values_ptr = (uintptr_t)values,
	};

	if (kms_ioctl(pipe->kms.fd, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &get))
		kms_die("properties");
	for (uint32_t i = 0; i < get.count_props; i++) {
		struct drm_mode_get_property prop = { .prop_id = ids[i] };

		if (kms_ioctl(pipe->kms.fd, DRM_IOCTL_MODE_GETPROPERTY, &prop))
			kms_die("property");
		if (!strcmp(prop.name, name))
			return ids[i];
	}
	errno = ENOENT;
	kms_die("property %s", name);
}

static void begin_object(struct pipe *pipe, uint32_t object)
{
	pipe->objects[pipe->nobjects] = object;
	pipe->counts[pipe->nobjects++] = 0;
}

static void set(struct pipe *pipe, uint32_t type, const char *name, uint64_t value)
{
	uint32_t object = pipe->objects[pipe->nobjects - 1];

	pipe->props[pipe->nprops] = find_prop(pipe, object, type, name);
	pipe->values[pipe->nprops++] = value;
	pipe->counts[pipe->nobjects - 1]++;
}

static uint32_t create_blob(struct pipe *pipe, const void *data, uint32_t length)
{
	struct drm_mode_create_blob blob = { .data = (uintptr_t)data, .length = length };

	if (kms_ioctl(pipe->kms.fd, DRM_IOCTL_MODE_CREATEPROPBLOB, &blob))
		kms_die("blob");

	return blob.blob_id;
}

/* Shows @fb from @src_x, @src_y (16.16) on in @mode. */
static void ask(struct pipe *pipe, const struct drm_mode_modeinfo *mode,
		const struct kms_fb *fb, uint32_t src_x, uint32_t src_y)
{
	const uint32_t plane = DRM_MODE_OBJECT_PLANE, crtc = DRM_MODE_OBJECT_CRTC;

	pipe->nobjects = pipe->nprops = 0;
	begin_object(pipe, pipe->kms.connector);
	set(pipe, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID", pipe->kms.crtc);
	begin_object(pipe, pipe->kms.crtc);
	set(pipe, crtc, "MODE_ID", create_blob(pipe, mode, sizeof(*mode)));
	set(pipe, crtc, "ACTIVE", 1);
	begin_object(pipe, pipe->plane);
	set(pipe, plane, "FB_ID", fb->id);
	set(pipe, plane, "CRTC_ID", pipe->kms.crtc);
	set(pipe, plane, "SRC_X", src_x);
	set(pipe, plane, "SRC_Y", src_y);
	set(pipe, plane, "SRC_W", (uint64_t)mode->hdisplay << 16);
	set(pipe, plane, "SRC_H", (uint64_t)mode->vdisplay << 16);
	set(pipe, plane, "CRTC_X", 0);
	set(pipe, plane, "CRTC_Y", 0);
	set(pipe, plane, "CRTC_W", mode->hdisplay);
	set(pipe, plane, "CRTC_H", mode->vdisplay);
}

static int commit(struct pipe *pipe, uint32_t flags)
{
	struct drm_mode_atomic atomic = {
		.flags = flags, .count_objs = pipe->nobjects,
		.objs_ptr = (uintptr_t)pipe->objects,
		.count_props_ptr = (uintptr_t)pipe->counts,
		.props_ptr = (uintptr_t)pipe->props,
		.prop_values_ptr = (uintptr_t)pipe->values,
	};

	return kms_ioctl(pipe->kms.fd, DRM_IOCTL_MODE_ATOMIC, &atomic) ? -errno : 0;
}

static void must(int done, const char *what)
{
	printf("KMS atomic: %s %s\n", what, done ? "yes" : "NO");
	if (!done)
		exit(1);
}

static uint32_t shown_fb(struct pipe *pipe)
{
	struct drm_mode_crtc get = { .crtc_id = pipe->kms.crtc };

	if (kms_ioctl(pipe->kms.fd, DRM_IOCTL_MODE_GETCRTC, &get))
		kms_die("get CRTC");

	return get.fb_id;
}

/* What VRAM holds is @fb from pixel @x, @y on. */
static int shows(const struct pipe *pipe, const struct kms_fb *fb, uint32_t x, uint32_t y)
{
	uint32_t width = pipe->mode->hdisplay, height = pipe->mode->vdisplay;

	for (uint32_t line = 0; line < height; line++)
		for (uint32_t i = 0; i < width; i++)
			if ((pipe->vram[line * width + i] ^ kms_line(fb, y + line)[x + i]) &
			    0xffffff)
				return 0;

	return 1;
}

static void test_only(struct pipe *pipe, const struct kms_fb *fb)
{
	const uint32_t flags = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET;
	struct drm_mode_modeinfo large = *pipe->mode;
	uint32_t before = shown_fb(pipe);

	ask(pipe, pipe->mode, fb, 0, 0);
	must(!commit(pipe, flags), "a test of what is possible passes");
	must(shown_fb(pipe) == before, "a test shows nothing");

	ask(pipe, pipe->mode, fb, 8 << 16, 0);
	must(commit(pipe, flags) < 0, "a source outside of the buffer is refused");
	ask(pipe, pipe->mode, fb, 0, 0);
	pipe->values[pipe->nprops - 1] /= 2;
	must(commit(pipe, flags) < 0, "scaling is refused");
	large.hdisplay = large.hsync_start = large.hsync_end = large.htotal = 8000;
	ask(pipe, &large, fb, 0, 0);
	must(commit(pipe, flags) < 0, "a mode that does not fit is refused");
	must(shown_fb(pipe) == before, "nothing was shown by that");
}

static void between_pixels(struct pipe *pipe, const struct kms_fb *fb)
{
	const uint32_t size = pipe->mode->hdisplay * pipe->mode->vdisplay;
	uint32_t behind;

	ask(pipe, pipe->mode, fb, 0, 0);
	must(!commit(pipe, DRM_MODE_ATOMIC_ALLOW_MODESET), "a commit succeeds");
	must(shows(pipe, fb, 0, 0), "it is shown");
	behind = pipe->vram[size];
	ask(pipe, pipe->mode, fb, 0x8000, 0x8000);
	must(commit(pipe, 0) == -EINVAL, "a source between pixels is refused");
	must(shows(pipe, fb, 0, 0), "nothing is shown by that");
	ask(pipe, pipe->mode, fb, 1 << 16, 1 << 16);
	must(!commit(pipe, 0), "a source that begins later is taken");
	must(shows(pipe, fb, 1, 1), "it is shown from there");
	must(pipe->vram[size] == behind, "nothing is drawn behind the picture");
}

static void damage_clips(struct pipe *pipe, struct kms_fb *fb, struct kms_fb *shadow)
{
	static const struct drm_mode_rect clips[] = {
		{ 10, 20, 30, 40 }, { 100, 100, 101, 101 }, { 700, 500, 800, 600 },
	};

	ask(pipe, pipe->mode, fb, 0, 0);
	must(!commit(pipe, 0), "the whole buffer is shown");
	kms_fill(shadow, 1);
	kms_fill(fb, 77);
	for (uint32_t i = 0; i < 3; i++)
		for (int32_t y = clips[i].y1; y < clips[i].y2; y++)
			for (int32_t x = clips[i].x1; x < clips[i].x2; x++)
				kms_line(shadow, y)[x] = kms_line(fb, y)[x];

	ask(pipe, pipe->mode, fb, 0, 0);
	set(pipe, DRM_MODE_OBJECT_PLANE, "FB_DAMAGE_CLIPS",
	    create_blob(pipe, clips, sizeof(clips)));
	must(!commit(pipe, 0), "damage clips are taken");
	must(shows(pipe, shadow, 0, 0), "what they enclose changes, and nothing else");
}

static void fences(struct pipe *pipe, const struct kms_fb *fb)
{
	struct pollfd wait = { .events = POLLIN };
	int32_t fence = -1;

	ask(pipe, pipe->mode, fb, 0, 0);
	begin_object(pipe, pipe->kms.crtc);
	set(pipe, DRM_MODE_OBJECT_CRTC, "OUT_FENCE_PTR", (uintptr_t)&fence);
	must(!commit(pipe, DRM_MODE_ATOMIC_NONBLOCK) && fence >= 0, "a commit gives a fence");
	wait.fd = fence;
	must(poll(&wait, 1, 30000) == 1 && (wait.revents & POLLIN), "the fence is signalled");
	close(fence);
}

static void set_up(struct pipe *pipe, const char *driver)
{
	struct drm_mode_get_plane_res res = { .count_planes = 1 };
	const char *pci = getenv("PCI");
	char path[128];
	int fd;

	kms_open(&pipe->kms, driver);
	for (int cap = DRM_CLIENT_CAP_UNIVERSAL_PLANES; cap <= DRM_CLIENT_CAP_ATOMIC; cap++) {
		struct drm_set_client_cap set_cap = { .capability = cap, .value = 1 };

		if (kms_ioctl(pipe->kms.fd, DRM_IOCTL_SET_CLIENT_CAP, &set_cap))
			kms_die("capability %d", cap);
	}
	/* The first plane is the primary one. */
	res.plane_id_ptr = (uintptr_t)&pipe->plane;
	if (kms_ioctl(pipe->kms.fd, DRM_IOCTL_MODE_GETPLANERESOURCES, &res))
		kms_die("planes");
	pipe->mode = kms_find_mode(&pipe->kms, 0, 0);

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource1", pci ? pci : "");
	fd = open(path, O_RDWR);
	pipe->vram = mmap(NULL, 16 << 20, PROT_READ, MAP_SHARED, fd, 0);
	if (pipe->vram == MAP_FAILED)
		kms_die("%s", path);
}

int main(int argc, char **argv)
{
	struct kms_fb fb, shadow;
	struct pipe pipe = { };

	if (argc < 2)
		return 2;
	set_up(&pipe, argv[1]);
	kms_fb_create(&pipe.kms, &fb, pipe.mode->hdisplay + 1, pipe.mode->vdisplay + 1);
	kms_fb_create(&pipe.kms, &shadow, fb.width, fb.height);
	kms_fill(&fb, 1);

	test_only(&pipe, &fb);
	between_pixels(&pipe, &fb);
	damage_clips(&pipe, &fb, &shadow);
	fences(&pipe, &fb);

	return 0;
}
