# Every target installs what it needs first; see CONTRIBUTING.md.
PREFIX ?= /usr/local
SWIFT ?= swift
SOURCES = Package.swift Sources Tests prompts hooks
# A fixed address and no exported symbols: a third of the time that a command takes to start (decision 19).
STATIC := $(shell [ "$$(uname)" = Linux ] && \
	echo --static-swift-stdlib -Xlinker -no-pie -Xlinker --no-export-dynamic)
# Symbols are two fifths of the program; on macOS, removing them would break its signature.
STRIP := $(shell [ "$$(uname)" = Linux ] && echo strip || echo true)

.PHONY: demo demo-github test test-real prove check lint must-not-compile format build release bench install bootstrap

bootstrap:
	@scripts/bootstrap

build: bootstrap
	$(SWIFT) build

release: bootstrap
	$(SWIFT) build -c release --product orch $(STATIC)
	$(STRIP) .build/release/orch

# The main job on real input: nothing to configure, no network.
demo: release
	scripts/demo

# From an issue to its merge, on a GitHub of this project's own.
demo-github: bootstrap
	$(SWIFT) build --product orch
	$(SWIFT) build --product github-fake
	scripts/demo-github

test: bootstrap
	$(SWIFT) build --build-tests
	SWIFT="$(SWIFT)" scripts/test

# The proofs at their full size: hours. Every suite that reads ORCH_PROVE, draws a seed or kills at each write is
# among them (TidyTests); random tests print their seeds.
PROOFS = Laws of the join|Joining other versions and other times|A mesh of machines|The claim protocol in a simulated world|Claims at a git remote|\
Claims beside what is none|Upkeep|Any command that writes|Any step of work|A write to the state|A full disk|\
Machines that work together|Machines on a broken network|A hostile state|The keeper of claims|\
Work that changes machines|A remote that does not do its part|Killing the orchestrator|Worktrees and kill -9|\
The long haul|Work on GitHub|Pull requests of people on GitHub|Everything at once on GitHub|A hundred pull requests on GitHub|Tasks in a world|Pull requests in a world|\
Nothing that a person wrote is lost|Two hundred pull requests for an hour|Plans|Planning|Learning|\
Merging in memory as git merges|Rebasing in memory as git rebases|Accounting for both sides of a resolution|\
Retired lessons|Snapshots of worktrees|Where commits are signed|The radar|Folding events|Notes of several machines|Joining packs|Writing packs|\
Trees as bytes|Split index files|SHA-1|Tables of tasks|The index of the state|Times as text|What commits ask for|A cron schedule|\
A timetable|The corpus of secrets|Private keys|What holds for every text|Untrusted texts|The API budget|\
Single objects|Files of the state that a disk has lost|A trimmed log|Output of agents, line by line|Parts of the supervisor|The screen of orch top
prove: bootstrap
	$(SWIFT) build --build-tests
	ORCH_PROVE=1 SWIFT="$(SWIFT)" scripts/test --no-parallel --filter '$(PROOFS)'

lint: bootstrap
	$(SWIFT) format lint --strict --recursive $(SOURCES)

format:
	$(SWIFT) format --in-place --recursive $(SOURCES)

# The adapters against the real claude and codex programs, with a scripted model on loopback.
test-real: bootstrap
	$(SWIFT) build --build-tests
	PATH="$$(scripts/real-agents):$$PATH" ORCH_REAL_AGENTS=1 \
	  $(SWIFT) test --skip-build --filter 'Every agent program|Real agent programs under orch'

# Ownership and isolation that the compiler enforces.
must-not-compile: bootstrap
	$(SWIFT) build --build-tests
	SWIFT="$(SWIFT)" scripts/must-not-compile

# What CI runs.
check: lint test must-not-compile

# orch and its peers side by side, with ratios.
bench: release
	$(SWIFT) build -c release --product StateBench $(STATIC)
	$(SWIFT) build -c release --product RebaseBench $(STATIC)
	$(SWIFT) build -c release --product WatchBench $(STATIC)
	$(SWIFT) build -c release --product SeatBench $(STATIC)
	$(SWIFT) build -c release --product WorktreeBench $(STATIC)
	scripts/bench

install: release
	install -d "$(PREFIX)/bin"
	install -m 755 .build/release/orch "$(PREFIX)/bin/orch"
	.build/release/orch manual "$(abspath $(PREFIX))/share" --quiet
