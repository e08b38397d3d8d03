#include "masking_proofs.h"

#include "example_under_mask.h"
#include "masking.h"
#include "print.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const AttentionMask CAUSAL = {.causal = true};

/* --- The future does not leak ---------------------------------------------------------------- */

/* Whether two matrices hold the same bits; a NaN may equal a NaN. */
static bool same_bits(Matrix a, Matrix b)
{
    for (size_t r = 0; r < a.rows; r++)
        if (memcmp(matrix_row(a, r), matrix_row(b, r), a.cols * sizeof(float)) != 0)
            return false;
    return true;
}

/* The outputs of all words but the last. */
static Matrix earlier(Matrix out)
{
    return matrix_view(out.data, out.rows - 1, out.cols);
}

/* Runs the layer before and after the change, and tells what happened to the earlier words. */
static Status tell_change(Matrix before, Matrix after, const AttentionMask *mask)
{
    Status status = STATUS_OK;
    MaskedResult one = {0}, other = {NO_MATRIX, NO_MATRIX};
    TRY(run_masked_layer(before, NO_MATRIX, mask, &one));
    TRY(run_masked_layer(after, NO_MATRIX, mask, &other));
    printf("%s %.2g%s", mask->causal ? "; causal mask:" : ": no mask:",
           (double)matrix_largest_gap(earlier(one.out), earlier(other.out)),
           same_bits(earlier(one.out), earlier(other.out)) ? ", equal to the bit" : "");
done:
    masked_result_free(&one);
    masked_result_free(&other);
    return status;
}

/* Puts these numbers in the place of the last word. */
static Status change_last(Sentence sentence, const char *name, const float *numbers)
{
    Status status = STATUS_OK;
    Matrix after = NO_MATRIX;
    TRY(matrix_create(sentence.x.rows, sentence.x.cols, &after));
    TRY(matrix_copy(sentence.x, after));
    memcpy(matrix_row(after, after.rows - 1), numbers, after.cols * sizeof(float));
    printf("  %s becomes %s", sentence.words[sentence.count - 1], name);
    TRY(tell_change(sentence.x, after, &NO_MASK));
    TRY(tell_change(sentence.x, after, &CAUSAL));
    printf("\n");
done:
    matrix_free(&after);
    return status;
}

Status show_no_leak(Sentence sentence)
{
    Status status = STATUS_OK;
    float nothing[EXAMPLE_D_MODEL];
    Sentence other = {0};
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        nothing[c] = NAN;
    TRY(sentence_create("money", &other));
    printf("the last word changes; the outputs before it change by at most\n");
    TRY(change_last(sentence, "money", other.x.data));
    TRY(change_last(sentence, "NaN", nothing));
done:
    sentence_free(&other);
    return status;
}

/* --- Cached keys ----------------------------------------------------------------------------- */

static Status show_mask(const char *title, const AttentionMask *mask, Sentence sentence,
                        size_t queries)
{
    Status status = STATUS_OK;
    Matrix table = NO_MATRIX;
    TRY(matrix_create(queries, sentence.count, &table));
    TRY(mask_table(mask, table));
    print_matrix(stdout, table,
                 (PrintStyle){title, sentence.words + sentence.count - queries, sentence.words, 0});
done:
    matrix_free(&table);
    return status;
}

/* The whole sentence at once, and its last words alone with all words as their context. */
static Status compare_with_whole(Sentence sentence, const AttentionMask *mask, size_t queries)
{
    Status status = STATUS_OK;
    MaskedResult whole = {NO_MATRIX, NO_MATRIX}, last = {NO_MATRIX, NO_MATRIX};
    Matrix new_words, same_words;
    TRY(matrix_rows(sentence.x, sentence.count - queries, queries, &new_words));
    TRY(run_masked_layer(sentence.x, NO_MATRIX, &CAUSAL, &whole));
    TRY(matrix_rows(whole.out, sentence.count - queries, queries, &same_words));
    TRY(run_masked_layer(new_words, sentence.x, mask, &last));
    printf("difference to the outputs of the whole sentence: %.2g\n",
           (double)matrix_largest_gap(same_words, last.out));
done:
    masked_result_free(&whole);
    masked_result_free(&last);
    return status;
}

Status show_cached_keys(Sentence sentence)
{
    Status status = STATUS_OK;
    size_t queries = sentence.count < 2 ? 1 : 2;
    AttentionMask with_past = {.causal = true, .past = sentence.count - queries};
    TRY(show_mask("causal, past forgotten", &CAUSAL, sentence, queries));
    TRY(compare_with_whole(sentence, &CAUSAL, queries));
    printf("past = %zu, ", with_past.past);
    TRY(show_mask("causal", &with_past, sentence, queries));
    TRY(compare_with_whole(sentence, &with_past, queries));
done:
    return status;
}
