#include "multi_head_attention.h"

#include "dot_products.h"
#include "head_splitting.h"
#include "self_attention.h"

/* A projection that may have a bias, as one thing to check and to apply. */
typedef struct Linear {
    const char *name;      /* "w_q" */
    const char *bias_name; /* "b_q" */
    Matrix w;              /* d x m */
    Matrix bias;           /* 1 x m, or NO_MATRIX */
} Linear;

static Status expect_linear(const char *function, Linear linear, const char *input, Matrix x)
{
    if (x.cols != linear.w.rows)
        return fail(STATUS_SHAPE, "%s: %s is %zux%zu, but %s is %zux%zu and needs %zu rows",
                    function, linear.name, linear.w.rows, linear.w.cols, input, x.rows, x.cols,
                    x.cols);
    if (linear.bias.data == NULL)
        return STATUS_OK;
    return matrix_expect(function, linear.bias_name, linear.bias, 1, linear.w.cols,
                         "one number for each column");
}

static Status expect_heads(const char *function, Linear linear, size_t heads)
{
    if (heads > 0 && linear.w.cols > 0 && linear.w.cols % heads == 0)
        return STATUS_OK;
    return fail(STATUS_SHAPE,
                "%s: %s is %zux%zu, but %zu heads must divide its columns into equal blocks",
                function, linear.name, linear.w.rows, linear.w.cols, heads);
}

static Status expect_output(const char *function, const MultiHeadLayer *layer)
{
    size_t needed = layer->w_v.cols;
    if (layer->w_o.rows != needed)
        return fail(STATUS_SHAPE, "%s: w_o is %zux%zu, but %zu heads of %zu columns need %zu rows",
                    function, layer->w_o.rows, layer->w_o.cols, layer->heads, needed / layer->heads,
                    needed);
    if (layer->b_o.data == NULL)
        return STATUS_OK;
    return matrix_expect(function, "b_o", layer->b_o, 1, layer->w_o.cols,
                         "one number for each column");
}

static Linear query_of(const MultiHeadLayer *layer)
{
    return (Linear){"w_q", "b_q", layer->w_q, layer->b_q};
}
static Linear key_of(const MultiHeadLayer *layer)
{
    return (Linear){"w_k", "b_k", layer->w_k, layer->b_k};
}
static Linear value_of(const MultiHeadLayer *layer)
{
    return (Linear){"w_v", "b_v", layer->w_v, layer->b_v};
}

static Status expect_equal_columns(const char *function, Linear query, Linear key)
{
    if (query.w.cols == key.w.cols)
        return STATUS_OK;
    return fail(STATUS_SHAPE,
                "%s: w_q is %zux%zu and w_k is %zux%zu, but they need the same number of columns",
                function, query.w.rows, query.w.cols, key.w.rows, key.w.cols);
}

Status multi_head_expect_shapes(const char *function, Matrix x, Matrix context,
                                const MultiHeadLayer *layer, Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    Linear query = query_of(layer), key = key_of(layer), value = value_of(layer);
    TRY(expect_linear(function, query, "x", x));
    TRY(expect_linear(function, key, "the sequence of the keys", context));
    TRY(expect_linear(function, value, "the sequence of the values", context));
    TRY(expect_heads(function, query, layer->heads));
    TRY(expect_heads(function, value, layer->heads));
    TRY(expect_equal_columns(function, query, key));
    TRY(expect_output(function, layer));
    TRY(matrix_expect(function, "weights", weights, layer->heads * x.rows, context.rows,
                      "heads T_q x T_k"));
    TRY(matrix_expect(function, "out", out, x.rows, layer->w_o.cols, "T_q x columns of w_o"));
done:
    return status;
}

/* Adds the bias, if there is one, to every row. */
static void add_bias(Matrix bias, Matrix out)
{
    if (bias.data == NULL)
        return;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] += bias.data[c];
}

static Status apply(Linear linear, Matrix x, Matrix *result)
{
    Status status = STATUS_OK;
    TRY(project(linear.name, x, linear.w, result));
    add_bias(linear.bias, *result);
done:
    return status;
}

Status multi_head_project(Matrix x, Matrix context, const MultiHeadLayer *layer, HeadMatrices *all)
{
    Status status = STATUS_OK;
    *all = (HeadMatrices){NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    TRY(apply(query_of(layer), x, &all->q));                   /* T_q x heads d_k */
    TRY(apply(key_of(layer), context, &all->k));               /* T_k x heads d_k */
    TRY(apply(value_of(layer), context, &all->v));             /* T_k x heads d_v */
    TRY(matrix_create(x.rows, layer->w_v.cols, &all->concat)); /* T_q x heads d_v */
done:
    return status;
}

Status multi_head_select(const HeadMatrices *all, size_t heads, size_t head, HeadMatrices *one)
{
    Status status = STATUS_OK;
    TRY(head_view(all->q, heads, head, &one->q));           /* T_q x d_k */
    TRY(head_view(all->k, heads, head, &one->k));           /* T_k x d_k */
    TRY(head_view(all->v, heads, head, &one->v));           /* T_k x d_v */
    TRY(head_view(all->concat, heads, head, &one->concat)); /* T_q x d_v */
done:
    return status;
}

Status multi_head_output(Matrix concat, const MultiHeadLayer *layer, Matrix out)
{
    Status status = STATUS_OK;
    TRY(matrix_product(concat, layer->w_o, out)); /* T_q x d_out */
    add_bias(layer->b_o, out);
done:
    return status;
}

void multi_head_free(HeadMatrices *all)
{
    matrix_free(&all->q);
    matrix_free(&all->k);
    matrix_free(&all->v);
    matrix_free(&all->concat);
}

/* Attention of one head, from its columns of the projections into its columns of the result. */
static Status attend(const HeadMatrices *all, size_t heads, size_t head, Matrix weights)
{
    Status status = STATUS_OK;
    HeadMatrices one;
    Matrix own; /* its rows of the weights */
    TRY(multi_head_select(all, heads, head, &one));
    TRY(matrix_rows(weights, head * one.q.rows, one.q.rows, &own));
    TRY(scaled_dot_product_attention(one.q, one.k, one.v, attention_scale(one.q.cols), own,
                                     one.concat));
done:
    return status;
}

Status multi_head_attention(Matrix x, const MultiHeadLayer *layer, Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    TRY(multi_head_expect_shapes("multi_head_attention", x, x, layer, weights, out));
    TRY(multi_head_project(x, x, layer, &all));
    for (size_t h = 0; h < layer->heads; h++)
        TRY(attend(&all, layer->heads, h, weights));
    TRY(multi_head_output(all.concat, layer, out)); /* T x d_out */
done:
    multi_head_free(&all);
    return status;
}

/* Adds a part to the output; the first one takes its place. */
static void add_part(Matrix part, bool first, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (first ? 0.0f : matrix_row(out, r)[c]) + matrix_row(part, r)[c];
}

/* Adds one head times its rows of W_O to the output. */
static Status add_head(Matrix concat, Matrix w_o, size_t heads, size_t head, Matrix part,
                       Matrix out)
{
    Status status = STATUS_OK;
    Matrix result, rows;
    size_t d_v = concat.cols / heads;
    TRY(head_view(concat, heads, head, &result));  /* T x d_v */
    TRY(matrix_rows(w_o, head * d_v, d_v, &rows)); /* d_v x d_out */
    TRY(matrix_product(result, rows, part));       /* T x d_out */
    add_part(part, head == 0, out);
done:
    return status;
}

Status sum_of_heads(Matrix concat, Matrix w_o, size_t heads, Matrix out)
{
    Status status = STATUS_OK;
    Linear output = {.name = "w_o", .w = w_o}, split = {.name = "concat", .w = concat};
    Matrix part = NO_MATRIX;
    TRY(expect_linear("sum_of_heads", output, "concat", concat));
    TRY(expect_heads("sum_of_heads", split, heads));
    TRY(matrix_expect("sum_of_heads", "out", out, concat.rows, w_o.cols, "T x columns of w_o"));
    TRY(matrix_create(out.rows, out.cols, &part));
    for (size_t h = 0; h < heads; h++)
        TRY(add_head(concat, w_o, heads, h, part, out));
done:
    matrix_free(&part);
    return status;
}

size_t multi_head_parameters(size_t d_model, size_t heads, bool biases)
{
    size_t d_k = d_model / heads;
    size_t projection = heads * d_model * d_k; /* each head's d_model x d_k, for q, k or v */
    size_t output = heads * d_k * d_model;
    return 3 * projection + output + (biases ? 3 * heads * d_k + d_model : 0);
}

MultiHeadCost multi_head_cost(size_t tokens, size_t d_model, size_t heads)
{
    double t = (double)tokens, d = (double)d_model, h = (double)heads;
    double d_k = d / h;
    return (MultiHeadCost){
        .projections = 3 * t * d * (h * d_k),
        .scores = h * (t * t * d_k),
        .weighted = h * (t * t * d_k),
        .output = t * (h * d_k) * d,
        .exponentials = h * (t * t),
    };
}
