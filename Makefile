# The same commands for people and CI. Each makes what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
BENCH ?= paper.bench
DATA ?= ../shared/data
DISTILLED ?= distilbert.study
PEERS ?= peers.study

.PHONY: demo test test-all code-points check schemas matrix bench bench-conversion bench-peers distill docs pictures screens android swift web system clean

demo: $(READY)  ## convert the built-in model and print its table
	$(BIN)/edgekit convert demo --force

test: $(READY)  ## run the tests, two at a time
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not exhaustive"

test-all: system android swift web test  ## and those of both apps, on an emulated phone, in a browser, of every architecture
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow and not exhaustive"

code-points: $(READY)  ## every code point of Unicode in every tokenizer, the phone libraries' too (slow)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m exhaustive

check: $(READY) docs  ## lint, format, types, which package imports which, and the site
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini
	$(BIN)/lint-imports

docs: $(READY)  ## build the site into build/site; a broken link or a page without a place ends it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

pictures: $(READY)  ## run the README's commands and the notebook again, and draw the report (on an idle machine)
	$(BIN)/python -m edgekit.benchmarks.studies.pictures

schemas: $(READY)  ## write docs/schemas from the types
	for name in $$($(BIN)/edgekit schema); do $(BIN)/edgekit schema $$name > docs/schemas/$$name.json; done

matrix: $(READY)  ## measure every architecture, task, format and recipe (slow; see ARGS=--help)
	$(BIN)/python -m edgekit.benchmarks.studies.matrix $(ARGS)

bench: $(READY)  ## DistilBERT against BERT, every format and recipe (50 minutes on two cores)
	$(BIN)/edgekit bench --suite paper -o $(BENCH)

bench-conversion: $(READY)  ## our conversion against the libraries' own entry points
	$(BIN)/python -m edgekit.benchmarks.studies.conversion

bench-peers: $(READY)  ## our files beside those of other tools, into docs/performance.md (10 minutes once all is built; ARGS=--help)
	$(BIN)/python -m edgekit.benchmarks.studies.peers $(wildcard $(DATA)/stsb/pairs.tsv) -o $(PEERS) $(ARGS)

distill: $(READY)  ## students of MiniLM in the paper's three ways, with controls (slow; see docs/distilbert.md)
	$(BIN)/python -m edgekit.benchmarks.studies.distilbert $(DATA) -o $(DISTILLED)

screens: $(READY)  ## take the pictures of the app in a browser (docs/pictures/web-*)
	$(BIN)/python -m edgekit.benchmarks.studies.screens

android: $(READY)  ## fetch the tools with which android_demo/ is built and run here (once, 250 MB), and the shell of its APK
	$(BIN)/python -m edgekit.toolchains.android
	$(BIN)/python -m edgekit.toolchains.shell

swift: $(READY)  ## fetch Swift once (474 MB), then build, test and lint ios_demo/
	$(BIN)/python -m edgekit.toolchains.swift

web: $(READY)  ## check and build web_demo/, with the Node.js that Playwright brings (fetches 60 MB once)
	$(BIN)/edgekit devices setup browser
	$(BIN)/python -m edgekit.toolchains.web

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "edgekit needs Python 3.10 or newer: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,dev]'
	touch $@

system:  ## Debian packages that some tests use, as root
	(command -v chromium && command -v adb && command -v proot) >/dev/null || \
	(apt-get update -qq && apt-get install -y -qq chromium adb proot)

clean:
	rm -rf $(VENV) build *.egg-info
