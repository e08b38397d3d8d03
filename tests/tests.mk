# Compiles the tests and runs them; the reader's commands.

test_programs = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/$(1)_test.c)))
CHAPTER_TESTS := $(call test_programs,[0-9][0-9]_*)
WHOLE_TESTS := $(call test_programs,whole/*)
TESTS := $(call test_programs,common/*) $(CHAPTER_TESTS) $(WHOLE_TESTS)
TEST_SUPPORT := $(call objects,$(wildcard tests/support/*.c))
# The tests bring a memory that runs out when told to, in place of the real one.
FRAIL_OBJECTS := $(filter-out %/memory.o,$(COMMON_OBJECTS)) $(BUILD)/obj/tests/support/frail_memory.o
FRAIL_PROGRAMS := $(PROGRAMS:$(BUILD)/bin/%=$(BUILD)/frail/%)

# The checks of a chapter that readers write, run on its reference, and what it refuses.
REFUSALS := tests/golden/refusals.txt
CHECKS := $(patsubst tests/%_checks.c,$(BUILD)/tests/checks/%,$(sort $(wildcard tests/[0-9][0-9]_*_checks.c)))

# --- Compiling ----------------------------------------------------------------------------------

# Check prints floats with this many digits: with fewer, failures show two equal-looking numbers.
TEST_CFLAGS := $(COMMON) -Itests/support -Itests/bench $(CHECK_CFLAGS) -DCK_FLOATING_DIG=9 -DBUILD='"$(BUILD)"'

$(BUILD)/obj/tests/%.o: MADE_BY += tests/tests.mk
$(BUILD)/obj/tests/support/%.o $(BUILD)/obj/tests/common/%.o: INCLUDES := $(TEST_CFLAGS)
$(BUILD)/obj/tests/checks/%.o: INCLUDES := $(COMMON) -Itests/support
# They know the types of the chapters, and call nothing there.
$(patsubst %,$(BUILD)/obj/tests/support/%.o,layers layers.h blocks blocks.h): INCLUDES := $(TEST_CFLAGS) $(FLOORS)
$(BUILD)/obj/tests/support/calls.o: INCLUDES += '-DPROGRAM_NAMES=$(foreach p,$(PROGRAMS),"$(notdir $(p))",)'
$(BUILD)/obj/tests/whole/%.o: INCLUDES := $(TEST_CFLAGS) $(FLOORS) -Idocs/live
$(BUILD)/obj/tests/fuzz/%.o: INCLUDES := $(COMMON)
$(BUILD)/obj/tests/variants/%.o: INCLUDES := $(FLOORS) $(DEMOS)

define chapter_test_rules
$(BUILD)/obj/tests/$(1)_%.o: INCLUDES := $(TEST_CFLAGS) $(FLOORS_$(1)) $(filter -Ichapters/$(1)_%,$(DEMOS))
$(call test_programs,$(1)_*): $(filter-out %/demo.o,$(DEMO_$(1))) $(FLOOR_OBJECTS_$(1))
$(filter $(BUILD)/tests/checks/$(1)_%,$(CHECKS)): $(filter-out %/demo.o,$(DEMO_$(1))) $(FLOOR_OBJECTS_$(1))
$(filter $(BUILD)/frail/$(1)_%,$(FRAIL_PROGRAMS)): $(DEMO_$(1)) $(FLOOR_OBJECTS_$(1))
.PHONY: test-$(1)
test-$(1): $(addprefix check-,$(call test_programs,$(1)_*) $(filter $(BUILD)/tests/checks/$(1)_%,$(CHECKS)))
endef
$(foreach c,$(CHAPTERS),$(eval $(call chapter_test_rules,$(call number,$(c)))))

$(TESTS): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TEST_SUPPORT) $(FRAIL_OBJECTS)
	$(call link,$^ $(CHECK_LIBS) -lm)
$(CHECKS): $(BUILD)/tests/checks/%: $(BUILD)/obj/tests/%_checks.o $(call objects,$(addprefix tests/checks/,contract.c result.c \
	case.c)) $(FRAIL_OBJECTS)
	$(call link,$^ -lm)
$(WHOLE_TESTS): $(FLOOR_OBJECTS)
$(BUILD)/tests/whole/calls_test: $(BUILD)/obj/tests/whole/results.o
$(BUILD)/tests/whole/roofline_test: $(BUILD)/obj/tests/bench/roofline.o
$(BUILD)/tests/whole/trials_test: $(BUILD)/obj/tests/bench/trial.o $(BUILD)/obj/tests/bench/roofline.o
$(patsubst %,$(BUILD)/tests/whole/live_%,test layer_test chapters_test own_test): $(call objects,$(filter-out \
	docs/live/broken%,$(wildcard docs/live/*.c)))
$(FRAIL_PROGRAMS): $(FRAIL_OBJECTS)
	$(call link,$^ -lm)

# Chapter 10 as an editor builds it: no file has a flag of its own.
PLAIN := $(BUILD)/plain/10_fast_attention
$(PLAIN): $(filter-out $(wildcard chapters/10_*/exercise*.c),$(wildcard chapters/10_*/*.[ch] chapters/10_*/*/*.[ch])) \
	$(filter-out $(BUILD)/obj/chapters/10_%,$(FLOOR_OBJECTS)) $(COMMON_OBJECTS)
	$(say)$(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(FLOORS) $(filter %.c %.o,$^) -lm -o $@

# What has gradients, once more with double in float's place: see tests/doubles/in_double.h.
DIFFERENCES := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/doubles/*_test.c)))
DOUBLES := $(patsubst %.c,$(BUILD)/obj/doubles/%.o,$(filter-out $(wildcard chapters/*/exercise*.c),\
	$(wildcard common/numbers/*.c chapters/0*/*.c chapters/03_*/shared/large_scores.c chapters/11_*/*.c) \
	$(wildcard $(addprefix chapters/11_*/shared/,gradients.c dropout.c label_smoothing.c learning_[mps]*.c))))
$(BUILD)/obj/doubles/%.o $(BUILD)/obj/tests/doubles/%.o: INCLUDES := $(FLOORS) $(CHECK_CFLAGS) -Itests/doubles
$(BUILD)/obj/doubles/%.o: %.c tests/doubles/in_double.h tests/tests.mk $(MADE_BY)
	$(call compile,-include in_double.h -c $<)
$(DIFFERENCES): $(BUILD)/tests/%: $(BUILD)/obj/doubles/tests/%.o $(DOUBLES)
	$(call link,$^ $(CHECK_LIBS) -lm)
TESTS += $(DIFFERENCES)
test-11: $(addprefix check-,$(DIFFERENCES))

# --- Running ------------------------------------------------------------------------------------

# Threads that wait in a loop take the processor from the suites beside them.
check-%: export OMP_WAIT_POLICY = passive
plots: export OMP_WAIT_POLICY = passive

# test-NN: ## run the tests of chapter NN, as in test-03
.PHONY: test check check-suites check-lessons check-examples check-pytorch test-pytorch refresh refusals diagrams pictures
test: ## run every test; what fails does not stop the others
	@if $(MAKE) -k --no-print-directory --output-sync check; \
	then echo 'make test: passed: $(words $(TESTS)) suites and the lessons'; \
	else echo 'make test: FAILED: each failure is named above' >&2; exit 1; fi

check: check-suites check-lessons check-examples check-pytorch
check-suites: $(TESTS) $(addprefix check-,$(TESTS) $(CHECKS))

.PHONY: $(addprefix check-,$(TESTS) $(CHECKS))
$(CHECKS:=.refusals): %.refusals: %
	@{ echo '# $(<F)'; $<; } >$@
$(addprefix check-,$(CHECKS)): check-%: %.refusals
	@awk '/^#/ { is_asked = $$2 == "$(basename $(<F))" } is_asked' $(REFUSALS) | diff - $< \
		|| { echo '$(REFUSALS) says something else: make refusals, and read the difference' >&2; exit 1; }
refusals: $(CHECKS:=.refusals) ## record anew what the references refuse
	@cat $^ >$(REFUSALS)
$(addprefix check-,$(TESTS)): check-%: %
	@$<
$(addprefix check-,$(WHOLE_TESTS)): $(PROGRAMS) $(FRAIL_PROGRAMS) $(BENCH) $(PLAIN)

check-lessons: plots breaks
	@BUILD='$(BUILD)' $(PYTHON) tests/lessons.py
check-examples: $(COMMON_OBJECTS) $(FLOOR_OBJECTS)
	@LINK='$(LINK)' FLAGS='$(LANGUAGE) $(WARNINGS) $(FLOORS)' $(PYTHON) tests/examples.py $^
refresh: plots breaks ## rewrite the outputs shown in the lessons with what the programs print
	@BUILD='$(BUILD)' $(PYTHON) tests/lessons.py --refresh
diagrams: ## redraw the diagrams of docs/diagrams that were changed
	$(call need,dot)
	@$(PYTHON) docs/book/diagrams.py
pictures: plots breaks ## update the pictures that the lessons show
	@$(PYTHON) tests/lessons.py --pictures

check-pytorch: $(PROGRAMS)
	@if $(PYTHON) -c 'import numpy, torch' 2>/dev/null; \
	then $(MAKE) --no-print-directory test-pytorch; \
	else echo 'skipped: the recipes for NumPy and PyTorch, which are not here (make deps-dev)'; fi
test-pytorch: $(PROGRAMS) ## run the recipes for readers with NumPy and PyTorch
	@$(PYTHON) tests/recipe.py

# --- Learning ----------------------------------------------------------------------------------

# tests/course.py builds what a chapter's checks need, and no more; FUNCTION and MISTAKE reach it
# through the environment. BUILT=1: all of it is built already.
PARTS = $(COMMON_OBJECTS) $(TEST_SUPPORT) $(FLOOR_OBJECTS) \
	$(call objects,$(wildcard tests/checks/*.c tests/[0-9][0-9]_*_test.c tests/[0-9][0-9]_*_checks.c chapters/*/demo/*.c))
COURSE = @BUILD='$(BUILD)' MAKE='$(MAKE)' CHECK_LIBS='$(CHECK_LIBS)' \
	CC='$(strip $(CC) $(filter -fsanitize%,$(CFLAGS) $(EXTRA_CFLAGS)))' $(PYTHON) tests/course.py

# try-NN: ## check the chapter NN that you wrote, from the first step to the last
# watch-NN: ## the same whenever your file is saved
# hint-NN: ## a hint for what is to be written next; again for the next one
# quiz-NN: ## five questions, marked at once
# break-NN: ## list the mistakes of a chapter; with MISTAKE=name, see one beside the right result
# reset-NN: ## restore an exercise, and keep your file beside it
.PHONY: progress mistakes slips
try-% watch-% hint-% quiz-% break-% reset-%:
	$(COURSE) $(firstword $(subst -, ,$@)) '$*'
progress: ## show which chapters are yours, and what is next
	$(COURSE) progress
mistakes slips: export BUILT = 1
slips: $(PARTS) ## prove what is told of slips; REFRESH=1 records the sample anew
	$(COURSE) slips
mistakes: $(PARTS) $(PROGRAMS) ## prove that every named mistake is caught and named, and nothing right is blamed
	$(COURSE) mistakes
	$(again) $(PROOFS)
# What a reader meets: each works in copies of its own, so they run side by side.
PROOFS := $(addprefix proof-,course learner chapter)
.PHONY: $(PROOFS)
$(PROOFS): proof-%:
	@BUILD='$(BUILD)' CC='$(CC)' CHECK_LIBS='$(CHECK_LIBS)' $(PYTHON) -B tests/lint/$*_test.py

