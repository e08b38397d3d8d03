/* Multi-head attention by recursion over the heads, with the earlier chapters' functions
 * throughout. */
#include "multi_head_attention.h"

#include "dot_products.h"
#include "head_splitting.h"
#include "self_attention.h"

static Status both(Status first, Status second)
{
    return first != STATUS_OK ? first : second;
}

static Status linear_fits(const char *function, Matrix x, Matrix w, Matrix bias)
{
    if (w.rows != x.cols)
        return fail(STATUS_SHAPE, "%s: %zu rows of weights, %zu columns", function, w.rows, x.cols);
    return bias.data == NULL ? STATUS_OK
                             : matrix_expect(function, "bias", bias, 1, w.cols, "a row");
}

static Status heads_fit(const char *function, Matrix w, size_t heads)
{
    Matrix last;
    if (heads > 0)
        return head_view(w, heads, heads - 1, &last);
    return fail(STATUS_SHAPE, "%s: there are no heads", function);
}

Status multi_head_expect_shapes(const char *function, Matrix x, Matrix context,
                                const MultiHeadLayer *l, Matrix weights, Matrix out)
{
    Matrix concat = {NULL, x.rows, l->w_v.cols, l->w_v.cols};
    Status status = heads_fit(function, l->w_q, l->heads);
    status = both(status, heads_fit(function, l->w_v, l->heads));
    if (status == STATUS_OK && l->w_k.cols != l->w_q.cols)
        status = fail(STATUS_SHAPE, "%s: keys of %zu columns", function, l->w_k.cols);
    if (status == STATUS_OK)
        status = linear_fits(function, x, l->w_q, l->b_q);
    if (status == STATUS_OK)
        status = linear_fits(function, context, l->w_k, l->b_k);
    if (status == STATUS_OK)
        status = linear_fits(function, context, l->w_v, l->b_v);
    if (status == STATUS_OK)
        status = linear_fits(function, concat, l->w_o, l->b_o);
    if (status == STATUS_OK)
        status = matrix_expect(function, "weights", weights, l->heads * x.rows, context.rows, "-");
    if (status == STATUS_OK)
        status = matrix_expect(function, "out", out, x.rows, l->w_o.cols, "-");
    return status;
}

/* out += bias in each row, by the row. */
static void shift_rows(Matrix out, Matrix bias)
{
    for (size_t c = 0; bias.data != NULL && c < out.cols; c++)
        for (size_t r = 0; r < out.rows; r++)
            matrix_row(out, r)[c] += bias.data[c];
}

static Status shifted_projection(Matrix x, Matrix w, Matrix bias, Matrix *result)
{
    Status status = project("w", x, w, result);
    if (status == STATUS_OK)
        shift_rows(*result, bias);
    return status;
}

Status multi_head_project(Matrix x, Matrix context, const MultiHeadLayer *l, HeadMatrices *all)
{
    HeadMatrices made = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = shifted_projection(x, l->w_q, l->b_q, &made.q);
    if (status == STATUS_OK)
        status = shifted_projection(context, l->w_v, l->b_v, &made.v);
    if (status == STATUS_OK)
        status = shifted_projection(context, l->w_k, l->b_k, &made.k);
    if (status == STATUS_OK)
        status = matrix_create(made.q.rows, made.v.cols, &made.concat);
    *all = made;
    return status;
}

Status multi_head_select(const HeadMatrices *all, size_t heads, size_t head, HeadMatrices *one)
{
    Status status = head_view(all->concat, heads, head, &one->concat);
    if (status == STATUS_OK)
        status = head_view(all->v, heads, head, &one->v);
    if (status == STATUS_OK)
        status = head_view(all->k, heads, head, &one->k);
    return status == STATUS_OK ? head_view(all->q, heads, head, &one->q) : status;
}

Status multi_head_output(Matrix concat, const MultiHeadLayer *l, Matrix out)
{
    Status status = matrix_product(concat, l->w_o, out);
    if (status == STATUS_OK)
        shift_rows(out, l->b_o);
    return status;
}

/* The last head, after all before it. */
static Status up_to(const HeadMatrices *all, size_t heads, size_t count, Matrix weights)
{
    HeadMatrices one;
    Matrix rows;
    Status status = count > 1 ? up_to(all, heads, count - 1, weights) : STATUS_OK;
    if (status == STATUS_OK)
        status = multi_head_select(all, heads, count - 1, &one);
    if (status == STATUS_OK)
        status = matrix_rows(weights, (count - 1) * all->q.rows, all->q.rows, &rows);
    if (status == STATUS_OK)
        status = scaled_dot_product_attention(one.q, one.k, one.v, attention_scale(one.k.cols),
                                              rows, one.concat);
    return status;
}

Status multi_head_attention(Matrix x, const MultiHeadLayer *l, Matrix weights, Matrix out)
{
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = multi_head_expect_shapes("multi_head_attention", x, x, l, weights, out);
    if (status == STATUS_OK)
        status = multi_head_project(x, x, l, &all);
    if (status == STATUS_OK)
        status = up_to(&all, l->heads, l->heads, weights);
    if (status == STATUS_OK)
        status = multi_head_output(all.concat, l, out);
    multi_head_free(&all);
    return status;
}

Status sum_of_heads(Matrix concat, Matrix w_o, size_t heads, Matrix out)
{
    Status status = heads_fit("sum_of_heads", concat, heads);
    if (status == STATUS_OK)
        status = linear_fits("sum_of_heads", concat, w_o, NO_MATRIX);
    if (status == STATUS_OK)
        status = matrix_expect("sum_of_heads", "out", out, concat.rows, w_o.cols, "T x columns");
    for (size_t r = 0; status == STATUS_OK && r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = 0.0f;
    for (size_t i = 0; status == STATUS_OK && i < concat.cols; i++)
        for (size_t r = 0; r < out.rows; r++)
            for (size_t c = 0; c < out.cols; c++)
                matrix_row(out, r)[c] += matrix_row(concat, r)[i] * matrix_row(w_o, i)[c];
    return status;
}

size_t multi_head_parameters(size_t d_model, size_t heads, bool biases)
{
    size_t columns = heads * (d_model / heads);
    size_t rows = biases ? d_model + 1 : d_model;
    return 3 * rows * columns + columns * d_model + (biases ? d_model : 0);
}

MultiHeadCost multi_head_cost(size_t tokens, size_t d_model, size_t heads)
{
    double projection = (double)tokens * (double)d_model * (double)d_model;
    double pairs = (double)tokens * (double)tokens;
    return (MultiHeadCost){3 * projection, pairs * (double)d_model, pairs * (double)d_model,
                           projection, pairs * (double)heads};
}
