# Two commands on a new machine: `make demo` and `make test`. Both need Python 3.11 or later and nothing else.

PYTHON ?= python3
DEMO := examples/tap-marketplace
BIN := .venv/bin
READY := .venv/.ready
SCANNERS := .build/scanners
CHECKOV := 3.3.30
TFLINT := v0.64.0
SITE := .build/mkdocs
FUZZ := .build/fuzz
ATHERIS := 3.0.0
MATERIAL := 9.8.2

# An environment with the lowest versions that pyproject.toml allows, on the lowest Python of this machine.
OLDEST := .build/oldest
OLDEST_PYTHON := $(firstword $(foreach minor,11 12 13,$(shell command -v python3.$(minor))) $(PYTHON))
UV := 0.13.9
TESTS := tests

# Tests of projects take half the time where temporary files are in memory: eight gigabytes of it, from which programs run.
IN_MEMORY := $(shell grep -qs '^[^ ]* /dev/shm [^ ]* [^ ]*noexec' /proc/mounts || \
  df --output=avail -B1G /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 >= 8 { print "/dev/shm" }')
TEMPORARY := $(if $(TMPDIR),,$(IN_MEMORY:%=TMPDIR=%))

FAST := not slow and not exhaustive and not apply and not sweep and not browser

# What `make coverage` runs, one case of each test: measuring takes twice the time.
MEASURED := $(addprefix tests/,adopt aws cache capacity cli consequences hcl language language_server patches pictures pipeline rendering reports rules sizing spec tree type_checking verification)

# DynamoDB Local, for the tests of the functions. Without Java and Maven they run on an emulation.
DYNAMODB := .build/dynamodb-local

# Spin, for the models in proofs/: from the PATH, or from Debian's package, unpacked here without root.
SPIN := .build/spin
APT = apt-get -qq -o Dir::State::Lists=$(CURDIR)/$(@D)/lists -o Dir::Cache=$(CURDIR)/$(@D)/cache -o Debug::NoLocking=1

# Chromium, for the seat page: likewise, with the libraries that this machine lacks.
CHROMIUM := .build/chromium

# Slow proofs that measure time or hold a sale in real time: each has the machine to itself.
ALONE := tests/functions/test_sold_out_event.py tests/functions/test_races.py tests/rehearsal/test_rehearse_command.py \
  tests/suites/test_integration_suite.py tests/verification/test_speed.py

.PHONY: help demo test test-oldest coverage slowest lint prove apply mutate mutate-native bench clean dynamodb growth bench-scale site pictures release-check sweep fuzz exhaust proofs browser extension
.DEFAULT_GOAL := help

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: $(READY) ## Set up, and render dev, staging and prod of the demo.
	$(BIN)/ticketgen render --spec $(DEMO)/ticketgen.yaml

test: lint dynamodb ## Set up, and run every check except the slow proofs.
	$(TEMPORARY) $(BIN)/python -m pytest -m "$(FAST)" -n 2 --dist worksteal --junitxml=.build/tests.xml

coverage: $(READY) ## Measure the branch coverage of a part of the tests; less than the floor in pyproject.toml fails.
	@mkdir -p .build/coverage
	$(TEMPORARY) $(BIN)/python -m pytest -m "$(FAST) and not terraform" --cases=1 --cov -n 2 --dist worksteal $(MEASURED)

slowest: $(READY) ## List the twenty slowest tests of the last `make test` in tests/slowest.toml.
	$(BIN)/python scripts/slowest_tests.py

test-oldest: $(OLDEST)/.ready dynamodb ## Run the tests with the lowest allowed versions of all dependencies. TESTS=tests/hcl for some.
	$(TEMPORARY) $(OLDEST)/bin/python -m pytest -m "$(FAST) and not newest" -n 2 --dist worksteal $(TESTS)

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

prove: $(READY) dynamodb $(SCANNERS)/.ready $(CHROMIUM)/.ready ## Run the slow proofs: whole stacks planned, dev applied and rehearsed, the package installed elsewhere. CASES=1 for one of each, WITHOUT=FILE or FILE::TEST for all but one.
	$(BIN)/python -m pytest -m slow $(CASES:%=--cases=%) -n 2 --dist worksteal $(patsubst %,--deselect=%,$(ALONE) $(WITHOUT))
	$(BIN)/python -m pytest -m slow $(CASES:%=--cases=%) $(filter-out $(WITHOUT),$(ALONE)) $(patsubst %,--deselect=%,$(WITHOUT))

exhaust: $(READY) dynamodb ## Try every attack on the readers and writers at full size: an hour on two cores.
	$(BIN)/python -m pytest -m exhaustive --timeout 0 -n 2 --dist worksteal

apply: $(READY) ## Apply prod to the emulated AWS, then add and remove a Region: a quarter of an hour on two idle cores. REGIONS=3 for some.
	REGIONS=$(or $(REGIONS),12) $(BIN)/python -m pytest -m apply --timeout 0

bench: $(READY) ## Measure ticketgen's speed, compared with a baseline in the same run.
	set -e; for each in scripts/bench_*.py; do $(BIN)/python $$each; done

bench-scale: $(READY) dynamodb ## Measure the scale that the spec promises, each figure beside its objective: ten minutes on two idle cores. RECORD=FILE writes them.
	PYTHONPATH=tests/functions:tests/stack:templates/functions:templates/suites $(BIN)/python tests/functions/bench_scale.py $(if $(RECORD),--record $(RECORD))

dynamodb: $(DYNAMODB)/.ready ## Fetch DynamoDB Local, with Java and Maven.

$(DYNAMODB)/.ready: tests/functions/dynamodb-local.xml
	@if command -v java >/dev/null && command -v mvn >/dev/null; then \
	  mkdir -p $(DYNAMODB) && mvn -q -B -f $< org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
	    -DoutputDirectory=$(CURDIR)/$(DYNAMODB) && touch $@; \
	else echo "Java or Maven is missing: the tests of the functions run without DynamoDB Local."; fi

proofs: $(SPIN)/.ready ## Check the models of the sale, the move and the takeover with Spin, exhaustively: a minute on two idle cores.
	$(PYTHON) proofs/check.py

$(SPIN)/.ready:
	@mkdir -p $(SPIN)/lists/partial $(SPIN)/cache/archives/partial
	@if command -v spin >/dev/null; then touch $@; \
	elif command -v apt-get >/dev/null && (cd $(SPIN) && $(APT) update && $(APT) download spin && dpkg -x spin_*.deb .); then touch $@; \
	else echo "Spin is missing, and apt-get cannot fetch it."; fi

browser: $(READY) $(CHROMIUM)/.ready ## Use the seat page with a headless Chromium: a minute on two idle cores. `make prove` buys with it from an applied stack.
	$(BIN)/python -m pytest -m "browser and not slow" -n 2 --dist worksteal tests/browser

$(CHROMIUM)/.ready:
	@mkdir -p $(@D)/lists/partial $(@D)/cache/archives/partial
	@if command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null; then touch $@; \
	elif command -v apt-get >/dev/null && (cd $(@D) && $(APT) update \
	  && $(APT) --no-install-recommends --download-only --yes install chromium-headless-shell fonts-dejavu-core \
	  && for each in cache/archives/*.deb; do dpkg -x $$each root || exit; done && rm -rf cache lists); then touch $@; \
	else echo "Chromium is missing, and apt-get cannot fetch it."; fi

growth: $(READY) ## Print how plan and apply grow from 1 to 12 Regions: half an hour on two cores.
	$(BIN)/python -m pytest -q --timeout 0 tests/rehearsal/growth.py

mutate: $(READY) ## Break the demo's prod stack on purpose, hundreds of times, and check that its suite notices. SAMPLE=60 for some.
	$(BIN)/ticketgen render --spec $(DEMO)/ticketgen.yaml --env prod
	$(BIN)/python tests/mutation/run_mutants.py $(DEMO)/stacks/prod $(if $(SAMPLE),--sample $(SAMPLE),--report .build/mutants.json)

mutate-native: $(READY) ## Break the HCL of a stack of three Regions, and check that `terraform test` notices. Needs Terraform. SAMPLE=40.
	$(BIN)/python tests/mutation/native_stack.py .build/native-stack
	$(BIN)/python tests/mutation/run_mutants.py .build/native-stack --native --sample $(or $(SAMPLE),40)

site: $(SITE)/.ready ## Build the documentation as a website in .build/site; a broken link fails.
	NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build --strict

extension: ## Package the extension for Visual Studio Code as .build/ticketgen.vsix. Needs Node.js 20 or later.
	mkdir -p .build
	cd editors/vscode && npm ci --no-audit --no-fund --loglevel=error && npm test && npm run package -- --out $(CURDIR)/.build/ticketgen.vsix

pictures: $(READY) ## Draw the README's picture again.
	$(BIN)/ticketgen show --spec $(DEMO)/ticketgen.yaml --env dev > docs/images/stack.svg.new
	mv docs/images/stack.svg.new docs/images/stack.svg

release-check: $(READY) ## Build the release in dist/ twice, compare, install it and use it. TAG=v0.1.0 checks the tag too.
	$(BIN)/python scripts/release_check.py $(if $(TAG),--tag "$(TAG)")

fuzz: $(FUZZ)/.ready ## Fuzz the readers of untrusted files, each for a minute. TARGET=terraform for one, SECONDS=600 for longer, 0 without end.
	$(FUZZ)/bin/python tests/fuzz/fuzz.py $(TARGET) --seconds $(or $(SECONDS),60)

sweep: $(READY) ## Render SAMPLE=100 random specs, the first from SEED=1, and run the unit suite of each.
	SAMPLE=$(or $(SAMPLE),100) SEED=$(or $(SEED),1) $(BIN)/python -m pytest -q -m sweep tests/suites -n 2 --dist worksteal

clean: ## Remove everything that make made.
	rm -rf .venv .build dist $(DEMO)/stacks

# Set up again whenever the dependencies change, with the newest versions that pyproject.toml allows.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ticketgen needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.13 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager --editable '.[dev]'
	@touch $@

$(OLDEST)/.ready: pyproject.toml Makefile
	$(PYTHON) -m venv .build/uv
	.build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	.build/uv/bin/uv venv --quiet --clear --python $(OLDEST_PYTHON) $(OLDEST)
	.build/uv/bin/uv pip install --quiet --python $(OLDEST)/bin/python --resolution lowest-direct --editable '.[dev,rehearse]'
	@touch $@

# Scanners that security teams run on a stack. checkov pins its dependencies, so it has an environment of its own; tflint
# is built with Go, where Go is installed.
$(SCANNERS)/.ready: Makefile
	$(PYTHON) -m venv $(SCANNERS)/checkov
	$(SCANNERS)/checkov/bin/python -m pip install --quiet --disable-pip-version-check checkov==$(CHECKOV)
	@mkdir -p $(SCANNERS)/bin && ln -sf ../checkov/bin/checkov $(SCANNERS)/bin/checkov
	if command -v go >/dev/null; then GOBIN=$(CURDIR)/$(SCANNERS)/bin go install github.com/terraform-linters/tflint@$(TFLINT); fi
	@touch $@

# Atheris has wheels for Python 3.11 to 3.13 on Linux; the fuzzer has an environment of its own.
$(FUZZ)/.ready: Makefile pyproject.toml
	$(PYTHON) -m venv $(FUZZ)
	$(FUZZ)/bin/python -m pip install --quiet --disable-pip-version-check atheris==$(ATHERIS) --editable .
	@touch $@

$(SITE)/.ready: Makefile
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check mkdocs-material==$(MATERIAL)
	@touch $@
