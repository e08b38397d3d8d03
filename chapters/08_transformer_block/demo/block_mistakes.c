#include "block_mistakes.h"

#include "hand_block.h"
#include "masking.h"
#include "print.h"
#include "transformer_block.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The mistaken beliefs. */
typedef struct Belief {
    const char *name;
    bool down_the_columns;  /* layer norm over the sequence */
    bool no_residual;       /* the step replaces the words */
    bool after_the_norm;    /* the norm is of what the step made, and x is added after it */
    bool no_activation;     /* two linear layers in a row */
    bool activation_behind; /* the activation after the second layer */
} Belief;

static const Belief BELIEFS[] = {
    {.name = "right"},
    {.name = "norm over the words", .down_the_columns = true},
    {.name = "no residual", .no_residual = true},
    {.name = "residual after the norm", .after_the_norm = true},
    {.name = "no activation", .no_activation = true},
    {.name = "activation at the end", .activation_behind = true},
};
enum { BELIEF_COUNT = sizeof BELIEFS / sizeof *BELIEFS };

/* The norm of the columns: it mixes the words. The gain has no column there, and is left out. */
static Status norm_columns(const LayerNorm *norm, Matrix x)
{
    Status status = STATUS_OK;
    Matrix turned = NO_MATRIX;
    LayerNorm plain = {.epsilon = norm->epsilon};
    TRY(matrix_create(x.cols, x.rows, &turned));
    TRY(matrix_transpose(x, turned));
    TRY(layer_norm(turned, &plain, turned));
    TRY(matrix_transpose(turned, x));
done:
    matrix_free(&turned);
    return status;
}

static Status normalise(Belief belief, const LayerNorm *norm, Matrix x)
{
    return belief.down_the_columns ? norm_columns(norm, x) : layer_norm(x, norm, x);
}

/* x becomes what follows a step that made `result` of it. */
static Status end_step(Belief belief, const LayerNorm *norm, Matrix result, Matrix x)
{
    Status status = STATUS_OK;
    if (belief.after_the_norm)
        TRY(normalise(belief, norm, result));
    if (belief.no_residual)
        TRY(matrix_copy(result, x));
    else /* with NORM_PRE, the end is the sum alone */
        TRY(sublayer_output(x, result, norm, NORM_PRE, x));
    if (!belief.after_the_norm)
        TRY(normalise(belief, norm, x));
done:
    return status;
}

static void activate_all(Matrix x)
{
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(x, t)[c] = activate(ACTIVATION_RELU, matrix_row(x, t)[c]);
}

static Status run_rules(Belief belief, const FeedForward *network, Matrix x, Matrix result)
{
    Status status = STATUS_OK;
    Matrix rules = NO_MATRIX;
    TRY(matrix_create(x.rows, EXAMPLE_RULES, &rules));
    TRY(linear(x, network->w_1, network->b_1, rules));
    if (!belief.no_activation && !belief.activation_behind)
        activate_all(rules);
    TRY(linear(rules, network->w_2, network->b_2, result));
    if (belief.activation_behind)
        activate_all(result);
done:
    matrix_free(&rules);
    return status;
}

static Status run_block(Belief belief, Matrix weights, Matrix result, Matrix x)
{
    Status status = STATUS_OK;
    TransformerBlock block = hand_block(NORM_POST);
    TRY(masked_multi_head_attention(x, NO_MATRIX, &block.attention, &NO_MASK, weights, result));
    TRY(end_step(belief, &block.norm_1, result, x));
    TRY(run_rules(belief, &block.feed_forward, x, result));
    TRY(end_step(belief, &block.norm_2, result, x));
done:
    return status;
}

static Status run_belief(const Followed *followed, size_t belief, float *row)
{
    Status status = STATUS_OK;
    Matrix x = followed->sentence.x, copy = NO_MATRIX, result = NO_MATRIX, weights = NO_MATRIX;
    TRY(matrix_create(x.rows, x.cols, &copy));
    TRY(matrix_create(x.rows, x.cols, &result));
    TRY(matrix_create(EXAMPLE_HEADS * x.rows, x.rows, &weights));
    TRY(matrix_copy(x, copy));
    TRY(run_block(BELIEFS[belief], weights, result, copy));
    memcpy(row, matrix_row(copy, followed->word), EXAMPLE_D_MODEL * sizeof *row);
done:
    matrix_free(&copy);
    matrix_free(&result);
    matrix_free(&weights);
    return status;
}

Status show_block_mistakes(const Followed *followed)
{
    Status status = STATUS_OK;
    float data[BELIEF_COUNT * EXAMPLE_D_MODEL];
    const char *names[BELIEF_COUNT];
    Matrix table = matrix_view(data, BELIEF_COUNT, EXAMPLE_D_MODEL);
    for (size_t i = 0; i < BELIEF_COUNT; i++) {
        names[i] = BELIEFS[i].name;
        TRY(run_belief(followed, i, matrix_row(table, i)));
    }
    print_matrix(stdout, table,
                 (PrintStyle){followed->sentence.words[followed->word], names, EXAMPLE_COLUMNS, 2});
done:
    return status;
}
