/* Feeds garbage to the reader of array files, for libFuzzer. Whatever comes, the reader ends with
 * an array or with a message; and an array that is written and read again is the same. */
#include "array_file.h"
#include "npy.h"
#include "text_array.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Ends the fuzzing when something that must hold does not. */
static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s; last error: %s\n", what, last_error());
    abort();
}

static bool same_float(float a, float b)
{
    return isnan(a) ? isnan(b) : a == b && !signbit(a) == !signbit(b);
}

static void demand_same(Array a, Array b)
{
    demand(a.dims == b.dims, "the dimensions come back");
    demand(memcmp(a.shape, b.shape, sizeof a.shape) == 0, "the shape comes back");
    for (size_t i = 0; i < array_size(a); i++)
        demand(same_float(a.data[i], b.data[i]), "the elements come back");
}

static void demand_round_trip(Array array, ArrayKind kind, bool (*write)(FILE *, Array))
{
    char *content = NULL;
    size_t size = 0;
    Array back;
    FILE *stream = open_memstream(&content, &size);
    demand(stream != NULL, "there is memory");
    demand(write(stream, array), "an array can be written");
    fclose(stream);
    demand(array_parse("written", (unsigned char *)content, size, kind, &back) == STATUS_OK,
           "what was written can be read");
    demand_same(array, back);
    array_free(&back);
    free(content);
}

static void try_kind(const uint8_t *bytes, size_t size, ArrayKind kind)
{
    Array array;
    Status status = array_parse("fuzz", bytes, size, kind, &array);
    if (status != STATUS_OK) {
        demand(status == STATUS_FORMAT, "the file is at fault");
        demand(strncmp(last_error(), "fuzz: ", 6) == 0, "the message names the file");
        demand(array.data == NULL && array.dims == 0, "there is no array after a failure");
        return;
    }
    for (size_t i = 0; kind == ARRAY_MASK && i < array_size(array); i++)
        demand(array.data[i] == 0.0F || array.data[i] == 1.0F, "a mask holds 0 and 1");
    demand_round_trip(array, kind, npy_write);
    demand_round_trip(array, kind, text_write);
    array_free(&array);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    try_kind(bytes, size, ARRAY_NUMBERS);
    try_kind(bytes, size, ARRAY_MASK);
    return 0;
}
