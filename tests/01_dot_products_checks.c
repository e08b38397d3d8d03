/* Chapter 1: what each function must do. */
#include "checks.h"

#include "dot_products.h"

#include <math.h>
#include <string.h>

static void scale_by(float factor, Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] *= factor;
}

static void set_row(Matrix matrix, size_t row, const float *numbers)
{
    memcpy(matrix_row(matrix, row), numbers, matrix.cols * sizeof *numbers);
}

/* --- Two vectors ------------------------------------------------------------------------------ */

enum { A, B };

/* Random vectors; those of case 0 are given. */
static void two_vectors(Case *given, size_t n, const float *first_a, const float *first_b)
{
    Matrix a = case_input(given, "a", 1, n), b = case_input(given, "b", 1, n);
    if (given->index == 0) {
        set_row(a, 0, first_a);
        set_row(b, 0, first_b);
    }
    case_output(given, 1, 1);
}

typedef float (*OfTwo)(const float *a, const float *b, size_t n);

static Status call_of_two(OfTwo function, const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    out.data[0] = function(in[A].data, in[B].data, in[A].cols);
    return STATUS_OK;
}

/* --- dot_product ------------------------------------------------------------------------------ */

static void some_vectors(Case *given)
{
    two_vectors(given, given->index < 8 ? 3 + given->index : 0, (float[]){2, -1, 3},
                (float[]){1, 4, 2});
    if (given->index == 1)
        given->inputs[A].data[1] = 0;
}

/* The first and the last product of a sum are 67108863, which no float is, and -67108864. */
static void large_at_both_ends(Matrix row)
{
    for (size_t c = 0; c < row.cols; c++)
        row.data[c] = (float)(1 + c % 3);
    row.data[0] = 8193;
    row.data[row.cols - 1] = 8192;
}

static float partner(size_t i, size_t terms)
{
    return i == 0 ? 8191.0f : i + 1 < terms ? 1.0f : -8192.0f;
}

/* What a row with large_at_both_ends() meets: rows, or else columns. */
static void fill_with_partners(Matrix matrix, bool by_rows)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = by_rows ? partner(c, matrix.cols) : partner(r, matrix.rows);
}

static const char LARGE_NOTE[] =
    "the products at the two ends nearly cancel: 8193 x 8191 is 1 less than 8192 x 8192";

static void small_beside_large(Case *given)
{
    two_vectors(given, 5 + given->index, (float[5]){0}, (float[5]){0});
    large_at_both_ends(given->inputs[A]);
    fill_with_partners(given->inputs[B], true);
    case_note(given, LARGE_NOTE);
}

static void no_number(Case *given)
{
    static const float ROWS[][2] = {{0, INFINITY}, {NAN, 0}, {INFINITY, 1}};
    two_vectors(given, 2, (float[]){0, 0}, (float[]){1, 2});
    set_row(given->inputs[given->index == 0 ? B : A], 0, ROWS[given->index]);
    if (given->index == 0)
        set_row(given->inputs[A], 0, (float[]){1, 0});
    case_note(given, "NaN and infinity pass through as the arithmetic has them");
}

static Status call_dot_product(const Case *given, Matrix out)
{
    return call_of_two(dot_product, given, out);
}

/* --- vector_length ---------------------------------------------------------------------------- */

static void one_vector(Case *given)
{
    Matrix a = case_input(given, "a", 1, given->index < 8 ? 3 + given->index : 0);
    if (given->index == 0)
        set_row(a, 0, (float[]){2, -3, 6});
    case_output(given, 1, 1);
}

static void long_and_short_vectors(Case *given)
{
    static const float ABOUT[] = {1e30f, 1e-30f, 1e20f};
    one_vector(given);
    scale_by(ABOUT[given->index], given->inputs[A]);
    case_note(given, "what comes out is the length, divided by %g", (double)ABOUT[given->index]);
    case_number(given, "divided by", ABOUT[given->index]);
}

static Status call_vector_length(const Case *given, Matrix out)
{
    float length = vector_length(given->inputs[A].data, given->inputs[A].cols);
    out.data[0] = given->number_count > 0 ? length / (float)given->numbers[0] : length;
    return STATUS_OK;
}

/* --- cosine_similarity ------------------------------------------------------------------------ */

/* Lengths near 1 and angles near a right one: no mistake drives the result out of -1 to 1. */
static void two_directions(Case *given)
{
    size_t n = 2 + 3 * given->index;
    two_vectors(given, n, (float[]){1, 1}, (float[]){1, -0.5f});
    if (given->index == 0)
        return;
    scale_by(1.4f / sqrtf((float)n), given->inputs[A]);
    scale_by(0.7f / sqrtf((float)n), given->inputs[B]);
}

static void one_is_zero(Case *given)
{
    two_directions(given);
    scale_by(0, given->inputs[given->index % 2]);
    case_note(given, "one vector has length 0");
}

static void lengths_of_any_size(Case *given)
{
    static const float ABOUT[][2] = {
        {1e20f, 1e20f}, {1e-25f, 1e-25f}, {1e30f, 1e30f}, {1e25f, 1e-30f}};
    two_vectors(given, 2 + given->index, (float[]){3, 4}, (float[]){5, 12});
    scale_by(ABOUT[given->index][A], given->inputs[A]);
    scale_by(ABOUT[given->index][B], given->inputs[B]);
    case_note(given, "the lengths are about %g and %g", (double)ABOUT[given->index][A],
              (double)ABOUT[given->index][B]);
}

static Status call_cosine_similarity(const Case *given, Matrix out)
{
    return call_of_two(cosine_similarity, given, out);
}

/* --- angle_degrees ---------------------------------------------------------------------------- */

static void two_arrows(Case *given)
{
    two_vectors(given, 2 + given->index, (float[]){1, 0}, (float[]){-2, 2});
}

/* Each row of a with the same direction, then with the opposite one; of one pair, one is 0. */
static void arrows_in_line(Case *given)
{
    enum { PAIRS = 80 };
    Matrix a = case_input(given, "a", PAIRS, 3), b = case_input(given, "b", PAIRS, 3);
    for (size_t r = 0; r < PAIRS; r++)
        for (size_t c = 0; c < a.cols; c++) {
            matrix_row(a, r)[c] =
                r % 2 == 0 ? (float)random_normal(&given->random) : matrix_row(a, r - 1)[c];
            matrix_row(b, r)[c] = (r % 2 == 0 ? 3 : -3) * matrix_row(a, r)[c];
        }
    set_row(b, 1, (float[]){0, 0, 0});
    case_note(given, "row by row, b is 3 or -3 times a; but row 1 of b is 0");
    case_output(given, PAIRS, 1);
    given->tolerance = 3e-4; /* of 180 degrees: acos() makes much of a float's last digit */
}

static Status call_angle_degrees(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    for (size_t r = 0; r < out.rows; r++)
        matrix_row(out, r)[0] =
            angle_degrees(matrix_row(in[A], r), matrix_row(in[B], r), in[A].cols);
    return STATUS_OK;
}

/* --- vector_matrix_product -------------------------------------------------------------------- */

enum { X, W };

static void a_square_w(Case *given)
{
    size_t n = 2 + given->index;
    Matrix x = case_input(given, "x", 1, n), w = case_input(given, "W", n, n);
    if (given->index == 0) {
        set_row(x, 0, (float[]){1, 2});
        set_row(w, 0, (float[]){3, 4});
        set_row(w, 1, (float[]){5, 6});
    }
    case_output(given, 1, n);
}

/* Views; huge numbers; no rows; no number. */
enum { VIEWS = 6, LARGE, NOTHING, SPOILT, SPOILT_CASES };

static void a_tall_w(Case *given)
{
    size_t i = given->index, cols = i == NOTHING ? 12 : 2 + i;
    size_t rows = i == NOTHING ? 0 : cols + 1 + i % 3;
    given->as_views = i == VIEWS;
    case_note(given, "W has more rows than columns");
    Matrix x = case_input(given, "x", 1, rows), w = case_input(given, "W", rows, cols);
    case_output(given, 1, cols);
    if (i == NOTHING)
        case_note(given, "W has no rows");
    if (i == SPOILT) {
        x.data[0] = 0;
        matrix_row(w, 0)[1] = INFINITY;
        case_note(given, "0 times infinity is NaN");
    }
    if (i != LARGE)
        return;
    large_at_both_ends(x);
    fill_with_partners(w, false);
    case_note(given, LARGE_NOTE);
}

static Status call_vector_matrix_product(const Case *given, Matrix out)
{
    vector_matrix_product(given->inputs[X].data, given->inputs[W], out.data);
    return STATUS_OK;
}

/* --- matrix_product --------------------------------------------------------------------------- */

static void square_factors(Case *given)
{
    size_t n = 2 + given->index;
    Matrix a = case_input(given, "a", n, n), b = case_input(given, "b", n, n);
    if (given->index == 0) {
        set_row(a, 0, (float[]){1, 2});
        set_row(a, 1, (float[]){3, 4});
        set_row(b, 0, (float[]){5, 6});
        set_row(b, 1, (float[]){7, 9});
    }
    case_output(given, n, n);
}

typedef struct Sizes {
    size_t rows, cols, terms;
} Sizes;

/* From NOTHING on: sums without terms, each pair of sizes alike once, no rows and no columns. */
static const Sizes SPECIAL[] = {{5, 6, 0}, {2, 3, 3}, {3, 3, 2}, {3, 2, 3}, {0, 3, 2}, {2, 0, 3}};
enum { ZERO_AND_INFINITY = NOTHING + sizeof SPECIAL / sizeof *SPECIAL, CASES };

/* Fewer rows than columns in the result, and longer sums than either. */
static Sizes some_sizes(Case *given)
{
    size_t i = given->index, rows = 2 + i % 3, cols = rows + 1 + i % 2;
    Sizes size = i >= NOTHING && i < ZERO_AND_INFINITY ? SPECIAL[i - NOTHING]
                                                       : (Sizes){rows, cols, cols + 1 + i % 4};
    given->as_views = i == VIEWS;
    if (size.terms == 0)
        case_note(given, "the sums have no terms");
    case_output(given, size.rows, size.cols);
    return size;
}

static void make_large(Case *given, bool by_rows)
{
    if (given->index != LARGE)
        return;
    for (size_t r = 0; r < given->inputs[A].rows; r++)
        large_at_both_ends(matrix_view(matrix_row(given->inputs[A], r), 1, given->inputs[A].cols));
    fill_with_partners(given->inputs[B], by_rows);
    case_note(given, LARGE_NOTE);
}

static void factors_of_other_shapes(Case *given)
{
    Sizes size = some_sizes(given);
    Matrix a = case_input(given, "a", size.rows, size.terms);
    Matrix b = case_input(given, "b", size.terms, size.cols);
    make_large(given, false);
    if (given->index != ZERO_AND_INFINITY)
        return;
    matrix_row(a, 0)[0] = 0;
    matrix_row(b, 0)[1] = INFINITY;
    case_note(given, "0 times infinity is NaN");
}

static Status call_matrix_product(const Case *given, Matrix out)
{
    return matrix_product(given->inputs[A], given->inputs[B], out);
}

/* Two shapes and that of out, of which one does not fit. */
typedef struct Misfit {
    size_t a[2], b[2], out[2];
} Misfit;

static void make_misfit(Case *given, const Misfit *misfit)
{
    case_input(given, "a", misfit->a[0], misfit->a[1]);
    case_input(given, "b", misfit->b[0], misfit->b[1]);
    case_output(given, misfit->out[0], misfit->out[1]);
    case_note(given, "out is %zux%zu", misfit->out[0], misfit->out[1]);
    given->shapes_only = given->keeps_out = true;
}

static void factors_that_do_not_fit(Case *given)
{
    static const Misfit MISFITS[] = {{{2, 3}, {2, 3}, {2, 3}},
                                     {{2, 3}, {4, 2}, {2, 2}},
                                     {{2, 3}, {3, 4}, {4, 2}},
                                     {{2, 3}, {3, 4}, {2, 5}},
                                     {{2, 3}, {3, 4}, {3, 4}}};
    make_misfit(given, &MISFITS[given->index]);
}

/* --- matrix_product_transposed and cosine_similarities ---------------------------------------- */

/* As many rows in a as in b, longer than wide: every mistake stays inside. */
static void equally_many_rows(Case *given)
{
    size_t cols = 2 + given->index % 3, rows = cols + 1 + given->index % 2;
    case_input(given, "a", rows, cols);
    case_input(given, "b", rows, cols);
    case_output(given, rows, rows);
}

static void rows_of_other_shapes(Case *given)
{
    Sizes size = some_sizes(given);
    case_input(given, "a", size.rows, size.terms);
    case_input(given, "b", size.cols, size.terms);
}

static void rows_to_multiply(Case *given)
{
    rows_of_other_shapes(given);
    make_large(given, true);
}

static void rows_to_compare(Case *given)
{
    rows_of_other_shapes(given);
    if (given->index == LARGE) {
        scale_by(1e20f, given->inputs[A]);
        scale_by(1e20f, given->inputs[B]);
        case_note(given, "the rows are about 1e20 long");
    }
}

static void rows_that_do_not_fit(Case *given)
{
    static const Misfit MISFITS[] = {{{2, 3}, {3, 4}, {2, 3}},
                                     {{2, 3}, {4, 3}, {4, 2}},
                                     {{2, 3}, {4, 3}, {2, 5}},
                                     {{2, 3}, {4, 3}, {3, 4}}};
    make_misfit(given, &MISFITS[given->index]);
}

static Status call_product_transposed(const Case *given, Matrix out)
{
    return matrix_product_transposed(given->inputs[A], given->inputs[B], out);
}

static Status call_cosine_similarities(const Case *given, Matrix out)
{
    return cosine_similarities(given->inputs[A], given->inputs[B], out);
}

/* --- The table -------------------------------------------------------------------------------- */

const Check CHECKS[] = {
    {"dot_product_multiplies_in_pairs_and_adds", "dot_product", "multiply in pairs, then add", 9,
     some_vectors, call_dot_product},
    {"dot_product_keeps_small_numbers", "dot_product", "keep small numbers beside large ones", 8,
     small_beside_large, call_dot_product},
    {"dot_product_keeps_what_is_no_number", "dot_product", "let NaN and infinity show", 3,
     no_number, call_dot_product},
    {"vector_length_is_a_root", "vector_length",
     "give the root of the dot product of a with itself", 9, one_vector, call_vector_length},
    {"vector_length_fits_every_vector", "vector_length",
     "measure vectors whose squares no float can hold", 3, long_and_short_vectors,
     call_vector_length},
    {"cosine_similarity_takes_both_lengths_out", "cosine_similarity",
     "divide the dot product by both lengths", 8, two_directions, call_cosine_similarity},
    {"cosine_similarity_of_length_zero_is_nan", "cosine_similarity",
     "give NaN for a vector that points nowhere", 4, one_is_zero, call_cosine_similarity},
    {"cosine_similarity_of_any_lengths", "cosine_similarity", "compare vectors of any length", 4,
     lengths_of_any_size, call_cosine_similarity},
    {"angle_degrees_turns_the_cosine_into_degrees", "angle_degrees", "give the angle in degrees", 8,
     two_arrows, call_angle_degrees},
    {"angles_of_0_and_180_are_numbers", "angle_degrees",
     "give an angle for vectors in one line, and NaN for length 0", 1, arrows_in_line,
     call_angle_degrees},
    {"x_meets_the_columns_of_w", "vector_matrix_product",
     "give the dot product of x with each column of W", 6, a_square_w, call_vector_matrix_product},
    {"x_meets_every_row_of_w", "vector_matrix_product", "take in every number of x", SPOILT_CASES,
     a_tall_w, call_vector_matrix_product},
    {"rows_of_a_meet_columns_of_b", "matrix_product",
     "give the dot product of each row of a with each column of b", 6, square_factors,
     call_matrix_product},
    {"factors_need_not_be_square", "matrix_product", "multiply factors that are not square", CASES,
     factors_of_other_shapes, call_matrix_product},
    {"factors_that_do_not_fit_are_refused", "matrix_product",
     "refuse shapes that do not fit, and write nothing", 5, factors_that_do_not_fit,
     call_matrix_product},
    {"rows_of_a_meet_rows_of_b", "matrix_product_transposed",
     "give the dot product of each row of a with each row of b", 6, equally_many_rows,
     call_product_transposed},
    {"a_table_of_comparisons_need_not_be_square", "matrix_product_transposed",
     "compare any number of rows with any other", CASES, rows_to_multiply, call_product_transposed},
    {"rows_that_do_not_fit_are_refused", "matrix_product_transposed",
     "refuse shapes that do not fit, and write nothing", 4, rows_that_do_not_fit,
     call_product_transposed},
    {"cosine_similarities_compare_each_row_with_each", "cosine_similarities",
     "give the cosine of each row of a with each row of b", CASES, rows_to_compare,
     call_cosine_similarities},
    {"similar_rows_must_fit", "cosine_similarities",
     "refuse shapes that do not fit, and write nothing", 4, rows_that_do_not_fit,
     call_cosine_similarities},
};
const size_t CHECK_COUNT = sizeof CHECKS / sizeof *CHECKS;
