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
    Status status = STATUS_OK;
    if (from_x == is_any_given(Q, V))
        return fail(STATUS_USAGE,
                    "%s: give --x, --wq, --wk and --wv, or else --q, --k and --v (see --help)",
                    from_x ? "too much input" : "the input is missing");
    TRY(from_x ? program_require(SEQUENCE, 4) : program_require(PROJECTED, 3));
    if (!is_any_given(OUT, WEIGHTS_OUT))
        TRY(program_require(RESULT, 1));
done:
    return status;
}

/* Each token is projected by itself, so a batch is projected as one long sequence. */
static Status read_projected(size_t option, Array x, Array *result)
{
    static const ArrayForm PROJECTION = {ARRAY_NUMBERS, 2, 2, "(d_model, d)"};
    Status status = STATUS_OK;
    Array w = NO_ARRAY;
    Matrix tokens = array_stacked(x, 0, array_matrices(x)), projected;
    TRY(program_read(option, &PROJECTION, &w));
    TRY(project(OPTIONS[option].name, tokens, array_matrix(w, 0), &projected));
    *result = x;
    result->data = projected.data;
    result->shape[x.dims - 1] = projected.cols;
done:
    array_free(&w);
    return status;
}

static Status read_from_x(Array *q, Array *k, Array *v)
{
    Status status = STATUS_OK;
    Array x = NO_ARRAY;
    TRY(program_read(X, &FORM_SEQUENCE, &x));
    TRY(read_projected(W_Q, x, q));
    TRY(read_projected(W_K, x, k));
    TRY(read_projected(W_V, x, v));
done:
    array_free(&x);
    return status;
}

static Status read_given(Array *q, Array *k, Array *v)
{
    static const ArrayForm QUERIES = {ARRAY_NUMBERS, 2, 3, "(T_q, d_k) or (n, T_q, d_k)"},
                           KEYS = {ARRAY_NUMBERS, 2, 3, "(T_k, d_k) or (n, T_k, d_k)"},
                           VALUES = {ARRAY_NUMBERS, 2, 3, "(T_k, d_v) or (n, T_k, d_v)"};
    Status status = STATUS_OK;
    TRY(program_read(Q, &QUERIES, q));
    TRY(program_read(K, &KEYS, k));
    TRY(program_read(V, &VALUES, v));
done:
    return status;
}

static Status check_shapes(Array q, Array k, Array v)
{
    Status status = STATUS_OK;
    TRY(program_expect_same_batch(Q, q, K, k));
    TRY(program_expect_same_batch(Q, q, V, v));
    TRY(attention_expect_shapes("scaled_dot_product_attention", array_matrix_shape(q),
                                array_matrix_shape(k), array_matrix_shape(v),
                                matrix_shape(array_rows(q), array_rows(k)),
                                matrix_shape(array_rows(q), array_cols(v))));
done:
    return status;
}

/* An array of the shape of q, except for the last size. */
static Status create_like(Array q, size_t cols, Array *result)
{
    q.shape[q.dims - 1] = cols;
    return array_create(q.dims, q.shape, result);
}

static Status attend(Array q, Array k, Array v, float scale, Array weights, Array out)
{
    Status status = STATUS_OK;
    for (size_t i = 0; i < array_matrices(q); i++)
        TRY(scaled_dot_product_attention(array_matrix(q, i), array_matrix(k, i), array_matrix(v, i),
                                         scale, array_matrix(weights, i), array_matrix(out, i)));
done:
    return status;
}

static Status arrays(void)
{
    Status status = STATUS_OK;
    Array q = NO_ARRAY, k = NO_ARRAY, v = NO_ARRAY, weights = NO_ARRAY, out = NO_ARRAY;
    Array *const all[] = {&q, &k, &v, &weights, &out};
    bool from_x = is_any_given(X, W_V);
    float scale;
    TRY(check_options(from_x));
    TRY(from_x ? read_from_x(&q, &k, &v) : read_given(&q, &k, &v));
    TRY(check_shapes(q, k, v));
    TRY(program_number(SCALE, attention_scale(array_cols(q)), &scale));
    TRY(create_like(q, array_rows(k), &weights));
    TRY(create_like(q, array_cols(v), &out));
    TRY(attend(q, k, v, scale, weights, out));
    TRY(program_write((const ProgramResult[]){{OUT, out}, {WEIGHTS_OUT, weights}}, 2));
done:
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
