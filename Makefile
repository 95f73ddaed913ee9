# make run    serves the example shop, with data, on this machine
# make test   runs all tests, real PostgreSQL included
# make check  runs the linters and the type checkers
# make bench  compares Charter with other stacks (docs/benchmarks.md)
# make docs   writes docs/reference/ anew from the code
# make lock   works out requirements/*.txt anew from pyproject.toml
# make clean  removes all that these have made
#
# make PYTHON=/path/to/python3.12 run   takes that Python (3.11 or newer)

PYTHON ?= $(or $(shell for python in python3.11 python3 python3.12 python3.13; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done),python3.11)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
VENV ?= .venv
WORKERS ?= 2
UV_VERSION := 0.13.9

RUN := $(VENV)/bin/python -m examples.shop
NODE_PEERS := bench/peers/fastify_pg bench/peers/mercurius_pg bench/peers/postgraphile
NODE_TOOLS := tests/support/oidc tests/support/graphql tests/support/grpc tests/support/typescript
BENCH := $(VENV)-bench/bin/python -m bench
PIP = $(@D)/bin/python -m pip --disable-pip-version-check --quiet
LOCKED = $(PIP) install --require-hashes
EDITABLE = $(PIP) install --no-deps --no-build-isolation --editable .
COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(LOCK_ARGS)

.PHONY: run test check format docs bench lock clean
.DELETE_ON_ERROR:

run: $(VENV)/run.stamp
	$(RUN)

# Without Node.js and npm, the tests with a real OpenID provider and other people's GraphQL and gRPC
# tools are skipped, and say so.
test: $(VENV)/dev.stamp $(if $(shell command -v npm),$(NODE_TOOLS:%=%/node_modules/.package-lock.json))
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/pyright --pythonpath $(VENV)/bin/python

format: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

docs: $(VENV)/run.stamp
	$(VENV)/bin/python docs/generate.py

# The peers have an environment of their own: what they need is nothing of Charter's.
# Without Node.js and npm, the peer on Node is left out, and the run says so.
bench: $(VENV)-bench/bench.stamp $(if $(shell command -v npm),$(NODE_PEERS:%=%/node_modules/.package-lock.json))
	$(BENCH)
	$(BENCH).protocols

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund

lock: $(VENV)/made.stamp
	$(VENV)/bin/python -m pip install --quiet "uv==$(UV_VERSION)"
	$(COMPILE) pyproject.toml --extra graphql -o requirements/run.txt
	$(COMPILE) --group build -o requirements/build.txt
	$(COMPILE) pyproject.toml --all-extras --group dev \
		-c requirements/run.txt -c requirements/build.txt -o requirements/dev.txt
	$(COMPILE) requirements/bench.in \
		-c requirements/run.txt -c requirements/dev.txt -o requirements/bench.txt

clean:
	rm -rf $(VENV) $(VENV)-bench dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/made.stamp $(VENV)-bench/made.stamp:
	@$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "Charter needs Python 3.11 or newer, and '$(PYTHON)' is not that." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make virtual environments: it has no venv or no ensurepip." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(@D)
	@touch $@

$(VENV)/run.stamp: $(VENV)/made.stamp requirements/run.txt requirements/build.txt pyproject.toml
	$(LOCKED) -r requirements/run.txt -r requirements/build.txt
	$(EDITABLE)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.txt
	$(LOCKED) -r requirements/dev.txt
	@touch $@

$(VENV)-bench/bench.stamp: $(VENV)-bench/made.stamp requirements/run.txt requirements/build.txt \
		requirements/bench.txt pyproject.toml
	$(LOCKED) -r requirements/run.txt -r requirements/build.txt
	$(LOCKED) -r requirements/bench.txt
	$(EDITABLE)
	@touch $@
