#include "key_lengths.h"

#include "program.h"

#include <stdlib.h>

Status key_lengths_read(size_t option, KeyLengths *result)
{
    result->name = program_option_name(option);
    return program_sizes(option, &result->lengths, &result->count);
}

Status key_lengths_check(const KeyLengths *lengths, size_t keys, size_t items)
{
    if (lengths->count > 1 && lengths->count != items)
        return fail(STATUS_SHAPE, "--%s has %zu numbers, expected 1, or one for each of %zu",
                    lengths->name, lengths->count, items);
    for (size_t i = 0; i < lengths->count; i++)
        if (lengths->lengths[i] > keys)
            return fail(STATUS_SHAPE, "--%s %zu, but there are only %zu keys", lengths->name,
                        lengths->lengths[i], keys);
    return STATUS_OK;
}

size_t key_lengths_padding(const KeyLengths *lengths, size_t keys, size_t item)
{
    if (lengths->lengths == NULL)
        return 0;
    return keys - lengths->lengths[lengths->count == 1 ? 0 : item];
}

void key_lengths_free(KeyLengths *lengths)
{
    free(lengths->lengths);
    *lengths = (KeyLengths){NULL, NULL, 0};
}
