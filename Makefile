# make run    install and start the server with a demo workspace
# make test   install what tests need and run all of them
# make check  format, lint, types, layers
# make bench  the benchmarks        make docs  the generated pages of docs/
# make lock   new requirements*.lock from pyproject.toml (needs uv)
#
# Needs make, git, python3 (3.11 or newer) and python3-venv; all else is installed into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Tests wait half of the time, for browsers and for servers to start.
TESTERS := $(shell echo $$(($$(nproc) + 1)))
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WEB    := $(shell find web -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)

.PHONY: run test check bench docs format lock web install dev debian clean
.DELETE_ON_ERROR:

run: install
	$(BIN)/pointsman serve --demo

test: dev debian
	$(BIN)/python hatch_build.py test
	$(BIN)/pytest -m "not alone" --numprocesses=$(TESTERS) --dist=loadfile --durations=20
	$(BIN)/pytest -m alone --durations=10

check: dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python hatch_build.py run lint

bench: dev
	$(BIN)/python -m bench

docs: dev debian
	$(BIN)/pytest -q --no-header tests/docs tests/browser/test_picture.py --rewrite

format: dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

web: $(VENV)/.web
install: $(VENV)/.package
dev: $(VENV)/.package $(VENV)/.dev

# Each stamp is newer than what it was made from, so a second run is quick.

$(VENV)/.made:
	@command -v git >/dev/null || { echo "Please install git; nothing here works without it."; exit 2; }
	@command -v $(PYTHON) >/dev/null || { echo "Please install Python 3.11 or newer (python3)."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Pointsman needs Python 3.11 or newer; $(PYTHON) is older. Say PYTHON=… to choose another."; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Please install python3-venv; the server gets an environment of its own."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock
	$(PIP) --require-hashes -r requirements.lock
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/.web: $(VENV)/.run hatch_build.py $(WEB)
	$(BIN)/python hatch_build.py
	touch $@

$(VENV)/.package: $(VENV)/.web pyproject.toml src/pointsman/__init__.py
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

# What tests drive besides Python: Debian's Chromium (a downloaded one would not be Debian's to mend), PHP
# and curl for samples of the documents, programs for sound, telephones that are not ours, and the edge of softphones.
DEBIAN := chromium php-cli curl espeak-ng ffmpeg baresip sip-tester \
  kamailio kamailio-websocket-modules kamailio-autheph-modules rtpengine-daemon

debian:
	@missing=; for package in $(DEBIAN); do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
	      apt-get install -y -q --no-install-recommends $$missing; \
	  else \
	    echo "The tests need these packages of Debian; please install them:$$missing"; exit 2; \
	  fi; \
	fi

UV_COMPILE = UV_NO_CONFIG=1 uv pip compile pyproject.toml --universal --python-version 3.11 --upgrade \
  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet --extra build

lock:
	$(UV_COMPILE) -o requirements.lock
	$(UV_COMPILE) --extra dev --extra bench --extra sip --extra twilio -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist src/pointsman/console/static
