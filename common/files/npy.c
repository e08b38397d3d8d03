#include "npy.h"

#include "npy_header.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* What rounds to infinity: halfway from the largest float32 to the next power of two. */
static const double FLOAT32_LIMIT = 0x1.ffffffp127;

static Status expect_length(const char *name, const NpyHeader *header, size_t size)
{
    char text[SHAPE_TEXT_SIZE];
    size_t needed = array_size(header->shape) * header->type->size;
    size_t present = size - header->data_start;
    if (present == needed)
        return STATUS_OK;
    return fail(STATUS_FORMAT,
                "%s: %s: the shape %s of %s needs %zu bytes of data, but %zu follow the header",
                name, present < needed ? "truncated" : "too long",
                array_shape_text(header->shape, text), header->type->name, needed, present);
}

/* Tells which element a place in row-major order is, as an index in Python: (1, 2). */
static const char *index_text(Array array, size_t place, char text[SHAPE_TEXT_SIZE])
{
    Array index = array;
    for (size_t i = array.dims; i-- > 0; place /= array.shape[i])
        index.shape[i] = place % array.shape[i];
    return array_shape_text(index, text);
}

static Status expect_value(const char *name, Array array, size_t place, double value,
                           ArrayKind kind)
{
    char text[SHAPE_TEXT_SIZE];
    if (kind == ARRAY_MASK && value != 0.0 && value != 1.0)
        return fail(STATUS_FORMAT, "%s: element %s is %.9g, expected 0 or 1 in a mask", name,
                    index_text(array, place, text), value);
    if (fabs(value) >= FLOAT32_LIMIT && !isinf(value))
        return fail(STATUS_FORMAT,
                    "%s: element %s is %g, beyond what float32 can hold (about 3.4e+38)", name,
                    index_text(array, place, text), value);
    return STATUS_OK;
}

/* Where in the file the element stands that comes at `place` in row-major order. */
static size_t place_in_file(const NpyHeader *header, size_t place)
{
    if (!header->fortran_order)
        return place;
    size_t in_file = 0;
    const size_t *shape = header->shape.shape;
    for (size_t i = header->shape.dims; i-- > 0; place /= shape[i])
        in_file = in_file * shape[i] + place % shape[i];
    return in_file;
}

static Status read_elements(const char *name, const NpyHeader *header, const unsigned char *data,
                            ArrayKind kind, Array array)
{
    Status status = STATUS_OK;
    size_t size = array_size(array);
    for (size_t place = 0; place < size; place++) {
        const NpyType *type = header->type;
        double value = type->value(data + place_in_file(header, place) * type->size);
        TRY(expect_value(name, array, place, value, kind));
        array.data[place] = (float)value;
    }
done:
    return status;
}

Status npy_parse(const char *name, const unsigned char *bytes, size_t size, ArrayKind kind,
                 Array *result)
{
    Status status = STATUS_OK;
    NpyHeader header;
    *result = NO_ARRAY;
    TRY(npy_header_parse(name, bytes, size, kind, &header));
    TRY(expect_length(name, &header, size));
    TRY(array_create(header.shape.dims, header.shape.shape, result));
    TRY(read_elements(name, &header, bytes + header.data_start, kind, *result));
done:
    if (status != STATUS_OK)
        array_free(result);
    return status;
}

/* Spaces fill the header up so that the data begin at a multiple of 64 bytes, as in NumPy. */
static bool write_header(FILE *stream, Array array)
{
    enum { DICTIONARY_START = 10, ALIGNMENT = 64, HEADER_SIZE = 4 * ALIGNMENT };
    char header[HEADER_SIZE] = "\x93NUMPY\x01", shape[SHAPE_TEXT_SIZE];
    size_t end = DICTIONARY_START +
                 (size_t)snprintf(header + DICTIONARY_START, HEADER_SIZE - DICTIONARY_START,
                                  "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }",
                                  array_shape_text(array, shape));
    size_t size = (end + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(header + end, ' ', size - end);
    header[size - 1] = '\n';
    header[8] = (char)(size - DICTIONARY_START); /* The low byte; the high one stays 0. */
    return fwrite(header, 1, size, stream) == size;
}

static bool write_elements(FILE *stream, const float *values, size_t count)
{
    enum { BLOCK = 1024 };
    unsigned char bytes[BLOCK * 4];
    for (size_t done = 0; done < count;) {
        size_t block = count - done < BLOCK ? count - done : BLOCK;
        for (size_t i = 0; i < 4 * block; i++) {
            uint32_t bits;
            memcpy(&bits, &values[done + i / 4], sizeof bits);
            bytes[i] = (unsigned char)(bits >> (8 * (i % 4)));
        }
        if (fwrite(bytes, 4, block, stream) != block)
            return false;
        done += block;
    }
    return true;
}

bool npy_write(FILE *stream, Array array)
{
    return write_header(stream, array) && write_elements(stream, array.data, array_size(array));
}
