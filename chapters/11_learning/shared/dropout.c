#include "dropout.h"

void drop_into(Dropout *dropout, Matrix x, Matrix factors)
{
    float larger = (float)(1.0 / (1.0 - dropout->rate));
    for (size_t r = 0; r < x.rows; r++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(factors, r)[c] =
                random_uniform(&dropout->random) >= dropout->rate ? larger : 0.0f;
    drop_backward(factors, x); /* the same product forwards and backwards */
}

Status drop(Dropout *dropout, Matrix x, Matrix *factors)
{
    Status status = STATUS_OK;
    *factors = NO_MATRIX;
    if (dropout->rate == 0.0)
        return STATUS_OK;
    TRY(matrix_create(x.rows, x.cols, factors));
    drop_into(dropout, x, *factors);
done:
    return status;
}

void drop_backward(Matrix factors, Matrix grad)
{
    for (size_t r = 0; r < factors.rows; r++)
        for (size_t c = 0; c < factors.cols; c++)
            matrix_row(grad, r)[c] *= matrix_row(factors, r)[c];
}
