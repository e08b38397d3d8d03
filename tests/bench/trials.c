/* What changes of chapter 10's kernels are worth, measured: docs/benchmark.md speaks of it. */
#include "machine.h"
#include "program.h"
#include "trial.h"
#include "trial_kernels.h"
#include "trial_picture.h"

#include <stdio.h>
#include <string.h>

/* Which changed kernels there are: the makefile gives each object of trial_kernels.c its name. */
#define CHANGES_OF(level)                                                                          \
    extern const Kernels level##_ahead_16, level##_ahead_64, level##_broadcast, level##_half,      \
        level##_twice
#define TABLE_OF(level)                                                                            \
    {&level##_ahead_16, &level##_ahead_64, &level##_broadcast, &level##_half, &level##_twice}

CHANGES_OF(baseline);
#if defined(__x86_64__)
CHANGES_OF(avx2);
CHANGES_OF(avx512);
#endif

const Kernels *trial_kernels(TrialChange change, Isa isa)
{
    static const Kernels *const TABLE[ISA_COUNT][TRIAL_CHANGES] = {
        [ISA_BASELINE] = TABLE_OF(baseline),
#if defined(__x86_64__)
        [ISA_AVX2] = TABLE_OF(avx2),
        [ISA_AVX512] = TABLE_OF(avx512),
#endif
    };
    return TABLE[isa][change];
}

enum { TINY, FROM, OPTION_COUNT };

static const Option OPTIONS[] = {
    [TINY] = {"tiny", NULL, "to see that it works"},
    [FROM] = {"from", "FILE", "measure nothing: draw what waiting costs in this table of trials"},
};

static TrialPrepare *const TRIALS[] = {
    trial_dot_product,   trial_sums,          trial_near,        trial_far,        trial_attention,
    trial_small_product, trial_large_product, trial_many_tokens, trial_few_tokens, trial_reads,
};

enum { TRIAL_COUNT = sizeof TRIALS / sizeof *TRIALS };

static Trial trials[TRIAL_COUNT];

/* trial_kernels.c repeats what the usual kernels say of themselves. */
static Status expect_same_tiles(const TrialSetting *setting)
{
    const Kernels *usual = setting->kernels;
    for (size_t change = 0; change < TRIAL_CHANGES; change++) {
        const Kernels *changed = trial_kernels((TrialChange)change, setting->isa);
        size_t block = change == TRIAL_HALF    ? usual->key_block / 2
                       : change == TRIAL_TWICE ? usual->key_block * 2
                                               : usual->key_block;
        if (changed->tile != usual->tile || changed->panel != usual->panel ||
            changed->key_block != block)
            return fail(STATUS_SYSTEM, "trial_kernels.c: change %zu has tiles of its own", change);
    }
    return STATUS_OK;
}

static Status run_trials(TrialSetting *setting)
{
    Status status = expect_same_tiles(setting);
    for (size_t t = 0; status == STATUS_OK && t < TRIAL_COUNT; t++) {
        status = TRIALS[t](setting, &trials[t]);
        if (status == STATUS_OK)
            status = trial_run(setting, &trials[t]);
        trial_release();
    }
    return status;
}

static void print_setting(const TrialSetting *setting, double load)
{
    char text[MACHINE_TEXT_SIZE];
    machine_processor(text);
    printf("  processor %s, one core%s\n", text,
           machine_can_pin() ? ", pinned" : ", not pinned: this system has no way to");
    machine_compiler(text);
    printf("  compiler  %s\n", text);
    printf("  level     %s\n", isa_name(setting->isa));
    if (load >= 0.0)
        printf("  load      %.1f%s\n", load,
               load > 0.5 ? ": others are working on this machine" : "");
    printf("  peak      %.1f * 10^9 operations in a second\n", 1e-9 * setting->peak);
    printf("  checked   each way against the usual one: at most %.1e from it\n", setting->error);
}

static void print_way(const Trial *trial, size_t index, double peak)
{
    const Way *way = &trial->ways[index];
    printf("    %-38s %5.2f", way->name, trial_ratio(trial, index, 2));
    if (index == 0)
        printf("%14s", "");
    else
        printf("   %5.2f..%4.2f", trial_ratio(trial, index, 1), trial_ratio(trial, index, 3));
    if (way->operations > 0.0)
        printf("  %9.1f", 100.0 * way->operations / trial_seconds(way) / peak);
    printf("\n");
}

static void print_trials(double peak)
{
    printf(
        "\nTimes as long as the usual way, which comes first: 1.00 is as fast, 2.00 takes twice\n"
        "as long. Medians of %d turns\n\n%42s  times   half of them  %% of peak\n",
        TRIAL_ROUNDS, "");
    for (size_t t = 0; t < TRIAL_COUNT; t++) {
        printf("  %s\n", trials[t].name);
        for (size_t w = 0; w < trials[t].count; w++)
            print_way(&trials[t], w, peak);
    }
}

static Status measure(void)
{
    TrialSetting setting = {.tiny = program_value(TINY) != NULL};
    double load = machine_load();
    printf("Headwise's trials\n\n");
    Status status = isa_choose(NULL, &setting.isa);
    if (status != STATUS_OK)
        return status;
    setting.kernels = kernels_of(setting.isa);
    machine_pin(1);
    status = run_trials(&setting);
    if (status != STATUS_OK)
        return status;
    print_setting(&setting, load);
    print_trials(setting.peak);
    return STATUS_OK;
}

static Status with_options(void)
{
    return program_value(FROM) != NULL ? trial_picture(program_value(FROM)) : measure();
}

static Status without_options(const char *sentence)
{
    (void)sentence;
    return measure();
}

int main(int argc, char **argv)
{
    static const Program PROGRAM = {.name = "trials",
                                    .summary = "Measures what changes of the kernels are worth.",
                                    .options = OPTIONS,
                                    .option_count = OPTION_COUNT,
                                    .example = without_options,
                                    .arrays = with_options,
                                    .no_sentence = true};
    return program_main(&PROGRAM, argc, argv);
}
