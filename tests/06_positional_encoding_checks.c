/* Chapter 6: what each function must do. */
#include "checks.h"

#include "positional_encoding.h"

/* --- position_frequency ----------------------------------------------------------------------- */

static void some_width(Case *given)
{
    size_t d_model = 4 + given->index;
    case_number(given, "d_model", (double)d_model);
    case_note(given, "the frequency of column 0, of column 1, and so on");
    case_output(given, 1, d_model);
}

static void a_narrow_width(Case *given)
{
    size_t d_model = 1 + given->index;
    case_number(given, "d_model", (double)d_model);
    case_output(given, 1, d_model);
}

static Status call_frequency(const Case *given, Matrix out)
{
    for (size_t c = 0; c < out.cols; c++)
        put_number(out, c, position_frequency(c, case_size(given, 0)));
    return STATUS_OK;
}

/* --- sinusoidal_positions --------------------------------------------------------------------- */

/* Even widths: each sine has its cosine. The last case has no rows. */
static void some_positions(Case *given)
{
    size_t i = given->index, rows = 2 + i % 3;
    case_number(given, "first", (double)(i % 3 * 2));
    case_output(given, i == 11 ? 0 : rows, 4 + i % 4 * 2);
}

static void some_odd_width(Case *given)
{
    size_t i = given->index;
    given->as_views = true;
    case_number(given, "first", (double)(i % 3 * 2));
    case_output(given, 2 + i % 3, (i + 1) % 4 * 2 + 1);
}

/* Words of a very long text. */
static void far_positions(Case *given)
{
    size_t i = given->index;
    given->tolerance = 1e-5;
    case_number(given, "first", (double)(100003 + 70001 * i));
    case_output(given, 2 + i % 2, 4 + i % 4 * 2);
}

/* From 2^24 on a float holds only every other whole number. */
static void farther_positions(Case *given)
{
    far_positions(given);
    given->numbers[0] = (1U << 24) + 2.0 * (double)given->index + 1;
    case_note(given, "first is %.0f, which is odd and beyond 2^24", given->numbers[0]);
}

static Status call_sinusoids(const Case *given, Matrix out)
{
    sinusoidal_positions(case_size(given, 0), out);
    return STATUS_OK;
}

/* --- integer_positions ------------------------------------------------------------------------ */

static void some_integers(Case *given)
{
    if (given->index < 8) {
        given->as_views = given->index == 4;
        some_positions(given);
        return;
    }
    farther_positions(given);
    given->tolerance = 1e-7; /* one position more must show */
    if (given->index == 12) {
        given->numbers[0] = 3e9;
        case_note(given, "first is 3000000000, which no int can hold");
    }
}

static Status call_integers(const Case *given, Matrix out)
{
    integer_positions(case_size(given, 0), out);
    return STATUS_OK;
}

/* --- add_positions ---------------------------------------------------------------------------- */

/* Any width: the last two are odd. */
static void a_sequence(Case *given)
{
    given->as_views = given->index == 4;
    some_positions(given);
    given->out_cols -= given->index >= 12;
    case_input(given, "x", given->out_rows, given->out_cols);
}

static Status call_add(const Case *given, Matrix out)
{
    return add_positions(given->inputs[0], case_size(given, 0), out);
}

/* Rows and columns of out; x is 2 x 3. */
static void a_sum_of_another_shape(Case *given)
{
    static const size_t SHAPES[][2] = {{2, 4}, {3, 3}, {2, 2}};
    given->as_views = given->index == 2;
    case_number(given, "first", 0);
    case_output(given, SHAPES[given->index][0], SHAPES[given->index][1]);
    case_input(given, "x", 2, 3);
    case_note(given, "out is %zux%zu", given->out_rows, given->out_cols);
}

static void a_sequence_in_place(Case *given)
{
    size_t i = given->index;
    given->as_views = i % 2 == 1;
    case_number(given, "first", (double)(i % 3 * 2));
    case_output(given, 2 + i % 3, 3 + i % 5);
    case_input(given, "x", given->out_rows, given->out_cols);
    case_note(given, "x and out are the same matrix");
}

static Status call_in_place(const Case *given, Matrix out)
{
    Status status = STATUS_OK;
    TRY(matrix_copy(given->inputs[0], out));
    TRY(add_positions(out, case_size(given, 0), out));
done: /* a refusal leaves x there, which is not a result */
    for (size_t i = 0; status != STATUS_OK && i < out.rows * out.cols; i++)
        put_number(out, i, 0);
    return status;
}

/* --- The table -------------------------------------------------------------------------------- */

const Check CHECKS[] = {
    {"a_pair_of_columns_shares_its_frequency", "position_frequency",
     "give 10000 to the power of -2i / d_model for the columns 2i and 2i + 1", 8, some_width,
     call_frequency},
    {"a_narrow_encoding_has_frequencies", "position_frequency",
     "give the first pair one radian a word, even where it is the only one", 3, a_narrow_width,
     call_frequency},
    {"sines_and_cosines_alternate", "sinusoidal_positions",
     "write sine and cosine of each position in turn", 12, some_positions, call_sinusoids},
    {"an_odd_width_ends_with_a_sine", "sinusoidal_positions",
     "end an odd width with a sine, and write nothing beside it", 12, some_odd_width,
     call_sinusoids},
    {"far_positions_are_exact", "sinusoidal_positions",
     "be as exact in a long text as in a short one", 8, far_positions, call_sinusoids},
    {"no_position_is_too_far", "sinusoidal_positions",
     "tell positions apart where a float no longer can", 4, farther_positions, call_sinusoids},
    {"integer_positions_are_plain_numbers", "integer_positions",
     "write the position into every column of its row", 13, some_integers, call_integers},
    {"positions_are_added_to_the_words", "add_positions", "add the sinusoids to the words", 14,
     a_sequence, call_add},
    {"a_sum_of_another_shape_is_refused", "add_positions",
     "refuse an out of another shape than x, and write nothing", 3, a_sum_of_another_shape,
     call_add},
    {"positions_can_be_added_where_the_words_stand", "add_positions",
     "work when out is x itself, and when both are views", 10, a_sequence_in_place, call_in_place},
};
const size_t CHECK_COUNT = sizeof CHECKS / sizeof *CHECKS;
