#include "layer_steps.h"

#include "dot_products.h"

const char *const CONCAT_COLUMNS[EXAMPLE_D_MODEL] = {"water", "money",  "being", "action",
                                                     "being", "action", "place", "link"};

/* The biases are not named, so they are NO_MATRIX. */
MultiHeadLayer hand_made_layer(void)
{
    ExampleLayer example = example_layer();
    return (MultiHeadLayer){.w_q = example.w_q,
                            .w_k = example.w_k,
                            .w_v = example.w_v,
                            .w_o = example.w_o,
                            .heads = EXAMPLE_HEADS};
}

void layer_steps_free(LayerSteps *steps)
{
    sentence_free(&steps->sentence);
    multi_head_free(&steps->all);
    matrix_free(&steps->weights);
    matrix_free(&steps->out);
}

Matrix layer_weights(const LayerSteps *steps, size_t head)
{
    size_t tokens = steps->sentence.count;
    return matrix_view(matrix_row(steps->weights, head * tokens), tokens, tokens);
}

/* What the layer keeps to itself: each head's weighted sums, side by side. */
static Status fill_concat(LayerSteps *steps)
{
    Status status = STATUS_OK;
    HeadMatrices one;
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        TRY(multi_head_select(&steps->all, EXAMPLE_HEADS, h, &one));
        TRY(matrix_product(layer_weights(steps, h), one.v, one.concat)); /* T x 4 */
    }
done:
    return status;
}

static Status run_layer(LayerSteps *steps)
{
    Status status = STATUS_OK;
    MultiHeadLayer layer = hand_made_layer();
    Matrix x = steps->sentence.x;
    TRY(matrix_create(EXAMPLE_HEADS * x.rows, x.rows, &steps->weights));
    TRY(matrix_create(x.rows, EXAMPLE_D_MODEL, &steps->out));
    TRY(multi_head_attention(x, &layer, steps->weights, steps->out));
    TRY(multi_head_project(x, x, &layer, &steps->all));
    TRY(fill_concat(steps));
done:
    return status;
}

Status layer_steps_create(const char *text, LayerSteps *steps)
{
    Status status = STATUS_OK;
    *steps = (LayerSteps){.word = 0};
    TRY(sentence_create(text, &steps->sentence));
    TRY(run_layer(steps));
    steps->word = sentence_focus(steps->sentence);
done:
    if (status != STATUS_OK)
        layer_steps_free(steps);
    return status;
}

Matrix followed_row(const LayerSteps *steps, Matrix matrix)
{
    return matrix_view(matrix_row(matrix, steps->word), 1, matrix.cols);
}
