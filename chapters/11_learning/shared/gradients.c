#include "gradients.h"

Status gradient_expect(const char *function, const char *name, Matrix grad, size_t rows,
                       size_t cols)
{
    if (grad.data == NULL)
        return STATUS_OK;
    return matrix_expect(function, name, grad, rows, cols, "the shape of what it belongs to");
}
