# Headwise: multi-head attention in C, from the dot product up.
#
# `make help` lists the targets. Everything that is made goes into $(BUILD), and nothing else is
# touched. A new directory chapters/NN_topic is found by its number; this file needs no edit for it.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

BUILD ?= build
CFLAGS ?= -O2 -g
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
FUZZ_SECONDS ?= 20

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
# _POSIX_C_SOURCE: getline, fileno, pipes. _DARWIN_C_SOURCE: the same on macOS.
# -ffp-contract=off: no machine fuses a*b + c into one rounding, so all print the same digits.
LANGUAGE := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DARWIN_C_SOURCE -ffp-contract=off
COMPILE = $(CC) $(LANGUAGE) $(WARNINGS) $(CFLAGS) $(EXTRA_CFLAGS) -MMD -MP
LINK = $(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(OPENMP)
# `make V=1` shows the whole commands.
say = $(if $(V),,@echo '$(CC) $@';)

# --- What there is ------------------------------------------------------------------------------

CHAPTERS := $(sort $(notdir $(wildcard chapters/[0-9][0-9]_*)))
number = $(firstword $(subst _, ,$(1)))
topic = $(patsubst $(call number,$(1))_%,%,$(1))
objects = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))

COMMON_OBJECTS := $(call objects,$(wildcard common/*.c))
TEST_SUPPORT := $(call objects,$(wildcard tests/support/*.c))
# The tests bring a memory that runs out when told to, in place of the real one.
FRAIL_OBJECTS := $(filter-out %/memory.o,$(COMMON_OBJECTS)) $(BUILD)/obj/tests/support/frail_memory.o

PROGRAMS := $(patsubst chapters/%/demo.c,$(BUILD)/bin/%,$(sort $(wildcard chapters/*/demo.c)))
FRAIL_PROGRAMS := $(PROGRAMS:$(BUILD)/bin/%=$(BUILD)/frail/%)
test_programs = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/$(1)_test.c)))
CHAPTER_TESTS := $(call test_programs,[0-9][0-9]_*)
WHOLE_TESTS := $(call test_programs,whole/*)
TESTS := $(call test_programs,common/*) $(CHAPTER_TESTS) $(WHOLE_TESTS)
FUZZERS := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/fuzz/*_fuzz.c))

# The exercises are the reader's.
SOURCES := $(filter-out %/exercise.c,$(wildcard common/*.c chapters/*/*.c docs/live/*.c \
	tests/*.c tests/*/*.c))
HEADERS := $(wildcard common/*.h chapters/*/*.h docs/live/*.h tests/support/*.h \
	tests/bench/*.h)

.PHONY: all
all: $(PROGRAMS) ## build every chapter's program (the default)

# --- Installing ---------------------------------------------------------------------------------

# TEST:DEBIAN:HOMEBREW: what must be there (a command, a header NAME.h, a Python module NAME.py, a
# library of Clang's NAME.a, or one for WebAssembly NAME.wasm), and the packages that bring it.
READER_NEEDS := cc:gcc: stdlib.h:libc6-dev: pkg-config:pkg-config:pkg-config check.h:check:check \
	gnuplot:gnuplot-nox:gnuplot doxygen:doxygen:doxygen dot:graphviz:graphviz \
	python3:python3:python patch:patch:gpatch \
	/usr/share/doxygen-awesome-css/doxygen-awesome.css:doxygen-awesome-css: \
	/usr/share/javascript/mathjax/MathJax.js:libjs-mathjax:
# Files are asked for on Debian only: no other system has packages of them.
CONTRIBUTOR_NEEDS := chromium:chromium:chromium chromedriver:chromium-driver:chromedriver \
	selenium.py:python3-selenium: \
	gcc:gcc:gcc clang:clang:llvm fuzzer.a:libclang-rt-dev:llvm \
	clang-tidy:clang-tidy:llvm clang-format:clang-format:llvm cppcheck:cppcheck:cppcheck \
	valgrind:valgrind:valgrind gcovr:gcovr:gcovr numpy.py:python3-numpy:numpy \
	torch.py:python3-torch:pytorch \
	wasm-ld:lld:lld libc.wasm:wasi-libc:wasi-libc \
	builtins.wasm:libclang-rt-dev-wasm32:wasi-runtimes

define install
@there() { case $$1 in \
	/*) [ -e "$$1" ] || ! command -v apt-get ;; \
	*.h) echo "#include <$$1>" | cc $$(pkg-config --cflags check) -E - ;; \
	*.a) ls "$$(clang -print-runtime-dir)"/*$${1%.a}* ;; \
	libc.wasm) echo '#include <wasi/api.h>' | $(WASM) -E - ;; \
	*.wasm) ls "$$($(WASM) -rtlib=compiler-rt -print-libgcc-file-name)" ;; \
	*.py) $(PYTHON) -c "import importlib.util as u; exit(not u.find_spec('$${1%.py}'))" ;; \
	*) command -v $$1 ;; esac >/dev/null 2>&1; }; \
missing() { for need in $(1); do there $${need%%:*} || echo $$need; done | cut -d: -f$$1 | xargs; }; \
packages=$$(missing 2); \
if [ -z "$$packages" ]; then exit 0; \
elif command -v apt-get >/dev/null; then \
	if [ "$$(id -u)" = 0 ]; then root=; \
	elif command -v sudo >/dev/null; then root=sudo; \
	else echo "make $@: as root, please: apt-get install $$packages" >&2; exit 1; fi; \
	$$root apt-get -q update; \
	$$root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q install -y --no-install-recommends $$packages; \
elif command -v brew >/dev/null; then brew install $$(missing 3); fi; \
if [ -n "$$(missing 1)" ]; then \
	echo "make $@: please install by hand: $$(missing 2) (as Debian calls them)" >&2; exit 1; fi
endef

BENCH_NEEDS := cblas.h:libopenblas-dev:openblas dnnl.h:libdnnl-dev:onednn \
	numpy.py:python3-numpy:numpy torch.py:python3-torch:pytorch

.PHONY: deps deps-dev deps-bench
deps: ## install what is missing: a compiler, Check, gnuplot, Doxygen
	$(call install,$(READER_NEEDS))
deps-dev: deps ## install what contributors need besides: Clang and its tools, valgrind, ...
	$(call install,$(CONTRIBUTOR_NEEDS))
deps-bench: deps ## install what make bench compares with: OpenBLAS, oneDNN, PyTorch, NumPy
	$(call install,$(BENCH_NEEDS))

# `make deps test`, also with -j: nothing starts before everything is installed.
FIRST := $(filter deps deps-dev deps-bench,$(MAKECMDGOALS))

# --- Compiling ----------------------------------------------------------------------------------

# A change of compiler or flags rebuilds what depends on them.
STAMP := $(BUILD)/flags
FLAGS_NOW := $(CC) $(LANGUAGE) $(WARNINGS) $(CFLAGS) $(EXTRA_CFLAGS)
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(FLAGS_NOW))
$(shell rm -f $(STAMP))
endif
$(STAMP): | $(FIRST)
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' > $@

# Lazy: pkg-config may be installed only by `make deps`.
CHECK_CFLAGS = $(shell pkg-config --cflags check)
CHECK_LIBS = $(shell pkg-config --libs check)
# Check prints floats with this many digits: with fewer, failures show two equal-looking numbers.
TEST_CFLAGS = -Icommon -Itests/support -Itests/bench $(CHECK_CFLAGS) -DCK_FLOATING_DIG=9 -DBUILD='"$(BUILD)"'

$(BUILD)/obj/%.o: %.c $(STAMP) Makefile
	@mkdir -p $(@D)
	$(say)$(COMPILE) $(INCLUDES) -c $< -o $@
# A header compiled alone, to see that it can be.
$(BUILD)/obj/%.h.o: %.h $(STAMP) Makefile
	@mkdir -p $(@D)
	$(say)$(COMPILE) $(INCLUDES) -include ./$< -x c -c /dev/null -o $@

# Chapter NN may include and call common/ and the chapters up to NN. A later chapter's header is not
# found, and its functions are not linked.
FLOORS := -Icommon
FLOOR_OBJECTS :=
define chapter_rules
FLOORS += -Ichapters/$(1)
FLOOR_OBJECTS += $(call objects,$(filter-out %/demo.c %/exercise.c,$(wildcard chapters/$(1)/*.c)))
$(BUILD)/obj/chapters/$(1)/%.o: INCLUDES := $$(FLOORS)
$(BUILD)/obj/tests/$(call number,$(1))_%.o: INCLUDES = $$(TEST_CFLAGS) $(FLOORS) -Ichapters/$(1)
$(BUILD)/bin/$(1): $(BUILD)/obj/chapters/$(1)/demo.o $$(FLOOR_OBJECTS) $(COMMON_OBJECTS)
$(BUILD)/frail/$(1): $(BUILD)/obj/chapters/$(1)/demo.o $$(FLOOR_OBJECTS) $(FRAIL_OBJECTS)
$(call test_programs,$(call number,$(1))_*): $$(FLOOR_OBJECTS)

.PHONY: run-$(call number,$(1)) test-$(call number,$(1)) upwards-$(1)
run-$(call number,$(1)): $(BUILD)/bin/$(1)
	@$$<
test-$(call number,$(1)): $(addprefix check-,$(call test_programs,$(call number,$(1))_*))
# The floors below must not find this chapter's header.
upwards-$(1):
	@echo '#include "$(call topic,$(1)).h"' | $$(CC) $(FLOORS) -fsyntax-only -x c - 2>&1 \
		| grep -Eq '$(call topic,$(1))\.h.*(No such file|not found)' \
		|| { echo 'chapters below $(1) can include its header' >&2; exit 1; }
endef
$(foreach c,$(CHAPTERS),$(eval $(call chapter_rules,$(c))))
# Chapter 10: threads where the compiler has them, and kernels for several processors. They alone may
# fuse a*b + c: their results differ from machine to machine in the last digits, and are compared
# with a tolerance.
# tests/course.py reads the flag from the file.
OPENMP := $(shell mkdir -p $(BUILD) && echo 'int main(void) { return 0; }' \
	| { $(CC) -fopenmp -x c -o $(BUILD)/openmp - 2>/dev/null && echo -fopenmp || echo; } \
	| tee $(BUILD)/openmp.flags)
FAST := $(BUILD)/obj/chapters/10_fast_attention
$(FAST)/parallel.o: INCLUDES += $(OPENMP)
$(FAST)/kernels.o $(FAST)/kernels_avx2.o $(FAST)/kernels_avx512.o: INCLUDES += -ffp-contract=fast
$(FAST)/roofline.o: INCLUDES += -ffp-contract=fast
FLAGS_avx2 := -mavx2 -mfma
FLAGS_avx512 := -mavx512f
LEVELS := baseline
ifneq ($(filter x86_64% amd64%,$(shell $(CC) -dumpmachine)),)
$(FAST)/kernels_avx2.o: INCLUDES += $(FLAGS_avx2)
$(FAST)/kernels_avx512.o: INCLUDES += $(FLAGS_avx512)
LEVELS += avx2 avx512
endif

$(BUILD)/obj/common/%.o: INCLUDES := -Icommon
$(BUILD)/obj/tests/support/%.o $(BUILD)/obj/tests/common/%.o: INCLUDES = $(TEST_CFLAGS)
$(BUILD)/obj/docs/live/%.o: INCLUDES = $(FLOORS)
$(BUILD)/obj/tests/whole/%.o: INCLUDES = $(TEST_CFLAGS) $(FLOORS) -Idocs/live
$(BUILD)/obj/tests/fuzz/%.o: INCLUDES := -Icommon
$(BUILD)/obj/tests/bench/%.o: INCLUDES = -Icommon -Itests/bench $(FLOORS) $(OPENMP)
$(BUILD)/obj/tests/variants/%.o: INCLUDES = $(FLOORS)

$(PROGRAMS) $(FRAIL_PROGRAMS):
	@mkdir -p $(@D)
	$(say)$(LINK) $^ -lm -o $@

$(TESTS): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TEST_SUPPORT) $(FRAIL_OBJECTS)
	@mkdir -p $(@D)
	$(say)$(LINK) $^ $(CHECK_LIBS) -lm -o $@
$(WHOLE_TESTS): $(FLOOR_OBJECTS)
$(BUILD)/tests/whole/trials_test: $(BUILD)/obj/tests/bench/trial.o
$(BUILD)/tests/whole/live_test: $(BUILD)/obj/docs/live/live.o

# The kernels with one thing changed, for each level: $(BUILD)/obj/trials/LEVEL/CHANGE.o.
TRIAL_KERNELS := $(foreach level,$(LEVELS),$(foreach change,ahead_16 ahead_64 broadcast half twice,\
	$(BUILD)/obj/trials/$(level)/$(change).o))
$(BUILD)/obj/trials/%.o: tests/bench/trial_kernels.c $(STAMP) Makefile
	@mkdir -p $(@D)
	$(say)$(COMPILE) -Itests/bench $(FLOORS) -ffp-contract=fast $(FLAGS_$(*D)) -DLEVEL_$(*D) \
		-DCHANGE_$(*F) -DKERNELS=$(*D)_$(*F) -c $< -o $@

# The benchmark and its workers: each library's is built also without it, and then says so; when the
# library has come or gone, it is built again.
TRIAL_PARTS := $(filter-out %/trial_kernels.c,$(wildcard tests/bench/trial*.c))
BENCH_PARTS := $(filter-out %_worker.c %/worker.c %/trial_kernels.c $(TRIAL_PARTS),\
	$(wildcard tests/bench/*.c))
BENCH_WORKERS := $(patsubst tests/bench/%.c,$(BUILD)/bench/bin/%,$(wildcard tests/bench/*_worker.c))
BENCH := $(BUILD)/bench/bin/bench $(BUILD)/bench/bin/trials $(BENCH_WORKERS)
links = $(shell $(CC) -E -x c -include $(1) /dev/null >/dev/null 2>&1 && echo -l$(2))
$(BUILD)/bench/bin/bench: $(call objects,$(BENCH_PARTS)) $(BUILD)/obj/tests/bench/bench.o
$(BUILD)/bench/bin/trials: $(call objects,$(TRIAL_PARTS)) $(BUILD)/obj/tests/bench/machine.o \
	$(TRIAL_KERNELS)
$(BENCH_WORKERS): $(BUILD)/bench/bin/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/tests/bench/worker.o
$(BUILD)/bench/openblas.found $(BUILD)/bench/bin/openblas_worker: LIBRARY = $(call links,cblas.h,openblas)
$(BUILD)/bench/onednn.found $(BUILD)/bench/bin/onednn_worker: LIBRARY = $(call links,dnnl.h,dnnl)
.PHONY: look
$(BUILD)/bench/%.found: look | $(FIRST)
	@mkdir -p $(@D)
	@echo '$(LIBRARY)' | cmp -s - $@ || echo '$(LIBRARY)' > $@
$(BUILD)/obj/tests/bench/openblas_worker.o: $(BUILD)/bench/openblas.found
$(BUILD)/obj/tests/bench/onednn_worker.o: $(BUILD)/bench/onednn.found
$(BENCH): $(FLOOR_OBJECTS) $(COMMON_OBJECTS)
	@mkdir -p $(@D)
	$(say)$(LINK) $(sort $^) $(LIBRARY) -lm -o $@

$(FUZZERS): $(BUILD)/%: $(BUILD)/obj/tests/%.o $(COMMON_OBJECTS)
	@mkdir -p $(@D)
	$(say)$(LINK) -fsanitize=fuzzer $^ -lm -o $@

.PHONY: everything
everything: $(PROGRAMS) $(FRAIL_PROGRAMS) $(TESTS) $(BENCH) $(call objects,$(SOURCES)) \
	$(HEADERS:%=$(BUILD)/obj/%.o)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- Seeing ------------------------------------------------------------------------------------

# run-NN: ## run the program of chapter NN, as in run-03
.PHONY: tour plots breaks
tour: $(PROGRAMS) ## run every chapter's program in order
	@set -e; for program in $(PROGRAMS); do \
		printf '\n==== %s ====\n\n' $${program##*/}; $$program --plots $(BUILD)/plots; done
	@printf '\nThe pictures of this tour:\n'
	@ls $(BUILD)/plots/*.svg 2>/dev/null || echo 'none: gnuplot is not there (make deps)'
	@printf 'Read on in %s\n' $(firstword $(wildcard chapters/*/README.md))
# What mistakes make of pictures, for the lessons that show it: CHAPTER_PICTURE_break_MISTAKE.
BREAKS := $(sort $(patsubst docs/pictures/%,$(BUILD)/plots/%,$(shell \
	grep -oh 'docs/pictures/[0-9a-z_]*_break_[0-9a-z_]*\.png' chapters/*/README.md)))
$(BREAKS): $(PROGRAMS) tests/course.py tests/side_by_side.py $(wildcard chapters/*/mistakes/*.patch)
	$(COURSE) break $(firstword $(subst _, ,$(@F))) $(lastword $(subst _break_, ,$(basename $(@F)))) \
		>/dev/null
breaks: $(BREAKS)
plots: $(PROGRAMS) $(BUILD)/bench/bin/bench ## draw every picture into build/plots
	@set -e; for program in $(PROGRAMS) '$(BUILD)/bench/bin/bench --from docs/benchmark.csv'; \
	do $$program --plots $(BUILD)/plots >/dev/null; done

.PHONY: docs docs-test
docs: plots breaks ## make the book: build/docs/html/index.html
	$(call need,doxygen dot)
	@rm -rf $(BUILD)/docs && mkdir -p $(BUILD)/docs/html
	$(if $(wildcard docs/live),+@$(MAKE) --no-print-directory live)
	@BUILD='$(BUILD)' PYTHONDONTWRITEBYTECODE=1 $(PYTHON) docs/book/build.py
docs-test: docs ## open every page of the book in a browser, and check its links, formulas and looks
	$(call need,chromium chromedriver)
	@$(PYTHON) tests/book/crawl.py $(BUILD)/docs/html
	@BUILD='$(BUILD)' $(PYTHON) tests/book/browser.py $(BUILD)/docs/html

# The chapters' own C, for the pages in which the reader moves something. Only what is used: the
# rest of common/ needs a system with files and processes.
WASM := clang --target=wasm32-wasi
LIVE_SOURCES := docs/live/live.c \
	$(addprefix common/,edit_distance.c example.c matrix.c memory.c sentence.c status.c vocabulary.c) \
	$(wildcard $(addprefix chapters/*/,dot_products.c softmax.c scored_sentence.c self_attention.c \
		head_splitting.c multi_head_attention.c layer_steps.c positional_encoding.c masking.c \
		masked_layer.c))

$(BUILD)/live/live.wasm: $(LIVE_SOURCES) $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo 'clang $@';)$(WASM) -mexec-model=reactor $(LANGUAGE) $(WARNINGS) -Oz $(FLOORS) $(LIVE_SOURCES) \
		-Wl,--strip-all -o $@
# A page opened from a disk may not fetch a file, so the script brings the module along.
$(BUILD)/live/live.js: docs/live/live.js $(BUILD)/live/live.wasm
	@{ printf "const LIVE_MODULE = '" && base64 < $(BUILD)/live/live.wasm | tr -d '\n' \
		&& printf "';\n" && cat $<; } > $@

.PHONY: live live-files
live: ## make the interactive parts of the book's pages
	@mkdir -p $(BUILD)/live
	@if echo '#include <wasi/api.h>' | $(WASM) -mexec-model=reactor -x c - \
		-o $(BUILD)/live/probe.wasm 2>/dev/null; \
	then $(MAKE) --no-print-directory live-files; \
	else echo 'skipped: the interactive parts, which need clang for WebAssembly (make deps-dev)'; fi
live-files: $(BUILD)/live/live.js
	@mkdir -p $(BUILD)/docs/html && cp $< docs/live/live.css $(BUILD)/docs/html

# --- Testing ------------------------------------------------------------------------------------

# test-NN: ## run the tests of chapter NN, as in test-03
.PHONY: test check check-suites check-lessons check-examples check-pytorch test-pytorch refresh diagrams pictures
test: ## run every test; what fails does not stop the others
	@if $(MAKE) -k --no-print-directory check; \
	then echo 'make test: passed: $(words $(TESTS)) suites and the lessons'; \
	else echo 'make test: FAILED: each failure is named above' >&2; exit 1; fi

check: check-suites check-lessons check-examples check-pytorch
check-suites: $(TESTS) $(addprefix check-,$(TESTS))

.PHONY: $(addprefix check-,$(TESTS))
$(addprefix check-,$(TESTS)): check-%: %
	@$<
$(addprefix check-,$(WHOLE_TESTS)): $(PROGRAMS) $(FRAIL_PROGRAMS) $(BENCH)

check-lessons: plots breaks
	@BUILD='$(BUILD)' $(PYTHON) tests/lessons.py
check-examples: $(COMMON_OBJECTS) $(FLOOR_OBJECTS)
	@LINK='$(LINK)' FLAGS='$(LANGUAGE) $(WARNINGS) $(FLOORS)' $(PYTHON) tests/examples.py $^
refresh: plots breaks ## rewrite the outputs shown in the lessons with what the programs print
	@BUILD='$(BUILD)' $(PYTHON) tests/lessons.py --refresh
diagrams: ## draw the diagrams of docs/diagrams anew that were changed
	$(call need,dot)
	@$(PYTHON) docs/book/diagrams.py
pictures: plots breaks ## bring the pictures that the lessons show up to what the programs draw
	@$(PYTHON) tests/lessons.py --pictures

check-pytorch: $(PROGRAMS)
	@if $(PYTHON) -c 'import numpy, torch' 2>/dev/null; \
	then $(MAKE) --no-print-directory test-pytorch; \
	else echo 'skipped: the recipes for NumPy and PyTorch, which are not here (make deps-dev)'; fi
test-pytorch: $(PROGRAMS) ## run the recipes for readers with NumPy and PyTorch
	@$(PYTHON) tests/recipe.py

# --- Measuring ----------------------------------------------------------------------------------

.PHONY: bench trials
bench: $(BENCH) ## measure fast attention beside other libraries: docs/benchmark.md; QUICK=1: 2 minutes
	@$(BUILD)/bench/bin/bench $(if $(QUICK),--quick) $(if $(THREADS),--threads $(THREADS)) \
		$(if $(FROM),--from $(FROM)) \
		--into $(BUILD)/bench --workers $(BUILD)/bench/bin --scripts tests/bench \
		--python $(PYTHON) --plots $(BUILD)/bench
trials: $(BUILD)/bench/bin/trials ## measure what helped chapter 10's kernels, and what did not
	@$(BUILD)/bench/bin/trials

# --- Learning ----------------------------------------------------------------------------------

# What tests/course.py links a reader's chapter with.
PARTS = $(COMMON_OBJECTS) $(TEST_SUPPORT) $(FLOOR_OBJECTS) \
	$(call objects,$(wildcard tests/[0-9][0-9]_*_test.c chapters/*/demo.c))
COURSE = @BUILD='$(BUILD)' CHECK_LIBS='$(CHECK_LIBS)' \
	CC='$(strip $(CC) $(filter -fsanitize%,$(CFLAGS) $(EXTRA_CFLAGS)))' $(PYTHON) tests/course.py

# try-NN: ## check the chapter NN that you wrote, from the first step to the last
# watch-NN: ## the same whenever your file is saved
# hint-NN: ## a hint for what is to be written next; again for the next one
# quiz-NN: ## five questions, marked at once
# break-NN: ## list the mistakes of a chapter; with MISTAKE=name, see one beside the right result
# reset-NN: ## restore an exercise, and keep your file beside it
.PHONY: progress mistakes
try-%: $(PARTS)
	$(COURSE) try $*
break-%: $(PARTS) $(PROGRAMS)
	$(COURSE) break $* $(MISTAKE)
hint-%:
	$(COURSE) hint $* $(FUNCTION)
watch-% quiz-% reset-%:
	+$(COURSE) $(firstword $(subst -, ,$@)) $*
progress: ## show which chapters are yours, and what is next
	$(COURSE) progress
mistakes: $(PARTS) $(PROGRAMS) ## prove that every named mistake is caught and named, and nothing right is blamed
	$(call need,patch)
	$(COURSE) mistakes
	@BUILD='$(BUILD)' CC='$(CC)' CHECK_LIBS='$(CHECK_LIBS)' $(PYTHON) tests/lint/course_test.py

# --- Gates --------------------------------------------------------------------------------------

# A gate whose tool is missing fails.
need = @for tool in $(1); do command -v $$tool >/dev/null \
	|| { echo "make $@: $$tool is missing: make deps-dev" >&2; exit 1; }; done
again = +@$(MAKE) --no-print-directory

LINTS := $(addprefix lint-,gcc clang format text self cppcheck tidy) \
	$(addprefix upwards-,$(CHAPTERS))
.PHONY: lint $(LINTS)
lint: $(LINTS) ## look for what tests do not find: warnings, style, includes upwards
	@echo 'make lint: passed'

lint-gcc lint-clang: lint-%:
	$(call need,$*)
	$(again) --silent BUILD=$(BUILD)/$* CC=$* everything
lint-tidy:
	$(call need,clang-tidy)
	@printf '%s\n' $(SOURCES) | xargs -n 1 -P 2 sh -c 'clang-tidy --quiet "$$@" -- $(LANGUAGE) \
		$(filter-out -DBUILD%,$(TEST_CFLAGS)) -DBUILD=\"\" -Idocs/live $(FLOORS) 2>&1 \
		| { ! grep -v "warnings* generated"; }' clang-tidy
lint-cppcheck:
	$(call need,cppcheck)
	@cppcheck --quiet -j 2 --std=c11 --enable=warning,style,performance,portability \
		--error-exitcode=1 --inline-suppr --suppressions-list=tests/lint/cppcheck.txt \
		--include=tests/lint/check_macros.h -Itests/support -Itests/bench -Idocs/live \
		$(FLOORS) $(SOURCES)
lint-format:
	$(call need,clang-format)
	@clang-format --dry-run -Werror $(SOURCES) $(HEADERS) $(wildcard chapters/*/exercise.c)
lint-text:
	@sh tests/lint/text.sh
lint-self:
	@$(PYTHON) tests/lint/lessons_test.py
	@$(PYTHON) tests/book/filter_test.py
	@$(PYTHON) docs/book/diagrams.py --check

SANITIZERS := address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
.PHONY: sanitize valgrind
sanitize: ## run every test and program under ASan and UBSan, then valgrind, threads under TSan
	$(call need,valgrind clang)
	@export ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1; \
	$(MAKE) --no-print-directory -k BUILD=$(BUILD)/sanitize CFLAGS='-O1 -g' \
		EXTRA_CFLAGS='-fsanitize=$(SANITIZERS)' check-suites plots
	$(again) -k valgrind
	$(again) BUILD=$(BUILD)/threads CC=clang CFLAGS='-O1 -g' EXTRA_CFLAGS=-fsanitize=thread races

# The tests of whole programs start programs: those are run here by themselves.
UNDER_VALGRIND := $(filter-out $(WHOLE_TESTS),$(TESTS)) $(PROGRAMS)
valgrind: $(addprefix valgrind-,$(UNDER_VALGRIND))
.PHONY: $(addprefix valgrind-,$(UNDER_VALGRIND))
$(addprefix valgrind-,$(UNDER_VALGRIND)): valgrind-%: %
	@QUICK=1 CK_FORK=no OMP_WAIT_POLICY=passive valgrind --quiet --leak-check=full --error-exitcode=9 \
		--suppressions=tests/lint/valgrind.supp $< >$<.valgrind 2>&1 \
		&& echo 'valgrind: clean: $<' || { cat $<.valgrind; exit 1; }

# Clang's OpenMP tells the thread sanitizer when one thread waits for another; GCC's does not.
.PHONY: races
races: $(BUILD)/tests/10_fast_layer_test
	@QUICK=1 CK_FORK=no TSAN_OPTIONS=ignore_noninstrumented_modules=1 $<

.PHONY: coverage
coverage: ## demand that the tests reach every line, and 95 % of the branches
	$(call need,gcovr)
	@find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(again) BUILD=$(BUILD)/coverage CC=gcc CFLAGS='-O0 -g' EXTRA_CFLAGS='--coverage -fprofile-update=atomic' check-suites
	@gcovr --root . --filter common/ --filter chapters/ --filter docs/live/ \
		--exclude '.*/exercise\.c' --exclude-throw-branches --html-details $(BUILD)/coverage/index.html \
		--txt - --print-summary --fail-under-line 100 --fail-under-branch 95 $(BUILD)/coverage/obj \
		|| { echo 'make coverage: see $(BUILD)/coverage/index.html' >&2; exit 1; }

.PHONY: fuzz fuzz-all
fuzz: ## feed the readers of files with garbage, FUZZ_SECONDS for each
	$(call need,clang)
	$(again) BUILD=$(BUILD)/fuzz CC=clang CFLAGS='-O1 -g' \
		EXTRA_CFLAGS='-fsanitize=fuzzer-no-link,$(SANITIZERS)' fuzz-all
fuzz-all: $(FUZZERS)
	@mkdir -p $(BUILD)/corpus && cp tests/fuzz/corpus/* $(BUILD)/corpus
	@set -e; for fuzzer in $(FUZZERS); do \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -timeout=5 -print_final_stats=1 \
			-artifact_prefix=$(BUILD)/ $(BUILD)/corpus >$$fuzzer.log 2>&1 \
			|| { cat $$fuzzer.log; exit 1; }; \
		echo "$$fuzzer: $$(sed -n 's/^stat::number_of_executed_units: *//p' $$fuzzer.log) inputs, no crash"; done

# --- The rest -----------------------------------------------------------------------------------

tour test bench trials docs live mistakes $(LINTS) sanitize coverage fuzz: | $(FIRST)

.PHONY: clean help
clean: ## remove everything that was made
	rm -rf $(BUILD)
help: ## list the targets
	@awk -F ':.*## ' '/^(# )?[a-zN-]+:.*## / { sub(/^# /, ""); printf "  make %-12s %s\n", $$1, $$2 }' \
		$(firstword $(MAKEFILE_LIST))
