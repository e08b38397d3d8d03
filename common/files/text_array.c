#include "text_array.h"

#include "memory.h"
#include "scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A text while it is being read. */
typedef struct TextReader {
    const char *name;
    ArrayKind kind;
    Scanner text;
    size_t line;   /* Which line is being read, from 1. */
    float *values; /* The numbers so far, row by row. */
    size_t count, capacity;
    size_t rows, cols; /* The rows so far, and the numbers in each. */
    size_t first_line; /* Where the first row was. */
    Array shape;       /* What a comment at the top says; NO_ARRAY without one. */
} TextReader;

static Status append(TextReader *reader, float value)
{
    if (reader->count == reader->capacity) {
        size_t capacity = 2 * reader->capacity;
        float *values = memory_resize(reader->values, capacity, sizeof *values);
        if (values == NULL)
            return STATUS_NO_MEMORY;
        reader->values = values;
        reader->capacity = capacity;
    }
    reader->values[reader->count++] = value;
    return STATUS_OK;
}

static bool is_line_end(unsigned char byte)
{
    return byte == '\n' || byte == '\r';
}

static bool is_blank(unsigned char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f';
}

static bool is_row_end(Scanner text)
{
    return text.at == text.end || is_line_end(*text.at) || *text.at == '#';
}

/* The bytes up to the next separator. The text moves past them. */
static Scanner next_token(Scanner *text)
{
    Scanner token = *text;
    while (!is_row_end(*text) && !is_blank(*text->at) && *text->at != ',')
        text->at++;
    token.end = text->at;
    return token;
}

/* Reports the number or separator that the reader has come to. */
static Status refuse(const TextReader *reader, size_t column, Scanner token, const char *why)
{
    char quote[QUOTE_SIZE];
    return fail(STATUS_FORMAT, "%s: line %zu, column %zu: %s %s", reader->name, reader->line,
                column, scan_quote(token, quote), why);
}

/* strtof() wants a NUL, which the text does not have. It also reads what NumPy does not:
 * hexadecimal numbers and nan(...). */
static Status read_number(TextReader *reader, size_t column)
{
    char number[1024], *end;
    Scanner token = next_token(&reader->text);
    size_t length = (size_t)(token.end - token.at);
    if (length >= sizeof number)
        return refuse(reader, column, token, "is too long for a number");
    memcpy(number, token.at, length);
    number[length] = '\0';
    float value = strtof(number, &end);
    if (end != number + length || strpbrk(number, "xX(") != NULL)
        return refuse(reader, column, token, "is not a number");
    if (isinf(value) && strpbrk(number, "0123456789") != NULL)
        return refuse(reader, column, token, "is beyond what float32 can hold (about 3.4e+38)");
    if (reader->kind == ARRAY_MASK && value != 0.0F && value != 1.0F)
        return refuse(reader, column, token, "is not 0 or 1, which a mask must hold");
    return append(reader, value);
}

/* Steps over blanks and at most one comma between two numbers. */
static Status read_separator(TextReader *reader, size_t column, bool *comma)
{
    while (reader->text.at < reader->text.end &&
           (is_blank(*reader->text.at) || *reader->text.at == ',')) {
        bool is_comma = *reader->text.at++ == ',';
        if (is_comma && (*comma || column == 1))
            return fail(STATUS_FORMAT, "%s: line %zu, column %zu: no number before the comma",
                        reader->name, reader->line, column);
        *comma = *comma || is_comma;
    }
    return STATUS_OK;
}

/* Reads the numbers of a line, if there are any. */
static Status read_row(TextReader *reader, size_t *count)
{
    for (*count = 0;; (*count)++) {
        bool comma = false;
        Status status = read_separator(reader, *count + 1, &comma);
        if (status != STATUS_OK)
            return status;
        if (is_row_end(reader->text) && comma)
            return fail(STATUS_FORMAT, "%s: line %zu, column %zu: no number after the comma",
                        reader->name, reader->line, *count + 1);
        if (is_row_end(reader->text))
            return STATUS_OK;
        status = read_number(reader, *count + 1);
        if (status != STATUS_OK)
            return status;
    }
}

/* A file from elsewhere may end its lines with \r\n or with \r alone. */
static void end_line(TextReader *reader)
{
    Scanner *text = &reader->text;
    while (text->at < text->end && !is_line_end(*text->at))
        text->at++;
    if (text->end - text->at >= 2 && text->at[0] == '\r' && text->at[1] == '\n')
        text->at++;
    if (text->at < text->end)
        text->at++;
    reader->line++;
}

static Status read_line(TextReader *reader)
{
    size_t count;
    Status status = read_row(reader, &count);
    if (status != STATUS_OK)
        return status;
    if (count > 0 && reader->rows == 0) {
        reader->cols = count;
        reader->first_line = reader->line;
    }
    if (count > 0 && count != reader->cols)
        return fail(STATUS_FORMAT, "%s: line %zu has %zu numbers, expected %zu as in line %zu",
                    reader->name, reader->line, count, reader->cols, reader->first_line);
    reader->rows += count > 0;
    end_line(reader);
    return STATUS_OK;
}

/* A first line such as `# shape (2, 6, 6)`, which text_write() makes. Any other comment, however
 * similar, is skipped. */
static void read_shape_comment(TextReader *reader)
{
    Array shape;
    Scanner line = reader->text;
    for (line.end = line.at; line.end < reader->text.end && !is_line_end(*line.end);)
        line.end++;
    if (!scan_text(&line, "# shape") || !scan_shape(&line, &shape))
        return;
    if (line.at == line.end && shape_fits(shape, sizeof(float)))
        reader->shape = shape;
}

/* The shape of the rows as they stand, or the one given by the comment. */
static Status choose_shape(const TextReader *reader, Array *shape)
{
    char text[SHAPE_TEXT_SIZE];
    *shape = reader->shape;
    if (shape->dims == 0 && reader->count == 0)
        return fail(STATUS_FORMAT, "%s: there are no numbers in it", reader->name);
    if (shape->dims == 0)
        *shape = reader->cols == 1 ? (Array){.dims = 1, .shape = {reader->rows}}
                                   : (Array){.dims = 2, .shape = {reader->rows, reader->cols}};
    size_t cols = shape->dims == 1 ? 1 : shape->shape[shape->dims - 1];
    if (array_size(*shape) != reader->count || (reader->count > 0 && cols != reader->cols))
        return fail(STATUS_FORMAT,
                    "%s: line 1 says shape %s, but there are %zu rows of %zu numbers", reader->name,
                    array_shape_text(*shape, text), reader->rows, reader->cols);
    return STATUS_OK;
}

size_t text_length(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((bytes[i] < ' ' && !is_blank(bytes[i]) && !is_line_end(bytes[i])) || bytes[i] == 127)
            return i;
    return size;
}

static Status expect_text(const char *name, const unsigned char *bytes, size_t size)
{
    size_t length = text_length(bytes, size);
    if (length == size)
        return STATUS_OK;
    return fail(STATUS_FORMAT, "%s: neither .npy nor text: byte %zu is 0x%02x, expected numbers",
                name, length, (unsigned)bytes[length]);
}

/* Some editors begin a file with three bytes that are not text, the "byte order mark". */
static void skip_byte_order_mark(Scanner *text)
{
    if (text->end - text->at >= 3 && memcmp(text->at, "\xef\xbb\xbf", 3) == 0)
        text->at += 3;
}

static Status read_lines(TextReader *reader)
{
    Status status = STATUS_OK;
    skip_byte_order_mark(&reader->text);
    read_shape_comment(reader);
    while (reader->text.at < reader->text.end)
        TRY(read_line(reader));
done:
    return status;
}

Status text_parse(const char *name, const unsigned char *bytes, size_t size, ArrayKind kind,
                  Array *result)
{
    enum { FIRST_CAPACITY = 256 };
    TextReader reader = {.name = name, .kind = kind, .text = {bytes, bytes + size}, .line = 1};
    Array shape = NO_ARRAY;
    *result = NO_ARRAY;
    Status status = expect_text(name, bytes, size);
    if (status != STATUS_OK)
        return status;
    reader.capacity = FIRST_CAPACITY;
    reader.values = memory_allocate(reader.capacity, sizeof *reader.values);
    if (reader.values == NULL)
        return STATUS_NO_MEMORY;
    status = read_lines(&reader);
    if (status == STATUS_OK)
        status = choose_shape(&reader, &shape);
    shape.data = reader.values;
    if (status == STATUS_OK)
        *result = shape;
    else
        array_free(&shape);
    return status;
}

/* printf() may write a NaN's sign, which means nothing. */
static bool write_number(FILE *stream, float value, const char *after)
{
    if (isnan(value))
        return fprintf(stream, "nan%s", after) >= 0;
    return fprintf(stream, "%.9g%s", (double)value, after) >= 0;
}

static bool write_rows(FILE *stream, const float *values, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows * cols; i++)
        if (!write_number(stream, values[i], (i + 1) % cols == 0 ? "\n" : " "))
            return false;
    return true;
}

bool text_write(FILE *stream, Array array)
{
    char text[SHAPE_TEXT_SIZE];
    size_t size = array_size(array);
    size_t cols = array.dims == 1 ? 1 : array.shape[array.dims - 1];
    bool plain = size > 0 && (array.dims == 1 || (array.dims == 2 && cols > 1));
    if (!plain && fprintf(stream, "# shape %s\n", array_shape_text(array, text)) < 0)
        return false;
    if (size == 0)
        return true;
    size_t matrices = array_matrices(array), matrix_size = size / matrices;
    for (size_t i = 0; i < matrices; i++) {
        const float *matrix = array.data + i * matrix_size;
        if ((i > 0 && fputc('\n', stream) == EOF) ||
            !write_rows(stream, matrix, matrix_size / cols, cols))
            return false;
    }
    return true;
}
