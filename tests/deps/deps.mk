# Installing what is missing. tests/deps/install.sh has the list.

.PHONY: deps deps-dev deps-compilers deps-bench
deps: ## install what is missing: a compiler, Check, gnuplot, Doxygen
deps-dev: deps ## install what contributors need besides: Clang and its tools, valgrind, ...
deps-bench: deps ## install what make bench compares with: OpenBLAS, oneDNN, PyTorch, NumPy
deps-compilers: deps ## install the compilers that make lint-compilers tries
deps deps-dev deps-compilers deps-bench:
	@CC='$(CC)' BUILD='$(BUILD)' PYTHON='$(PYTHON)' sh tests/deps/install.sh $@
