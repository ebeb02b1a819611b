# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Debian's own configuration with everything of ours: one image, four ways to run it."""

import pytest

from ktest.lib import KtestError, boot, config, kernel, matrix, platforms
from ktest.lib.paths import BUILD

PLATFORMS = ("native", "xen-pv", "kvm", "pvm")


def test_configuration_has_everything_of_ours():
    """'make tree CONFIG=debian' leaves nothing of ours out."""
    kernel.configure_named("debian")
    made = config.read(BUILD / "debian" / ".config")
    for name, value in config.for_debian().items():
        assert made.get(name, "n") in ({"y", "m"} if value == "y" else {value}), name
    assert made["CONFIG_DRM_PV_SVGA"] == made["CONFIG_DRM"] == "m"
    assert made["CONFIG_PVOPS_PVM"] == made["CONFIG_XEN_PV"] == "y"


def test_what_has_no_effect_is_refused(monkeypatch, tmp_path):
    """A symbol that Debian's configuration cannot have is named, and nothing is built."""
    monkeypatch.setattr(config, "for_debian", lambda: {"CONFIG_PVOPS_KUNIT_TEST": "y"})
    with pytest.raises(KtestError, match="without effect in the configuration: "
                                         "CONFIG_PVOPS_KUNIT_TEST=y$"):
        kernel.configure_debian(tmp_path / "debian")


@pytest.mark.soak
@pytest.mark.parametrize("platform", PLATFORMS)
def test_boot(platform, quantity):
    """The image is detected there and passes the self test."""
    wanted = quantity(f"boots.debian-config.{platform}", required=1, short=1)
    wanted.kernel = "debian"
    kernel.build("debian")
    module = platforms.get(platform)
    # KVM is a module that Debian's kernel loads with a dozen others: the host is ours.
    result = boot.run(platform, kernel="debian", host_kernel="release", memory="2G",
                      console=f"debian-{platform}", timeout=2 * module.TIMEOUT)
    assert result.ok, result.explain()
    assert not matrix.expectations(module, result.console.info)
    wanted.done += 1
