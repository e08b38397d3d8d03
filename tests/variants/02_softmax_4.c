/* A row is two halves, each with its maximum and its sum, joined: a tree instead of a loop. */
#include "softmax.h"

#include <math.h>

typedef struct Part {
    double greatest, sum;
} Part;

static double decay(double score, Part part)
{
    return score == -INFINITY ? 0.0 : exp(score - part.greatest);
}

static Part joined(Part a, Part b)
{
    Part both = {a.greatest > b.greatest || isnan(a.greatest) ? a.greatest : b.greatest, 0.0};
    both.sum = a.sum * decay(a.greatest, both) + b.sum * decay(b.greatest, both);
    return both;
}

static Part total(const float *x, size_t n, double temperature)
{
    if (n < 2)
        return n == 0 || *x == -INFINITY ? (Part){-INFINITY, 0.0} : (Part){*x / temperature, 1.0};
    return joined(total(x, n / 2, temperature), total(x + n / 2, n - n / 2, temperature));
}

static void weigh(const float *x, size_t n, double temperature, float *out)
{
    Part all = total(x, n, temperature);
    while (n-- > 0)
        *out++ = (float)(decay(*x++ / temperature, all) / (all.sum == 0.0 ? 1.0 : all.sum));
}

void softmax_row(const float *x, size_t n, float *out)
{
    weigh(x, n, 1.0, out);
}

Status softmax_with_temperature(Matrix x, float temperature, Matrix out)
{
    Status status = matrix_expect("softmax", "out", out, x.rows, x.cols, "as x");
    if (status == STATUS_OK && !(temperature > 0.0f && temperature < INFINITY))
        status = fail(STATUS_VALUE, "the temperature is %g", (double)temperature);
    if (status == STATUS_OK)
        while (x.rows-- > 0)
            weigh(matrix_row(x, x.rows), x.cols, temperature, matrix_row(out, x.rows));
    return status;
}

float log_sum_exp(const float *x, size_t n)
{
    Part all = total(x, n, 1.0);
    return isinf(all.greatest) ? (float)all.greatest : (float)(all.greatest + log(all.sum));
}

float entropy_bits(const float *weights, size_t n)
{
    if (n == 0)
        return 0.0f;
    float rest = entropy_bits(weights + 1, n - 1);
    return *weights == 0.0f ? rest : rest - *weights * log2f(*weights);
}
