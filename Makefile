# 'make' or 'make help' lists the targets.
SHELL := /bin/bash -o pipefail
GO ?= go

# The race detector and the grammars of pipeline/chunk need a C compiler. Without
# one, everything is built and tested in pure Go.
CC_FOUND := $(shell command -v cc || command -v gcc || command -v clang)
ifeq ($(CC_FOUND),)
export CGO_ENABLED := 0
RACE :=
else
RACE := -race
endif

# The grammars of pipeline/chunk take minutes to compile, and half of that with less optimisation.
# Tests and the linter use the same flags, so that they share the compiled packages.
test lint: export CGO_CFLAGS ?= -O1 -g0

# A process with the race detector waits a second at its end for races of goroutines that still run.
# Tests end some thousand processes.
test test-real test-real-short: export GORACE ?= atexit_sleep_ms=50

# Tools and generators are built without cgo, like everything in make cross, so that they share the
# compiled packages.
generate deploy-test generate-deploy: export CGO_ENABLED := 0

# The path of the linter. It is built with its own flags, and run with those of the tests. It takes a third less time
# if memory is collected less often.
LINT = $$(CGO_ENABLED=0 $(GO) tool -n -modfile=tools/lint.mod golangci-lint)
SQLC := $(GO) tool -modfile=$(CURDIR)/tools/sqlc.mod sqlc
VULN := $(GO) tool -modfile=tools/vuln.mod govulncheck

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build leat and the five workers into bin/
	$(GO) build -trimpath -buildvcs=auto -o bin/ ./cmd/...

.PHONY: demo
demo: build ## ingest this checkout, search it, compare the stores
	@scripts/demo

.PHONY: demo-http
demo-http: build ## create a token, search over HTTP, add a GitHub hook, on the data of make demo
	@scripts/demo-http

# Many tests wait for starting servers and ending processes. Testing one package more than there are
# processors fills the gaps.
.PHONY: test
test: ## run every test
	$(GO) test $(RACE) -vet=off -p $$(($$(getconf _NPROCESSORS_ONLN) + 1)) -timeout 20m ./...

# The packages that talk to servers.
REAL := ./devstack/qdrant ./internal/testenv ./internal/store ./internal/worker ./pipeline ./pipeline/blob ./pipeline/broker \
	./pipeline/catalog ./pipeline/embed ./pipeline/index ./pipeline/ingest ./pipeline/search ./pipeline/syncer/... \
	./pipeline/vector/... ./e2e

# The packages whose tests depend most on NATS. Postgres is a real one in make test as well.
REAL_SHORT := ./internal/testenv ./pipeline ./pipeline/broker

.PHONY: test-real-short
test-real-short: export CGO_CFLAGS ?= -O1 -g0
test-real-short: ## test the packages nearest to the servers against a nats-server and a Postgres as processes
	scripts/with-real-servers $(GO) test $(RACE) -vet=off -count 1 -timeout 10m $(REAL_SHORT)

.PHONY: test-real
test-real: export CGO_CFLAGS ?= -O1 -g0
test-real: ## test against a nats-server, a Postgres and, if installed, a Qdrant and a MinIO as processes
	scripts/with-real-servers $(GO) test -count 1 -timeout 40m $(REAL)

OLD ?=

.PHONY: test-upgrade
test-upgrade: export CGO_CFLAGS ?= -O1 -g0
test-upgrade: ## run an older build beside this one (OLD=commit or tag)
	scripts/test-upgrade $(OLD)

DPKG ?=

.PHONY: sbom
sbom: build ## list what the binaries are made of, in bin/sbom.cdx.json (DPKG=/var/lib/dpkg/status of an image)
	$(GO) run ./internal/sbom/cmd/sbom -bin bin -dpkg '$(DPKG)' -out bin/sbom.cdx.json

SEED ?= $(shell date +%s)
FAULTS ?= 200
COMMITS ?= 50
REPO ?=

.PHONY: chaos
chaos: ## break a whole leat on purpose (SEED=n FAULTS=n COMMITS=n REPO=path)
	$(GO) run ./internal/chaos/cmd/chaos -seed $(SEED) -faults $(FAULTS) -commits $(COMMITS) -repo '$(REPO)' $(CHAOS)

EXAMPLES ?= 50

# The fuzzer is Python's, from PyPI.
.PHONY: fuzz-api
fuzz-api: export CGO_CFLAGS ?= -O1 -g0
fuzz-api: ## fuzz the HTTP API by its description (EXAMPLES=n requests a route and phase)
	test -x bin/fuzz/bin/schemathesis || { python3 -m venv bin/fuzz && bin/fuzz/bin/pip install --quiet schemathesis==4.32.5; }
	SCHEMATHESIS=$(CURDIR)/bin/fuzz/bin/schemathesis SCHEMATHESIS_EXAMPLES=$(EXAMPLES) $(GO) test -count 1 -timeout 60m -v -run TestSchemathesis ./internal/httpapi

.PHONY: lint
lint: ## check form, style and imports
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "run gofmt -w on:"; echo "$$files"; exit 1; fi
	lint=$(LINT) && GOFLAGS="$$GOFLAGS $(RACE)" GOGC=400 "$$lint" run ./...

# Everything is compiled. Only one binary is linked, which contains all that the others contain.
.PHONY: cross
cross: ## check the builds without cgo, here and for macOS on ARM
	CGO_ENABLED=0 $(GO) list -export ./... >/dev/null
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 $(GO) list -export ./... >/dev/null
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./cmd/leat

SIZE ?= 1000

# The invented repository is the same in every run unless SEED is given.
.PHONY: bench
bench: ## measure a whole leat beside its bare parts (SIZE=files SEED=n REPO=path)
	$(GO) run ./internal/bench/cmd/bench -files $(SIZE) -seed $(if $(filter file,$(origin SEED)),1,$(SEED)) -repo '$(REPO)' $(BENCH)

# What is missing of the other programs is installed from their registries and stays in the user's
# cache.
.PHONY: bench-peers
bench-peers: export CGO_CFLAGS ?= -O1 -g0
bench-peers: ## measure leat and other programs that index code, at the same work (REPO=path PEERS='-rounds 5')
	$(GO) run ./internal/bench/cmd/peers -repo '$(or $(REPO),.)' $(PEERS)

# Here pipeline/chunk cuts with grammars, as in production.
.PHONY: eval
eval: export CGO_CFLAGS ?= -O1 -g0
eval: ## measure what searches find (REPO='path path' EVAL='-embedders FILE -embedder "local-384 NAME"')
	$(GO) run ./internal/eval/cmd/eval -repo '$(REPO)' $(EVAL)

.PHONY: microbench
microbench: ## run the benchmarks of the packages
	$(GO) test -run '^$$' -bench . -benchmem ./...

# Chromium opens the pages of a real repository, which is this checkout unless REPO is given.
.PHONY: screenshots
screenshots: export CGO_CFLAGS ?= -O1 -g0
screenshots: ## take pictures of the pages into docs/screenshots (REPO=path QUERY=text)
	mkdir -p docs/screenshots
	LEAT_SCREENSHOTS=$(CURDIR)/docs/screenshots LEAT_SCREENSHOTS_REPO='$(or $(REPO),$(CURDIR))' LEAT_SCREENSHOTS_QUERY='$(QUERY)' $(GO) test -count 1 -timeout 10m -run TestScreenshots ./internal/gateway

.PHONY: generate
generate: ## generate schemas, queries, pages and the description of the HTTP API from their sources
	$(GO) generate ./events ./internal/httpapi ./internal/config ./internal/web
	cd pipeline/catalog && $(SQLC) generate

.PHONY: verify
verify: generate ## fail if generated files differ from the committed ones
	git diff --exit-code -- events api pipeline/catalog/internal/query internal/web
	$(GO) mod tidy -diff

# A module of its own tests the files of deploy. It needs helm, Kubernetes and Prometheus as
# libraries.
.PHONY: deploy-test
deploy-test: ## test the chart, the alerts, the dashboards, the compose file and the Dockerfile
	cd deploy/check && $(GO) test -vet=all ./...

ROOT ?=

.PHONY: rehearse
rehearse: ## run the steps of the Dockerfile in an empty root, without Docker (ROOT=directory that does not exist; as root)
	deploy/rehearse.sh '$(ROOT)'

.PHONY: generate-deploy
generate-deploy: ## make the dashboards of deploy from their code
	cd deploy/check && $(GO) generate ./...

.PHONY: vuln
vuln: ## look for known vulnerabilities (asks vuln.go.dev)
	$(VULN) ./...
