# Zartrux: `make help` says what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Where rustup puts cargo, for shells that do not know it yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

# One folder for everything that is built, the fuzz crate's tests included.
export CARGO_TARGET_DIR ?= $(CURDIR)/target

PACKAGES := build-essential g++ cmake pkg-config libssl-dev libzmq3-dev
# What tests start beside the program.
TEST_PACKAGES := prometheus chromium chromium-driver monero python3-venv curl

# What `make run` gives to the demo: make run ARGS="--for 5m --monitor 0.0.0.0:8080"
ARGS ?=
# How long `make fuzz` stays with each target, and which targets it takes (all of them).
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?=
# Which parts `make sanitize` takes: randomx prover bridge fuzz, all of them unless some are named.
SANITIZE ?=
# What `make bench` gives to each workload, and where the reports go:
# make bench BENCH_ARGS="--miners 1000,10000 --peer xmrig-proxy=/usr/bin/xmrig-proxy"
BENCH_ARGS ?=
BENCH_REPORTS ?= $(CARGO_TARGET_DIR)/bench

# How long `make soak` runs, its seed, and where its report goes.
SOAK_SECONDS ?= 3600
SOAK_SEED ?= 1
SOAK_JSON ?= $(CARGO_TARGET_DIR)/soak.json

# Cargo uses all cores by itself, and one step's failure makes the next one pointless.
.NOTPARALLEL:

.PHONY: help
help: ## Say what there is
	@printf 'Usage: make TARGET\n\n'
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)$$/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) \
		| awk -F'|' '{ printf "%-17s %s\n", $$1, $$2 }'

.PHONY: run
run: release ## Build, and run the demo: real RandomX, nothing to configure (ARGS="--for 60s")
	@exec "$(CARGO_TARGET_DIR)/release/zartrux" demo $(ARGS)

.PHONY: release
release: rust packages ## Build the program: target/release/zartrux
	cargo build --release --locked --bin zartrux

.PHONY: test
test: rust packages packages-test format deny lint doc-check test-fuzz test-code test-api test-bridge ## Everything that must hold before a change goes in

.PHONY: format
format: rust ## Check the format of the code
	@scripts/check-rust rustfmt
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check

.PHONY: lint
lint: rust packages ## Let clippy look at the code
	@scripts/check-rust clippy
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings

.PHONY: doc-check
doc-check: rust packages ## Check the documentation of the code
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

.PHONY: test-code
test-code: rust packages packages-test ## Run the tests
	cargo test --locked --workspace --no-fail-fast

.PHONY: test-fuzz
test-fuzz: rust packages ## Run the fuzz targets over their corpus and mutations of it, on stable Rust
	cargo test --manifest-path fuzz/Cargo.toml

.PHONY: test-api
test-api: rust packages packages-test ## Let schemathesis ask the API of a demo everything that its document allows
	# Nothing is built for it that test-code has not built: its tests start the same program.
	cargo test --locked --workspace --no-run --test api
	scripts/check-api "$(CARGO_TARGET_DIR)/debug/zartrux"

.PHONY: test-bridge
test-bridge: rust packages packages-test ## Let the example in Python talk to the bridge of a demo
	# Nothing is built for it that test-code has not built: its tests start the same program.
	cargo test --locked --workspace --no-run --test api
	scripts/check-bridge "$(CARGO_TARGET_DIR)/debug/zartrux"

.PHONY: deny
deny: ## Check licences, bans and sources, if cargo-deny is installed
	@if command -v cargo-deny >/dev/null; then \
		cargo deny --offline check --hide-inclusion-graph licenses bans sources; \
	else \
		echo "cargo-deny is not installed: licences, bans and sources were not checked"; \
	fi

.PHONY: fuzz
fuzz: rust packages ## Let libFuzzer look for faults, 10 minutes a target (FUZZ_SECONDS, FUZZ_TARGETS)
	scripts/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

.PHONY: sanitize
sanitize: rust packages ## Run what calls foreign code under the address sanitizer (SANITIZE="randomx fast")
	scripts/sanitize $(SANITIZE)

.PHONY: soak
soak: release ## Put days of a farm's life into an hour, and check the invariants (SOAK_SECONDS, SOAK_SEED)
	ZARTRUX_SOAK_PROGRAM="$(CARGO_TARGET_DIR)/release/zartrux" ZARTRUX_SOAK_SECONDS="$(SOAK_SECONDS)" \
		ZARTRUX_SOAK_SEED="$(SOAK_SEED)" ZARTRUX_SOAK_JSON="$(SOAK_JSON)" \
		cargo test --locked -p zartrux --test soak -- --nocapture days

.PHONY: bench
bench: release ## Measure the proxy from outside (BENCH_ARGS, BENCH_REPORTS)
	scripts/bench "$(CARGO_TARGET_DIR)/release/zartrux" "$(BENCH_REPORTS)" $(BENCH_ARGS)

.PHONY: bench-performance
bench-performance: release ## Measure the page of figures in one go, 45 minutes (BENCH_ARGS=--quick: 15)
	scripts/bench-performance "$(CARGO_TARGET_DIR)/release/zartrux" $(BENCH_ARGS)

.PHONY: page
page: release ## Make the page of figures from the reports that are there
	"$(CARGO_TARGET_DIR)/release/zartrux" bench page

.PHONY: bench-filters
bench-filters: release ## Play policies of proving against each other, into docs/src/results
	scripts/bench-filters "$(CARGO_TARGET_DIR)/release/zartrux" $(BENCH_ARGS)

.PHONY: bench-store
bench-store: release ## Measure the store on a disk, into docs/src/results (BENCH_ARGS="--folder DIR")
	scripts/bench-store "$(CARGO_TARGET_DIR)/release/zartrux" $(BENCH_ARGS)

.PHONY: bench-watch
bench-watch: release ## Measure what it costs to watch 10,000 rigs, into docs/src/results
	scripts/bench-watch "$(CARGO_TARGET_DIR)/release/zartrux" $(BENCH_ARGS)

.PHONY: bench-learn
bench-learn: release ## Measure what it costs to learn from a million shares, into docs/src/results
	scripts/bench-learn "$(CARGO_TARGET_DIR)/release/zartrux" $(BENCH_ARGS)

.PHONY: bench-steps
bench-steps: rust packages ## Measure what a share costs inside the process, step by step
	cargo bench --locked --bench share_path

.PHONY: screenshots
screenshots: rust packages packages-test ## Take the pictures of the monitor page from a demo, into docs/src/images
	ZARTRUX_SCREENSHOTS="$(CURDIR)/docs/src/images" cargo test --locked -p zartrux --test browser demo

.PHONY: docs
docs: rust packages ## Build the documentation of the code, and the book if mdbook is installed
	cargo doc --locked --workspace --no-deps
	@if command -v mdbook >/dev/null; then \
		mdbook build docs --dest-dir "$(CARGO_TARGET_DIR)/book"; \
	else \
		echo "mdbook is not installed (cargo install mdbook): read docs/src as it is"; \
	fi

.PHONY: rust
rust: ## See whether Rust is there and new enough
	@scripts/check-rust

.PHONY: packages
packages: ## Install the system's packages that are missing
	@scripts/install-packages $(PACKAGES)

.PHONY: packages-test
packages-test: ## Install the packages that tests need and are missing
	@scripts/install-packages $(TEST_PACKAGES)
