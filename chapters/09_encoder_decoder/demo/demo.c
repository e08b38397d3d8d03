/* The program of chapter 9: two models that write, or a decoder of the reader's own. */
#include "copying_example.h"
#include "decoder_arrays.h"
#include "decoder_mistakes.h"
#include "example.h"
#include "generation_cost.h"
#include "print.h"
#include "program.h"
#include "reversing_example.h"

static Status show(Sentence prompt, Sentence source)
{
    Status status = STATUS_OK;
    print_step(1, "Two heads that copy");
    TRY(show_copying_heads(prompt));
    print_step(2, "Word by word");
    TRY(show_writing(prompt));
    print_step(3, "Words by chance");
    TRY(show_chance(prompt));
    print_step(4, "A model that reverses");
    TRY(show_reading(source));
    TRY(show_reversing(source));
    print_step(5, "Keys and values are kept");
    TRY(show_cache(prompt));
    print_step(6, "What the next word costs");
    TRY(show_generation_cost());
    print_step(7, "Decoders done wrong");
    TRY(show_cross_mistakes(source));
    TRY(show_writing_mistakes(prompt));
done:
    return status;
}

/* The reader's sentence plays both parts; without one, the carried ones do. */
static Status example(const char *text)
{
    Status status = STATUS_OK;
    Sentence prompt = {0}, source = {0};
    TRY(sentence_create(text != NULL ? text : CARRIED_PROMPT, &prompt));
    TRY(sentence_create(text != NULL ? text : EXAMPLE_RIVER, &source));
    TRY(show(prompt, source));
done:
    sentence_free(&prompt);
    sentence_free(&source);
    return status;
}

int main(int argc, char **argv)
{
    static const Program PROGRAM = {
        .name = "09_encoder_decoder",
        .summary = "A decoder with its memory, from a folder of PyTorch's arrays.",
        .options = DECODER_OPTIONS,
        .option_count = DECODER_OPTION_COUNT,
        .example = example,
        .most_words = 48, /* the models grow with the square of the text */
        .arrays = decoder_arrays,
    };
    return program_main(&PROGRAM, argc, argv);
}
