# `make report` and `make test` do all their set-up themselves: Python 3.11 and make are enough.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
# One torch thread a process: pytest -n 2 has both cores.
export OMP_NUM_THREADS ?= 1

.PHONY: help report test test-times test-all browser lint docs coverage speed plan picture bounds bench atlas atlas-pages dist-check lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

report: .venv/installed ## compare the whole catalogue; leaves report/index.html
	$(BIN)/python -m tools.report report/index.html

# A file's tests stay in one process, which derives, captures and compiles for them once; files are
# begun in their order, so that the last ones are short.
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder

test: .venv/installed browser ## the tests: some 25 minutes of processor time, on two cores
	$(BIN)/python -m pytest -q $(IN_TWO) -m "not slow" --durations=20

test-times: .venv/installed browser ## the tests, and renew the table of what each costs
	$(BIN)/python -m pytest -q $(IN_TWO) -m "not slow" -p tools.times_of_tests --times docs/house.md

test-all: .venv/installed browser ## the longer proofs too
	$(BIN)/python -m pytest -q $(IN_TWO)

browser: ## Chromium for the tests of the page: by apt as root; elsewhere they are skipped
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  if command -v $$name >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 \
	  || echo "Chromium could not be installed; the tests of the page in a browser are skipped"; \
	else echo "No Chromium is installed; the tests of the page in a browser are skipped"; fi

lint: .venv/installed ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy symdiff comparisons tools

docs: .venv/installed ## the documentation; leaves build/docs/index.html
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/docs
	@echo "The documentation: $(CURDIR)/build/docs/index.html"

coverage: .venv/installed ## renew the table of what is covered
	$(BIN)/python -m tools.coverage docs/catalogue.md

speed: .venv/installed ## measure anew what everything costs, in some minutes
	$(BIN)/python benchmarks/table.py --page docs/speed.md

plan: .venv/installed ## measure anew what the whole catalogue at 2³² would take
	$(BIN)/python benchmarks/plan.py --page docs/plan.md

picture: .venv/installed ## draw the README's picture anew
	$(BIN)/python -m tools.picture docs/gelu_float32.png

bounds: .venv/installed ## record every engine's maxima anew, in some minutes
	$(BIN)/python -m tools.bounds

bench: .venv/installed ## every benchmark, one after the other, but for `make plan`, of a quarter of an hour
	@for script in $(filter-out benchmarks/plan.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

atlas: .venv/installed ## every framework that is installed beside the truth; leaves docs/atlas
	$(BIN)/symdiff atlas --jobs 2 --checkpoint build/atlas.jsonl --pages docs/atlas

atlas-pages: .venv/installed ## the atlas's pages anew from docs/atlas/atlas.json
	$(BIN)/symdiff atlas --from docs/atlas/atlas.json --pages docs/atlas

dist-check: .venv/installed ## build, install with the oldest and the newest versions, run a slice
	$(BIN)/python -m tools.dist_check

lock: ## pin anew what requirements.in names
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --requirement requirements.in
	(grep '^#' requirements.lock; .venv-lock/bin/pip freeze --all --exclude pip | sed 's/+cpu$$//') > requirements.new
	mv requirements.new requirements.lock && rm -rf .venv-lock

clean: ## remove the environment and what was made with it
	rm -rf .venv report build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/installed: requirements.lock setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
