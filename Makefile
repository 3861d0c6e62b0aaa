# Two commands are the front door: `make run` and `make test`.
PYTHON ?= python3
TORCH_INDEX ?=
EVALUATION_DATA ?= ../shared/data
TRAINING_DATA ?= ../shared/train
MINUTES ?= 10
DEBIAN_PACKAGES := python3-venv chromium fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji redis-server

export TORCH_INDEX EVALUATION_DATA
export HAYSTACK_TELEMETRY_ENABLED := False

.PHONY: run test setup setup-dev check format docs evaluate bench train system

run: setup  ## from a fresh machine to a cited answer in the browser
	@.venv/bin/citewell serve --samples

test: setup-dev check  ## everything that is tested
	.venv/bin/python -m pytest --numprocesses=2 --dist=loadgroup --durations=25

setup:  ## environment, dependencies, models; does nothing when all is there
	@$(PYTHON) set_up.py

setup-dev:
	@$(PYTHON) set_up.py --dev

check: setup-dev  ## format, lint, types
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy
	.venv/bin/python -m service.settings_page --check

format: setup-dev
	.venv/bin/ruff format --quiet .
	.venv/bin/ruff check --quiet --fix .

docs: setup-dev  ## pages that are generated from the code
	.venv/bin/python -m service.settings_page

evaluate: setup-dev  ## quality on the sets under EVALUATION_DATA; writes evaluation/results
	.venv/bin/citewell evaluate

bench: setup-dev  ## speed and memory; writes evaluation/results; MINUTES of mixed load
	.venv/bin/python -m evaluation.bench --mixed-minutes $(MINUTES)

train: setup-dev  ## the reader, for hours, going on where it was stopped; see training/README.md
	.venv/bin/python -m training.translate $(TRAINING_DATA) .cache/training/translated
	.venv/bin/python -m training.mine_negatives --data $(TRAINING_DATA)
	.venv/bin/python -m training.train_reader --data $(TRAINING_DATA)
	.venv/bin/python -m training.export_reader --folder .cache/training/candidate --earlier .cache/training/reader/after-settled.pt
	.venv/bin/python -m evaluation.fit_confidence --reader .cache/training/candidate --threshold 0.38
	.venv/bin/python -m evaluation.gate --reader .cache/training/candidate
	cp .cache/training/candidate/* models/reader/
	.venv/bin/python -m training.fit_names --data $(TRAINING_DATA)

system:  ## Debian packages that set-up and tests need (as root)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  dpkg -s $(DEBIAN_PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $(DEBIAN_PACKAGES); }; \
	else echo "make system: needs root and apt-get; install $(DEBIAN_PACKAGES) by other means"; fi
