/* No powers, hypot() for the length, and each row of a table collects the gradients of its word. */
#include "learning.h"

#include "gradients.h"

#include <math.h>

static Status expect_shape_of(Matrix w, Matrix a, Matrix b)
{
    return a.rows == w.rows && b.rows == w.rows && a.cols == w.cols && b.cols == w.cols
               ? STATUS_OK
               : fail(STATUS_SHAPE, "a step: what belongs to w is not of its shape");
}

Status sgd_step(double rate, Matrix grad, Matrix w)
{
    Status status = expect_shape_of(w, grad, grad);
    for (; status == STATUS_OK && w.rows > 0;
         w.rows--, w.data += w.stride, grad.data += grad.stride)
        for (size_t c = 0; c < w.cols; c++)
            w.data[c] = (float)fma(-rate, grad.data[c], w.data[c]);
    return status;
}

Status momentum_step(double rate, double momentum, Matrix grad, Matrix velocity, Matrix w)
{
    Status status = expect_shape_of(w, grad, velocity);
    for (size_t i = 0; status == STATUS_OK && i < w.rows * w.cols; i++) {
        size_t r = i % w.rows, c = i / w.rows;
        double speed =
            momentum * (double)matrix_row(velocity, r)[c] + (double)matrix_row(grad, r)[c];
        matrix_row(velocity, r)[c] = (float)speed;
        matrix_row(w, r)[c] -= (float)(rate * speed);
    }
    return status;
}

static double power(double base, size_t exponent)
{
    double half = exponent < 2 ? 1.0 : power(base, exponent / 2);
    return half * half * (exponent % 2 == 1 ? base : 1.0);
}

Status adam_step(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    if (step < 1)
        return fail(STATUS_VALUE, "adam_step: step %zu", step);
    double of_squares = sqrt(1.0 - power(adam->beta_2, step)),
           rate = adam->rate / (1.0 - power(adam->beta_1, step));
    Status status = expect_shape_of(w, grad, moments->mean);
    if (status == STATUS_OK)
        status = expect_shape_of(w, grad, moments->squares);
    for (size_t c = 0; status == STATUS_OK && c < w.cols; c++)
        for (size_t r = 0; r < w.rows; r++) {
            float *mean = &matrix_row(moments->mean, r)[c],
                  *squares = &matrix_row(moments->squares, r)[c];
            double g = (double)matrix_row(grad, r)[c], kept = (double)matrix_row(w, r)[c];
            *mean += (float)((1.0 - adam->beta_1) * (g - (double)*mean));
            *squares += (float)((1.0 - adam->beta_2) * (g * g - (double)*squares));
            kept *= 1.0 - adam->rate * adam->weight_decay;
            kept -= rate * (double)*mean * of_squares /
                    (sqrt((double)*squares) + adam->epsilon * of_squares);
            matrix_row(w, r)[c] = (float)kept;
        }
    return status;
}

double clip_gradients(const Matrix *grads, size_t count, double limit)
{
    double length = 0.0;
    for (int is_known = 0; is_known < 2; is_known++)
        for (const Matrix *grad = grads; grad < grads + count; grad++)
            for (size_t i = 0; i < grad->rows * grad->cols; i++) {
                float *number = &matrix_row(*grad, i / grad->cols)[i % grad->cols];
                if (!is_known)
                    length = isnan(*number) || isnan(length) ? NAN : hypot(length, *number);
                else if (isfinite(length) && length > limit)
                    *number = (float)(*number / length * limit);
            }
    return length;
}

Status embed_backward(const size_t *words, size_t count, size_t first, Matrix grad_out,
                      const Embedding *grad)
{
    Status status = STATUS_OK;
    Matrix table = grad->words, places = grad->positions;
    TRY(matrix_expect("embed_backward", "grad_out", grad_out, count, grad_out.cols, "T x d_model"));
    TRY(gradient_expect("embed_backward", "words", table, table.rows, grad_out.cols));
    TRY(gradient_expect("embed_backward", "positions", places, places.rows, grad_out.cols));
    for (size_t t = 0; t < count; t++)
        if ((table.data != NULL && words[t] >= table.rows) ||
            (places.data != NULL && (first >= places.rows || t >= places.rows - first)))
            return fail(STATUS_VALUE, "embed_backward: word %zu of %zu", t, count);
    for (size_t row = 0; row < table.rows; row++)
        for (size_t c = 0; c < table.cols; c++) {
            double sum = 0.0;
            for (size_t t = 0; t < count; t++)
                sum += words[t] == row ? (double)matrix_row(grad_out, t)[c] : 0.0;
            matrix_row(table, row)[c] += (float)(sum * sqrt((double)table.cols));
        }
    for (size_t place = first; place < places.rows && place - first < count; place++)
        for (size_t c = 0; c < places.cols; c++)
            matrix_row(places, place)[c] += matrix_row(grad_out, place - first)[c];
done:
    return status;
}

Status mean_pool_backward(size_t padding, Matrix grad_out, Matrix grad_x)
{
    if (grad_x.rows < padding)
        return fail(STATUS_VALUE, "mean_pool_backward: %zu of %zu", padding, grad_x.rows);
    Status status =
        matrix_expect("mean_pool_backward", "grad_out", grad_out, 1, grad_x.cols, "1 x d_model");
    double share = 1.0 / (double)(grad_x.rows - padding);
    for (size_t c = 0; status == STATUS_OK && c < grad_x.cols; c++)
        for (size_t t = grad_x.rows - padding; t-- > 0;)
            matrix_row(grad_x, t)[c] += (float)(share * (double)grad_out.data[c]);
    return status;
}

float activation_slope(Activation activation, float x)
{
    double d = x, pi = acos(-1.0), cubic = sqrt(8.0 / pi) * (d + 0.044715 * d * d * d);
    double sigmoid = 1.0 / (1.0 + exp(-cubic)), slope = sqrt(8.0 / pi) * (1.0 + 0.134145 * d * d);
    switch (activation) {
    case ACTIVATION_RELU: return isnan(x) ? x : (float)(x > 0.0f);
    case ACTIVATION_GELU:
        return (float)(erfc(-d / sqrt(2.0)) / 2.0 + d * exp(-d * d / 2.0) / sqrt(2.0 * pi));
    case ACTIVATION_GELU_TANH: return (float)(sigmoid + d * slope * sigmoid * (1.0 - sigmoid));
    }
    return NAN;
}

Status linear_backward(Matrix x, Matrix w, Matrix grad_out, Matrix grad_x, Matrix grad_w,
                       Matrix grad_b)
{
    if (x.cols != w.rows || grad_out.rows != x.rows || grad_out.cols != w.cols)
        return fail(STATUS_SHAPE, "linear_backward: the shapes do not fit");
    Status status = STATUS_OK;
    TRY(gradient_expect("linear_backward", "grad_x", grad_x, x.rows, x.cols));
    TRY(gradient_expect("linear_backward", "grad_w", grad_w, w.rows, w.cols));
    TRY(gradient_expect("linear_backward", "grad_b", grad_b, 1, w.cols));
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < w.cols; c++) {
            float g = matrix_row(grad_out, t)[c];
            for (size_t i = 0; i < grad_x.cols; i++)
                matrix_row(grad_x, t)[i] += g * matrix_row(w, i)[c];
            for (size_t i = 0; i < grad_w.rows; i++)
                matrix_row(grad_w, i)[c] += g * matrix_row(x, t)[i];
            if (grad_b.data != NULL)
                grad_b.data[c] += g;
        }
done:
    return status;
}
