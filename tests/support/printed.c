#include "printed.h"

#include "assert.h"
#include "whole.h"

#include <stdio.h>
#include <string.h>

enum { PRINTED_LINE = 256 };

Outcome printed_by(const char *program)
{
    Outcome outcome = whole_run(program, "--plots .", NULL);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    return outcome;
}

const char *behind(const char *text, const char *mark)
{
    const char *found = strstr(text, mark);
    ck_assert_msg(found != NULL, "the program no longer prints \"%s\"", mark);
    return found + strlen(mark);
}

const char *next_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return end != NULL ? end + 1 : "";
}

void expect_numbers(const char *text, const float *numbers, size_t count, int decimals)
{
    char line[PRINTED_LINE], number[32];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    for (size_t n = count; n-- > 0;) {
        char *last = strrchr(line, ' ');
        ck_assert_msg(last != NULL, "%zu numbers are missing in: %.99s", n + 1, text);
        snprintf(number, sizeof number, "%.*f", decimals, (double)numbers[n]);
        ck_assert_msg(strcmp(last + 1, number) == 0, "shown: %s, the program prints: %s in: %.99s",
                      number, last + 1, text);
        while (last > line && last[-1] == ' ')
            last--;
        *last = '\0';
    }
}

void expect_table(const char *text, const char *title, size_t skip, Matrix shown, int decimals)
{
    text = next_line(next_line(behind(text, title)));
    for (; skip > 0; skip--)
        text = next_line(text);
    for (size_t r = 0; r < shown.rows; r++, text = next_line(text))
        expect_numbers(text, matrix_row(shown, r), shown.cols, decimals);
}
