# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The boot matrix: the one image on every platform, and the debug image natively."""

import pytest

from ktest.lib import boot, kernel, matrix, platforms


@pytest.mark.parametrize("platform", platforms.names())
def test_platform(platform, quantity):
    """The image boots, is detected, and passes its tests on the platform."""
    wanted = quantity(f"boots.{platform}", required=10, short=1)
    for _ in range(wanted.count):
        row, result = matrix.run_one(platform)
        if row["result"] == "skip":
            pytest.skip(row["reason"])
        matrix.write([row], partial=True)
        assert result, row["reason"]
        assert result.ok, result.explain()
        wanted.done += 1


def test_one_image():
    """Every row of the table was made by the same file."""
    rows = matrix.read()
    booted = {r["image_sha256"] for r in rows if r["result"] == "pass"}
    assert booted == {kernel.sha256(kernel.image())}


def test_debug_kernel(quantity):
    """KASAN, lockdep and the like find nothing in the self tests."""
    wanted = quantity("boots.debug", required=10, short=1)
    for _ in range(wanted.count):
        result = boot.run("native", kernel="debug", timeout=180, memory="2G",
                          console="native-debug")
        result.console.problems += matrix.shortcomings(platforms.get("native"), result)
        assert result.ok, result.explain()
        wanted.done += 1
