# `make` lists the targets. Needed: python3 (3.10 or later) and python3-venv; a C compiler and the
# Python headers make the hot loops fast, and nothing fails without them.

PYTHON ?= python3
VENV ?= .venv
PYTEST_FLAGS ?= -n 2
BENCH_FLAGS ?=

BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The modules that setup.py compiles, from its table.
COMPILED := $(shell sed -n 's/^    "\(prettify\.core\.[a-z_0-9]*\)",$$/\1/p' setup.py)
BUILD_INPUTS := pyproject.toml setup.py $(wildcard prettify/core/*.py prettify/core/*.pxd)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test bench lint pyz formats clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed ## decode the ELF header of /bin/bash
	@echo '$$ prettify --header elf64_hdr < /bin/bash'
	@$(BIN)/prettify --header elf64_hdr < /bin/bash

test: $(VENV)/.installed-test ## run the tests twice: with the compiled modules, and without
	@suffix=$$($(extension_suffix)); built=; missing=; \
	for module in $(COMPILED); do \
	    if [ -e "$$(echo $$module | tr . /)$$suffix" ]; \
	    then built="$$built $$module"; else missing="$$missing $$module"; fi; \
	done; \
	if [ -z "$$built" ]; then \
	    echo 'make test: no compiled modules (no C compiler?): only the uncompiled run'; \
	elif [ -n "$$missing" ]; then \
	    echo "make test: not compiled:$$missing; to see why: $(BIN)/pip install -v -e ." >&2; exit 1; \
	else \
	    echo "make test: compiled:$$built"; \
	    $(BIN)/python -m pytest $(PYTEST_FLAGS) || exit 1; \
	fi
	@echo 'make test: uncompiled'
	@PRETTIFY_PURE=1 $(BIN)/python -m pytest $(PYTEST_FLAGS) -m 'not slow_pure'

bench: $(VENV)/.installed-bench ## run the benchmarks (BENCH_FLAGS='...' passes options)
	$(BIN)/python benchmarks/run.py $(BENCH_FLAGS)

lint: $(VENV)/.installed-dev ## check style and types: ruff, mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict prettify

pyz: ## make dist/prettify.pyz, one file that needs python3 and nothing else
	@rm -rf build/pyz dist/prettify.pyz
	@mkdir -p build/pyz dist
	@find prettify -name '*.py' -print0 | tar -c --null -T - | tar -x -C build/pyz
	@cp -R formats build/pyz/prettify/_formats
	@rm -rf build/pyz/prettify/_formats/*/samples
	@printf '%s\n' 'from prettify.cli import entry' '' 'entry()' \
	    > build/pyz/__main__.py
	$(PYTHON) -m zipapp build/pyz -c -p '/usr/bin/env python3' -o dist/prettify.pyz

# For maintainers: needs gcc and pahole. All types of the header go in, used or not. The old file
# goes first, since pahole writes over it without cutting it to length.
formats: ## rebuild each formats/*/*.btf, and benchmarks' own, from the header beside it
	@set -e; object=$$(mktemp); trap 'rm -f "$$object"' EXIT; \
	for header in formats/*/*.h benchmarks/types/*.h; do \
	    btf=$${header%.h}.btf; \
	    echo "$$header -> $$btf"; \
	    gcc -Wall -Werror -g -fno-eliminate-unused-debug-types -x c -c "$$header" -o "$$object"; \
	    rm -f "$$btf"; \
	    pahole -J --btf_gen_floats --btf_encode_detached="$$btf" "$$object"; \
	    chmod 644 "$$btf"; \
	done

clean: ## remove what the other targets made, the virtual environment too
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f prettify/core/*.so prettify/core/*.c
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
	@if [ -e $(VENV)/.made ]; then echo 'rm -rf $(VENV)'; rm -rf $(VENV); fi

extension_suffix = $(BIN)/python -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))'

# Old compiled modules go first: one that no longer compiles must not run on in place of its source.
define install
	@rm -f prettify/core/*$$($(extension_suffix))
	$(PIP_INSTALL) -e '.$(1)'
	@touch $(2)
endef

$(VENV)/.made:
	@$(PYTHON) -m venv $(VENV) > /dev/null 2>&1 || { \
	    echo "make: '$(PYTHON) -m venv' does not work; Debian, Ubuntu: sudo apt install python3-venv" >&2; \
	    exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.made $(BUILD_INPUTS)
	$(call install,,$@)

$(VENV)/.installed-test: $(VENV)/.made $(BUILD_INPUTS)
	$(call install,[test],$(VENV)/.installed $@)

$(VENV)/.installed-bench: $(VENV)/.made $(BUILD_INPUTS)
	$(call install,[bench],$(VENV)/.installed $@)

$(VENV)/.installed-dev: $(VENV)/.made $(BUILD_INPUTS)
	$(call install,[dev],$(VENV)/.installed $(VENV)/.installed-test $@)
