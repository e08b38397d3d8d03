/* The glue between the book's page and the heads of chapter 4. */
#include "live.h"

#include "head_splitting.h"
#include "self_attention.h"

/* Where the numbers of each head lie, counted from the first float of the matrix. */
static Status find_views(Matrix q, LiveMemory *shown)
{
    Status status = STATUS_OK;
    Matrix head;
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        TRY(head_view(q, EXAMPLE_HEADS, h, &head));
        for (size_t t = 0; t < head.rows; t++)
            for (size_t c = 0; c < head.cols; c++)
                shown->views[h][t][c] = (float)(matrix_row(head, t) + c - q.data);
    }
done:
    return status;
}

const LiveMemory *live_memory(void)
{
    static LiveMemory shown;
    Status status = STATUS_OK;
    float order[LIVE_FLOATS];
    Sentence words = {0};
    Matrix q = NO_MATRIX;
    for (size_t i = 0; i < LIVE_FLOATS; i++)
        order[i] = (float)i;
    TRY(sentence_create(EXAMPLE_RIVER, &words));
    TRY(project("w_q", words.x, example_layer().w_q, &q));
    TRY(matrix_copy(q, matrix_view(shown.values[0], LIVE_WORDS, EXAMPLE_D_MODEL)));
    TRY(find_views(q, &shown));
    TRY(split_heads(matrix_view(order, LIVE_WORDS, EXAMPLE_D_MODEL), EXAMPLE_HEADS,
                    matrix_view(shown.copies, LIVE_WORDS * EXAMPLE_HEADS, EXAMPLE_D_K)));
done:
    matrix_free(&q);
    sentence_free(&words);
    return status == STATUS_OK ? &shown : NULL;
}
