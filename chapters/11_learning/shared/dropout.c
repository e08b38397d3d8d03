#include "dropout.h"

Status drop(Dropout *dropout, Matrix x, Matrix *factors)
{
    Status status = STATUS_OK;
    float larger = (float)(1.0 / (1.0 - dropout->rate));
    *factors = NO_MATRIX;
    if (dropout->rate == 0.0)
        return STATUS_OK;
    TRY(matrix_create(x.rows, x.cols, factors));
    for (size_t r = 0; r < x.rows; r++)
        for (size_t c = 0; c < x.cols; c++)
            if (random_uniform(&dropout->random) >= dropout->rate)
                matrix_row(*factors, r)[c] = larger;
    drop_backward(*factors, x); /* the same product forwards and backwards */
done:
    return status;
}

void drop_backward(Matrix factors, Matrix grad)
{
    for (size_t r = 0; r < factors.rows; r++)
        for (size_t c = 0; c < factors.cols; c++)
            matrix_row(grad, r)[c] *= matrix_row(factors, r)[c];
}
