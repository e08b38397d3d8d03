/**
 * @file fast_internal.h
 * @brief Internal to the fast layer: what its files share, and nothing else should include.
 */
#ifndef HEADWISE_FAST_INTERNAL_H
#define HEADWISE_FAST_INTERNAL_H

#include "fast_layer.h"
#include "kernels.h"
#include "packing.h"
#include "workspace.h"

#include <stdbool.h>
#include <stddef.h>

struct FastLayer {
    const Kernels *kernels; /**< The kernels of the level that prepared it. */
    size_t heads;           /**< How many heads. */
    size_t d_k;             /**< Columns of one head. */
    size_t d_v;             /**< Columns of one head. */
    size_t d_out;           /**< Columns of the result. */
    float q_limit;          /**< Queries beyond it overflowed, if not yet with the scale. */
    Projection query;       /**< In tiles; the scale of the scores is in it. */
    Projection key;         /**< In tiles. */
    Projection value;       /**< In panels, each head filled up to whole tiles. */
    Projection output;      /**< In panels. */
    Workspace numbers;      /**< Where the numbers are. */
};

/** Keys and values of all heads, as the kernels read them. */
typedef struct KeysValues {
    float *keys;          /**< K^T in panels of tokens. */
    size_t key_rows;      /**< Rows of such a panel. */
    float *values;        /**< V in panels of columns. */
    size_t value_rows;    /**< Rows of such a panel: the most tokens. */
    size_t value_filled;  /**< Columns of one head of V, filled up to whole tiles. */
    float greatest_key;   /**< No magnitude in K is greater. Infinite when there may be a NaN. */
    float greatest_value; /**< The same of V. */
} KeysValues;

/** What is kept from one token to the next, in blocks of `panel` tokens: so it is read from its
 * beginning to its end for each new token. */
struct KeyValueCache {
    float *keys;          /**< Of each block K^T: one panel, with the rows of all heads. */
    float *values;        /**< Of each block V: its panels of columns, one after the other. */
    size_t tokens;        /**< How many fit: whole blocks. */
    size_t capacity;      /**< How many may be kept. */
    size_t length;        /**< How many are kept. */
    float greatest_key;   /**< As in KeysValues, of all that was ever kept. */
    float greatest_value; /**< The same of the values. */
    Workspace numbers;    /**< Where they are. */
};

/** Rows between the keys of one panel and those of the next, so that the panels do not all begin at
 * the same place of the cache: a multiple of a large power of two apart they would push each other
 * out. */
enum { KEY_GAP = 16 };

/** A group of queries that are taken together, of all heads, and where their results go. */
typedef struct QueryGroup {
    const float *q;            /**< Q^T of all heads, in panels. */
    size_t q_rows;             /**< Rows of such a panel. */
    float greatest;            /**< The greatest magnitude in them; infinite if there is a NaN. */
    float q_limit;             /**< A larger number in a query stands for an overflow. */
    Matrix given;              /**< All queries before they were packed, or NO_MATRIX. */
    float scale;               /**< What they were multiplied by then. */
    const AttentionMask *mask; /**< Of all heads. */
    size_t heads;              /**< How many. */
    size_t d_k;                /**< Columns of one head. */
    size_t d_v;                /**< Columns of one head. */
    size_t first;              /**< The first query; a multiple of the panel. */
    size_t queries;            /**< How many there are here. */
    size_t all_queries;        /**< How many the mask knows, T_q. */
    size_t keys;               /**< How many the mask knows, T_k. */
    bool look_at_all; /**< Also at keys that the mask blocks for all queries: to measure. */
    float *workspace; /**< What heads_reserve() set aside. */
    float *out;       /**< Receives panels of heads d_v rows. */
} QueryGroup;

/**
 * Refuses matrices that do not fit a layer. What belongs to the layer itself was checked when it
 * was prepared.
 *
 * @param function Who asks, for the message.
 * @param layer    The prepared layer.
 * @param x        The sequence that asks, T_q x d_model.
 * @param context  The sequence that answers, T_k x d_context; may be x.
 * @param out      Where the result goes, T_q x d_out.
 * @return STATUS_SHAPE.
 */
Status fast_layer_expect(const char *function, const FastLayer *layer, Matrix x, Matrix context,
                         Matrix out) MUST_USE;

/**
 * Reserves what attend_heads() works in.
 *
 * @param kernels   The kernels.
 * @param queries   How many queries there are.
 * @param d_v       Columns of one head.
 * @param workspace Where it is reserved.
 * @return Where it begins.
 */
size_t heads_reserve(const Kernels *kernels, size_t queries, size_t d_v, Workspace *workspace);

/**
 * Attention of all heads for some queries.
 *
 * @param kernels The kernels.
 * @param group   The queries.
 * @param kv      Keys and values.
 */
void attend_heads(const Kernels *kernels, const QueryGroup *group, const KeysValues *kv);

/**
 * Computes keys and values.
 *
 * @param layer   The layer.
 * @param context The tokens; their first is a multiple of the panel.
 * @param first   The number of the first token.
 * @param packed  Receives the packed tokens: round_up(tokens, panel) times d_context floats.
 * @param kv      Receives the keys and values of these tokens; the magnitudes are left alone.
 * @param greatest Receives the greatest magnitudes of these keys and of these values.
 */
void compute_keys_values(const FastLayer *layer, Matrix context, size_t first, float *packed,
                         KeysValues *kv, float greatest[2]);

/**
 * The greatest magnitude in panels of tokens, such as K^T.
 *
 * @param kernels The kernels.
 * @param panels  The panel that begins with the first token.
 * @param rows    Rows that are looked at.
 * @param step    Rows of a panel.
 * @param tokens  How many.
 * @return The magnitude; infinity when there is a NaN.
 */
float magnitude_of_panels(const Kernels *kernels, const float *panels, size_t rows, size_t step,
                          size_t tokens);

/**
 * The greatest magnitude in the values of some tokens.
 *
 * @param kernels The kernels.
 * @param kv      The values.
 * @param columns Columns of all panels.
 * @param first   The first token.
 * @param tokens  How many.
 * @return The magnitude; infinity when there is a NaN.
 */
float magnitude_of_values(const Kernels *kernels, const KeysValues *kv, size_t columns,
                          size_t first, size_t tokens);

/**
 * Copies the first tokens of a cache.
 *
 * @param cache  The cache.
 * @param layer  Its layer.
 * @param tokens How many; a multiple of the panel.
 * @param kv     Receives their keys and values; the magnitudes are left alone.
 */
void key_value_cache_read(const KeyValueCache *cache, const FastLayer *layer, size_t tokens,
                          KeysValues *kv);

/**
 * Copies keys and values into a cache. Its length is left alone.
 *
 * @param cache  The cache.
 * @param layer  Its layer.
 * @param first  The first token; a multiple of the panel.
 * @param tokens How many.
 * @param kv     Keys and values, from token 0 on.
 */
void key_value_cache_write(KeyValueCache *cache, const FastLayer *layer, size_t first,
                           size_t tokens, const KeysValues *kv);

/**
 * Takes note of what comes into a cache.
 *
 * @param cache The cache.
 * @param key   The greatest magnitude of the new keys.
 * @param value The greatest magnitude of the new values.
 */
void key_value_cache_widen(KeyValueCache *cache, float key, float value);

/**
 * The last step: the heads' results times W_o.
 *
 * @param layer  The layer.
 * @param heads  The results of all heads, in panels of tokens.
 * @param panel  A panel to work in: round_up(tokens, panel) times `panel` floats.
 * @param out    Receives the result of these tokens.
 */
void compute_output(const FastLayer *layer, const float *heads, float *panel, Matrix out);

/** A layer's work on one sequence that fits. */
typedef struct FastWork {
    const FastLayer *layer;       /**< The layer. */
    const FastSequence *sequence; /**< The sequence. */
    size_t past;      /**< How many keys and values are there already, before the context's: a
                           multiple of the panel. */
    size_t threads;   /**< How many threads may work. */
    bool look_at_all; /**< Look also at keys that the mask blocks for all queries. */
} FastWork;

/**
 * The size of the workspace that fast_layer_run() needs.
 *
 * @param work The work.
 * @return How many floats; about SIZE_MAX on overflow.
 */
size_t fast_layer_size(const FastWork *work);

/**
 * Where fast_layer_run() keeps keys and values. Those of the past are to be put there before.
 *
 * @param work   The work.
 * @param floats The workspace of fast_layer_size() floats.
 * @return Places in @p floats.
 */
KeysValues fast_layer_keys_values(const FastWork *work, float *floats);

/**
 * Runs a layer on one sequence.
 *
 * @param work   The work.
 * @param floats The workspace of fast_layer_size() floats.
 */
void fast_layer_run(const FastWork *work, float *floats);

/**
 * As fast_multi_head_attention() on one thread, but looks also at the keys that a causal mask
 * blocks for a whole panel of queries. It is there to see what leaving them out saves.
 *
 * @param layer    The prepared layer.
 * @param sequence What goes in, and where the result goes.
 * @return As fast_multi_head_attention().
 */
Status fast_multi_head_attention_unskipped(const FastLayer *layer,
                                           const FastSequence *sequence) MUST_USE;

/**
 * Tells whether panels would take far more memory than chapter 7 does: few queries meet very many
 * keys of few columns, so the panels hold hardly anything but padding.
 *
 * @param size   Floats of the panels.
 * @param inputs Floats of the matrices given.
 * @param plain  Floats that chapter 7 needs beside them.
 * @return Whether chapter 7's way is better. Never for small panels.
 */
bool panels_are_wasted(size_t size, double inputs, double plain);

/**
 * How many threads are worth waking up.
 *
 * @param products How many multiplications there are.
 * @param threads  How many threads may work.
 * @return 1 for a small problem, else @p threads.
 */
size_t useful_threads(double products, size_t threads);

#endif
