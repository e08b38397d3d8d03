/* The steps that learn: from a gradient to a better parameter. */
#include "learning.h"

#include <math.h>

/* What belongs to a parameter has its shape. */
static Status expect_like(const char *function, const char *name, Matrix matrix, Matrix w)
{
    return matrix_expect(function, name, matrix, w.rows, w.cols, "the shape of w");
}

Status sgd_step(double rate, Matrix grad, Matrix w)
{
    Status status = STATUS_OK;
    TRY(expect_like("sgd_step", "grad", grad, w));
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++) {
            float *value = &matrix_row(w, r)[c];
            *value = (float)(*value - rate * matrix_row(grad, r)[c]);
        }
done:
    return status;
}

Status momentum_step(double rate, double momentum, Matrix grad, Matrix velocity, Matrix w)
{
    Status status = STATUS_OK;
    TRY(expect_like("momentum_step", "grad", grad, w));
    TRY(expect_like("momentum_step", "velocity", velocity, w));
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++) {
            float *speed = &matrix_row(velocity, r)[c];
            *speed = (float)(momentum * *speed + matrix_row(grad, r)[c]);
        }
    TRY(sgd_step(rate, velocity, w));
done:
    return status;
}

/* Moves an average a little towards a number. */
static void average(float *mean, double stays, double number)
{
    *mean = (float)(stays * *mean + (1.0 - stays) * number);
}

/* Zeros stand in both averages at first; dividing by the share that is not zeros takes them out. */
static void adam_number(const Adam *adam, size_t step, double slope, float *mean, float *squares,
                        float *w)
{
    average(mean, adam->beta_1, slope);
    average(squares, adam->beta_2, slope * slope);
    double true_mean = *mean / (1.0 - pow(adam->beta_1, (double)step));
    double true_squares = *squares / (1.0 - pow(adam->beta_2, (double)step));
    double move = true_mean / (sqrt(true_squares) + adam->epsilon) + adam->weight_decay * *w;
    *w = (float)(*w - adam->rate * move);
}

Status adam_step(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    Status status = STATUS_OK;
    if (step == 0)
        return fail(STATUS_VALUE, "adam_step: step 0, but the first step is 1");
    TRY(expect_like("adam_step", "grad", grad, w));
    TRY(expect_like("adam_step", "mean", moments->mean, w));
    TRY(expect_like("adam_step", "squares", moments->squares, w));
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++)
            adam_number(adam, step, matrix_row(grad, r)[c], &matrix_row(moments->mean, r)[c],
                        &matrix_row(moments->squares, r)[c], &matrix_row(w, r)[c]);
done:
    return status;
}

static double sum_of_squares(Matrix matrix)
{
    double sum = 0.0;
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            sum += (double)matrix_row(matrix, r)[c] * matrix_row(matrix, r)[c];
    return sum;
}

double clip_gradients(const Matrix *grads, size_t count, double limit)
{
    double squares = 0.0;
    for (size_t i = 0; i < count; i++)
        squares += sum_of_squares(grads[i]);
    double length = sqrt(squares);
    if (!(length > limit) || isinf(length))
        return length;
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < grads[i].rows; r++)
            for (size_t c = 0; c < grads[i].cols; c++)
                matrix_row(grads[i], r)[c] *= (float)(limit / length);
    return length;
}
