#include "layers.h"

#include "masking.h"
#include "matrices.h"

#include <math.h>
#include <string.h>

Matrix random_weight(Random *random, size_t rows, size_t cols)
{
    return random_matrix(random, rows, cols, 1 / sqrt((double)rows));
}

Matrix random_bias(Random *random, bool is_there, size_t cols)
{
    return is_there ? random_matrix(random, 1, cols, 0.5) : NO_MATRIX;
}

MultiHeadLayer random_layer(Random *random, LayerSizes s, bool biases)
{
    return (MultiHeadLayer){
        .w_q = random_weight(random, s.d_model, s.heads * s.d_k),
        .w_k = random_weight(random, s.d_model, s.heads * s.d_k),
        .w_v = random_weight(random, s.d_model, s.heads * s.d_v),
        .w_o = random_weight(random, s.heads * s.d_v, s.d_out),
        .b_q = random_bias(random, biases && random_between(random, 0, 3) > 0, s.heads * s.d_k),
        .b_k = random_bias(random, biases && random_between(random, 0, 3) > 0, s.heads * s.d_k),
        .b_v = random_bias(random, biases && random_between(random, 0, 3) > 0, s.heads * s.d_v),
        .b_o = random_bias(random, biases && random_between(random, 0, 3) > 0, s.d_out),
        .heads = s.heads};
}

Table oracle_affine(Table x, Matrix w, Matrix b)
{
    Table bias = table_of(b);
    return oracle_linear(x, table_of(w), b.data != NULL ? &bias : NULL);
}

/* The bias of one head: all have the same, or each has rows of its own. */
static Table bias_of(const Table *bias, size_t head, size_t t_q)
{
    size_t first = bias->rows > t_q ? head * t_q : 0;
    return (Table){bias->data + first * bias->cols, t_q, bias->cols};
}

Table oracle_layer(Table x, Table context, const MultiHeadLayer *layer, const Table *allowed,
                   const Table *bias, Table *weights)
{
    Table q = oracle_affine(x, layer->w_q, layer->b_q);
    Table k = oracle_affine(context, layer->w_k, layer->b_k);
    Table v = oracle_affine(context, layer->w_v, layer->b_v);
    Table concat = table_create(q.rows, v.cols);
    size_t d_k = q.cols / layer->heads, d_v = v.cols / layer->heads, count = q.rows * k.rows;
    if (weights != NULL)
        *weights = table_create(layer->heads * q.rows, k.rows);
    for (size_t h = 0; h < layer->heads; h++) {
        Table added = bias != NULL ? bias_of(bias, h, q.rows) : (Table){NULL, 0, 0};
        Table one = oracle_weights(oracle_columns(q, h * d_k, d_k), oracle_columns(k, h * d_k, d_k),
                                   1 / sqrt((double)d_k), allowed, bias != NULL ? &added : NULL);
        Table head = oracle_product(one, oracle_columns(v, h * d_v, d_v));
        if (weights != NULL)
            memcpy(weights->data + h * count, one.data, count * sizeof *one.data);
        for (size_t t = 0; t < q.rows; t++)
            memcpy(concat.data + t * v.cols + h * d_v, head.data + t * d_v,
                   d_v * sizeof *head.data);
    }
    return oracle_affine(concat, layer->w_o, layer->b_o);
}

/* --- Masks --------------------------------------------------------------------------------- */

static bool by_chance(Random *random)
{
    return random_between(random, 0, 1) == 1;
}

Matrix random_ones(Random *random, size_t rows, size_t cols)
{
    Matrix allowed = random_matrix(random, rows, cols, 1.0);
    bool usual = by_chance(random);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            matrix_row(allowed, r)[c] = usual != (matrix_row(allowed, r)[c] > 0.7F) ? 1 : 0;
    return allowed;
}

static Matrix random_scores(Random *random, size_t rows, size_t cols)
{
    Matrix bias = random_matrix(random, rows, cols, 2.0);
    for (size_t r = 0; r < rows && cols > 0; r++)
        if (by_chance(random))
            matrix_row(bias, r)[random_between(random, 0, cols - 1)] = -INFINITY;
    return bias;
}

AttentionMask random_mask(Random *random, size_t t_q, size_t t_k, size_t heads)
{
    AttentionMask mask = {.causal = by_chance(random),
                          .past = random_between(random, 0, 1) * random_between(random, 0, t_k),
                          .padding = random_between(random, 0, 2) * t_k / 4};
    if (by_chance(random))
        mask.allowed = random_ones(random, t_q, t_k);
    if (by_chance(random))
        mask.bias = random_scores(random, (by_chance(random) ? heads : 1) * t_q, t_k);
    return mask;
}

static bool is_allowed(const AttentionMask *mask, size_t i, size_t j, size_t t_k)
{
    return (!mask->causal || j <= i + mask->past) && j + mask->padding < t_k &&
           (mask->allowed.data == NULL || matrix_row(mask->allowed, i)[j] == 1.0F);
}

Table oracle_allowed(const AttentionMask *mask, size_t t_q, size_t t_k)
{
    Table allowed = table_create(t_q, t_k);
    for (size_t i = 0; i < t_q; i++)
        for (size_t j = 0; j < t_k; j++)
            allowed.data[i * t_k + j] = is_allowed(mask, i, j, t_k);
    return allowed;
}

Table oracle_masked_layer(Table x, Table context, const MultiHeadLayer *layer,
                          const AttentionMask *mask, Table *weights)
{
    Table allowed = oracle_allowed(mask, x.rows, context.rows), bias = table_of(mask->bias);
    return oracle_layer(x, context, layer, &allowed, mask->bias.data != NULL ? &bias : NULL,
                        weights);
}
