/* The program of chapter 3: attention over the reader's arrays, or the worked example. */
#include "attention_example.h"
#include "program.h"
#include "self_attention.h"

#include <stdbool.h>
#include <stddef.h>

enum { X, W_Q, W_K, W_V, Q, K, V, SCALE, OUT, WEIGHTS_OUT, OPTION_COUNT };
static const Option OPTIONS[OPTION_COUNT] = {
    [X] = {"x", "FILE", "the sequence, (T, d_model) or (batch, T, d_model)"},
    [W_Q] = {"wq", "FILE", "the query projection, (d_model, d_k)"},
    [W_K] = {"wk", "FILE", "the key projection, (d_model, d_k)"},
    [W_V] = {"wv", "FILE", "the value projection, (d_model, d_v)"},
    [Q] = {"q", "FILE",
           "the queries in place of x and its projections, (T_q, d_k) or (n, T_q, d_k)"},
    [K] = {"k", "FILE", "the keys, (T_k, d_k) or (n, T_k, d_k)"},
    [V] = {"v", "FILE", "the values, (T_k, d_v) or (n, T_k, d_v)"},
    [SCALE] = {"scale", "NUMBER", "what scores are multiplied by (default: 1 / sqrt(d_k))"},
    [OUT] = {"out", "FILE", "receives softmax(Q K^T scale) V, (T_q, d_v) or (n, T_q, d_v)"},
    [WEIGHTS_OUT] = {"weights-out", "FILE", "receives the weights, (T_q, T_k) or (n, T_q, T_k)"},
};

static bool is_any_given(size_t first, size_t last)
{
    for (size_t option = first; option <= last; option++)
        if (program_value(option) != NULL)
            return true;
    return false;
}

static Status check_options(bool from_x)
{
    static const size_t SEQUENCE[] = {X, W_Q, W_K, W_V}, PROJECTED[] = {Q, K, V}, RESULT[] = {OUT};
    if (from_x == is_any_given(Q, V))
        return fail(STATUS_USAGE,
                    "%s: give --x, --wq, --wk and --wv, or else --q, --k and --v (see --help)",
                    from_x ? "too much input" : "the input is missing");
    Status status = from_x ? program_require(SEQUENCE, 4) : program_require(PROJECTED, 3);
    if (status == STATUS_OK && !is_any_given(OUT, WEIGHTS_OUT))
        status = program_require(RESULT, 1);
    return status;
}

static Status read_one(size_t option, size_t most_dims, const char *shape, Array *result)
{
    Status status = program_read(option, ARRAY_NUMBERS, result);
    return status == STATUS_OK ? program_expect_dims(option, *result, 2, most_dims, shape) : status;
}

/* Each token is projected by itself, so a batch is projected as one long sequence. */
static Status read_projected(size_t option, Array x, Array *result)
{
    Array w = NO_ARRAY;
    Matrix tokens = array_stacked(x, 0, array_matrices(x)), projected;
    Status status = read_one(option, 2, "(d_model, d)", &w);
    if (status == STATUS_OK)
        status = project(OPTIONS[option].name, tokens, array_matrix(w, 0), &projected);
    if (status == STATUS_OK) {
        *result = x;
        result->data = projected.data;
        result->shape[x.dims - 1] = projected.cols;
    }
    array_free(&w);
    return status;
}

static Status read_from_x(Array *q, Array *k, Array *v)
{
    Array x = NO_ARRAY;
    Status status = read_one(X, 3, "(T, d_model) or (batch, T, d_model)", &x);
    if (status == STATUS_OK)
        status = read_projected(W_Q, x, q);
    if (status == STATUS_OK)
        status = read_projected(W_K, x, k);
    if (status == STATUS_OK)
        status = read_projected(W_V, x, v);
    array_free(&x);
    return status;
}

static Status read_given(Array *q, Array *k, Array *v)
{
    Status status = read_one(Q, 3, "(T_q, d_k) or (n, T_q, d_k)", q);
    if (status == STATUS_OK)
        status = read_one(K, 3, "(T_k, d_k) or (n, T_k, d_k)", k);
    if (status == STATUS_OK)
        status = read_one(V, 3, "(T_k, d_v) or (n, T_k, d_v)", v);
    return status;
}

static Status expect_same_batch(size_t option, Array array, Array q)
{
    if (array.dims == q.dims && array_matrices(array) == array_matrices(q))
        return STATUS_OK;
    char text[SHAPE_TEXT_SIZE], text_of_q[SHAPE_TEXT_SIZE];
    return fail(STATUS_SHAPE, "--q is %s and --%s is %s, but their batches must be equal",
                array_shape_text(q, text_of_q), OPTIONS[option].name,
                array_shape_text(array, text));
}

/* A matrix without numbers: enough to check shapes with, also when the batch is empty. */
static Matrix blank(size_t rows, size_t cols)
{
    return matrix_view(NULL, rows, cols);
}

static Status check_shapes(Array q, Array k, Array v)
{
    Status status = expect_same_batch(K, k, q);
    if (status == STATUS_OK)
        status = expect_same_batch(V, v, q);
    if (status == STATUS_OK)
        status = attention_expect_shapes(
            "scaled_dot_product_attention", blank(array_rows(q), array_cols(q)),
            blank(array_rows(k), array_cols(k)), blank(array_rows(v), array_cols(v)),
            blank(array_rows(q), array_rows(k)), blank(array_rows(q), array_cols(v)));
    return status;
}

/* An array shaped as q, but for the last size. */
static Status create_like(Array q, size_t cols, Array *result)
{
    q.shape[q.dims - 1] = cols;
    return array_create(q.dims, q.shape, result);
}

static Status attend_to_arrays(Array q, Array k, Array v, Array *weights, Array *out)
{
    float scale = 0.0f;
    Status status = check_shapes(q, k, v);
    if (status == STATUS_OK)
        status = program_number(SCALE, attention_scale(array_cols(q)), &scale);
    if (status == STATUS_OK)
        status = create_like(q, array_rows(k), weights);
    if (status == STATUS_OK)
        status = create_like(q, array_cols(v), out);
    for (size_t i = 0; status == STATUS_OK && i < array_matrices(q); i++)
        status =
            scaled_dot_product_attention(array_matrix(q, i), array_matrix(k, i), array_matrix(v, i),
                                         scale, array_matrix(*weights, i), array_matrix(*out, i));
    return status;
}

static Status arrays(void)
{
    Array q = NO_ARRAY, k = NO_ARRAY, v = NO_ARRAY, weights = NO_ARRAY, out = NO_ARRAY;
    bool from_x = is_any_given(X, W_V);
    Status status = check_options(from_x);
    if (status == STATUS_OK)
        status = from_x ? read_from_x(&q, &k, &v) : read_given(&q, &k, &v);
    if (status == STATUS_OK)
        status = attend_to_arrays(q, k, v, &weights, &out);
    if (status == STATUS_OK)
        status = program_write((const ProgramResult[]){{OUT, out}, {WEIGHTS_OUT, weights}}, 2);
    Array *const all[] = {&q, &k, &v, &weights, &out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        array_free(all[i]);
    return status;
}

static const Program PROGRAM = {
    .name = "03_self_attention",
    .summary = "Scaled dot-product attention of one head: softmax(Q K^T / sqrt(d_k)) V.",
    .options = OPTIONS,
    .option_count = OPTION_COUNT,
    .example = attention_example,
    .arrays = arrays,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv);
}
