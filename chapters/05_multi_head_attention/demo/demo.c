/*
 * The program of chapter 5: two heads read a sentence and their results are put together; or the
 * whole layer runs on the reader's own arrays.
 */
#include "multi_head_attention.h"

#include "classic_case.h"
#include "example.h"
#include "layer_example.h"
#include "layer_mistakes.h"
#include "layer_options.h"
#include "layer_steps.h"
#include "program.h"

#include <stdio.h>

/* --- The worked example ---------------------------------------------------------------------- */

static Status show(const char *text, const LayerSteps *steps, const char *picture)
{
    Status status = STATUS_OK;
    printf("Two heads read: %s\n", text);
    TRY(show_layer(steps));
    printf("\n5. What became of the words\n");
    show_nearest_words(text, steps);
    TRY(draw_layer_heads(steps, picture));
done:
    return status;
}

/* The parts of the example that are not about the reader's own sentence. */
static Status show_carried(const LayerSteps *river)
{
    Status status = STATUS_OK;
    LayerSteps money = {0};
    TRY(layer_steps_create(EXAMPLE_MONEY, &money));
    show_nearest_words(EXAMPLE_MONEY, &money);
    TRY(show_two_banks(river, &money));
    TRY(show_layer_mistakes(river, "05_wrong"));
    TRY(show_classic_case());
    show_layer_costs();
done:
    layer_steps_free(&money);
    return status;
}

static Status example(const char *sentence)
{
    Status status = STATUS_OK;
    const char *text = sentence != NULL ? sentence : EXAMPLE_RIVER;
    LayerSteps steps = {0};
    TRY(layer_steps_create(text, &steps));
    TRY(show(text, &steps, sentence != NULL ? "05_sentence" : "05_heads"));
    TRY(sentence != NULL ? show_layer_mistakes(&steps, NULL) : show_carried(&steps));
done:
    layer_steps_free(&steps);
    return status;
}

/* --- The reader's own arrays ----------------------------------------------------------------- */

enum { OUT = LAYER_OPTION_COUNT, WEIGHTS_OUT, OPTION_COUNT };

static const Option OPTIONS[OPTION_COUNT] = {
    LAYER_OPTIONS,
    [OUT] = {"out", "FILE", "receives the result, (T, d_out) or (batch, T, d_out)"},
    [WEIGHTS_OUT] = {"weights-out", "FILE",
                     "receives the weights, (heads, T, T) or (batch, heads, T, T)"},
};

static Status check_options(void)
{
    Status status = STATUS_OK;
    TRY(layer_expect_options());
    if (program_value(WEIGHTS_OUT) == NULL)
        TRY(program_require((const size_t[]){OUT}, 1));
done:
    return status;
}

static Status create_results(Array x, const MultiHeadLayer *layer, Array *out, Array *weights)
{
    Status status = STATUS_OK;
    size_t batched = x.dims - 2, tokens = array_rows(x);
    size_t shape[ARRAY_MAX_DIMS] = {x.shape[0]}; /* the batch, if there is one */
    shape[batched] = tokens;
    shape[batched + 1] = layer->w_o.cols;
    TRY(array_create(x.dims, shape, out));
    shape[batched] = layer->heads;
    shape[batched + 1] = shape[batched + 2] = tokens;
    TRY(array_create(x.dims + 1, shape, weights));
done:
    return status;
}

static Status attend(Array x, const MultiHeadLayer *layer, Array out, Array weights)
{
    Status status = STATUS_OK;
    for (size_t b = 0; b < array_matrices(x); b++) {
        Matrix all = array_stacked(weights, b * layer->heads, layer->heads); /* (heads T) x T */
        TRY(multi_head_attention(array_matrix(x, b), layer, all, array_matrix(out, b)));
    }
done:
    return status;
}

static Status arrays(void)
{
    Status status = STATUS_OK;
    Array given[LAYER_ARRAY_COUNT] = {{0}}, out = NO_ARRAY, weights = NO_ARRAY;
    MultiHeadLayer layer;
    TRY(check_options());
    TRY(layer_read(given, &layer));
    TRY(layer_expect_shapes(given[LAYER_X], &layer));
    TRY(create_results(given[LAYER_X], &layer, &out, &weights));
    TRY(attend(given[LAYER_X], &layer, out, weights));
    TRY(program_write((const ProgramResult[]){{OUT, out}, {WEIGHTS_OUT, weights}}, 2));
done:
    for (size_t i = 0; i < LAYER_ARRAY_COUNT; i++)
        array_free(&given[i]);
    array_free(&out);
    array_free(&weights);
    return status;
}

static const Program PROGRAM = {
    .name = "05_multi_head_attention",
    .summary = "Multi-head attention: all heads side by side, then W_O.",
    .options = OPTIONS,
    .option_count = OPTION_COUNT,
    .example = example,
    .arrays = arrays,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv);
}
