#include "difference_example.h"

#include "dot_products.h"
#include "learning.h"
#include "plot.h"
#include "random.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>
#include <stdio.h>

/* --- The operations ----------------------------------------------------------------------------
 */

enum { INPUTS = 4, T = 3, D = 4, MOST = T * D * 2 };

/* What goes into an operation and what comes out, with gradients: room for the largest. */
typedef struct Trial {
    Matrix in[INPUTS], grad[INPUTS], out, slope;
    float numbers[2 * INPUTS + 2][MOST];
} Trial;

/* An operation there and back, with the shapes of what goes in. */
typedef struct Operation {
    const char *name;
    size_t shapes[INPUTS][2]; /* 0 x 0: there is none */
    size_t rows, cols;
    Status (*forward)(const Trial *trial);
    Status (*backward)(const Trial *trial);
} Operation;

static const size_t RIGHT[T] = {3, NO_WORD, 0};

static Status loss_forward(const Trial *trial)
{
    Status status = STATUS_OK;
    double loss = 0.0;
    TRY(cross_entropy(trial->in[0], RIGHT, &loss));
    trial->out.data[0] = (float)loss;
done:
    return status;
}

static Status loss_backward(const Trial *trial)
{
    return cross_entropy_backward(trial->in[0], RIGHT, trial->slope.data[0], trial->grad[0]);
}

static Status linear_forward(const Trial *trial)
{
    return linear(trial->in[0], trial->in[1], trial->in[2], trial->out);
}

static Status linear_back(const Trial *trial)
{
    return linear_backward(trial->in[0], trial->in[1], trial->slope, trial->grad[0], trial->grad[1],
                           trial->grad[2]);
}

static Status softmax_forward(const Trial *trial)
{
    return softmax(trial->in[0], trial->out);
}

static Status softmax_back(const Trial *trial)
{
    Status status = STATUS_OK;
    TRY(softmax(trial->in[0], trial->out));
    TRY(softmax_backward(trial->out, trial->slope, trial->grad[0]));
done:
    return status;
}

static const AttentionMask CAUSAL = {.causal = true};

static Status attend(const Trial *trial, Matrix weights)
{
    return masked_attention(trial->in[0], trial->in[1], trial->in[2], attention_scale(D), &CAUSAL,
                            weights, trial->out);
}

static Status attention_forward(const Trial *trial)
{
    float weights[T * T];
    return attend(trial, matrix_view(weights, T, T));
}

static Status attention_back(const Trial *trial)
{
    Status status = STATUS_OK;
    float numbers[T * T];
    Matrix weights = matrix_view(numbers, T, T);
    HeadMatrices one = {trial->in[0], trial->in[1], trial->in[2], NO_MATRIX};
    HeadMatrices grad = {trial->grad[0], trial->grad[1], trial->grad[2], trial->slope};
    TRY(attend(trial, weights));
    TRY(attention_backward(&one, attention_scale(D), weights, &grad));
done:
    return status;
}

static LayerNorm norm_of(const Matrix *m)
{
    return (LayerNorm){m[1], m[2], DEFAULT_EPSILON};
}

static Status norm_forward(const Trial *trial)
{
    LayerNorm norm = norm_of(trial->in);
    return layer_norm(trial->in[0], &norm, trial->out);
}

static Status norm_back(const Trial *trial)
{
    LayerNorm norm = norm_of(trial->in), grad = norm_of(trial->grad);
    return layer_norm_backward(trial->in[0], &norm, trial->slope, trial->grad[0], &grad);
}

static FeedForward network_of(const Matrix *m)
{
    return (FeedForward){m[1], m[2], m[3], NO_MATRIX, ACTIVATION_GELU};
}

static Status network_forward(const Trial *trial)
{
    FeedForward network = network_of(trial->in);
    return feed_forward(trial->in[0], &network, trial->out);
}

static Status network_back(const Trial *trial)
{
    Status status = STATUS_OK;
    float numbers[MOST];
    Matrix before = matrix_view(numbers, T, trial->in[1].cols);
    FeedForward network = network_of(trial->in), grad = network_of(trial->grad);
    TRY(feed_forward_keep(trial->in[0], &network, before, trial->out));
    TRY(feed_forward_backward(trial->in[0], &network, before, trial->slope, trial->grad[0], &grad));
done:
    return status;
}

static const Operation OPERATIONS[] = {
    {"cross-entropy", {{T, D}}, 1, 1, loss_forward, loss_backward},
    {"linear layer", {{T, D}, {D, 2}, {1, 2}}, T, 2, linear_forward, linear_back},
    {"softmax", {{T, D}}, T, D, softmax_forward, softmax_back},
    {"attention, causal", {{T, D}, {T, D}, {T, 2}}, T, 2, attention_forward, attention_back},
    {"layer norm", {{T, D}, {1, D}, {1, D}}, T, D, norm_forward, norm_back},
    {"feed-forward, GELU", {{T, D}, {D, 5}, {1, 5}, {5, D}}, T, D, network_forward, network_back},
};

/* --- Differences -------------------------------------------------------------------------------
 */

static void prepare(const Operation *operation, Random *random, Trial *trial)
{
    *trial = (Trial){0};
    for (size_t i = 0; i < INPUTS; i++) {
        size_t rows = operation->shapes[i][0], cols = operation->shapes[i][1];
        trial->in[i] = matrix_view(trial->numbers[i], rows, cols);
        trial->grad[i] = matrix_view(trial->numbers[INPUTS + i], rows, cols);
        random_fill(random, 1.0, trial->in[i]);
    }
    trial->out = matrix_view(trial->numbers[2 * INPUTS], operation->rows, operation->cols);
    trial->slope = matrix_view(trial->numbers[2 * INPUTS + 1], operation->rows, operation->cols);
    random_fill(random, 1.0, trial->slope);
}

/* The loss: what comes out, times the slope that is handed back, all added up. */
static Status loss_of(const Operation *operation, const Trial *trial, double *loss)
{
    Status status = STATUS_OK;
    *loss = 0.0;
    TRY(operation->forward(trial));
    for (size_t i = 0; i < trial->out.rows * trial->out.cols; i++)
        *loss += (double)trial->out.data[i] * trial->slope.data[i];
done:
    return status;
}

static Status difference(const Operation *operation, const Trial *trial, float *number,
                         double *slope)
{
    const float STEP = 1.0f / 128.0f;
    Status status = STATUS_OK;
    float kept = *number;
    double above, below;
    *number = kept + STEP;
    TRY(loss_of(operation, trial, &above));
    *number = kept - STEP;
    TRY(loss_of(operation, trial, &below));
    *slope = (above - below) / (2.0 * STEP);
done:
    *number = kept;
    return status;
}

/* What the table says of an operation. */
typedef struct Verdict {
    size_t numbers; /* that have a gradient */
    double largest; /* gradient */
    double gap;     /* the largest one to a difference */
} Verdict;

static Status compare(const Operation *operation, const Trial *trial, Verdict *verdict)
{
    Status status = STATUS_OK;
    for (size_t i = 0; i < INPUTS; i++)
        for (size_t j = 0; j < trial->in[i].rows * trial->in[i].cols; j++) {
            double seen = 0.0, said = trial->grad[i].data[j];
            TRY(difference(operation, trial, &trial->in[i].data[j], &seen));
            verdict->numbers++;
            verdict->largest = fmax(verdict->largest, fabs(said));
            verdict->gap = fmax(verdict->gap, fabs(said - seen));
        }
done:
    return status;
}

Status show_differences(void)
{
    Status status = STATUS_OK;
    Random random = {20150507};
    printf("  %-20s%10s%18s%12s\n", "operation", "numbers", "largest gradient", "within");
    for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
        Trial trial;
        Verdict verdict = {0};
        prepare(&OPERATIONS[i], &random, &trial);
        TRY(OPERATIONS[i].backward(&trial));
        TRY(compare(&OPERATIONS[i], &trial, &verdict));
        printf("  %-20s%10zu%18.2f%12s\n", OPERATIONS[i].name, verdict.numbers, verdict.largest,
               verdict.gap < 0.001 * verdict.largest ? "0.1 %" : "NO");
    }
done:
    return status;
}

/* --- How small a step --------------------------------------------------------------------------
 */

enum { STEPS = 40 };

/* A loss of one number, in double and in float. */
static double in_double(double w)
{
    return 1.0 / (1.0 + w * w);
}

static float in_float(float w)
{
    return 1.0f / (1.0f + w * w);
}

/* How far a slope at 0.5 is off; NaN, a gap in the curve, when it is not. */
static float off(double seen)
{
    const double RIGHT_SLOPE = -0.64; /* -2 w / (1 + w^2)^2 */
    double gap = fabs(seen - RIGHT_SLOPE);
    return gap > 0.0 ? (float)gap : NAN;
}

Status show_step_sizes(void)
{
    const double W = 0.5;
    float halvings[STEPS], floats[STEPS], doubles[STEPS];
    for (int i = 0; i < STEPS; i++) {
        double step = ldexp(1.0, -i);
        float above = in_float((float)(W + step)), below = in_float((float)(W - step));
        halvings[i] = (float)i;
        floats[i] = off(((double)above - below) / (2.0 * step));
        doubles[i] = off((in_double(W + step) - in_double(W - step)) / (2.0 * step));
    }
    return plot_curves(
        &(CurvePlot){.name = "11_differences",
                     .title = "Too large a step sees the curve, too small a step sees the rounding",
                     .x_axis = "how often the step of 1 was halved",
                     .y_axis = "how far the difference is off",
                     .curves = (const Curve[]){{"loss in float", halvings, floats, STEPS},
                                               {"loss in double", halvings, doubles, STEPS}},
                     .curve_count = 2,
                     .log_y = true});
}
