#include "text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The bytes of a UTF-8 sequence, told by its first one; 0 when it cannot be a first one. */
static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

/* The code point of a sequence, or UINT32_MAX when a byte that should continue it does not. */
static uint32_t code_point(const unsigned char *bytes, size_t length)
{
    if (length == 1)
        return bytes[0];
    uint32_t code = bytes[0] & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return UINT32_MAX;
        code = code << 6 | (bytes[i] & 0x3F);
    }
    return code;
}

/* Not printable: an overlong form, a surrogate, a control character, or what XML forbids. */
static bool is_printable(uint32_t code, size_t length)
{
    static const uint32_t least[] = {0, 0x20, 0xA0, 0x800, 0x10000};
    return code >= least[length] && code != 0x7F && code <= 0x10FFFF &&
           !(code >= 0xD800 && code <= 0xDFFF) && code != 0xFFFE && code != 0xFFFF;
}

bool text_next(const char **cursor, char character[CHARACTER_SIZE])
{
    const unsigned char *bytes = (const unsigned char *)*cursor;
    if (*bytes == '\0')
        return false;
    size_t length = sequence_length(*bytes);
    if (length > 0 && is_printable(code_point(bytes, length), length)) {
        memcpy(character, bytes, length);
        character[length] = '\0';
        *cursor += length;
    } else {
        strcpy(character, strchr("\t\n\v\f\r", *bytes) != NULL ? " " : "?");
        *cursor += 1;
    }
    return true;
}

bool text_next_shown(const char **cursor, char character[CHARACTER_SIZE])
{
    bool is_blank = **cursor == ' ';
    bool more = text_next(cursor, character);
    if (more && *character == ' ' && !is_blank)
        *character = '?';
    return more;
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    char character[CHARACTER_SIZE];
    if (text != NULL)
        while (text_next(&text, character))
            columns++;
    return columns;
}

size_t text_widest(const char *const *labels, size_t count)
{
    size_t width = 0;
    for (size_t i = 0; labels != NULL && i < count; i++) {
        size_t columns = text_columns(labels[i]);
        if (columns > width)
            width = columns;
    }
    return width;
}

/* From here on a float no longer determines all digits before the point. */
static const double LONG_NUMBER = 1e15;
enum { FLOAT_DIGITS = 7 };

const char *number_text(double value, int decimals, char text[NUMBER_SIZE])
{
    if (isnan(value))
        return strcpy(text, "nan");
    int digits = decimals < 0 ? 0 : decimals;
    if (digits > NUMBER_MAX_DECIMALS)
        digits = NUMBER_MAX_DECIMALS;
    bool is_long = fabs(value) >= LONG_NUMBER;
    snprintf(text, NUMBER_SIZE, is_long ? "%.*g" : "%.*f", is_long ? FLOAT_DIGITS : digits, value);
    if (text[0] == '-' && text[strspn(text, "-0.")] == '\0')
        memmove(text, text + 1, strlen(text));
    return text;
}
