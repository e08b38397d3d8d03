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

static double of_the_way(double column, double d_model)
{
    double last = floor((d_model - 1) / 2);
    return floor(column / 2) / fmax(last, 1);
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

static void frequency_to_the_end(const Case *given, Matrix out)
{
    frequencies(given, 10000, of_the_way, out);
}

static void frequency_in_turns(const Case *given, Matrix out)
{
    frequency_right(given, out);
    for (size_t c = 0; c < out.cols; c++)
        out.data[c] *= 6.2831853f;
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
     "the frequencies grow from left to right: the exponent must be negative, so that they fall",
     FORMULA, frequency_upwards},
    {"stretched_to_10000",
     "the last pair turns exactly 10000 times more slowly than the first: the exponent was divided "
     "by the last pair's number, as some libraries do; here 2i is divided by d_model",
     FORMULA, frequency_to_the_end},
    {"turns_for_radians",
     "all frequencies are 6.28 times too high: the first pair makes a whole turn a word and so "
     "stands still; it turns by one radian a word",
     IDEAS, frequency_in_turns},
};

static const Step FREQUENCY = {
    "position_frequency",
    "give 10000 to the power of -2i / d_model for the columns 2i and 2i + 1",
    8,
    some_width,
    call_frequency,
    frequency_right,
    FREQUENCY_MISTAKES,
    8};

START_TEST(a_pair_of_columns_shares_its_frequency)
{
    teach(&FREQUENCY);
}
END_TEST

/* --- sinusoidal_positions ----------------------------------------------------------------------
 */

enum { FIRST };

/* Even widths: each sine has its cosine. */
static void some_positions(Case *given)
{
    size_t i = given->index;
    case_number(given, "first", (double)(i % 3 * 2));
    case_output(given, 2 + i % 3, 4 + i % 4 * 2);
}

static void call_sinusoids(const Case *given, Matrix out)
{
    sinusoidal_positions((size_t)given->numbers[FIRST], out);
}

/* What can be told apart of an encoding; all zero is right. */
typedef struct Wave {
    double shift;                       /* Added to the position. */
    bool from_zero;                     /* The first row is position 0, whatever first is. */
    double unit;                        /* What an angle is multiplied by; 0 for radians. */
    double (*exponent)(double, double); /* Of the column and d_model; NULL for the pair's. */
    bool divided;                       /* The position is divided by the frequency. */
    bool cosine_first;                  /* Cosines in the even columns. */
    bool by_position;                   /* Sines at even positions, cosines at odd ones. */
    bool halves;                        /* Sines in the left half, cosines in the right one. */
    bool halves_only_in_order;          /* So too, but the frequencies stay where they were. */
    bool last_cosine;                   /* The last column of an odd width is a cosine. */
} Wave;

static double wave_angle(Wave wave, double position, size_t column, size_t d_model)
{
    size_t pairs = (d_model + 1) / 2;
    double (*exponent)(double, double) = wave.exponent != NULL ? wave.exponent : of_the_pair;
    size_t even = wave.halves ? column % pairs * 2 : column;
    double frequency = pow(10000, -exponent((double)even, (double)d_model));
    double angle = wave.divided ? position / frequency : position * frequency;
    return wave.unit != 0 ? angle * wave.unit : angle;
}

static double wave_number(Wave wave, double position, size_t column, size_t d_model)
{
    bool is_sine = column % 2 == 0;
    if (wave.halves || wave.halves_only_in_order)
        is_sine = column < (d_model + 1) / 2;
    if (wave.by_position)
        is_sine = fmod(position, 2) == 0;
    if (wave.last_cosine && d_model % 2 == 1 && column == d_model - 1)
        is_sine = false;
    double angle = wave_angle(wave, position, column, d_model);
    return is_sine != wave.cosine_first ? sin(angle) : cos(angle);
}

static void encode(const Case *given, Wave wave, Matrix out)
{
    double first = wave.from_zero ? 0 : given->numbers[FIRST] + wave.shift;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)wave_number(wave, first + (double)r, c, out.cols);
}

static void sinusoids_right(const Case *given, Matrix out)
{
    encode(given, (Wave){0}, out);
}

static void sinusoids_from_1(const Case *given, Matrix out)
{
    encode(given, (Wave){.shift = 1}, out);
}

static void sinusoids_from_0(const Case *given, Matrix out)
{
    encode(given, (Wave){.from_zero = true}, out);
}

static void sinusoids_in_degrees(const Case *given, Matrix out)
{
    encode(given, (Wave){.unit = 3.14159265358979 / 180}, out);
}

static void cosines_first(const Case *given, Matrix out)
{
    encode(given, (Wave){.cosine_first = true}, out);
}

static void cosines_at_odd_positions(const Case *given, Matrix out)
{
    encode(given, (Wave){.by_position = true}, out);
}

static void in_halves(const Case *given, Matrix out)
{
    encode(given, (Wave){.halves = true}, out);
}

static void in_halves_of_other_frequencies(const Case *given, Matrix out)
{
    encode(given, (Wave){.halves_only_in_order = true}, out);
}

static void divided_by_the_frequency(const Case *given, Matrix out)
{
    encode(given, (Wave){.divided = true}, out);
}

/* The formula written out again, with the mistakes of position_frequency(). */
static void sinusoids_doubled(const Case *given, Matrix out)
{
    encode(given, (Wave){.exponent = of_twice_the_column}, out);
}

static void sinusoids_without_pairs(const Case *given, Matrix out)
{
    encode(given, (Wave){.exponent = of_the_column}, out);
}

static void sinusoids_of_integers(const Case *given, Matrix out)
{
    encode(given, (Wave){.exponent = of_whole_numbers}, out);
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
    {"cosine_by_position",
     "even positions have only sines and odd ones only cosines: it is the column that decides, and "
     "each position has both",
     FORMULA, cosines_at_odd_positions},
    {"halves",
     "the sines stand in the left half and the cosines in the right: here they alternate, each "
     "sine with its cosine behind it",
     BREAK, in_halves},
    {"halves",
     "the sines stand in the left half and the cosines in the right: here they alternate, each "
     "sine with its cosine behind it",
     BREAK, in_halves_of_other_frequencies},
    {"divided_by_frequency",
     "the hands on the right turn faster and faster: the position was divided by the frequency, "
     "but a frequency is radians a word, so multiply",
     FORMULA, divided_by_the_frequency},
    {"angle_exponent_doubled",
     "the exponent is twice the column, though position_frequency is right: call it, and do not "
     "write the formula again",
     BREAK, sinusoids_doubled},
    {"angle_without_pairs",
     "a sine and its cosine have different frequencies, though position_frequency is right: call "
     "it with the column",
     FORMULA, sinusoids_without_pairs},
    {"angle_integer_division",
     "every pair turns like the first, though position_frequency is right: call it, or divide "
     "doubles",
     BREAK, sinusoids_of_integers},
};

static const Step SINUSOIDS = {"sinusoidal_positions",
                               "write sine and cosine of each position in turn",
                               12,
                               some_positions,
                               call_sinusoids,
                               sinusoids_right,
                               SINUSOID_MISTAKES,
                               11};

START_TEST(sines_and_cosines_alternate)
{
    teach(&SINUSOIDS);
}
END_TEST

/* --- sinusoidal_positions, odd widths ----------------------------------------------------------
 */

enum { WIDTH = 1 }; /* The number after FIRST. */
static const float UNTOUCHED = 9;

static void some_odd_width(Case *given)
{
    given->note = "the encoding goes into the first columns of a wider matrix that is full of 9";
    size_t i = given->index, d_model = i % 4 * 2 + 1;
    case_number(given, "first", (double)(i % 3 * 2));
    case_number(given, "d_model", (double)d_model);
    case_output(given, 2 + i % 3, d_model + 2);
}

static void fill(Matrix out, float value)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = value;
}

/* The columns of a wide result that belong to the encoding. */
static Matrix columns_to_write(const Case *given, Matrix out)
{
    Matrix view;
    assert_ok(matrix_columns(out, 0, (size_t)given->numbers[WIDTH], &view));
    return view;
}

static void call_odd(const Case *given, Matrix out)
{
    fill(out, UNTOUCHED);
    call_sinusoids(given, columns_to_write(given, out));
}

static void odd_right(const Case *given, Matrix out)
{
    fill(out, UNTOUCHED);
    sinusoids_right(given, columns_to_write(given, out));
}

static void last_is_cosine(const Case *given, Matrix out)
{
    fill(out, UNTOUCHED);
    encode(given, (Wave){.last_cosine = true}, columns_to_write(given, out));
}

/* What becomes of the column behind the pairs that are full: a number for all rows. */
static void last_column(const Case *given, float value, Matrix out)
{
    odd_right(given, out);
    for (size_t r = 0; r < out.rows; r++)
        matrix_row(out, r)[(size_t)given->numbers[WIDTH] - 1] = value;
}

static void last_left_out(const Case *given, Matrix out)
{
    last_column(given, UNTOUCHED, out);
}

static void last_is_zero(const Case *given, Matrix out)
{
    last_column(given, 0, out);
}

static void one_more(const Case *given, Matrix out)
{
    odd_right(given, out);
    size_t width = (size_t)given->numbers[WIDTH];
    for (size_t r = 0; r < out.rows; r++) {
        double angle = (given->numbers[FIRST] + (double)r) *
                       pow(10000, -of_the_pair((double)width - 1, (double)width));
        matrix_row(out, r)[width] = (float)cos(angle);
    }
}

static void without_gaps(const Case *given, Matrix out)
{
    size_t width = (size_t)given->numbers[WIDTH];
    fill(out, UNTOUCHED);
    sinusoids_right(given, matrix_view(out.data, out.rows, width));
}

static const Mistake ODD_MISTAKES[] = {
    {"odd_last_cosine",
     "the last column of an odd width holds a cosine: its index is even, so it is a sine", CODE,
     last_is_cosine},
    {"odd_last_left_out",
     "the last column of an odd width was not written: it is a sine without its cosine", FORMULA,
     last_left_out},
    {"odd_last_left_out",
     "the last column of an odd width was not written: it is a sine without its cosine", FORMULA,
     last_is_zero},
    {"cosine_overruns",
     "a cosine was written beyond the last column: an odd width ends with a sine that has no "
     "cosine behind it",
     BREAK, one_more},
    {"cols_for_stride",
     "row 0 is right, and the others stand too far left: in a view the next row begins stride "
     "floats further on, not cols; ask matrix_row()",
     CODE, without_gaps},
};

static const Step ODD = {"sinusoidal_positions",
                         "end an odd width with a sine, and write nothing beside it",
                         12,
                         some_odd_width,
                         call_odd,
                         odd_right,
                         ODD_MISTAKES,
                         5};

START_TEST(an_odd_width_ends_with_a_sine)
{
    teach(&ODD);
}
END_TEST

/* --- sinusoidal_positions, far away ------------------------------------------------------------
 */

static void far_positions(Case *given)
{
    given->note = "words of a very long text";
    size_t i = given->index;
    case_number(given, "first", (double)(100003 + 70001 * i));
    case_output(given, 2 + i % 2, 4 + i % 4 * 2);
}

/* Where a float comes in. */
typedef struct Rounding {
    bool power;     /* pow() is powf(). */
    bool frequency; /* Its result is kept in a float. */
    bool angle;     /* The product with the position is. */
} Rounding;

static double rounded_frequency(Rounding rounding, size_t column, size_t d_model)
{
    double exponent = -of_the_pair((double)column, (double)d_model);
    double frequency =
        rounding.power ? (double)powf(10000.0f, (float)exponent) : pow(10000, exponent);
    return rounding.frequency ? (double)(float)frequency : frequency;
}

static void rounded(const Case *given, Rounding rounding, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++) {
            double frequency = rounded_frequency(rounding, c, out.cols);
            double angle = (given->numbers[FIRST] + (double)r) * frequency;
            if (rounding.angle)
                angle = (float)angle;
            matrix_row(out, r)[c] = (float)(c % 2 == 0 ? sin(angle) : cos(angle));
        }
}

static void frequency_rounded(const Case *given, Matrix out)
{
    rounded(given, (Rounding){.frequency = true}, out);
}

static void angle_rounded(const Case *given, Matrix out)
{
    rounded(given, (Rounding){.angle = true}, out);
}

static void both_rounded(const Case *given, Matrix out)
{
    rounded(given, (Rounding){.frequency = true, .angle = true}, out);
}

static void power_rounded(const Case *given, Matrix out)
{
    rounded(given, (Rounding){.power = true}, out);
}

static void all_rounded(const Case *given, Matrix out)
{
    rounded(given, (Rounding){.power = true, .angle = true}, out);
}

static const char ANGLE_IN_FLOAT[] =
    "far from the start the numbers are off in the third digit: a float keeps seven digits, and "
    "most of them are spent on whole turns; compute the frequency and the angle in double";

static const Mistake FAR_MISTAKES[] = {
    {"angle_in_float", ANGLE_IN_FLOAT, CODE, frequency_rounded},
    {"angle_in_float", ANGLE_IN_FLOAT, CODE, angle_rounded},
    {"angle_in_float", ANGLE_IN_FLOAT, CODE, both_rounded},
    {"angle_in_float", ANGLE_IN_FLOAT, CODE, power_rounded},
    {"angle_in_float", ANGLE_IN_FLOAT, CODE, all_rounded},
};

static const Step FAR = {"sinusoidal_positions",
                         "be as exact in a long text as in a short one",
                         8,
                         far_positions,
                         call_sinusoids,
                         sinusoids_right,
                         FAR_MISTAKES,
                         5};

START_TEST(far_positions_are_exact)
{
    teach(&FAR);
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

static void integers_up_to_1(const Case *given, Matrix out)
{
    integers_of(given->numbers[FIRST], 1 / ((double)out.rows - 1), out);
}

static void integers_from_0(const Case *given, Matrix out)
{
    (void)given;
    integers_of(0, 1, out);
}

static void counted_through(const Case *given, Matrix out)
{
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = (float)(given->numbers[FIRST] + (double)i);
}

static const Mistake INTEGER_MISTAKES[] = {
    {"integers_from_1", "row 0 holds first + 1: positions count from 0", IDEAS, integers_from_1},
    {"integers_scaled",
     "the positions are scaled by the length of the sequence: that is the second idea of the "
     "lesson; here they are plain numbers",
     IDEAS, integers_scaled},
    {"position_of_the_column",
     "the numbers grow along a row: the position is the row's, the same in every column", IDEAS,
     integers_down_the_columns},
    {"integers_scaled",
     "the positions are scaled by the length of the sequence: that is the second idea of the "
     "lesson; here they are plain numbers",
     IDEAS, integers_up_to_1},
    {"integers_from_0",
     "first is ignored: row 0 holds first, because the sequence may go on from an earlier one",
     CODE, integers_from_0},
    {"counted_through",
     "the numbers count on from column to column: the position is the row's, the same in every "
     "column",
     IDEAS, counted_through},
};

static const Step INTEGERS = {"integer_positions",
                              "write the position into every column of its row",
                              8,
                              some_positions,
                              call_integers,
                              integers_right,
                              INTEGER_MISTAKES,
                              6};

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

static void added_from_1(const Case *given, Matrix out)
{
    sinusoids_from_1(given, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] += given->inputs[0].data[i];
}

static void integers_added(const Case *given, Matrix out)
{
    integers_right(given, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] += given->inputs[0].data[i];
}

/* As the paper does with word vectors that come out of a table, in section 3.4. */
static void words_scaled(const Case *given, Matrix out)
{
    combine(given, sqrt((double)out.cols), 1, out);
}

/* The left half of the columns keeps the words, the right half gets an encoding of its own. */
static void appended(const Case *given, Matrix out)
{
    size_t half = out.cols / 2;
    combine(given, 1, 0, out);
    Matrix right;
    assert_ok(matrix_columns(out, half, out.cols - half, &right));
    sinusoids_right(given, right);
}

static const Mistake ADD_MISTAKES[] = {
    {"words_overwritten", "the words are gone and only positions are left: add the encoding to x",
     ADDED, overwritten},
    {"positions_added_twice", "the encoding was added twice", ADDED, added_twice},
    {"positions_not_added", "the words came out as they went in: the encoding was not added", ADDED,
     not_added},
    {"positions_multiplied",
     "the words were multiplied by the encoding, and position 0 wiped out every even column: add "
     "it",
     ADDED, multiplied},
    {"added_from_0", "first is ignored: the first row of x stands at position first", CODE,
     added_from_0},
    {"added_from_1", "row 0 of x got position first + 1: positions count from 0", BREAK,
     added_from_1},
    {"integers_added", "plain numbers were added, and they soon drown the words: add the sinusoids",
     IDEAS, integers_added},
    {"words_scaled",
     "the words were multiplied by the root of d_model first: some models do that where they look "
     "up their words; here x is taken as it comes",
     ADDED, words_scaled},
    {"positions_appended",
     "the words kept only the left half of the columns and the positions got the right one: both "
     "share all columns, number by number",
     ADDED, appended},
};

static const Step ADD = {"add_positions",
                         "add the sinusoids to the words",
                         8,
                         a_sequence,
                         call_add,
                         sum_right,
                         ADD_MISTAKES,
                         9};

START_TEST(positions_are_added_to_the_words)
{
    teach(&ADD);
}
END_TEST

/* --- add_positions, in place -------------------------------------------------------------------
 */

static void a_sequence_in_place(Case *given)
{
    given->note = "x and out are the same: the first columns of wide; the others must stay";
    size_t i = given->index, d_model = 2 + i % 5;
    case_number(given, "first", (double)(i % 3 * 2));
    case_number(given, "d_model", (double)d_model);
    case_output(given, 2 + i % 3, d_model + 1);
    case_input(given, "wide", given->out_rows, given->out_cols);
}

static void call_in_place(const Case *given, Matrix out)
{
    assert_ok(matrix_copy(given->inputs[0], out));
    Matrix x = columns_to_write(given, out);
    assert_ok(add_positions(x, (size_t)given->numbers[FIRST], x));
}

/* The words of the view times one factor plus the waves times another. */
static void combine_in_view(const Case *given, double words, double waves, Matrix out)
{
    Matrix wide = given->inputs[0], view = columns_to_write(given, out);
    assert_ok(matrix_copy(wide, out));
    for (size_t r = 0; r < view.rows; r++)
        for (size_t c = 0; c < view.cols; c++) {
            double position = given->numbers[FIRST] + (double)r;
            double wave = wave_number((Wave){0}, position, c, view.cols);
            matrix_row(view, r)[c] = (float)(words * matrix_row(wide, r)[c] + waves * wave);
        }
}

static void in_place_right(const Case *given, Matrix out)
{
    combine_in_view(given, 1, 1, out);
}

static void words_lost(const Case *given, Matrix out)
{
    combine_in_view(given, 0, 2, out);
}

static void added_without_gaps(const Case *given, Matrix out)
{
    assert_ok(matrix_copy(given->inputs[0], out));
    size_t width = (size_t)given->numbers[WIDTH];
    for (size_t i = 0; i < out.rows * width; i++) {
        double position = given->numbers[FIRST] + (double)(i / width);
        out.data[i] += (float)wave_number((Wave){0}, position, i % width, width);
    }
}

static const Mistake IN_PLACE_MISTAKES[] = {
    {"in_place_loses_words",
     "twice the positions and no words: the encoding was written to out first, and out is x, so "
     "the words were gone before they were read; read each number before you write it",
     CODE, words_lost},
    {"added_to_a_view_without_gaps",
     "from row 1 on the positions were added in the wrong columns: in a view the next row begins "
     "stride floats further on, not cols; ask matrix_row()",
     CODE, added_without_gaps},
};

static const Step IN_PLACE = {"add_positions",
                              "work when out is x itself, and when both are views",
                              10,
                              a_sequence_in_place,
                              call_in_place,
                              in_place_right,
                              IN_PLACE_MISTAKES,
                              2};

START_TEST(positions_can_be_added_where_the_words_stand)
{
    teach(&IN_PLACE);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("6. positional encoding, step by step");
    add_test(suite, a_pair_of_columns_shares_its_frequency);
    add_test(suite, sines_and_cosines_alternate);
    add_test(suite, an_odd_width_ends_with_a_sine);
    add_test(suite, far_positions_are_exact);
    add_test(suite, integer_positions_are_plain_numbers);
    add_test(suite, positions_are_added_to_the_words);
    add_test(suite, positions_can_be_added_where_the_words_stand);
    return suite;
}
