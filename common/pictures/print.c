#include "print.h"

#include "text.h"
#include "text_line.h"

#include <string.h>

/* Blanks before each row, and between columns. */
enum { INDENT = 2, SEPARATION = 2 };

static const char *label(const char *const *labels, size_t index)
{
    return labels != NULL ? labels[index] : NULL;
}

static size_t widest_number(Matrix matrix, int decimals)
{
    char number[NUMBER_SIZE];
    size_t width = 0;
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++) {
            size_t columns = strlen(number_text(matrix_row(matrix, r)[c], decimals, number));
            if (columns > width)
                width = columns;
        }
    return width;
}

/* The widths that all rows share. */
typedef struct Widths {
    size_t label;  /* The widest row label. */
    size_t number; /* The widest number. */
} Widths;

/* One cell of the table: right-aligned, in a column wide enough for its numbers and its label. */
static void print_cell(TextLine *line, const char *text, const char *column_label, Widths widths)
{
    size_t label_width = text_columns(column_label);
    /* The first column starts at once when there are no row labels. */
    if (line->column > INDENT)
        text_blanks(line, SEPARATION);
    text_right(line, text, label_width > widths.number ? label_width : widths.number);
}

static void start_row(TextLine *line, const char *row_label, Widths widths)
{
    text_blanks(line, INDENT);
    text_left(line, row_label, widths.label);
}

static void print_header(TextLine *line, Matrix matrix, PrintStyle style, Widths widths)
{
    start_row(line, "", widths);
    for (size_t c = 0; c < matrix.cols; c++)
        print_cell(line, style.column_labels[c], style.column_labels[c], widths);
    text_end(line);
}

static void print_row(TextLine *line, Matrix matrix, size_t row, PrintStyle style, Widths widths)
{
    char number[NUMBER_SIZE];
    start_row(line, label(style.row_labels, row), widths);
    for (size_t c = 0; c < matrix.cols; c++)
        print_cell(line, number_text(matrix_row(matrix, row)[c], style.decimals, number),
                   label(style.column_labels, c), widths);
    text_end(line);
}

void print_matrix(FILE *stream, Matrix matrix, PrintStyle style)
{
    TextLine line = {stream, 0, 0};
    Widths widths = {text_widest(style.row_labels, matrix.rows),
                     widest_number(matrix, style.decimals)};
    text_title(&line, style.title, matrix.rows, matrix.cols);
    if (style.column_labels != NULL)
        print_header(&line, matrix, style, widths);
    for (size_t r = 0; r < matrix.rows; r++)
        print_row(&line, matrix, r, style, widths);
}

void print_step(size_t number, const char *heading)
{
    printf("%s%zu. %s\n\n", number > 1 ? "\n" : "", number, heading);
}
