/**
 * @file careful.h
 * @brief What the kernels' floats cannot hold, one query at a time in double.
 *
 * The kernels are right while products of queries and keys, and the values, keep far from the
 * limits of float32. A query that sees more is computed again here, from the same numbers, as
 * chapter 7 has it. What it may not see takes no part in the decision, so the future cannot change
 * even the rounding of the past.
 */
#ifndef HEADWISE_CAREFUL_H
#define HEADWISE_CAREFUL_H

#include "masking.h"

#include <stdbool.h>
#include <stddef.h>

/** Products of d_k, a query's and a key's greatest magnitude up to this are safe: the float sum
 * keeps the digits that count. */
#define SAFE_PRODUCT 0x1p16f
/** Greatest scores up to this are safe, even after a bias was added. */
#define SAFE_SCORE 0x1p10f
/** Values up to this are safe: their sums cannot overflow. */
#define SAFE_VALUE 0x1p64f

/**
 * Queries, keys and values of one head, wherever they lie. Number c of query i is
 * `q[i * q_query + c * q_step]`. Number c of key j is in panels of `k_width` keys,
 * `k[j / k_width * k_panel + c * k_width + j % k_width]`; of value j, with C = v_column + c, it is
 * `v[j / v_tokens * v_block + C / v_width * v_panel + j % v_tokens * v_width + C % v_width]`.
 */
typedef struct CarefulHead {
    const float *q;            /**< The first query. */
    size_t q_query;            /**< Floats from one query to the next. */
    size_t q_step;             /**< Floats from one number of a query to the next. */
    float q_limit;             /**< A larger number in a query stands for an overflow. */
    double scale;              /**< What scores are multiplied by. */
    const float *k;            /**< The first key. */
    size_t k_width;            /**< Keys side by side. */
    size_t k_panel;            /**< Floats from one panel of keys to the next. */
    const float *v;            /**< The values. */
    size_t v_tokens;           /**< Values of one block; SIZE_MAX when there is only one. */
    size_t v_block;            /**< Floats from one block to the next. */
    size_t v_width;            /**< Columns side by side. */
    size_t v_panel;            /**< Floats from one panel of columns to the next. */
    size_t v_column;           /**< The head's first column. */
    size_t d_k;                /**< Columns of queries and keys. */
    size_t d_v;                /**< Columns of values. */
    size_t first;              /**< The first query's number. */
    size_t queries;            /**< How many. */
    size_t keys;               /**< T_k, as the mask knows it. */
    size_t visible;            /**< No query sees this key or a later one. */
    const AttentionMask *mask; /**< The mask of this head. */
    float *out;       /**< Number c of query i's result: `out[i * out_query + c * out_step]`. */
    size_t out_query; /**< Floats from one result to the next. */
    size_t out_step;  /**< Floats from one number of a result to the next. */
} CarefulHead;

/**
 * The greatest magnitude of some numbers.
 *
 * @param x    The first.
 * @param n    How many.
 * @param step Floats from one to the next.
 * @return The magnitude; infinity when one of them is NaN.
 */
float magnitude_of(const float *x, size_t n, size_t step);

/**
 * Whether no product of a query and a key can need care, whoever sees whom.
 *
 * @param d_k     Columns of queries and keys.
 * @param query   The greatest magnitude of all queries, times the scale.
 * @param q_limit As in CarefulHead.
 * @param key     The greatest magnitude of all keys.
 * @return Whether all are safe.
 */
bool products_are_safe(size_t d_k, float query, float q_limit, float key);

/** What a query needs. */
typedef enum Care {
    CARE_NONE,   /**< What the kernels computed is right. */
    CARE_DOUBLE, /**< It must be computed again. */
    CARE_NAN     /**< It or a key that it sees is not finite: nothing is left to compute. */
} Care;

/** The most queries that can be looked at together; a panel has fewer. */
enum { CAREFUL_QUERIES = 64 };

/**
 * Finds the queries that see a key whose product with them is not safe.
 *
 * @param head What attends to what: CAREFUL_QUERIES at most.
 * @param care One for each query: raised for those, left alone for the others.
 */
void mark_products(const CarefulHead *head, Care *care);

/**
 * Finds the queries that see a value which is not safe.
 *
 * @param head What attends to what.
 * @param care As for mark_products().
 */
void mark_values(const CarefulHead *head, Care *care);

/**
 * Adds to results the values that are not safe, where they counted as 0.
 *
 * @param head     What attends to what.
 * @param care     The queries with CARE_NONE are the ones.
 * @param greatest The greatest score of each query.
 * @param sums     The sum of e^(score - greatest) of each query, raised as in kernels.h.
 */
void add_unsafe_values(const CarefulHead *head, const Care *care, const float *greatest,
                       const float *sums);

/**
 * Attention of one query in double, as masked_attention() has it.
 *
 * @param head  What attends to what; `out` receives the result.
 * @param query Which query, counted from the first.
 * @param care  What it needs.
 */
void attend_carefully(const CarefulHead *head, size_t query, Care care);

/**
 * Computes those rows of a result again that float32 cannot have got right.
 *
 * @param q     The queries, T_q x d_k.
 * @param k     The keys, T_k x d_k.
 * @param v     The values, T_k x d_v.
 * @param scale What each dot product is multiplied by.
 * @param mask  The mask.
 * @param out   The result, T_q x d_v.
 */
void mend_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                    Matrix out);

#endif
