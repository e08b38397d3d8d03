#include "nearest.h"

#include "dot_products.h"
#include "example.h"

#include <stddef.h>

void name_nearest(const float *vector, const char **words, float *cosines)
{
    for (size_t n = 0; n < LIVE_NEAREST; n++) {
        words[n] = NULL;
        cosines[n] = -2.0f; /* less than any cosine */
    }
    for (size_t i = 0; vocabulary_word(i) != NULL; i++) {
        float cosine = cosine_similarity(vector, vocabulary_vector(i), EXAMPLE_D_MODEL);
        size_t place = 0; /* after those that are nearer or came first */
        while (place < LIVE_NEAREST && !(cosine > cosines[place]))
            place++;
        for (size_t n = LIVE_NEAREST - 1; place < n; n--) {
            words[n] = words[n - 1];
            cosines[n] = cosines[n - 1];
        }
        if (place < LIVE_NEAREST) {
            words[place] = vocabulary_word(i);
            cosines[place] = cosine;
        }
    }
}
