# Everything a user or developer runs. Each target makes the virtual environment it needs, and makes it again when
# pyproject.toml or setup.py changed. Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
# Processes for the tests: more than two processors are busy with, for tests wait for what they have started. One that has
# nothing left takes over what another has not begun. And options for the programs: make demo ARGS="--seconds 60"
WORKERS ?= 4
ARGS ?=
# Likewise for the two halves of make abuse.
COMMANDS ?=
CONNECTIONS ?=
# What the work tree is compared with: make against REV=main~1
REV ?= HEAD
# Seeds of the simulator: how many from which one on; or one alone.
SEEDS ?= 1000
FIRST ?= 0
SEED ?=

# .venv is the development install: editable, interpreted, with the checkers.
# .venv-native is what a user gets: an ordinary install, compiled where a C compiler is found.
DEV := .venv
NATIVE := .venv-native
# A compiler, and the headers of this Python.
COMPILER := $(shell (command -v cc || command -v gcc || command -v clang) 2>/dev/null \
	&& $(PYTHON) -c 'import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())' \
	&& echo usable)
SOURCES := $(shell find engine compliance gateway loadtest sandbox_exchange -name '*.py' -o -name '*.toml' -o -name '*.c')
# PYTHONSAFEPATH keeps the processes that a program starts from importing the source tree instead of what is installed.
# Tests of the installed package run outside the source tree, which Python would otherwise import instead.
OUTSIDE := build/outside
# Of what is compiled.
COMPILED_TESTS := tests/engine tests/compliance tests/scenarios tests/golden tests/gateway/outbound tests/gateway/protocol tests/gateway/inbound/test_plain.py tests/gateway/inbound/test_plain_sessions.py

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What was compiled to byte code is kept, whoever says otherwise: the tests start some hundred processes, each of which would
# compile all it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test lint client bench profile load against abuse docs words simulate soak interop clean check interpreted compiled

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(NATIVE)/.installed ## run a venue with simulated participants, then verify and replay its journal
	PYTHONSAFEPATH=1 $(NATIVE)/bin/sbx demo $(ARGS)

test: ## lint, types, all tests interpreted, and compiled those of what is compiled
	@if $(MAKE) --no-print-directory check; then echo "make test: passed"; else echo "make test: FAILED"; exit 1; fi

check:
	@$(MAKE) --no-print-directory -j2 lint $(DEV)/.collected
	@$(MAKE) --no-print-directory interpreted compiled

lint: $(DEV)/.installed ## style and types
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy

client: $(DEV)/.installed ## the wheel of the client library alone, into dist/
	$(DEV)/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist packaging/client

bench: $(DEV)/.installed $(NATIVE)/.installed ## one JSON line per benchmark, interpreted and compiled, beside other engines
	$(DEV)/bin/sbx bench --compiled $(NATIVE)/bin/python $(ARGS)

profile: $(DEV)/.installed $(NATIVE)/.installed ## where the time of a command goes, stage by stage, interpreted and compiled
	$(DEV)/bin/sbx bench --profile --compiled $(NATIVE)/bin/python $(ARGS)

load: $(DEV)/.installed $(NATIVE)/.installed ## load a venue, compiled if it can be: make load ARGS="--find-knee"
	$(DEV)/bin/sbx load $(ARGS)

against: $(DEV)/.installed ## is the work tree slower than REV? both built and run in turns: make against REV=main~1
	$(DEV)/bin/sbx bench --against $(REV) $(ARGS)

abuse: $(DEV)/.installed $(NATIVE)/.installed ## what ill will can cost: make abuse COMMANDS="--only pegs" CONNECTIONS="--pairs 6"
	$(DEV)/bin/sbx abuse commands $(COMMANDS)
	$(DEV)/bin/sbx abuse connections $(CONNECTIONS)

docs: $(DEV)/.installed ## all pages as a site in site/, with those of the packages: a link that leads nowhere is an error
	$(DEV)/bin/properdocs build --strict $(ARGS)

words: $(DEV)/.installed ## bring the catalogues of other languages up to date with the sources
	$(DEV)/bin/python -m tests.support.catalogues

soak: $(DEV)/.installed ## the tests that take minutes
	SBX_EXPECT_BUILD=interpreted $(DEV)/bin/pytest -m soak $(ARGS)

simulate: $(DEV)/.installed ## the simulator: make simulate SEEDS=10000, or one again: make simulate SEED=17
	$(DEV)/bin/python -m tests.simulator $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --first $(FIRST))

interop: $(DEV)/.installed ## the tests that need an outside client, such as a browser
	SBX_EXPECT_BUILD=interpreted $(DEV)/bin/pytest -m interop $(ARGS)

clean: ## remove all that was built or installed
	rm -rf $(DEV) $(NATIVE) build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find engine compliance gateway loadtest -name '*.so' -delete
	rm -f sandbox_exchange__mypyc.*
	rm -rf packaging/client/made packaging/client/build packaging/client/LICENSE packaging/client/*.egg-info
	find engine compliance gateway loadtest sandbox_exchange tests -name __pycache__ -type d -prune -exec rm -rf {} +

# pytest rewrites the assertions of each file it collects, and keeps what comes of it: 16 s of a processor for all files. Done
# once after an installation, or each of the workers would do it for itself. What is wrong shows when the tests run.
$(DEV)/.collected: $(DEV)/.installed
	@$(DEV)/bin/pytest -q --collect-only >/dev/null 2>&1 || true
	@touch $@

interpreted: $(DEV)/.collected
	SBX_EXPECT_BUILD=interpreted $(DEV)/bin/pytest -q -n $(WORKERS) --dist worksteal -m 'not soak and not interop'

ifeq ($(filter usable,$(COMPILER)),)
compiled:
	@echo "no C compiler with Python's headers found: the compiled build is not tested"
else
# The copies keep their times: so what pytest has kept of the files holds for them, too.
compiled: $(DEV)/.installed $(NATIVE)/.compiled
	rm -rf $(OUTSIDE) && mkdir -p $(OUTSIDE) && cp -rp pyproject.toml tests $(OUTSIDE)
	cd $(OUTSIDE) && SBX_EXPECT_BUILD=compiled $(CURDIR)/$(NATIVE)/bin/pytest -q -n $(WORKERS) --dist worksteal -m 'not soak and not interop' $(COMPILED_TESTS)
	@interpreted=$$($(DEV)/bin/sbx bench --digest) && compiled=$$($(NATIVE)/bin/sbx bench --digest) \
	&& echo "interpreted: $$interpreted" && echo "compiled:    $$compiled" \
	&& test "$${interpreted#* }" = "$${compiled#* }" \
	|| { echo "the two builds disagree on the same commands"; exit 1; }
endif

$(DEV)/.installed: pyproject.toml setup.py
	@$(call create,$(DEV))
	SBX_NATIVE=0 $(DEV)/bin/pip install --quiet --editable '.[dev]'
	@touch $@

$(NATIVE)/.installed: pyproject.toml setup.py $(SOURCES)
	@$(call create,$(NATIVE))
	@echo "installing; with a C compiler the core is compiled, which takes a few minutes the first time"
	$(NATIVE)/bin/pip install --quiet '.[test]'
	@touch $@

# With a compiler a failed compilation is an error here, where `make demo` falls back.
$(NATIVE)/.compiled: $(NATIVE)/.installed
	$(NATIVE)/bin/sbx version --json | grep -q '"build":"compiled"' || SBX_NATIVE=1 $(NATIVE)/bin/pip install --quiet .
	@touch $@

define create
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
|| { echo "$(PYTHON) is older than Python 3.11; name another: make PYTHON=python3.11"; exit 1; }; \
test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
endef
