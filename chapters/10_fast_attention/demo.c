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

static Status one_pass(Sentence sentence)
{
    return show_online_softmax(sentence, word_to_follow(sentence));
}

static Status skipped_blocks(Sentence sentence)
{
    (void)sentence;
    return show_skipped_blocks();
}

static Status ladder(Sentence sentence)
{
    (void)sentence;
    return show_ladder();
}

static Status memory(Sentence sentence)
{
    (void)sentence;
    return show_memory();
}

static Status exponential(Sentence sentence)
{
    Isa isa;
    (void)sentence;
    Status status = isa_choose(NULL, &isa);
    if (status == STATUS_OK)
        show_exponential(isa);
    return status;
}

static Status example(const char *text)
{
    static const struct {
        const char *heading;
        Status (*run)(Sentence sentence);
    } STEPS[] = {
        {"One pass over keys and values", one_pass},
        {"Blocks of any size", show_block_sizes},
        {"Blocks that a causal mask spares", skipped_blocks},
        {"An exponential for vectors", exponential},
        {"The ladder", ladder},
        {"Memory", memory},
    };
    Sentence sentence;
    Status status = sentence_create(text != NULL ? text : EXAMPLE_RIVER, &sentence);
    for (size_t i = 0; status == STATUS_OK && i < sizeof STEPS / sizeof *STEPS; i++) {
        printf("%s%zu. %s\n\n", i > 0 ? "\n" : "", i + 1, STEPS[i].heading);
        status = STEPS[i].run(sentence);
    }
    sentence_free(&sentence);
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
