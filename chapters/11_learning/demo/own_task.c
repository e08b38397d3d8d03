#include "own_task.h"

#include "memory.h"
#include "program.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The reader's words have no names but their numbers. */
static const char *show_number(size_t word)
{
    static char number[8];
    snprintf(number, sizeof number, "%zu ", word % OWN_WORDS_MOST);
    return number;
}

/* What is tried with sequences of any task: few steps for few examples. */
static const LearningTask USUAL = {
    .name = "sequences",
    .about = "writes the reader's own sequences",
    .plan = {.encoder_blocks = 1, .decoder_blocks = 1},
    .steps = 600,
    .batch = 32,
    .rate = 4e-3,
    .warm_up = 100,
    .show = show_number,
};

/* --- One sequence ---------------------------------------------------------------------------- */

static Status expect_length(size_t option, size_t index, size_t length, size_t least, size_t most)
{
    if (length >= least && length <= most)
        return STATUS_OK;
    return fail(STATUS_VALUE, "--%s: sequence %zu has %zu words, expected %zu to %zu",
                program_option_name(option), index, length, least, most);
}

/* The full stop is the first word and the last one, and no other. */
static bool has_stops(const size_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((words[i] == TASK_STOP) != (i == 0 || i == count - 1))
            return false;
    return true;
}

static Status take_example(const SequenceOptions *places, const Sequences *given, size_t index,
                           TaskExample *made)
{
    Status status = STATUS_OK;
    Matrix source = array_matrix(given->source, 0), target = array_matrix(given->target, 0);
    const float *reads = matrix_row(source, index), *writes = matrix_row(target, index);
    size_t words[TASK_LONGEST + 1], count = sequence_length(writes, target.cols);
    made->source_count = sequence_length(reads, source.cols);
    TRY(expect_length(places->source, index, made->source_count, 1, TASK_LONGEST));
    TRY(expect_length(places->target, index, count, 2, TASK_LONGEST));
    sequence_words(reads, made->source_count, made->source);
    sequence_words(writes, count, words);
    if (!has_stops(words, count))
        TRY(fail(STATUS_VALUE, "--%s: sequence %zu must begin and end with a 0, and have no other",
                 program_option_name(places->target), index));
    made->target_count = count - 1;
    memcpy(made->target, words, made->target_count * sizeof *words);
    memcpy(made->right, words + 1, made->target_count * sizeof *words);
done:
    return status;
}

/* --- All of them ----------------------------------------------------------------------------- */

static size_t count_words(Array array)
{
    float most = 0.0f;
    for (size_t i = 0; i < array_size(array); i++)
        most = array.data[i] > most ? array.data[i] : most;
    return (size_t)most + 1;
}

static ModelPlan own_plan(const Sequences *given, const ModelChoices *choices, size_t d_model)
{
    size_t read = count_words(given->source), written = count_words(given->target);
    ModelPlan plan = USUAL.plan;
    plan.words = read > written ? read : written;
    plan.d_model = d_model;
    plan.d_ff = 2 * d_model;
    plan.heads = choices->heads;
    plan.norm_place = choices->norm_place;
    plan.activation = choices->activation;
    plan.epsilon = choices->epsilon;
    return plan;
}

Status own_task_create(const SequenceOptions *places, const ModelChoices *choices, size_t d_model,
                       OwnTask *own)
{
    Status status = STATUS_OK;
    size_t count = 0;
    *own = (OwnTask){.task = USUAL};
    TRY(sequences_read(places, OWN_WORDS_MOST, &own->given));
    count = array_rows(own->given.source);
    if (count == 0)
        TRY(fail(STATUS_VALUE, "--source has no sequences"));
    own->examples = memory_allocate(count, sizeof *own->examples);
    TRY(own->examples != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        TRY(take_example(places, &own->given, i, &own->examples[i]));
    own->task.plan = own_plan(&own->given, choices, d_model);
    own->task.pool = (TaskPool){own->examples, count};
done:
    return status;
}

void own_task_free(OwnTask *own)
{
    sequences_free(&own->given);
    free(own->examples);
    *own = (OwnTask){.examples = NULL};
}
