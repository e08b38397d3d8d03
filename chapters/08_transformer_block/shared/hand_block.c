/*
 * The hand-made block. Rows and columns of d_model numbers are in the order of EXAMPLE_COLUMNS; the
 * rules look at a token after the norm, so at numbers around 0.
 */
#include "hand_block.h"

#include "masking.h"

#include <string.h>

const char *const EXAMPLE_RULE_NAMES[EXAMPLE_RULES] = {"shore", "vault", "filler"};
const char *const EXAMPLE_CLASS_NAMES[EXAMPLE_CLASSES] = {"nature", "money"};

/* clang-format off */

/* The two free columns hold nothing here; a gain of 0 keeps the norm from filling them. */
static const float GAIN[EXAMPLE_D_MODEL] =
    /* free free place being water action money link */
    {  0,   0,   1,    1,    1,    1,     1,    1};
static const float SHIFT[EXAMPLE_D_MODEL] = {0};

/* What each rule asks for, a column to a rule: a place with water, a place with money, a link. */
static const float W_1[EXAMPLE_D_MODEL][EXAMPLE_RULES] = {
    /*           shore vault filler */
    /* free   */ {0,   0,    0},
    /* free   */ {0,   0,    0},
    /* place  */ {2,   2,    0},
    /* being  */ {0,   0,    0},
    /* water  */ {1,   0,    0},
    /* action */ {0,   0,    0},
    /* money  */ {0,   1,    0},
    /* link   */ {0,   0,    1},
};
/* Where each rule begins to apply: 2 place + water must be more than 3.25. */
static const float B_1[EXAMPLE_RULES] = {-3.25f, -3.25f, -1};

/* What each rule answers, a row to a rule. */
static const float W_2[EXAMPLE_RULES][EXAMPLE_D_MODEL] = {
    /*           free free place being water action money link */
    /* shore  */ {0,  0,   0,    0,    1,    0,    -1,    0},
    /* vault  */ {0,  0,   0,    0,   -1,    0,     1,    0},
    /* filler */ {0,  0,   0,    0,    0,    0,     0,   -1},
};
static const float B_2[EXAMPLE_D_MODEL] = {0};

static const float CLASSIFIER_W[EXAMPLE_D_MODEL][EXAMPLE_CLASSES] = {
    /*           nature money */
    /* free   */ {0,    0},
    /* free   */ {0,    0},
    /* place  */ {0,    0},
    /* being  */ {0,    0},
    /* water  */ {1,    0},
    /* action */ {0,    0},
    /* money  */ {0,    1},
    /* link   */ {0,    0},
};

/* clang-format on */

/* A view of a constant table. A Matrix has no const of its own; this one must only be read. */
static Matrix table(const float *first, size_t rows, size_t cols)
{
    return matrix_view((float *)first, rows, cols);
}

TransformerBlock hand_block(NormPlace place)
{
    ExampleLayer layer = example_layer();
    LayerNorm norm = {.gain = table(GAIN, 1, EXAMPLE_D_MODEL),
                      .shift = table(SHIFT, 1, EXAMPLE_D_MODEL),
                      .epsilon = DEFAULT_EPSILON};
    return (TransformerBlock){
        .attention = {.w_q = layer.w_q,
                      .w_k = layer.w_k,
                      .w_v = layer.w_v,
                      .w_o = layer.w_o,
                      .heads = EXAMPLE_HEADS},
        .norm_1 = norm,
        .norm_2 = norm,
        .feed_forward = {.w_1 = table(&W_1[0][0], EXAMPLE_D_MODEL, EXAMPLE_RULES),
                         .b_1 = table(B_1, 1, EXAMPLE_RULES),
                         .w_2 = table(&W_2[0][0], EXAMPLE_RULES, EXAMPLE_D_MODEL),
                         .b_2 = table(B_2, 1, EXAMPLE_D_MODEL),
                         .activation = ACTIVATION_RELU},
        .norm_place = place,
    };
}

Classifier hand_classifier(void)
{
    return (Classifier){.w = table(&CLASSIFIER_W[0][0], EXAMPLE_D_MODEL, EXAMPLE_CLASSES),
                        .b = NO_MATRIX};
}

/* --- Step by step ---------------------------------------------------------------------------- */

static Status create_steps(size_t tokens, BlockSteps *steps)
{
    Matrix *all[] = {&steps->heard, &steps->sum, &steps->middle, &steps->answer, &steps->out};
    Status status = STATUS_OK;
    TRY(matrix_create(tokens, EXAMPLE_RULES, &steps->rules));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        TRY(matrix_create(tokens, EXAMPLE_D_MODEL, all[i]));
done:
    return status;
}

static Status hear(Matrix x, const TransformerBlock *block, BlockSteps *steps)
{
    Status status = STATUS_OK;
    const MultiHeadLayer *attention = &block->attention;
    Matrix weights = NO_MATRIX;
    TRY(matrix_create(EXAMPLE_HEADS * x.rows, x.rows, &weights));
    TRY(masked_multi_head_attention(x, NO_MATRIX, attention, &NO_MASK, weights, steps->heard));
done:
    matrix_free(&weights);
    return status;
}

/* The rules by themselves are the first half of the feed-forward network. */
static Status apply_rules(const FeedForward *network, BlockSteps *steps)
{
    Status status = STATUS_OK;
    TRY(linear(steps->middle, network->w_1, network->b_1, steps->rules));
    for (size_t t = 0; t < steps->rules.rows; t++)
        for (size_t c = 0; c < EXAMPLE_RULES; c++) {
            float *rule = &matrix_row(steps->rules, t)[c];
            *rule = activate(network->activation, *rule);
        }
    TRY(feed_forward(steps->middle, network, steps->answer));
done:
    return status;
}

Status block_steps_create(Matrix x, BlockSteps *steps)
{
    Status status = STATUS_OK;
    TransformerBlock block = hand_block(NORM_POST);
    memset(steps, 0, sizeof *steps);
    TRY(create_steps(x.rows, steps));
    TRY(hear(x, &block, steps));
    /* with NORM_PRE, the end of a step is the sum alone */
    TRY(sublayer_output(x, steps->heard, &block.norm_1, NORM_PRE, steps->sum));
    TRY(layer_norm(steps->sum, &block.norm_1, steps->middle));
    TRY(apply_rules(&block.feed_forward, steps));
    TRY(transformer_block(x, &block, &NO_MASK, NO_MATRIX, steps->out));
done:
    return status;
}

void block_steps_free(BlockSteps *steps)
{
    Matrix *all[] = {&steps->heard, &steps->sum,    &steps->middle,
                     &steps->rules, &steps->answer, &steps->out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        matrix_free(all[i]);
}
