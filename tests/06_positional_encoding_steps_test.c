/* Chapter 6, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "positional_encoding.h"

#include <math.h>
#include <stdbool.h>

static const char FORMULA[] = "lesson 6, \"Formula, shapes, C\"";
static const char CODE[] = "lesson 6, \"The code, in four steps\"";
static const char BREAK[] = "lesson 6, \"Break it\"";
static const char IDEAS[] = "lesson 6, \"By hand: three ideas that fail, and one that does not\"";
static const char ADDED[] = "lesson 6, \"Added, not appended\"";

/* --- position_frequency ------------------------------------------------------------------------
 */

enum { D_MODEL };

/* All frequencies of an encoding, one below the other's column. */
static void some_width(Case *given)
{
    size_t d_model = 4 + given->index;
    case_number(given, "d_model", (double)d_model);
    given->note = "the frequency of column 0, of column 1, and so on";
    case_output(given, 1, d_model);
}

static void call_frequency(const Case *given, Matrix out)
{
    for (size_t c = 0; c < out.cols; c++)
        out.data[c] = (float)position_frequency(c, (size_t)given->numbers[D_MODEL]);
}

static void frequencies(const Case *given, double base, double exponent(double, double), Matrix out)
{
    for (size_t c = 0; c < out.cols; c++)
        out.data[c] = (float)pow(base, -exponent((double)c, given->numbers[D_MODEL]));
}

static double of_the_pair(double column, double d_model)
{
    return 2 * floor(column / 2) / d_model;
}

static double of_twice_the_column(double column, double d_model)
{
    return 2 * column / d_model;
}

static double of_the_column(double column, double d_model)
{
    return column / d_model;
}

static double of_half_the_pair(double column, double d_model)
{
    return floor(column / 2) / d_model;
}

static double of_whole_numbers(double column, double d_model)
{
    return floor(2 * floor(column / 2) / d_model);
}

static double upwards(double column, double d_model)
{
    return -of_the_pair(column, d_model);
}

static void frequency_right(const Case *given, Matrix out)
{
    frequencies(given, 10000, of_the_pair, out);
}

static void frequency_doubled(const Case *given, Matrix out)
{
    frequencies(given, 10000, of_twice_the_column, out);
}

static void frequency_without_pairs(const Case *given, Matrix out)
{
    frequencies(given, 10000, of_the_column, out);
}

static void frequency_halved(const Case *given, Matrix out)
{
    frequencies(given, 10000, of_half_the_pair, out);
}

static void frequency_of_integers(const Case *given, Matrix out)
{
    frequencies(given, 10000, of_whole_numbers, out);
}

static void frequency_of_1000(const Case *given, Matrix out)
{
    frequencies(given, 1000, of_the_pair, out);
}

static void frequency_upwards(const Case *given, Matrix out)
{
    frequencies(given, 10000, upwards, out);
}

static const Mistake FREQUENCY_MISTAKES[] = {
    {"exponent_doubled",
     "the exponent is twice the column, but the 2i of the formula already is the column: columns "
     "2i and 2i + 1 share the exponent 2i / d_model",
     BREAK, frequency_doubled},
    {"no_pairs",
     "every column has a frequency of its own, but a sine and its cosine must turn together: use "
     "the pair, column / 2",
     FORMULA, frequency_without_pairs},
    {"exponent_halved",
     "the exponent is the pair over d_model: the factor 2 is missing, and the slowest wave is too "
     "fast",
     FORMULA, frequency_halved},
    {"integer_division",
     "all frequencies are 1: the exponent was divided as integers and became 0; only column / 2 "
     "may be an integer division",
     BREAK, frequency_of_integers},
    {"base_1000", "the base is 1000 where the paper has 10000", FORMULA, frequency_of_1000},
    {"frequency_upwards",
     "the frequencies grow from left to right: the exponent is negative, so that they fall",
     FORMULA, frequency_upwards},
};

static const Step FREQUENCY = {
    "position_frequency",
    "give 10000 to the power of -2i / d_model for the columns 2i and 2i + 1",
    8,
    some_width,
    call_frequency,
    frequency_right,
    FREQUENCY_MISTAKES,
    6};

START_TEST(a_pair_of_columns_shares_its_frequency)
{
    teach(&FREQUENCY);
}
END_TEST

/* --- sinusoidal_positions ----------------------------------------------------------------------
 */

enum { FIRST };

static void some_positions(Case *given)
{
    size_t i = given->index;
    case_number(given, "first", (double)(i % 3 * 2));
    case_output(given, 2 + i % 3, 3 + (i + 1) % 4);
}

static void call_sinusoids(const Case *given, Matrix out)
{
    sinusoidal_positions((size_t)given->numbers[FIRST], out);
}

/* What can be told apart of an encoding. */
typedef struct Wave {
    double first;      /* Added to the row. */
    double unit;       /* What an angle is multiplied by. */
    bool cosine_first; /* Cosines in the even columns. */
    bool halves;       /* Sines in the left half, cosines in the right one. */
    bool last_cosine;  /* The last column of an odd width is a cosine. */
} Wave;

static double wave_number(Wave wave, size_t row, size_t column, size_t d_model)
{
    size_t pairs = (d_model + 1) / 2;
    size_t pair = wave.halves ? column % pairs : column / 2;
    bool is_sine = wave.halves ? column < pairs : column % 2 == 0;
    double angle =
        (wave.first + (double)row) * pow(10000, -2.0 * (double)pair / (double)d_model) * wave.unit;
    if (wave.last_cosine && d_model % 2 == 1 && column == d_model - 1)
        is_sine = false;
    return is_sine != wave.cosine_first ? sin(angle) : cos(angle);
}

static void encode(Wave wave, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)wave_number(wave, r, c, out.cols);
}

static void sinusoids_right(const Case *given, Matrix out)
{
    encode((Wave){.first = given->numbers[FIRST], .unit = 1}, out);
}

static void sinusoids_from_1(const Case *given, Matrix out)
{
    encode((Wave){.first = given->numbers[FIRST] + 1, .unit = 1}, out);
}

static void sinusoids_from_0(const Case *given, Matrix out)
{
    (void)given;
    encode((Wave){.first = 0, .unit = 1}, out);
}

static void sinusoids_in_degrees(const Case *given, Matrix out)
{
    encode((Wave){.first = given->numbers[FIRST], .unit = 3.14159265358979 / 180}, out);
}

static void cosines_first(const Case *given, Matrix out)
{
    encode((Wave){.first = given->numbers[FIRST], .unit = 1, .cosine_first = true}, out);
}

static void in_halves(const Case *given, Matrix out)
{
    encode((Wave){.first = given->numbers[FIRST], .unit = 1, .halves = true}, out);
}

static void last_is_cosine(const Case *given, Matrix out)
{
    encode((Wave){.first = given->numbers[FIRST], .unit = 1, .last_cosine = true}, out);
}

static void last_left_out(const Case *given, Matrix out)
{
    sinusoids_right(given, out);
    for (size_t r = 0; r < out.rows && out.cols % 2 == 1; r++)
        matrix_row(out, r)[out.cols - 1] = NAN; /* as it was before the call */
}

static const Mistake SINUSOID_MISTAKES[] = {
    {"positions_from_1",
     "row 0 holds position first + 1: positions count from 0, so that the first word has 0 1 0 1",
     BREAK, sinusoids_from_1},
    {"first_ignored",
     "every sequence starts at position 0, whatever first says: row t is position first + t", CODE,
     sinusoids_from_0},
    {"degrees", "the angle was taken for degrees, so nothing turns: sin() and cos() take radians",
     FORMULA, sinusoids_in_degrees},
    {"cosine_at_even", "sine and cosine have changed places: even columns hold the sine", FORMULA,
     cosines_first},
    {"halves",
     "the sines stand in the left half and the cosines in the right: here they alternate, each "
     "sine with its cosine behind it",
     BREAK, in_halves},
    {"odd_last_cosine",
     "the last column of an odd width holds a cosine: its index is even, so it is a sine", CODE,
     last_is_cosine},
    {"odd_last_left_out",
     "the last column of an odd width was not written: it is a sine without its cosine", BREAK,
     last_left_out},
};

static const Step SINUSOIDS = {"sinusoidal_positions",
                               "write sine and cosine of each position in turn",
                               12,
                               some_positions,
                               call_sinusoids,
                               sinusoids_right,
                               SINUSOID_MISTAKES,
                               7};

START_TEST(sines_and_cosines_alternate)
{
    teach(&SINUSOIDS);
}
END_TEST

/* --- integer_positions -------------------------------------------------------------------------
 */

static void call_integers(const Case *given, Matrix out)
{
    integer_positions((size_t)given->numbers[FIRST], out);
}

static void integers_of(double first, double scale, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)((first + (double)r) * scale);
}

static void integers_right(const Case *given, Matrix out)
{
    integers_of(given->numbers[FIRST], 1, out);
}

static void integers_from_1(const Case *given, Matrix out)
{
    integers_of(given->numbers[FIRST] + 1, 1, out);
}

static void integers_scaled(const Case *given, Matrix out)
{
    integers_of(given->numbers[FIRST], 1 / (double)out.rows, out);
}

static void integers_down_the_columns(const Case *given, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)(given->numbers[FIRST] + (double)c);
}

static const Mistake INTEGER_MISTAKES[] = {
    {"integers_from_1", "row 0 holds first + 1: positions count from 0", IDEAS, integers_from_1},
    {"integers_scaled",
     "the positions are divided by the length: that is the second idea of the lesson; here they "
     "are plain numbers",
     IDEAS, integers_scaled},
    {"position_of_the_column",
     "the numbers grow along a row: the position is that of the row, the same in every column",
     IDEAS, integers_down_the_columns},
};

static const Step INTEGERS = {"integer_positions",
                              "write the position into every column of its row",
                              8,
                              some_positions,
                              call_integers,
                              integers_right,
                              INTEGER_MISTAKES,
                              3};

START_TEST(integer_positions_are_plain_numbers)
{
    teach(&INTEGERS);
}
END_TEST

/* --- add_positions -----------------------------------------------------------------------------
 */

static void a_sequence(Case *given)
{
    some_positions(given);
    case_input(given, "x", given->out_rows, given->out_cols);
}

static void call_add(const Case *given, Matrix out)
{
    assert_ok(add_positions(given->inputs[0], (size_t)given->numbers[FIRST], out));
}

/* x times one factor plus the waves times another, or their product. */
static void combine(const Case *given, double words, double waves, Matrix out)
{
    sinusoids_right(given, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = (float)(words * given->inputs[0].data[i] + waves * out.data[i]);
}

static void sum_right(const Case *given, Matrix out)
{
    combine(given, 1, 1, out);
}

static void overwritten(const Case *given, Matrix out)
{
    combine(given, 0, 1, out);
}

static void added_twice(const Case *given, Matrix out)
{
    combine(given, 1, 2, out);
}

static void not_added(const Case *given, Matrix out)
{
    combine(given, 1, 0, out);
}

static void multiplied(const Case *given, Matrix out)
{
    sinusoids_right(given, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] *= given->inputs[0].data[i];
}

static void added_from_0(const Case *given, Matrix out)
{
    sinusoids_from_0(given, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] += given->inputs[0].data[i];
}

static const Mistake ADD_MISTAKES[] = {
    {"words_overwritten", "the words are gone and only positions are left: add the encoding to x",
     ADDED, overwritten},
    {"positions_added_twice", "the encoding was added twice", ADDED, added_twice},
    {"positions_not_added", "the words came out as they went in: the encoding was not added", ADDED,
     not_added},
    {"positions_multiplied",
     "the words were multiplied by the encoding, and position 0 wiped out every even column: it is "
     "added",
     ADDED, multiplied},
    {"added_from_0", "first is ignored: the first row of x stands at position first", CODE,
     added_from_0},
};

static const Step ADD = {"add_positions",
                         "add the sinusoids to the words",
                         8,
                         a_sequence,
                         call_add,
                         sum_right,
                         ADD_MISTAKES,
                         5};

START_TEST(positions_are_added_to_the_words)
{
    teach(&ADD);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("6. positional encoding, step by step");
    add_test(suite, a_pair_of_columns_shares_its_frequency);
    add_test(suite, sines_and_cosines_alternate);
    add_test(suite, integer_positions_are_plain_numbers);
    add_test(suite, positions_are_added_to_the_words);
    return suite;
}
