#include "npy_type.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_SIZE = 40,
    MOST_BYTES = 64 /* for a type named by its number of bits */
};

static uint64_t little_endian(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static double float32_value(const unsigned char *bytes)
{
    uint32_t bits = (uint32_t)little_endian(bytes, sizeof bits);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double float64_value(const unsigned char *bytes)
{
    uint64_t bits = little_endian(bytes, sizeof bits);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double uint8_value(const unsigned char *bytes)
{
    return *bytes;
}

/* A single byte has no order. NumPy says so with '|'; some other writers put '<' all the same. */
static const NpyType TYPES[] = {
    {"<f4", "float32", 4, ARRAY_NUMBERS, float32_value},
    {"<f8", "float64", 8, ARRAY_NUMBERS, float64_value},
    {"|b1", "bool", 1, ARRAY_MASK, uint8_value},
    {"<b1", "bool", 1, ARRAY_MASK, uint8_value},
    {"|u1", "uint8", 1, ARRAY_MASK, uint8_value},
    {"<u1", "uint8", 1, ARRAY_MASK, uint8_value},
};

/* The letters of NumPy's types. Sized ones are named by their number of bits: int64. */
static const struct {
    char letter;
    bool has_bits;
    const char *name;
} LETTERS[] = {
    {'b', false, "bool"},         {'i', true, "int"},        {'u', true, "uint"},
    {'f', true, "float"},         {'c', true, "complex"},    {'O', false, "Python objects"},
    {'S', false, "byte strings"}, {'U', false, "strings"},   {'M', false, "datetime64"},
    {'m', false, "timedelta64"},  {'V', false, "raw bytes"},
};

/* The size of a number in bytes: 8 for "8", 0 for what is not a size. */
static unsigned long number_bytes(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return text[digits] == '\0' ? strtoul(text, NULL, 10) : 0;
}

/* Names the type `descr`, such as ">i8", in NumPy's words: "big-endian int64". */
static const char *type_name(const char *descr, char name[NAME_SIZE])
{
    for (size_t i = 0; i < sizeof LETTERS / sizeof *LETTERS; i++) {
        if (strchr("<>|", descr[0]) == NULL || descr[1] != LETTERS[i].letter)
            continue;
        const char *order = descr[0] == '>' ? "big-endian " : "";
        unsigned long size = number_bytes(descr + 2);
        if (LETTERS[i].has_bits && size == 0)
            break;
        if (LETTERS[i].has_bits && size <= MOST_BYTES)
            snprintf(name, NAME_SIZE, "%s%s%lu", order, LETTERS[i].name, 8 * size);
        else
            snprintf(name, NAME_SIZE, "%s%s", order, LETTERS[i].name);
        return name;
    }
    return "an unknown type";
}

static const char *accepted(ArrayKind kind)
{
    return kind == ARRAY_MASK ? "bool, uint8, float32 or float64" : "float32 or float64";
}

static const char *target(ArrayKind kind)
{
    return kind == ARRAY_MASK ? "bool" : "numpy.float32";
}

static Status refuse(const char *name, Scanner descr, ArrayKind kind)
{
    char text[QUOTE_SIZE] = "", words[NAME_SIZE], quote[QUOTE_SIZE];
    size_t length = (size_t)(descr.end - descr.at);
    memcpy(text, descr.at, length < QUOTE_SIZE ? length : QUOTE_SIZE - 1);
    /* NumPy warns when a complex array is made real; .real says that this is meant. */
    const char *part = text[0] != '\0' && text[1] == 'c' ? ".real" : "";
    return fail(STATUS_FORMAT, "%s: the dtype is %s (%s), expected %s; in NumPy: x%s.astype(%s)",
                name, type_name(text, words), scan_quote(descr, quote), accepted(kind), part,
                target(kind));
}

Status npy_type_find(const char *name, Scanner descr, ArrayKind kind, const NpyType **result)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        bool refused = TYPES[i].kind == ARRAY_MASK && kind != ARRAY_MASK;
        if (refused || !scan_equals(descr, TYPES[i].descr))
            continue;
        *result = &TYPES[i];
        return STATUS_OK;
    }
    return refuse(name, descr, kind);
}

Status npy_type_structured(const char *name, Scanner descr, ArrayKind kind)
{
    char quote[QUOTE_SIZE];
    return fail(STATUS_FORMAT,
                "%s: the dtype is structured (%s), expected %s; in NumPy: x['FIELD'].astype(%s)",
                name, scan_quote(descr, quote), accepted(kind), target(kind));
}
