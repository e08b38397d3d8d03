#include "fast_attention.h"

#include "careful.h"
#include "dot_products.h"
#include "mask_expect.h"
#include "memory.h"
#include "self_attention.h"

#include <math.h>
#include <stdlib.h>

void product_by_rows(Matrix a, Matrix b, Matrix out)
{
    for (size_t i = 0; i < out.rows; i++) {
        float *sums = matrix_row(out, i);
        for (size_t j = 0; j < out.cols; j++)
            sums[j] = 0.0f;
        for (size_t k = 0; k < a.cols; k++) {
            float factor = matrix_row(a, i)[k];
            const float *row = matrix_row(b, k);
            for (size_t j = 0; j < out.cols; j++)
                sums[j] += factor * row[j];
        }
    }
}

OnlineAttention online_attention_start(float *values, size_t d_v)
{
    for (size_t c = 0; c < d_v; c++)
        values[c] = 0.0f;
    return (OnlineAttention){.maximum = -INFINITY, .sum = 0.0f, .values = values, .d_v = d_v};
}

/* The greatest of the maximum so far and the scores; NaN when there is one. */
static float greatest_of(float maximum, const float *scores, size_t count)
{
    for (size_t j = 0; j < count; j++)
        if (scores[j] > maximum || isnan(scores[j]))
            maximum = scores[j];
    return maximum;
}

/* Makes the sums so far relative to a new maximum. */
static void rescale(OnlineAttention *state, float maximum)
{
    float factor = expf(state->maximum - maximum);
    state->sum *= factor;
    for (size_t c = 0; c < state->d_v; c++)
        state->values[c] *= factor;
    state->maximum = maximum;
}

void online_attention_add(OnlineAttention *state, const float *scores, Matrix v)
{
    float maximum = greatest_of(state->maximum, scores, v.rows);
    if (maximum == -INFINITY) /* nothing but blocked keys; -inf - -inf would be NaN */
        return;
    rescale(state, maximum);
    for (size_t j = 0; j < v.rows; j++) {
        if (scores[j] == -INFINITY)
            continue;
        float weight = expf(scores[j] - maximum);
        state->sum += weight;
        for (size_t c = 0; c < state->d_v; c++)
            state->values[c] += weight * matrix_row(v, j)[c];
    }
}

void online_attention_finish(const OnlineAttention *state, float *out)
{
    for (size_t c = 0; c < state->d_v; c++)
        out[c] = state->sum == 0.0f ? 0.0f : state->values[c] / state->sum;
}

size_t visible_keys(const AttentionMask *mask, size_t first, size_t queries, size_t keys)
{
    size_t last = first + queries - 1, open = keys - mask->padding;
    /* last + past + 1 keys at most, written so that the sum cannot wrap */
    if (mask->causal && open > last && open - last - 1 > mask->past)
        return last + mask->past + 1;
    return open;
}

/* What one call of blockwise_attention() works on. */
typedef struct Work {
    Matrix q, k, v, out;
    float scale;
    const AttentionMask *mask;
    size_t block;           /* queries, or keys, that are taken together */
    float *scores;          /* of one query and a block of keys */
    OnlineAttention *state; /* of each query of a block */
} Work;

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The score of a query and a key: minus infinity when the mask blocks it. */
static float score_of(const Work *work, size_t query, size_t key)
{
    Matrix q = work->q, k = work->k, bias = work->mask->bias;
    if (!may_attend(work->mask, query, key, k.rows))
        return -INFINITY;
    float score = dot_product(matrix_row(q, query), matrix_row(k, key), q.cols) * work->scale;
    return bias.data == NULL ? score : score + matrix_row(bias, query)[key];
}

/* A block of queries takes in one block of keys. */
static void add_keys(const Work *work, size_t query, size_t queries, size_t key, size_t keys)
{
    Matrix v = {matrix_row(work->v, key), keys, work->v.cols, work->v.stride};
    for (size_t i = 0; i < queries; i++) {
        for (size_t j = 0; j < keys; j++)
            work->scores[j] = score_of(work, query + i, key + j);
        online_attention_add(&work->state[i], work->scores, v);
    }
}

/* A block of queries takes in one block of keys after the other. */
static void attend_block(const Work *work, size_t query, size_t queries)
{
    size_t block = work->block, visible = visible_keys(work->mask, query, queries, work->k.rows);
    for (size_t i = 0; i < queries; i++)
        work->state[i] = online_attention_start(matrix_row(work->out, query + i), work->v.cols);
    for (size_t key = 0; key < visible; key += block)
        add_keys(work, query, queries, key, least(block, visible - key));
    for (size_t i = 0; i < queries; i++)
        online_attention_finish(&work->state[i], matrix_row(work->out, query + i));
}

/* Finds everything that can be wrong: after this only memory can be missing. */
static Status expect(const Work *work)
{
    static const char NAME[] = "blockwise_attention";
    Matrix q = work->q, k = work->k, weights = {NULL, q.rows, k.rows, k.rows};
    Status status = STATUS_OK;
    TRY(attention_expect_shapes(NAME, q, k, work->v, weights, work->out));
    TRY(mask_expect(NAME, work->mask, 1, q.rows, k.rows));
    if (work->block == 0)
        return fail(STATUS_VALUE, "%s: a block has at least one query and key", NAME);
done:
    return status;
}

static Status allocate(Work *work)
{
    work->scores = memory_allocate(work->block, sizeof *work->scores);
    work->state = memory_allocate(work->block, sizeof *work->state);
    return work->scores != NULL && work->state != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

Status blockwise_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                           size_t block, Matrix out)
{
    Work work = {q, k, v, out, scale, mask, block, NULL, NULL};
    Status status = STATUS_OK;
    TRY(expect(&work));
    TRY(allocate(&work));
    for (size_t query = 0; query < q.rows; query += block)
        attend_block(&work, query, least(block, q.rows - query));
    mend_attention(q, k, v, scale, mask, out); /* where float32 cannot hold it: careful.h */
done:
    free(work.scores);
    free(work.state);
    return status;
}
