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

# One thread for all CPUs.  With a thread a CPU, QEMU before 8.1 translates
# without the lock of the page that it reads: a CPU may run an INT3 that another
# has patched away already, and the kernel, which made sure that none can, dies
# ("Oops: int3").  Seen in 3 of 15 boots on a machine with load 12.
TCG = ["-accel", "tcg,thread=single"]


def arguments(boot, machine, cpu, extra=()):
    """QEMU's arguments for @boot on @machine with @cpu, booted by -kernel."""
    if boot.counted:
        cpu += ICOUNT_CPU
    return ["-M", machine, *TCG, "-cpu", cpu, "-smp", str(boot.cpus),
            "-m", boot.memory, *(ICOUNT if boot.icount else []),
            "-kernel", str(boot.image), "-initrd", str(boot.initrd),
            "-append", boot.command_line("ttyS0"), *extra, *boot.devices]
