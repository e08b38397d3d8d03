/* The program of chapter 8: a block on the example, or an encoder of the reader's own. */
#include "block_arrays.h"
#include "block_example.h"
#include "block_mistakes.h"
#include "depth_experiment.h"
#include "example.h"
#include "program.h"

#include <stdio.h>
#include <string.h>

/* The word to follow: bank, or the last one. */
static size_t word_to_follow(Sentence sentence)
{
    for (size_t t = 0; t < sentence.count; t++)
        if (strcmp(sentence.words[t], "bank") == 0)
            return t;
    return sentence.count - 1;
}

static Status depth(const Followed *followed)
{
    (void)followed; /* the signal is random */
    return show_depth();
}

static Status example(const char *sentence)
{
    static const struct {
        const char *heading;
        Status (*run)(const Followed *followed);
    } STEPS[] = {
        {"What attention says, and what stays", show_residual},
        {"Layer normalisation by hand", show_norm},
        {"The feed-forward network is a table of rules", show_rules},
        {"Three activations", show_activations},
        {"The whole block, norms behind or in front", show_block},
        {"From text to a class", show_classes},
        {"64 layers", depth},
        {"Blocks done wrong", show_block_mistakes},
    };
    Followed followed;
    Status status =
        sentence_create(sentence != NULL ? sentence : EXAMPLE_RIVER, &followed.sentence);
    if (status == STATUS_OK)
        followed.word = word_to_follow(followed.sentence);
    for (size_t i = 0; status == STATUS_OK && i < sizeof STEPS / sizeof *STEPS; i++) {
        printf("%s%zu. %s\n\n", i > 0 ? "\n" : "", i + 1, STEPS[i].heading);
        status = STEPS[i].run(&followed);
    }
    sentence_free(&followed.sentence);
    return status;
}

int main(int argc, char **argv)
{
    static const Program PROGRAM = {
        .name = "08_transformer_block",
        .summary = "An encoder of transformer blocks, from a folder of PyTorch's arrays.",
        .options = BLOCK_OPTIONS,
        .option_count = BLOCK_OPTION_COUNT,
        .example = example,
        .arrays = block_arrays,
    };
    return program_main(&PROGRAM, argc, argv);
}
