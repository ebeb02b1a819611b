# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Boot the image on a platform and judge what came of it."""

from dataclasses import dataclass, field
from pathlib import Path
import tempfile
import time

from . import KtestError, console, hung, initramfs, kernel, platforms
from .machine import Machine
from .paths import REPORT
from .patience import PATIENCE


@dataclass
class Boot:
    """What is to be booted, on which platform, to run which test."""

    platform: str
    kernel: str = "release"          # the build that is booted
    host_kernel: str = ""            # nested platforms: what their host runs, if not the same
    test: str = "selftest"           # ktest/guest/<test>.sh
    cpus: int = 2
    memory: str = "1G"
    hypervisor: str = ""             # Xen guests: added to Xen's own command line
    maximum: int = 0                 # Xen guests: MiB that a balloon may make of it; 0: no more
    cmdline: str = ""                # added to the kernel command line
    devices: list = field(default_factory=list)   # QEMU arguments
    files: object = None             # a cpio.Archive put on top of the initramfs
    icount: bool = False             # count instructions instead of time
    counted: bool = False            # the CPU model of counts, without icount
    model: str = ""                  # QEMU's CPU model where it is not the platform's own
    timeout: float = 0               # seconds on an idle machine; 0: the platform's
    console: str = ""                # name of the console file below build/report
    interactive: bool = False
    outer: Path = None               # set by nested platforms: the host's console
    inner: object = None             # set by nested platforms: the way to the guest's QEMU
    pulse: object = None             # set by nested platforms: see class Pulse
    image: Path = None
    initrd: Path = None

    def __post_init__(self):
        self.counted = self.counted or self.icount

    def command_line(self, device):
        """The kernel command line with the console on @device."""
        words = [f"console={device}", *kernel.WORDS, "log_buf_len=4M", f"ktest={self.test}", self.cmdline]
        return " ".join(w for w in words if w)

    @property
    def console_path(self):
        """Where the console is kept."""
        return REPORT / f"{self.console or f'{self.platform}-{self.test}'}.console"

    @property
    def megabytes(self):
        """The guest's memory in MiB."""
        if self.memory.endswith("G"):
            return int(self.memory[:-1]) << 10
        return int(self.memory.rstrip("M"))

    def has_device(self, model):
        """Did the caller ask for a device of this model?"""
        return any(word == model or word.startswith(model + ",") for word in self.devices)


@dataclass
class Result:
    """The outcome of one boot."""

    boot: Boot
    console: console.Console
    seconds: float
    repeat: str                      # the command line that repeats it
    path: Path                       # the kept console

    @property
    def ok(self):
        """No problem was found."""
        return not self.console.problems

    def explain(self):
        """Why it failed, the end of the console, and how to repeat it."""
        tail = "\n".join(self.console.text.rstrip().split("\n")[-12:])
        return "\n".join([f"{self.boot.platform}: {self.console.problems[0]}",
                          *(f"  also: {p}" for p in self.console.problems[1:6]),
                          tail, f"console: {self.path}", f"repeat: {self.repeat}"])


def until(condition, timeout, otherwise, every=0.1):
    """Wait until @condition() is true and return it; @timeout is of an idle machine.

    @otherwise: what is wrong if it never is, or a function that says so then.
    """
    end = time.monotonic() + timeout * PATIENCE
    while not (found := condition()):
        if time.monotonic() > end:
            raise KtestError(otherwise() if callable(otherwise) else otherwise)
        time.sleep(every)
    return found


class Guest:
    """A guest that runs; use as a context manager, or call finish()."""

    def __init__(self, boot):
        self.boot = boot
        platform = platforms.get(boot.platform)
        missing = platforms.missing(boot.platform)
        if missing:
            raise KtestError(f"{boot.platform}: {missing}")
        boot.image = boot.image or kernel.built(boot.kernel)
        boot.initrd = boot.initrd or initramfs.write(boot.kernel, boot.files,
                                                          boot.console_path.stem)
        self.limit = (boot.timeout or platform.TIMEOUT) * PATIENCE
        REPORT.mkdir(parents=True, exist_ok=True)
        self.machine = Machine(platform.arguments(boot), boot.console_path,
                               interactive=boot.interactive)

    def __enter__(self):
        try:
            self.begin()
        except BaseException:
            # A with statement that does not begin does not end.
            self.__exit__()
            raise
        return self

    def begin(self):
        """What must have happened before the guest can be used."""

    def __exit__(self, *_):
        self.machine.kill()
        for end in (self.boot.inner, self.boot.pulse):
            if end:
                end.close()

    def wait_for(self, pattern, timeout=60, start=0):
        """Wait for a line of the guest; see Machine.wait_for."""
        try:
            return self.machine.wait_for(pattern, timeout * PATIENCE, start)
        except KtestError:
            if self.machine.process.poll() is None:
                hung.keep(self)
            raise

    def send(self, text):
        """Type @text on the guest's console."""
        self.machine.send(text)

    def qmp(self, command, **arguments):
        """Run a QMP command on the QEMU that the guest runs in."""
        return (self.boot.inner or self.machine).qmp(command, **arguments)

    def screendump(self):
        """The guest's screen, as the bytes of a PPM file."""
        if self.boot.inner:
            return self.boot.inner.screendump()
        with tempfile.NamedTemporaryFile(prefix="ktest-", suffix=".ppm") as file:
            self.qmp("screendump", filename=file.name)
            return Path(file.name).read_bytes()

    def wake(self, timeout=60):
        """Wait until the machine sleeps, then press its power button."""
        until(lambda: self.qmp("query-status")["status"] == "suspended", timeout,
              "the machine does not go to sleep")
        self.qmp("system_wakeup")

    def finish(self, expect_splat=None):
        """Wait until the guest powers off and judge its console."""
        ended = self.machine.wait(self.limit)
        seconds = time.monotonic() - self.machine.started
        kept = None if ended else hung.keep(self)
        said = self.machine.kill()
        found = console.judge(self.machine.raw(), self.boot.platform, expect_splat)
        if self.boot.outer:
            host = console.judge(self.boot.outer.read_bytes(), f"{self.boot.platform}-host")
            found.problems += [f"host: {p}" for p in host.problems]
        if not ended:
            found.problems.insert(0, f"no power-off within {self.limit:.0f} s; see {kept}")
        if said and "qemu-system" in said and not ended:
            found.problems.append(said.split("\n")[0])
        elif said and found.status is None:
            found.problems.append(said.split("\n")[0])
        return Result(self.boot, found, seconds, self.machine.shell_line(),
                      self.machine.console_path)


def run(platform, expect_splat=None, **options):
    """Boot to the end and return the Result; @options are fields of Boot."""
    with Guest(Boot(platform, **options)) as guest:
        return guest.finish(expect_splat)
