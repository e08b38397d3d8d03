#include "blocks.h"

#include "layers.h"

#include <math.h>

LayerNorm random_norm(Random *random, bool shift, size_t d_model)
{
    return (LayerNorm){.gain = random_matrix(random, 1, d_model, 1.0),
                       .shift = random_bias(random, shift, d_model),
                       .epsilon = random_between(random, 0, 1) == 0 ? 0.1F : 0.01F};
}

MultiHeadLayer random_attention(Random *random, bool biases, size_t d_model, size_t heads)
{
    LayerSizes sizes = {d_model, heads, random_between(random, 1, 4), random_between(random, 1, 3),
                        d_model};
    return random_layer(random, sizes, biases);
}

FeedForward random_network(Random *random, bool biases, size_t d_model)
{
    size_t d_ff = random_between(random, 1, 9);
    return (FeedForward){.w_1 = random_weight(random, d_model, d_ff),
                         .b_1 = random_bias(random, biases, d_ff),
                         .w_2 = random_weight(random, d_ff, d_model),
                         .b_2 = random_bias(random, biases, d_model),
                         .activation = (Activation)random_between(random, 0, 2)};
}

Table oracle_norm(Table x, const LayerNorm *norm)
{
    Table out = table_create(x.rows, x.cols);
    double n = (double)x.cols;
    for (size_t t = 0; t < x.rows; t++) {
        const double *from = x.data + t * x.cols;
        double mean = 0, squares = 0;
        for (size_t c = 0; c < x.cols; c++)
            mean += from[c] / n;
        for (size_t c = 0; c < x.cols; c++)
            squares += (from[c] - mean) * (from[c] - mean);
        for (size_t c = 0; c < x.cols; c++) {
            double y = (from[c] - mean) / sqrt(squares / n + norm->epsilon);
            y *= norm->gain.data != NULL ? norm->gain.data[c] : 1;
            y += norm->shift.data != NULL ? norm->shift.data[c] : 0;
            out.data[t * x.cols + c] = y;
        }
    }
    return out;
}

static double activated(Activation activation, double x)
{
    double pi = acos(-1.0);
    switch (activation) {
    case ACTIVATION_RELU: return fmax(x, 0);
    case ACTIVATION_GELU: return x * 0.5 * erfc(-x / sqrt(2.0));
    default: return x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * pow(x, 3))));
    }
}

Table oracle_network(Table x, const FeedForward *network)
{
    Table hidden = oracle_affine(x, network->w_1, network->b_1);
    for (size_t i = 0; i < hidden.rows * hidden.cols; i++)
        hidden.data[i] = activated(network->activation, hidden.data[i]);
    return oracle_affine(hidden, network->w_2, network->b_2);
}

Table oracle_step_input(Table x, const LayerNorm *norm, NormPlace place)
{
    return place == NORM_PRE ? oracle_norm(x, norm) : x;
}

Table oracle_step_output(Table x, Table made, const LayerNorm *norm, NormPlace place)
{
    Table sum = table_create(x.rows, x.cols);
    for (size_t i = 0; i < x.rows * x.cols; i++)
        sum.data[i] = x.data[i] + made.data[i];
    return place == NORM_PRE ? sum : oracle_norm(sum, norm);
}
