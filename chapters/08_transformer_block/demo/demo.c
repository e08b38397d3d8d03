/* The program of chapter 8: a block on the example, or an encoder of the reader's own. */
#include "block_arrays.h"
#include "block_example.h"
#include "block_mistakes.h"
#include "depth_experiment.h"
#include "example.h"
#include "print.h"
#include "program.h"

static Status show(const Followed *followed)
{
    Status status = STATUS_OK;
    print_step(1, "What attention says, and what stays");
    TRY(show_residual(followed));
    print_step(2, "Layer normalisation by hand");
    TRY(show_norm(followed));
    print_step(3, "The feed-forward network is a table of rules");
    TRY(show_rules(followed));
    print_step(4, "Three activations");
    TRY(show_activations(followed));
    print_step(5, "The whole block, norms behind or in front");
    TRY(show_block(followed));
    print_step(6, "From text to a class");
    TRY(show_classes(followed));
    print_step(7, "64 layers");
    TRY(show_depth());
    print_step(8, "Blocks done wrong");
    TRY(show_block_mistakes(followed));
done:
    return status;
}

static Status example(const char *text)
{
    Status status = STATUS_OK;
    Followed followed = {.word = 0};
    TRY(sentence_create(text != NULL ? text : EXAMPLE_RIVER, &followed.sentence));
    followed.word = sentence_focus(followed.sentence);
    TRY(show(&followed));
done:
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
