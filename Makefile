# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
#
# 'make help' lists what there is.

PYTHON := /usr/bin/python3
SETUP := scripts/setup

export PYTHONDONTWRITEBYTECODE := 1
# The kernel's make is given its own number of jobs; with ours too it would warn.
unexport MAKEFLAGS MFLAGS

.PHONY: help
help:
	@echo 'make run [PLATFORM=name] [CPUS=n] [APPEND=words]'
	@echo '                                   build the image once, boot it on every platform'
	@echo 'make shell [PLATFORM=name]         an interactive shell in a guest'
	@echo "make desktop [VNC=127.0.0.1:1]     Debian's Weston on the SVGA II device"
	@echo 'make demo [PLATFORM=name] [VNC=...]  a Debian desktop, network, balloon and clock'
	@echo 'make test                          the short form of the tests, in under 45 minutes'
	@echo 'make soak [ONLY=name]              the long form, in hours'
	@echo 'make bench [ONLY=area]             what things cost: tables, bench.json, bench.html'
	@echo 'make deb [KERNEL_CONFIG=name|file]  Debian packages: kernel, drivers (DKMS), tool'
	@echo 'make lint                          sparse, Coccinelle, checkpatch, W=1, kernel-doc'
	@echo 'make tree [KERNEL=dir] [CONFIG=debian] [FORCE=1]'
	@echo '                                   the kernel tree with the series, in build/linux'
	@echo 'make kernel, make kernel-debug     the image; the same with KASAN, lockdep and the like'
	@echo "make series OUT=dir [SIGNOFF='Name <mail>']"
	@echo '                                   the series as mailing-list-ready patch sets'
	@echo 'make bisect-check                  build every commit of the series'
	@echo 'make apply-check                   the series on the newest and oldest source of Debian'
	@echo 'make docs                          the documentation, in build/docs'
	@echo 'make clean                         remove build/'

.PHONY: tree
tree:
	@$(SETUP) tree
	@$(PYTHON) scripts/tree $(if $(KERNEL),--kernel '$(KERNEL)') $(if $(FORCE),--force)
	@$(if $(CONFIG),$(SETUP) build && $(PYTHON) ktest/build --configure-only '$(CONFIG)')

.PHONY: kernel kernel-debug
kernel: tree
	@$(SETUP) build
	@$(PYTHON) ktest/build release
kernel-debug: tree
	@$(SETUP) build
	@$(PYTHON) ktest/build debug

.PHONY: run shell
run: kernel
	@$(SETUP) run
	@$(PYTHON) ktest/run $(if $(PLATFORM),--platform "$$PLATFORM") $(if $(CPUS),--cpus "$$CPUS") \
		$(if $(APPEND),--append "$$APPEND")
shell: kernel
	@$(SETUP) run
	@$(PYTHON) ktest/run --shell $(if $(PLATFORM),--platform "$$PLATFORM") \
		$(if $(CPUS),--cpus "$$CPUS") $(if $(APPEND),--append "$$APPEND")

.PHONY: desktop
desktop: kernel
	@$(SETUP) run desktop
	@$(PYTHON) ktest/show-desktop $(if $(VNC),--vnc "$$VNC")

.PHONY: demo
demo: kernel
	@$(SETUP) run desktop
	@$(PYTHON) ktest/demo $(if $(PLATFORM),--platform "$$PLATFORM") $(if $(VNC),--vnc "$$VNC")

.PHONY: test soak
test:
	@$(SETUP) tree build run test lint
	@$(PYTHON) ktest/test
soak:
	@$(SETUP) tree build run test lint soak
	@$(PYTHON) ktest/soak $(if $(ONLY),"$$ONLY")

.PHONY: bench
bench: kernel
	@$(SETUP) run bench
	@$(PYTHON) ktest/bench $(ONLY)

.PHONY: deb
deb: tree
	@$(SETUP) build deb
	@$(PYTHON) scripts/deb/build --kernel "$${KERNEL_CONFIG:-release}"

.PHONY: lint bisect-check
lint: tree
	@$(SETUP) build lint
	@scripts/lint
bisect-check: tree
	@$(SETUP) build
	@scripts/bisect-check

.PHONY: apply-check docs
apply-check:
	@$(SETUP) tree
	@scripts/apply-check
docs: tree
	@$(SETUP) docs
	@scripts/docs

.PHONY: series
series: tree
	@test -n "$$OUT" || { echo 'series: say where to: make series OUT=dir' >&2; exit 2; }
	@$(PYTHON) scripts/series $(if $(SIGNOFF),--signoff "$$SIGNOFF") "$$OUT"

.PHONY: clean
clean:
	rm -rf build
