/* Heads by recursion, from the last to the first; each mask is written out as a table first. */
#include "masking.h"

#include "self_attention.h"

#include <math.h>

static Status tables(const AttentionMask *mask, size_t heads, size_t queries, Matrix out)
{
    Status status = STATUS_OK;
    AttentionMask one = *mask;
    Matrix place;
    for (size_t head = 0; head < heads; head++) {
        if (mask->bias.data != NULL && mask->bias.rows == heads * queries)
            TRY(matrix_rows(mask->bias, head * queries, queries, &one.bias));
        TRY(matrix_rows(out, head * queries, queries, &place));
        TRY(mask_table(&one, place));
    }
done:
    return status;
}

typedef struct Layer {
    HeadMatrices all;
    Matrix tables, weights;
    const AttentionMask *mask;
    size_t heads;
} Layer;

static Status attend_up_to(const Layer *layer, size_t head)
{
    Status status = STATUS_OK;
    HeadMatrices one;
    AttentionMask own = {.bias = layer->mask->bias};
    Matrix rows;
    if (head == 0)
        return STATUS_OK;
    size_t queries = layer->all.q.rows, first = (head - 1) * queries;
    TRY(multi_head_select(&layer->all, layer->heads, head - 1, &one));
    TRY(matrix_rows(layer->tables, first, queries, &own.allowed));
    if (own.bias.data != NULL && own.bias.rows == layer->heads * queries)
        TRY(matrix_rows(layer->mask->bias, first, queries, &own.bias));
    TRY(matrix_rows(layer->weights, first, queries, &rows));
    TRY(masked_attention(one.q, one.k, one.v, attention_scale(one.k.cols), &own, rows, one.concat));
    TRY(attend_up_to(layer, head - 1));
done:
    return status;
}

Status masked_multi_head_attention(Matrix x, Matrix context, const MultiHeadLayer *layer,
                                   const AttentionMask *mask, Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    Layer work = {.weights = weights, .mask = mask, .heads = layer->heads};
    if (context.data == NULL)
        context = x;
    TRY(multi_head_expect_shapes("masked_multi_head_attention", x, context, layer, weights, out));
    TRY(matrix_create(weights.rows, weights.cols, &work.tables));
    TRY(tables(mask, layer->heads, x.rows, work.tables));
    TRY(multi_head_project(x, context, layer, &work.all));
    TRY(attend_up_to(&work, layer->heads));
    TRY(multi_head_output(work.all.concat, layer, out));
done:
    multi_head_free(&work.all);
    matrix_free(&work.tables);
    return status;
}
