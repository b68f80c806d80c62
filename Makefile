# "make" lists what there is. The tools that are used are pinned here; Go fetches and builds them when they are needed.
GOLANGCI_LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
CYCLONEDX_GOMOD = github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

GO ?= go

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What tests take besides, as TESTFLAGS=-short.
TESTFLAGS ?=

# These take longest, or wait for servers. They start first, so that no core is idle at the end.
LONGEST = ./runtime/kafkadriver/internal/faulttest ./cmd/brookgen ./runtime/redisstore \
	./runtime/badgerstore ./runtime/kafkadriver ./runtime/engine ./cmd/brookgen/internal/codectest .

.PHONY: download
download: ## fetch the modules that building and testing need, those that are not there
	$(GO) mod download

.PHONY: test
test: download ## run the tests (needs Go and nothing else)
	$(GO) test $(TESTFLAGS) $(LONGEST) ./...

.PHONY: race
race: download ## run the tests under the race detector (needs a C compiler too)
	$(GO) test -race $(TESTFLAGS) $(LONGEST) ./...

.PHONY: test-redis
test-redis: ## run the tests of the Redis store, and of what earlier versions left in it (needs redis-server)
	scripts/redis run scripts/redis run --cluster $(GO) test -race ./runtime/redisstore ./internal/museum

.PHONY: test-kafka
test-kafka: ## run the tests of the Kafka driver on real brokers (needs Java, Maven, kcat and redis-server)
	scripts/redis run scripts/kafka run --sasl --tls $(GO) test -race ./runtime/kafkadriver/...

.PHONY: test-browser
test-browser: ## run the tests of the inspector in a browser (needs Chromium)
	cd browsertest && $(GO) test $(TESTFLAGS) ./...

.PHONY: gameday
gameday: ## break a service and mend it in a browser (needs Chromium, redis-server, Java, Maven)
	cd browsertest && ../scripts/redis run ../scripts/kafka run $(GO) test -count 1 -v -run TestGameDay .

.PHONY: lint
lint: ## check format, vet and lint
	@unformatted="$$(gofmt -l .)"; \
	if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(GOLANGCI_LINT) run ./...

.PHONY: generate
generate: ## bring generated files up to date
	$(GO) generate ./...

.PHONY: build
build: ## build bin/brookgen, of which equal source and Go make equal bytes
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/brookgen ./cmd/brookgen

.PHONY: vulnerabilities
vulnerabilities: ## look for known vulnerabilities that the code reaches (needs network)
	scripts/vulnerabilities $(lastword $(subst @, ,$(GOVULNCHECK)))

.PHONY: sbom
sbom: ## write bin/brook.cdx.json, what brook is made of, in the format of CycloneDX
	mkdir -p bin
	$(GO) run $(CYCLONEDX_GOMOD) mod -licenses -std -type library -json -output bin/brook.cdx.json .

.PHONY: release-notes
release-notes: ## print what changed in VERSION, of CHANGELOG.md (default: the newest)
	@scripts/release-notes $(VERSION)

.PHONY: bench-redis
bench-redis: ## measure the Redis store with up to 10,000,000 keys, KEYS=N for fewer (needs redis-server and 4 GB)
	cd benchmarks && BROOK_BENCH_KEYS=$(or $(KEYS),10000000) ../scripts/redis run $(GO) test -run '^$$' -bench 'Keys|Fold|Bare$$' -benchtime 200000x -timeout 15m ./redis

.PHONY: bench-plot
bench-plot: ## measure Nexmark, JSON and the map store, and draw docs/figures; RUNS=0 only draws, KEYS=10000000 needs 8 GB
	@if [ "$(RUNS)" -gt 0 ]; then : > docs/figures/bench.txt; fi
	cd benchmarks && for i in $$(seq $(RUNS)); do { \
		$(GO) test -run '^$$' -bench . -benchtime 1x ./nexmark && \
		$(GO) test -run '^$$' -bench JSON -benchtime 0.3s ./codec && \
		$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 60m ./keys -keys $(or $(KEYS),1000000); \
	} >> ../docs/figures/bench.txt || exit 1; done
	cd benchmarks && $(GO) run ./plot -out ../docs/figures ../docs/figures/bench.txt
bench-plot: RUNS ?= 3

.PHONY: bench
bench: ## measure: the module's own benchmarks, then those against others
	$(GO) test -run '^$$' -bench . -benchmem ./...
	cd benchmarks && $(GO) test -run '^$$' -bench . -benchmem -timeout 60m ./...
