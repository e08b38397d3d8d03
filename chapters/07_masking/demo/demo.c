/* The program of chapter 7: masks on the example, or on the reader's own arrays. */
#include "example.h"
#include "masking_arrays.h"
#include "masking_example.h"
#include "masking_input.h"
#include "masking_large.h"
#include "masking_mistakes.h"
#include "masking_proofs.h"
#include "program.h"

#include <stdio.h>
#include <string.h>

/* The sentences of one run. */
typedef struct Cast {
    Sentence words;     /* is masked */
    Sentence ambiguous; /* needs a word that comes later */
} Cast;

/* The word to look at: bank, or the last one. */
static size_t word_to_follow(Sentence sentence)
{
    for (size_t t = 0; t < sentence.count; t++)
        if (strcmp(sentence.words[t], "bank") == 0)
            return t;
    return sentence.count - 1;
}

static Status four_masks(const Cast *cast)
{
    return show_four_masks(cast->words, word_to_follow(cast->words));
}

static Status causal_mask(const Cast *cast)
{
    Status status = show_by_hand(cast->words);
    if (status == STATUS_OK)
        status = show_causal_weights(cast->words);
    if (status == STATUS_OK)
        status = show_what_is_missed(cast->ambiguous, word_to_follow(cast->ambiguous));
    return status;
}

static Status previous_word(const Cast *cast)
{
    return show_masked_previous_word(cast->words);
}

static Status no_leak(const Cast *cast)
{
    return show_no_leak(cast->words);
}

static Status cached_keys(const Cast *cast)
{
    return show_cached_keys(cast->words);
}

static Status any_mask(const Cast *cast)
{
    return show_any_mask(cast->words);
}

static Status mistakes(const Cast *cast)
{
    return show_masking_mistakes(cast->words);
}

static Status large_numbers(const Cast *cast)
{
    return show_large_numbers(cast->words);
}

/* The reader's sentence plays both parts; without one, the carried sentences do. */
static Status cast_create(const char *sentence, Cast *cast)
{
    memset(cast, 0, sizeof *cast);
    Status status = sentence_create(sentence != NULL ? sentence : EXAMPLE_RIVER, &cast->words);
    if (status == STATUS_OK)
        status = sentence_create(sentence != NULL ? sentence : "the bank of the river",
                                 &cast->ambiguous);
    return status;
}

static Status example(const char *sentence)
{
    static const struct {
        const char *heading;
        Status (*run)(const Cast *cast);
    } STEPS[] = {
        {"Four masks", four_masks},
        {"Causal: nobody looks ahead", causal_mask},
        {"The first word has no previous word", previous_word},
        {"The future does not leak", no_leak},
        {"New words, cached keys", cached_keys},
        {"Any mask, and nobody to attend to", any_mask},
        {"Masks done wrong", mistakes},
        {"A large number for minus infinity", large_numbers},
    };
    Cast cast;
    Status status = cast_create(sentence, &cast);
    for (size_t i = 0; status == STATUS_OK && i < sizeof STEPS / sizeof *STEPS; i++) {
        printf("%s%zu. %s\n\n", i > 0 ? "\n" : "", i + 1, STEPS[i].heading);
        status = STEPS[i].run(&cast);
    }
    sentence_free(&cast.words);
    sentence_free(&cast.ambiguous);
    return status;
}

int main(int argc, char **argv)
{
    static const Program PROGRAM = {
        .name = "07_masking",
        .summary = "Masked attention: one function with context, mask, bias and causality.",
        .options = MASKING_OPTIONS,
        .option_count = MASKING_OPTION_COUNT,
        .example = example,
        .most_words = 64, /* a picture has nine panels */
        .arrays = masking_arrays,
    };
    return program_main(&PROGRAM, argc, argv);
}
