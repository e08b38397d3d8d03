#include "scored_sentence.h"

#include "dot_products.h"

/* A new matrix X W. */
static Status multiply(Matrix x, Matrix w, Matrix *result)
{
    Status status = matrix_create(x.rows, w.cols, result);
    return status == STATUS_OK ? matrix_product(x, w, *result) : status;
}

/* Q K^T of the head `sense`, as in chapter 1. */
static Status score(Matrix x, Matrix *scores)
{
    ExampleHead head = example_layer().heads[0];
    Matrix q = NO_MATRIX, k = NO_MATRIX;
    Status status = multiply(x, head.w_q, &q);
    if (status == STATUS_OK)
        status = multiply(x, head.w_k, &k);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.rows, scores);
    if (status == STATUS_OK)
        status = matrix_product_transposed(q, k, *scores);
    matrix_free(&q);
    matrix_free(&k);
    return status;
}

Status scored_sentence_create(const char *text, ScoredSentence *result)
{
    *result = (ScoredSentence){.scores = NO_MATRIX};
    Status status = sentence_create(text, &result->sentence);
    if (status == STATUS_OK)
        status = score(result->sentence.x, &result->scores);
    if (status == STATUS_OK)
        status = matrix_rows(result->scores, result->scores.rows - 1, 1, &result->row);
    if (status != STATUS_OK)
        return status;
    result->word = result->sentence.words[result->sentence.count - 1];
    for (size_t i = 1; i < result->row.cols; i++)
        if (result->row.data[i] > result->row.data[result->best])
            result->best = i;
    return STATUS_OK;
}

void scored_sentence_free(ScoredSentence *scored)
{
    sentence_free(&scored->sentence);
    matrix_free(&scored->scores);
}
