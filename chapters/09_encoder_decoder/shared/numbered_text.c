#include "numbered_text.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of a word; a new one if it has none. */
static size_t number_of(NumberedText *numbered, const char *word)
{
    for (size_t i = 0; i < numbered->vocabulary; i++)
        if (strcmp(numbered->names[i], word) == 0)
            return i;
    numbered->names[numbered->vocabulary] = word;
    return numbered->vocabulary++;
}

Status numbered_text_create(Sentence sentence, bool in_front, size_t room, NumberedText *result)
{
    size_t count = sentence.count + 1, limit = count + room;
    *result = (NumberedText){.text = {.limit = limit}};
    result->names = memory_allocate(count, sizeof *result->names);
    result->labels = memory_allocate(limit, sizeof *result->labels);
    result->text.words = memory_allocate(limit, sizeof *result->text.words);
    if (result->names == NULL || result->labels == NULL || result->text.words == NULL)
        return STATUS_NO_MEMORY;
    result->text.stop = number_of(result, ".");
    for (size_t t = 0; t < sentence.count; t++)
        result->text.words[in_front ? t + 1 : t] = number_of(result, sentence.words[t]);
    result->text.count = count;
    numbered_text_label(result);
    return STATUS_OK;
}

void numbered_text_label(NumberedText *numbered)
{
    for (size_t t = 0; t < numbered->text.count; t++)
        numbered->labels[t] = numbered->names[numbered->text.words[t]];
}

void print_words(const NumberedText *numbered, const size_t *words, size_t count)
{
    for (size_t t = 0; t < count; t++)
        printf("%s%s", t > 0 ? " " : "", numbered->names[words[t]]);
}

void numbered_text_free(NumberedText *numbered)
{
    free(numbered->names);
    free(numbered->labels);
    free(numbered->text.words);
    *numbered = (NumberedText){.names = NULL};
}
