/* A solution that rescales only when the maximum has grown, and divides by multiplying. */
#include "fast_attention.h"

#include "dot_products.h"
#include "mask_expect.h"
#include "memory.h"
#include "self_attention.h"

#include <math.h>
#include <stdlib.h>

/* The greatest of the maximum so far and the scores; NaN when there is one. */
static float greatest_of(float maximum, const float *scores, size_t count)
{
    for (size_t j = 0; j < count; j++)
        if (scores[j] > maximum || isnan(scores[j]))
            maximum = scores[j];
    return maximum;
}

/* Multiplies what is known by a factor. */
static void multiply_all(OnlineAttention *state, float factor)
{
    state->sum *= factor;
    for (size_t c = 0; c < state->d_v; c++)
        state->values[c] *= factor;
}

void online_attention_add(OnlineAttention *state, const float *scores, Matrix v)
{
    float maximum = greatest_of(state->maximum, scores, v.rows);
    if (!(maximum <= state->maximum)) {
        multiply_all(state, state->maximum == -INFINITY && !isnan(maximum)
                                ? 0.0f
                                : (float)exp((double)state->maximum - maximum));
        state->maximum = maximum;
    }
    for (size_t j = v.rows; j > 0; j--) {
        if (scores[j - 1] == -INFINITY)
            continue;
        float weight = (float)exp((double)scores[j - 1] - state->maximum);
        state->sum += weight;
        for (size_t c = 0; c < state->d_v; c++)
            state->values[c] += weight * matrix_row(v, j - 1)[c];
    }
}

void online_attention_finish(const OnlineAttention *state, float *out)
{
    double share = state->sum == 0.0f ? 0.0 : 1.0 / state->sum;
    for (size_t c = 0; c < state->d_v; c++)
        out[c] = (float)(state->values[c] * share);
}

/* What one call of blockwise_attention() works on. */
typedef struct Blocks {
    Matrix q, k, v, out;
    float scale;
    const AttentionMask *mask;
    size_t block;
    float *scores;          /* room for those of a block of keys */
    OnlineAttention *state; /* one for each query of a block */
} Blocks;

/* The scores of one query for a block of keys, masked. */
static void score_block(const Blocks *all, size_t query, size_t first, size_t count)
{
    Matrix bias = all->mask->bias;
    for (size_t j = 0; j < count; j++) {
        size_t key = first + j;
        if (!may_attend(all->mask, query, key, all->k.rows)) {
            all->scores[j] = -INFINITY;
            continue;
        }
        float score = dot_product(matrix_row(all->q, query), matrix_row(all->k, key), all->q.cols);
        all->scores[j] = score * all->scale;
        if (bias.data != NULL)
            all->scores[j] += matrix_row(bias, query)[key];
    }
}

/* A block of queries meets one block of keys after the other. */
static void attend_block(const Blocks *all, size_t first, size_t queries)
{
    size_t visible = visible_keys(all->mask, first, queries, all->k.rows);
    for (size_t i = 0; i < queries; i++)
        all->state[i] = online_attention_start(matrix_row(all->out, first + i), all->v.cols);
    for (size_t key = 0; key < visible; key += all->block) {
        size_t count = visible - key < all->block ? visible - key : all->block;
        Matrix v = {matrix_row(all->v, key), count, all->v.cols, all->v.stride};
        for (size_t i = 0; i < queries; i++) {
            score_block(all, first + i, key, count);
            online_attention_add(&all->state[i], all->scores, v);
        }
    }
    for (size_t i = 0; i < queries; i++)
        online_attention_finish(&all->state[i], matrix_row(all->out, first + i));
}

static Status expect(Matrix q, Matrix k, Matrix v, const AttentionMask *mask, size_t block,
                     Matrix out)
{
    Matrix weights = {NULL, q.rows, k.rows, k.rows};
    Status status = attention_expect_shapes("blockwise_attention", q, k, v, weights, out);
    if (status == STATUS_OK)
        status = mask_expect("blockwise_attention", mask, 1, q.rows, k.rows);
    if (status == STATUS_OK && block == 0)
        status = fail(STATUS_VALUE, "blockwise_attention: a block has at least one query and key");
    return status;
}

Status blockwise_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                           size_t block, Matrix out)
{
    Status status = expect(q, k, v, mask, block, out);
    if (status != STATUS_OK)
        return status;
    Blocks all = {q, k, v, out, scale, mask, block, NULL, NULL};
    all.scores = memory_allocate(block, sizeof *all.scores);
    all.state = memory_allocate(block, sizeof *all.state);
    if (all.scores == NULL || all.state == NULL)
        status = STATUS_NO_MEMORY;
    for (size_t first = 0; status == STATUS_OK && first < q.rows; first += block)
        attend_block(&all, first, q.rows - first < block ? q.rows - first : block);
    free(all.scores);
    free(all.state);
    return status;
}
