# make demo       set up .venv, log a small training run, serve TensorBoard on it
# make demo SERVE=0   the same without serving
# make test       set up .venv, run every check and test: lint, test-frontend, test-python in turn
# make protobuf   regenerate the code of manifest.proto
# make clean      remove what these made

SHELL := /bin/bash
VENV := $(CURDIR)/.venv
LOGDIR ?= runs/digits_vqa
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && break; done)

FRONTEND := $(shell find plugin_frontend -maxdepth 1 -type f; find plugin_frontend/src)
NPM := cd plugin_frontend && PATH="$(VENV)/bin:$$PATH" npm

.PHONY: demo test lint test-frontend test-python chromium protobuf clean

demo: $(VENV)/.demo
	$(VENV)/bin/python examples/digits_vqa.py --logdir $(LOGDIR)
ifneq ($(SERVE),0)
	$(VENV)/bin/tensorboard --logdir $(LOGDIR)
endif

test: lint test-frontend test-python

lint: $(VENV)/.test
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

test-frontend: plugin_frontend/node_modules/.package-lock.json
	$(NPM) run check
	$(NPM) test

test-python: $(VENV)/.test chromium
	$(VENV)/bin/pytest --numprocesses 2 --dist loadfile $(PYTEST_ARGS)

# The package with its extra of that name; editable, so that only these files ask for a new install.
$(VENV)/.%: $(VENV)/bin/python pyproject.toml setup.py constraints.txt $(FRONTEND)
	@echo "Installing into $(VENV): a few minutes the first time"
	$(VENV)/bin/pip install --quiet --constraint constraints.txt --editable '.[$*]'
	touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed: install it (on Debian:" \
		"apt-get install python3-venv) or name one with make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

plugin_frontend/node_modules/.package-lock.json: plugin_frontend/package-lock.json | $(VENV)/.test
	$(NPM) ci --no-audit --no-fund

chromium:
ifeq ($(CHROMIUM),)
	@command -v apt-get >/dev/null && test "$$(id -u)" = 0 || { echo "The end-to-end tests need Chromium:" \
		"install it (on Debian: apt-get install chromium) or name it with make test" \
		"CHROMIUM=/path/to/chromium" >&2; exit 1; }
	apt-get update --quiet
	DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends \
		chromium fonts-liberation
endif

protobuf:
	$(PYTHON) -m venv build/protobuf
	build/protobuf/bin/pip install --quiet grpcio-tools==1.62.3 'setuptools<81'
	build/protobuf/bin/python -m grpc_tools.protoc --proto_path=. --python_out=. --pyi_out=. \
		vl_tb_plugin/storage/manifest.proto
	rm -r build/protobuf

clean:
	rm -rf $(VENV) build dist *.egg-info vl_tb_plugin/static plugin_frontend/node_modules
