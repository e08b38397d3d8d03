#include "text_line.h"

#include "text.h"

void text_blanks(TextLine *line, size_t columns)
{
    line->blanks += columns;
    line->column += columns;
}

static void put_character(TextLine *line, const char *character)
{
    if (*character == ' ') {
        text_blanks(line, 1);
        return;
    }
    fprintf(line->stream, "%*s%s", (int)line->blanks, "", character);
    line->blanks = 0;
    line->column++;
}

void text_put(TextLine *line, const char *text)
{
    char character[CHARACTER_SIZE];
    if (text != NULL)
        while (text_next(&text, character))
            put_character(line, character);
}

void text_left(TextLine *line, const char *text, size_t width)
{
    size_t columns = text_columns(text);
    text_put(line, text);
    text_blanks(line, width > columns ? width - columns : 0);
}

void text_right(TextLine *line, const char *text, size_t width)
{
    size_t columns = text_columns(text);
    text_blanks(line, width > columns ? width - columns : 0);
    text_put(line, text);
}

void text_title(TextLine *line, const char *title, size_t rows, size_t cols)
{
    char shape[64];
    if (title == NULL)
        return;
    snprintf(shape, sizeof shape, " (%zu x %zu)", rows, cols);
    text_put(line, title);
    text_put(line, shape);
    text_end(line);
}

void text_end(TextLine *line)
{
    fputc('\n', line->stream);
    line->column = line->blanks = 0;
}
