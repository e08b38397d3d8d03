#include "array_file.h"

#include "memory.h"
#include "npy.h"
#include "npy_header.h"
#include "text_array.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The most text accepted from a pipe or a device, which may never end: less than 256 MiB.
 */
enum { TEXT_MOST = (1 << 28) - 1 };

/* The whole content of a file. */
typedef struct Content {
    unsigned char *bytes;
    size_t size, capacity;
    size_t text;   /* How many bytes are known to be text. */
    bool is_sized; /* A regular file, which has an end. */
} Content;

/* numpy.savez and torch.save make these, and their names mislead. */
static bool is_zip(const unsigned char *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0;
}

Status array_parse(const char *name, const unsigned char *bytes, size_t size, ArrayKind kind,
                   Array *result)
{
    *result = NO_ARRAY;
    if (size == 0)
        return fail(STATUS_FORMAT, "%s: the file is empty, expected .npy or text", name);
    if (npy_recognise(bytes, size))
        return npy_parse(name, bytes, size, kind, result);
    if (is_zip(bytes, size))
        return fail(STATUS_FORMAT,
                    "%s: a ZIP archive (.npz or .pt?), expected one array as numpy.save writes it",
                    name);
    return text_parse(name, bytes, size, kind, result);
}

static Status grow(Content *content)
{
    enum { FIRST_CAPACITY = 65536 };
    size_t capacity = content->capacity > 0 ? 2 * content->capacity : FIRST_CAPACITY;
    unsigned char *bytes = memory_resize(content->bytes, capacity, 1);
    if (bytes == NULL)
        return STATUS_NO_MEMORY;
    content->bytes = bytes;
    content->capacity = capacity;
    return STATUS_OK;
}

/* How many bytes there may be, judged by those read so far. Once there are more, or they turn out
 * not to be an array, the rest does not matter. */
static size_t most_bytes(Content *content, ArrayKind kind)
{
    if (npy_recognise(content->bytes, content->size))
        return npy_promised_size(content->bytes, content->size, kind);
    content->text += text_length(content->bytes + content->text, content->size - content->text);
    if (is_zip(content->bytes, content->size) || content->text < content->size)
        return 0;
    return content->is_sized ? SIZE_MAX : TEXT_MOST;
}

/* The size of standard input or a pipe is unknown, so the buffer grows as the bytes arrive. fread()
 * fills it unless the stream ends or fails. */
static Status read_all(const char *name, FILE *stream, ArrayKind kind, Content *content)
{
    size_t most = SIZE_MAX;
    while (!feof(stream) && content->size <= most) {
        Status status = grow(content);
        if (status != STATUS_OK)
            return status;
        content->size +=
            fread(content->bytes + content->size, 1, content->capacity - content->size, stream);
        if (ferror(stream))
            return fail(STATUS_SYSTEM, "%s: cannot read: %s", name, strerror(errno));
        most = most_bytes(content, kind);
    }
    if (most == TEXT_MOST && content->size > most && !npy_recognise(content->bytes, content->size))
        return fail(STATUS_FORMAT,
                    "%s: 256 MiB of text without an end, expected less: save it in "
                    "a file first",
                    name);
    return STATUS_OK;
}

static Status read_stream(const char *name, FILE *stream, ArrayKind kind, Array *result)
{
    Status status = STATUS_OK;
    struct stat about;
    Content content = {.bytes = NULL};
    content.is_sized = fstat(fileno(stream), &about) == 0 && S_ISREG(about.st_mode);
    TRY(read_all(name, stream, kind, &content));
    TRY(array_parse(name, content.bytes, content.size, kind, result));
done:
    free(content.bytes);
    return status;
}

static Status cannot_open(const char *path, int reason)
{
    return fail(STATUS_FORMAT, "%s: cannot open: %s", path, strerror(reason));
}

Status array_read(const char *path, ArrayKind kind, Array *result)
{
    struct stat about;
    *result = NO_ARRAY;
    if (strcmp(path, "-") == 0)
        return read_stream("standard input", stdin, kind, result);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return cannot_open(path, errno);
    /* A directory can be opened, but not read. */
    Status status = fstat(fileno(stream), &about) == 0 && S_ISDIR(about.st_mode)
                        ? cannot_open(path, EISDIR)
                        : read_stream(path, stream, kind, result);
    fclose(stream);
    return status;
}
