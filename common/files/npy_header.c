#include "npy_header.h"

#include "scan.h"

#include <string.h>

static const char MAGIC[] = "\x93NUMPY";

enum {
    MAGIC_SIZE = sizeof MAGIC - 1,
    VERSION_SIZE = 2,     /* A byte each for the number before and after the dot. */
    HEADER_MOST = 1 << 20 /* NumPy writes headers of a few hundred bytes at the most. */
};

/* A header while its dictionary is being read. */
typedef struct HeaderReader {
    const char *name;
    ArrayKind kind;
    Scanner text;
    NpyHeader *header;
} HeaderReader;

bool npy_recognise(const unsigned char *bytes, size_t size)
{
    return memcmp(bytes, MAGIC, size < MAGIC_SIZE ? size : MAGIC_SIZE) == 0;
}

static Status garbled(const HeaderReader *reader, const char *expected)
{
    char quote[QUOTE_SIZE];
    bool at_end = reader->text.at == reader->text.end;
    return fail(STATUS_FORMAT, "%s: garbled .npy header: expected %s, found %s", reader->name,
                expected, at_end ? "the end" : scan_quote(reader->text, quote));
}

/* Reads a Python string without escapes, in single or double quotes. */
static bool read_string(HeaderReader *reader, Scanner *string)
{
    Scanner *text = &reader->text;
    Scanner start = *text;
    const char *quote = scan_text(text, "\"") ? "\"" : "'";
    if (*quote == '\'' && !scan_text(text, "'"))
        return false;
    size_t left = (size_t)(text->end - text->at);
    const unsigned char *end = left > 0 ? memchr(text->at, *quote, left) : NULL;
    if (end == NULL) {
        *text = start;
        return false;
    }
    *string = (Scanner){text->at, end};
    text->at = end + 1;
    return true;
}

static Status read_descr(HeaderReader *reader)
{
    scan_blanks(&reader->text);
    Scanner descr, list = reader->text;
    if (scan_text(&list, "[") || scan_text(&list, "("))
        return npy_type_structured(reader->name, reader->text, reader->kind);
    if (!read_string(reader, &descr))
        return garbled(reader, "a type such as '<f4'");
    return npy_type_find(reader->name, descr, reader->kind, &reader->header->type);
}

static Status read_order(HeaderReader *reader)
{
    reader->header->fortran_order = scan_text(&reader->text, "True");
    if (reader->header->fortran_order || scan_text(&reader->text, "False"))
        return STATUS_OK;
    return garbled(reader, "True or False for 'fortran_order'");
}

static Status read_shape(HeaderReader *reader)
{
    if (!scan_shape(&reader->text, &reader->header->shape))
        return garbled(reader, "a shape such as (2, 3)");
    return STATUS_OK;
}

static const struct {
    const char *name;
    Status (*read)(HeaderReader *reader);
} KEYS[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};

enum { KEY_COUNT = sizeof KEYS / sizeof *KEYS };

static size_t find_key(Scanner key)
{
    size_t i = 0;
    while (i < KEY_COUNT && !scan_equals(key, KEYS[i].name))
        i++;
    return i;
}

static Status read_pair(HeaderReader *reader, bool seen[KEY_COUNT])
{
    char quote[QUOTE_SIZE];
    Scanner key;
    if (!read_string(reader, &key))
        return garbled(reader, "a key in quotes or '}'");
    size_t i = find_key(key);
    if (i == KEY_COUNT)
        return fail(STATUS_FORMAT,
                    "%s: garbled .npy header: unknown key %s, expected 'descr', 'fortran_order' "
                    "and 'shape'",
                    reader->name, scan_quote(key, quote));
    if (seen[i])
        return fail(STATUS_FORMAT, "%s: garbled .npy header: two keys '%s', expected one",
                    reader->name, KEYS[i].name);
    seen[i] = true;
    return scan_text(&reader->text, ":") ? KEYS[i].read(reader) : garbled(reader, "':'");
}

static Status read_dictionary(HeaderReader *reader, bool seen[KEY_COUNT])
{
    if (!scan_text(&reader->text, "{"))
        return garbled(reader, "'{'");
    bool more = true;
    while (!scan_text(&reader->text, "}")) {
        if (!more)
            return garbled(reader, "',' or '}'");
        Status status = read_pair(reader, seen);
        if (status != STATUS_OK)
            return status;
        more = scan_text(&reader->text, ",");
    }
    scan_blanks(&reader->text);
    return reader->text.at == reader->text.end ? STATUS_OK : garbled(reader, "blanks after '}'");
}

static Status expect_all_keys(const char *name, const bool seen[KEY_COUNT])
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (!seen[i])
            return fail(STATUS_FORMAT, "%s: garbled .npy header: no key '%s'", name, KEYS[i].name);
    return STATUS_OK;
}

static Status expect_sane_shape(const char *name, Array shape, size_t item_size)
{
    char text[SHAPE_TEXT_SIZE];
    if (shape.dims < 1 || shape.dims > ARRAY_MAX_DIMS)
        return fail(STATUS_FORMAT, "%s: the array has %zu dimensions, expected 1 to %d", name,
                    shape.dims, ARRAY_MAX_DIMS);
    if (!shape_fits(shape, item_size))
        return fail(STATUS_FORMAT, "%s: the shape %s is too large for any memory", name,
                    array_shape_text(shape, text));
    return STATUS_OK;
}

/* Finds the dictionary: after the magic bytes, the version, and its length of 2 or 4 bytes. */
static Status find_dictionary(const char *name, const unsigned char *bytes, size_t size,
                              Scanner *dictionary)
{
    size_t start = MAGIC_SIZE + VERSION_SIZE;
    if (size < start)
        return fail(STATUS_FORMAT, "%s: truncated: %zu bytes end before the .npy header", name,
                    size);
    unsigned major = bytes[MAGIC_SIZE], minor = bytes[MAGIC_SIZE + 1];
    if (major < 1 || major > 3 || minor != 0)
        return fail(STATUS_FORMAT, "%s: .npy version %u.%u, expected 1.0, 2.0 or 3.0", name, major,
                    minor);
    size_t length_size = major == 1 ? 2 : 4, length = 0;
    if (size < start + length_size)
        return fail(STATUS_FORMAT, "%s: truncated: %zu bytes end before the .npy header", name,
                    size);
    for (size_t i = 0; i < length_size; i++)
        length |= (size_t)bytes[start++] << (8 * i);
    if (length > size - start)
        return fail(STATUS_FORMAT,
                    "%s: truncated: the .npy header should be %zu bytes long, but only %zu follow",
                    name, length, size - start);
    *dictionary = (Scanner){bytes + start, bytes + start + length};
    return STATUS_OK;
}

Status npy_header_parse(const char *name, const unsigned char *bytes, size_t size, ArrayKind kind,
                        NpyHeader *header)
{
    Status status = STATUS_OK;
    HeaderReader reader = {.name = name, .kind = kind, .header = header};
    bool seen[KEY_COUNT] = {false};
    TRY(find_dictionary(name, bytes, size, &reader.text));
    header->data_start = (size_t)(reader.text.end - bytes);
    TRY(read_dictionary(&reader, seen));
    TRY(expect_all_keys(name, seen));
    TRY(expect_sane_shape(name, header->shape, header->type->size));
done:
    return status;
}

size_t npy_promised_size(const unsigned char *bytes, size_t size, ArrayKind kind)
{
    NpyHeader header;
    if (npy_header_parse("", bytes, size, kind, &header) == STATUS_OK)
        return header.data_start + array_size(header.shape) * header.type->size;
    return HEADER_MOST;
}
