# Every target does its own set-up: a fresh machine needs Python 3.11 or newer, and make.
#   make run     serve on http://127.0.0.1:8080      make test    everything that must hold
#   make check   format, lint, types, import arrows  make bench   measure this machine

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed

.DELETE_ON_ERROR:
.PHONY: install run test check bench clean

install: $(INSTALLED)

# The stamp is written last: an interrupted installation is done again.
$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "sessiond needs Python 3.11 or newer; none was found (set PYTHON=/path/to/python)." >&2; exit 1; }
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv || { echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# Something to look at; SIMULATE=0 for none.
SIMULATE ?= 50
run: install
	$(BIN)/sessiond serve --simulate $(SIMULATE)

test: check
	$(BIN)/pytest

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_architecture.py

# wrk makes the load: a generator written in Python would take the machine from what it measures.
bench: install
	@command -v wrk >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq wrk; } || { echo "make bench needs wrk; on Debian and Ubuntu: apt-get install wrk" >&2; exit 1; }
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
