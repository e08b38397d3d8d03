#include "depth_experiment.h"

#include "dot_products.h"
#include "masking.h"
#include "plot.h"
#include "print.h"
#include "random.h"
#include "transformer_block.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { TOKENS = 8, D_MODEL = 64, HEADS = 4, D_FF = 128, DEPTH = 64, WIRINGS = 4 };

/* How a step and what surrounds it are wired. */
typedef struct Wiring {
    const char *name;
    bool residual, norm_before, norm_behind;
} Wiring;

static const Wiring WIRED[WIRINGS] = {
    {"neither", false, false, false},
    {"residual only", true, false, false},
    {"residual, pre-norm", true, true, false},
    {"residual, post-norm", true, false, true},
};

/* --- A random block -------------------------------------------------------------------------- */

enum { W_Q, W_K, W_V, W_O, W_1, W_2, WEIGHTS };

/* The weights of one layer, and room for what it makes. */
typedef struct Layer {
    Matrix w[WEIGHTS];
    Matrix input, result; /* TOKENS x D_MODEL */
    Matrix weights;       /* (HEADS TOKENS) x TOKENS */
} Layer;

static void layer_free(Layer *layer)
{
    for (size_t i = 0; i < WEIGHTS; i++)
        matrix_free(&layer->w[i]);
    matrix_free(&layer->input);
    matrix_free(&layer->result);
    matrix_free(&layer->weights);
}

static Status layer_create(Layer *layer)
{
    *layer = (Layer){.input = NO_MATRIX};
    Status status = matrix_create(TOKENS, D_MODEL, &layer->input);
    if (status == STATUS_OK)
        status = matrix_create(TOKENS, D_MODEL, &layer->result);
    if (status == STATUS_OK)
        status = matrix_create((size_t)HEADS * TOKENS, TOKENS, &layer->weights);
    for (size_t i = 0; status == STATUS_OK && i < WEIGHTS; i++)
        status = matrix_create(i == W_2 ? D_FF : D_MODEL, i == W_1 ? D_FF : D_MODEL, &layer->w[i]);
    return status;
}

/* New weights. With this deviation a linear layer keeps the variance of what goes in. */
static void layer_fill(Random *random, Layer *layer)
{
    for (size_t i = 0; i < WEIGHTS; i++)
        random_fill(random, 1.0 / sqrt((double)layer->w[i].rows), layer->w[i]);
}

/* The attention, or the feed-forward network. */
static Status run_step(Layer *layer, bool is_attention)
{
    MultiHeadLayer attention = {.w_q = layer->w[W_Q],
                                .w_k = layer->w[W_K],
                                .w_v = layer->w[W_V],
                                .w_o = layer->w[W_O],
                                .heads = HEADS};
    FeedForward network = {
        .w_1 = layer->w[W_1], .w_2 = layer->w[W_2], .activation = ACTIVATION_RELU};
    if (!is_attention)
        return feed_forward(layer->input, &network, layer->result);
    return masked_multi_head_attention(layer->input, NO_MATRIX, &attention, &NO_MASK,
                                       layer->weights, layer->result);
}

/* One step with what surrounds it. */
static Status run_wired(Wiring wiring, bool is_attention, Layer *layer, Matrix x)
{
    LayerNorm norm = {.epsilon = DEFAULT_EPSILON};
    NormPlace in_front = wiring.norm_before ? NORM_PRE : NORM_POST;
    NormPlace behind = wiring.norm_behind ? NORM_POST : NORM_PRE;
    Status status = sublayer_input(x, &norm, in_front, layer->input);
    if (status == STATUS_OK)
        status = run_step(layer, is_attention);
    if (status == STATUS_OK && wiring.residual)
        status = sublayer_output(x, layer->result, &norm, behind, x);
    else if (status == STATUS_OK)
        status = matrix_copy(layer->result, x);
    return status;
}

/* --- The signal ------------------------------------------------------------------------------ */

/* Behind each layer, of each wiring; behind layer 0 is what goes in. */
typedef struct Curves {
    float depth[DEPTH + 1];
    float variance[WIRINGS][DEPTH + 1];
    float alike[WIRINGS][DEPTH + 1];
} Curves;

static double variance_of(Matrix x)
{
    double sum = 0.0, squares = 0.0, n = (double)(x.rows * x.cols);
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < x.cols; c++) {
            double value = matrix_row(x, t)[c];
            sum += value;
            squares += value * value;
        }
    return squares / n - sum / n * (sum / n);
}

/* The mean cosine of the first token with the others. */
static double likeness_of(Matrix x)
{
    double sum = 0.0;
    for (size_t t = 1; t < x.rows; t++)
        sum += cosine_similarity(matrix_row(x, 0), matrix_row(x, t), x.cols);
    return sum / (double)(x.rows - 1);
}

static Status run_depth(size_t wiring, Layer *layer, Matrix x, Curves *curves)
{
    Random random = {20171206}; /* the same words and weights for every wiring */
    Status status = STATUS_OK;
    random_fill(&random, 1.0, x);
    for (size_t depth = 0; status == STATUS_OK && depth <= DEPTH; depth++) {
        curves->depth[depth] = (float)depth;
        curves->variance[wiring][depth] = (float)variance_of(x);
        curves->alike[wiring][depth] = (float)likeness_of(x);
        layer_fill(&random, layer);
        status = run_wired(WIRED[wiring], true, layer, x);
        if (status == STATUS_OK)
            status = run_wired(WIRED[wiring], false, layer, x);
    }
    return status;
}

static Status measure(Curves *curves)
{
    Layer layer;
    Matrix x = NO_MATRIX;
    Status status = layer_create(&layer);
    if (status == STATUS_OK)
        status = matrix_create(TOKENS, D_MODEL, &x);
    for (size_t i = 0; status == STATUS_OK && i < WIRINGS; i++)
        status = run_depth(i, &layer, x, curves);
    layer_free(&layer);
    matrix_free(&x);
    return status;
}

/* --- Showing --------------------------------------------------------------------------------- */

static Status plot_depth(const Curves *curves)
{
    Curve lines[WIRINGS];
    for (size_t i = 0; i < WIRINGS; i++)
        lines[i] = (Curve){WIRED[i].name, curves->depth, curves->variance[i], DEPTH + 1};
    return plot_curves(&(CurvePlot){.name = "08_depth",
                                    .title = "64 layers: without residual paths the signal dies, "
                                             "without norms it explodes",
                                    .x_axis = "layers",
                                    .y_axis = "variance of the signal",
                                    .curves = lines,
                                    .curve_count = WIRINGS,
                                    .log_y = true});
}

static void print_depth(const Curves *curves)
{
    static const size_t AT[] = {0, 1, 4, 16, 64};
    enum { COLUMNS = sizeof AT / sizeof *AT };
    printf("variance of the signal\n  %-20s", "layers");
    for (size_t c = 0; c < COLUMNS; c++)
        printf("%9zu", AT[c]);
    for (size_t i = 0; i < WIRINGS; i++) {
        printf("\n  %-20s", WIRED[i].name);
        for (size_t c = 0; c < COLUMNS; c++)
            printf("%9.2g", (double)curves->variance[i][AT[c]]);
    }
    printf("\nhow alike the words are: mean cosine\n");
    for (size_t i = 0; i < WIRINGS; i++) {
        printf("  %-20s", WIRED[i].name);
        for (size_t c = 0; c < COLUMNS; c++)
            printf("%9.2f", (double)curves->alike[i][AT[c]]);
        putchar('\n');
    }
}

Status show_depth(void)
{
    Curves curves;
    Status status = measure(&curves);
    if (status != STATUS_OK)
        return status;
    print_depth(&curves);
    return plot_depth(&curves);
}
