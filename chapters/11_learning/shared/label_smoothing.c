/*
 * The loss is linear in the label. So what smoothing changes needs no softmax: the right word gives
 * a share of its label away, and gets back as much of that as any other.
 */
#include "label_smoothing.h"

#include "learning.h"

/* By how much the mean of a row's logits is below the right word's. */
static double lead(const float *row, size_t n, size_t right)
{
    double lead = 0.0;
    for (size_t j = 0; j < n; j++)
        lead += ((double)row[right] - row[j]) / (double)n;
    return lead;
}

static size_t count_rows(const size_t *right, size_t rows)
{
    size_t count = 0;
    for (size_t t = 0; t < rows; t++)
        count += right[t] != NO_WORD;
    return count;
}

Status smoothed_cross_entropy(Matrix logits, const size_t *right, double smoothing, double *loss)
{
    Status status = STATUS_OK;
    double share = smoothing / (double)count_rows(right, logits.rows);
    TRY(cross_entropy(logits, right, loss));
    for (size_t t = 0; t < logits.rows && smoothing > 0.0; t++) /* 0 times infinity is NaN */
        if (right[t] != NO_WORD)
            *loss += share * lead(matrix_row(logits, t), logits.cols, right[t]);
done:
    return status;
}

Status smoothed_cross_entropy_backward(Matrix logits, const size_t *right, double smoothing,
                                       double grad_loss, Matrix grad_logits)
{
    Status status = STATUS_OK;
    double share = smoothing * grad_loss / (double)count_rows(right, logits.rows);
    TRY(cross_entropy_backward(logits, right, grad_loss, grad_logits));
    for (size_t t = 0; t < logits.rows; t++) {
        float *grad = matrix_row(grad_logits, t);
        if (right[t] == NO_WORD)
            continue;
        grad[right[t]] += (float)share;
        for (size_t j = 0; j < logits.cols; j++)
            grad[j] -= (float)(share / (double)logits.cols);
    }
done:
    return status;
}
