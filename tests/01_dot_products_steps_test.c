/* Chapter 1, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "dot_products.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* A list of mistakes and how many there are. */
#define KNOWN(list) list, sizeof(list) / sizeof *(list)

static const double DEGREES = 57.29577951308232;
/* What outputs hold before a call, where that matters. */
static const float BEFORE = 100.0f;
/* The most floats of an output with a column on either side. */
enum { WIDE_SIZE = 256 };

static const char BY_HAND[] = "lesson 1, \"By hand\"";
static const char TABLE[] = "lesson 1, \"From one dot product to a table\"";
static const char MEMORY[] = "lesson 1, \"One long line of floats\"";
static const char CODE[] = "lesson 1, \"The code\"";

/* --- What several steps use ------------------------------------------------------------------- */

static double element(Matrix m, size_t r, size_t c)
{
    return matrix_row(m, r)[c];
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

static double length(const float *a, size_t n)
{
    return sqrt(dot(a, a, n));
}

/* The two vectors that went in, and their lengths and dot product. */
typedef struct Pair {
    const float *a, *b;
    size_t n;
    double dot, a_length, b_length;
} Pair;

static Pair pair(const Case *given)
{
    const float *a = given->inputs[0].data, *b = given->inputs[1].data;
    size_t n = given->inputs[0].cols;
    return (Pair){a, b, n, dot(a, b, n), length(a, n), length(b, n)};
}

/* Random vectors; those of case 0 are given. */
static void two_vectors(Case *given, size_t n, const float *first_a, const float *first_b)
{
    Matrix a = case_input(given, "a", 1, n), b = case_input(given, "b", 1, n);
    if (given->index == 0) {
        memcpy(a.data, first_a, n * sizeof *first_a);
        memcpy(b.data, first_b, n * sizeof *first_b);
    }
    case_output(given, 1, 1);
}

static void fill(Matrix matrix, float value)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = value;
}

/* A function that refuses what it should take says so itself. */
static void expect_taken(const char *function, Status status, Matrix a, Matrix b, Matrix out)
{
    if (status != STATUS_OK)
        ck_abort_msg("%s refuses shapes that fit: a is %zux%zu, b is %zux%zu, out is %zux%zu; its "
                     "message is \"%s\"",
                     function, a.rows, a.cols, b.rows, b.cols, out.rows, out.cols, last_error());
}

/* --- dot_product ------------------------------------------------------------------------------ */

static void some_vectors(Case *given)
{
    two_vectors(given, 3 + given->index, (float[]){2, -1, 3}, (float[]){1, 4, 2});
}

static void call_dot_product(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = dot_product(p.a, p.b, p.n);
}

static void sum_of_products(const Case *given, Matrix out)
{
    out.data[0] = (float)pair(given).dot;
}

static void without_the_first(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)dot(p.a + 1, p.b + 1, p.n - 1);
}

static void without_the_last(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)dot(p.a, p.b, p.n - 1);
}

static void only_the_last(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = p.a[p.n - 1] * p.b[p.n - 1];
}

static void the_first_twice(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)(p.dot + (double)p.a[0] * p.b[0]);
}

static void in_whole_numbers(const Case *given, Matrix out)
{
    Pair p = pair(given);
    double sum = 0;
    for (size_t i = 0; i < p.n; i++)
        sum = trunc(sum + (double)p.a[i] * p.b[i]);
    out.data[0] = (float)sum;
}

static void product_of_sums(const Case *given, Matrix out)
{
    Pair p = pair(given);
    double a = 0, b = 0;
    for (size_t i = 0; i < p.n; i++) {
        a += p.a[i];
        b += p.b[i];
    }
    out.data[0] = (float)(a * b);
}

static void sum_of_sums(const Case *given, Matrix out)
{
    Pair p = pair(given);
    double sum = 0;
    for (size_t i = 0; i < p.n; i++)
        sum += p.a[i] + p.b[i];
    out.data[0] = (float)sum;
}

static void a_with_itself(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)dot(p.a, p.a, p.n);
}

static void b_with_itself(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)dot(p.b, p.b, p.n);
}

static const char WITH_ITSELF[] =
    "one vector is multiplied by itself: the other never comes in; each number of a meets the "
    "number of b in the same place";
static const char ONLY_LAST[] =
    "only the last pair is left: each product replaces the sum; it must be added to it, with +=";

static const Mistake DOT_MISTAKES[] = {
    {"first_pair_forgotten",
     "the first pair is missing: the index runs from 1, but the first number of an array has "
     "index 0",
     BY_HAND, without_the_first},
    {"last_pair_forgotten",
     "the last pair is missing: the index stops one too early; i < n already leaves n out, so "
     "n - 1 is the last that comes",
     BY_HAND, without_the_last},
    {"not_added_up", ONLY_LAST, BY_HAND, only_the_last},
    {"first_pair_twice",
     "the first pair counts twice: the sum starts with it, and then the loop adds it again; start "
     "at 0",
     BY_HAND, the_first_twice},
    {"int_sum",
     "what stands behind the decimal point is lost: the sum is kept in an int; keep it in a double",
     BY_HAND, in_whole_numbers},
    {"sums_multiplied",
     "each vector is summed first, and the sums are multiplied: multiply the numbers in pairs "
     "first, then add the products",
     BY_HAND, product_of_sums},
    {"added_in_pairs",
     "the numbers are added in pairs: multiply them in pairs, and add the products; only what "
     "both vectors have may count",
     BY_HAND, sum_of_sums},
    {"with_itself", WITH_ITSELF, BY_HAND, a_with_itself},
    {"with_itself", WITH_ITSELF, BY_HAND, b_with_itself},
};

static const Step DOT = {
    "dot_product",   "multiply in pairs, then add", 8, some_vectors, call_dot_product,
    sum_of_products, KNOWN(DOT_MISTAKES),
};

START_TEST(dot_product_multiplies_in_pairs_and_adds)
{
    teach(&DOT);
}
END_TEST

/* --- dot_product, small numbers beside large ones --------------------------------------------- */

static void small_beside_large(Case *given)
{
    given->note = "the huge numbers at the two ends cancel; what is between them remains";
    size_t n = 5 + given->index;
    Matrix a = case_input(given, "a", 1, n), b = case_input(given, "b", 1, n);
    for (size_t i = 0; i < n; i++) {
        a.data[i] = (float)random_between(&given->random, 1, 3);
        b.data[i] = 1;
    }
    a.data[0] = 1e8f;
    a.data[n - 1] = -1e8f;
    case_output(given, 1, 1);
}

static void summed_in_float(const Case *given, Matrix out)
{
    Pair p = pair(given);
    float sum = 0;
    for (size_t i = 0; i < p.n; i++)
        sum += p.a[i] * p.b[i];
    out.data[0] = sum;
}

static const Mistake SMALL_MISTAKES[] = {
    {"float_sum",
     "the small numbers are lost: the sum is kept in float, where 1e8 + 1 is 1e8; keep it in "
     "double and round once, at the end",
     CODE, summed_in_float},
};

static const Step SMALL = {
    "dot_product",
    "keep small numbers beside large ones",
    8,
    small_beside_large,
    call_dot_product,
    sum_of_products,
    KNOWN(SMALL_MISTAKES),
};

START_TEST(dot_product_keeps_small_numbers)
{
    teach(&SMALL);
}
END_TEST

/* --- vector_length ---------------------------------------------------------------------------- */

static void one_vector(Case *given)
{
    Matrix a = case_input(given, "a", 1, 3 + given->index);
    if (given->index == 0)
        memcpy(a.data, (float[]){2, -3, 6}, 3 * sizeof(float));
    case_output(given, 1, 1);
}

static void call_vector_length(const Case *given, Matrix out)
{
    out.data[0] = vector_length(given->inputs[0].data, given->inputs[0].cols);
}

static void root_of_squares(const Case *given, Matrix out)
{
    out.data[0] = (float)length(given->inputs[0].data, given->inputs[0].cols);
}

static void without_the_root(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0];
    out.data[0] = (float)dot(a.data, a.data, a.cols);
}

static void root_of_the_mean(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0];
    out.data[0] = (float)sqrt(dot(a.data, a.data, a.cols) / (double)a.cols);
}

static void sum_of_sizes(const Case *given, Matrix out)
{
    double sum = 0;
    for (size_t i = 0; i < given->inputs[0].cols; i++)
        sum += fabs(given->inputs[0].data[i]);
    out.data[0] = (float)sum;
}

static void how_many(const Case *given, Matrix out)
{
    out.data[0] = (float)given->inputs[0].cols;
}

static const Mistake LENGTH_MISTAKES[] = {
    {"length_not_rooted",
     "this is the squared length: the dot product of a with itself still wants its square root",
     BY_HAND, without_the_root},
    {"length_averaged",
     "the squares are divided by how many there are: that is their average; a length is the root "
     "of their plain sum",
     BY_HAND, root_of_the_mean},
    {"length_of_sizes",
     "the sizes of the numbers are added as they are: square each, add, and take the root, as "
     "Pythagoras does",
     BY_HAND, sum_of_sizes},
    {"length_of_the_array",
     "this is how many numbers there are: the length of the arrow is meant, the root of the dot "
     "product of a with itself",
     BY_HAND, how_many},
};

static const Step LENGTH = {
    "vector_length",
    "give the root of the dot product of a with itself",
    8,
    one_vector,
    call_vector_length,
    root_of_squares,
    KNOWN(LENGTH_MISTAKES),
};

START_TEST(vector_length_is_a_root)
{
    teach(&LENGTH);
}
END_TEST

/* --- cosine_similarity ------------------------------------------------------------------------ */

/* Every other pair is short, so that no mistake drives the result out of -1 to 1 in all cases. */
static void two_directions(Case *given)
{
    two_vectors(given, 2 + given->index, (float[]){3, 4}, (float[]){0, 2});
    for (size_t i = 0; given->index % 2 == 1 && i < given->inputs[0].cols; i++) {
        given->inputs[0].data[i] *= 0.2f;
        given->inputs[1].data[i] *= 0.3f;
    }
}

static void call_cosine_similarity(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = cosine_similarity(p.a, p.b, p.n);
}

static void cosine(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)fmax(-1, fmin(1, p.dot / (p.a_length * p.b_length)));
}

static void over_the_length_of_a(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)(p.dot / p.a_length);
}

static void over_the_length_of_b(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)(p.dot / p.b_length);
}

static void over_squared_lengths(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)(p.dot / (p.a_length * p.a_length * p.b_length * p.b_length));
}

static void over_one_times_the_other(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)(p.dot / p.a_length * p.b_length);
}

static void over_the_sum_of_lengths(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)(p.dot / (p.a_length + p.b_length));
}

static void over_how_many(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)(p.dot / (double)p.n);
}

static void size_of_the_cosine(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = (float)fabs(p.dot / (p.a_length * p.b_length));
}

static void square_of_the_cosine(const Case *given, Matrix out)
{
    Pair p = pair(given);
    double similarity = p.dot / (p.a_length * p.b_length);
    out.data[0] = (float)(similarity * similarity);
}

/* The same mistake, with the result then clamped to -1 ... 1 as the right one is. */
#define CLAMPED(formula)                                                                           \
    static void clamped_##formula(const Case *given, Matrix out)                                   \
    {                                                                                              \
        formula(given, out);                                                                       \
        out.data[0] = fmaxf(-1.0f, fminf(1.0f, out.data[0]));                                      \
    }

CLAMPED(sum_of_products)
CLAMPED(over_the_length_of_a)
CLAMPED(over_the_length_of_b)
CLAMPED(over_squared_lengths)
CLAMPED(over_one_times_the_other)
CLAMPED(over_the_sum_of_lengths)
CLAMPED(over_how_many)

static const char NO_LENGTHS[] =
    "the lengths are still in it: this is the dot product, which grows with the numbers; divide "
    "it by both lengths";
static const char ONE_LENGTH[] =
    "only one length is taken out: the result still grows with the other vector; divide by the "
    "lengths of both";
static const char SQUARED_LENGTHS[] =
    "the dot product is divided by the squared lengths: take the root of a . a and of b . b first";
static const char NO_BRACKETS[] =
    "the second length multiplies: in C, x / y * z is (x / y) * z; put the product of the lengths "
    "in brackets";
static const char ADDED_LENGTHS[] =
    "the dot product is divided by the sum of the lengths: divide by their product, which takes "
    "out one after the other";
static const char AVERAGED[] =
    "the dot product is divided by how many numbers there are: that is an average, and it still "
    "grows with the numbers; divide by both lengths";

static const Mistake COSINE_MISTAKES[] = {
    {"dot_product_for_likeness", NO_LENGTHS, BY_HAND, sum_of_products},
    {"dot_product_for_likeness", NO_LENGTHS, BY_HAND, clamped_sum_of_products},
    {"one_length", ONE_LENGTH, BY_HAND, over_the_length_of_a},
    {"one_length", ONE_LENGTH, BY_HAND, over_the_length_of_b},
    {"one_length", ONE_LENGTH, BY_HAND, clamped_over_the_length_of_a},
    {"one_length", ONE_LENGTH, BY_HAND, clamped_over_the_length_of_b},
    {"squared_lengths", SQUARED_LENGTHS, BY_HAND, over_squared_lengths},
    {"squared_lengths", SQUARED_LENGTHS, BY_HAND, clamped_over_squared_lengths},
    {"brackets_left_out", NO_BRACKETS, BY_HAND, over_one_times_the_other},
    {"brackets_left_out", NO_BRACKETS, BY_HAND, clamped_over_one_times_the_other},
    {"lengths_added", ADDED_LENGTHS, BY_HAND, over_the_sum_of_lengths},
    {"lengths_added", ADDED_LENGTHS, BY_HAND, clamped_over_the_sum_of_lengths},
    {"averaged", AVERAGED, BY_HAND, over_how_many},
    {"averaged", AVERAGED, BY_HAND, clamped_over_how_many},
    {"sign_lost",
     "the sign is lost: opposite vectors have a cosine of -1, so the dot product must keep its "
     "sign",
     BY_HAND, size_of_the_cosine},
    {"cosine_squared",
     "this is the square of the cosine, so opposite vectors look alike: the root belongs to the "
     "lengths, and the dot product stays as it is",
     BY_HAND, square_of_the_cosine},
};

static const Step COSINE = {
    "cosine_similarity",
    "divide the dot product by both lengths",
    8,
    two_directions,
    call_cosine_similarity,
    cosine,
    KNOWN(COSINE_MISTAKES),
};

START_TEST(cosine_similarity_takes_both_lengths_out)
{
    teach(&COSINE);
}
END_TEST

/* --- cosine_similarity, a vector of length 0 -------------------------------------------------- */

static void one_is_zero(Case *given)
{
    two_directions(given);
    fill(given->inputs[given->index % 2], 0);
    given->note = "one vector has length 0";
}

static void no_number(const Case *given, Matrix out)
{
    (void)given;
    out.data[0] = NAN;
}

static void zero(const Case *given, Matrix out)
{
    (void)given;
    out.data[0] = 0;
}

static void one(const Case *given, Matrix out)
{
    (void)given;
    out.data[0] = 1;
}

static void minus_one(const Case *given, Matrix out)
{
    (void)given;
    out.data[0] = -1;
}

static const char NAN_CLAMPED[] =
    "a vector of length 0 gets a likeness of 1 or -1, where NaN is right: fmin() and fmax() drop "
    "a NaN; clamp by comparing with < and >, which leave it alone";

static const Mistake ZERO_MISTAKES[] = {
    {"zero_vector_is_unlike",
     "a vector of length 0 gets a likeness of 0, as if it stood at a right angle: it points "
     "nowhere, so 0 / 0 is the honest answer, NaN",
     "lesson 1, \"Break it\"", zero},
    {"nan_clamped", NAN_CLAMPED, "lesson 1, \"Break it\"", one},
    {"nan_clamped", NAN_CLAMPED, "lesson 1, \"Break it\"", minus_one},
};

static const Step ZERO = {
    "cosine_similarity",
    "give NaN for a vector that points nowhere",
    4,
    one_is_zero,
    call_cosine_similarity,
    no_number,
    KNOWN(ZERO_MISTAKES),
};

START_TEST(cosine_similarity_of_length_zero_is_nan)
{
    teach(&ZERO);
}
END_TEST

/* --- angle_degrees ---------------------------------------------------------------------------- */

static void two_arrows(Case *given)
{
    two_vectors(given, 2 + given->index, (float[]){1, 0}, (float[]){-2, 2});
}

static void call_angle_degrees(const Case *given, Matrix out)
{
    Pair p = pair(given);
    out.data[0] = angle_degrees(p.a, p.b, p.n);
}

static double cosine_of(Pair p)
{
    return fmax(-1, fmin(1, p.dot / (p.a_length * p.b_length)));
}

static void degrees(const Case *given, Matrix out)
{
    out.data[0] = (float)(acos(cosine_of(pair(given))) * DEGREES);
}

static void radians(const Case *given, Matrix out)
{
    out.data[0] = (float)acos(cosine_of(pair(given)));
}

static void factor_upside_down(const Case *given, Matrix out)
{
    out.data[0] = (float)(acos(cosine_of(pair(given))) / DEGREES);
}

static void cosine_in_degrees(const Case *given, Matrix out)
{
    out.data[0] = (float)(cosine_of(pair(given)) * DEGREES);
}

static void cosine_of_degrees(const Case *given, Matrix out)
{
    out.data[0] = (float)(cos(cosine_of(pair(given))) * DEGREES);
}

static void angle_of_the_sine(const Case *given, Matrix out)
{
    out.data[0] = (float)(asin(cosine_of(pair(given))) * DEGREES);
}

static void angle_of_the_dot_product(const Case *given, Matrix out)
{
    out.data[0] = (float)(acos(pair(given).dot) * DEGREES);
}

static void angle_of_lines(const Case *given, Matrix out)
{
    out.data[0] = (float)(acos(fabs(cosine_of(pair(given)))) * DEGREES);
}

static const char NOT_ACOS[] =
    "the cosine was never turned into an angle: acos() does that, and nothing else; then comes "
    "the factor for degrees";

static const Mistake ANGLE_MISTAKES[] = {
    {"angle_in_radians",
     "the angle is in radians, 57.3 times too small: acos() counts a right angle as pi / 2; "
     "multiply by 180 / pi",
     BY_HAND, radians},
    {"degrees_upside_down",
     "the angle is multiplied by pi / 180: that turns degrees into radians; it takes 180 / pi to "
     "turn radians into degrees",
     BY_HAND, factor_upside_down},
    {"cosine_for_angle", NOT_ACOS, BY_HAND, cosine},
    {"cosine_for_angle", NOT_ACOS, BY_HAND, cosine_in_degrees},
    {"cosine_for_angle", NOT_ACOS, BY_HAND, cosine_of_degrees},
    {"sine_for_cosine",
     "the angle is 90 degrees minus the right one: asin() undoes a sine, and the similarity is a "
     "cosine; acos() undoes that",
     BY_HAND, angle_of_the_sine},
    {"angle_of_dot_product",
     "the dot product itself went into acos(), which knows no answer beyond 1: divide it by both "
     "lengths first",
     BY_HAND, angle_of_the_dot_product},
    {"angle_of_lines",
     "the sign of the cosine is lost, so angles above 90 degrees come out below: opposite vectors "
     "are 180 degrees apart, not 0",
     BY_HAND, angle_of_lines},
};

static const Step ANGLE = {
    "angle_degrees", "give the angle in degrees", 8, two_arrows, call_angle_degrees,
    degrees,         KNOWN(ANGLE_MISTAKES),
};

START_TEST(angle_degrees_turns_the_cosine_into_degrees)
{
    teach(&ANGLE);
}
END_TEST

/* --- vector_matrix_product, square ------------------------------------------------------------ */

/* The right products, of matrices and views of any shape. */

static void product(Matrix a, Matrix b, Matrix out)
{
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++) {
            double sum = 0;
            for (size_t c = 0; c < a.cols; c++)
                sum += element(a, i, c) * element(b, c, j);
            matrix_row(out, i)[j] = (float)sum;
        }
}

static void product_transposed(Matrix a, Matrix b, Matrix out)
{
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            matrix_row(out, i)[j] = (float)dot(matrix_row(a, i), matrix_row(b, j), a.cols);
}

static void right_product(const Case *given, Matrix out)
{
    product(given->inputs[0], given->inputs[1], out);
}

static void a_square_w(Case *given)
{
    size_t n = 2 + given->index;
    Matrix x = case_input(given, "x", 1, n), w = case_input(given, "W", n, n);
    if (given->index == 0) {
        memcpy(x.data, (float[]){1, 2}, 2 * sizeof(float));
        memcpy(w.data, (float[]){3, 4, 5, 6}, 4 * sizeof(float));
    }
    given->note = "out holds 100 everywhere before the call";
    case_output(given, 1, n);
}

static void call_vector_matrix_product(const Case *given, Matrix out)
{
    fill(out, BEFORE);
    vector_matrix_product(given->inputs[0].data, given->inputs[1], out.data);
}

static void w_by_rows(const Case *given, Matrix out)
{
    product_transposed(given->inputs[0], given->inputs[1], out);
}

/* The sum is set to 0 once for each row, or once for all. */
static void running_product(const Case *given, bool once_for_all, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    double sum = 0;
    for (size_t i = 0; i < out.rows; i++) {
        sum = once_for_all ? sum : 0;
        for (size_t j = 0; j < out.cols; j++) {
            for (size_t c = 0; c < a.cols; c++)
                sum += element(a, i, c) * element(b, c, j);
            matrix_row(out, i)[j] = (float)sum;
        }
    }
}

static void sum_runs_along_a_row(const Case *given, Matrix out)
{
    running_product(given, false, out);
}

static void sum_runs_through_everything(const Case *given, Matrix out)
{
    running_product(given, true, out);
}

static void added_to_what_was_there(const Case *given, Matrix out)
{
    product(given->inputs[0], given->inputs[1], out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] += BEFORE;
}

static void only_the_last_pair(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            matrix_row(out, i)[j] = (float)(element(a, i, a.cols - 1) * element(b, b.rows - 1, j));
}

/* x[j] times all of column j, which NumPy makes of (x * W).sum(axis=0). */
static void column_times_one_number(const Case *given, Matrix out)
{
    Matrix x = given->inputs[0], w = given->inputs[1];
    for (size_t j = 0; j < out.cols; j++) {
        double sum = 0;
        for (size_t i = 0; i < w.rows; i++)
            sum += element(x, 0, j) * element(w, i, j);
        out.data[j] = (float)sum;
    }
}

static const char NOT_RESET[] =
    "each result still contains the ones before it: the sum is set to 0 once, before the loops; "
    "set it to 0 anew for each number of the result";
static const char ADDED_TO_OUT[] =
    "the sum is added to what out held before the call: out is only written, so start each sum "
    "at 0";

static const Mistake SQUARE_W_MISTAKES[] = {
    {"w_x_for_x_w",
     "each row of W meets x: that is W x; in x W each column of W meets x, so step down the "
     "column with matrix_row(w, i)[j]",
     TABLE, w_by_rows},
    {"sum_not_reset", NOT_RESET, TABLE, sum_runs_along_a_row},
    {"added_to_out", ADDED_TO_OUT, TABLE, added_to_what_was_there},
    {"not_added_up", ONLY_LAST, TABLE, only_the_last_pair},
    {"one_number_for_a_column",
     "x[j] multiplies all of column j: it is x[i] that meets row i of the column, so that each "
     "number of x comes in",
     TABLE, column_times_one_number},
};

static const Step SQUARE_W = {
    "vector_matrix_product",
    "give the dot product of x with each column of W",
    6,
    a_square_w,
    call_vector_matrix_product,
    right_product,
    KNOWN(SQUARE_W_MISTAKES),
};

START_TEST(x_meets_the_columns_of_w)
{
    teach(&SQUARE_W);
}
END_TEST

/* --- vector_matrix_product, more rows than columns -------------------------------------------- */

static void a_tall_w(Case *given)
{
    size_t cols = 2 + given->index, rows = cols + 1 + given->index % 3;
    given->note = "W has more rows than columns";
    case_input(given, "x", 1, rows);
    case_input(given, "W", rows, cols);
    case_output(given, 1, cols);
}

/* The sum over c runs to the columns of the result. */
static void sum_to_the_columns(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0];
    a.cols = out.cols;
    product(a, given->inputs[1], out);
}

static const char SUM_TO_THE_COLUMNS[] =
    "each sum stops too early: it runs over the columns of the right matrix, but a column has as "
    "many numbers as that matrix has rows";

static const Mistake TALL_W_MISTAKES[] = {
    {"sum_over_columns", SUM_TO_THE_COLUMNS, TABLE, sum_to_the_columns},
};

static const Step TALL_W = {
    "vector_matrix_product", "take in every number of x", 6, a_tall_w, call_vector_matrix_product,
    right_product,           KNOWN(TALL_W_MISTAKES),
};

START_TEST(x_meets_every_row_of_w)
{
    teach(&TALL_W);
}
END_TEST

/* --- vector_matrix_product, a view ------------------------------------------------------------ */

/* A wide matrix without its first and its last column: a view. */
static Matrix inside(Matrix wide)
{
    return (Matrix){wide.data + 1, wide.rows, wide.cols - 2, wide.stride};
}

static void w_in_a_wide_matrix(Case *given)
{
    size_t rows = 3 + given->index % 4, cols = 2 + given->index % 3;
    given->note = "W is a view of the wide matrix, without its first and its last column";
    case_input(given, "x", 1, rows);
    case_input(given, "the wide matrix around W", rows, cols + 2);
    case_output(given, 1, cols);
}

static void call_with_view(const Case *given, Matrix out)
{
    vector_matrix_product(given->inputs[0].data, inside(given->inputs[1]), out.data);
}

static void right_with_view(const Case *given, Matrix out)
{
    product(given->inputs[0], inside(given->inputs[1]), out);
}

static void view_without_stride(const Case *given, Matrix out)
{
    Matrix w = inside(given->inputs[1]);
    w.stride = w.cols;
    product(given->inputs[0], w, out);
}

static const char COLS_FOR_STRIDE[] =
    "the rows of a view are taken to stand cols floats apart, but they stand stride apart: let "
    "matrix_row() find them";

static const Mistake VIEW_MISTAKES[] = {
    {"cols_for_stride", COLS_FOR_STRIDE, MEMORY, view_without_stride},
};

static const Step VIEW = {
    "vector_matrix_product", "find the rows of a view", 8, w_in_a_wide_matrix, call_with_view,
    right_with_view,         KNOWN(VIEW_MISTAKES),
};

START_TEST(w_may_be_a_view)
{
    teach(&VIEW);
}
END_TEST

/* --- matrix_product, square ------------------------------------------------------------------- */

static void square_factors(Case *given)
{
    size_t n = 2 + given->index;
    Matrix a = case_input(given, "a", n, n), b = case_input(given, "b", n, n);
    if (given->index == 0) {
        memcpy(a.data, (float[]){1, 2, 3, 4}, 4 * sizeof(float));
        memcpy(b.data, (float[]){5, 6, 7, 9}, 4 * sizeof(float));
    }
    given->note = "out holds 100 everywhere before the call";
    case_output(given, n, n);
}

static void call_matrix_product(const Case *given, Matrix out)
{
    fill(out, BEFORE);
    Matrix a = given->inputs[0], b = given->inputs[1];
    expect_taken("matrix_product", matrix_product(a, b, out), a, b, out);
}

static void b_times_a(const Case *given, Matrix out)
{
    product(given->inputs[1], given->inputs[0], out);
}

static void rows_with_rows(const Case *given, Matrix out)
{
    product_transposed(given->inputs[0], given->inputs[1], out);
}

static void columns_with_columns(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++) {
            double sum = 0;
            for (size_t c = 0; c < a.rows; c++)
                sum += element(a, c, i) * element(b, c, j);
            matrix_row(out, i)[j] = (float)sum;
        }
}

static void place_by_place(const Case *given, Matrix out)
{
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = given->inputs[0].data[i] * given->inputs[1].data[i];
}

static const Mistake PRODUCT_MISTAKES[] = {
    {"elementwise_product",
     "the numbers in the same place are multiplied, as * does in NumPy: a matrix product is a "
     "table of dot products of the rows of a with the columns of b",
     TABLE, place_by_place},
    {"b_times_a",
     "this is B A: the rows must come from the first factor and the columns from the second, and "
     "the order matters",
     TABLE, b_times_a},
    {"rows_with_rows",
     "rows of a meet rows of b: that is A B^T; here row i of a meets column j of b", TABLE,
     rows_with_rows},
    {"columns_with_columns",
     "columns of a meet columns of b: that is A^T B; here row i of a meets column j of b", TABLE,
     columns_with_columns},
    {"sum_not_reset", NOT_RESET, TABLE, sum_runs_along_a_row},
    {"sum_not_reset", NOT_RESET, TABLE, sum_runs_through_everything},
    {"added_to_out", ADDED_TO_OUT, TABLE, added_to_what_was_there},
    {"not_added_up", ONLY_LAST, TABLE, only_the_last_pair},
};

static const Step PRODUCT = {
    "matrix_product",
    "give the dot product of each row of a with each column of b",
    6,
    square_factors,
    call_matrix_product,
    right_product,
    KNOWN(PRODUCT_MISTAKES),
};

START_TEST(rows_of_a_meet_columns_of_b)
{
    teach(&PRODUCT);
}
END_TEST

/* --- matrix_product, other shapes ------------------------------------------------------------- */

/* Fewer rows than columns in the result, and longer sums than either. */
static void factors_of_other_shapes(Case *given)
{
    size_t rows = 2 + given->index % 3, cols = rows + 1 + given->index % 2;
    size_t terms = cols + 1 + given->index % 4;
    case_input(given, "a", rows, terms);
    case_input(given, "b", terms, cols);
    case_output(given, rows, cols);
}

static void call_matrix_product_quietly(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    expect_taken("matrix_product", matrix_product(a, b, out), a, b, out);
}

/* What is not written stays NaN. */
static void left_square(const Case *given, Matrix out)
{
    out.cols = out.rows;
    product(given->inputs[0], given->inputs[1], out);
}

/* The sum over c runs to the rows of the result. */
static void sum_to_the_rows(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0];
    a.cols = out.rows;
    product(a, given->inputs[1], out);
}

static const char LEFT_SQUARE[] =
    "only as many columns are written as the result has rows: the loop over its columns runs to "
    "the wrong size";

static const Mistake SHAPE_MISTAKES[] = {
    {"result_taken_for_square", LEFT_SQUARE, TABLE, left_square},
    {"sum_over_columns", SUM_TO_THE_COLUMNS, TABLE, sum_to_the_columns},
    {"sum_over_rows",
     "each sum stops too early: it runs over the rows of a, but a row has as many numbers as a "
     "has columns",
     TABLE, sum_to_the_rows},
};

static const Step SHAPES = {
    "matrix_product",
    "multiply factors that are not square",
    8,
    factors_of_other_shapes,
    call_matrix_product_quietly,
    right_product,
    KNOWN(SHAPE_MISTAKES),
};

START_TEST(factors_need_not_be_square)
{
    teach(&SHAPES);
}
END_TEST

/* --- Views, for all that make a table of two matrices ----------------------------------------- */

typedef void (*Rule)(Matrix a, Matrix b, Matrix out);
typedef Status (*Function)(Matrix a, Matrix b, Matrix out);
/* Whose stride is not minded. */
enum { OF_A = 1, OF_B = 2, OF_OUT = 4 };

static const char VIEWS_NOTE[] =
    "a, b and out are views: wide matrices without their first and last columns";

/* A matrix around a result, filled with 100. */
static Matrix wide_output(Matrix out, float data[WIDE_SIZE])
{
    Matrix wide = matrix_view(data, out.rows, out.cols + 2);
    ck_assert_uint_le(wide.rows * wide.cols, WIDE_SIZE);
    fill(wide, BEFORE);
    return wide;
}

static void call_on_views(const Case *given, const char *name, Function function, Matrix out)
{
    float data[WIDE_SIZE];
    Matrix a = inside(given->inputs[0]), b = inside(given->inputs[1]);
    Matrix result = inside(wide_output(out, data));
    expect_taken(name, function(a, b, result), a, b, result);
    assert_ok(matrix_copy(result, out));
}

static void without_strides(const Case *given, Rule rule, unsigned of, Matrix out)
{
    float data[WIDE_SIZE];
    Matrix a = inside(given->inputs[0]), b = inside(given->inputs[1]);
    Matrix result = inside(wide_output(out, data)), written = result;
    a.stride = (of & OF_A) != 0 ? a.cols : a.stride;
    b.stride = (of & OF_B) != 0 ? b.cols : b.stride;
    written.stride = (of & OF_OUT) != 0 ? written.cols : written.stride;
    rule(a, b, written);
    assert_ok(matrix_copy(result, out));
}

/* The formulas of one rule: with the strides of these forgotten, every way there is. */
#define STRIDE_FORMULA(rule, of)                                                                   \
    static void rule##_##of(const Case *given, Matrix out)                                         \
    {                                                                                              \
        without_strides(given, rule, of, out);                                                     \
    }
#define STRIDE_FORMULAS(rule)                                                                      \
    STRIDE_FORMULA(rule, 0)                                                                        \
    STRIDE_FORMULA(rule, 1)                                                                        \
    STRIDE_FORMULA(rule, 2)                                                                        \
    STRIDE_FORMULA(rule, 3)                                                                        \
    STRIDE_FORMULA(rule, 4)                                                                        \
    STRIDE_FORMULA(rule, 5)                                                                        \
    STRIDE_FORMULA(rule, 6)                                                                        \
    STRIDE_FORMULA(rule, 7)
#define STRIDE_MISTAKE(rule, of) {"cols_for_stride", COLS_FOR_STRIDE, MEMORY, rule##_##of}
#define STRIDE_MISTAKES(rule)                                                                      \
    STRIDE_MISTAKE(rule, 1), STRIDE_MISTAKE(rule, 2), STRIDE_MISTAKE(rule, 3),                     \
        STRIDE_MISTAKE(rule, 4), STRIDE_MISTAKE(rule, 5), STRIDE_MISTAKE(rule, 6),                 \
        STRIDE_MISTAKE(rule, 7)

/* --- matrix_product, views -------------------------------------------------------------------- */

static void wide_factors(Case *given)
{
    size_t rows = 2 + given->index % 3, terms = 3 + given->index % 2, cols = 2 + given->index % 4;
    given->note = VIEWS_NOTE;
    case_input(given, "the wide matrix around a", rows, terms + 2);
    case_input(given, "the wide matrix around b", terms, cols + 2);
    case_output(given, rows, cols);
}

static void call_product_of_views(const Case *given, Matrix out)
{
    call_on_views(given, "matrix_product", matrix_product, out);
}

STRIDE_FORMULAS(product)

static const Mistake PRODUCT_VIEW_MISTAKES[] = {STRIDE_MISTAKES(product)};

static const Step PRODUCT_VIEWS = {
    "matrix_product", "find the rows of views",     8, wide_factors, call_product_of_views,
    product_0,        KNOWN(PRODUCT_VIEW_MISTAKES),
};

START_TEST(factors_and_product_may_be_views)
{
    teach(&PRODUCT_VIEWS);
}
END_TEST

/* --- matrix_product_transposed ---------------------------------------------------------------- */

/* Equally many rows of a and of b, longer than wide: every mistaken formula stays inside. */
static void equally_many_rows(Case *given)
{
    size_t cols = 2 + given->index % 3, rows = cols + 1 + given->index % 2;
    case_input(given, "a", rows, cols);
    case_input(given, "b", rows, cols);
    case_output(given, rows, rows);
}

static void call_product_transposed(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    expect_taken("matrix_product_transposed", matrix_product_transposed(a, b, out), a, b, out);
}

/* B's floats in their order, as a matrix with so many columns. */
static void product_with(const Case *given, size_t b_stride, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    product(a, (Matrix){b.data, a.cols, out.cols, b_stride}, out);
}

static void reshaped(const Case *given, Matrix out)
{
    product_with(given, out.cols, out);
}

static void not_transposed(const Case *given, Matrix out)
{
    product_with(given, given->inputs[1].stride, out);
}

static void swapped(const Case *given, Matrix out)
{
    product_transposed(given->inputs[1], given->inputs[0], out);
}

static const char RESHAPED[] =
    "b was reshaped, not transposed: its floats kept their order and were cut into rows of "
    "another length; row j of b must stay together, as column j";

static const Mistake TRANSPOSED_MISTAKES[] = {
    {"reshaped_for_transposed", RESHAPED, TABLE, reshaped},
    {"not_transposed",
     "rows of a meet columns of b, as in A B: in A B^T they meet the rows of b, so the index of "
     "the column is the same on both sides",
     TABLE, not_transposed},
    {"a_and_b_swapped",
     "rows and columns of the result have changed places: this is B A^T; element (i, j) belongs "
     "to row i of a and row j of b",
     TABLE, swapped},
};

static const Step TRANSPOSED = {
    "matrix_product_transposed",
    "give the dot product of each row of a with each row of b",
    8,
    equally_many_rows,
    call_product_transposed,
    rows_with_rows,
    KNOWN(TRANSPOSED_MISTAKES),
};

START_TEST(rows_of_a_meet_rows_of_b)
{
    teach(&TRANSPOSED);
}
END_TEST

/* --- matrix_product_transposed, other shapes -------------------------------------------------- */

/* Fewer rows of a than of b, and longer rows than either. */
static void rows_of_other_shapes(Case *given)
{
    size_t rows = 2 + given->index % 3, cols = rows + 1 + given->index % 2;
    size_t terms = cols + 1 + given->index % 4;
    case_input(given, "a", rows, terms);
    case_input(given, "b", cols, terms);
    case_output(given, rows, cols);
}

static void compared_left_square(const Case *given, Matrix out)
{
    out.cols = out.rows;
    rows_with_rows(given, out);
}

/* Each sum has only so many terms. */
static void compared_over(const Case *given, size_t terms, Matrix out)
{
    Matrix a = given->inputs[0];
    a.cols = terms;
    product_transposed(a, given->inputs[1], out);
}

static void compared_to_the_rows_of_a(const Case *given, Matrix out)
{
    compared_over(given, given->inputs[0].rows, out);
}

static void compared_to_the_rows_of_b(const Case *given, Matrix out)
{
    compared_over(given, given->inputs[1].rows, out);
}

static const char SUM_TO_THE_ROWS[] =
    "each sum stops too early: it runs over the rows of a matrix, but a row has as many numbers "
    "as there are columns";

static const Mistake TABLE_MISTAKES[] = {
    {"result_taken_for_square", LEFT_SQUARE, TABLE, compared_left_square},
    {"sum_over_rows", SUM_TO_THE_ROWS, TABLE, compared_to_the_rows_of_a},
    {"sum_over_rows", SUM_TO_THE_ROWS, TABLE, compared_to_the_rows_of_b},
};

static const Step TABLE_STEP = {
    "matrix_product_transposed",
    "compare any number of rows with any other",
    8,
    rows_of_other_shapes,
    call_product_transposed,
    rows_with_rows,
    KNOWN(TABLE_MISTAKES),
};

START_TEST(a_table_of_comparisons_need_not_be_square)
{
    teach(&TABLE_STEP);
}
END_TEST

/* --- matrix_product_transposed, views --------------------------------------------------------- */

static void wide_rows(Case *given)
{
    size_t rows = 2 + given->index % 3, terms = 3 + given->index % 2, cols = 2 + given->index % 4;
    given->note = VIEWS_NOTE;
    case_input(given, "the wide matrix around a", rows, terms + 2);
    case_input(given, "the wide matrix around b", cols, terms + 2);
    case_output(given, rows, cols);
}

static void call_transposed_views(const Case *given, Matrix out)
{
    call_on_views(given, "matrix_product_transposed", matrix_product_transposed, out);
}

STRIDE_FORMULAS(product_transposed)

static const Mistake TRANSPOSED_VIEW_MISTAKES[] = {STRIDE_MISTAKES(product_transposed)};

static const Step TRANSPOSED_VIEWS = {
    "matrix_product_transposed",
    "find the rows of views",
    8,
    wide_rows,
    call_transposed_views,
    product_transposed_0,
    KNOWN(TRANSPOSED_VIEW_MISTAKES),
};

START_TEST(compared_rows_may_be_in_views)
{
    teach(&TRANSPOSED_VIEWS);
}
END_TEST

/* --- cosine_similarities ---------------------------------------------------------------------- */

static void call_cosine_similarities(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    expect_taken("cosine_similarities", cosine_similarities(a, b, out), a, b, out);
}

static void cosines(Matrix a, Matrix b, Matrix out)
{
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++) {
            const float *one_row = matrix_row(a, i), *other = matrix_row(b, j);
            double lengths = length(one_row, a.cols) * length(other, a.cols);
            matrix_row(out, i)[j] = (float)(dot(one_row, other, a.cols) / lengths);
        }
}

static void right_cosines(const Case *given, Matrix out)
{
    cosines(given->inputs[0], given->inputs[1], out);
}

/* The dot products, divided by the lengths of the rows of these. */
static void divided_by_rows(const Case *given, bool of_a, bool of_b, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++) {
            double divisor = of_a ? length(matrix_row(a, i), a.cols) : 1;
            divisor *= of_b ? length(matrix_row(b, j), b.cols) : 1;
            double compared = dot(matrix_row(a, i), matrix_row(b, j), a.cols);
            matrix_row(out, i)[j] = (float)(compared / divisor);
        }
}

static void divided_by_rows_of_a(const Case *given, Matrix out)
{
    divided_by_rows(given, true, false, out);
}

static void divided_by_rows_of_b(const Case *given, Matrix out)
{
    divided_by_rows(given, false, true, out);
}

/* The length of b's row comes from row i, where j is right. */
static void divided_by_the_wrong_row(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    divided_by_rows(given, true, false, out);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            matrix_row(out, i)[j] /= (float)length(matrix_row(b, i), a.cols);
}

static void divided_by_all(const Case *given, Matrix out)
{
    Matrix a = given->inputs[0], b = given->inputs[1];
    double lengths = length(a.data, a.rows * a.cols) * length(b.data, b.rows * b.cols);
    rows_with_rows(given, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = (float)(out.data[i] / lengths);
}

static const Mistake COSINES_MISTAKES[] = {
    {"dot_product_for_likeness", NO_LENGTHS, BY_HAND, rows_with_rows},
    {"one_length", ONE_LENGTH, BY_HAND, divided_by_rows_of_a},
    {"one_length", ONE_LENGTH, BY_HAND, divided_by_rows_of_b},
    {"length_of_another_row",
     "the dot product with row j of b is divided by the length of row i of b: both must be of "
     "row j",
     BY_HAND, divided_by_the_wrong_row},
    {"length_of_the_whole_matrix",
     "all dot products are divided by the same number, the length of the whole matrices: each "
     "row has a length of its own",
     BY_HAND, divided_by_all},
    {"result_taken_for_square", LEFT_SQUARE, TABLE, compared_left_square},
};

static const Step COSINES = {
    "cosine_similarities",
    "give the cosine of each row of a with each row of b",
    8,
    rows_of_other_shapes,
    call_cosine_similarities,
    right_cosines,
    KNOWN(COSINES_MISTAKES),
};

START_TEST(cosine_similarities_compare_each_row_with_each)
{
    teach(&COSINES);
}
END_TEST

/* --- cosine_similarities, views --------------------------------------------------------------- */

static void call_cosines_of_views(const Case *given, Matrix out)
{
    call_on_views(given, "cosine_similarities", cosine_similarities, out);
}

STRIDE_FORMULAS(cosines)

static const Mistake COSINES_VIEW_MISTAKES[] = {STRIDE_MISTAKES(cosines)};

static const Step COSINES_VIEWS = {
    "cosine_similarities",
    "find the rows of views",
    8,
    wide_rows,
    call_cosines_of_views,
    cosines_0,
    KNOWN(COSINES_VIEW_MISTAKES),
};

START_TEST(similar_rows_may_be_in_views)
{
    teach(&COSINES_VIEWS);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("1. dot products, step by step");
    add_test(suite, dot_product_multiplies_in_pairs_and_adds);
    add_test(suite, dot_product_keeps_small_numbers);
    add_test(suite, vector_length_is_a_root);
    add_test(suite, cosine_similarity_takes_both_lengths_out);
    add_test(suite, cosine_similarity_of_length_zero_is_nan);
    add_test(suite, angle_degrees_turns_the_cosine_into_degrees);
    add_test(suite, x_meets_the_columns_of_w);
    add_test(suite, x_meets_every_row_of_w);
    add_test(suite, w_may_be_a_view);
    add_test(suite, rows_of_a_meet_columns_of_b);
    add_test(suite, factors_need_not_be_square);
    add_test(suite, factors_and_product_may_be_views);
    add_test(suite, rows_of_a_meet_rows_of_b);
    add_test(suite, a_table_of_comparisons_need_not_be_square);
    add_test(suite, compared_rows_may_be_in_views);
    add_test(suite, cosine_similarities_compare_each_row_with_each);
    add_test(suite, similar_rows_may_be_in_views);
    return suite;
}
