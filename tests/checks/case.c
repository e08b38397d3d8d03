/* The cases of checks: the matrices and numbers that go into a function. */
#include "case.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns between a row of the first view and the next; each later view has one more. */
enum { GAP = 2 };

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "the check itself is broken: %s\n", what);
    abort();
}

static bool views_turned;

void case_turn_views(bool turned)
{
    views_turned = turned;
}

/* What the address sanitizer has, if the program is linked with it. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* Numbers beyond the end. The address sanitizer must see the first of them; without it, going
 * beyond the end does the same every time, and can be recognised. */
static size_t slack(void)
{
    enum { SLACK = 256 };
    return __sanitizer_get_current_allocated_bytes == NULL ? SLACK : 0;
}

Matrix case_matrix(const Case *given, size_t rows, size_t cols, float between)
{
    bool is_view = given->as_views != views_turned;
    size_t stride = is_view ? cols + GAP + given->input_count : cols;
    size_t size = rows * stride + slack();
    float *data = malloc(size > 0 ? size * sizeof *data : 1);
    expect(data != NULL, "no memory");
    for (size_t i = 0; i < size; i++)
        data[i] = between;
    return (Matrix){data, rows, cols, stride};
}

/* What stands between the rows of an input spoils every sum that it gets into. */
Matrix case_input(Case *given, const char *name, size_t rows, size_t cols)
{
    expect(given->input_count < CASE_MAX_INPUTS, "too many inputs");
    Matrix matrix = case_matrix(given, rows, cols, NAN);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            matrix_row(matrix, r)[c] = given->index == 0
                                           ? (float)random_between(&given->random, 0, 3)
                                           : (float)random_normal(&given->random);
    given->input_names[given->input_count] = name;
    given->inputs[given->input_count++] = matrix;
    return matrix;
}

Matrix case_named(const Case *given, const char *name)
{
    for (size_t i = 0; i < given->input_count; i++)
        if (strcmp(given->input_names[i], name) == 0)
            return given->inputs[i];
    return NO_MATRIX;
}

void case_fill(Matrix matrix, float number)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = number;
}

void case_number(Case *given, const char *name, double number)
{
    expect(given->number_count < CASE_MAX_NUMBERS, "too many numbers");
    given->number_names[given->number_count] = name;
    given->numbers[given->number_count++] = number;
}

size_t case_size(const Case *given, size_t number)
{
    return (size_t)given->numbers[number];
}

void case_output(Case *given, size_t rows, size_t cols)
{
    given->out_rows = rows;
    given->out_cols = cols;
}

void case_part(Case *given, const char *name, size_t rows)
{
    expect(given->part_count < CASE_MAX_PARTS, "too many parts");
    given->part_names[given->part_count] = name;
    given->part_rows[given->part_count++] = rows;
}

void case_note(Case *given, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(given->note, sizeof given->note, format, arguments);
    va_end(arguments);
}

Case case_make(const Check *check, size_t index)
{
    Case given = {.index = index, .random = {.state = 1000 + index}};
    check->make(&given);
    return given;
}

void case_free(Case *given)
{
    for (size_t i = 0; i < given->input_count; i++)
        free(given->inputs[i].data);
}

size_t case_numbers(const Case *given)
{
    size_t numbers = 0;
    for (size_t i = 0; i < given->input_count; i++)
        numbers += given->inputs[i].rows * given->inputs[i].cols;
    return numbers;
}
