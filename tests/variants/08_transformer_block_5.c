/* The stack by recursion, a mean that moves with each word, and classes compared in pairs. */
#include "transformer_block.h"

#include <math.h>

Status sublayer_input(Matrix x, const LayerNorm *norm, NormPlace place, Matrix input)
{
    return place == NORM_PRE ? layer_norm(x, norm, input) : matrix_copy(x, input);
}

Status sublayer_output(Matrix x, Matrix result, const LayerNorm *norm, NormPlace place, Matrix out)
{
    Status status = STATUS_OK;
    TRY(layer_norm(matrix_shape(0, x.cols), norm,
                   matrix_shape(0, x.cols))); /* no token, only its checks */
    TRY(matrix_expect("sublayer_output", "out", out, x.rows, x.cols, "as x"));
    TRY(matrix_expect("sublayer_output", "result", result, x.rows, x.cols, "as x"));
    for (size_t cell = x.rows * x.cols; cell-- > 0;) {
        size_t t = cell / x.cols, c = cell % x.cols;
        matrix_row(out, t)[c] =
            (float)((double)matrix_row(result, t)[c] + (double)matrix_row(x, t)[c]);
    }
    if (place == NORM_POST)
        TRY(layer_norm(out, norm, out));
done:
    return status;
}

static Status run_up_to(const Encoder *stack, size_t count, Matrix x, const AttentionMask *mask,
                        Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    Matrix rows = NO_MATRIX, before = weights;
    if (count == 0)
        return matrix_copy(x, out);
    const TransformerBlock *last = &stack->blocks[count - 1];
    size_t own = last->attention.heads * x.rows;
    if (weights.data != NULL) {
        TRY(matrix_rows(weights, weights.rows - own, own, &rows));
        TRY(matrix_rows(weights, 0, weights.rows - own, &before));
    }
    TRY(run_up_to(stack, count - 1, x, mask, before, out));
    TRY(transformer_block(out, last, mask, rows, out));
done:
    return status;
}

Status encoder(Matrix x, const Encoder *stack, const AttentionMask *mask, Matrix weights,
               Matrix out)
{
    Status status = STATUS_OK;
    size_t heads = 0;
    for (size_t i = 0; i < stack->count; i++)
        heads += stack->blocks[i].attention.heads;
    TRY(matrix_expect("encoder", "out", out, x.rows, x.cols, "as x"));
    if (weights.data != NULL)
        TRY(matrix_expect("encoder", "weights", weights, heads * x.rows, x.rows,
                          "all heads T x T"));
    TRY(run_up_to(stack, stack->count, x, mask, weights, out));
    if (stack->has_norm)
        TRY(layer_norm(out, &stack->norm, out));
    return STATUS_OK;
done:
    if (out.rows == x.rows && out.cols == x.cols) {
        matrix_clear(out);
        matrix_clear(weights);
    }
    return status;
}

Status mean_pool(Matrix x, size_t padding, Matrix out)
{
    if (x.rows < padding)
        return fail(STATUS_VALUE, "mean_pool: %zu of %zu", padding, x.rows);
    Status status = matrix_expect("mean_pool", "out", out, 1, x.cols, "1 x d_model");
    for (size_t c = 0; status == STATUS_OK && c < x.cols; c++) {
        double mean = 0.0;
        for (size_t t = 0; t < x.rows - padding; t++)
            mean += ((double)matrix_row(x, t)[c] - mean) / (double)(t + 1);
        out.data[c] = (float)mean;
    }
    return status;
}

Status classify(Matrix x, size_t padding, const Classifier *classifier, Matrix probabilities)
{
    Status status = STATUS_OK;
    Matrix mean = NO_MATRIX, logits = NO_MATRIX;
    TRY(matrix_create(1, x.cols, &mean));
    TRY(matrix_create(1, classifier->w.cols, &logits));
    TRY(matrix_expect("classify", "probabilities", probabilities, 1, logits.cols, "1 x classes"));
    TRY(mean_pool(x, padding, mean));
    TRY(linear(mean, classifier->w, classifier->b, logits));
    for (size_t i = 0; i < logits.cols; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < logits.cols; j++)
            sum += exp((double)logits.data[j] - (double)logits.data[i]);
        probabilities.data[i] = (float)(1.0 / sum);
    }
done:
    matrix_free(&logits);
    matrix_free(&mean);
    return status;
}
