#include "example_under_mask.h"

#include "self_attention.h"

#include <math.h>

Status run_masked_layer(Matrix x, Matrix context, const AttentionMask *mask, MaskedResult *result)
{
    Status status = STATUS_OK;
    ExampleLayer parts = example_layer();
    MultiHeadLayer layer = {.w_q = parts.w_q,
                            .w_k = parts.w_k,
                            .w_v = parts.w_v,
                            .w_o = parts.w_o,
                            .heads = EXAMPLE_HEADS};
    size_t keys = context.data != NULL ? context.rows : x.rows;
    *result = (MaskedResult){NO_MATRIX, NO_MATRIX};
    TRY(matrix_create(EXAMPLE_HEADS * x.rows, keys, &result->weights));
    TRY(matrix_create(x.rows, EXAMPLE_D_MODEL, &result->out));
    TRY(masked_multi_head_attention(x, context, &layer, mask, result->weights, result->out));
done:
    return status;
}

void masked_result_free(MaskedResult *result)
{
    matrix_free(&result->weights);
    matrix_free(&result->out);
}

void blank_zeros(Matrix weights)
{
    for (size_t r = 0; r < weights.rows; r++)
        for (size_t c = 0; c < weights.cols; c++)
            if (matrix_row(weights, r)[c] == 0.0f)
                matrix_row(weights, r)[c] = NAN;
}

Status run_masked_head(ExampleHead head, Matrix x, const AttentionMask *mask, MaskedResult *result)
{
    Status status = STATUS_OK;
    Matrix q = NO_MATRIX, k = NO_MATRIX, v = NO_MATRIX;
    *result = (MaskedResult){NO_MATRIX, NO_MATRIX};
    TRY(matrix_create(x.rows, x.rows, &result->weights));
    TRY(matrix_create(x.rows, EXAMPLE_D_K, &result->out));
    TRY(project("w_q", x, head.w_q, &q));
    TRY(project("w_k", x, head.w_k, &k));
    TRY(project("w_v", x, head.w_v, &v));
    TRY(masked_attention(q, k, v, attention_scale(q.cols), mask, result->weights, result->out));
done:
    matrix_free(&q);
    matrix_free(&k);
    matrix_free(&v);
    return status;
}

Status sense_scores(Sentence sentence, Matrix scores)
{
    Status status = STATUS_OK;
    ExampleHead sense = example_layer().heads[0];
    Matrix q = NO_MATRIX, k = NO_MATRIX;
    TRY(project("w_q", sentence.x, sense.w_q, &q));
    TRY(project("w_k", sentence.x, sense.w_k, &k));
    TRY(attention_scores(q, k, attention_scale(q.cols), scores));
done:
    matrix_free(&q);
    matrix_free(&k);
    return status;
}
