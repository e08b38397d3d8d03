/* The program of chapter 7: masks on the example, or on the reader's own arrays. */
#include "example.h"
#include "masking_arrays.h"
#include "masking_example.h"
#include "masking_large.h"
#include "masking_mistakes.h"
#include "masking_proofs.h"
#include "print.h"
#include "program.h"

/* The word in the middle needs one that comes later. */
static const char AMBIGUOUS[] = "the bank of the river";

static Status show(Sentence words, Sentence ambiguous)
{
    Status status = STATUS_OK;
    print_step(1, "Four masks");
    TRY(show_four_masks(words, sentence_focus(words)));
    print_step(2, "Causal: nobody looks ahead");
    TRY(show_by_hand(words));
    TRY(show_causal_weights(words));
    TRY(show_what_is_missed(ambiguous, sentence_focus(ambiguous)));
    print_step(3, "The first word has no previous word");
    TRY(show_masked_previous_word(words));
    print_step(4, "The future does not leak");
    TRY(show_no_leak(words));
    print_step(5, "New words, cached keys");
    TRY(show_cached_keys(words));
    print_step(6, "Any mask, and nobody to attend to");
    TRY(show_any_mask(words));
    print_step(7, "Masks done wrong");
    TRY(show_masking_mistakes(words));
    print_step(8, "A large number for minus infinity");
    TRY(show_large_numbers(words));
done:
    return status;
}

static Status example(const char *text)
{
    Status status = STATUS_OK;
    Sentence words = {0}, ambiguous = {0};
    TRY(sentence_create(text != NULL ? text : EXAMPLE_RIVER, &words));
    TRY(sentence_create(text != NULL ? text : AMBIGUOUS, &ambiguous));
    TRY(show(words, ambiguous));
done:
    sentence_free(&words);
    sentence_free(&ambiguous);
    return status;
}

static Status arrays(void)
{
    Status status = STATUS_OK;
    MaskingArrays all;
    TRY(masking_arrays_read(&all));
    TRY(masking_arrays_create(&all, true));
    for (size_t i = 0; i < array_matrices(all.queries); i++) {
        MaskingItem item = masking_item(&all, i);
        TRY(masking_compute(&all, &item));
    }
    TRY(masking_arrays_write(&all));
done:
    masking_arrays_free(&all);
    return status;
}

static const Option OPTIONS[MASKING_OPTION_COUNT] = {MASKING_OPTIONS};

static const Program PROGRAM = {
    .name = "07_masking",
    .summary = "Masked attention: one function with context, mask, bias and causality.",
    .options = OPTIONS,
    .option_count = MASKING_OPTION_COUNT,
    .example = example,
    .most_words = 64, /* a picture has nine panels */
    .arrays = arrays,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv);
}
