# Two commands are enough: `make demo` shows what dashlint says, `make test` checks that it is right.
# A fresh machine needs Python 3.10 or later and make; everything else is installed into .venv.

PYTHON ?= python3
VENV ?= .venv
# Where programs are inside a virtual environment: Scripts on Windows, bin elsewhere.
BIN = $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
VENV_PYTHON = $(BIN)/python
# loadgroup: the tests that share the real Superset stay together on one worker.
PYTEST_ARGS ?= --numprocesses=auto --dist=loadgroup

# A stamp is newer than pyproject.toml as long as what it stands for is up to date.
INSTALLED = $(VENV)/.dashlint-installed
DEVELOPMENT = $(VENV)/.dashlint-development

.DEFAULT_GOAL := help
.PHONY: help demo test pythons develop lock audit fuzz check lint format types contracts wheel docs docs-check site superset capture example \
	bench bench-capacity warehouse measure-memory memory-model readme-picture clean

help:  ## Show these lines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /	/' | expand -t 18

# --- environments ---------------------------------------------------------------------------------

$(VENV_PYTHON):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "dashlint needs Python 3.10 or later: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# An editable install leaves our modules uncompiled; where Python may not write bytecode, each start would pay.
BYTECODE = @$(VENV_PYTHON) -m compileall -q analyzer rules

$(INSTALLED): pyproject.toml | $(VENV_PYTHON)
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --editable .
	$(BYTECODE)
	@touch $@

# Every package by its hash, so that what passed once passes again, and nobody slips anything in.
$(DEVELOPMENT): pyproject.toml requirements/dev.txt | $(VENV_PYTHON)
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BYTECODE)
	@touch $@ $(INSTALLED)

# pip 25.1 is the first that reads [dependency-groups].
INSTALL_GROUP = $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check 'pip>=25.1' && \
  $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --group $(1)

develop: $(DEVELOPMENT)  ## Create .venv with dashlint (editable) and the development tools

# Universal: one file for every Python and system that pyproject.toml allows.
lock: $(DEVELOPMENT)  ## Choose the development tools anew (requirements/dev.txt)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes \
	  --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	  --group dev --output-file requirements/dev.txt pyproject.toml

# Strict: a package of which nothing could be learnt is no clean one.
audit: $(DEVELOPMENT)  ## Known vulnerabilities of what is installed with dashlint, and of its action (asks PyPI)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements/dev.txt
	$(BIN)/zizmor action.yml

FUZZ ?= yaml

fuzz: $(DEVELOPMENT)  ## Fuzz the readers, guided by coverage: make fuzz FUZZ=sql SECONDS=600
	$(call INSTALL_GROUP,fuzz)
	mkdir -p build/fuzz && cd build/fuzz && PYTHONPATH=$(CURDIR) $(CURDIR)/$(VENV_PYTHON) -m tests.fuzz.run $(FUZZ) --seconds $(or $(SECONDS),600)

# --- the two commands -----------------------------------------------------------------------------

# dashlint answers 1 when it has findings. The example is full of them, so here 1 is what we came for.
demo: $(INSTALLED)  ## Scan the bundled export with its catalogue and print the report
	@status=0; $(BIN)/dashlint demo || status=$$?; \
	if [ $$status -eq 1 ]; then \
	  echo "dashlint ended with exit code 1: it has findings, as this example should."; \
	elif [ $$status -ne 0 ]; then exit $$status; fi

test: $(DEVELOPMENT)  ## Run all tests, those against a real Superset too (minutes on the first run)
	$(VENV_PYTHON) -m pytest $(PYTEST_ARGS)

# The Pythons that pyproject.toml names, but for the one that `test` runs on. uv looks on the PATH; pyenv keeps them beside it.
PYTHONS ?= 3.10 3.11 3.12 3.13 3.14
PYENV = $(subst $() $(),:,$(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/*/bin))
# What depends on Python itself: annotations that are read at run time, files, ZIPs, processes, text.
PYTHONS_TESTS ?= tests/cli/test_quick.py tests/cli/test_process.py tests/cli/test_errors.py tests/cli/test_output.py \
  tests/cli/test_plugins.py tests/fix tests/fleet/test_child.py tests/fleet/test_inventory.py tests/report \
  tests/sources/test_archives.py tests/sources/test_hostile.py tests/sources/test_targets.py tests/superset tests/sql

pythons: $(PYTHONS:%=python-%)  ## Run the tests that depend on Python on each one from 3.10 to 3.14 that is found

python-%: export PATH := $(PATH):$(PYENV)
python-%: $(DEVELOPMENT)
	@usual=$$($(VENV_PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	if [ "$$usual" = "$*" ]; then exit 0; fi; \
	if ! found=$$($(BIN)/uv python find --system --no-python-downloads $* 2>/dev/null); then \
	  echo "Python $* is not installed, so nothing is known of it"; exit 0; \
	fi; \
	echo "Python $*: $$found" && there=.venvs/$* && \
	$(BIN)/uv venv --quiet --allow-existing --python "$$found" $$there && \
	$(BIN)/uv pip install --quiet --python $$there --require-hashes -r requirements/dev.txt && \
	$(BIN)/uv pip install --quiet --python $$there --no-deps --no-build-isolation --editable . && \
	$$there/$(notdir $(BIN))/python -m pytest -p no:cacheprovider --quiet $(PYTEST_ARGS) $(PYTHONS_TESTS)

# --- checks ---------------------------------------------------------------------------------------

check: test pythons lint types contracts wheel docs-check site  ## Everything that .ci/run checks

lint: $(DEVELOPMENT)  ## Style: ruff, both its rules and its formatting; zizmor on the action
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/zizmor --offline --quiet action.yml

format: $(DEVELOPMENT)  ## Let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What is installed is read as on Windows, too: whatever that system lacks is an error. Tests start servers that it lacks.
types: $(DEVELOPMENT)  ## Types: mypy, strict
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 analyzer rules

contracts: $(DEVELOPMENT)  ## Who may import whom: import-linter
	$(BIN)/lint-imports

# The tests look into a wheel; this installs one as a stranger would, with nothing but what it asks for.
wheel: $(DEVELOPMENT)  ## Build the wheel, install it into an empty environment and run it
	rm -rf dist build/wheel
	$(VENV_PYTHON) -m build --no-isolation --outdir dist .
	$(VENV_PYTHON) -m venv build/wheel
	build/wheel/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	build/wheel/$(notdir $(BIN))/dashlint --version
	cd build/wheel && { $(notdir $(BIN))/dashlint demo > demo.txt || [ $$? -eq 1 ]; } && grep -q 'DL[0-9]' demo.txt

# --- documentation, example, measurements ---------------------------------------------------------

docs: $(DEVELOPMENT)  ## Write the generated pages (rules, options, commands, man pages, examples) anew
	$(VENV_PYTHON) -m dashlint.lint.generate
	$(VENV_PYTHON) -m dashlint.cli.reference
	$(VENV_PYTHON) docs/examples.py

docs-check: $(DEVELOPMENT)  ## Are the generated pages up to date?
	$(VENV_PYTHON) -m dashlint.lint.generate --check
	$(VENV_PYTHON) -m dashlint.cli.reference --check
	$(VENV_PYTHON) docs/picture.py --check
	$(VENV_PYTHON) docs/examples.py --check

# -n and -W: a link, an anchor or a page that the navigation lacks fails the build.
site: $(DEVELOPMENT)  ## Build the documentation site, strictly, into build/site
	rm -rf build/site
	$(VENV_PYTHON) -m sphinx -q -n -W --keep-going -b html -d build/site-doctrees docs build/site

readme-picture: $(DEVELOPMENT)  ## Draw the README's picture from a real run
	$(VENV_PYTHON) docs/picture.py

superset: $(VENV_PYTHON)  ## Serve a real Superset with its example dashboards on loopback
	$(VENV_PYTHON) tests/live/superset_server.py serve

capture: $(DEVELOPMENT)  ## Record in a browser what dashboards send that were made up for the tests
	$(call INSTALL_GROUP,example)
	$(VENV_PYTHON) -m tests.truth.capture --made-up --out tests/truth/data/made_up

example: $(DEVELOPMENT)  ## Create the example company in a real Superset and export it anew
	$(call INSTALL_GROUP,example)
	$(VENV_PYTHON) fixtures/company/build.py

bench: $(DEVELOPMENT)  ## Measure speed and memory
	$(VENV_PYTHON) benchmarks/run.py

bench-capacity: $(DEVELOPMENT)  ## Hold capacity's model against a real Superset under load (needs PostgreSQL and Redis)
	PYTHONPATH=. $(VENV_PYTHON) -m benchmarks.capacity.alone $(CAPACITY)
	PYTHONPATH=. $(VENV_PYTHON) -m benchmarks.capacity.load $(CAPACITY)

warehouse: $(DEVELOPMENT)  ## Hold verdicts against the plans of PostgreSQL and MariaDB on 2,000,000 facts (minutes)
	DASHLINT_TEST_WAREHOUSE_ROWS=2000000 $(VENV_PYTHON) -m pytest -s tests/warehouse

measure-memory: $(DEVELOPMENT)  ## Measure what requests cost a real Superset (needs PostgreSQL and Redis on loopback)
	PYTHONPATH=. $(VENV_PYTHON) -m benchmarks.memory.measure $(MEASURE)

memory-model: $(DEVELOPMENT)  ## Fit the memory model to the measurements; prints its errors and draws them
	$(call INSTALL_GROUP,measure)
	PYTHONPATH=. $(VENV_PYTHON) -m benchmarks.memory.refit $(REFIT)

clean:  ## Remove what make created, except the real Superset in .superset
	rm -rf $(VENV) .venvs build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .coverage htmlcov
	find analyzer rules tests -name __pycache__ -type d -prune -exec rm -rf {} +
