#include "scored_sentence.h"

#include "dot_products.h"

/* A new matrix X W. */
static Status multiply(Matrix x, Matrix w, Matrix *result)
{
    Status status = STATUS_OK;
    TRY(matrix_create(x.rows, w.cols, result));
    TRY(matrix_product(x, w, *result));
done:
    return status;
}

/* Q K^T of the head `sense`, as in chapter 1. */
static Status score(Matrix x, Matrix *scores)
{
    Status status = STATUS_OK;
    ExampleHead head = example_layer().heads[0];
    Matrix q = NO_MATRIX, k = NO_MATRIX;
    TRY(multiply(x, head.w_q, &q));
    TRY(multiply(x, head.w_k, &k));
    TRY(matrix_create(x.rows, x.rows, scores));
    TRY(matrix_product_transposed(q, k, *scores));
done:
    matrix_free(&q);
    matrix_free(&k);
    return status;
}

Status scored_sentence_create(const char *text, ScoredSentence *result)
{
    Status status = STATUS_OK;
    *result = (ScoredSentence){.scores = NO_MATRIX};
    TRY(sentence_create(text, &result->sentence));
    TRY(score(result->sentence.x, &result->scores));
    TRY(matrix_rows(result->scores, result->scores.rows - 1, 1, &result->row));
    result->word = result->sentence.words[result->sentence.count - 1];
    for (size_t i = 1; i < result->row.cols; i++)
        if (result->row.data[i] > result->row.data[result->best])
            result->best = i;
done:
    return status;
}

void scored_sentence_free(ScoredSentence *scored)
{
    sentence_free(&scored->sentence);
    matrix_free(&scored->scores);
}
