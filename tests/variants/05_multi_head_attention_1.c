/* Multi-head attention without views: each head is copied out, and its result copied back. */
#include "multi_head_attention.h"

#include "dot_products.h"
#include "self_attention.h"

static Status refuse(const char *function, const char *what)
{
    return fail(STATUS_SHAPE, "%s: %s does not fit", function, what);
}

static bool bias_fits(Matrix bias, Matrix w)
{
    return bias.data == NULL || (bias.rows == 1 && bias.cols == w.cols);
}

Status multi_head_expect_shapes(const char *function, Matrix x, Matrix context,
                                const MultiHeadLayer *l, Matrix weights, Matrix out)
{
    if (l->w_q.rows != x.cols || l->w_k.rows != context.cols || l->w_v.rows != context.cols)
        return refuse(function, "a projection");
    if (l->heads == 0 || l->w_q.cols == 0 || l->w_v.cols == 0 || l->w_q.cols % l->heads != 0 ||
        l->w_v.cols % l->heads != 0 || l->w_q.cols != l->w_k.cols)
        return refuse(function, "the number of heads");
    if (l->w_o.rows != l->w_v.cols)
        return refuse(function, "w_o");
    if (!bias_fits(l->b_q, l->w_q) || !bias_fits(l->b_k, l->w_k) || !bias_fits(l->b_v, l->w_v) ||
        !bias_fits(l->b_o, l->w_o))
        return refuse(function, "a bias");
    if (weights.rows != l->heads * x.rows || weights.cols != context.rows)
        return refuse(function, "weights");
    return out.rows == x.rows && out.cols == l->w_o.cols ? STATUS_OK : refuse(function, "out");
}

/* out = x w + bias, the bias first. */
static void linear(Matrix x, Matrix w, Matrix bias, Matrix out)
{
    for (size_t r = 0; r < x.rows; r++)
        for (size_t c = 0; c < w.cols; c++) {
            double sum = bias.data != NULL ? bias.data[c] : 0.0;
            for (size_t i = 0; i < x.cols; i++)
                sum += (double)matrix_row(x, r)[i] * matrix_row(w, i)[c];
            matrix_row(out, r)[c] = (float)sum;
        }
}

static Status new_linear(Matrix x, Matrix w, Matrix bias, Matrix *result)
{
    Status status = x.cols == w.rows ? matrix_create(x.rows, w.cols, result) : STATUS_SHAPE;
    if (status == STATUS_OK)
        linear(x, w, bias, *result);
    return status;
}

Status multi_head_project(Matrix x, Matrix context, const MultiHeadLayer *l, HeadMatrices *all)
{
    *all = (HeadMatrices){NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = matrix_create(x.rows, l->w_v.cols, &all->concat);
    if (status == STATUS_OK)
        status = new_linear(context, l->w_v, l->b_v, &all->v);
    if (status == STATUS_OK)
        status = new_linear(context, l->w_k, l->b_k, &all->k);
    if (status == STATUS_OK)
        status = new_linear(x, l->w_q, l->b_q, &all->q);
    return status;
}

static Matrix block(Matrix matrix, size_t heads, size_t head)
{
    size_t width = matrix.cols / heads;
    return (Matrix){matrix.data + head * width, matrix.rows, width, matrix.stride};
}

Status multi_head_select(const HeadMatrices *all, size_t heads, size_t head, HeadMatrices *one)
{
    if (heads == 0 || all->q.cols % heads != 0 || all->v.cols % heads != 0)
        return refuse("multi_head_select", "the number of heads");
    if (head >= heads)
        return fail(STATUS_VALUE, "multi_head_select: no head %zu", head);
    *one = (HeadMatrices){block(all->q, heads, head), block(all->k, heads, head),
                          block(all->v, heads, head), block(all->concat, heads, head)};
    return STATUS_OK;
}

Status multi_head_output(Matrix concat, const MultiHeadLayer *l, Matrix out)
{
    if (concat.cols != l->w_o.rows || out.rows != concat.rows || out.cols != l->w_o.cols)
        return refuse("multi_head_output", "w_o");
    linear(concat, l->w_o, l->b_o, out);
    return STATUS_OK;
}

void multi_head_free(HeadMatrices *all)
{
    Matrix *const matrices[] = {&all->concat, &all->v, &all->k, &all->q};
    for (size_t i = 0; i < 4; i++)
        matrix_free(matrices[i]);
}

static Status copy_of(Matrix view, Matrix *copy)
{
    Status status = matrix_create(view.rows, view.cols, copy);
    return status == STATUS_OK ? matrix_copy(view, *copy) : status;
}

/* One head on copies of its own. */
static Status head_on_copies(const HeadMatrices *view, HeadMatrices *own, Matrix weights)
{
    Status status = copy_of(view->q, &own->q);
    if (status == STATUS_OK)
        status = copy_of(view->k, &own->k);
    if (status == STATUS_OK)
        status = copy_of(view->v, &own->v);
    if (status == STATUS_OK)
        status = copy_of(view->concat, &own->concat);
    if (status == STATUS_OK)
        status = scaled_dot_product_attention(own->q, own->k, own->v, attention_scale(own->q.cols),
                                              weights, own->concat);
    if (status == STATUS_OK)
        status = matrix_copy(own->concat, view->concat);
    return status;
}

static Status all_heads(const HeadMatrices *all, size_t heads, Matrix weights)
{
    Status status = STATUS_OK;
    for (size_t h = heads; h-- > 0 && status == STATUS_OK;) {
        HeadMatrices view, own = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
        status = multi_head_select(all, heads, h, &view);
        Matrix rows = weights;
        rows.rows = all->q.rows;
        rows.data = weights.data + h * rows.rows * weights.stride;
        if (status == STATUS_OK)
            status = head_on_copies(&view, &own, rows);
        multi_head_free(&own);
    }
    return status;
}

Status multi_head_attention(Matrix x, const MultiHeadLayer *l, Matrix weights, Matrix out)
{
    HeadMatrices all;
    Matrix scratch = NO_MATRIX;
    Status status = multi_head_expect_shapes("multi_head_attention", x, x, l, weights, out);
    if (status != STATUS_OK)
        return status;
    status = multi_head_project(x, x, l, &all);
    /* Copies may fail half-way, so the weights are made elsewhere first. */
    if (status == STATUS_OK)
        status = matrix_create(weights.rows, weights.cols, &scratch);
    if (status == STATUS_OK)
        status = all_heads(&all, l->heads, scratch);
    if (status == STATUS_OK)
        status = matrix_copy(scratch, weights);
    if (status == STATUS_OK)
        status = multi_head_output(all.concat, l, out);
    matrix_free(&scratch);
    multi_head_free(&all);
    return status;
}

Status sum_of_heads(Matrix concat, Matrix w_o, size_t heads, Matrix out)
{
    if (heads == 0 || concat.cols == 0 || concat.cols % heads != 0 || concat.cols != w_o.rows ||
        out.rows != concat.rows || out.cols != w_o.cols)
        return refuse("sum_of_heads", "something");
    for (size_t r = 0; r < out.rows; r++)
        vector_matrix_product(matrix_row(concat, r), w_o, matrix_row(out, r));
    return STATUS_OK;
}

size_t multi_head_parameters(size_t d_model, size_t heads, bool biases)
{
    return heads * 4 * (d_model / heads) * d_model + (biases ? 4 * d_model : 0);
}

MultiHeadCost multi_head_cost(size_t tokens, size_t d_model, size_t heads)
{
    double t = (double)tokens, d = (double)d_model;
    MultiHeadCost cost = {.output = t * d * d, .scores = t * t * d};
    cost.projections = 3 * cost.output;
    cost.weighted = cost.scores;
    cost.exponentials = t * t * (double)heads;
    return cost;
}
