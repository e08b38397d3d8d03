#include "extra.h"

#include "self_attention.h"
#include "softmax.h"

#include <math.h>

/* The root of the mean squared distance from the mean. */
static float standard_deviation(Matrix scores)
{
    double sum = 0.0, squares = 0.0, count = (double)scores.rows * (double)scores.cols;
    for (size_t i = 0; i < scores.rows; i++)
        for (size_t j = 0; j < scores.cols; j++)
            sum += matrix_row(scores, i)[j];
    for (size_t i = 0; i < scores.rows; i++)
        for (size_t j = 0; j < scores.cols; j++)
            squares += pow(matrix_row(scores, i)[j] - sum / count, 2.0);
    return (float)sqrt(squares / count);
}

static float mean_entropy(Matrix weights)
{
    double sum = 0.0;
    for (size_t i = 0; i < weights.rows; i++)
        sum += entropy_bits(matrix_row(weights, i), weights.cols);
    return (float)(sum / (double)weights.rows);
}

Status measure_scale(Matrix q, Matrix k, float scale, ScoreSpread *result)
{
    Status status = STATUS_OK;
    Matrix scores = NO_MATRIX;
    if (q.rows == 0 || k.rows == 0)
        return fail(STATUS_SHAPE,
                    "measure_scale: q is %zux%zu and k is %zux%zu, but there must be a query and "
                    "a key to make a score",
                    q.rows, q.cols, k.rows, k.cols);
    TRY(matrix_create(q.rows, k.rows, &scores));
    TRY(attention_scores(q, k, scale, scores));
    float deviation = standard_deviation(scores);
    TRY(softmax(scores, scores));
    *result = (ScoreSpread){deviation, mean_entropy(scores)};
done:
    matrix_free(&scores);
    return status;
}

LayerCost self_attention_cost(size_t tokens, size_t d)
{
    double t = (double)tokens;
    return (LayerCost){.multiplications = 2 * t * t * (double)d, .steps = 1, .path = 1};
}

LayerCost recurrent_cost(size_t tokens, size_t d)
{
    double width = (double)d;
    return (LayerCost){.multiplications = (double)tokens * width * width,
                       .steps = tokens,
                       .path = tokens > 1 ? tokens - 1 : 0};
}
