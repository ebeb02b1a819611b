# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Start the image directly under QEMU TCG, as the native-like platforms do."""

# Deterministic counting (docs/system/icount): one CPU, no string instruction
# that TCG would charge by the iteration, a clock that follows the count.
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm"]
ICOUNT_CPU = ",-erms,-fsrm,-la57"

# The host of nested guests.  Without XSAVE: under TCG's SVM a guest sees state
# sizes that do not fit its features (832 bytes without AVX), and with AVX left
# out alone its signal frames are refused.  FXSAVE is sound.
SVM_CPU = "EPYC,-xsave,-xsaveopt,-xsavec,-xgetbv1,-avx,-avx2,-f16c,-fma"


def accelerator(boot):
    """TCG, one thread a CPU where several CPUs run; counting wants one thread."""
    return ["-accel", "tcg" if boot.icount else "tcg,thread=multi"]


def arguments(boot, machine, cpu, extra=()):
    """QEMU's arguments for @boot on @machine with @cpu, booted by -kernel."""
    if boot.icount:
        cpu += ICOUNT_CPU
    return ["-M", machine, *accelerator(boot), "-cpu", cpu, "-smp", str(boot.cpus),
            "-m", boot.memory, *(ICOUNT if boot.icount else []),
            "-kernel", str(boot.image), "-initrd", str(boot.initrd),
            "-append", boot.command_line("ttyS0"), *extra, *boot.devices]
