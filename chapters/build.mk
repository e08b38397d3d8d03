# Compiles the programs, runs them, draws their pictures.

CHAPTERS := $(sort $(notdir $(wildcard chapters/[0-9][0-9]_*)))
number = $(firstword $(subst _, ,$(1)))
topic = $(patsubst $(call number,$(1))_%,%,$(1))
objects = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))

# The rooms of common/, from the ground up: none includes from one above it.
ROOMS := numbers example files pictures program
COMMON_OBJECTS := $(call objects,$(wildcard $(ROOMS:%=common/%/*.c))) $(BUILD)/obj/common/pictures/picture.gnuplot.o
PROGRAMS := $(patsubst chapters/%/demo/demo.c,$(BUILD)/bin/%,$(sort $(wildcard chapters/*/demo/demo.c)))

.PHONY: all
all: $(PROGRAMS) ## build every chapter's program (the default)

# --- Flags --------------------------------------------------------------------------------------

# No -Werror: the next compiler knows warnings that this one does not. `make lint` has it.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
# _POSIX_C_SOURCE: getline, fileno, pipes. _DARWIN_C_SOURCE: the same on macOS.
# -ffp-contract=off: no machine fuses a*b + c into one rounding, so all print the same digits.
LANGUAGE := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DARWIN_C_SOURCE -ffp-contract=off

# What the compiler and the libraries can: asked anew each time, and whatever was made with another
# answer is made again.
library = $(shell CC='$(CC)' BUILD='$(BUILD)' sh tests/deps/library.sh $(1))
OPENMP := $(call library,openmp)
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
COMPILER := $(shell $(CC) --version 2>/dev/null | head -n 1)
CHECK_CFLAGS := $(shell pkg-config --cflags check 2>/dev/null)
CHECK_LIBS := $(shell pkg-config --libs check 2>/dev/null)

STAMP := $(BUILD)/flags
FLAGS_NOW := $(COMPILER); $(CC) $(LANGUAGE) $(WARNINGS) $(CPPFLAGS) $(CFLAGS) $(EXTRA_CFLAGS) $(LDFLAGS) \
	$(OPENMP) $(MACHINE) $(CHECK_CFLAGS) $(CHECK_LIBS)
ifneq ($(strip $(shell cat $(STAMP) 2>/dev/null)),$(strip $(FLAGS_NOW)))
.PHONY: $(STAMP)
endif
$(STAMP):
	@command -v $(firstword $(CC)) >/dev/null || { echo "no compiler $(CC) here: make deps" >&2; exit 1; }
	@mkdir -p $(@D)
	@printf '%s\n' '$(OPENMP)' >$(@D)/openmp.flags # for tests/reader/compiling.py
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' >$@

# A file is made under another name and renamed, so that two makes in one directory do not find each
# other's half-made files. `make V=1` shows the whole commands.
say = $(if $(V),,@echo '$(CC) $@';)mkdir -p $(@D);
COMPILE = $(CC) $(LANGUAGE) $(WARNINGS) $(INCLUDES) $(CPPFLAGS) $(CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@
LINK = $(CC) $(CFLAGS) $(EXTRA_CFLAGS) $(OPENMP) $(LDFLAGS)
compile = $(say)$(COMPILE) $(1) -o $@.$$$$ && mv -f $@.$$$$ $@
link = $(say)$(LINK) $(1) -o $@.$$$$ && mv -f $@.$$$$ $@

# --- Compiling ----------------------------------------------------------------------------------

MADE_BY := $(STAMP) Makefile chapters/build.mk
$(BUILD)/obj/%.o: %.c $(MADE_BY)
	$(call compile,-c $<)
# The template for gnuplot becomes part of each program, which then finds it wherever it runs.
$(BUILD)/obj/%.gnuplot.o: %.gnuplot $(MADE_BY)
	$(say){ echo 'extern const char *const $(*F)_gnuplot[]; const char *const $(*F)_gnuplot[] = {'; \
		sed 's/[\\"]/\\&/g; s/.*/"&",/' $<; echo '0};'; } | $(COMPILE) -x c -c - -o $@.$$$$ && mv -f $@.$$$$ $@
# A header compiled alone, to see that it can be.
$(BUILD)/obj/%.h.o: %.h $(MADE_BY)
	$(call compile,-include ./$< -x c -c /dev/null)

# A room of common/ may include and call those before it; chapter NN all of them, and the chapters up
# to NN. A later chapter's header is not found, and its functions are not linked. The program in demo/
# is nobody's floor: there alone its headers are found, and into it alone it is linked.
FLOORS :=
define room_rules
FLOORS += -Icommon/$(1)
$(BUILD)/obj/common/$(1)/%.o: INCLUDES := $$(FLOORS)
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))
COMMON := $(FLOORS)

# For the tests of a chapter, which look into its own program.
DEMOS := $(patsubst %,-I%,$(wildcard chapters/*/demo))

# A reader may keep several versions of an exercise.
FLOOR_OBJECTS :=
define chapter_rules
PLACES := $(filter-out %/demo,$(patsubst %/,%,$(sort $(dir $(wildcard chapters/$(1)/*.c chapters/$(1)/*/*.[ch])))))
FLOORS += $$(PLACES:%=-I%)
FLOOR_OBJECTS += $$(call objects,$$(filter-out $(wildcard chapters/$(1)/exercise*.c),$$(wildcard $$(PLACES:%=%/*.c))))
DEMO_$(call number,$(1)) := $(call objects,$(wildcard chapters/$(1)/demo/*.c))
FLOORS_$(call number,$(1)) := $$(FLOORS)
FLOOR_OBJECTS_$(call number,$(1)) := $$(FLOOR_OBJECTS)
$(BUILD)/obj/chapters/$(1)/%.o: INCLUDES := $$(FLOORS)
$(BUILD)/bin/$(1): $$(DEMO_$(call number,$(1))) $$(FLOOR_OBJECTS) $(COMMON_OBJECTS)

.PHONY: run-$(call number,$(1)) upwards-$(1)
run-$(call number,$(1)): $(BUILD)/bin/$(1)
	$$(if $$(MINE),$$(COURSE) run $(call number,$(1)),@$$<)
# The floors below must not find this chapter's header.
upwards-$(1):
	@echo '#include "$(call topic,$(1)).h"' | $$(CC) $(FLOORS) -fsyntax-only -x c - 2>&1 \
		| grep -Eq '$(call topic,$(1))\.h.*(No such file|not found)' \
		|| { echo 'chapters below $(1) can include its header' >&2; exit 1; }
endef
$(foreach c,$(CHAPTERS),$(eval $(call chapter_rules,$(c))))

# Chapters 10 and 11 have kernels for several processors. They alone may fuse a*b + c: their results differ
# from machine to machine in the last digits, and are compared with a tolerance.
FAST := $(BUILD)/obj/chapters/10_fast_attention/engine
FUSED := -ffp-contract=fast
# Tuned for no processor in particular, GCC 14 splits some multiply-adds, so that a sum's bits depend on its neighbours.
FLAGS_avx2 := -mavx2 -mfma -mtune=haswell
FLAGS_avx512 := -mavx512f -mfma -mtune=haswell
LEVELS := baseline $(if $(filter x86_64% amd64%,$(MACHINE)),avx2 avx512)
kernel_flags = $(FUSED) $(if $(filter $(1),$(LEVELS)),$(FLAGS_$(1)))
$(FAST)/parallel.o: INCLUDES += $(OPENMP)
# No errno: then a root is one instruction.
define kernel_rules
$(BUILD)/obj/chapters/$(1).o: INCLUDES += $$(FUSED) -fno-math-errno
$(BUILD)/obj/chapters/$(1)_avx2.o: INCLUDES += $$(call kernel_flags,avx2) -fno-math-errno
$(BUILD)/obj/chapters/$(1)_avx512.o: INCLUDES += $$(call kernel_flags,avx512) -fno-math-errno
endef
$(foreach k,10_fast_attention/engine/kernels 11_learning/engine/tiled_kernels 11_learning/engine/row_kernels, \
	$(eval $(call kernel_rules,$(k))))

$(PROGRAMS):
	$(call link,$^ -lm)

# --- Seeing ------------------------------------------------------------------------------------

# run-NN: ## run the program of chapter NN, as in run-03; with MINE=1 on your own chapters
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
$(BREAKS): export BUILT = 1
$(BREAKS): $(PROGRAMS) $(wildcard tests/*.py tests/reader/*.py chapters/*/mistakes.toml)
	$(COURSE) break $(firstword $(subst _, ,$(@F))) $(lastword $(subst _break_, ,$(basename $(@F)))) \
		>/dev/null
breaks: $(BREAKS)
# Of the levels of instructions only the baseline rounds alike on every machine.
LEARN := env HEADWISE_ISA=baseline $(BUILD)/bin/11_learning
plots: $(PROGRAMS) $(BUILD)/bench/bin/bench $(BUILD)/bench/bin/trials ## draw every picture into build/plots
	@set -e; for program in $(PROGRAMS) '$(BUILD)/bench/bin/bench --from docs/benchmark.csv' \
		'$(BUILD)/bench/bin/trials --from docs/trials.txt' \
		'$(LEARN) --task reverse' '$(LEARN) --task induction' '$(LEARN) --task bank'; \
	do $$program --plots $(BUILD)/plots >/dev/null; done
# Some tasks of chapter 11 take minutes.
.PHONY: learned
learned: $(BUILD)/bin/11_learning ## train every task of chapter 11 and note the results in docs/learning.txt
	@set -e; { printf 'The trainings of chapter 11, as "make learned" noted them\n\n'; \
		for task in reverse induction "induction --blocks 1" dates bank; do $(LEARN) --task $$task | grep -E '^(result|mean|block) '; done; \
		printf '\n'; $(LEARN) --slips; } >$(BUILD)/learning.txt 2>/dev/null
	@sed 's/ seconds=[0-9.]*//' $(BUILD)/learning.txt >docs/learning.txt
