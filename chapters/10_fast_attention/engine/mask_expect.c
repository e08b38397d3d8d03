#include "mask_expect.h"

#include "matrix.h"

static Status expect_ones_and_zeros(const char *function, Matrix allowed)
{
    for (size_t r = 0; r < allowed.rows; r++)
        for (size_t c = 0; c < allowed.cols; c++) {
            float value = matrix_row(allowed, r)[c];
            if (value != 0.0f && value != 1.0f)
                return fail(STATUS_VALUE,
                            "%s: the mask holds %g at row %zu, column %zu, expected 1 (may attend) "
                            "or 0 (blocked)",
                            function, (double)value, r, c);
        }
    return STATUS_OK;
}

Status mask_expect(const char *function, const AttentionMask *mask, size_t heads, size_t queries,
                   size_t keys)
{
    Matrix allowed = mask->allowed, bias = mask->bias;
    size_t bias_rows = bias.rows == heads * queries ? bias.rows : queries;
    Status status = STATUS_OK;
    if (mask->padding > keys)
        return fail(STATUS_VALUE, "%s: %zu keys of padding, but there are only %zu keys", function,
                    mask->padding, keys);
    if (allowed.data != NULL)
        TRY(matrix_expect(function, "mask", allowed, queries, keys, "T_q x T_k"));
    if (bias.data != NULL)
        TRY(matrix_expect(function, "bias", bias, bias_rows, keys, "T_q x T_k"));
    TRY(expect_ones_and_zeros(function, allowed));
done:
    return status;
}
