#include "edit_distance.h"

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

static size_t letters_of(const char *word)
{
    size_t count = 0;
    while (count < EDIT_DISTANCE_LETTERS && word[count] != '\0')
        count++;
    return count;
}

size_t edit_distance(const char *a, const char *b)
{
    /* The distances from the letters of `a` read so far to each prefix of `b`. */
    size_t row[EDIT_DISTANCE_LETTERS + 1];
    size_t rows = letters_of(a), columns = letters_of(b);
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smallest(changed, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[columns];
}
