/* The glue between the book's page and chapter 10's attention, block by block. */
#include "live.h"

#include "example_under_mask.h"
#include "fast_attention.h"
#include "self_attention.h"

#include <math.h>

/* What is blocked scores minus infinity, as blockwise_attention() has it. */
static void mask_row(const AttentionMask *mask, size_t query, float *scores)
{
    for (size_t key = 0; key < LIVE_WORDS; key++)
        if (!may_attend(mask, query, key, LIVE_WORDS))
            scores[key] = -INFINITY;
}

/* One query: what is known of it after each block of keys. */
static Status follow(size_t query, size_t block, Matrix v, LiveTiles *shown)
{
    Status status = STATUS_OK;
    Matrix values;
    float kept[EXAMPLE_D_K];
    OnlineAttention state = online_attention_start(kept, EXAMPLE_D_K);
    size_t visible = (size_t)shown->visible[query];
    for (size_t first = 0; first < visible; first += block) {
        size_t keys = first + block < visible ? block : visible - first, step = first / block;
        float before = state.maximum;
        TRY(matrix_rows(v, first, keys, &values));
        online_attention_add(&state, shown->scores[query] + first, values);
        shown->maxima[query][step] = state.maximum;
        shown->factors[query][step] = expf(before - state.maximum);
        shown->sums[query][step] = state.sum;
        for (size_t c = 0; c < EXAMPLE_D_K; c++)
            shown->values[query][step][c] = kept[c];
    }
    online_attention_finish(&state, shown->results[query]);
done:
    return status;
}

static Status follow_all(Sentence words, size_t block, const AttentionMask *mask, LiveTiles *shown)
{
    Status status = STATUS_OK;
    Matrix v = NO_MATRIX;
    TRY(sense_scores(words, matrix_view(shown->scores[0], LIVE_WORDS, LIVE_WORDS)));
    TRY(project("w_v", words.x, example_layer().heads[0].w_v, &v));
    for (size_t query = 0; query < LIVE_WORDS; query++) {
        size_t first = query / block * block;
        size_t queries = first + block < LIVE_WORDS ? block : LIVE_WORDS - first;
        shown->visible[query] = (float)visible_keys(mask, first, queries, LIVE_WORDS);
        mask_row(mask, query, shown->scores[query]);
        TRY(follow(query, block, v, shown));
    }
done:
    matrix_free(&v);
    return status;
}

const LiveTiles *live_tiles(size_t block, bool causal)
{
    static LiveTiles shown;
    Status status = STATUS_OK;
    AttentionMask mask = {.causal = causal};
    Sentence words = {0};
    if (block == 0 || block > LIVE_WORDS) {
        (void)fail(STATUS_VALUE, "there is no block of %zu", block);
        return NULL;
    }
    TRY(sentence_create(EXAMPLE_RIVER, &words));
    TRY(follow_all(words, block, &mask, &shown));
done:
    sentence_free(&words);
    return status == STATUS_OK ? &shown : NULL;
}
