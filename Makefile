# 三响. `make demo` shows it, `make test` tests it; both set up what they need, once.
#
#   make demo [ARGS=--exit] [DIALOGUES=DIR]   five calls over real SIP, judged
#   make setup                                everything for development, in .venv
#   make test [ARGS='-k rings']               all tests
#   make test-pythons                         import and unit tests on Python 3.12 and 3.13, where they are
#   make lint                                 style, types, imports, shell
#   make bench                                calls bridged and recorded, beside pyVoIP and rtpengine; codecs; set-ups;
#                                             recognition beside Vosk, from hang-up to verdict, wrong characters; re-judging
#   make fuzz [RUNS=100000]                   every fuzzer, each so many runs
#   make soak [MINUTES=60] [SEED=N] [CALLS=N]   random calls; then everything must be as it was
#   make clean                                removes what these made (not the speech model)

# Where it is set, each of the tests' processes compiles every module and rewrites every test anew.
unexport PYTHONDONTWRITEBYTECODE

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
WORKERS ?= 4
SCRIPTS := tools/find-python tools/make-venv tools/system-packages tools/test-python .ci/run
ARGS ?=
DIALOGUES ?=

# pip tells what it fetches, not every file that it has already.
PIP_QUIETLY := install --disable-pip-version-check --no-input
SHOW := sed -un -e 's/^Collecting \([^ ]*\).*/  \1/p' -e 's/^Installing collected.*/  installing …/p'

.PHONY: help setup demo test test-pythons lint bench fuzz soak clean pages model system-packages

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

setup: $(STAMPS)/development model pages
	@echo '三响 ready: make demo, make test, $(BIN)/callcenter --help'

# --- Python ---

$(BIN)/python:
	@python=$$(tools/find-python) && tools/make-venv "$$python" $(VENV)

$(STAMPS)/service: pyproject.toml | $(BIN)/python
	@echo 'Python packages of the service and its phones'
	@$(BIN)/python -m pip $(PIP_QUIETLY) -e '.[phones]' | $(SHOW)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/development: pyproject.toml | $(BIN)/python
	@echo 'Python packages for development'
	@$(BIN)/python -m pip $(PIP_QUIETLY) -e '.[dev,phones,postgresql]' | $(SHOW)
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/service

# --- what Python's packages do not bring ---

# Both look for themselves whether there is anything to do.
model: $(STAMPS)/service
	@$(BIN)/callcenter model install

pages: $(STAMPS)/service
	@$(BIN)/python -c 'import sys; sys.path.insert(0, "frontend"); import build; build.find_node()' 2>/dev/null || { \
	  echo 'No Node.js 20 or newer here: fetching it as a Python package'; \
	  $(BIN)/python -m pip $(PIP_QUIETLY) -e '.[pages]' | $(SHOW); }
	@$(BIN)/python frontend/build.py

system-packages:
	@tools/system-packages tools/packages-for-tests.txt

# --- work ---

demo: $(STAMPS)/service model pages
	@$(BIN)/python -c 'from callcenter.demo.phones.phone import agent_script; agent_script()' 2>/dev/null \
	  || tools/system-packages tools/packages-for-demo.txt
	@$(BIN)/callcenter demo $(if $(DIALOGUES),--dialogues '$(DIALOGUES)') $(ARGS)

test: $(STAMPS)/development model pages system-packages
	@$(BIN)/python -m pytest -m alone $(ARGS) || [ $$? -eq 5 ]
	@$(BIN)/python -m pytest -m 'not alone' -n $(WORKERS) --dist worksteal $(ARGS)

test-pythons: model pages
	@printf '%s\n' '3.13 tests/unit/domain tests/unit/sip tests/unit/events' '3.12 tests/unit/domain' | WORKERS=4 xargs -P 2 -I {} \
	  bash -o pipefail -c 'set -- {}; tools/test-python "$$@" 2>&1 | sed -u "s/^/$$1  /"'

lint: $(STAMPS)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); \
	  else echo 'shellcheck is not here: apt install shellcheck'; fi

bench: $(STAMPS)/development
	@status=0; $(BIN)/python -m tests.bench.bench_media $(ARGS) || status=$$?; \
	  $(BIN)/python -m tests.bench.bench_relay; \
	  $(BIN)/python -m tests.bench.bench_codecs; \
	  $(BIN)/python -m tests.bench.bench_conference; \
	  $(BIN)/python -m tests.bench.bench_signalling; \
	  $(BIN)/python -m tests.bench.bench_recognition --runs 1; \
	  $(BIN)/python -m tests.bench.bench_verdicts; \
	  $(BIN)/python -m tests.bench.bench_characters --brief; \
	  $(BIN)/python -m tests.bench.bench_rejudge --calls 2000 --whole 500; \
	  exit $$status

fuzz: $(STAMPS)/development
	@$(BIN)/python -m pip $(PIP_QUIETLY) -e '.[fuzz]' | $(SHOW)
	@for target in message sdp digest rtp wav; do \
	  echo "fuzzing $$target"; $(BIN)/python -m tests.fuzz.run $$target $(or $(RUNS),100000); done

soak: $(STAMPS)/development
	@$(BIN)/python -m tests.soak.run --minutes $(or $(MINUTES),60) $(if $(SEED),--seed $(SEED)) \
	  $(if $(CALLS),--calls $(CALLS))

clean:
	rm -rf $(VENV) .venv-3.* callcenter/web/static/dist frontend/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
