#include "packing.h"

#include <math.h>
#include <string.h>

enum {
    DEPTH = 256,    /* rows of a panel that are used at a time: they stay in the first cache */
    TILE_BLOCK = 16 /* tiles that all panels meet before the next ones: they stay in the second */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- Packing --------------------------------------------------------------------------------- */

void pack_tiles(const Kernels *kernels, Matrix w, float scale, float *to)
{
    size_t tile = kernels->tile;
    for (size_t first = 0; first < w.cols; first += tile)
        for (size_t k = 0; k < w.rows; k++)
            for (size_t i = 0; i < tile; i++)
                *to++ = first + i < w.cols ? matrix_row(w, k)[first + i] * scale : 0.0f;
}

size_t panel_columns(const Kernels *kernels, size_t cols, size_t groups)
{
    return round_up(groups * round_up(cols / groups, kernels->tile), kernels->panel);
}

/* The column of the matrix that stands at a place of the panels; `cols` where there is none. */
static size_t column_at(size_t place, size_t cols, size_t groups, size_t tile)
{
    size_t group = cols / groups, filled = round_up(group, tile);
    if (filled == 0 || place / filled >= groups || place % filled >= group)
        return cols;
    return place / filled * group + place % filled;
}

enum { STEP = 16 }; /* rows, or numbers of a token, at a time: what is written stays near */

/* Some rows of one panel. */
static void pack_panel_rows(const Kernels *kernels, Matrix rows, size_t first, size_t groups,
                            float *to)
{
    size_t panel = kernels->panel;
    for (size_t i = 0; i < panel; i++) {
        size_t column = column_at(first + i, rows.cols, groups, kernels->tile);
        for (size_t k = 0; k < rows.rows; k++)
            to[k * panel + i] = column < rows.cols ? matrix_row(rows, k)[column] : 0.0f;
    }
}

void pack_panels(const Kernels *kernels, Matrix w, size_t groups, float *to)
{
    size_t panel = kernels->panel, columns = panel_columns(kernels, w.cols, groups);
    for (size_t first = 0; first < columns; first += panel)
        for (size_t k = 0; k < w.rows; k += STEP) {
            Matrix rows = {matrix_row(w, k), least(STEP, w.rows - k), w.cols, w.stride};
            pack_panel_rows(kernels, rows, first, groups, to + first * w.rows + k * panel);
        }
}

/* Four tokens side by side, so that one store takes a number of each. */
typedef float Four __attribute__((vector_size(4 * sizeof(float))));

static Four four_of(const float *from, float scale)
{
    Four numbers;
    memcpy(&numbers, from, sizeof numbers);
    return numbers * scale;
}

static void store_four(Four numbers, float *to)
{
    memcpy(to, &numbers, sizeof numbers);
}

/* Four numbers of four tokens, transposed: first pairs of tokens, then all. */
static void pack_square(const float *const tokens[4], size_t k, float scale, size_t panel,
                        float *to)
{
    Four a = four_of(tokens[0] + k, scale), b = four_of(tokens[1] + k, scale);
    Four c = four_of(tokens[2] + k, scale), d = four_of(tokens[3] + k, scale);
    Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
         ab_2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    Four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5),
         cd_2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    to += k * panel;
    store_four(__builtin_shufflevector(ab, cd, 0, 1, 4, 5), to);
    store_four(__builtin_shufflevector(ab, cd, 2, 3, 6, 7), to + panel);
    store_four(__builtin_shufflevector(ab_2, cd_2, 0, 1, 4, 5), to + 2 * panel);
    store_four(__builtin_shufflevector(ab_2, cd_2, 2, 3, 6, 7), to + 3 * panel);
}

static void pack_four(const float *const tokens[4], size_t count, float scale, size_t panel,
                      float *to)
{
    size_t k = 0;
    for (; k + 4 <= count; k += 4)
        pack_square(tokens, k, scale, panel, to);
    for (; k < count; k++) {
        Four numbers = {tokens[0][k], tokens[1][k], tokens[2][k], tokens[3][k]};
        store_four(numbers * scale, to + k * panel);
    }
}

/* One panel of x^T. */
static void pack_token_panel(size_t panel, Matrix x, size_t first, float scale, float *to)
{
    static const float nothing[STEP];
    size_t there = least(panel, x.rows - first);
    for (size_t k = 0; k < x.cols; k += STEP)
        for (size_t i = 0; i < panel; i += 4) {
            const float *tokens[4];
            for (size_t t = 0; t < 4; t++)
                tokens[t] = i + t < there ? matrix_row(x, first + i + t) + k : nothing;
            pack_four(tokens, least(STEP, x.cols - k), scale, panel, to + k * panel + i);
        }
}

void pack_tokens(const Kernels *kernels, Matrix x, float scale, float *to)
{
    for (size_t first = 0; first < x.rows; first += kernels->panel)
        pack_token_panel(kernels->panel, x, first, scale, to + first * x.cols);
}

/* --- Products -------------------------------------------------------------------------------- */

/* Some tiles of weights times all panels of tokens. */
static void project_tiles(const Kernels *kernels, const Projection *p, size_t first, size_t tiles,
                          const float *x, size_t tokens, float *to, size_t to_rows)
{
    size_t panel = kernels->panel, tile = kernels->tile, k = 0;
    do { /* once also without depth: the bias is there */
        for (size_t token = 0; token < tokens; token += panel) {
            float *c = to + token * to_rows + first * panel;
            PanelProduct product = {.tiles = tiles,
                                    .columns = least(panel, tokens - token),
                                    .depth = least(DEPTH, p->depth - k),
                                    .a = p->weights + first * p->depth + k * tile,
                                    .a_tile = tile * p->depth,
                                    .a_step = tile,
                                    .b = x + token * p->depth + k * panel,
                                    .row_bias = k == 0 ? p->bias + first : NULL,
                                    .c = c};
            kernels->product(&product);
        }
        k += DEPTH;
    } while (k < p->depth);
}

/* One result: a sum in double, rounded, and then the bias, as in chapter 5. */
static float result_in_double(size_t depth, const float *a, size_t a_step, const float *b,
                              size_t b_step, float bias)
{
    double sum = 0.0;
    for (size_t k = 0; k < depth; k++)
        sum += (double)a[k * a_step] * b[k * b_step];
    return (float)sum + bias;
}

/* One panel of project_transposed(). */
static void mend_transposed(const Kernels *kernels, const Projection *p, const float *x,
                            size_t tokens, float *to)
{
    size_t panel = kernels->panel, tile = kernels->tile;
    for (size_t r = 0; r < p->results; r++)
        for (size_t i = 0; i < tokens; i++) {
            const float *weights = p->weights + r / tile * tile * p->depth + r % tile;
            if (!isfinite(to[r * panel + i]))
                to[r * panel + i] =
                    result_in_double(p->depth, weights, tile, x + i, panel, p->bias[r]);
        }
}

void mend_rows(const Kernels *kernels, const RowProduct *product, const float *bias)
{
    size_t tile = kernels->tile;
    for (size_t row = 0; row < product->rows; row++) {
        const float *a = product->a + row * product->a_row;
        float *c = product->c + row * product->c_row;
        for (size_t i = 0; i < product->chunks * tile; i++)
            if (!isfinite(c[i]))
                c[i] = result_in_double(product->depth, a, 1, product->b + i, product->b_step,
                                        bias[i]);
    }
}

/* What project_panel() did not hold. */
static void mend_panel(const Kernels *kernels, const Projection *projection, const float *x,
                       size_t tokens, size_t panel_index, float *to)
{
    size_t panel = kernels->panel, depth = projection->depth;
    const float *weights = projection->weights + panel_index * panel * depth;
    for (size_t i = 0; i < tokens * panel; i++) {
        const float *token = x + i / panel / panel * panel * depth + i / panel % panel;
        if (!isfinite(to[i]))
            to[i] = result_in_double(depth, token, panel, weights + i % panel, panel,
                                     projection->bias[panel_index * panel + i % panel]);
    }
}

float project_transposed(const Kernels *kernels, const Projection *projection, const float *x,
                         size_t tokens, float *to, size_t to_rows)
{
    size_t rows = projection->results, panel = kernels->panel, block = TILE_BLOCK * kernels->tile;
    float greatest = 0.0f;
    for (size_t first = 0; first < rows; first += block) {
        size_t tiles = least(block, rows - first) / kernels->tile;
        project_tiles(kernels, projection, first, tiles, x, tokens, to, to_rows);
    }
    for (size_t token = 0; token < tokens; token += panel) {
        size_t here = least(panel, tokens - token);
        float *results = to + token * to_rows, found = kernels->magnitude(results, rows, here);
        if (isinf(found)) {
            mend_transposed(kernels, projection, x + token * projection->depth, here, results);
            found = kernels->magnitude(results, rows, here);
        }
        greatest = found > greatest ? found : greatest;
    }
    return greatest;
}

float project_panel(const Kernels *kernels, const Projection *projection, const float *x,
                    size_t tokens, size_t panel_index, float *to)
{
    size_t panel = kernels->panel, tile = kernels->tile, depth = projection->depth, k = 0;
    const float *bias = projection->bias + panel_index * panel;
    do {
        for (size_t token = 0; token < tokens; token += panel) {
            size_t here = least(panel, tokens - token);
            float *c = to + token * panel;
            PanelProduct product = {.tiles = round_up(here, tile) / tile,
                                    .columns = panel,
                                    .depth = least(DEPTH, depth - k),
                                    .a = x + token * depth + k * panel,
                                    .a_tile = tile,
                                    .a_step = panel,
                                    .b = projection->weights + panel_index * panel * depth +
                                         k * panel,
                                    .column_bias = k == 0 ? bias : NULL,
                                    .c = c};
            kernels->product(&product);
        }
        k += DEPTH;
    } while (k < depth);
    float greatest = kernels->magnitude(to, tokens, panel);
    if (!isinf(greatest))
        return greatest;
    mend_panel(kernels, projection, x, tokens, panel_index, to);
    return kernels->magnitude(to, tokens, panel);
}
