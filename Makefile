# Everything happens in .venv. A stamp file makes a target install only when the lock or pyproject changed.
#   make run            from nothing to the first page: installs, starts every service, computes the example
#   make test           style, types, import rules and all tests; ends with pytest's summary
#   make test-slow      what is killed, restarted and comes back: broker, database, services; about ten minutes
#   make national       the national example: whole country, three years with and without the plan; half a minute
#   make verify         the model against theory, invariants and published national figures; about ten minutes
#   make validation     the same, kept in docs/validation, and the documents that quote it
#   make documents      documents with numbers, from dataset, code and the last verification
#   make bench          how fast it is on this machine, beside other simulators; about six minutes
#   make bench-full     the same for the whole country, and how it grows; three quarters of an hour
#   make bench-services the services on a real Kafka and PostgreSQL, with many people at once; about ten minutes
#   make bench-screens  the screens for one visitor and for a room, and 160 phones; about ten minutes
#   make compose-check  docker-compose.yml, Dockerfiles, proxy and Kubernetes example against the real tools
#   make nightly        slow tests, dependency audit, list of components (SBOM), containers built and started, validation
#   make lint | lock | clean
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TOOLS  := .venv-tools
BENCH  := .venv-bench
# pip compiles on one core; compiling afterwards on all cores is faster.
PIP    := -m pip install --quiet --disable-pip-version-check --no-compile
COMPILE := -m compileall -q -j 0 $(VENV)/lib
LOCKED := --require-hashes --only-binary :all:
EDITABLE := --no-deps --no-build-isolation --no-index --editable .
CODE   := shared services tests benchmarks docs

.PHONY: run test test-slow lint national verify validation documents bench bench-full bench-services bench-screens nightly compose-check lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.run
	@$(BIN)/zorgstroom up $(ARGS)

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: lint
	$(PYTEST) -m "not slow and not nightly" $(ARGS)

test-slow: $(VENV)/.dev
	$(PYTEST) -m "slow and not nightly" $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases tests benchmarks docs
	$(BIN)/lint-imports

national: $(VENV)/.run
	$(BIN)/zorgstroom run examples/scenarios/09-long-60-per-locatie.yaml --replications 3 --out out/national $(ARGS)

verify: $(VENV)/.run
	$(BIN)/zorgstroom verify --replications 4 --jobs 2 --engine compiled --out out/verify $(ARGS)

# Also when something does not fit: then the pages say what.
validation: $(VENV)/.run
	$(BIN)/zorgstroom verify --replications 4 --jobs 2 --engine compiled --lang en --out docs/validation $(ARGS); \
	  code=$$?; $(BIN)/python -m docs.make; exit $$code

documents: $(VENV)/.run
	$(BIN)/python -m docs.make

bench: $(BENCH)/.bench
	$(BENCH)/bin/python -m benchmarks $(ARGS)

bench-full: $(BENCH)/.bench
	$(BENCH)/bin/python -m benchmarks --full $(ARGS)

# In the environment of the tests, which brings what starts a broker and a database.
bench-services: $(VENV)/.dev
	$(BIN)/python -m benchmarks services $(ARGS)

# Needs a browser; on a quiet machine about ten minutes.
bench-screens: $(VENV)/.dev
	$(BIN)/python -m benchmarks visitors $(ARGS)

compose-check: $(TOOLS)/.tools
	deploy/compose-check $(TOOLS)/bin

nightly: $(VENV)/.dev $(TOOLS)/.tools compose-check
	@mkdir -p build
	$(TOOLS)/bin/cyclonedx-py requirements requirements.lock --of JSON -o build/sbom.cdx.json
	$(TOOLS)/bin/pip-audit --require-hashes --disable-pip -r requirements.lock
	tests/compose/try_with_podman.sh
	$(BIN)/python -m pytest -m nightly $(ARGS)
	$(MAKE) --no-print-directory validation

# For developers: needs uv (https://docs.astral.sh/uv/). Users need only pip.
UV   ?= uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes
lock:
	@mkdir -p requirements
	$(LOCK) --extra all --group build pyproject.toml -o requirements.lock
	$(LOCK) --extra all --group build --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(LOCK) --extra all --group build --group bench -c requirements-dev.lock pyproject.toml -o requirements/bench.lock
	for service in simulator ui; do \
	  $(LOCK) --extra $$service -c requirements.lock pyproject.toml -o requirements/$$service.lock || exit 1; done
	$(LOCK) --extra api --extra report -c requirements.lock pyproject.toml -o requirements/api.lock
	$(LOCK) --extra simulator --extra cluster -c requirements-dev.lock pyproject.toml -o requirements/cluster.lock
	$(LOCK) --group pyproject.toml:build -c requirements.lock -o requirements/build.lock
	$(LOCK) requirements/tools.in -o requirements/tools.lock

clean:
	rm -rf $(VENV) $(TOOLS) $(BENCH) build dist out .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version.split()[0] + "; try: make PYTHON=python3.12")'
	@echo "Installing in $(VENV); this takes about half a minute the first time."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python has no working venv module. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@$(BIN)/python $(PIP) $(LOCKED) -r requirements.lock
	@$(BIN)/python $(PIP) $(EDITABLE)
	@$(BIN)/python $(COMPILE) || true
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@$(BIN)/python $(PIP) $(LOCKED) -r requirements-dev.lock
	@$(BIN)/python $(PIP) $(EDITABLE)
	@$(BIN)/python $(COMPILE) || true
	@touch $@ $(VENV)/.run

# A venv of its own: Ciw brings a package named tests.
$(BENCH)/.bench: requirements/bench.lock pyproject.toml
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python $(PIP) $(LOCKED) -r requirements/bench.lock
	@$(BENCH)/bin/python $(PIP) $(EDITABLE)
	@$(BENCH)/bin/python -m compileall -q -j 0 $(BENCH)/lib || true
	@touch $@

# The compose checker is published as source only, hence no --only-binary here; every hash is checked.
$(TOOLS)/.tools: requirements/tools.lock
	@test -x $(TOOLS)/bin/python || $(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python $(PIP) --require-hashes -r requirements/tools.lock
	@touch $@
