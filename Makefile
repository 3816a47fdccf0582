# The front door: `make help`. Needs bash, and Node.js >= 18 with npm on the PATH; `npm ci` brings Node.js 24 itself.
# Everything runs from a fresh clone: a target installs first what it needs, and only when that has changed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

# The PATH that npm is found on: the packaged node below must not run the npm that replaces it.
SYSTEM_PATH := $(PATH)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# A KUBECONFIG of your shell is never used: only KUBECONFIG=path, on the command line of make, reaches a cluster that is not our own.
KUBECONFIG_GIVEN := $(if $(filter command line,$(origin KUBECONFIG)),$(KUBECONFIG))
ifeq ($(KUBECONFIG_GIVEN),)
unexport KUBECONFIG
endif

# The operator benchmark, where one is checked out beside this repository.
BENCH ?= $(patsubst %/driver/go.mod,%,$(firstword $(wildcard ../*/bench/driver/go.mod)))

# npm writes this file last of all.
DEPS := node_modules/.package-lock.json

# The operator as it is shipped: bundled, it starts in a fraction of the time (docs/decisions/0013-dist-is-bundled.md).
BUILT := dist/main.js

# The operator's image, where IMG names none.
IMAGE := $(or $(IMG),nodefleet:$(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json))

# vitest colours its output even in a file.
VITEST := [ -t 1 ] || export NO_COLOR=1; exec vitest run

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(BUILT) ## The demo, on a cluster of its own (ONCE=1: end after it). KUBECONFIG=path: serve that cluster
ifeq ($(KUBECONFIG_GIVEN),)
	@exec node hack/demo.ts $(if $(filter-out 0,$(ONCE)),--once) $(ARGS)
else
	@exec env MALLOC_ARENA_MAX=1 node --max-semi-space-size=4 $(BUILT) --leader-elect=false --metrics-bind-address=127.0.0.1:0 --health-probe-bind-address=127.0.0.1:0 $(ARGS)
endif

.PHONY: test
test: tools ## The tests: unit, and envtest against a real etcd and API server
	@$(VITEST) --project unit --project envtest

.PHONY: test-docs
test-docs: tools ## Run the commands and apply the manifests of README and docs/
	@$(VITEST) --project docs

.PHONY: test-unit
test-unit: $(DEPS) ## The tests that need no server (seconds)
	@$(VITEST) --project unit

.PHONY: sim
sim: $(DEPS) ## Simulate fleets under faults (RUNS=2000; SEED=n or TAPE=file: one, with its log; EXHAUSTIVE=1: two reconciles in every order)
	@RUNS=$(RUNS) FIRST=$(FIRST) SEED=$(SEED) TAPE=$(TAPE) WORKERS=$(WORKERS) EXHAUSTIVE=$(filter-out 0,$(EXHAUSTIVE)) ONLY='$(ONLY)' exec node hack/sim.ts

.PHONY: conformance
conformance: tools ## Hold the simulation's API server against a real one: every script, and RUNS=30 by chance (FIRST=seed)
	@export CONFORMANCE_RUNS=$(RUNS) CONFORMANCE_FIRST=$(FIRST); $(VITEST) --project envtest test/envtest/sim-conformance

.PHONY: walk
walk: $(DEPS) $(if $(filter-out 0,$(REAL)),tools) ## Change every property of the spec and change it back, in the simulation's cluster (REAL=1: some, on a real API server; COUNT, SEED, ONLY; docs/bad-input.md)
	@export COUNT="$(COUNT)" SEED="$(SEED)" ONLY='$(ONLY)' WORKERS="$(WORKERS)"; \
	if [ -n '$(filter-out 0,$(REAL))' ]; then $(VITEST) --project walk; else exec node hack/walk.ts; fi

.PHONY: mutants
mutants: $(DEPS) ## Plant named bugs, one at a time: in how many seeds does the simulation find each? (SEEDS=2000, ONLY=part of a name)
	@SEEDS="$(SEEDS)" ONLY="$(ONLY)" exec node hack/mutants.ts

.PHONY: contention
contention: tools ## Races, faults and outages on a real API server, C1 to C31 (docs/contention.md)
	@$(VITEST) --project contention

.PHONY: crash-points
crash-points: tools $(BUILT) ## kill -9 of the operator at every boundary of its writes (docs/contention.md)
	@$(VITEST) --project crash-points

.PHONY: reliability
reliability: tools $(BUILT) ## Run all that proves the guarantees and write docs/reliability.md (ARGS=--gather: of the last runs)
	@exec node hack/reliability/main.ts $(ARGS)

.PHONY: check
check: $(DEPS) ## Format, lint with the layer rules, types, unused code, generated files, commit messages
	@exec node hack/check.ts

.PHONY: fix
fix: $(DEPS) ## Format, and mend what the linter can mend
	@oxfmt . && oxlint --fix

.PHONY: generate
generate: $(DEPS) ## Write anew what is made from code: the CRD, the roles of the operator, docs/api-reference.md
	@node hack/generate-crds.ts && node hack/generate-config.ts && exec node hack/generate-api-reference.ts

.PHONY: build
build: $(BUILT) ## Bundle src/ to dist/, as in the image; the kubectl plugin is dist/plugin/main.js

.PHONY: image
image: $(DEPS) ## Build the operator's image with Docker (IMG=nodefleet:VERSION), with an SBOM
	@SYSTEM_PATH="$(SYSTEM_PATH)" exec node hack/image.ts '$(IMAGE)'

.PHONY: kind-up
kind-up: $(DEPS) ## A Kubernetes cluster in a container, to play with (KIND_NODE_IMAGE=kindest/node:…)
	@exec node hack/kind.ts up

.PHONY: kind-load
kind-load: $(DEPS) ## Hand the operator's image (IMG) to that cluster
	@exec node hack/kind.ts load '$(IMAGE)'

.PHONY: kind-down
kind-down: $(DEPS) ## Remove that cluster
	@exec node hack/kind.ts down

.PHONY: e2e
e2e: $(DEPS) ## Tests on real machines: kubelets, images, volumes (needs Docker; IMG=an image that is built already)
	@export IMG='$(IMG)' SYSTEM_PATH='$(SYSTEM_PATH)'; $(VITEST) --project e2e --reporter=verbose

.PHONY: bench
bench: $(BUILT) ## Compare with controller-runtime, in the operator benchmark (BENCH=its folder)
	@exec node hack/bench/main.ts $(BENCH) $(ARGS)

.PHONY: bench-micro
bench-micro: $(DEPS) ## Micro-benchmarks beside their baseline (ARGS=--update renews it, "--factor 2"; docs/micro-benchmarks.md)
	@exec node hack/bench-micro/main.ts $(ARGS)

.PHONY: measure
measure: tools $(BUILT) ## Memory at rest, reaction time, and how long a start takes
	@exec node hack/measure.ts $(ARGS)

# IMG=image with a tag; NAMESPACES=a,b: these alone, with a Role in each.
INSTALL := $(if $(IMG),--image '$(IMG)') $(if $(NAMESPACES),--namespaces '$(NAMESPACES)')

.PHONY: deploy
deploy: $(DEPS) ## Install or upgrade the operator on a cluster: KUBECONFIG=path [IMG=image] [NAMESPACES=a,b]
	@exec node hack/deploy.ts deploy --kubeconfig '$(KUBECONFIG_GIVEN)' $(INSTALL)

.PHONY: undeploy
undeploy: $(DEPS) ## Remove the operator: KUBECONFIG=path. Fleets, their pods and their claims stay
	@exec node hack/deploy.ts undeploy --kubeconfig '$(KUBECONFIG_GIVEN)' $(if $(filter-out 0,$(ANYWAY)),--anyway)

.PHONY: manifests
manifests: $(DEPS) ## Write dist/install.yaml, which kubectl apply takes: [IMG=image] [NAMESPACES=a,b]
	@mkdir -p dist && node hack/deploy.ts manifests $(INSTALL) > dist/install.yaml && echo dist/install.yaml

.PHONY: tools
tools: $(DEPS) ## Download or build etcd, kube-apiserver and the rest of the control plane, once
	@exec node hack/tools.ts

.PHONY: hooks
hooks: $(DEPS) ## Check format, lint and message at each git commit
	@exec lefthook install

.PHONY: clean
clean: ## Remove what make has made in this folder
	@rm -rf dist node_modules .cache .run

$(DEPS): package.json package-lock.json
	@PATH="$(SYSTEM_PATH)" hack/install-dependencies.sh

$(BUILT): $(DEPS) tsconfig.json tsconfig.build.json rolldown.config.ts $(shell find src -name '*.ts')
	@tsc -p tsconfig.build.json && rolldown -c >/dev/null && chmod +x dist/plugin/main.js
