# Two commands do everything: make demo, make test.
PYTHON ?= python3
export PYTHON
SOHOA = .venv/bin/sohoa
# Where the demo keeps its data; removed with `rm -r`, it is made again.
DEMO_VAR ?= $(or $(SOHOA_VAR),var)
# Test processes; each one starts the servers that its tests need.
TEST_PROCESSES ?= 2
PYTEST = --numprocesses $(TEST_PROCESSES) --dist loadscope --no-loadscope-reorder

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 14

.PHONY: setup
setup: ## Install what is missing: Debian packages, .venv
	@setup/system.sh run
	@setup/venv.sh run

.PHONY: demo
demo: setup ## The main job on the sample scans: read, sign, archive, find
	@SOHOA_VAR=$(DEMO_VAR) .venv/bin/python -m api.demo samples

.PHONY: serve
serve: setup ## The HTTP API over the demo's data, at http://localhost:8000
	@SOHOA_VAR=$(DEMO_VAR) $(SOHOA) init --trial
	@SOHOA_VAR=$(DEMO_VAR) $(SOHOA) serve

.PHONY: setupdev
setupdev: ## Install what lint, fmt and unit need: neither Java nor Go nor servers
	@setup/system.sh dev
	@setup/venv.sh run
	@setup/venv.sh dev

.PHONY: setuptest
setuptest: setupdev ## Install what all tests need: servers, veraPDF, MinIO
	@setup/system.sh test
	@setup/verapdf.sh
	@setup/dss.sh
	@setup/eark.sh
	@setup/minio.sh

.PHONY: unit
unit: setupdev ## Unit and architecture tests, in two processes
	.venv/bin/python -m pytest $(PYTEST) tests/unit tests/architecture

.PHONY: test
test: setuptest lint ## Set up, then lint, types, import contracts and all tests
	.venv/bin/python -m pytest $(PYTEST)

.PHONY: soak
soak: setuptest ## Long runs of faults: kills at every point and at random, full disks, ten minutes of hostile HTTP
	@folder=$$(mktemp -d); export PYTHONPATH=.:tests; set -e; \
	for command in init ingest rebuild fixity; do \
		for fault in kill full read-only; do \
			.venv/bin/python -m planted.kill_points $$folder/$$command-$$fault \
				--command $$command --fault $$fault; \
		done; \
	done; \
	.venv/bin/python tests/soak/random_kills.py $$folder/random $(SOAK); \
	.venv/bin/python tests/soak/worker_kills.py $$folder/workers; \
	rm -r $$folder
	SOHOA_SOAK_SECONDS=600 .venv/bin/python -m pytest tests/functional/http/test_fuzz.py

.PHONY: lint
lint: setupdev ## Lint, types and import contracts
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

.PHONY: fmt
fmt: setupdev ## Format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

.PHONY: bench
bench: setuptest ## Long benchmarks: throughput, fields, memory, uploads, scale-out, archive
	@setup/system.sh bench
	@setup/bench.sh
	.venv/bin/python -m bench.throughput
	.venv/bin/python -m bench.fields
	.venv/bin/python -m bench.memory
	.venv/bin/python -m bench.api
	.venv/bin/python -m bench.scaleout
	.venv/bin/python -m bench.signing
	.venv/bin/python -m bench.archive
