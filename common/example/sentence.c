/* From the reader's words to their vectors. */
#include "example.h"

#include "edit_distance.h"
#include "memory.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest word that is looked up, with its NUL. A longer one is unknown anyway. */
enum { WORD_SIZE = 32 };
/* How many known words are offered for an unknown one. */
enum { NEAREST_COUNT = 3 };

static const char BLANKS[] = " \t\r\n";

/*
 * Copies the next word of the text, in lower case and without the punctuation around it. Moves the
 * text past it. An empty copy means that no word is left.
 */
static void next_word(const char **text, char word[WORD_SIZE])
{
    size_t length;
    do {
        const char *start = *text + strspn(*text, BLANKS);
        length = strcspn(start, BLANKS);
        *text = start + length;
        if (length == 0)
            break;
        while (length > 0 && ispunct((unsigned char)*start))
            start++, length--;
        while (length > 0 && ispunct((unsigned char)start[length - 1]))
            length--;
        if (length >= WORD_SIZE)
            length = WORD_SIZE - 1;
        for (size_t i = 0; i < length; i++)
            word[i] = (char)tolower((unsigned char)start[i]);
    } while (length == 0);
    word[length] = '\0';
}

/* The nearest known word after the bound, in order of distance and then of index. */
static size_t nearest_after(const char *word, size_t bound_distance, size_t bound_index)
{
    size_t best = SIZE_MAX, best_distance = SIZE_MAX;
    for (size_t i = 0; vocabulary_word(i) != NULL; i++) {
        size_t distance = edit_distance(word, vocabulary_word(i));
        bool is_after =
            distance > bound_distance || (distance == bound_distance && i > bound_index);
        if (is_after && distance < best_distance) {
            best = i;
            best_distance = distance;
        }
    }
    return best;
}

static Status unknown(const char *word)
{
    size_t near[NEAREST_COUNT];
    near[0] = nearest_after(word, 0, 0);
    for (size_t i = 1; i < NEAREST_COUNT; i++)
        near[i] =
            nearest_after(word, edit_distance(word, vocabulary_word(near[i - 1])), near[i - 1]);
    return fail(STATUS_VALUE, "unknown word \"%s\"; the nearest known ones are %s, %s and %s", word,
                vocabulary_word(near[0]), vocabulary_word(near[1]), vocabulary_word(near[2]));
}

static Status look_up(const char *word, size_t *index)
{
    for (*index = 0; vocabulary_word(*index) != NULL; ++*index)
        if (strcmp(word, vocabulary_word(*index)) == 0)
            return STATUS_OK;
    return unknown(word);
}

size_t sentence_beginning(const char *text, size_t most, size_t *count)
{
    char word[WORD_SIZE];
    const char *next = text, *end = text;
    for (*count = 0;; ++*count) {
        if (*count <= most)
            end = next;
        next_word(&next, word);
        if (word[0] == '\0')
            break;
    }
    return *count > most ? (size_t)(end - text) : strlen(text);
}

/* Fills the arrays that sentence_create() allocated. */
static Status fill(const char *text, size_t count, const char **words, Matrix x)
{
    Status status = STATUS_OK;
    for (size_t t = 0; t < count; t++) {
        char word[WORD_SIZE];
        size_t index;
        next_word(&text, word);
        TRY(look_up(word, &index));
        words[t] = vocabulary_word(index);
        memcpy(matrix_row(x, t), vocabulary_vector(index), EXAMPLE_D_MODEL * sizeof(float));
    }
done:
    return status;
}

Status sentence_create(const char *text, Sentence *result)
{
    Status status = STATUS_OK;
    size_t count;
    *result = (Sentence){0, NULL, NO_MATRIX};
    sentence_beginning(text, 0, &count);
    if (count == 0)
        return fail(STATUS_VALUE, "the sentence has no word; try \"%s\"", EXAMPLE_RIVER);
    const char **words = memory_allocate(count, sizeof *words);
    if (words == NULL)
        return STATUS_NO_MEMORY;
    *result = (Sentence){count, words, NO_MATRIX};
    TRY(matrix_create(count, EXAMPLE_D_MODEL, &result->x));
    TRY(fill(text, count, words, result->x));
done:
    if (status != STATUS_OK)
        sentence_free(result);
    return status;
}

void sentence_free(Sentence *sentence)
{
    free((void *)sentence->words);
    matrix_free(&sentence->x);
    *sentence = (Sentence){0, NULL, NO_MATRIX};
}

size_t sentence_focus(Sentence sentence)
{
    for (size_t t = 0; t < sentence.count; t++)
        if (strcmp(sentence.words[t], "bank") == 0)
            return t;
    return sentence.count - 1;
}
