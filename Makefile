# Two commands for a newcomer: `make run` and `make test`. Both need Python 3.11+ and this
# file; everything else comes from the package index into .venv, once.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

# dbt takes seconds to compile when each process does it anew, as some machines are set.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test test-slow test-postgres lint lock check-lock clean

run: $(INSTALLED)
	$(BIN)/consent refresh

test: $(INSTALLED)
	$(BIN)/pytest -n 2 --dist loadfile

# Kills, processes, erasure and bad days: what takes too long for every change.
test-slow: $(INSTALLED)
	CONSENT_SLOW=1 $(BIN)/pytest -n 2 --dist loadfile -m slow

# Builds the demo on DuckDB and on a PostgreSQL server of its own, and compares row by row.
test-postgres: $(INSTALLED)
	$(BIN)/python -m tests.python.engines.postgres_gate

lint: $(INSTALLED) check-lock
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint models tests --processes 2

# The lock holds versions and hashes; it names no address to download from.
LOCK_COMMAND := uv pip compile --universal --generate-hashes --no-header --no-emit-index-url \
	--quiet --python-version 3.11 --all-extras pyproject.toml

lock: .venv/bin/uv
	$(BIN)/$(LOCK_COMMAND) --upgrade --output-file requirements.lock

# Resolving again with the lock as preference must change nothing.
check-lock: $(INSTALLED)
	cp requirements.lock .venv/requirements.check
	$(BIN)/$(LOCK_COMMAND) --output-file .venv/requirements.check
	diff -u requirements.lock .venv/requirements.check

$(BIN)/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/uv
	VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip sync --quiet requirements.lock
	VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip install --quiet --no-deps --editable .
	$(BIN)/python -m ensurepip --upgrade > /dev/null
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	touch $@

clean:
	rm -rf .venv target logs exports consent.duckdb
