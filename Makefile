# Every target sets up what it needs in .venv; a machine needs only Python 3.11 (with venv), make and git.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready
PEER   := tests/e2e/peer
# Three on two cores: a test of a room waits for others most of its time.
WORKERS ?= 3

# The tests start the bot hundreds of times: what was compiled once is kept, whatever the shell's habits.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check format bench soak run setup lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    play a crisis on a real homeserver, end-to-end encrypted"
	@echo "make test    run the tests (with Synapse, PostgreSQL and Node, all from wheels)"
	@echo "make check   lint, format, strict types, dependency rule"
	@echo "make bench   measure"
	@echo "make soak    kill the bot at random under a bad network, and count what is left; read a million lines"
	@echo "make run     run the bot with ./tocsin.toml"
	@echo "make lock    write requirements.lock anew from pyproject.toml"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tocsin needs Python 3.11 or newer")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# npm comes with Node's wheel, and reads only the package lock.
$(PEER)/node_modules/.ready: $(PEER)/package.json $(PEER)/package-lock.json $(READY)
	cd $(PEER) && $(CURDIR)/$(PY) npm.py ci --ignore-scripts --no-audit --no-fund
	@touch $@

demo: $(READY)
	$(VENV)/bin/tocsin demo $(ARGS)

test: $(READY) $(PEER)/node_modules/.ready
	@$(PY) -m pytest -n $(WORKERS) $(ARGS)

check: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(READY)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(READY)
	$(PY) -m bot.demo.bench $(ARGS)

soak: $(READY)
	$(PY) -m bot.demo.soak $(ARGS)
	$(PY) -m tests.reading.soak $(LINES)

run: $(READY)
	$(VENV)/bin/tocsin run $(ARGS)

lock: $(READY)
	$(VENV)/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --no-annotate --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) $(PEER)/node_modules build dist demo-out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
