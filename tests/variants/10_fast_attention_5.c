/* Two passes over the keys in double: the maximum is known first, so nothing is rescaled. */
#include "fast_attention.h"

#include "mask_expect.h"
#include "self_attention.h"

#include <math.h>

typedef struct Search {
    Matrix q, k;
    double scale;
    const AttentionMask *mask;
} Search;

static double score(const Search *of, size_t query, size_t key)
{
    double sum = 0.0;
    if (!may_attend(of->mask, query, key, of->k.rows))
        return -INFINITY;
    for (const float *a = matrix_row(of->q, query), *b = matrix_row(of->k, key),
                     *end = a + of->q.cols;
         a < end;)
        sum += (double)*a++ * (double)*b++;
    if (of->mask->bias.data != NULL)
        return sum * of->scale + (double)matrix_row(of->mask->bias, query)[key];
    return sum * of->scale;
}

static double column_of(const Search *of, size_t query, Matrix v, size_t column, double greatest)
{
    double sum = 0.0, weights = 0.0;
    for (size_t j = 0; j < v.rows; j++) {
        double s = score(of, query, j);
        if (s == -INFINITY)
            continue;
        weights += exp(s - greatest);
        sum += exp(s - greatest) * (double)matrix_row(v, j)[column];
    }
    return weights == 0.0 ? 0.0 : sum / weights;
}

Status blockwise_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                           size_t block, Matrix out)
{
    Status status = block > 0 ? STATUS_OK : fail(STATUS_VALUE, "blockwise_attention: a block of 0");
    Search of = {q, k, scale, mask};
    if (status == STATUS_OK)
        status = attention_expect_shapes("blockwise_attention", q, k, v,
                                         matrix_shape(q.rows, k.rows), out);
    if (status == STATUS_OK)
        status = mask_expect("blockwise_attention", mask, 1, q.rows, k.rows);
    for (size_t i = 0; status == STATUS_OK && i < q.rows; i++) {
        double greatest = -INFINITY;
        for (size_t j = 0; j < k.rows; j++)
            greatest = fmax(greatest, score(&of, i, j));
        for (size_t c = 0; c < v.cols; c++)
            matrix_row(out, i)[c] = (float)column_of(&of, i, v, c, greatest);
    }
    return status;
}

void online_attention_add(OnlineAttention *state, const float *scores, Matrix v)
{
    float own = -INFINITY;
    double sum = 0.0;
    for (size_t j = 0; j < v.rows; j++)
        own = own >= scores[j] || isnan(own) ? own : scores[j];
    if (own == -INFINITY)
        return;
    float both = own >= state->maximum || isnan(own) ? own : state->maximum;
    double before = exp((double)state->maximum - (double)both);
    for (size_t j = 0; j < v.rows; j++)
        sum += exp((double)scores[j] - (double)both);
    for (size_t c = 0; c < v.cols; c++) {
        double value = before * (double)state->values[c];
        for (size_t j = 0; j < v.rows; j++)
            if (scores[j] != -INFINITY)
                value += exp((double)scores[j] - (double)both) * (double)matrix_row(v, j)[c];
        state->values[c] = (float)value;
    }
    *state = (OnlineAttention){both, (float)(before * (double)state->sum + sum), state->values,
                               state->d_v};
}
