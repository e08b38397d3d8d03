/* Options that are numbers. */
#include "command_line.h"
#include "memory.h"
#include "program.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads digits and moves on to what follows, which is the end or, if there may be one, a comma. */
static Status read_digits(size_t option, const char **text, char separator, size_t *result)
{
    const char *digit = *text;
    for (*result = 0; isdigit((unsigned char)*digit); digit++) {
        size_t value = (size_t)(*digit - '0');
        if (*result > (SIZE_MAX - value) / 10)
            return fail(STATUS_USAGE, "--%s %s: the number is too large",
                        program_option_name(option), program_value(option));
        *result = 10 * *result + value;
    }
    if (digit == *text || (*digit != '\0' && *digit != separator))
        return fail(STATUS_USAGE, "--%s %s: expected %s", program_option_name(option),
                    program_value(option),
                    separator == ',' ? "whole numbers separated by commas" : "a whole number");
    *text = digit;
    return STATUS_OK;
}

Status program_size(size_t option, size_t missing, size_t least, size_t *result)
{
    *result = missing;
    const char *text = program_value(option);
    if (text == NULL)
        return STATUS_OK;
    size_t number;
    Status status = read_digits(option, &text, '\0', &number);
    if (status != STATUS_OK)
        return status;
    if (number < least)
        return fail(STATUS_USAGE, "--%s %zu: expected %zu or more", program_option_name(option),
                    number, least);
    *result = number;
    return STATUS_OK;
}

static size_t count_commas(const char *text)
{
    size_t count = 0;
    while ((text = strchr(text, ',')) != NULL) {
        count++;
        text++;
    }
    return count;
}

Status program_sizes(size_t option, size_t **result, size_t *count)
{
    *result = NULL;
    *count = 0;
    const char *text = program_value(option);
    if (text == NULL)
        return STATUS_OK;
    size_t expected = count_commas(text) + 1;
    size_t *numbers = memory_allocate(expected, sizeof *numbers);
    if (numbers == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < expected; i++, text++) {
        Status status = read_digits(option, &text, ',', &numbers[i]);
        if (status != STATUS_OK) {
            free(numbers);
            return status;
        }
    }
    *result = numbers;
    *count = expected;
    return STATUS_OK;
}

Status program_number(size_t option, float missing, float *result)
{
    *result = missing;
    const char *text = program_value(option);
    if (text == NULL)
        return STATUS_OK;
    char *end;
    errno = 0;
    float number = strtof(text, &end);
    bool lost = errno == ERANGE && number == 0.0f;
    bool decimal = text[strspn(text, "+-.0123456789eE")] == '\0'; /* no hexadecimal, no blank */
    if (end == text || *end != '\0' || !decimal || !isfinite(number) || lost)
        return fail(STATUS_USAGE, "--%s %s: expected a finite number that float32 can hold",
                    program_option_name(option), text);
    *result = number;
    return STATUS_OK;
}

Status program_expect_array(const size_t *options, size_t count, size_t size)
{
    char list[OPTION_LIST_SIZE] = "";
    size_t used = 0, most = PTRDIFF_MAX / size; /* elements that still fit */
    bool fits = true;
    for (size_t i = 0; i < count; i++) {
        size_t number;
        Status status = program_size(options[i], 1, 0, &number);
        if (status != STATUS_OK)
            return status;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s--%s %zu", i > 0 ? ", " : "",
                                 program_option_name(options[i]), number);
        fits = fits && number <= most;
        most /= number > 0 ? number : 1;
    }
    return fits ? STATUS_OK : fail(STATUS_USAGE, "%s: an array larger than any memory", list);
}
