# The workshop: everything is done through these targets, by people and by CI alike. No target deletes data unless
# PURGE=1.

SHELL := /bin/bash
# A cluster: where its nodes n0, n1, … keep their data, how many they are, the first of the ports that clients come to and
# on which address, and the first of those that processes use among themselves.
LOGS ?= $(HOME)/paxos_logs
N ?= 3
HTTP_PORT ?= 8000
BIND ?= 127.0.0.1
PEER_PORT ?= 9000
# What `make request` sends; what `make logs` prints to; whom `make crash` crashes, how often and with what delay.
COUNT ?= 1000
NAME ?= log1
NODES ?=
TIMES ?= 1
DELAY ?= 0
# What to test: a regular expression over Target.Suite/test; empty for everything.
FILTER ?=
# How many inputs `make fuzz` gives each decoder, from the seed SEED.
INPUTS ?= 1000000
# Which run to simulate; which many.
SEED ?= 1
SEEDS ?= 1..1000
# How long make torture does harm; from which seed only where SEED is given on the command line.
MINUTES ?= 5
# Where to install, how large the log is that bench-log writes, and how many writes make soak makes.
PREFIX ?= /usr/local
SIZE ?= 1000
WRITES ?= 10000000

# Memory in large pages, where the kernel grants them: a node's keys are all over its memory, and to look up where small
# pages stand takes it a sixth of its time and more.
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

# Lint and tests share one build: another flag here or there would build the dependencies twice.
export BUILD_FLAGS := --explicit-target-dependency-import-check error
export LOGS N HTTP_PORT BIND PEER_PORT COUNT NAME NODES TIMES DELAY PURGE

.DEFAULT_GOAL := help
.PHONY: help deps build test test-unit test-end-to-end test-processes test-containers test-away test-browser simulate simulate-many fuzz \
    sanitize torture lint format all docker provision local demo bench bench-log bench-snapshot soak install info request requests logs diff verify cmp crash stop clean distclean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  LOGS=$(LOGS)  N=$(N)  HTTP_PORT=$(HTTP_PORT)  BIND=$(BIND)  PEER_PORT=$(PEER_PORT)"
	@echo "  COUNT=$(COUNT)  NAME=$(NAME)  NODES=\"n0 n2\"  TIMES=$(TIMES)  DELAY=$(DELAY)  FILTER=regular-expression  PURGE=1"
	@echo "  SEED=$(SEED)  SEEDS=$(SEEDS)  MINUTES=$(MINUTES)  PREFIX=$(PREFIX)  SIZE=$(SIZE)  WRITES=$(WRITES)"

all: docker ## Build the image, and run the cluster in containers
	@Scripts/up containers
	@Scripts/info

deps: ## Install the C libraries where they are missing, and check the Swift version
	@Scripts/deps

build: deps ## Build paxos-node, logtool and paxos-load, optimised
	swift build -c release --product paxos-node
	swift build -c release --product logtool
	swift build -c release --product paxos-load

test: deps ## Run every test: first the rules, the disk and the simulations, then real processes
	@Scripts/test $(if $(FILTER),filtered '$(FILTER)',unit end-to-end)

test-unit: deps ## Run the tests that start no process
	@Scripts/test unit

test-end-to-end: deps ## Run the tests on real processes
	@Scripts/test end-to-end

test-browser: build ## Test the status page in a headless Chromium
	@Scripts/test-browser release

simulate: deps ## Simulate one cluster with all faults from the seed SEED, and tell what happens
	swift build -c release --product simulate
	.build/release/simulate --seed $(SEED) --verbose

simulate-many: deps ## Simulate clusters of three and of five from each of the seeds SEEDS
	swift build -c release --product simulate
	.build/release/simulate --seeds $(SEEDS)
	.build/release/simulate --seeds $(SEEDS) --nodes 5

torture: build ## Do harm to N real nodes for MINUTES (5), and check what clients saw; SEED=… chooses the harm
	swift build -c release --product paxos-torture
	.build/release/paxos-torture --nodes '$(N)' --minutes '$(MINUTES)' $(if $(filter command line environment,$(origin SEED)),--seed '$(SEED)') $(TORTURE)

fuzz: deps ## Feed INPUTS mutated inputs from the seed SEED to each decoder of bytes from outside
	@Scripts/fuzz '$(INPUTS)' '$(SEED)'

sanitize: deps ## Run the tests that start no process under the thread and the address sanitizer; takes long
	@Scripts/sanitize

lint: deps ## Check format, import lines and warnings; any finding is an error
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
	Scripts/check-imports
	HTTP_PORT=8000 Scripts/compose 3 | diff docker/compose.yaml -
	Scripts/check-imports Benchmarks
	swift build --build-tests $(BUILD_FLAGS)

format: deps ## Format all sources in place
	swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

docker: ## Build the image of a node
	@Scripts/image

provision: ## Run N nodes (3 to 99, an odd number) in containers
	@Scripts/up containers

local: ## Run N nodes as processes of this machine
	@Scripts/up processes

demo: ## Run N nodes as processes, kill and restart the leader, read and compare the logs
	@Scripts/demo

info: ## Show the nodes: role, leader, slots, health, network
	@Scripts/info

request: ## Send COUNT random requests to all nodes
	@Scripts/request

requests: request

logs: ## Let each node print its log to the file NAME in its data folder
	@Scripts/logs

verify: ## Check every byte that the nodes have on disk
	@Scripts/audit verify

diff: ## Compare the logs of all nodes by their digests
	@Scripts/audit diff

cmp: ## Compare the printed logs NAME and the segment files of all nodes byte for byte
	@Scripts/cmp

crash: ## Crash the NODES (all) in turn, TIMES each, under load; then verify and compare
	@Scripts/crash

bench: build ## Measure one node and three under load, beside the limits of this machine
	swift build -c release --product bench-cluster
	@.build/release/bench-cluster

bench-log: build ## Measure logtool on logs of SIZE megabytes (1000), beside zstd -t
	@command -v zstd >/dev/null || { echo "zstd is what is compared with, and is missing: apt-get install zstd" >&2; exit 1; }
	swift build -c release --product bench-log
	@place=$$(mktemp -d) && trap 'rm -rf "$$place"' EXIT && \
		.build/release/bench-log --megabytes '$(SIZE)' --directory "$$place" --results Benchmarks/results/log.json

bench-snapshot: build ## Measure how long writes take while snapshots of 1,000,000 keys are taken, and while none are
	swift build -c release --product bench-cluster
	@.build/release/bench-cluster snapshot --results Benchmarks/results/snapshot.json

soak: build ## Write WRITES times (10,000,000) to three nodes, and watch their disk, memory and speed
	swift build -c release --product bench-cluster
	@.build/release/bench-cluster soak --writes '$(WRITES)'

install: build ## Install the programs and their shell completions below PREFIX (/usr/local)
	@PREFIX='$(PREFIX)' Scripts/install

stop: ## Stop the nodes; they can be started again
	@Scripts/stop

clean: ## Stop the nodes, and remove containers and network; with PURGE=1 delete their data too
	@Scripts/clean

test-processes: ## Try these targets on a cluster of processes
	@Scripts/test-targets processes

test-containers: ## Try these targets on a cluster in containers, with nodes crashed, paused and cut off
	@Scripts/test-targets containers

test-away: build ## Keep a node away for WRITES writes to the others, and see how it catches up; EMPTY=1 empties its folder
	@Scripts/test-away

distclean: ## Delete what was built; never data
	rm -rf .build .build-*
