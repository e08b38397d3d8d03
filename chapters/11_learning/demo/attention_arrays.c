#include "attention_arrays.h"

#include "learning.h"
#include "learning_options.h"
#include "self_attention.h"

/* What was given, and the gradients of the first three. */
enum { GIVEN = GRADIENT_SLOPE + 1, MADE = GRADIENT_V + 1 };
typedef struct Arrays {
    Array given[GIVEN], made[MADE];
    float scale;
    AttentionMask mask;
    Matrix weights, out; /* of one of the batch */
} Arrays;

static Status read_all(Arrays *all)
{
    static const ArrayForm FORM = {ARRAY_NUMBERS, 2, 3, "(T, d) or (n, T, d)"};
    Status status = STATUS_OK;
    Array *given = all->given;
    TRY(program_require((const size_t[]){GRADIENT_Q, GRADIENT_K, GRADIENT_V, GRADIENT_SLOPE}, 4));
    for (size_t i = 0; i < GIVEN; i++) {
        TRY(program_read(i, &FORM, &given[i]));
        TRY(program_expect_same_batch(GRADIENT_Q, given[GRADIENT_Q], i, given[i]));
    }
    TRY(attention_expect_shapes(
        "attention_backward", array_matrix_shape(given[GRADIENT_Q]),
        array_matrix_shape(given[GRADIENT_K]), array_matrix_shape(given[GRADIENT_V]),
        matrix_shape(array_rows(given[GRADIENT_Q]), array_rows(given[GRADIENT_K])),
        array_matrix_shape(given[GRADIENT_SLOPE])));
    all->mask.causal = program_value(GRADIENT_CAUSAL) != NULL;
    TRY(program_number(GRADIENT_SCALE, attention_scale(array_cols(given[GRADIENT_Q])),
                       &all->scale));
done:
    return status;
}

static Status make_all(Arrays *all)
{
    Status status = STATUS_OK;
    const Array *given = all->given;
    size_t t_q = array_rows(given[GRADIENT_Q]);
    for (size_t i = 0; i < MADE; i++)
        TRY(array_create(given[i].dims, given[i].shape, &all->made[i]));
    TRY(matrix_create(t_q, array_rows(given[GRADIENT_K]), &all->weights));
    TRY(matrix_create(t_q, array_cols(given[GRADIENT_V]), &all->out));
done:
    return status;
}

/* Forward, then backward. */
static Status compute(Arrays *all, size_t index)
{
    Status status = STATUS_OK;
    HeadMatrices one = {array_matrix(all->given[GRADIENT_Q], index),
                        array_matrix(all->given[GRADIENT_K], index),
                        array_matrix(all->given[GRADIENT_V], index), all->out};
    HeadMatrices grad = {array_matrix(all->made[GRADIENT_Q], index),
                         array_matrix(all->made[GRADIENT_K], index),
                         array_matrix(all->made[GRADIENT_V], index),
                         array_matrix(all->given[GRADIENT_SLOPE], index)};
    TRY(masked_attention(one.q, one.k, one.v, all->scale, &all->mask, all->weights, one.concat));
    TRY(attention_backward(&one, all->scale, all->weights, &grad));
done:
    return status;
}

static void free_all(Arrays *all)
{
    for (size_t i = 0; i < GIVEN; i++)
        array_free(&all->given[i]);
    for (size_t i = 0; i < MADE; i++)
        array_free(&all->made[i]);
    matrix_free(&all->weights);
    matrix_free(&all->out);
}

Status attention_arrays(void)
{
    Status status = STATUS_OK;
    Arrays all = {.scale = 0};
    TRY(read_all(&all));
    TRY(make_all(&all));
    for (size_t i = 0; i < array_matrices(all.given[GRADIENT_Q]); i++)
        TRY(compute(&all, i));
    TRY(program_write((const ProgramResult[]){{GRADIENT_OUT, all.made[GRADIENT_Q]},
                                              {GRADIENT_K_OUT, all.made[GRADIENT_K]},
                                              {GRADIENT_V_OUT, all.made[GRADIENT_V]}},
                      MADE));
done:
    free_all(&all);
    return status;
}
