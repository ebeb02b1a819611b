// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 of the kernel tree's lib/crypto, so that a log names the exact file
 * that was booted.
 *
 * Copyright (C) 2026 the pvops developers
 */
#include "lib/crypto/sha256.c"
#include "load.h"

void sha256_digest(const u8 *data, u64 len, u8 digest[32])
{
	sha256(data, len, digest);
}
