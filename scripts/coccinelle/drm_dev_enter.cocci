// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// A mode-setting callback touches the device outside drm_dev_enter().  The
/// device may be unplugged while a client still holds the file: registers and
/// video memory are unmapped by then.  In-tree bochs guards its registers and
/// copies to video memory unguarded.
// Applies: drivers/pv-svga
// Options: --no-includes

virtual report

@callback@
identifier table, f, s;
identifier slot = {atomic_update, atomic_disable, atomic_enable, atomic_flush, atomic_begin, mode_set_nofb, enable_vblank, disable_vblank, prepare_fb, cleanup_fb, begin_fb_access, end_fb_access, atomic_async_update, atomic_commit_tail, get_modes, detect_ctx, load, release};
@@

struct table s = { .slot = f, };

@outside exists@
identifier callback.f;
identifier door = {pv_svga_read, pv_svga_write, pv_svga_fifo_start, pv_svga_fifo_stop, pv_svga_fifo_emit, pv_svga_fifo_sync, pv_svga_screen_enable, pv_svga_screen_blank, pv_svga_screen_update, pv_svga_screen_blit, pv_svga_cursor_move, pv_svga_fence_sync, pv_svga_irq_enable, memcpy_toio, memset_io, iosys_map_memcpy_to, drm_fb_memcpy, drm_fb_blit, iowrite32, writel, outl};
position p;
@@

f(...) {
... when != drm_dev_enter(...)
    when any
door@p(...)
... when any
}

@after exists@
identifier callback.f;
identifier door = {pv_svga_read, pv_svga_write, pv_svga_fifo_start, pv_svga_fifo_stop, pv_svga_fifo_emit, pv_svga_fifo_sync, pv_svga_screen_enable, pv_svga_screen_blank, pv_svga_screen_update, pv_svga_screen_blit, pv_svga_cursor_move, pv_svga_fence_sync, pv_svga_irq_enable, memcpy_toio, memset_io, iosys_map_memcpy_to, drm_fb_memcpy, drm_fb_blit, iowrite32, writel, outl};
position p;
@@

f(...) {
... when any
drm_dev_exit(...);
... when != drm_dev_enter(...)
    when any
door@p(...)
... when any
}

@script:python depends on report@
p << outside.p;
@@
coccilib.report.print_report(p[0], "touches the device outside drm_dev_enter()")

@script:python depends on report@
p << after.p;
@@
coccilib.report.print_report(p[0], "touches the device after drm_dev_exit()")
