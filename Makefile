# Every target in one line; `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
RASA := RASA_TELEMETRY_ENABLED=false SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=3 PYTHONPATH=. .venv-rasa/bin/python -m

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: setup ## Set up everything, train if needed, start everything; Ctrl-C stops
	@$(PYTHON) -m bot run

test: setup-test ## Set up everything and run all tests (about 15 minutes from nothing)
	@scripts/test

test-fast: ## Lint, types and the quick tests, under a minute
	.venv/bin/ruff check . && .venv/bin/ruff format --check -q . && .venv/bin/mypy
	$(PYTHON) -m pytest -q -m "not slow"

setup: ## Make both environments from their lock files
	@scripts/setup

setup-test: ## The same with what the tests need
	@scripts/setup test

train: setup ## Train the model if its data changed
	@$(PYTHON) -m bot train

check: ## Check everything that editors write; all problems in one run
	@$(PYTHON) -m bot check

bench: setup-test train ## Measure latency, throughput and memory against a bare echo bot
	$(PYTHON) -m benchmarks.latency

lock: ## Renew the lock files from requirements/*.in
	cd requirements && ../.venv/bin/uv pip compile -q --no-header --universal --python-version 3.11 --generate-hashes dev.in -o dev.txt
	cd requirements && ../.venv/bin/uv pip compile -q --no-header --universal --python-version 3.11 --generate-hashes bot.in -c dev.txt -o bot.txt
	cd requirements && ../.venv/bin/uv pip compile -q --no-header --python-version 3.10 --generate-hashes rasa.in -o rasa.txt

.PHONY: help run test test-fast setup setup-test train check bench lock
