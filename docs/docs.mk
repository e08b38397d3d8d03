# Makes the book.

.PHONY: docs docs-test animation
docs: plots breaks ## make the book: build/docs/html/index.html
	$(call need,doxygen dot)
	@rm -rf $(BUILD)/docs && mkdir -p $(BUILD)/docs/html
	$(if $(wildcard docs/live),+@$(MAKE) --no-print-directory live)
	@BUILD='$(BUILD)' PYTHONDONTWRITEBYTECODE=1 $(PYTHON) docs/book/build.py
docs-test: docs ## open every page of the book in a browser, and check its links, formulas and looks
	$(call need,chromium chromedriver)
	@$(PYTHON) tests/book/crawl.py $(BUILD)/docs/html
	@BUILD='$(BUILD)' $(PYTHON) tests/book/browser.py $(BUILD)/docs/html
	@$(PYTHON) docs/book/animation.py --check $(BUILD)/docs/html
animation: docs ## record the first page at work, for the README
	$(call need,chromium chromedriver)
	@$(PYTHON) docs/book/animation.py $(BUILD)/docs/html

# The chapters' own C, for the pages in which the reader moves something. Only what is used: the
# rest of common/ needs a system with files and processes.
WASM := clang --target=wasm32-wasi
LIVE_SOURCES := $(addprefix docs/live/,live.c live_arrows.c live_memory.c live_layer.c layer_run.c nearest.c) \
	$(wildcard common/example/*.c) $(addprefix common/numbers/,matrix.c memory.c status.c text.c) \
	$(wildcard $(addprefix chapters/*/,dot_products.c softmax.c self_attention.c head_splitting.c \
		multi_head_attention.c positional_encoding.c masking.c)) \
	$(wildcard $(addprefix chapters/*/shared/,scored_sentence.c large_scores.c layer_steps.c example_under_mask.c))
# The chapters from 8 on, up to the training of 11.
LIVE_LATER := $(addprefix docs/live/live_,block.c writing.c tiles.c learning.c) common/numbers/random.c \
	$(wildcard $(addprefix chapters/,08_*/shared/hand_block.c 09_*/shared/hand_model.c 09_*/shared/numbered_text.c) chapters/1[01]_*/engine/*.c) \
	$(filter-out %/exercise.c %/training_files.c %/training_run.c,$(wildcard $(addprefix chapters/,08_*/*.c 09_*/*.c 10_*/*.c 11_*/*.c 11_*/shared/*.c)))
# The reader's own arrays: files that are bytes in memory.
LIVE_OWN := docs/live/live_own.c common/numbers/array.c common/program/array_form.c \
	$(addprefix common/files/,array_file.c npy.c npy_header.c npy_type.c scan.c text_array.c) \
	$(wildcard chapters/05_*/shared/layer_options.c)

# With a switch for each named mistake that can be seen in a part: in place of these, references that know the mistakes.
SWITCHED := $(addsuffix .c,softmax self_attention multi_head_attention positional_encoding masking)
$(BUILD)/live/mistakes.js: docs/live/switches.py $(wildcard chapters/*/mistakes.toml tests/reader/*.py) $(LIVE_SOURCES) $(HEADERS)
	$(if $(V),,@echo 'python3 $@';)BUILD='$(BUILD)' CC='$(CC)' FLAGS='$(LANGUAGE) $(FLOORS)' $(PYTHON) -B $< $(@D) $(LIVE_SOURCES)
$(BUILD)/live/live.wasm: $(BUILD)/live/mistakes.js $(LIVE_OWN) $(LIVE_LATER) docs/docs.mk
	$(if $(V),,@echo 'clang $@';)$(WASM) -mexec-model=reactor $(LANGUAGE) -w -Oz $(FLOORS) -Idocs/live -Itests/checks \
		$(filter-out $(addprefix %/,$(SWITCHED)),$(LIVE_SOURCES) $(LIVE_OWN) $(LIVE_LATER)) $(addprefix $(@D)/,$(SWITCHED) switch.c) -Wl,--strip-all -o $@
# For each chapter, the program and the checks with all named mistakes behind a switch: a page asks for it by its number.
BROKEN := $(patsubst chapters/%/mistakes.toml,%,$(wildcard chapters/*/mistakes.toml))
BROKEN := $(foreach chapter,$(BROKEN),$(BUILD)/live/broken-$(firstword $(subst _, ,$(chapter))).js)
$(BROKEN): $(BUILD)/live/broken-%.js: docs/live/broken.py $(filter-out %.css %.js,$(wildcard docs/live/broken*)) $(wildcard chapters/*/mistakes.toml tests/reader/*.py \
		common/*/*.[ch] chapters/*/*.[ch] chapters/*/*/*.[ch] tests/checks/*.[ch] tests/*_checks.c)
	@mkdir -p $(@D)
	$(if $(V),,@echo 'python3 $@';)BUILD='$(BUILD)' CC='$(CC)' $(PYTHON) -B $< $* $@
# A page opened from a disk may not fetch a file, so the script brings the module along.
# In this order: each uses what those before it make. Then the chapters' parts.
LIVE_SCRIPTS := $(patsubst %,docs/live/%.js,live sentence matrices view bank layer own broken) $(sort $(wildcard docs/live/[0-9]*.js))
LIVE_STYLES := $(patsubst %,docs/live/%.css,live bank layer own picture broken) $(sort $(wildcard docs/live/[0-9]*.css))
$(BUILD)/live/lines.js: docs/live/lines.py $(LIVE_SOURCES)
	@mkdir -p $(@D) && $(PYTHON) -B $< > $@
$(BUILD)/live/live.js: $(LIVE_SCRIPTS) $(BUILD)/live/lines.js $(BUILD)/live/live.wasm
	@{ printf "const LIVE_MODULE = '" && base64 < $(BUILD)/live/live.wasm | tr -d '\n' \
		&& printf "';\n" && cat $(BUILD)/live/mistakes.js $(BUILD)/live/lines.js $(LIVE_SCRIPTS); } > $@

.PHONY: live live-files
live: ## make the interactive parts of the book's pages
	@mkdir -p $(BUILD)/live
	@if echo '#include <wasi/api.h>' | $(WASM) -mexec-model=reactor -x c - \
		-o $(BUILD)/live/probe.wasm 2>/dev/null; \
	then $(MAKE) --no-print-directory live-files; \
	else echo 'skipped: the interactive parts, which need clang for WebAssembly (make deps-dev)'; fi
live-files: $(BUILD)/live/live.js $(BROKEN)
	@mkdir -p $(BUILD)/docs/html && cp $^ $(BUILD)/docs/html && cat $(LIVE_STYLES) > $(BUILD)/docs/html/live.css

