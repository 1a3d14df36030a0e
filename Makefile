# `make` alone prints what there is. Every target that needs the command or the engine calls setup, which costs
# less than a second when nothing is missing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed
PYTEST := $(BIN)/python -m pytest
UNIT := tests/unit tests/sim -n 3
# Two files at once, each with environments of its own: most of an end-to-end test is waiting.
SIDE_BY_SIDE := -n 2 --dist loadfile
# On a machine that others use too a time limit can be missed without a fault of ours: what failed side by side has
# to pass alone. A real fault fails twice.
ALONE = { echo "== what failed is run once more and alone"; $(PYTEST) $(1) --last-failed --last-failed-no-failures none; }
QUICK := not heavy and not acmeair
ACMEAIR_IMAGES := cassandra eureka zuul acmeair-auth acmeair-web acmeair-loader load
# Prints how long a step of `make test` took.
TIMED = @start=$$SECONDS; echo "== $(1)"; $(2); echo "== $(1): $$((SECONDS - start)) s"

.PHONY: help setup tools demo picture acmeair acmeair-ha acmeair-images chaos-image acmeair-test test unit e2e test-all \
        lint types contracts fmt bench bench-acmeair bench-chaos bench-rollouts bench-console lock clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## the command in .venv, a container engine, the base image
	@$(BIN)/python -m reconciler.setup --fix --quiet

# Without python3-venv a Debian python can't make a virtual environment; its package is installed where it is missing.
$(INSTALLED): pyproject.toml requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "error: there is no python3; install Python 3.11 or later" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "error: $(PYTHON) is older than 3.11; name another: make setup PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Installing python3-venv ..."; log=$$(mktemp); \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3-venv; } \
	    >"$$log" 2>&1 || { tail -n 15 "$$log" >&2; echo "error: python3-venv is missing; install it as root" >&2; exit 1; }; \
	  rm -f "$$log"; }
	@echo "Installing the locked dependencies into .venv ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

tools: $(INSTALLED) ## Debian's programs that only tests and figures use (dig, curl, chromium, ...)
	@$(BIN)/python -m tests.support.tools

demo: setup ## the main job, shown in under a minute
	@$(BIN)/reconciler demo

picture: setup ## the picture in the README, taken while the demo runs
	@$(BIN)/reconciler demo --picture docs/pictures/dashboard.svg </dev/null

acmeair: setup ## a whole cloud: Acme Air with Eureka, Zuul and Cassandra, on http://127.0.0.1:8080
	@examples/start acmeair

acmeair-ha: setup ## the same in three zones, with two or three of each
	@examples/start acmeair-ha acmeairha

acmeair-images: setup
	@$(BIN)/reconciler images build $(ACMEAIR_IMAGES)

chaos-image: setup
	@$(BIN)/reconciler images build chaos

acmeair-test: setup tools acmeair-images chaos-image ## a cloud of the tests' own: in a real browser, under load, broken in every part
	$(call TIMED,tests of the Acme Air cloud,$(PYTEST) tests/e2e/acmeair -m acmeair || $(call ALONE,tests/e2e/acmeair))

test: setup tools chaos-image ## lint, types, import contracts, then every test but the heavy ones
	@$(MAKE) lint
	@$(MAKE) types
	@$(MAKE) contracts
	$(call TIMED,unit and property tests,$(PYTEST) $(UNIT) -m "not heavy" || $(call ALONE,tests/unit tests/sim))
	$(call TIMED,the loop in virtual time,$(PYTEST) tests/loop -n 2 -m "not heavy" || $(call ALONE,tests/loop))
	$(call TIMED,contract tests,$(PYTEST) tests/contract -n 2 -m "not heavy" || $(call ALONE,tests/contract))
	$(call TIMED,end-to-end tests,$(PYTEST) tests/e2e $(SIDE_BY_SIDE) -m "$(QUICK)" || $(call ALONE,tests/e2e))

unit: $(INSTALLED) ## unit and property tests: no engine, under 30 s
	@$(PYTEST) $(UNIT) -m "not heavy"

e2e: setup tools chaos-image ## contract and end-to-end tests on the real engine
	@$(PYTEST) tests/contract tests/e2e $(SIDE_BY_SIDE) -m "$(QUICK)"

test-all: setup tools acmeair-images chaos-image ## the heavy tests, on top of `make test`
	$(call TIMED,the fuzzer's hundred thousand packets,HYPOTHESIS_PROFILE=thorough $(PYTEST) tests/unit/dns/test_fuzz.py -n 2)
	$(call TIMED,heavy tests,$(PYTEST) tests/contract tests/e2e $(SIDE_BY_SIDE) -m heavy || $(call ALONE,tests/contract tests/e2e))

lint: $(INSTALLED) ## ruff
	$(call TIMED,lint,$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .)

fmt: $(INSTALLED) ## ruff, repairing what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

types: $(INSTALLED) ## mypy, strict
	$(call TIMED,types,$(BIN)/mypy)

contracts: $(INSTALLED) ## which room may import which
	$(call TIMED,import contracts,$(BIN)/lint-imports)

bench: setup tools chaos-image ## the figures of docs/benchmarks.md, measured here; ONLY=start,heal measures some
	@$(BIN)/python -m tests.bench $(ONLY)

bench-chaos: setup tools chaos-image acmeair-images ## the figures of breaking things and healing, Swarm beside it
	@$(BIN)/python -m tests.bench --chaos $(ONLY)

bench-rollouts: setup tools acmeair-images chaos-image ## the figures of pushes and autoscaling, Swarm beside them
	@$(BIN)/python -m tests.bench --rollouts $(ONLY)

bench-console: setup tools ## the figures of the web console and the API
	@$(BIN)/python -m tests.bench --console $(ONLY)

bench-acmeair: setup tools acmeair-images chaos-image ## the figures of the Acme Air cloud, next to docker compose
	@$(BIN)/python -m tests.bench --acmeair $(ONLY)

# Locks name no registry: pip takes the one that this machine is configured for, and the hashes hold anywhere.
UV_COMPILE = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
             --no-header --no-emit-index-url
lock: $(INSTALLED) ## newest versions into the requirements locks
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@$(UV_COMPILE) pyproject.toml -o requirements.lock
	@$(UV_COMPILE) pyproject.toml --group dev -o requirements-dev.lock
	@$(UV_COMPILE) --group lock -o requirements-uv.lock
	@for wanted in images/*/requirements.in; do $(UV_COMPILE) "$$wanted" -o "$${wanted%.in}.lock"; done

clean: ## what tools made in this checkout; the engine and its images stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
