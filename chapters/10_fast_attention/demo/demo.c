/* The program of chapter 10: the ladder, or fast attention over the reader's own arrays. */
#include "example.h"
#include "fast_arrays.h"
#include "isa.h"
#include "ladder_example.h"
#include "online_example.h"
#include "program.h"

#include <stdio.h>
#include <string.h>

/* The word to look at: bank, or the last one. */
static size_t word_to_follow(Sentence sentence)
{
    for (size_t t = 0; t < sentence.count; t++)
        if (strcmp(sentence.words[t], "bank") == 0)
            return t;
    return sentence.count - 1;
}

/* What the steps work with. */
typedef struct Setting {
    Sentence sentence;
    Isa isa;
} Setting;

static Status one_pass(const Setting *setting)
{
    return show_online_softmax(setting->sentence, word_to_follow(setting->sentence));
}

static Status block_sizes(const Setting *setting)
{
    return show_block_sizes(setting->sentence);
}

static Status skipped_blocks(const Setting *setting)
{
    (void)setting;
    return show_skipped_blocks();
}

static Status exponential(const Setting *setting)
{
    show_exponential(setting->isa);
    return STATUS_OK;
}

static Status ladder(const Setting *setting)
{
    return show_ladder(setting->isa);
}

static Status memory(const Setting *setting)
{
    (void)setting;
    return show_memory();
}

static Status example(const char *text)
{
    static const struct {
        const char *heading;
        Status (*run)(const Setting *setting);
    } STEPS[] = {
        {"One pass over keys and values", one_pass},
        {"Blocks of any size", block_sizes},
        {"Blocks that a causal mask spares", skipped_blocks},
        {"An exponential for vectors", exponential},
        {"The ladder", ladder},
        {"Memory", memory},
    };
    Setting setting;
    Status status = isa_choose(NULL, &setting.isa);
    if (status != STATUS_OK)
        return status;
    status = sentence_create(text != NULL ? text : EXAMPLE_RIVER, &setting.sentence);
    for (size_t i = 0; status == STATUS_OK && i < sizeof STEPS / sizeof *STEPS; i++) {
        printf("%s%zu. %s\n\n", i > 0 ? "\n" : "", i + 1, STEPS[i].heading);
        status = STEPS[i].run(&setting);
    }
    sentence_free(&setting.sentence);
    return status;
}

int main(int argc, char **argv)
{
    const Program program = {
        .name = "10_fast_attention",
        .summary = "Masked multi-head attention at the speed of the hardware.",
        .options = fast_options(),
        .option_count = FAST_OPTION_COUNT,
        .example = example,
        .arrays = fast_arrays,
    };
    return program_main(&program, argc, argv);
}
