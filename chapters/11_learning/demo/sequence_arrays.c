#include "sequence_arrays.h"

#include "program.h"

#include <math.h>

static Status expect_words(size_t option, Array array, size_t words)
{
    for (size_t i = 0; i < array_size(array); i++) {
        float number = array.data[i];
        if (number != floorf(number) || !(number >= -1.0f) || !(number < (float)words))
            return fail(STATUS_VALUE,
                        "--%s has a %g, expected numbers of words from 0 to %zu, or -1",
                        program_option_name(option), (double)number, words - 1);
    }
    return STATUS_OK;
}

Status sequences_read(const SequenceOptions *places, size_t words, Sequences *sequences)
{
    static const ArrayForm WORDS = {ARRAY_NUMBERS, 1, 2, "(T,) or (batch, T)"};
    Status status = STATUS_OK;
    *sequences = (Sequences){NO_ARRAY, NO_ARRAY};
    TRY(program_read(places->source, &WORDS, &sequences->source));
    TRY(program_read(places->target, &WORDS, &sequences->target));
    TRY(expect_words(places->source, sequences->source, words));
    TRY(expect_words(places->target, sequences->target, words));
    if (array_rows(sequences->source) != array_rows(sequences->target))
        status = fail(STATUS_SHAPE, "--source has %zu sequences and --target %zu",
                      array_rows(sequences->source), array_rows(sequences->target));
done:
    return status;
}

void sequences_free(Sequences *sequences)
{
    array_free(&sequences->source);
    array_free(&sequences->target);
}

size_t sequence_length(const float *row, size_t columns)
{
    size_t count = 0;
    while (count < columns && row[count] >= 0.0f)
        count++;
    return count;
}

size_t sequence_words(const float *row, size_t columns, size_t *words)
{
    size_t count = sequence_length(row, columns);
    for (size_t i = 0; i < count; i++)
        words[i] = (size_t)row[i];
    return count;
}
