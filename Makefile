# Two commands do everything, set-up included: `make run` and `make test`.
.PHONY: run test test-long bench setup web wasm

run: ## build, make the demo organisation if there is none, serve it on http://127.0.0.1:8080
	@bash scripts/run.sh

test: ## set up, then every test
	@bash scripts/test.sh

test-long: ## the same tests with the long counts
	@bash scripts/test.sh --long

bench: ## figures of docs/PERFORMANCE.md, one JSON line each
	@bash scripts/bench.sh

setup: ## only the set-up: compilers, browser, fonts
	@bash scripts/setup.sh --tests

web: ## both web apps into web/dist
	@bash scripts/web.sh

wasm: ## client-core for the browser into web/core/pkg
	@bash scripts/wasm.sh
