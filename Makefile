# Every target makes what it needs. The only things asked of the machine: make, git, and Python 3.11
# or newer with its venv module (PYTHON=... names another one).
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV ?= .venv
KEEP ?=
TESTS ?= tests
BENCH ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
TESTBED := tools/openstack-testbed
SOURCES := src tests bench tools

.PHONY: help demo test check lint types contract testbed-up testbed-down teuthology bench docs pins clean

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed  ## lock two nodes of an embedded cloud, use them, give them back (KEEP=1 stays up)
	$(BIN)/leasehold demo $(if $(KEEP),--keep)

test: $(VENV)/developing  ## every test that needs no other service, in a few minutes (TESTS=tests/unit)
	LEASEHOLD_TESTBED=0 $(BIN)/python -m pytest $(TESTS)

check:  ## all that CI runs: lint, types, tests, real OpenStack, the demo (needs root for apt)
	.ci/run

lint: $(VENV)/developing  ## ruff's rules and format, and which package may import which
	$(BIN)/ruff check $(wildcard $(SOURCES))
	$(BIN)/ruff format --check $(wildcard $(SOURCES))
	$(BIN)/lint-imports

types: $(VENV)/developing  ## mypy, strict
	$(BIN)/mypy

contract: $(VENV)/developing  ## the contract suite on the emulator and, when it runs, on real OpenStack
	$(BIN)/python -m pytest tests/contract

testbed-up:  ## start real OpenStack services on loopback: 1 min, 2 GiB; the first time installs them (root)
	$(TESTBED) up

testbed-down:  ## stop them; their state is kept
	$(TESTBED) down

teuthology: $(VENV)-teuthology/installed  ## install teuthology's client, which tests then run as it is

bench: $(VENV)/developing  ## the numbers of the README, each beside its peer (BENCH=name for one)
	$(BIN)/python -m bench $(BENCH)

docs: $(VENV)/developing  ## write again the pages that are made from the code
	$(BIN)/python -m tools.docs

pins:  ## renew constraints.txt with the newest release of everything
	rm -rf $(VENV)-pins
	$(PYTHON) -m venv $(VENV)-pins
	$(VENV)-pins/bin/pip install -qq --upgrade pip
	$(VENV)-pins/bin/pip install -qq --editable . --group dev
	{ grep '^#' constraints.txt; $(VENV)-pins/bin/pip freeze --exclude-editable; } > $(VENV)-pins/new
	mv $(VENV)-pins/new constraints.txt
	rm -rf $(VENV)-pins

clean:  ## remove what the other targets made, but not the testbed
	rm -rf $(VENV) $(VENV)-teuthology build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench tools -name __pycache__ -prune -exec rm -rf {} +

# A plain user's install.
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "Leasehold needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	@echo "installing Leasehold into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "no virtual environment: install Python's venv module (Debian: apt install python3-venv)"; \
	    exit 1; }
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

# teuthology itself, as others run it; what it needs does not go together with what we need.
$(VENV)-teuthology/installed: tests/system/teuthology/requirements.txt
	@echo "installing teuthology into $(VENV)-teuthology"
	@$(PYTHON) -m venv $(VENV)-teuthology
	@$(VENV)-teuthology/bin/python -m pip --disable-pip-version-check --quiet --quiet install --requirement $<
	@touch $@

# The same with what the tests, linters and benchmarks need.
$(VENV)/developing: $(VENV)/installed
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install --constraint constraints.txt --group dev
	@touch $@
