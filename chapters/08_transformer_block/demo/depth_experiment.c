#include "depth_experiment.h"

#include "dot_products.h"
#include "head_splitting.h"
#include "plot.h"
#include "random.h"
#include "self_attention.h"
#include "transformer_block.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { TOKENS = 8, D_MODEL = 64, HEADS = 4, D_FF = 128, DEPTH = 64, WIRINGS = 5 };

/* How a step and what surrounds it are wired. */
typedef struct Wiring {
    const char *name;
    bool residual, norm_before, norm_behind;
} Wiring;

static const Wiring WIRED[WIRINGS] = {
    {"neither", false, false, false},           {"norm only", false, false, true},
    {"residual only", true, false, false},      {"residual, pre-norm", true, true, false},
    {"residual, post-norm", true, false, true},
};

/* --- A random block -------------------------------------------------------------------------- */

enum { W_Q, W_K, W_V, W_O, W_1, W_2, WEIGHTS };
enum { INPUT, Q, K, V, CONCAT, RESULT, SEQUENCES };

/* The weights of one layer, and room for what it makes. With all memory allocated beforehand, what
 * the chapters compute here cannot run out of it: one look at the end is enough. */
typedef struct Layer {
    Matrix w[WEIGHTS];
    Matrix made[SEQUENCES]; /* TOKENS x D_MODEL */
    Matrix hidden;          /* TOKENS x D_FF */
    Matrix weights;         /* TOKENS x TOKENS, for one head after the other */
    Status failure;         /* the first one; what is computed after it means nothing */
} Layer;

static void note(Layer *layer, Status status)
{
    if (layer->failure == STATUS_OK)
        layer->failure = status;
}

static void layer_free(Layer *layer)
{
    for (size_t i = 0; i < WEIGHTS; i++)
        matrix_free(&layer->w[i]);
    for (size_t i = 0; i < SEQUENCES; i++)
        matrix_free(&layer->made[i]);
    matrix_free(&layer->hidden);
    matrix_free(&layer->weights);
}

static Status layer_create(Layer *layer)
{
    Status status = STATUS_OK;
    *layer = (Layer){.hidden = NO_MATRIX};
    TRY(matrix_create(TOKENS, D_FF, &layer->hidden));
    TRY(matrix_create(TOKENS, TOKENS, &layer->weights));
    for (size_t i = 0; i < WEIGHTS; i++)
        TRY(matrix_create(i == W_2 ? D_FF : D_MODEL, i == W_1 ? D_FF : D_MODEL, &layer->w[i]));
    for (size_t i = 0; i < SEQUENCES; i++)
        TRY(matrix_create(TOKENS, D_MODEL, &layer->made[i]));
done:
    return status;
}

/* New weights. With this deviation a linear layer keeps the variance of what goes in. */
static void layer_fill(Random *random, Layer *layer)
{
    for (size_t i = 0; i < WEIGHTS; i++)
        random_fill(random, 1.0 / sqrt((double)layer->w[i].rows), layer->w[i]);
}

static void attend_head(Layer *layer, size_t head)
{
    Matrix views[SEQUENCES] = {NO_MATRIX}; /* TOKENS x D_MODEL / HEADS */
    for (size_t i = Q; i <= CONCAT; i++)
        note(layer, head_view(layer->made[i], HEADS, head, &views[i]));
    note(layer,
         scaled_dot_product_attention(views[Q], views[K], views[V], attention_scale(views[Q].cols),
                                      layer->weights, views[CONCAT]));
}

static void run_attention(Layer *layer)
{
    Matrix *made = layer->made;
    note(layer, linear(made[INPUT], layer->w[W_Q], NO_MATRIX, made[Q]));
    note(layer, linear(made[INPUT], layer->w[W_K], NO_MATRIX, made[K]));
    note(layer, linear(made[INPUT], layer->w[W_V], NO_MATRIX, made[V]));
    for (size_t h = 0; h < HEADS; h++)
        attend_head(layer, h);
    note(layer, linear(made[CONCAT], layer->w[W_O], NO_MATRIX, made[RESULT]));
}

static void run_network(Layer *layer)
{
    note(layer, linear(layer->made[INPUT], layer->w[W_1], NO_MATRIX, layer->hidden));
    for (size_t i = 0; i < (size_t)TOKENS * D_FF; i++)
        layer->hidden.data[i] = activate(ACTIVATION_RELU, layer->hidden.data[i]);
    note(layer, linear(layer->hidden, layer->w[W_2], NO_MATRIX, layer->made[RESULT]));
}

/* One step with what surrounds it. */
static void run_wired(Wiring wiring, void (*step)(Layer *layer), Layer *layer, Matrix x)
{
    LayerNorm norm = {.epsilon = DEFAULT_EPSILON};
    NormPlace in_front = wiring.norm_before ? NORM_PRE : NORM_POST;
    NormPlace behind = wiring.norm_behind ? NORM_POST : NORM_PRE;
    note(layer, sublayer_input(x, &norm, in_front, layer->made[INPUT]));
    step(layer);
    if (wiring.residual)
        note(layer, sublayer_output(x, layer->made[RESULT], &norm, behind, x));
    else if (wiring.norm_behind)
        note(layer, layer_norm(layer->made[RESULT], &norm, x));
    else
        note(layer, matrix_copy(layer->made[RESULT], x));
}

/* --- The signal ------------------------------------------------------------------------------ */

/* After each layer, for each wiring; layer 0 is the input. */
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

static void measure_layer(const Matrix x[WIRINGS], size_t depth, Curves *curves)
{
    curves->depth[depth] = (float)depth;
    for (size_t i = 0; i < WIRINGS; i++) {
        curves->variance[i][depth] = (float)variance_of(x[i]);
        curves->alike[i][depth] = (float)likeness_of(x[i]);
    }
}

/* Every wiring has the same weights. */
static Status run_depth(Layer *layer, const Matrix x[WIRINGS], Curves *curves)
{
    Random random = {20171206};
    random_fill(&random, 1.0, x[0]);
    for (size_t i = 1; i < WIRINGS; i++)
        note(layer, matrix_copy(x[0], x[i]));
    measure_layer(x, 0, curves);
    for (size_t depth = 1; depth <= DEPTH; depth++) {
        layer_fill(&random, layer);
        for (size_t i = 0; i < WIRINGS; i++) {
            run_wired(WIRED[i], run_attention, layer, x[i]);
            run_wired(WIRED[i], run_network, layer, x[i]);
        }
        measure_layer(x, depth, curves);
    }
    return layer->failure;
}

static Status measure(Curves *curves)
{
    Status status = STATUS_OK;
    Layer layer = {0};
    Matrix x[WIRINGS] = {NO_MATRIX};
    TRY(layer_create(&layer));
    for (size_t i = 0; i < WIRINGS; i++)
        TRY(matrix_create(TOKENS, D_MODEL, &x[i]));
    TRY(run_depth(&layer, x, curves));
done:
    layer_free(&layer);
    for (size_t i = 0; i < WIRINGS; i++)
        matrix_free(&x[i]);
    return status;
}

/* --- Showing --------------------------------------------------------------------------------- */

/* Only what is within these is drawn: with fifty decades on the axis, all else would be flat. */
static const float LEAST_DRAWN = 1e-3F, MOST_DRAWN = 1e3F;

static Status plot_wirings(const Curves *curves, float y[WIRINGS][DEPTH + 1], CurvePlot plot)
{
    Curve lines[WIRINGS];
    for (size_t i = 0; i < WIRINGS; i++)
        lines[i] = (Curve){WIRED[i].name, curves->depth, y[i], DEPTH + 1};
    plot.x_axis = "layers";
    plot.curves = lines;
    plot.curve_count = WIRINGS;
    return plot_curves(&plot);
}

static Status plot_depth(Curves *curves)
{
    Status status = STATUS_OK;
    for (size_t i = 0; i < WIRINGS; i++)
        for (size_t depth = 0; depth <= DEPTH; depth++)
            if (curves->variance[i][depth] < LEAST_DRAWN || curves->variance[i][depth] > MOST_DRAWN)
                curves->variance[i][depth] = NAN;
    TRY(plot_wirings(
        curves, curves->variance,
        (CurvePlot){.name = "08_depth",
                    .title = "Without norms the signal dies or explodes within ten layers",
                    .y_axis = "variance of the signal",
                    .log_y = true}));
    TRY(plot_wirings(curves, curves->alike,
                     (CurvePlot){.name = "08_likeness",
                                 .title = "Without residual paths all words become the same",
                                 .y_axis = "how alike the words are: mean cosine"}));
done:
    return status;
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
    Status status = STATUS_OK;
    Curves curves;
    TRY(measure(&curves));
    print_depth(&curves);
    TRY(plot_depth(&curves));
done:
    return status;
}
