# Headwise: multi-head attention in C, from the dot product up.
#
# `make help` lists the targets. Everything that is made goes into $(BUILD), and nothing else is
# touched. A new directory chapters/NN_topic is found by its number; no makefile needs an edit for it.
#
#   chapters/build.mk     compiles the programs, runs them, draws their pictures
#   tests/tests.mk        compiles the tests and runs them; the reader's commands
#   tests/gates.mk        what contributors run besides: lint, sanitizers, coverage, bare systems
#   tests/bench/bench.mk  measures chapters 10 and 11 beside other libraries
#   tests/deps/deps.mk    installs what is missing
#   docs/docs.mk          makes the book

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

BUILD ?= build
CFLAGS ?= -O2 -g
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)

ifneq ($(words $(BUILD)),1)
$(error BUILD is "$(BUILD)": make takes it for $(words $(BUILD)) names, so it must be one word)
endif

include tests/deps/deps.mk

# The other makefiles ask the compiler and the libraries what they can. `make deps tour` begins on a
# machine without any: so a make of its own does the rest, when everything is there, with a job for
# each processor unless -j says how many.
INSTALLS := $(filter deps deps-%,$(MAKECMDGOALS))
REST := $(filter-out $(INSTALLS),$(MAKECMDGOALS))
ifneq ($(and $(INSTALLS),$(REST)),)
.PHONY: $(REST) rest
$(REST): rest ;
rest: $(INSTALLS)
	+@$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$$(getconf _NPROCESSORS_ONLN)) $(REST)
else
include chapters/build.mk tests/bench/bench.mk tests/tests.mk tests/gates.mk docs/docs.mk
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
endif

.PHONY: clean help
clean: ## remove everything that was made, but not the notes of what you passed (build/progress)
	@[ ! -d $(BUILD) ] || find $(BUILD) -mindepth 1 -maxdepth 1 ! -name progress -exec rm -rf {} +
help: ## list the targets
	@awk -F ':.*## ' '/^(# )?[a-zN-]+:.*## / { sub(/^# /, ""); printf "  make %-12s %s\n", $$1, $$2 }' \
		$(filter %.mk,$(MAKEFILE_LIST)) Makefile
