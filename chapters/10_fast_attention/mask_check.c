#include "mask_check.h"

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
    Matrix bias = mask->bias;
    Status status = STATUS_OK;
    if (mask->padding > keys)
        return fail(STATUS_VALUE, "%s: %zu keys of padding, but there are only %zu keys", function,
                    mask->padding, keys);
    if (mask->allowed.data != NULL)
        status = matrix_expect(function, "mask", mask->allowed, queries, keys, "T_q x T_k");
    if (status == STATUS_OK && bias.data != NULL)
        status =
            matrix_expect(function, "bias", bias,
                          bias.rows == heads * queries ? bias.rows : queries, keys, "T_q x T_k");
    if (status == STATUS_OK)
        status = expect_ones_and_zeros(function, mask->allowed);
    return status;
}
