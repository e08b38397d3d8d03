/* Chapter 8: what each function must do. */
#include "checks.h"

#include "transformer_block.h"

#include <math.h>

static void change(Matrix matrix, float factor, float summand)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = matrix_row(matrix, r)[c] * factor + summand;
}

/* --- What does not fit ------------------------------------------------------------------------ */

/* Parts of a case besides its inputs: its result, and from NUMBER on its numbers. */
enum { OUT = CASE_MAX_INPUTS, NUMBER };

/* What is added to the rows and columns of a part, or to a number, so that it does not fit. */
typedef struct Misfit {
    size_t part;
    double rows, cols;
    const char *story;
} Misfit;

/* A case like that of another check's index, except that one thing does not fit. */
static void make_misfit(Case *given, void (*make)(Case *given), size_t like, const Misfit *misfits)
{
    const Misfit *misfit = &misfits[given->index];
    size_t index = given->index;
    given->index = like;
    make(given);
    given->index = index;
    given->shapes_only = true;
    given->part_count = 0;
    case_note(given, "%s", misfit->story);
    if (misfit->part >= NUMBER) {
        given->numbers[misfit->part - NUMBER] += misfit->rows;
        return;
    }
    size_t *rows = misfit->part == OUT ? &given->out_rows : &given->inputs[misfit->part].rows;
    size_t *cols = misfit->part == OUT ? &given->out_cols : &given->inputs[misfit->part].cols;
    *rows = (size_t)((double)*rows + misfit->rows);
    *cols = (size_t)((double)*cols + misfit->cols);
}

/* --- linear ----------------------------------------------------------------------------------- */

enum { L_X, L_W, L_B };

static void a_linear_layer(Case *given)
{
    size_t i = given->index, t = i == 5 ? 0 : 1 + i % 3, d = 2 + i % 4;
    size_t m = i == 8 ? d : 2 + (i + 1) % 3;
    given->as_views = i == 7;
    case_input(given, "x", t, d);
    case_input(given, "w", d, m);
    if (i % 3 > 0)
        change(case_input(given, "b", 1, m), 1, 1);
    else
        case_note(given, "b is NO_MATRIX");
    case_output(given, t, m);
}

static Status call_linear(const Case *given, Matrix out)
{
    return linear(given->inputs[L_X], given->inputs[L_W], case_named(given, "b"), out);
}

static const Misfit LINEAR_MISFITS[] = {
    {L_W, -1, 0, "w has a row less than x has columns"},
    {L_B, 0, -1, "b has a number less than w has columns"},
    {OUT, 1, 0, "out has a row more than x"},
    {OUT, 0, 1, "out has a column more than w"},
};

static void a_wrong_linear_layer(Case *given)
{
    make_misfit(given, a_linear_layer, 1, LINEAR_MISFITS);
}

/* --- activate --------------------------------------------------------------------------------- */

/* Numbers at which the two forms of GELU differ most, and none above 1, which would make the
 * difference look small. */
static void some_numbers(Case *given)
{
    static const float NUMBERS[] = {-3, -2.25F, -1, -0.5F, 0, 0.5F, 0.75F, NAN};
    size_t i = given->index, count = i < 6 ? 7 : 8; /* NaN comes last */
    case_note(given, "activation 0 is ReLU, 1 is GELU, 2 is GELU by tanh");
    Matrix x = case_input(given, "x", 1, count);
    for (size_t c = 0; c < count; c++)
        x.data[c] = NUMBERS[c] + 0.03125F * (float)i;
    case_number(given, "activation", (double)(i % 3));
    case_output(given, 1, count);
}

static Status call_activate(const Case *given, Matrix out)
{
    for (size_t c = 0; c < out.cols; c++)
        put_number(out, c, activate((Activation)given->numbers[0], given->inputs[0].data[c]));
    return STATUS_OK;
}

/* --- layer_norm ------------------------------------------------------------------------------- */

enum { N_X, N_GAIN, N_SHIFT };
/* The first ones are plain: neither gain nor shift. */
enum { EQUAL = 2, FAR = 3, PLAIN_VIEWS = 4, PLAIN = 5, BOTH = 7, WITH_NAN = 8, VIEWS = 9 };

static const struct {
    size_t t, d;
    bool gain, shift;
    double epsilon;
    const char *note;
} NORMS[] = {
    {2, 3, false, false, 0, "neither gain nor shift"},
    {2, 4, false, false, 0.5, "neither gain nor shift"},
    [EQUAL] = {2, 3, false, false, 1e-5, "the numbers of token 0 are equal"},
    [FAR] = {1, 3, false, false, 1e-5, "the numbers lie far from 0 and close together"},
    [PLAIN_VIEWS] = {3, 4, false, false, 32, "epsilon is above each variance"},
    [PLAIN] = {3, 4, true, false, 1e-5, "shift is NO_MATRIX"},
    {2, 5, false, true, 0.5, "gain is NO_MATRIX"},
    [BOTH] = {4, 3, true, true, 0.5, ""},
    [WITH_NAN] = {3, 4, true, true, 1e-5, "a NaN stays in its token"},
    [VIEWS] = {3, 5, true, true, 0.25, ""},
    {0, 4, true, true, 1e-5, "no tokens"},
};

static void a_norm_like(Case *given, size_t i)
{
    static const float FAR_NUMBERS[] = {16777216, 16777218, 16777224}; /* the mean is not a float */
    given->as_views = i == VIEWS || i == PLAIN_VIEWS;
    Matrix x = case_input(given, "x", NORMS[i].t, NORMS[i].d);
    for (size_t r = 0; r < x.rows; r++)
        matrix_row(x, r)[0] += 4; /* no token of equal numbers */
    if (NORMS[i].gain)
        case_input(given, "gain", 1, x.cols).data[0] = 2; /* even when all the others are 0 */
    if (NORMS[i].shift)
        case_input(given, "shift", 1, x.cols).data[1] = 3;
    for (size_t c = 0; i == EQUAL && c < x.cols; c++)
        x.data[c] = 5;
    for (size_t c = 0; i == FAR && c < x.cols; c++)
        x.data[c] = FAR_NUMBERS[c];
    if (i == WITH_NAN)
        matrix_row(x, 1)[2] = NAN;
    case_number(given, "epsilon", NORMS[i].epsilon);
    case_note(given, "%s", NORMS[i].note);
    case_output(given, x.rows, x.cols);
}

static void a_norm(Case *given)
{
    a_norm_like(given, given->index);
}

static void a_gain_or_a_shift(Case *given)
{
    a_norm_like(given, PLAIN + given->index);
}

static LayerNorm norm_of(const Case *given, double epsilon)
{
    return (LayerNorm){case_named(given, "gain"), case_named(given, "shift"), (float)epsilon};
}

static Status call_norm(const Case *given, Matrix out)
{
    LayerNorm norm = norm_of(given, given->numbers[0]);
    return layer_norm(given->inputs[N_X], &norm, out);
}

/* Copies x into memory that a call may write to. */
static Matrix copy_into(float *numbers, Matrix x)
{
    Matrix copy = matrix_view(numbers, x.rows, x.cols);
    put_matrix("x", x, 0, x.rows, copy);
    return copy;
}

/* What stands in a matrix after a call: the result, if there is one. */
static Status put_result(Status status, Matrix made, Matrix out)
{
    if (status == STATUS_OK)
        put_matrix("out", made, 0, out.rows, out);
    return status;
}

static Status call_norm_in_place(const Case *given, Matrix out)
{
    float numbers[4 * 5];
    Matrix x = copy_into(numbers, given->inputs[N_X]);
    LayerNorm norm = norm_of(given, given->numbers[0]);
    return put_result(layer_norm(x, &norm, x), x, out);
}

static const Misfit NORM_MISFITS[] = {
    {N_GAIN, 0, -1, "gain has a number less than x has columns"},
    {N_SHIFT, 0, -1, "shift has a number less than x has columns"},
    {OUT, 1, 0, "out has a row more than x"},
    {OUT, 0, 1, "out has a column more than x"},
    {NUMBER, -1, 0, "epsilon is less than 0"},
    {NUMBER, NAN, 0, "epsilon is NaN: it is not less than 0, but neither is it 0 or more"},
};

static void a_wrong_norm(Case *given)
{
    make_misfit(given, a_norm, BOTH, NORM_MISFITS);
}

/* --- feed_forward ----------------------------------------------------------------------------- */

enum { F_X, F_W_1, F_W_2, F_B_1, F_B_2 };
enum { F_ALL = 4, F_VIEWS = 6, F_NAN = 8 };

static const struct {
    size_t t, d, d_ff;
    bool b_1, b_2;
    Activation activation;
} NETWORKS[] = {
    {1, 2, 3, false, false, ACTIVATION_RELU}, {2, 2, 4, true, false, ACTIVATION_RELU},
    {2, 3, 4, false, true, ACTIVATION_RELU},  {2, 2, 5, true, true, ACTIVATION_GELU},
    {3, 2, 5, true, true, ACTIVATION_RELU},   {3, 3, 5, true, true, ACTIVATION_GELU_TANH},
    {2, 3, 5, true, true, ACTIVATION_RELU},   {0, 2, 3, true, true, ACTIVATION_RELU},
    {3, 2, 4, true, true, ACTIVATION_RELU},
};

static void a_network(Case *given)
{
    size_t i = given->index, d = NETWORKS[i].d, d_ff = NETWORKS[i].d_ff;
    given->as_views = i == F_VIEWS;
    Matrix x = case_input(given, "x", NETWORKS[i].t, d);
    change(case_input(given, "w_1", d, d_ff), 1, i == 0 ? -1 : 0); /* not all are above 0 */
    change(case_input(given, "w_2", d_ff, d), 1, i == 0 ? -2 : 0);
    if (NETWORKS[i].b_1)
        case_input(given, "b_1", 1, d_ff);
    if (NETWORKS[i].b_2)
        change(case_input(given, "b_2", 1, d), 1, -1);
    if (i == F_NAN)
        matrix_row(x, 1)[0] = NAN;
    case_number(given, "activation", (double)NETWORKS[i].activation);
    case_note(given, "activation 0 is ReLU, 1 is GELU, 2 is GELU by tanh%s%s",
              NETWORKS[i].b_1 ? "" : "; b_1 is NO_MATRIX",
              NETWORKS[i].b_2 ? "" : "; b_2 is NO_MATRIX");
    case_output(given, x.rows, d);
}

static Status call_network(const Case *given, Matrix out)
{
    FeedForward network = {.w_1 = given->inputs[F_W_1],
                           .b_1 = case_named(given, "b_1"),
                           .w_2 = given->inputs[F_W_2],
                           .b_2 = case_named(given, "b_2"),
                           .activation = (Activation)given->numbers[0]};
    return feed_forward(given->inputs[F_X], &network, out);
}

static const Misfit NETWORK_MISFITS[] = {
    {F_W_1, -1, 0, "w_1 has a row less than x has columns"},
    {F_W_2, -1, 0, "w_2 has a row less than w_1 has columns"},
    {F_B_1, 0, -1, "b_1 has a number less than w_1 has columns"},
    {F_B_2, 0, -1, "b_2 has a number less than w_2 has columns"},
    {OUT, 1, 0, "out has a row more than x"},
    {OUT, 0, 1, "out has a column more than w_2"},
};

static void a_wrong_network(Case *given)
{
    make_misfit(given, a_network, F_ALL, NETWORK_MISFITS);
}

/* --- The residual path ------------------------------------------------------------------------ */

enum { P_X, P_GAIN, P_RESULT };
enum { PRE, EPSILON };
enum { NO_GAIN = 8, SUBLAYERS = 10 }; /* from NO_GAIN on the norm has neither gain nor shift */

static void a_beginning(Case *given)
{
    size_t i = given->index, t = i == 6 ? 0 : 2 + i % 2, d = 3 + i % 3;
    bool has_gain = i < NO_GAIN;
    given->as_views = i == 7;
    Matrix x = case_input(given, "x", t, d);
    for (size_t r = 0; r < t; r++)
        matrix_row(x, r)[0] += 4;
    if (has_gain)
        case_input(given, "gain", 1, d).data[0] += 2;
    case_number(given, "pre", (double)(i % 2));
    case_number(given, "epsilon", 0.25);
    case_note(given, "pre = 1 is NORM_PRE, 0 is NORM_POST%s",
              has_gain ? "" : "; gain is NO_MATRIX");
    case_output(given, t, d);
}

static NormPlace place_of(const Case *given, size_t number)
{
    return given->numbers[number] != 0 ? NORM_PRE : NORM_POST;
}

static Status call_input(const Case *given, Matrix out)
{
    LayerNorm norm = norm_of(given, given->numbers[EPSILON]);
    return sublayer_input(given->inputs[P_X], &norm, place_of(given, PRE), out);
}

static const Misfit BEGINNING_MISFITS[] = {
    {OUT, 1, 0, "input has a row more than x"},
    {P_GAIN, 0, -1, "gain has a number less than x has columns"},
    {OUT, 0, 1, "input has a column more than x"},
};

static void a_wrong_beginning(Case *given)
{
    make_misfit(given, a_beginning, given->index % 2, BEGINNING_MISFITS);
    given->out_name = "input";
}

static void an_end(Case *given)
{
    a_beginning(given);
    Matrix result = case_input(given, "result", given->out_rows, given->out_cols);
    for (size_t r = 0; r < result.rows; r++)
        matrix_row(result, r)[1] -= 3;
}

static Status run_end(const Case *given, Matrix x, Matrix result, Matrix out)
{
    LayerNorm norm = norm_of(given, given->numbers[EPSILON]);
    return sublayer_output(x, result, &norm, place_of(given, PRE), out);
}

static Status call_output(const Case *given, Matrix out)
{
    return run_end(given, given->inputs[P_X], case_named(given, "result"), out);
}

static void an_end_in_place(Case *given)
{
    an_end(given);
    case_note(given, "out is %s itself here; pre = 1 is NORM_PRE, 0 is NORM_POST",
              given->index / 2 % 2 == 0 ? "x" : "result");
}

static Status call_output_in_place(const Case *given, Matrix out)
{
    float numbers[3 * 5], others[3 * 5];
    Matrix x = copy_into(numbers, given->inputs[P_X]),
           result = copy_into(others, given->inputs[P_RESULT]),
           same = given->index / 2 % 2 == 0 ? x : result;
    return put_result(run_end(given, x, result, same), same, out);
}

static const Misfit END_MISFITS[] = {
    {P_GAIN, 0, -1, "gain has a number less than x has columns"},
    {P_RESULT, -1, 0, "result has a row less than x"},
    {P_RESULT, 0, -1, "result has a column less than x"},
    {OUT, 1, 0, "out has a row more than x"},
    {OUT, 0, 1, "out has a column more than x"},
};

static void a_wrong_end(Case *given)
{
    make_misfit(given, an_end, 0, END_MISFITS);
}

/* --- transformer_block ------------------------------------------------------------------------ */

/* The weights of two blocks stand one below the other; so do the gains of the norms. */
enum { B_X, B_W_Q, B_W_K, B_W_V, B_W_O, B_W_1, B_W_2, B_GAIN };
enum { B_HEADS, B_CAUSAL, B_PADDING, B_PRE, B_EPSILON, B_COUNT, B_HAS_NORM, B_LAST_EPSILON };
enum { COLUMNS = 2 };                                       /* of one head */
enum { MOST_TOKENS = 5, MOST_COLUMNS = 4, MOST_HEADS = 6 }; /* of all blocks */

static void some_blocks(Case *given, size_t blocks, size_t norms)
{
    size_t i = given->index, heads = 2 + i % 2, d = 3 + i % 2, d_ff = 3 + (i + 1) % 3;
    given->as_views = i == 7;
    Matrix x = case_input(given, "x", 3 + i % 3, d);
    case_input(given, "w_q", blocks * d, heads * COLUMNS);
    case_input(given, "w_k", blocks * d, heads * COLUMNS);
    case_input(given, "w_v", blocks * d, heads * COLUMNS);
    case_input(given, "w_o", blocks * heads * COLUMNS, d);
    case_input(given, "w_1", blocks * d, d_ff);
    case_input(given, "w_2", blocks * d_ff, d);
    Matrix gain = case_input(given, "gain", norms, d);
    for (size_t r = 0; r < norms; r++)
        matrix_row(gain, r)[0] += 1 + (float)r;
    for (size_t r = 0; r < x.rows; r++) /* no two tokens are the same */
        matrix_row(x, r)[r % d] -= 2 + (float)r;
    case_number(given, "heads", (double)heads);
    case_number(given, "causal", (double)(i / 2 % 2));
    case_number(given, "padding", i >= 4 ? 1 : 0);
    case_number(given, "pre", (double)(i % 2));
    case_number(given, "epsilon", 0.25);
    case_output(given, x.rows, d);
}

static void a_block(Case *given)
{
    some_blocks(given, 1, 2);
    case_note(given, "pre = 1 is NORM_PRE, 0 is NORM_POST; gain has a row for each of the two "
                     "norms, epsilon is that of norm_2; no biases, ReLU");
}

static Matrix part(const Case *given, size_t input, size_t block, size_t blocks)
{
    Matrix all = given->inputs[input];
    size_t rows = all.rows / blocks;
    return (Matrix){matrix_row(all, block * rows), rows, all.cols, all.stride};
}

static LayerNorm block_norm(const Case *given, size_t row, double epsilon)
{
    Matrix all = given->inputs[B_GAIN], gain = {matrix_row(all, row), 1, all.cols, all.stride};
    return (LayerNorm){.gain = gain, .epsilon = (float)epsilon};
}

/* One of so many blocks. One alone has two norms that differ. */
static TransformerBlock block_of(const Case *given, size_t block, size_t blocks)
{
    return (TransformerBlock){
        .attention = {.w_q = part(given, B_W_Q, block, blocks),
                      .w_k = part(given, B_W_K, block, blocks),
                      .w_v = part(given, B_W_V, block, blocks),
                      .w_o = part(given, B_W_O, block, blocks),
                      .heads = case_size(given, B_HEADS)},
        .norm_1 = block_norm(given, block, 0.25),
        .norm_2 = block_norm(given, blocks > 1 ? block : 1, given->numbers[B_EPSILON]),
        .feed_forward = {.w_1 = part(given, B_W_1, block, blocks),
                         .w_2 = part(given, B_W_2, block, blocks),
                         .activation = ACTIVATION_RELU},
        .norm_place = place_of(given, B_PRE)};
}

static AttentionMask mask_of(const Case *given)
{
    return (AttentionMask){.causal = given->numbers[B_CAUSAL] != 0,
                           .padding = case_size(given, B_PADDING)};
}

static Status run_block(const Case *given, Matrix x, Matrix weights, Matrix out)
{
    TransformerBlock block = block_of(given, 0, 1);
    AttentionMask mask = mask_of(given);
    return transformer_block(x, &block, &mask, weights, out);
}

static Status call_block(const Case *given, Matrix out)
{
    return run_block(given, given->inputs[B_X], NO_MATRIX, out);
}

static Status call_block_in_place(const Case *given, Matrix out)
{
    float numbers[MOST_TOKENS * MOST_COLUMNS];
    Matrix x = copy_into(numbers, given->inputs[B_X]);
    return put_result(run_block(given, x, NO_MATRIX, x), x, out);
}

static void a_block_for_its_weights(Case *given)
{
    static const char *const HEADS[] = {"head 0", "head 1", "head 2"};
    a_block(given);
    case_note(given, "what comes out here is the weights, not out");
    size_t heads = case_size(given, B_HEADS), t = given->out_rows;
    for (size_t h = 0; h < heads; h++)
        case_part(given, HEADS[h], t);
    case_output(given, heads * t, t);
    given->out_name = "weights";
}

static Status call_block_for_weights(const Case *given, Matrix weights)
{
    float numbers[MOST_TOKENS * MOST_COLUMNS];
    Matrix x = given->inputs[B_X];
    return run_block(given, x, weights, matrix_view(numbers, x.rows, x.cols));
}

static const Misfit BLOCK_MISFITS[] = {
    {B_GAIN, 0, -1, "the norms' gains have a number less than x has columns"},
    {B_W_Q, -1, 0, "w_q has a row less than x has columns"},
    {B_W_O, 0, -1, "w_o has a column less than x"},
    {B_W_1, -1, 0, "w_1 has a row less than x has columns"},
    {B_W_2, -1, 0, "w_2 has a row less than w_1 has columns"},
    {B_W_2, 0, -1, "w_2 has a column less than x"},
    {OUT, 1, 0, "out has a row more than x"},
    {OUT, 0, 1, "out has a column more than x"},
    {NUMBER + B_EPSILON, -1, 0, "the epsilon of norm_2 is less than 0"},
    {NUMBER + B_HEADS, 1, 0, "the heads do not divide the columns of w_q"},
    {NUMBER + B_PADDING, 9, 0, "there is more padding than there are tokens"},
};

static void a_wrong_block(Case *given)
{
    make_misfit(given, a_block, given->index % 2, BLOCK_MISFITS);
}

static const Misfit WEIGHTS_MISFITS[] = {
    {OUT, 1, 0, "weights (what comes out here) has a row more than heads T"},
    {OUT, 0, 1, "weights (what comes out here) has a column more than T"},
};

static void a_block_with_wrong_weights(Case *given)
{
    make_misfit(given, a_block_for_its_weights, 0, WEIGHTS_MISFITS);
}

/* --- encoder ---------------------------------------------------------------------------------- */

enum { BARE_LAST_NORM = 11, STACKS };

static void a_stack(Case *given)
{
    size_t i = given->index;
    some_blocks(given, 2, 3);
    case_number(given, "count", i >= 8 ? 0 : 2);
    case_number(given, "has_norm", i % 3 == 1 ? 0 : 1);
    case_number(given, "epsilon of the last norm", i == 10 ? -1 : 0.25); /* not used, so free */
    case_note(given, "up to two blocks, whose weights stand one below the other; gain has a row "
                     "for each block and one for the last norm; pre = 1 is NORM_PRE");
    if (i == BARE_LAST_NORM)
        case_note(given, "no blocks, and a last norm whose gain is NO_MATRIX");
}

static Status run_stack(const Case *given, size_t heads_of_second, Matrix weights, Matrix out)
{
    TransformerBlock blocks[] = {block_of(given, 0, 2), block_of(given, 1, 2),
                                 block_of(given, 0, 2)};
    blocks[1].attention.heads = heads_of_second;
    Encoder stack = {blocks, case_size(given, B_COUNT), given->numbers[B_HAS_NORM] != 0,
                     block_norm(given, 2, given->numbers[B_LAST_EPSILON])};
    if (given->index == BARE_LAST_NORM)
        stack.norm.gain = NO_MATRIX;
    AttentionMask mask = mask_of(given);
    return encoder(given->inputs[B_X], &stack, &mask, weights, out);
}

static Status call_stack(const Case *given, Matrix out)
{
    return run_stack(given, case_size(given, B_HEADS), NO_MATRIX, out);
}

static void a_stack_for_its_weights(Case *given)
{
    a_stack(given);
    given->numbers[B_COUNT] = 3;
    case_note(given, "three blocks: the second has one head, the third is the first again; what "
                     "comes out here is the weights of all their heads, not out");
    size_t heads = case_size(given, B_HEADS), t = given->out_rows;
    case_part(given, "first block", heads * t);
    case_part(given, "second block", t);
    case_part(given, "third block", heads * t);
    case_output(given, (2 * heads + 1) * t, t);
    given->out_name = "weights";
}

static Status call_stack_for_weights(const Case *given, Matrix weights)
{
    float numbers[MOST_TOKENS * MOST_COLUMNS];
    Matrix x = given->inputs[B_X];
    return run_stack(given, 1, weights, matrix_view(numbers, x.rows, x.cols));
}

static const Misfit STACK_MISFITS[] = {
    {B_GAIN, 0, -1, "the norms' gains have a number less than x has columns"},
    {B_W_1, -2, 0, "w_1 has a row less than x has columns"},
    {OUT, 1, 0, "out has a row more than x"},
    {OUT, 0, 1, "out has a column more than x"},
    {NUMBER + B_PADDING, 9, 0, "there is more padding than there are tokens"},
    {NUMBER + B_LAST_EPSILON, -1, 0, "the epsilon of the last norm is less than 0"},
};

static void a_wrong_stack(Case *given)
{
    make_misfit(given, a_stack, 0, STACK_MISFITS);
}

static void a_stack_with_wrong_weights(Case *given)
{
    make_misfit(given, a_stack_for_its_weights, 0, WEIGHTS_MISFITS);
}

/* --- The classifier --------------------------------------------------------------------------- */

enum { C_X, C_W, C_B };

static void a_pool(Case *given)
{
    size_t i = given->index, t = i == 9 ? 0 : 3 + i % 3;
    given->as_views = i == 5;
    Matrix x = case_input(given, "x", t, 2 + i % 4);
    for (size_t r = 0; r < t; r++) /* no two words are the same */
        matrix_row(x, r)[0] += (float)(r * r);
    case_number(given, "padding",
                i == 10  ? (double)(t - 1)
                : i >= 8 ? (double)t
                         : (double)((i + 1) % 3));
    if (i == 6) {
        matrix_row(x, t - 1)[0] = NAN;
        case_note(given, "there is a NaN in the padding");
    }
    case_output(given, 1, x.cols);
}

static Status call_pool(const Case *given, Matrix out)
{
    return mean_pool(given->inputs[C_X], case_size(given, 0), out);
}

static const Misfit POOL_MISFITS[] = {
    {NUMBER, 9, 0, "there is more padding than there are tokens"},
    {OUT, 1, 0, "out has two rows"},
    {OUT, 0, 1, "out has a column more than x"},
};

static void a_wrong_pool(Case *given)
{
    make_misfit(given, a_pool, 0, POOL_MISFITS);
}

static void a_classifier(Case *given)
{
    size_t classes = 2 + given->index % 3;
    a_pool(given);
    change(given->inputs[C_X], 0.25F, 0); /* or one class would have it all */
    case_input(given, "w", given->out_cols, classes).data[0] += 1;
    if (given->index != 1)
        case_input(given, "b", 1, classes).data[0] += 1;
    else
        case_note(given, "b is NO_MATRIX");
    case_output(given, 1, classes);
    given->out_name = "probabilities";
}

static Status call_classify(const Case *given, Matrix out)
{
    Classifier classifier = {given->inputs[C_W], case_named(given, "b")};
    return classify(given->inputs[C_X], case_size(given, 0), &classifier, out);
}

static const Misfit CLASSIFIER_MISFITS[] = {
    {C_W, -1, 0, "w has a row less than x has columns"},
    {C_B, 0, -1, "b has a number less than w has columns"},
    {NUMBER, 9, 0, "there is more padding than there are tokens"},
    {OUT, 1, 0, "probabilities has two rows"},
    {OUT, 0, 1, "probabilities has a column more than w"},
};

static void a_wrong_classifier(Case *given)
{
    make_misfit(given, a_classifier, 0, CLASSIFIER_MISFITS);
}

/* --- The table -------------------------------------------------------------------------------- */

#define ROWS(table) (sizeof(table) / sizeof *(table))

static const char REFUSE[] = "refuse what does not fit, and write nothing";
static const char IN_PLACE[] =
    "give the same when out is x itself: what is written to out is gone from x";

const Check CHECKS[] = {
    {"a_linear_layer_is_a_product_and_a_bias", "linear", "multiply each token by w and add b", 9,
     a_linear_layer, call_linear},
    {"a_linear_layer_that_does_not_fit_is_refused", "linear", REFUSE, ROWS(LINEAR_MISFITS),
     a_wrong_linear_layer, call_linear},
    {"three_activations_are_three_functions", "activate", "apply the activation to one number", 9,
     some_numbers, call_activate},
    {"each_token_is_normalised_by_itself", "layer_norm",
     "bring each token to mean 0 and variance 1", PLAIN, a_norm, call_norm},
    {"gain_and_shift_follow", "layer_norm",
     "multiply what is normalised by the gain, then add the shift", ROWS(NORMS) - PLAIN,
     a_gain_or_a_shift, call_norm},
    {"a_norm_may_take_the_place_of_x", "layer_norm", IN_PLACE, BOTH + 1, a_norm,
     call_norm_in_place},
    {"a_norm_that_does_not_fit_is_refused", "layer_norm", REFUSE, ROWS(NORM_MISFITS), a_wrong_norm,
     call_norm},
    {"a_network_activates_between_two_linear_layers", "feed_forward",
     "compute activation(x W_1 + b_1) W_2 + b_2 of each token", ROWS(NETWORKS), a_network,
     call_network},
    {"a_network_that_does_not_fit_is_refused", "feed_forward", REFUSE, ROWS(NETWORK_MISFITS),
     a_wrong_network, call_network},
    {"a_step_begins_with_x_or_with_its_norm", "sublayer_input", "give the step x, or x normalised",
     SUBLAYERS, a_beginning, call_input},
    {"a_beginning_that_does_not_fit_is_refused", "sublayer_input", REFUSE, ROWS(BEGINNING_MISFITS),
     a_wrong_beginning, call_input},
    {"a_step_ends_with_the_sum_or_with_its_norm", "sublayer_output",
     "add x to what the step made, and normalise the sum with NORM_POST", SUBLAYERS, an_end,
     call_output},
    {"an_end_may_take_the_place_of_x_or_result", "sublayer_output",
     "read all that it needs before it writes over it", 6, an_end_in_place, call_output_in_place},
    {"an_end_that_does_not_fit_is_refused", "sublayer_output", REFUSE, ROWS(END_MISFITS),
     a_wrong_end, call_output},
    {"a_block_is_two_steps_with_paths_around_them", "transformer_block",
     "let the tokens attend, then let each think, with a norm and a residual path around each step",
     8, a_block, call_block},
    {"a_block_gives_the_weights_of_its_attention", "transformer_block",
     "write the attention's weights into weights", 8, a_block_for_its_weights,
     call_block_for_weights},
    {"a_block_may_take_the_place_of_x", "transformer_block", IN_PLACE, 4, a_block,
     call_block_in_place},
    {"a_block_that_does_not_fit_is_refused", "transformer_block", REFUSE, ROWS(BLOCK_MISFITS),
     a_wrong_block, call_block},
    {"a_block_with_wrong_weights_is_refused", "transformer_block", REFUSE, ROWS(WEIGHTS_MISFITS),
     a_block_with_wrong_weights, call_block_for_weights},
    {"an_encoder_runs_block_after_block", "encoder", "run block after block, then the last norm",
     STACKS, a_stack, call_stack},
    {"an_encoder_keeps_the_weights_of_all_blocks", "encoder",
     "give each block its own rows of weights", 8, a_stack_for_its_weights, call_stack_for_weights},
    {"an_encoder_that_does_not_fit_is_refused", "encoder", REFUSE, ROWS(STACK_MISFITS),
     a_wrong_stack, call_stack},
    {"an_encoder_with_wrong_weights_is_refused", "encoder", REFUSE, ROWS(WEIGHTS_MISFITS),
     a_stack_with_wrong_weights, call_stack_for_weights},
    {"the_pool_is_the_mean_of_the_words", "mean_pool", "give the mean of the words", 11, a_pool,
     call_pool},
    {"a_pool_that_does_not_fit_is_refused", "mean_pool", REFUSE, ROWS(POOL_MISFITS), a_wrong_pool,
     call_pool},
    {"classes_are_probabilities_of_the_mean", "classify", "give softmax(mean W + b)", 10,
     a_classifier, call_classify},
    {"a_classifier_that_does_not_fit_is_refused", "classify", REFUSE, ROWS(CLASSIFIER_MISFITS),
     a_wrong_classifier, call_classify},
};
const size_t CHECK_COUNT = ROWS(CHECKS);
