# The workshop: everything is done through these targets, by people and by CI alike. No target deletes data unless
# PURGE=1.

SHELL := /bin/bash
# Where the demo's nodes keep their data, and what they listen on: the first of three ports each.
LOGS ?= $(HOME)/paxos_logs
HTTP_PORT ?= 8000
PEER_PORT ?= 9000
# What to test: a regular expression over Target.Suite/test; empty for everything.
FILTER ?=
# Where to install, and how large the log is that bench-log writes.
PREFIX ?= /usr/local
SIZE ?= 1000

# Lint and tests share one build: another flag here or there would build the dependencies twice.
export BUILD_FLAGS := --explicit-target-dependency-import-check error
export LOGS HTTP_PORT PEER_PORT PURGE

.DEFAULT_GOAL := help
.PHONY: help deps build test test-unit test-end-to-end lint format bench-log install demo stop clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  LOGS=$(LOGS)  HTTP_PORT=$(HTTP_PORT)  PEER_PORT=$(PEER_PORT)  FILTER=regular-expression  PURGE=1"

deps: ## Install the C libraries where they are missing, and check the Swift version
	@Scripts/deps

build: deps ## Build paxos-node and logtool, optimised
	swift build -c release --product paxos-node
	swift build -c release --product logtool

test: deps ## Run every test: first the rules, the disk and the simulations, then real processes
	@Scripts/test $(if $(FILTER),filtered '$(FILTER)',unit end-to-end)

test-unit: deps ## Run the tests that start no process
	@Scripts/test unit

test-end-to-end: deps ## Run the tests on real processes
	@Scripts/test end-to-end

lint: deps ## Check format, import lines and warnings; any finding is an error
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
	Scripts/check-imports
	Scripts/check-imports Benchmarks
	swift build --build-tests $(BUILD_FLAGS)

format: deps ## Format all sources in place
	swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

bench-log: build ## Measure logtool on logs of SIZE megabytes (1000), beside zstd -t
	@command -v zstd >/dev/null || { echo "zstd is what is compared with, and is missing: apt-get install zstd" >&2; exit 1; }
	swift build -c release --product bench-log
	@place=$$(mktemp -d) && trap 'rm -rf "$$place"' EXIT && \
		.build/release/bench-log --megabytes '$(SIZE)' --directory "$$place" --results Benchmarks/results/log.json

install: build ## Install the programs and their shell completions below PREFIX (/usr/local)
	@PREFIX='$(PREFIX)' Scripts/install

demo: build ## Run three nodes on this machine, kill and restart the leader, read and compare the logs
	@Scripts/demo

stop: ## Stop the demo's nodes; with PURGE=1 delete their data too
	@Scripts/stop

clean: ## Delete what was built; never data
	rm -rf .build .build-*
