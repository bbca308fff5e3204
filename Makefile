# Fieldcast: two commands are enough, `make run` and `make test`. Each makes the environment first when it is missing.
#   PORT=8510       port of the dashboard (8501)              PYTHON=python3.12   Python to make .venv with
#   DATA=folder     public data for `make bench`              TORCH_INDEX=...     where to take torch from (README.md)
.PHONY: help setup setup-dev run test check format bench bench-peers bench-detectors screenshots clean

PORT ?= 8501
DATA ?=
ARGS ?=
export PORT PYTHON TORCH_INDEX
GOAL := $(firstword $(MAKECMDGOALS))
export GOAL

PY := .venv/bin/python
TYPED := stcore app.py pages tools

help:
	@echo "make run          start the dashboard on http://127.0.0.1:$(PORT)"
	@echo "make test         run all tests (ARGS='-k name' for some)"
	@echo "make check        formatting, lint and types"
	@echo "make setup        make .venv only"
	@echo "make format       put the code into its format"
	@echo "make bench        measured comparisons (DATA=folder with the public data)"
	@echo "make bench-peers  speed and memory beside darts and neuralforecast"
	@echo "make bench-detectors  auto beside PyOD and merlion (DATA=folder with the public data)"
	@echo "make screenshots  write every page to docs/screenshots"

setup:
	@tools/setup.sh

setup-dev:
	@start=$$(date +%s) && tools/setup.sh dev && echo "fieldcast: set-up took $$(( $$(date +%s) - start )) s"

run: setup
	@exec $(PY) -m tools.serve

test: setup-dev
	@OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} exec $(PY) -m pytest -n auto --maxprocesses=4 --dist=loadgroup $(ARGS)

check: setup-dev
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy $(TYPED)

format: setup-dev
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: setup-dev
	@$(PY) -m benchmarks.los_loop $(DATA)

bench-peers: setup-dev
	@tools/setup-beside.sh peers
	@$(PY) -m benchmarks.peers $(ARGS)

bench-detectors: setup-dev
	@tools/setup-beside.sh detectors
	@OMP_NUM_THREADS=1 $(PY) -m benchmarks.detectors $(DATA) $(ARGS)

screenshots: setup-dev
	@$(PY) -m tools.screenshots $(ARGS)

clean:
	rm -rf .venv .venv-peers .venv-detectors .pytest_cache .mypy_cache .ruff_cache .hypothesis
