/* The program of chapter 9: two models that write, or a decoder of the reader's own. */
#include "copying_example.h"
#include "decoder_arrays.h"
#include "decoder_mistakes.h"
#include "example.h"
#include "generation_cost.h"
#include "program.h"
#include "reversing_example.h"

#include <stdio.h>

/* The sentences of one run. */
typedef struct Cast {
    Sentence prompt; /* is continued */
    Sentence source; /* is reversed */
} Cast;

static Status copying_heads(const Cast *cast)
{
    return show_copying_heads(cast->prompt);
}

static Status writing(const Cast *cast)
{
    return show_writing(cast->prompt);
}

static Status chance(const Cast *cast)
{
    return show_chance(cast->prompt);
}

static Status reversing(const Cast *cast)
{
    Status status = show_reading(cast->source);
    if (status == STATUS_OK)
        status = show_reversing(cast->source);
    return status;
}

static Status cache(const Cast *cast)
{
    return show_cache(cast->prompt);
}

static Status cost(const Cast *cast)
{
    (void)cast; /* the model is random */
    return show_generation_cost();
}

static Status mistakes(const Cast *cast)
{
    Status status = show_cross_mistakes(cast->source);
    if (status == STATUS_OK)
        status = show_writing_mistakes(cast->prompt);
    return status;
}

/* The reader's sentence plays both parts; without one, the carried ones do. */
static Status cast_create(const char *sentence, Cast *cast)
{
    *cast = (Cast){.prompt = {.count = 0}};
    Status status = sentence_create(
        sentence != NULL ? sentence : "she sat on the river bank she sat on", &cast->prompt);
    if (status == STATUS_OK)
        status = sentence_create(sentence != NULL ? sentence : EXAMPLE_RIVER, &cast->source);
    return status;
}

static Status example(const char *sentence)
{
    static const struct {
        const char *heading;
        Status (*run)(const Cast *cast);
    } STEPS[] = {
        {"Two heads that copy", copying_heads},
        {"Word by word", writing},
        {"Words by chance", chance},
        {"A model that reverses", reversing},
        {"Keys and values are kept", cache},
        {"What the next word costs", cost},
        {"Decoders done wrong", mistakes},
    };
    Cast cast;
    Status status = cast_create(sentence, &cast);
    for (size_t i = 0; status == STATUS_OK && i < sizeof STEPS / sizeof *STEPS; i++) {
        printf("%s%zu. %s\n\n", i > 0 ? "\n" : "", i + 1, STEPS[i].heading);
        status = STEPS[i].run(&cast);
    }
    sentence_free(&cast.prompt);
    sentence_free(&cast.source);
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
