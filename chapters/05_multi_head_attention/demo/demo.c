/*
 * The program of chapter 5: two heads read a sentence and their results are put together; or the
 * whole layer runs on the reader's own arrays.
 */
#include "multi_head_attention.h"

#include "classic_case.h"
#include "example.h"
#include "layer_arrays.h"
#include "layer_example.h"
#include "layer_mistakes.h"
#include "layer_steps.h"
#include "program.h"

#include <stdio.h>

/* --- The worked example ---------------------------------------------------------------------- */

static Status show(const char *text, const LayerSteps *steps, const char *picture)
{
    printf("Two heads read: %s\n", text);
    Status status = show_layer(steps);
    if (status != STATUS_OK)
        return status;
    printf("\n5. What became of the words\n");
    show_nearest_words(text, steps);
    return draw_layer_heads(steps, picture);
}

static Status show_other_sentence(const LayerSteps *river)
{
    LayerSteps money;
    Status status = layer_steps_create(EXAMPLE_MONEY, &money);
    if (status != STATUS_OK)
        return status;
    show_nearest_words(EXAMPLE_MONEY, &money);
    status = show_two_banks(river, &money);
    layer_steps_free(&money);
    return status;
}

/* The parts of the example that are not about the reader's own sentence come with the carried one.
 */
static Status show_carried(const LayerSteps *river)
{
    Status status = show_other_sentence(river);
    if (status == STATUS_OK)
        status = show_layer_mistakes(river, "05_wrong");
    if (status == STATUS_OK)
        status = show_classic_case();
    if (status == STATUS_OK)
        show_layer_costs();
    return status;
}

static Status example(const char *sentence)
{
    const char *text = sentence != NULL ? sentence : EXAMPLE_RIVER;
    LayerSteps steps;
    Status status = layer_steps_create(text, &steps);
    if (status == STATUS_OK)
        status = show(text, &steps, sentence != NULL ? "05_sentence" : "05_heads");
    if (status == STATUS_OK)
        status = sentence != NULL ? show_layer_mistakes(&steps, NULL) : show_carried(&steps);
    layer_steps_free(&steps);
    return status;
}

/* --- The reader's own arrays ----------------------------------------------------------------- */

enum { X, W_Q, W_K, W_V, W_O, B_Q, B_K, B_V, B_O, INPUT_COUNT };
enum { HEADS = INPUT_COUNT, OUT, WEIGHTS_OUT, OPTION_COUNT };

static const Option OPTIONS[OPTION_COUNT] = {
    [X] = {"x", "FILE", "the sequence, (T, d_model) or (batch, T, d_model)"},
    [W_Q] = {"wq", "FILE", "the query projection, (d_model, heads d_k)"},
    [W_K] = {"wk", "FILE", "the key projection, (d_model, heads d_k)"},
    [W_V] = {"wv", "FILE", "the value projection, (d_model, heads d_v)"},
    [W_O] = {"wo", "FILE", "the output projection, (heads d_v, d_out)"},
    [B_Q] = {"bq", "FILE", "the bias of the queries, (heads d_k,); left out: none"},
    [B_K] = {"bk", "FILE", "the bias of the keys, (heads d_k,)"},
    [B_V] = {"bv", "FILE", "the bias of the values, (heads d_v,)"},
    [B_O] = {"bo", "FILE", "the bias of the output, (d_out,)"},
    [HEADS] = {"heads", "N", "how many heads"},
    [OUT] = {"out", "FILE", "receives the result, (T, d_out) or (batch, T, d_out)"},
    [WEIGHTS_OUT] = {"weights-out", "FILE",
                     "receives the weights, (heads, T, T) or (batch, heads, T, T)"},
};

static Status check_options(void)
{
    Status status = program_require((const size_t[]){X, W_Q, W_K, W_V, W_O, HEADS}, 6);
    if (status == STATUS_OK && program_value(WEIGHTS_OUT) == NULL)
        status = program_require((const size_t[]){OUT}, 1);
    return status;
}

static Status read_inputs(Array inputs[INPUT_COUNT])
{
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < INPUT_COUNT; i++) {
        status = program_read(i, ARRAY_NUMBERS, &inputs[i]);
        if (status == STATUS_OK && i == X)
            status = program_expect_dims(i, inputs[i], 2, 3, "(T, d_model) or (batch, T, d_model)");
        else if (status == STATUS_OK && i <= W_O)
            status = program_expect_dims(i, inputs[i], 2, 2, "(rows, columns)");
        else if (status == STATUS_OK)
            status = program_expect_dims(i, inputs[i], 1, 2, "(n,) or (1, n)");
    }
    return status;
}

static Status layer_of(const Array inputs[INPUT_COUNT], MultiHeadLayer *layer)
{
    size_t heads;
    Status status = program_size(HEADS, 1, 1, &heads);
    if (status == STATUS_OK)
        *layer = layer_from_arrays(&inputs[W_Q], heads);
    return status;
}

/* Matrices without numbers are enough to check shapes with, also when the batch is empty. */
static Status check_shapes(Array x, const MultiHeadLayer *layer)
{
    size_t tokens = array_rows(x);
    Matrix any = matrix_view(NULL, tokens, array_cols(x));
    return multi_head_expect_shapes("multi_head_attention", any, any, layer,
                                    matrix_view(NULL, layer->heads * tokens, tokens),
                                    matrix_view(NULL, tokens, layer->w_o.cols));
}

static Status create_results(Array x, const MultiHeadLayer *layer, Array *out, Array *weights)
{
    size_t batched = x.dims - 2, tokens = array_rows(x);
    size_t shape[ARRAY_MAX_DIMS] = {x.shape[0]}; /* the batch, if there is one */
    shape[batched] = tokens;
    shape[batched + 1] = layer->w_o.cols;
    Status status = array_create(x.dims, shape, out);
    shape[batched] = layer->heads;
    shape[batched + 1] = shape[batched + 2] = tokens;
    return status == STATUS_OK ? array_create(x.dims + 1, shape, weights) : status;
}

static Status run_on_arrays(const Array inputs[INPUT_COUNT], Array *out, Array *weights)
{
    MultiHeadLayer layer;
    Array x = inputs[X];
    Status status = layer_of(inputs, &layer);
    if (status == STATUS_OK)
        status = check_shapes(x, &layer);
    if (status == STATUS_OK)
        status = create_results(x, &layer, out, weights);
    for (size_t b = 0; status == STATUS_OK && b < array_matrices(x); b++) {
        Matrix all = array_stacked(*weights, b * layer.heads, layer.heads); /* (heads T) x T */
        status = multi_head_attention(array_matrix(x, b), &layer, all, array_matrix(*out, b));
    }
    return status;
}

static Status arrays(void)
{
    Array inputs[INPUT_COUNT], out = NO_ARRAY, weights = NO_ARRAY;
    for (size_t i = 0; i < INPUT_COUNT; i++)
        inputs[i] = NO_ARRAY;
    Status status = check_options();
    if (status == STATUS_OK)
        status = read_inputs(inputs);
    if (status == STATUS_OK)
        status = run_on_arrays(inputs, &out, &weights);
    if (status == STATUS_OK)
        status = program_write((const ProgramResult[]){{OUT, out}, {WEIGHTS_OUT, weights}}, 2);
    for (size_t i = 0; i < INPUT_COUNT; i++)
        array_free(&inputs[i]);
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
