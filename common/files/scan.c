#include "scan.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The C locale holds: programs of this project never call setlocale(). */
void scan_blanks(Scanner *scanner)
{
    while (scanner->at < scanner->end && isspace(*scanner->at))
        scanner->at++;
}

bool scan_text(Scanner *scanner, const char *expected)
{
    scan_blanks(scanner);
    size_t length = strlen(expected);
    if ((size_t)(scanner->end - scanner->at) < length || memcmp(scanner->at, expected, length) != 0)
        return false;
    scanner->at += length;
    return true;
}

bool scan_equals(Scanner scanner, const char *other)
{
    size_t length = strlen(other);
    return (size_t)(scanner.end - scanner.at) == length && memcmp(scanner.at, other, length) == 0;
}

static bool scan_size(Scanner *scanner, size_t *size)
{
    scan_blanks(scanner);
    const unsigned char *start = scanner->at;
    *size = 0;
    for (; scanner->at < scanner->end && isdigit(*scanner->at); scanner->at++) {
        size_t digit = (size_t)(*scanner->at - '0');
        *size = *size > (SIZE_MAX - digit) / 10 ? SIZE_MAX : *size * 10 + digit;
    }
    return scanner->at > start;
}

bool scan_shape(Scanner *scanner, Array *shape)
{
    *shape = NO_ARRAY;
    if (!scan_text(scanner, "("))
        return false;
    bool more = true;
    while (!scan_text(scanner, ")")) {
        size_t size;
        if (!more || !scan_size(scanner, &size))
            return false;
        if (shape->dims < ARRAY_MAX_DIMS)
            shape->shape[shape->dims] = size;
        shape->dims++;
        more = scan_text(scanner, ",");
    }
    return true;
}

/* An array without elements takes no memory, but loops still go through its rows. */
static const size_t MOST_OF_NOTHING = (size_t)1 << 31;

bool shape_fits(Array shape, size_t item_size)
{
    if (shape.dims < 1 || shape.dims > ARRAY_MAX_DIMS)
        return false;
    size_t room = PTRDIFF_MAX / item_size;
    for (size_t i = 0; i < shape.dims; i++)
        if (shape.shape[i] == 0)
            room = MOST_OF_NOTHING;
    for (size_t i = 0; i < shape.dims; i++)
        if (shape.shape[i] > 0)
            room /= shape.shape[i];
    return room > 0;
}

const char *scan_quote(Scanner scanner, char quote[QUOTE_SIZE])
{
    /* Room for one more byte, at most four characters, and for the end of a text that is cut. */
    const size_t most = QUOTE_SIZE - sizeof "\\xNN...'";
    size_t length = (size_t)(scanner.end - scanner.at);
    const char *mark = length > 0 && memchr(scanner.at, '\'', length) != NULL ? "\"" : "'";
    size_t used = (size_t)snprintf(quote, QUOTE_SIZE, "%s", mark);
    for (; scanner.at < scanner.end && used <= most; scanner.at++)
        used += (size_t)snprintf(quote + used, QUOTE_SIZE - used,
                                 isprint(*scanner.at) ? "%c" : "\\x%02x", (unsigned)*scanner.at);
    snprintf(quote + used, QUOTE_SIZE - used, "%s%s", scanner.at < scanner.end ? "..." : "", mark);
    return quote;
}
