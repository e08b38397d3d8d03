/* The glue between the book's page and the vectors of chapter 1. */
#include "live.h"

#include "dot_products.h"

#include <string.h>

const float *live_vector(size_t word)
{
    static float shown[EXAMPLE_D_MODEL];
    Status status = STATUS_OK;
    Sentence words = {0};
    TRY(sentence_create(EXAMPLE_RIVER, &words));
    if (word >= words.count)
        status = fail(STATUS_VALUE, "there is no word %zu", word);
    else
        memcpy(shown, matrix_row(words.x, word), sizeof shown);
done:
    sentence_free(&words);
    return status == STATUS_OK ? shown : NULL;
}

const LiveArrows *live_arrows(float ax, float ay, float bx, float by)
{
    static LiveArrows shown;
    const float a[LIVE_PLANE] = {ax, ay}, b[LIVE_PLANE] = {bx, by};
    for (size_t i = 0; i < LIVE_PLANE; i++)
        shown.products[i] = dot_product(a + i, b + i, 1);
    shown.sum = dot_product(a, b, LIVE_PLANE);
    shown.lengths[0] = vector_length(a, LIVE_PLANE);
    shown.lengths[1] = vector_length(b, LIVE_PLANE);
    shown.cosine = cosine_similarity(a, b, LIVE_PLANE);
    shown.degrees = angle_degrees(a, b, LIVE_PLANE);
    return &shown;
}
