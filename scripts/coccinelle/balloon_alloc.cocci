// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the pvops developers
/// A balloon takes pages as fast as the host asks.  Without __GFP_NORETRY and
/// __GFP_NOWARN an allocation for the host reclaims, compacts, calls the OOM
/// killer or fills the log on the host's account; with GFP_ATOMIC or
/// __GFP_MEMALLOC it eats the reserves of the guest.
// Applies: drivers/pv-balloon
// Options: --no-includes

virtual report

@plain@
identifier get = {alloc_page, alloc_pages, alloc_pages_node, folio_alloc, __get_free_pages, __get_free_page};
identifier flags = {GFP_KERNEL, GFP_ATOMIC, GFP_HIGHUSER, GFP_HIGHUSER_MOVABLE, GFP_USER, GFP_NOIO, GFP_NOFS, GFP_NOWAIT};
position p;
@@

get@p(..., flags, ...)

@greedy@
identifier get = {alloc_page, alloc_pages, alloc_pages_node, folio_alloc, __get_free_pages, __get_free_page};
identifier force = {__GFP_MEMALLOC, __GFP_NOFAIL, __GFP_RETRY_MAYFAIL};
position p;
@@

get@p(..., <+... force ...+>, ...)

@script:python depends on report@
p << plain.p;
@@
coccilib.report.print_report(p[0], "allocates for the host without __GFP_NORETRY | __GFP_NOWARN")

@script:python depends on report@
p << greedy.p;
@@
coccilib.report.print_report(p[0], "allocates for the host at any price")
