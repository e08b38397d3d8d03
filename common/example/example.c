/*
 * The hand-made layer of the example. A projection says, for each meaning of a word (a row), into
 * which column of the result it goes, and how strongly. Rows are in the order of EXAMPLE_COLUMNS.
 */
#include "example.h"

enum { BOTH = EXAMPLE_HEADS * EXAMPLE_D_K };

const char EXAMPLE_RIVER[] = "she sat on the river bank";
const char EXAMPLE_MONEY[] = "he put money in the bank";

/* clang-format off */

/* What a word asks.   sense: is it water? money? | who: who acts? what is done?
                       which place? a real word?  |      where?    what is done with it? */
static const float W_Q[EXAMPLE_D_MODEL][BOTH] = {
    /* free   */ {0, 0, 0, 0,   0, 0, 0, 0},
    /* free   */ {0, 0, 0, 0,   0, 0, 0, 0},
    /* place  */ {1, 1, 0, 0,   0, 0, 0, 0},
    /* being  */ {0, 0, 1, 0,   0, 1, 0, 0},
    /* water  */ {0, 0, 0, 0,   0, 0, 0, 1},
    /* action */ {0, 0, 1, 0,   1, 0, 0, 0},
    /* money  */ {0, 0, 0, 0,   0, 0, 0, 1},
    /* link   */ {0, 0, 0, 1,   0, 0, 1, 0},
};

/* What a word answers. sense: water, money, place, minus link | who: being, action, place, action */
static const float W_K[EXAMPLE_D_MODEL][BOTH] = {
    /* free   */ {0, 0, 0,  0,   0, 0, 0, 0},
    /* free   */ {0, 0, 0,  0,   0, 0, 0, 0},
    /* place  */ {0, 0, 1,  0,   0, 0, 1, 0},
    /* being  */ {0, 0, 0,  0,   1, 0, 0, 0},
    /* water  */ {1, 0, 0,  0,   0, 0, 0, 0},
    /* action */ {0, 0, 0,  0,   0, 1, 0, 1},
    /* money  */ {0, 1, 0,  0,   0, 0, 0, 0},
    /* link   */ {0, 0, 0, -1,   0, 0, 0, 0},
};

/* What a word hands over. sense: water, money, being, action | who: being, action, place, link */
static const float W_V[EXAMPLE_D_MODEL][BOTH] = {
    /* free   */ {0, 0, 0, 0,   0, 0, 0, 0},
    /* free   */ {0, 0, 0, 0,   0, 0, 0, 0},
    /* place  */ {0, 0, 0, 0,   0, 0, 1, 0},
    /* being  */ {0, 0, 1, 0,   1, 0, 0, 0},
    /* water  */ {1, 0, 0, 0,   0, 0, 0, 0},
    /* action */ {0, 0, 0, 1,   0, 1, 0, 0},
    /* money  */ {0, 1, 0, 0,   0, 0, 0, 0},
    /* link   */ {0, 0, 0, 0,   0, 0, 0, 1},
};

/* Back to the meanings of the columns: `sense` counts in full, `who` by half. */
static const float W_O[BOTH][EXAMPLE_D_MODEL] = {
    /*         free free place  being water action money link */
    /* water  */ {0, 0, 0.0f,   0.0f, 1.0f,  0.0f, 0.0f, 0.0f},
    /* money  */ {0, 0, 0.0f,   0.0f, 0.0f,  0.0f, 1.0f, 0.0f},
    /* being  */ {0, 0, 0.0f,   1.0f, 0.0f,  0.0f, 0.0f, 0.0f},
    /* action */ {0, 0, 0.0f,   0.0f, 0.0f,  1.0f, 0.0f, 0.0f},
    /* being  */ {0, 0, 0.0f,   0.5f, 0.0f,  0.0f, 0.0f, 0.0f},
    /* action */ {0, 0, 0.0f,   0.0f, 0.0f,  0.5f, 0.0f, 0.0f},
    /* place  */ {0, 0, 0.5f,   0.0f, 0.0f,  0.0f, 0.0f, 0.0f},
    /* link   */ {0, 0, 0.0f,   0.0f, 0.0f,  0.0f, 0.0f, 0.5f},
};

/*
 * The previous-word head. Its keys are three times the first wave of a position t, (sin t, cos t);
 * its queries are four times that wave one step back, (sin(t - 1), cos(t - 1)), which is the
 * wave at t turned by one radian: cos 1 = 0.54, sin 1 = 0.84.
 */
static const float PREVIOUS_W_Q[EXAMPLE_D_MODEL][EXAMPLE_D_K] = {
    /* free   */ { 2.16f, 3.36f, 0, 0},
    /* free   */ {-3.36f, 2.16f, 0, 0},
};
static const float PREVIOUS_W_K[EXAMPLE_D_MODEL][EXAMPLE_D_K] = {
    /* free   */ {3, 0, 0, 0},
    /* free   */ {0, 3, 0, 0},
};

/* clang-format on */

/* A view of a constant table. A Matrix has no const of its own; this one must only be read. */
static Matrix table(const float *first, size_t rows, size_t cols)
{
    return matrix_view((float *)first, rows, cols);
}

/* One head's columns of a table for both heads. */
static Matrix head_of(Matrix both, size_t head)
{
    return (Matrix){both.data + head * EXAMPLE_D_K, both.rows, EXAMPLE_D_K, both.stride};
}

ExampleLayer example_layer(void)
{
    static const char *const NAMES[EXAMPLE_HEADS] = {"sense", "who"};
    ExampleLayer layer = {
        .w_q = table(&W_Q[0][0], EXAMPLE_D_MODEL, BOTH),
        .w_k = table(&W_K[0][0], EXAMPLE_D_MODEL, BOTH),
        .w_v = table(&W_V[0][0], EXAMPLE_D_MODEL, BOTH),
        .w_o = table(&W_O[0][0], BOTH, EXAMPLE_D_MODEL),
    };
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        layer.heads[h] = (ExampleHead){NAMES[h], head_of(layer.w_q, h), head_of(layer.w_k, h),
                                       head_of(layer.w_v, h)};
    return layer;
}

ExampleHead example_previous_head(void)
{
    return (ExampleHead){
        .name = "previous",
        .w_q = table(&PREVIOUS_W_Q[0][0], EXAMPLE_D_MODEL, EXAMPLE_D_K),
        .w_k = table(&PREVIOUS_W_K[0][0], EXAMPLE_D_MODEL, EXAMPLE_D_K),
        .w_v = example_layer().heads[0].w_v,
    };
}
