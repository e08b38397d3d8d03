#include "plain_variants.h"
#include "mask_expect.h"

#include "fast_attention.h"
#include "fast_internal.h"
#include "head_splitting.h"
#include "large_scores.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>
#include <stdlib.h>

/* --- What the three have in common ----------------------------------------------------------- */

/* Where the scores of one head are kept. */
static Matrix weights_of_head(const VariantCall *call, size_t head)
{
    Matrix weights = call->weights;
    weights.data = matrix_row(weights, head * call->x.rows);
    weights.rows = call->x.rows;
    return weights;
}

static bool has_mask(const AttentionMask *mask)
{
    return mask->causal || mask->padding > 0 || mask->allowed.data != NULL ||
           mask->bias.data != NULL;
}

/* Scales the scores, adds the bias and blocks what is blocked. */
static void mask_scores(const VariantCall *call, size_t head, float scale, Matrix scores)
{
    AttentionMask mask = call->mask;
    if (mask.bias.data != NULL && mask.bias.rows != scores.rows) {
        mask.bias.data = matrix_row(mask.bias, head * scores.rows);
        mask.bias.rows = scores.rows;
    }
    for (size_t i = 0; i < scores.rows; i++) {
        float *row = matrix_row(scores, i);
        for (size_t j = 0; j < scores.cols; j++)
            row[j] *= scale;
        mark_overflow(matrix_view(row, 1, scores.cols));
        for (size_t j = 0; has_mask(&mask) && j < scores.cols; j++) {
            if (mask.bias.data != NULL)
                row[j] = biased_score(row[j], matrix_row(mask.bias, i)[j]);
            if (!may_attend(&mask, i, j, scores.cols))
                row[j] = -INFINITY;
        }
    }
}

/* The softmax of each row, with the vectors' e^x. */
static void softmax_in_vectors(const Kernels *kernels, Matrix scores)
{
    for (size_t i = 0; i < scores.rows; i++) {
        float *row = matrix_row(scores, i), sum = kernels->row_weights(row, scores.cols);
        float share = 1.0f / (sum == 0.0f ? 1.0f : sum);
        for (size_t j = 0; j < scores.cols; j++)
            row[j] *= share;
    }
}

static void add_bias(Matrix bias, Matrix out)
{
    for (size_t r = 0; bias.data != NULL && r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] += bias.data[c];
}

static Status expect_call(const VariantCall *call)
{
    Status status = STATUS_OK;
    TRY(multi_head_expect_shapes("variant", call->x, call->x, call->layer, call->weights,
                                 call->out));
    TRY(mask_expect("variant", &call->mask, call->layer->heads, call->x.rows, call->x.rows));
done:
    return status;
}

/* --- Loop order and register tile: the same layer, another product --------------------------- */

/* out = a b, for matrices that fit. */
typedef void Multiply(const Kernels *kernels, Matrix a, Matrix b, Matrix out);

static void multiply_by_rows(const Kernels *kernels, Matrix a, Matrix b, Matrix out)
{
    (void)kernels;
    product_by_rows(a, b, out);
}

static void multiply_in_tiles(const Kernels *kernels, Matrix a, Matrix b, Matrix out)
{
    for (size_t column = 0; column < out.cols; column += kernels->panel) {
        size_t left = out.cols - column;
        StridedProduct product = {.rows = out.rows,
                                  .columns = left < kernels->panel ? left : kernels->panel,
                                  .depth = a.cols,
                                  .a = a.data,
                                  .a_row = a.stride,
                                  .a_step = 1,
                                  .b = b.data + column,
                                  .b_step = b.stride,
                                  .c = out.data + column,
                                  .c_row = out.stride};
        kernels->strided_product(&product);
    }
}

static Status attend_plainly(const VariantCall *call, Multiply *multiply, const HeadMatrices *all,
                             size_t head)
{
    Status status = STATUS_OK;
    const Kernels *kernels = multiply == multiply_in_tiles ? call->prepared->kernels : NULL;
    HeadMatrices one;
    Matrix transposed = NO_MATRIX, scores = weights_of_head(call, head);
    TRY(multi_head_select(all, call->layer->heads, head, &one));
    TRY(matrix_create(one.k.cols, one.k.rows, &transposed));
    TRY(matrix_transpose(one.k, transposed));
    multiply(kernels, one.q, transposed, scores); /* T x T */
    mask_scores(call, head, attention_scale(one.q.cols), scores);
    if (kernels != NULL)
        softmax_in_vectors(kernels, scores);
    else
        TRY(softmax(scores, scores));
    multiply(kernels, scores, one.v, one.concat); /* T x d_v */
done:
    matrix_free(&transposed);
    return status;
}

static Status run_plainly(const VariantCall *call, Multiply *multiply)
{
    Status status = STATUS_OK;
    const MultiHeadLayer *layer = call->layer;
    const Kernels *kernels = call->prepared->kernels;
    const Matrix weights[3] = {layer->w_q, layer->w_k, layer->w_v};
    const Matrix biases[3] = {layer->b_q, layer->b_k, layer->b_v};
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Matrix *results[3] = {&all.q, &all.k, &all.v};
    TRY(expect_call(call));
    for (size_t i = 0; i < 3; i++) {
        TRY(matrix_create(call->x.rows, weights[i].cols, results[i]));
        multiply(kernels, call->x, weights[i], *results[i]);
        add_bias(biases[i], *results[i]);
    }
    TRY(matrix_create(call->x.rows, layer->w_v.cols, &all.concat));
    for (size_t h = 0; h < layer->heads; h++)
        TRY(attend_plainly(call, multiply, &all, h));
    multiply(kernels, all.concat, layer->w_o, call->out);
    add_bias(layer->b_o, call->out);
done:
    multi_head_free(&all);
    return status;
}

Status variant_loop_order(const VariantCall *call)
{
    return run_plainly(call, multiply_by_rows);
}

Status variant_register_tile(const VariantCall *call)
{
    return run_plainly(call, multiply_in_tiles);
}

/* --- Packing --------------------------------------------------------------------------------- */

/* Everything in panels except the weights: they are T x T, as before. */
typedef struct Packed {
    float *x, *q, *columns;
    KeysValues kv;
    Matrix concat;
} Packed;

static void score_packed(const FastLayer *layer, const Packed *packed, size_t head, Matrix scores)
{
    size_t panel = layer->kernels->panel, skipped = head * layer->d_k * panel;
    for (size_t query = 0; query < scores.rows; query += panel)
        for (size_t key = 0; key < scores.cols; key += panel) {
            size_t rows = scores.rows - query, columns = scores.cols - key;
            StridedProduct product = {.rows = rows < panel ? rows : panel,
                                      .columns = columns < panel ? columns : panel,
                                      .depth = layer->d_k,
                                      .a = packed->q + query * layer->query.results + skipped,
                                      .a_row = 1,
                                      .a_step = panel,
                                      .b = packed->kv.keys + key * layer->key.results + skipped,
                                      .b_step = panel,
                                      .c = matrix_row(scores, query) + key,
                                      .c_row = scores.stride};
            layer->kernels->strided_product(&product);
        }
}

/* The head's columns may begin and end within a panel. */
static void weigh_packed(const FastLayer *layer, const Packed *packed, size_t head, Matrix weights)
{
    const KeysValues *kv = &packed->kv;
    size_t panel = layer->kernels->panel;
    for (size_t c = 0; c < layer->d_v;) {
        size_t column = head * kv->value_filled + c, here = panel - column % panel;
        StridedProduct product = {.rows = weights.rows,
                                  .columns = here < layer->d_v - c ? here : layer->d_v - c,
                                  .depth = weights.cols,
                                  .a = weights.data,
                                  .a_row = weights.stride,
                                  .a_step = 1,
                                  .b = kv->values + column / panel * kv->value_rows * panel +
                                       column % panel,
                                  .b_step = panel,
                                  .c = packed->concat.data + head * layer->d_v + c,
                                  .c_row = packed->concat.stride};
        layer->kernels->strided_product(&product);
        c += product.columns;
    }
}

static void run_packed(const VariantCall *call, Packed *packed)
{
    const FastLayer *layer = call->prepared;
    pack_tokens(layer->kernels, call->x, 1.0f, packed->x);
    project_transposed(layer->kernels, &layer->query, packed->x, call->x.rows, packed->q,
                       layer->query.results);
    float greatest[2];
    compute_keys_values(layer, call->x, 0, packed->x, &packed->kv, greatest);
    for (size_t h = 0; h < layer->heads; h++) {
        Matrix weights = weights_of_head(call, h);
        score_packed(layer, packed, h, weights); /* T x T */
        mask_scores(call, h, 1.0f, weights);     /* the scale is in W_q */
        softmax_in_vectors(layer->kernels, weights);
        weigh_packed(layer, packed, h, weights); /* T x d_v */
    }
    pack_tokens(layer->kernels, packed->concat, 1.0f, packed->x);
    compute_output(layer, packed->x, packed->columns, call->out);
}

Status variant_packing(const VariantCall *call)
{
    const FastLayer *layer = call->prepared;
    size_t panel = layer->kernels->panel, tokens = round_up(call->x.rows, panel);
    size_t columns = layer->output.depth;
    Workspace all = {0};
    Packed packed = {.concat = NO_MATRIX};
    Status status = STATUS_OK;
    TRY(expect_call(call));
    TRY(matrix_create(call->x.rows, columns, &packed.concat));
    size_t x = workspace_reserve(&all, tokens, call->x.cols > columns ? call->x.cols : columns);
    size_t q = workspace_reserve(&all, tokens, layer->query.results);
    size_t k = workspace_reserve(&all, tokens, layer->key.results);
    size_t v = workspace_reserve(&all, tokens, layer->value.results);
    size_t columns_at = workspace_reserve(&all, tokens, panel);
    TRY(workspace_create(&all));
    packed.x = all.floats + x;
    packed.q = all.floats + q;
    packed.columns = all.floats + columns_at;
    packed.kv = (KeysValues){.keys = all.floats + k,
                             .key_rows = layer->key.results,
                             .values = all.floats + v,
                             .value_rows = tokens,
                             .value_filled = round_up(layer->d_v, layer->kernels->tile)};
    run_packed(call, &packed);
done:
    workspace_free(&all);
    matrix_free(&packed.concat);
    return status;
}
