# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every target sets up what it needs first (scripts/setup.sh) and says what it installs. Nothing goes outside this
# folder but Debian packages, and those only when one is missing. All the logic is in scripts/*.sh.

.DEFAULT_GOAL := help
.PHONY: help setup test test-gateway unit lint demo mac golden docs build clean bench-identities bench-rollout bench-audit

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

demo: ## the main job, start to end, on three simulated Macs
	@sh scripts/setup.sh packages try-gateway main
	@sh scripts/demo.sh

test: ## everything that needs no real Mac: unit, integration over SSH, molecule
	@sh scripts/setup.sh packages browser gateway main floor
	@sh scripts/test.sh

test-gateway: ## the tests against a real IKEv2 gateway alone, in two minutes (strongSwan; root and /dev/net/tun)
	@sh scripts/setup.sh packages gateway main
	@sh scripts/test.sh gateway

unit: ## the unit tests alone
	@sh scripts/setup.sh packages browser main
	@sh scripts/test.sh unit

lint: ## ansible-test sanity, ansible-lint, ruff, mypy, shellcheck, yamllint, docs, changelog, built collection
	@sh scripts/setup.sh main
	@sh scripts/lint.sh

mac: ## a shell in a simulated Mac
	@sh scripts/setup.sh packages main
	@sh scripts/mac.sh

golden: ## write anew what the tests compare with reviewed files (profile, tables in the docs)
	@sh scripts/setup.sh main
	@sh scripts/golden.sh

docs: ## the module pages as HTML, into docs/_build
	@sh scripts/setup.sh main
	@sh scripts/docs.sh

bench-rollout: ## how long a rollout takes that has nothing to do, over 10 simulated Macs
	@sh scripts/setup.sh packages main
	@sh scripts/bench_rollout.sh

bench-identities: ## 1000 client identities: issued, found valid, and the ratio to community.crypto
	@sh scripts/setup.sh main
	@sh scripts/bench_identities.sh

bench-audit: ## an audit of 50 simulated Macs, and the ratio to a command that does nothing
	@sh scripts/setup.sh packages main
	@sh scripts/bench_audit.sh

build: ## the collection as a tarball, into .build
	@sh scripts/setup.sh main
	@sh scripts/collection.sh build

setup: ## only install what the other targets need
	@sh scripts/setup.sh packages browser gateway main floor

clean: ## stop the simulated Macs, remove all that the targets above made
	@sh scripts/clean.sh
