# The project's commands; `make` lists them.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# Told to the interpreter search, from the command line or the environment.
export PYTHON

.PHONY: help install run test bench lint format lock check docs behaviour baseline clean

help:
	@printf '%s\n' \
	  'make install    find Python 3.12 or 3.13, make .venv, install the pinned dependencies' \
	  'make run        run the scenario plan, 2020-01 to 2027-12, and print the scoreboard' \
	  'make test       run the tests (ARGS="-k name" to choose)' \
	  'make bench      measure what runs cost (ARGS="stock_flow" to choose); results/benchmarks.json' \
	  'make check      check the data: units, sources, targets, balances' \
	  'make lint       ruff, mypy, import contracts' \
	  'make format     format the code and sort its imports' \
	  'make docs       write what is made of models and data anew: diagrams, Vensim sketch, tables' \
	  'make behaviour  write docs/behaviour.md anew: what each measure and rule brings (some minutes)' \
	  'make lock       resolve the dependencies anew and pin them by version and hash' \
	  'make baseline   refresh the figures that the regression tests compare with' \
	  'make clean      remove .venv, caches and build products; results stay' \
	  '' \
	  'Another interpreter: make install PYTHON=/path/to/python3.13'

install:
	@scripts/install $(VENV)

run: install
	$(BIN)/transition-model run plan --households 20000 $(ARGS)

test: install
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

bench: install
	$(BIN)/python -m benchmarks $(ARGS)

check: install
	$(BIN)/transition-model check $(ARGS)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict transition_model
	$(BIN)/lint-imports --no-logo --no-cache

format: install
	$(BIN)/ruff check --fix-only --select I .
	$(BIN)/ruff format .

# Universal: one file for every supported Python, with markers. `--no-config` and `--no-emit-*` keep
# addresses of the machine that resolves out of the files.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --no-config --upgrade \
  --universal --python $(BIN)/python --python-version 3.12 --generate-hashes \
  --no-header --no-emit-index-url --no-emit-find-links

lock: install
	$(COMPILE) --output-file requirements/runtime.txt
	$(COMPILE) --group development --constraints requirements/runtime.txt \
	  --output-file requirements/development.txt

docs: install
	$(BIN)/python -m transition_model.stocks.views
	$(BIN)/python -m transition_model.instruments.table
	$(BIN)/python experiments/reports/history.py

behaviour: install
	$(BIN)/python experiments/reports/behaviour.py

baseline: install
	$(BIN)/python -m pytest tests/regression --refresh-baseline

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis models/*.py
