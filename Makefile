# Two commands on a fresh machine: `make demo` and `make test`. Both need Python 3.11 or later, and nothing else.

PYTHON ?= python3
DEMO := examples/tap-marketplace
BIN := .venv/bin
READY := .venv/.ready
SCANNERS := .build/scanners
CHECKOV := 3.3.30
TFLINT := v0.64.0

# DynamoDB Local, for the tests of the functions; without Java and Maven they make do with an emulation.
DYNAMODB := .build/dynamodb-local

.PHONY: help demo test lint prove apply mutate bench clean dynamodb growth bench-functions sweep
.DEFAULT_GOAL := help

help: ## Say what there is.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: $(READY) ## Set up, and render dev, staging and prod of the demo.
	$(BIN)/ticketgen render --spec $(DEMO)/ticketgen.yaml

test: lint dynamodb ## Set up, and run every check but the slow proofs.
	$(BIN)/python -m pytest -m "not slow and not apply and not sweep" -n 2 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

prove: $(READY) dynamodb $(SCANNERS)/.ready ## The slow proofs: whole stacks planned, dev applied and rehearsed, the package installed elsewhere.
	$(BIN)/python -m pytest -m slow

apply: $(READY) ## Apply prod to the emulated AWS, with a Region more and one less: a quarter of an hour on two idle cores.
	$(BIN)/python -m pytest -m apply

bench: $(READY) ## Measure what has an objective, each against its yardstick in one run.
	set -e; for each in scripts/bench_*.py; do $(BIN)/python $$each; done

bench-functions: $(READY) dynamodb ## Time the functions on real services, each figure with its objective beside it.
	PYTHONPATH=tests/functions:tests/stack:templates/functions $(BIN)/python tests/functions/bench_functions.py

dynamodb: $(DYNAMODB)/.ready

$(DYNAMODB)/.ready: tests/functions/dynamodb-local.xml
	@if command -v java >/dev/null && command -v mvn >/dev/null; then \
	  mkdir -p $(DYNAMODB) && mvn -q -B -f $< org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
	    -DoutputDirectory=$(CURDIR)/$(DYNAMODB) && touch $@; \
	else echo "No Java or no Maven: the functions' tests run without DynamoDB Local."; fi

growth: $(READY) ## Print how plan and apply grow from 1 to 12 Regions: half an hour on two cores.
	$(BIN)/python -m pytest -q tests/rehearsal/growth.py

mutate: $(READY) ## Break the demo's prod stack on purpose, hundreds of times: does its suite notice? SAMPLE=60 for some.
	$(BIN)/ticketgen render --spec $(DEMO)/ticketgen.yaml --env prod
	$(BIN)/python tests/mutation/run_mutants.py $(DEMO)/stacks/prod $(if $(SAMPLE),--sample $(SAMPLE),--report .build/mutants.json)

sweep: $(READY) ## Render SAMPLE=100 random specs, the first from SEED=1, and run the unit suite of each.
	SAMPLE=$(or $(SAMPLE),100) SEED=$(or $(SEED),1) $(BIN)/python -m pytest -q -m sweep tests/suites -n 2 --dist worksteal

clean: ## Remove what make made.
	rm -rf .venv .build dist $(DEMO)/stacks

# The virtual environment is made anew whenever what it consists of changes.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ticketgen needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.13 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# What security-minded users run on a stack. checkov pins its dependencies, so it has a home of its own; tflint comes
# with Go, where there is one.
$(SCANNERS)/.ready: Makefile
	$(PYTHON) -m venv $(SCANNERS)/checkov
	$(SCANNERS)/checkov/bin/python -m pip install --quiet --disable-pip-version-check checkov==$(CHECKOV)
	@mkdir -p $(SCANNERS)/bin && ln -sf ../checkov/bin/checkov $(SCANNERS)/bin/checkov
	if command -v go >/dev/null; then GOBIN=$(CURDIR)/$(SCANNERS)/bin go install github.com/terraform-linters/tflint@$(TFLINT); fi
	@touch $@
