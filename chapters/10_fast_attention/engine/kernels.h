/**
 * @file kernels.h
 * @brief The inner loops of chapter 10, in one version for each level of instructions.
 *
 * Everything that is multiplied lies in panels. A panel holds `panel` columns of a matrix, row
 * after row without gaps: row k of it begins at `data + k * panel`. What the columns are depends:
 * tokens for x^T, Q^T, K^T and the heads' results; columns of the matrix itself for W_v, W_o and V.
 * Where the matrix has no more columns, the panel goes on: with zeros, or with numbers that are
 * never read.
 *
 * A tile is the product of `tile` rows and a panel's columns: all its sums stay in registers.
 */
#ifndef HEADWISE_KERNELS_H
#define HEADWISE_KERNELS_H

#include "isa.h"
#include "masking.h"

#include <stdbool.h>
#include <stddef.h>

/** Weights and their sums are kept times 2 to the power of this, so that subnormal ones, down to
 * chapter 7's least, need no special care. The division takes it back. */
#define WEIGHT_RAISE 24
/** What takes it back. */
#define RAISE_BACK 0x1p-24f

/** c = bias + a b for some tiles, one below the other, and one panel b; without a bias, c += a b.
 */
typedef struct PanelProduct {
    size_t tiles;          /**< How many tiles. */
    size_t columns;        /**< How many columns of the panel are wanted; more may be computed. */
    size_t depth;          /**< Numbers of one sum: the rows of b. */
    const float *a;        /**< Number k of row i of tile t: `a[t * a_tile + k * a_step + i]`. */
    size_t a_tile;         /**< Floats from one tile to the next. */
    size_t a_step;         /**< Floats from one k to the next. */
    const float *b;        /**< The panel. */
    const float *row_bias; /**< A number for each row, or NULL. */
    const float *column_bias; /**< A number for each column of the panel, or NULL. */
    float *c;                 /**< Row i of tile t begins at `c + (t * tile + i) * panel`. */
} PanelProduct;

/** c = bias + a b, or c += a b, for any number of rows and at most a panel of columns, wherever
 * they lie. */
typedef struct StridedProduct {
    size_t rows;    /**< Rows of a and c. */
    size_t columns; /**< Columns of b and c. */
    size_t depth;   /**< Columns of a, rows of b. */
    const float *a; /**< Number k of row i: `a[i * a_row + k * a_step]`. */
    size_t a_row;   /**< Floats from one row to the next. */
    size_t a_step;  /**< Floats from one k to the next. */
    size_t a_tile;  /**< Floats from one tile to the next, the last of which has whole rows, too; 0
                         where the next tile is `tile` rows further on. */
    const float *b; /**< Row k begins at `b + k * b_step`. */
    size_t b_step;  /**< Floats from one k to the next. */
    bool padded;    /**< The rows of b go on to the end of a panel, so whole vectors may be read. */
    const float *bias; /**< A number for each column, or NULL. */
    bool adds;         /**< Whether c is added to; then there is no bias. */
    float *c;          /**< Row i begins at `c + i * c_row`. */
    size_t c_row;      /**< Floats from one row to the next. */
} StridedProduct;

/** Attention of one head for one panel of queries. */
typedef struct PanelAttention {
    const float *q;            /**< Q^T, one panel of d_k rows, already scaled. */
    const float *k;            /**< K^T, the head's rows of the first panel of keys. */
    size_t k_panel;            /**< Floats from one panel of keys to the next. */
    const float *v;            /**< V, the first panel of columns; its rows are keys. */
    size_t v_panel;            /**< Floats from one panel of columns to the next. */
    size_t v_column;           /**< Where the head's columns begin, counted in all columns. */
    size_t d_k;                /**< Columns of Q and K in this head. */
    size_t d_v;                /**< Columns of V in this head. */
    size_t first;              /**< The first query. */
    size_t queries;            /**< How many queries: at most a panel. */
    size_t keys;               /**< How many keys the mask knows, T_k. */
    size_t from;               /**< The first key to look at now; a multiple of `key_block`. */
    size_t to;                 /**< Where to stop looking for now. */
    bool begins;               /**< Nothing has been seen yet. */
    bool ends;                 /**< Nothing comes after this: the results can be written. */
    float *clean;              /**< Room for a panel of `key_block` rows when values may be too
                                    large, NaN or infinite; else NULL. Those count as 0. */
    const AttentionMask *mask; /**< The mask of this head. */
    float *scores;             /**< Room for a panel of `key_block` rows. */
    float *state;              /**< attention_state() floats: what is known so far, raised. */
    float *out;                /**< Receives the results, transposed: a panel of d_v rows. */
} PanelAttention;

/** c += a b for few rows and some columns: the work of single tokens. What comes out of a row does
 * not depend on the others. */
typedef struct RowProduct {
    size_t rows;    /**< Rows of a and c. */
    size_t depth;   /**< Numbers of a row. */
    size_t chunks;  /**< Results of a row, in chunks of `tile`. */
    const float *a; /**< The first row. */
    size_t a_row;   /**< Floats from one row to the next. */
    const float *b; /**< Chunk c of row k begins at `b + k * b_step + c * tile`. */
    size_t b_step;  /**< Floats from one k to the next. */
    float *c;       /**< Where the results of the first row are added: `chunks` times `tile`. */
    size_t c_row;   /**< Floats from one row to the next. */
} RowProduct;

/** No tile has more sums, and none has more numbers of a panel. */
enum { LARGEST_TILE = 256 };

/** The kernels of one level. */
typedef struct Kernels {
    size_t tile;      /**< Rows of a tile; divides `panel`. */
    size_t panel;     /**< Columns of a panel. */
    size_t key_block; /**< For how many keys scores are kept at a time; a multiple of `panel`. */
    /** Multiplies panels. */
    void (*product)(const PanelProduct *product);
    /** Multiplies what does not all lie in panels. */
    void (*strided_product)(const StridedProduct *product);
    /** Attention with the online softmax, one block of keys after the other. */
    void (*attend)(const PanelAttention *attention);
    /** Multiplies one tile, to the bits of row_product() with chunks by themselves. */
    void (*chunk_product)(const PanelProduct *product);
    /** Multiplies rows. */
    void (*row_product)(const RowProduct *product);
    /** Turns n scores of one query into weights that are raised and not divided yet, and gives
     * their sum. */
    float (*row_weights)(float *scores, size_t n);
    /** e^x for n numbers that are not positive. */
    void (*exponentials)(float *x, size_t n);
    /** The greatest magnitude in some rows of a panel, in whole vectors up to the column, of which
     * there is at least one; infinity when a NaN is among them. */
    float (*magnitude)(const float *x, size_t rows, size_t columns);
} Kernels;

/**
 * The kernels of a level.
 *
 * @code
 * float x[] = {0, -1, -2};
 * Isa isa; // the best that this machine has
 * if (isa_choose(NULL, &isa))
 *     return 1;
 * kernels_of(isa)->exponentials(x, 3);
 * printf("%.4f %.4f %.4f\n", x[0], x[1], x[2]); // 1.0000 0.3679 0.1353
 * const Kernels *baseline = kernels_of(ISA_BASELINE);
 * printf("%zu rows x %zu columns\n", baseline->tile, baseline->panel); // 4 rows x 8 columns
 * @endcode
 *
 * @param isa The level.
 * @return Its kernels, or NULL when this build has none.
 */
const Kernels *kernels_of(Isa isa);

/**
 * How much must be kept of what a panel of queries has seen: the weighted sums of the values, and
 * for each query the greatest score and the sum of the weights, which are raised.
 *
 * @param kernels The kernels.
 * @param d_v     Columns of V in a head.
 * @return How many floats.
 */
size_t attention_state(const Kernels *kernels, size_t d_v);

/**
 * Adds the bias of a mask to a block of scores, and puts minus infinity where the mask's matrices
 * block. It does nothing about causality and padding.
 *
 * @param attention What is computed.
 * @param first     The first key of the scores.
 * @param count     How many keys.
 * @param panel     Columns of a panel.
 * @param scores    The scores, a panel of `count` rows: keys below each other, queries side by
 * side.
 */
void mask_block(const PanelAttention *attention, size_t first, size_t count, size_t panel,
                float *scores);

#endif
