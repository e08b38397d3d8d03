#include "careful.h"

#include "fast_attention.h"
#include "kernels.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

float magnitude_of(const float *x, size_t n, size_t step)
{
    float greatest = 0.0f;
    for (size_t i = 0; i < n; i++) {
        float magnitude = fabsf(x[i * step]);
        if (isnan(magnitude))
            return INFINITY;
        greatest = magnitude > greatest ? magnitude : greatest;
    }
    return greatest;
}

/* The kernels have queries with the scale in them, as floats: they must hold that too. A product of
 * 0 and infinity, which is NaN, is not safe. */
static bool product_is_safe(size_t d_k, double query, float key)
{
    return query <= FLT_MAX && (double)d_k * query * key <= SAFE_PRODUCT;
}

bool products_are_safe(size_t d_k, float query, float q_limit, float key)
{
    return query <= q_limit && product_is_safe(d_k, query, key);
}

static const float *query_at(const CarefulHead *head, size_t query)
{
    return head->q + query * head->q_query;
}

/* Its numbers are `k_width` apart. */
static const float *key_at(const CarefulHead *head, size_t key)
{
    return head->k + key / head->k_width * head->k_panel + key % head->k_width;
}

/* Its number c is `column_at(head, c)` further on. */
static const float *value_at(const CarefulHead *head, size_t key)
{
    return head->v + key / head->v_tokens * head->v_block + key % head->v_tokens * head->v_width;
}

static size_t column_at(const CarefulHead *head, size_t c)
{
    size_t column = head->v_column + c;
    return column / head->v_width * head->v_panel + column % head->v_width;
}

static bool is_safe(float value)
{
    return fabsf(value) <= SAFE_VALUE;
}

static bool value_is_safe(const CarefulHead *head, size_t key)
{
    const float *value = value_at(head, key);
    for (size_t c = 0; c < head->d_v; c++)
        if (!is_safe(value[column_at(head, c)]))
            return false;
    return true;
}

static bool may_see(const CarefulHead *head, size_t query, size_t key)
{
    return may_attend(head->mask, head->first + query, key, head->keys);
}

/* The magnitude of a query with the scale in it; infinite only when the query is. */
static double query_magnitude(const CarefulHead *head, size_t query)
{
    float magnitude = magnitude_of(query_at(head, query), head->d_k, head->q_step);
    return magnitude <= head->q_limit ? magnitude * fabs(head->scale) : INFINITY;
}

void mark_products(const CarefulHead *head, Care *care)
{
    double queries[CAREFUL_QUERIES];
    for (size_t i = 0; i < head->queries; i++)
        queries[i] = query_magnitude(head, i);
    for (size_t j = 0; j < head->visible; j++) {
        float key = magnitude_of(key_at(head, j), head->d_k, head->k_width);
        for (size_t i = 0; i < head->queries; i++)
            if (!product_is_safe(head->d_k, queries[i], key) && care[i] != CARE_NAN &&
                may_see(head, i, j))
                care[i] = isinf(queries[i]) || isinf(key) ? CARE_NAN : CARE_DOUBLE;
    }
}

void mark_values(const CarefulHead *head, Care *care)
{
    for (size_t j = 0; j < head->visible; j++)
        for (size_t i = 0; i < head->queries && !value_is_safe(head, j); i++)
            if (care[i] == CARE_NONE && may_see(head, i, j))
                care[i] = CARE_DOUBLE;
}

/* A score in double, where no finite input makes it overflow. */
static double score_of(const CarefulHead *head, size_t query, size_t key)
{
    const float *q = query_at(head, query), *k = key_at(head, key);
    Matrix bias = head->mask->bias;
    double score = 0.0;
    for (size_t c = 0; c < head->d_k; c++) {
        float number = q[c * head->q_step];
        score += (double)(fabsf(number) <= head->q_limit ? number : NAN) * k[c * head->k_width];
    }
    score *= head->scale;
    if (bias.data != NULL)
        score += matrix_row(bias, head->first + query)[key];
    return isfinite(score) ? score : NAN;
}

/* What a query sees: the greatest score, and the sum of e^(score - greatest). */
typedef struct Seen {
    double greatest, sum;
} Seen;

static Seen look(const CarefulHead *head, size_t query)
{
    Seen seen = {-INFINITY, 0.0};
    for (size_t j = 0; j < head->visible && !isnan(seen.greatest); j++) {
        if (!may_see(head, query, j))
            continue;
        double score = score_of(head, query, j), old = seen.greatest;
        if (score <= old) {
            seen.sum += exp(score - old);
            continue;
        }
        seen.greatest = score; /* or a NaN, which ends it */
        seen.sum = seen.sum * exp(old - score) + 1.0;
    }
    return seen;
}

static float *result_at(const CarefulHead *head, size_t query, size_t c)
{
    return head->out + query * head->out_query + c * head->out_step;
}

/* A weighted mean as a float. That of finite values is finite: what rounding has carried beyond the
 * greatest float comes back. */
static float mean_of(double sum)
{
    if (isfinite(sum) && fabs(sum) > FLT_MAX)
        return (float)copysign(FLT_MAX, sum);
    return (float)sum;
}

enum { COLUMNS = 64 }; /* so many sums at a time */

/* The weights are rounded to float, as chapter 7's are. */
static void add_columns(const CarefulHead *head, size_t query, Seen seen, size_t first,
                        size_t count)
{
    double sums[COLUMNS] = {0};
    size_t columns[COLUMNS];
    for (size_t c = 0; c < count; c++)
        columns[c] = column_at(head, first + c);
    for (size_t j = 0; j < head->visible; j++) {
        if (!may_see(head, query, j))
            continue;
        float weight = (float)(exp(score_of(head, query, j) - seen.greatest) / seen.sum);
        const float *value = value_at(head, j);
        for (size_t c = 0; c < count; c++)
            sums[c] += (double)weight * value[columns[c]];
    }
    for (size_t c = 0; c < count; c++)
        *result_at(head, query, first + c) = mean_of(sums[c]);
}

void attend_carefully(const CarefulHead *head, size_t query, Care care)
{
    Seen seen = {NAN, NAN};
    if (care != CARE_NAN)
        seen = look(head, query);
    for (size_t c = 0; c < head->d_v && isnan(seen.greatest); c++)
        *result_at(head, query, c) = NAN;
    for (size_t c = 0; c < head->d_v && !isnan(seen.greatest); c += COLUMNS)
        add_columns(head, query, seen, c, head->d_v - c < COLUMNS ? head->d_v - c : COLUMNS);
}

static void add_unsafe_value(const CarefulHead *head, size_t query, size_t key, float weight)
{
    const float *value = value_at(head, key);
    for (size_t c = 0; c < head->d_v; c++)
        if (!is_safe(value[column_at(head, c)])) {
            float *result = result_at(head, query, c);
            *result = mean_of(*result + (double)weight * value[column_at(head, c)]);
        }
}

void add_unsafe_values(const CarefulHead *head, const Care *care, const float *greatest,
                       const float *sums)
{
    for (size_t j = 0; j < head->visible; j++)
        for (size_t i = 0; i < head->queries && !value_is_safe(head, j); i++)
            if (care[i] == CARE_NONE && may_see(head, i, j)) {
                double score = score_of(head, i, j) - greatest[i];
                add_unsafe_value(head, i, j, (float)(exp(score) / ((double)sums[i] * RAISE_BACK)));
            }
}

/* Everything that one query of plain matrices may see. */
static CarefulHead plain_head(Matrix q, Matrix k, Matrix v, const AttentionMask *mask, Matrix out)
{
    return (CarefulHead){.q = q.data,
                         .q_step = 1,
                         .q_limit = FLT_MAX,
                         .k = k.data,
                         .k_width = 1,
                         .k_panel = k.stride,
                         .v = v.data,
                         .v_tokens = SIZE_MAX,
                         .v_width = v.stride,
                         .d_k = q.cols,
                         .d_v = v.cols,
                         .queries = 1,
                         .keys = k.rows,
                         .mask = mask,
                         .out = out.data,
                         .out_step = 1};
}

/* Whether a bias carries a score of the first query further than is safe. */
static bool bias_is_safe(const CarefulHead *head)
{
    Matrix bias = head->mask->bias;
    for (size_t j = 0; bias.data != NULL && j < head->visible; j++)
        if (!(fabsf(matrix_row(bias, head->first)[j]) <= SAFE_SCORE) && may_see(head, 0, j))
            return false;
    return true;
}

static float greatest_magnitude(Matrix matrix)
{
    float greatest = 0.0f;
    for (size_t r = 0; r < matrix.rows; r++)
        greatest = fmaxf(greatest, magnitude_of(matrix_row(matrix, r), matrix.cols, 1));
    return greatest;
}

void mend_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                    Matrix out)
{
    /* blockwise_attention() scales a dot product that is a float already: it must fit, too */
    float seen_scale = fmaxf(fabsf(scale), SAFE_PRODUCT / FLT_MAX);
    float query = greatest_magnitude(q) * seen_scale;
    bool safe = products_are_safe(q.cols, query, FLT_MAX, greatest_magnitude(k)) &&
                is_safe(greatest_magnitude(v));
    CarefulHead head = plain_head(q, k, v, mask, out);
    for (size_t i = 0; i < q.rows && !(safe && mask->bias.data == NULL); i++) {
        head.q = matrix_row(q, i);
        head.out = matrix_row(out, i);
        head.first = i;
        head.visible = visible_keys(mask, i, 1, k.rows);
        Care care = bias_is_safe(&head) ? CARE_NONE : CARE_DOUBLE;
        head.scale = seen_scale;
        mark_products(&head, &care);
        mark_values(&head, &care);
        head.scale = scale;
        if (care != CARE_NONE)
            attend_carefully(&head, 0, care);
    }
}
