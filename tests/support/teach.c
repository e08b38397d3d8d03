#include "teach.h"

#include "exercise.h"
#include "print.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How close is the same: generous, for the reader may add in float. */
static const double SAME = 1e-4;

/* --- Cases ----------------------------------------------------------------------------------- */

/* Not one float more than needed, so that the address sanitizer sees the first one beyond. */
static Matrix new_matrix(size_t rows, size_t cols)
{
    size_t size = rows * cols;
    float *data = calloc(size > 0 ? size : 1, sizeof *data);
    ck_assert_ptr_nonnull(data);
    return matrix_view(data, rows, cols);
}

Matrix case_input(Case *given, const char *name, size_t rows, size_t cols)
{
    ck_assert_uint_lt(given->input_count, CASE_MAX_INPUTS);
    Matrix matrix = new_matrix(rows, cols);
    for (size_t i = 0; i < rows * cols; i++)
        matrix.data[i] = given->index == 0 ? (float)random_between(&given->random, 0, 3)
                                           : (float)random_normal(&given->random);
    given->input_names[given->input_count] = name;
    given->inputs[given->input_count++] = matrix;
    return matrix;
}

void case_number(Case *given, const char *name, double number)
{
    ck_assert_uint_lt(given->number_count, CASE_MAX_NUMBERS);
    given->number_names[given->number_count] = name;
    given->numbers[given->number_count++] = number;
}

void case_output(Case *given, size_t rows, size_t cols)
{
    given->out_rows = rows;
    given->out_cols = cols;
}

void case_part(Case *given, const char *name, size_t rows)
{
    ck_assert_uint_lt(given->part_count, CASE_MAX_PARTS);
    given->part_names[given->part_count] = name;
    given->part_rows[given->part_count++] = rows;
}

static Case make_case(const Step *step, size_t index)
{
    Case given = {.index = index, .random = {.state = 1000 + index}};
    step->make(&given);
    return given;
}

static void free_case(Case *given)
{
    for (size_t i = 0; i < given->input_count; i++)
        free(given->inputs[i].data);
}

/* What a formula makes of a case when this stands in `out` before. Free its data. */
static Matrix result_over(float filling, Formula formula, const Case *given)
{
    Matrix out = new_matrix(given->out_rows, given->out_cols);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = filling;
    formula(given, out);
    return out;
}

static Matrix result_of(Formula formula, const Case *given)
{
    return result_over(NAN, formula, given);
}

/* --- Comparing ------------------------------------------------------------------------------- */

/* The first number that differs; how many there are when none does. */
static size_t first_difference(Matrix a, Matrix b)
{
    double largest = 1.0;
    for (size_t i = 0; i < b.rows * b.cols; i++)
        if (isfinite(b.data[i]))
            largest = fmax(largest, fabs((double)b.data[i]));
    for (size_t i = 0; i < a.rows * a.cols; i++) {
        double x = a.data[i], y = b.data[i];
        if (!(x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= SAME * largest))
            return i;
    }
    return a.rows * a.cols;
}

static bool same_matrix(Matrix a, Matrix b)
{
    return first_difference(a, b) == a.rows * a.cols;
}

static bool agree_over(float filling, const Step *step, size_t index, Formula one, Formula other)
{
    Case given = make_case(step, index);
    Matrix a = result_over(filling, one, &given), b = result_of(other, &given);
    bool same = same_matrix(a, b);
    free(a.data);
    free(b.data);
    free_case(&given);
    return same;
}

static bool agree_on(const Step *step, size_t index, Formula one, Formula other)
{
    return agree_over(NAN, step, index, one, other);
}

static bool agree(const Step *step, Formula one, Formula other)
{
    for (size_t i = 0; i < step->cases; i++)
        if (!agree_on(step, i, one, other))
            return false;
    return true;
}

static bool right_over(float filling, const Step *step)
{
    for (size_t i = 0; i < step->cases; i++)
        if (!agree_over(filling, step, i, step->call, step->right))
            return false;
    return true;
}

static size_t numbers_in(const Case *given)
{
    size_t numbers = 0;
    for (size_t i = 0; i < given->input_count; i++)
        numbers += given->inputs[i].rows * given->inputs[i].cols;
    return numbers;
}

/* The case that shows the difference with the fewest numbers; step->cases when there is none. */
static size_t smallest_difference(const Step *step)
{
    size_t smallest = step->cases, fewest = 0;
    for (size_t i = 0; i < step->cases; i++) {
        if (agree_on(step, i, step->call, step->right))
            continue;
        Case given = make_case(step, i);
        size_t numbers = given.out_rows * given.out_cols + numbers_in(&given);
        if (smallest == step->cases || numbers < fewest) {
            smallest = i;
            fewest = numbers;
        }
        free_case(&given);
    }
    return smallest;
}

/* --- Telling --------------------------------------------------------------------------------- */

static void tell_matrix(FILE *text, const char *title, Matrix matrix)
{
    print_matrix(text, matrix, (PrintStyle){.title = title, .decimals = 3});
}

static void tell_shapes(FILE *text, const Case *given)
{
    for (size_t i = 0; i < given->input_count; i++)
        fprintf(text, "%s%s %zux%zu", i > 0 ? ", " : "", given->input_names[i],
                given->inputs[i].rows, given->inputs[i].cols);
    fprintf(text, "\n");
}

/* What went in: when there is much of it and it is not needed, its shapes only. */
static void tell_inputs(FILE *text, const Case *given, bool in_full)
{
    if (given->note != NULL)
        fprintf(text, "%s\n", given->note);
    if (given->input_count > 0 && (given->shapes_only || (!in_full && numbers_in(given) > 24)))
        tell_shapes(text, given);
    else
        for (size_t i = 0; i < given->input_count; i++)
            tell_matrix(text, given->input_names[i], given->inputs[i]);
    for (size_t i = 0; i < given->number_count; i++)
        fprintf(text, "%s = %g\n", given->number_names[i], given->numbers[i]);
}

static bool has_nan(Matrix matrix)
{
    for (size_t i = 0; i < matrix.rows * matrix.cols; i++)
        if (isnan(matrix.data[i]))
            return true;
    return false;
}

/* A NaN has a sign, which would be printed and means nothing. */
static double unsigned_nan(float number)
{
    return isnan(number) ? (double)NAN : (double)number;
}

/* A result, or one part of it. Three decimals may hide the difference, so it is told by itself. */
static void tell_difference(FILE *text, const char *part, Matrix came, Matrix expected)
{
    char title[64];
    const char *of = part != NULL ? part : "", *gap = part != NULL ? ": " : "";
    snprintf(title, sizeof title, "%s%swhat came out", of, gap);
    tell_matrix(text, title, came);
    snprintf(title, sizeof title, "%s%swhat was expected", of, gap);
    tell_matrix(text, title, expected);
    size_t i = first_difference(came, expected);
    if (came.rows * came.cols > 1)
        fprintf(text, "first difference: row %zu, column %zu is %.5g, expected %.5g\n",
                i / came.cols, i % came.cols, unsigned_nan(came.data[i]),
                unsigned_nan(expected.data[i]));
    if (has_nan(came) && !has_nan(expected))
        fprintf(text, "nan: it stands in out before the call, so it was not written here, or was "
                      "added to; or made by 0 / 0 or inf - inf\n");
}

static void tell_parts(FILE *text, const Case *given, Matrix came, Matrix expected)
{
    size_t first = 0;
    for (size_t i = 0; i < given->part_count; i++) {
        size_t rows = given->part_rows[i], at = first * came.cols;
        Matrix a = matrix_view(came.data + at, rows, came.cols);
        Matrix b = matrix_view(expected.data + at, rows, came.cols);
        if (same_matrix(a, b))
            fprintf(text, "%s is right\n", given->part_names[i]);
        else
            tell_difference(text, given->part_names[i], a, b);
        first += rows;
    }
    if (given->part_count == 0)
        tell_difference(text, NULL, came, expected);
}

/* The known mistake that gives the same as the function in every case; NULL when none does. */
static const Mistake *mistake_of(const Step *step)
{
    for (size_t i = 0; i < step->mistake_count; i++)
        if (agree(step, step->call, step->mistakes[i].formula))
            return &step->mistakes[i];
    return NULL;
}

static void tell_mistake(FILE *text, const Step *step, const Mistake *mistake)
{
    if (mistake != NULL)
        fprintf(text, "%s: %s (%s)\n", mistake->name, mistake->says, mistake->lesson);
    else if (right_over(0.0F, step) && !right_over(1.0F, step))
        fprintf(text,
                "added_to_out: all would be right if out held 0 before the call, but it holds "
                "anything: %s adds to what was there, or leaves a 0 unwritten\n",
                step->function);
    else
        fprintf(text,
                "these numbers fit no misunderstanding that is known here; above is the smallest "
                "of %zu cases\n",
                step->cases);
}

/* Fails the test with what `text` holds. */
static _Noreturn void fail_with(FILE *text, char **story)
{
    fclose(text);
    ck_abort_msg("%s", *story);
    abort(); /* not reached: tells the compiler that this does not return */
}

static void fail_with_story(const Step *step, size_t index)
{
    char *story = NULL;
    size_t size = 0;
    FILE *text = open_memstream(&story, &size);
    ck_assert_ptr_nonnull(text);
    const Mistake *mistake = mistake_of(step);
    Case given = make_case(step, index);
    Matrix expected = result_of(step->right, &given), came = result_of(step->call, &given);
    fprintf(text, "%s must %s\n", step->function, step->must);
    tell_inputs(text, &given, mistake == NULL);
    tell_parts(text, &given, came, expected);
    tell_mistake(text, step, mistake);
    free(came.data);
    free(expected.data);
    free_case(&given);
    fail_with(text, &story);
}

/* --- Inputs are only read ----------------------------------------------------------------------
 */

/* The first input that is not as it was made; how many there are when all are. */
static size_t changed_input(const Case *used, const Case *kept)
{
    size_t i = 0;
    while (i < kept->input_count &&
           memcmp(used->inputs[i].data, kept->inputs[i].data,
                  kept->inputs[i].rows * kept->inputs[i].cols * sizeof(float)) == 0)
        i++;
    return i;
}

/* Without this, what was spoilt would be blamed on what is computed from it. */
static void fail_with_change(const Step *step, const Case *kept, const Case *used, size_t i)
{
    char *story = NULL;
    size_t size = 0;
    FILE *text = open_memstream(&story, &size);
    ck_assert_ptr_nonnull(text);
    const char *name = kept->input_names[i];
    fprintf(text, "%s must %s\n", step->function, step->must);
    tell_matrix(text, name, kept->inputs[i]);
    fprintf(text, "after the call:\n");
    tell_matrix(text, name, used->inputs[i]);
    fprintf(text,
            "input_overwritten: %s changed %.*s, which it may only read: work in out, or in memory "
            "of your own\n",
            step->function, (int)strcspn(name, ";"), name); /* an explanation may follow */
    fail_with(text, &story);
}

static void expect_inputs_kept(const Step *step)
{
    for (size_t index = 0; index < step->cases; index++) {
        Case kept = make_case(step, index), used = make_case(step, index);
        Matrix out = result_of(step->call, &used);
        size_t changed = changed_input(&used, &kept);
        if (changed < kept.input_count)
            fail_with_change(step, &kept, &used, changed);
        free(out.data);
        free_case(&used);
        free_case(&kept);
    }
}

/* --- The proof of the names --------------------------------------------------------------------
 */

/* A name that could mean two things, or nothing, must not be given. */
static void prove_names(const Step *step)
{
    for (size_t i = 0; i < step->mistake_count; i++) {
        const Mistake *mistake = &step->mistakes[i];
        if (agree(step, mistake->formula, step->right))
            ck_abort_msg("the cases of %s cannot tell %s from the right result", step->function,
                         mistake->name);
        for (size_t other = 0; other < i; other++)
            if (strcmp(mistake->name, step->mistakes[other].name) != 0 &&
                agree(step, mistake->formula, step->mistakes[other].formula))
                ck_abort_msg("the cases of %s cannot tell %s from %s", step->function,
                             mistake->name, step->mistakes[other].name);
    }
}

void teach(const Step *step)
{
    /* Should the function never come back, this tells which one it was. */
    if (getenv("TEACH") != NULL)
        fprintf(stderr, "calling %s\n", step->function);
    expect_inputs_kept(step);
    size_t index = smallest_difference(step);
    if (index < step->cases)
        fail_with_story(step, index);
    prove_names(step);
    mark_point();
}

void not_written(const char *function, const char *file)
{
    ck_abort_msg("%s is not written yet: open %s and write it, one numbered step after the other",
                 function, file);
    abort(); /* not reached: tells the compiler that this does not return */
}
