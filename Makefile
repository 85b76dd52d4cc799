# Two commands: `make demo` shows what the program does, `make test` checks all of it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check serve train clean
.DEFAULT_GOAL := demo

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	@mkdir -p build
	@$(BIN)/cancel-triage score data/examples/inbox.csv --out build/inbox-scored.csv --table
	@echo
	@echo "All columns, the whole replies among them: build/inbox-scored.csv"
	@echo "One message:        $(BIN)/cancel-triage classify \"Bitte nicht mehr verschicken, habe doppelt bestellt\""
	@echo "Start the service:  make serve   (then open http://127.0.0.1:8000/docs)"

serve: $(VENV)/.installed
	@$(BIN)/cancel-triage serve --host 127.0.0.1 --port 8000

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: check
	$(BIN)/pytest

train: $(VENV)/.installed
	$(BIN)/cancel-triage train

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache
