# Every target does its own set-up: a fresh machine needs Python 3.11 or newer, and make.
#   make run         serve on http://127.0.0.1:8080           make test         everything that must hold
#   make check       format, lint, types, import arrows       make bench        measure this machine
#   make chaos       kill it for MINUTES=20 and count         make bench-quick  the same, small, in two minutes
#   make simulation  EXAMPLES=2000 runs on a failing disk     make overload     three times what it holds

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed
# Bytewax has no wheels for newer ones.
PEER_PYTHON ?= $(shell for python in python3 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && echo "$$python" && break; done)
PEERS := $(patsubst benchmarks/peers/%.txt,.bench/%.installed,$(wildcard benchmarks/peers/*.txt))

.DELETE_ON_ERROR:
.PHONY: install run test kafka check simulation chaos bench bench-quick overload peers clean

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

test: check kafka
	$(BIN)/pytest

# A real broker for the tests, in one JVM. Java and Maven are asked of nobody: without them its tests are skipped.
kafka: .kafka/.installed

.kafka/.installed: tests/live/kafka.pom.xml
	@rm -rf .kafka && mkdir .kafka
	@if command -v java >/dev/null && command -v mvn >/dev/null; then \
	mvn -q -B -f $< dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.kafka; \
	else echo "No Java or no Maven here: the tests with a real Kafka will be skipped."; fi
	@touch $@

# The three campaigns write what they found into docs/reliability.json and docs/reliability.md; SEED=s repeats a run of
# the first two and writes nothing.
SEED ?=

# Shard, journal and persister on a disk that fails, as long as you like; a run that fails says how to repeat it.
EXAMPLES ?= 2000
simulation: install
	$(BIN)/python -m tests.simulation --examples $(EXAMPLES) $(if $(SEED),--seed $(SEED),--record)
	$(BIN)/python -m benchmarks.reliability_page

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_architecture.py

# A real server under load, killed and paused at random: nothing that it acked may be lost or doubled.
MINUTES ?= 20
chaos: install
	$(BIN)/python -m tests.chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED),--record)
	$(BIN)/python -m benchmarks.reliability_page

# wrk makes the load: a generator written in Python would take the machine from what it measures.
bench: install peers
	$(BIN)/python -m benchmarks

bench-quick: install peers
	$(BIN)/python -m benchmarks --quick

# Three times what the machine holds.
SECONDS ?= 60
overload: install
	$(BIN)/python -m benchmarks.overload --seconds $(SECONDS) --write
	$(BIN)/python -m benchmarks.reliability_page

# What sessiond is measured beside: Redis, and an environment for each peer with what benchmarks/peers/*.txt pins.
peers: $(PEERS)
	@for program in wrk redis-server; do command -v $$program >/dev/null || $(MAKE) -s debian-$$program || exit 1; done

debian-%:
	@test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq $* || { echo "make bench needs $*; on Debian and Ubuntu: apt-get install $*" >&2; exit 1; }

.bench/%.installed: benchmarks/peers/%.txt
	@test -n "$(PEER_PYTHON)" || { echo "Bytewax needs Python 3.11 or 3.12; none was found (set PEER_PYTHON=/path/to/python)." >&2; exit 1; }
	@test -x .bench/venv-$*/bin/pip || "$(PEER_PYTHON)" -m venv .bench/venv-$*
	.bench/venv-$*/bin/pip install --quiet --disable-pip-version-check --only-binary :all: -r $<
	@touch $@

clean:
	rm -rf .venv .bench .kafka .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
