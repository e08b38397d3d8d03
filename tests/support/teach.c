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

/* What a formula makes of a case. Free its data. */
static Matrix result_of(Formula formula, const Case *given)
{
    Matrix out = new_matrix(given->out_rows, given->out_cols);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = NAN;
    formula(given, out);
    return out;
}

/* --- Comparing ------------------------------------------------------------------------------- */

static bool same_matrix(Matrix a, Matrix b)
{
    double largest = 1.0;
    for (size_t i = 0; i < b.rows * b.cols; i++)
        if (isfinite(b.data[i]))
            largest = fmax(largest, fabs((double)b.data[i]));
    for (size_t i = 0; i < a.rows * a.cols; i++) {
        double x = a.data[i], y = b.data[i];
        if (!(x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= SAME * largest))
            return false;
    }
    return true;
}

static bool agree_on(const Step *step, size_t index, Formula one, Formula other)
{
    Case given = make_case(step, index);
    Matrix a = result_of(one, &given), b = result_of(other, &given);
    bool same = same_matrix(a, b);
    free(a.data);
    free(b.data);
    free_case(&given);
    return same;
}

static bool agree(const Step *step, Formula one, Formula other)
{
    for (size_t i = 0; i < step->cases; i++)
        if (!agree_on(step, i, one, other))
            return false;
    return true;
}

/* The case that shows the difference with the fewest numbers; step->cases when there is none. */
static size_t smallest_difference(const Step *step)
{
    size_t smallest = step->cases, fewest = 0;
    for (size_t i = 0; i < step->cases; i++) {
        if (agree_on(step, i, step->call, step->right))
            continue;
        Case given = make_case(step, i);
        size_t numbers = given.out_rows * given.out_cols;
        for (size_t k = 0; k < given.input_count; k++)
            numbers += given.inputs[k].rows * given.inputs[k].cols;
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

static bool has_nan(Matrix matrix)
{
    for (size_t i = 0; i < matrix.rows * matrix.cols; i++)
        if (isnan(matrix.data[i]))
            return true;
    return false;
}

static void tell_case(FILE *text, const Step *step, const Case *given)
{
    Matrix came = result_of(step->call, given), expected = result_of(step->right, given);
    if (given->note != NULL)
        fprintf(text, "%s\n", given->note);
    for (size_t i = 0; i < given->input_count; i++)
        tell_matrix(text, given->input_names[i], given->inputs[i]);
    for (size_t i = 0; i < given->number_count; i++)
        fprintf(text, "%s = %g\n", given->number_names[i], given->numbers[i]);
    tell_matrix(text, "what came out", came);
    tell_matrix(text, "what was expected", expected);
    if (has_nan(came) && !has_nan(expected))
        fprintf(text, "nan: never written, or made by 0 / 0 or inf - inf\n");
    free(came.data);
    free(expected.data);
}

static void tell_mistake(FILE *text, const Step *step)
{
    for (size_t i = 0; i < step->mistake_count; i++) {
        const Mistake *mistake = &step->mistakes[i];
        if (agree(step, step->call, mistake->formula)) {
            fprintf(text, "%s: %s (%s)\n", mistake->name, mistake->says, mistake->lesson);
            return;
        }
    }
    fprintf(
        text,
        "these numbers fit no misunderstanding that is known here; above is the smallest of %zu "
        "cases\n",
        step->cases);
}

static void fail_with_story(const Step *step, size_t index)
{
    char *story = NULL;
    size_t size = 0;
    FILE *text = open_memstream(&story, &size);
    ck_assert_ptr_nonnull(text);
    Case given = make_case(step, index);
    fprintf(text, "%s must %s\n", step->function, step->must);
    tell_case(text, step, &given);
    tell_mistake(text, step);
    fclose(text);
    free_case(&given);
    ck_abort_msg("%s", story);
}

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
