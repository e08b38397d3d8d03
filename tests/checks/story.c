/* Tells a reader what a function does wrong. */
#include "story.h"

#include "case.h"
#include "print.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Inputs of more numbers than this are shown by shape. */
enum { FEW = 24 };

static const char *const STATUS_NAMES[] = {"STATUS_OK",     "STATUS_SHAPE", "STATUS_VALUE",
                                           "STATUS_FORMAT", "STATUS_USAGE", "STATUS_NO_MEMORY",
                                           "STATUS_SYSTEM"};

static const char *status_name(Status status)
{
    bool is_known = (size_t)status < sizeof STATUS_NAMES / sizeof *STATUS_NAMES;
    return is_known ? STATUS_NAMES[status] : "no Status";
}

static const char *out_name(const Case *given)
{
    return given->out_name != NULL ? given->out_name : "out";
}

/* --- What went in ----------------------------------------------------------------------------- */

static void tell_matrix(FILE *to, const char *title, Matrix matrix)
{
    print_matrix(to, matrix, (PrintStyle){.title = title, .decimals = 3});
}

static void tell_shapes(FILE *to, const Case *given)
{
    for (size_t i = 0; i < given->input_count; i++)
        fprintf(to, "%s%s %zux%zu", i > 0 ? ", " : "", given->input_names[i], given->inputs[i].rows,
                given->inputs[i].cols);
    fprintf(to, given->input_count > 0 ? "\n" : "");
}

static void tell_number(FILE *to, const char *name, double number)
{
    if (number == (double)SIZE_MAX)
        fprintf(to, "%s = SIZE_MAX\n", name);
    else if (number == floor(number) && fabs(number) < 1e15)
        fprintf(to, "%s = %.0f\n", name, number);
    else
        fprintf(to, "%s = %g\n", name, number);
}

static void tell_inputs(FILE *to, const Case *given)
{
    if (given->note[0] != '\0')
        fprintf(to, "%s\n", given->note);
    if (given->shapes_only || case_numbers(given) > FEW)
        tell_shapes(to, given);
    else
        for (size_t i = 0; i < given->input_count; i++)
            tell_matrix(to, given->input_names[i], given->inputs[i]);
    for (size_t i = 0; i < given->number_count; i++)
        tell_number(to, given->number_names[i], given->numbers[i]);
    if (given->as_views)
        fprintf(to, "all matrices are views here: from one row to the next it is stride numbers, "
                    "not cols, and each has a stride of its own\n");
}

/* --- What came out ---------------------------------------------------------------------------- */

static bool has_nan(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            if (isnan(matrix_row(matrix, r)[c]))
                return true;
    return false;
}

/* A NaN has a sign, which would be printed and means nothing. */
static double unsigned_nan(float number)
{
    return isnan(number) ? (double)NAN : (double)number;
}

/* A result, or one part of it. Three decimals may hide the difference, so it is told by itself. */
static void tell_difference(FILE *to, const Case *given, const char *part, Matrix came,
                            Matrix expected)
{
    char title[80];
    const char *of = part != NULL ? part : "", *gap = part != NULL ? ": " : "";
    snprintf(title, sizeof title, "%s%swhat came out", of, gap);
    tell_matrix(to, title, came);
    snprintf(title, sizeof title, "%s%swhat was expected", of, gap);
    tell_matrix(to, title, expected);
    size_t i = first_difference(given, came, expected), row = i / came.cols, col = i % came.cols;
    int digits = given->tolerance > 0 ? 9 : 5; /* a small tolerance is about small differences */
    if (came.rows * came.cols > 1)
        fprintf(to, "first difference: row %zu, column %zu is %.*g, expected %.*g\n", row, col,
                digits, unsigned_nan(matrix_row(came, row)[col]), digits,
                unsigned_nan(matrix_row(expected, row)[col]));
}

static Matrix rows_of(Matrix matrix, size_t first, size_t rows)
{
    return (Matrix){matrix_row(matrix, first), rows, matrix.cols, matrix.stride};
}

static void tell_parts(FILE *to, const Case *given, Matrix came, Matrix expected)
{
    size_t first = 0;
    for (size_t i = 0; i < given->part_count; i++) {
        size_t rows = given->part_rows[i];
        Matrix a = rows_of(came, first, rows), b = rows_of(expected, first, rows);
        if (same_matrix(given, a, b))
            fprintf(to, "%s is right\n", given->part_names[i]);
        else
            tell_difference(to, given, given->part_names[i], a, b);
        first += rows;
    }
    if (given->part_count == 0)
        tell_difference(to, given, NULL, came, expected);
}

/* Where a NaN comes from: from out itself, if there is none when out held zeros before. */
static void tell_nan(FILE *to, const Case *given, const Result *came, const Result *expected)
{
    if (!has_nan(came->out) || has_nan(expected->out))
        return;
    if (has_nan(came->zeroed))
        fprintf(to, "nan: it was made by 0 / 0 or inf - inf, or read where no number stands\n");
    else
        fprintf(to,
                "nan: %s holds it before the call, so it was not written here, or was added to\n",
                out_name(given));
}

/* --- What differs ----------------------------------------------------------------------------- */

static void tell_status(FILE *to, const Result *came, const Result *expected)
{
    const char *said = came->has_message ? came->message : "no message";
    if (expected->status == STATUS_OK)
        fprintf(to, "refused with: %s\nit should be accepted\n", said);
    else if (came->status == STATUS_OK)
        fprintf(to, "accepted; it should be refused with %s\n", status_name(expected->status));
    else
        fprintf(to, "refused with %s (%s); it should be refused with %s\n",
                status_name(came->status), said, status_name(expected->status));
}

static void tell_change(FILE *to, const Check *check, const Case *given, size_t changed)
{
    const char *name = given->input_names[changed];
    fprintf(to,
            "input_overwritten: %s changed %.*s, which it may only read: work in out, or in memory "
            "of your own\n",
            check->function, (int)strcspn(name, ";"), name); /* an explanation may follow */
}

static void tell_message(FILE *to, const Check *check, const Result *came)
{
    if (came->has_message)
        fprintf(to, "refused with: %s\nthe message of %s begins with its own name, \"%s: \"\n",
                came->message, check->function, check->function);
    else
        fprintf(to,
                "%s is right, but nothing says why: leave through return fail(%s, \"...\", ...), "
                "or pass on the status of a function that has\n",
                status_name(came->status), status_name(came->status));
}

static void tell_remarks(FILE *to, const Result *came)
{
    if (came->has_message)
        fprintf(to, "refused with: %s\n", came->message);
    fputs(came->remarks, to);
}

static void tell_what_differs(FILE *to, const Check *check, const Case *given, const Result *came,
                              const Result *expected)
{
    switch (result_difference(check, given, came, expected)) {
    case INPUT_CHANGED: tell_change(to, check, given, came->changed); break;
    case STATUS_DIFFERS: tell_status(to, came, expected); break;
    case REMARKS_DIFFER: tell_remarks(to, came); break;
    case OUT_DIFFERS:
        tell_parts(to, given, came->out, expected->out);
        tell_nan(to, given, came, expected);
        if (expected->status != STATUS_OK)
            fprintf(to,
                    "refused, as it should be, but %s was written first: check before you "
                    "compute\n",
                    out_name(given));
        break;
    case WRITTEN_BETWEEN:
        fprintf(to, "%s wrote between the rows of %s\n", check->function, out_name(given));
        break;
    case MESSAGE_MISSING:
    case MESSAGE_OF_ANOTHER: tell_message(to, check, came); break;
    case SAME: break;
    }
}

static void tell_memory(FILE *to, const Check *check, const Results *came)
{
    Case given = case_make(check, 0);
    fprintf(to, "when no memory is left for its allocation number %zu, %s ", came->allocation,
            check->function);
    if (came->memory_fault == MEMORY_REMARKED)
        fprintf(to, "refuses, but %s", came->memory_remarks);
    else if (came->memory_fault == MEMORY_WRITTEN)
        fprintf(to, "refuses, but has written to %s: allocate before you write\n",
                out_name(&given));
    else
        fprintf(to, "returns %s: pass on the STATUS_NO_MEMORY that came back\n",
                status_name(came->memory_status));
    case_free(&given);
}

/* --- Which case ------------------------------------------------------------------------------- */

static bool differs(const Check *check, size_t index, const Results *came, const Results *expected)
{
    Case given = case_make(check, index);
    Difference difference =
        result_difference(check, &given, &came->of[index], &expected->of[index]);
    case_free(&given);
    return difference != SAME;
}

static size_t size_of(const Check *check, size_t index)
{
    Case given = case_make(check, index);
    size_t size = given.out_rows * given.out_cols + case_numbers(&given);
    case_free(&given);
    return size;
}

size_t story_case(const Check *check, const Results *came, const Results *expected)
{
    size_t smallest = check->cases;
    for (size_t i = 0; i < came->count && i < expected->count; i++)
        if (differs(check, i, came, expected) &&
            (smallest == check->cases || size_of(check, i) < size_of(check, smallest)))
            smallest = i;
    return smallest;
}

/* All would be right if out held zeros before. */
static bool is_added_to_out(const Check *check, const Results *came, const Results *expected)
{
    bool is_added = true;
    for (size_t i = 0; is_added && i < came->count; i++) {
        Case given = case_make(check, i);
        Result result = came->of[i];
        result.out = result.zeroed;
        is_added = result_difference(check, &given, &result, &expected->of[i]) == SAME;
        case_free(&given);
    }
    return is_added;
}

/* Only cases with views are wrong, and there are others. */
static bool is_stride_ignored(const Check *check, const Results *came, const Results *expected)
{
    size_t views = 0, others = 0, right = 0;
    for (size_t i = 0; i < came->count && i < expected->count; i++) {
        Case given = case_make(check, i);
        bool wrong = differs(check, i, came, expected);
        views += wrong && given.as_views;
        others += wrong && !given.as_views;
        right += !wrong && !given.as_views;
        case_free(&given);
    }
    return views > 0 && others == 0 && right > 0;
}

static void tell_case(FILE *to, const Check *check, size_t index, const Results *came,
                      const Results *expected)
{
    Case given = case_make(check, index);
    tell_inputs(to, &given);
    tell_what_differs(to, check, &given, &came->of[index], &expected->of[index]);
    if (is_added_to_out(check, came, expected))
        fprintf(to,
                "added_to_out: all would be right if %s held 0 before the call, but it holds "
                "anything: %s adds to what was there, or leaves a 0 unwritten\n",
                out_name(&given), check->function);
    if (is_stride_ignored(check, came, expected))
        fprintf(to,
                "stride_ignored: all is right but what is a view: %s does not go from row to row "
                "by the stride of that matrix, and each has its own; matrix_row() knows\n",
                check->function);
    case_free(&given);
}

/* The call that did not return; in the end it was one without memory. */
static void tell_call(FILE *to, const Check *check, size_t index)
{
    Case given = case_make(check, index < check->cases ? index : 0);
    if (index == check->cases)
        fprintf(to, "no memory is left for one of its allocations\n");
    tell_inputs(to, &given);
    case_free(&given);
}

bool story_tell(const Check *check, const Results *came, const Results *expected, FILE *to)
{
    size_t index = story_case(check, came, expected);
    bool is_memory = came->is_whole && came->allocation != expected->allocation;
    if (index == check->cases && !is_memory && came->is_whole)
        return false;
    fprintf(to, "%s must %s\n", check->function, check->must);
    if (index < check->cases)
        tell_case(to, check, index, came, expected);
    else if (is_memory)
        tell_memory(to, check, came);
    else
        tell_call(to, check, came->count);
    return true;
}
