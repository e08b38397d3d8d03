# Measures chapters 10 and 11 beside other libraries.

# The variants of chapter 10's layer are its program's own.
LADDER := chapters/10_fast_attention/demo
LADDER_OBJECTS := $(call objects,$(wildcard $(LADDER)/*_variants.c))

$(BUILD)/obj/tests/bench/%.o: INCLUDES = -Itests/bench $(FLOORS) -I$(LADDER) $(OPENMP)
$(BUILD)/obj/tests/bench/roofline.o: INCLUDES += $(FUSED)

# The kernels with one thing changed, for each level: $(BUILD)/obj/trials/LEVEL/CHANGE.o.
TRIAL_KERNELS := $(foreach level,$(LEVELS),$(foreach change,ahead_16 ahead_64 broadcast half twice,\
	$(BUILD)/obj/trials/$(level)/$(change).o))
$(BUILD)/obj/trials/%.o: INCLUDES = -Itests/bench $(FLOORS) $(call kernel_flags,$(*D)) \
	-DLEVEL_$(*D) -DCHANGE_$(*F) -DKERNELS=$(*D)_$(*F)
$(BUILD)/obj/trials/%.o: tests/bench/trial_kernels.c $(MADE_BY) tests/bench/bench.mk
	$(call compile,-c $<)

TRIAL_PARTS := $(filter-out %/trial_kernels.c,$(wildcard tests/bench/trial*.c))
BENCH_PARTS := $(filter-out %_worker.c %/worker.c %/roofline.c %/trial_kernels.c $(TRIAL_PARTS),\
	$(wildcard tests/bench/*.c))
BENCH_WORKERS := $(patsubst tests/bench/%.c,$(BUILD)/bench/bin/%,$(wildcard tests/bench/*_worker.c))
BENCH := $(BUILD)/bench/bin/bench $(BUILD)/bench/bin/trials $(BENCH_WORKERS)
$(BUILD)/bench/bin/bench: $(call objects,$(BENCH_PARTS)) $(BUILD)/obj/tests/bench/bench.o
$(BUILD)/bench/bin/trials: $(call objects,$(TRIAL_PARTS)) $(BUILD)/obj/tests/bench/machine.o \
	$(BUILD)/obj/tests/bench/roofline.o \
	$(TRIAL_KERNELS)
$(BUILD)/bench/bin/headwise_worker: $(BUILD)/obj/tests/bench/roofline.o $(LADDER_OBJECTS)
$(BUILD)/bench/bin/training_worker: $(BUILD)/obj/tests/bench/training_case.o $(BUILD)/obj/tests/bench/plan.o
$(BENCH_WORKERS): $(BUILD)/bench/bin/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/tests/bench/worker.o
$(BENCH): $(FLOOR_OBJECTS) $(COMMON_OBJECTS)
	$(call link,$(sort $(filter %.o,$^)) $(LIBRARY) -lm)

# A library's worker is built also without the library, and then says so. When the library has come
# or gone, $(BUILD)/bench/NAME.found changes, and the worker is built again.
.PHONY: look
$(BUILD)/bench/%.found: look
	@mkdir -p $(@D); found='$(call library,$*)'; \
	echo "$$found" | cmp -s - $@ || echo "$$found" >$@
define worker_rules
$(BUILD)/bench/bin/$(1)_worker: LIBRARY = $$(call library,$(2))
$(BUILD)/bench/bin/$(1)_worker: $(BUILD)/bench/$(2).found
$(BUILD)/obj/tests/bench/$(1)_worker.o: INCLUDES += $$(if $$(call library,$(2)),-DHAVE_$(2))
$(BUILD)/obj/tests/bench/$(1)_worker.o: $(BUILD)/bench/$(2).found
endef
$(eval $(call worker_rules,openblas,openblas))
$(eval $(call worker_rules,onednn,dnnl))

.PHONY: bench trials
bench: $(BENCH) ## measure attention and training beside others: docs/benchmark.md; QUICK=1, TRAINING=1
	@$(BUILD)/bench/bin/bench $(if $(QUICK),--quick) $(if $(TRAINING),--training) \
		$(if $(THREADS),--threads $(THREADS)) $(if $(FROM),--from $(FROM)) \
		--into $(BUILD)/bench --workers $(BUILD)/bench/bin --scripts tests/bench \
		--python $(PYTHON) --plots $(BUILD)/bench
trials: $(BUILD)/bench/bin/trials ## measure what helped chapter 10's kernels, and what did not
	@$(BUILD)/bench/bin/trials
