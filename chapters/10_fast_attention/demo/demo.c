/* The program of chapter 10: the ladder, or fast attention over the reader's own arrays. */
#include "example.h"
#include "fast_arrays.h"
#include "isa.h"
#include "ladder_example.h"
#include "online_example.h"
#include "print.h"
#include "program.h"

static Status show(Sentence sentence, Isa isa)
{
    Status status = STATUS_OK;
    print_step(1, "One pass over keys and values");
    TRY(show_online_softmax(sentence, sentence_focus(sentence)));
    print_step(2, "Blocks of any size");
    TRY(show_block_sizes(sentence));
    print_step(3, "Blocks that a causal mask spares");
    TRY(show_skipped_blocks());
    print_step(4, "An exponential for vectors");
    show_exponential(isa);
    print_step(5, "The ladder");
    TRY(show_ladder(isa));
    print_step(6, "Memory");
    TRY(show_memory());
done:
    return status;
}

static Status example(const char *text)
{
    Status status = STATUS_OK;
    Sentence sentence = {0};
    Isa isa;
    TRY(isa_choose(NULL, &isa));
    TRY(sentence_create(text != NULL ? text : EXAMPLE_RIVER, &sentence));
    TRY(show(sentence, isa));
done:
    sentence_free(&sentence);
    return status;
}

static const Program PROGRAM = {
    .name = "10_fast_attention",
    .summary = "Masked multi-head attention at the speed of the hardware.",
    .options = FAST_OPTIONS,
    .option_count = FAST_OPTION_COUNT,
    .example = example,
    .arrays = fast_arrays,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv);
}
