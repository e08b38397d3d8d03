# What contributors run besides the tests.

# The exercises are the reader's.
SOURCES := $(filter-out %/exercise.c,$(wildcard common/*/*.c chapters/*/*.c chapters/*/*/*.c docs/live/*.c \
	tests/*.c tests/*/*.c))
HEADERS := $(wildcard common/*/*.h chapters/*/*.h chapters/*/*/*.h docs/live/*.h tests/support/*.h \
	tests/bench/*.h)
FUZZ_SECONDS ?= 20
FUZZERS := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/fuzz/*_fuzz.c))

$(BUILD)/obj/docs/live/%.o: INCLUDES := $(FLOORS)
$(BUILD)/obj/docs/live/broken.o: INCLUDES += -Itests/support -Itests/checks
$(FUZZERS): $(BUILD)/%: $(BUILD)/obj/tests/%.o $(COMMON_OBJECTS)
	$(call link,-fsanitize=fuzzer $^ -lm)

# The systems that CI tries.
DEBIANS := bookworm trixie

.PHONY: everything
everything: $(PROGRAMS) $(FRAIL_PROGRAMS) $(TESTS) $(BENCH) $(call objects,$(SOURCES)) \
	$(HEADERS:%=$(BUILD)/obj/%.o)

# A gate whose tool is missing fails.
need = @for tool in $(1); do command -v $$tool >/dev/null \
	|| { echo "make $@: $$tool is missing: make deps-dev" >&2; exit 1; }; done
again = +@$(MAKE) --no-print-directory

COMPILER_LINTS := $(addprefix lint-,$(notdir $(wildcard /usr/bin/gcc-[0-9][0-9] /usr/bin/clang-[0-9][0-9])))
LINTS := $(addprefix lint-,gcc clang format text self cppcheck tidy editor) \
	$(addprefix upwards-,$(CHAPTERS))
.PHONY: lint lint-compilers $(LINTS) $(COMPILER_LINTS)
lint: $(LINTS) ## look for what tests do not find: warnings, style, upward includes
	@echo 'make lint: passed'

lint-compilers: $(COMPILER_LINTS) ## compile everything with each version of GCC and Clang that is here
	@echo 'make lint-compilers: passed: $(COMPILER_LINTS:lint-%=%)'
# GCC finds some of its warnings while it optimises; Clang finds none there.
lint-gcc lint-clang $(COMPILER_LINTS): lint-%:
	$(call need,$*)
	$(again) --silent BUILD=$(BUILD)/$* CC=$* $(if $(findstring clang,$*),CFLAGS=-O0) EXTRA_CFLAGS=-Werror everything
# Clang's tools in the one version that both Debians have: each version has an opinion of its own.
lint-tidy:
	$(call need,clang-tidy-19)
	@printf '%s\n' $(SOURCES) | xargs -n 1 -P 2 sh -c 'clang-tidy-19 --quiet "$$@" -- $(LANGUAGE) \
		$(filter-out -DBUILD%,$(TEST_CFLAGS)) -DBUILD=\"\" -DPROGRAM_NAMES= -Idocs/live -Itests/checks $(FLOORS) $(DEMOS) 2>&1 \
		| { ! grep -v "warnings* generated"; }' clang-tidy
lint-cppcheck:
	$(call need,cppcheck)
	@cppcheck --quiet -j 2 --std=c11 --enable=warning,style,performance,portability \
		--error-exitcode=1 --inline-suppr --suppressions-list=tests/lint/cppcheck.txt \
		--include=tests/lint/check_macros.h -Itests/support -Itests/bench -Idocs/live -Itests/checks \
		$(FLOORS) $(DEMOS) $(SOURCES)
lint-format:
	$(call need,clang-format-19)
	@clang-format-19 --dry-run -Werror $(SOURCES) $(HEADERS) $(wildcard chapters/*/exercise.c)
lint-text:
	@sh tests/lint/text.sh
# What clangd reads, so that an editor knows what the compiler is told.
lint-editor:
	@printf '%s\n' -xc $(LANGUAGE) $(WARNINGS) '-DBUILD="build"' -Idocs/live -Itests/checks \
		$(filter-out $(CHECK_CFLAGS) -DBUILD%,$(TEST_CFLAGS)) $(filter-out $(COMMON),$(FLOORS)) $(DEMOS) \
		| diff compile_flags.txt - || { echo 'compile_flags.txt: not what the makefile says' >&2; exit 1; }
	@$(PYTHON) -B tests/lint/editor_test.py
lint-self:
	@$(PYTHON) tests/lint/make_test.py
	@$(PYTHON) tests/lint/lessons_test.py
	@$(PYTHON) tests/book/filter_test.py
	@$(PYTHON) docs/book/diagrams.py --check

SANITIZERS := address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
.PHONY: sanitize valgrind
sanitize: ## run every test and program under ASan and UBSan, then valgrind, threads under TSan
	$(call need,valgrind clang)
	@export QUICK=1 ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1; \
	$(MAKE) --no-print-directory -k BUILD=$(BUILD)/sanitize CFLAGS='-O1 -g' \
		EXTRA_CFLAGS='-fsanitize=$(SANITIZERS)' check-suites plots
	$(again) -k valgrind
	$(again) BUILD=$(BUILD)/threads CC=clang CFLAGS='-O1 -g' EXTRA_CFLAGS=-fsanitize=thread races

# The tests of whole programs start programs: those are run here by themselves. The tests of plots start gnuplots that cannot
# run; valgrind's posix_spawn() does not tell that exec failed, as the system's does. The address sanitizer has both.
UNDER_VALGRIND := $(filter-out $(WHOLE_TESTS) $(BUILD)/tests/common/plot_test,$(TESTS)) $(PROGRAMS)
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

.PHONY: bare $(addprefix bare-,$(DEBIANS))
bare: $(addprefix bare-,$(DEBIANS)) ## try the README's commands on a bare Debian 12 and a bare Debian 13
$(addprefix bare-,$(DEBIANS)): bare-%:
	@if [ "$$(id -u)" = 0 ] && command -v debootstrap >/dev/null && unshare --mount --pid --fork true; \
	then FROM=. PLACE='$(BUILD)/bare' unshare --mount --pid --fork --kill-child bash tests/bare/bare.sh $*; \
	elif [ -n "$$CI" ]; then echo 'make $@: needs root, debootstrap and mount namespaces' >&2; exit 1; \
	else echo 'skipped: $@, which needs root, debootstrap and mount namespaces'; fi

# The branches of a TRY are left out: shapes are checked at the door, so after it most cannot fail. Those that can, for want of
# memory or by what is given, fail in the suites of failing memory and of bad input.
# -Og and fewer random cases: at -O0 the programs of the whole tests take twice as long. Counters are atomic, for threads share them.
.PHONY: coverage
coverage: ## demand that the tests reach every line, and 95 % of the branches
	$(call need,gcovr)
	@find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(again) BUILD=$(BUILD)/coverage CC=gcc CFLAGS='-Og -g' EXTRA_CFLAGS='--coverage -fprofile-update=atomic' QUICK=1 check-suites
	@gcovr --root . --filter common/ --filter chapters/ --filter docs/live/ \
		--exclude '.*/exercise\.c' --exclude-throw-branches --exclude-branches-by-pattern '\s*TRY\(.*' --html-details $(BUILD)/coverage/index.html \
		--txt $(BUILD)/coverage/lines.txt --print-summary --fail-under-line 100 --fail-under-branch 95 $(BUILD)/coverage/obj \
		|| { grep -B 1 -E ' [1-9]?[0-9]% ' $(BUILD)/coverage/lines.txt; \
			echo 'make coverage: missing lines in the last column; $(BUILD)/coverage/index.html shows them' >&2; exit 1; }

.PHONY: fuzz fuzz-all
fuzz: ## feed garbage to the readers of files, FUZZ_SECONDS for each
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

