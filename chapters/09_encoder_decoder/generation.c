/* Generation: the decoder on new words only, with a cache of what it needs of the others. */
#include "encoder_decoder.h"

#include "memory.h"
#include "self_attention.h"

#include <stdlib.h>

/* --- The cache ------------------------------------------------------------------------------- */

static Status keep_memory(const MultiHeadLayer *layer, Memory memory, BlockCache *kept)
{
    Status status = STATUS_OK;
    if (memory.x.data == NULL)
        return fail(STATUS_VALUE,
                    "decoder_cache_create: the cross-attention has no memory to look at");
    if (memory.padding > memory.x.rows)
        return fail(STATUS_VALUE, "decoder_cache_create: of %zu rows of the memory %zu are padding",
                    memory.x.rows, memory.padding);
    TRY(matrix_create(memory.x.rows, layer->w_k.cols, &kept->memory_k));
    TRY(matrix_create(memory.x.rows, layer->w_v.cols, &kept->memory_v));
    TRY(linear(memory.x, layer->w_k, layer->b_k, kept->memory_k));
    TRY(linear(memory.x, layer->w_v, layer->b_v, kept->memory_v));
done:
    return status;
}

static Status block_cache_create(const DecoderBlock *block, Memory memory, size_t limit,
                                 BlockCache *kept)
{
    Status status = STATUS_OK;
    TRY(matrix_create(limit, block->self_attention.w_k.cols, &kept->k));
    TRY(matrix_create(limit, block->self_attention.w_v.cols, &kept->v));
    if (block->cross_attention.w_q.data != NULL)
        TRY(keep_memory(&block->cross_attention, memory, kept));
done:
    return status;
}

Status decoder_cache_create(const Decoder *stack, Memory memory, size_t limit, DecoderCache *cache)
{
    Status status = STATUS_OK;
    *cache = (DecoderCache){.limit = limit, .padding = memory.padding};
    cache->blocks = memory_allocate(stack->count, sizeof *cache->blocks);
    if (cache->blocks != NULL)
        cache->block_count = stack->count;
    else
        status = STATUS_NO_MEMORY;
    for (size_t i = 0; i < cache->block_count; i++)
        TRY(block_cache_create(&stack->blocks[i], memory, limit, &cache->blocks[i]));
done:
    if (status != STATUS_OK)
        decoder_cache_free(cache);
    return status;
}

void decoder_cache_free(DecoderCache *cache)
{
    for (size_t i = 0; i < cache->block_count; i++) {
        matrix_free(&cache->blocks[i].k);
        matrix_free(&cache->blocks[i].v);
        matrix_free(&cache->blocks[i].memory_k);
        matrix_free(&cache->blocks[i].memory_v);
    }
    free(cache->blocks);
    *cache = (DecoderCache){.blocks = NULL};
}

/* --- The decoder on new words ---------------------------------------------------------------- */

static Status attend_head(const HeadMatrices *all, size_t heads, size_t head,
                          const AttentionMask *mask, Matrix weights)
{
    HeadMatrices one;
    Matrix rows;
    Status status = STATUS_OK;
    TRY(multi_head_select(all, heads, head, &one));
    TRY(matrix_rows(weights, head * one.q.rows, one.q.rows, &rows));
    TRY(masked_attention(one.q, one.k, one.v, attention_scale(one.q.cols), mask, rows, one.concat));
done:
    return status;
}

/* What an attention looks at, when keys and values are there already. */
typedef struct AttentionInput {
    Matrix k, v;
    AttentionMask mask;
} AttentionInput;

/* Chapter 7's layer without the keys and values that it makes. */
static Status attend_to_kept(Matrix x, const AttentionInput *kept, const MultiHeadLayer *layer,
                             Matrix out)
{
    HeadMatrices all = {.k = kept->k, .v = kept->v};
    Matrix weights = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(layer->heads * x.rows, kept->k.rows, &weights));
    TRY(matrix_create(x.rows, layer->w_q.cols, &all.q));
    TRY(matrix_create(x.rows, layer->w_v.cols, &all.concat));
    TRY(linear(x, layer->w_q, layer->b_q, all.q)); /* n x heads d_k */
    for (size_t h = 0; h < layer->heads; h++)
        TRY(attend_head(&all, layer->heads, h, &kept->mask, weights));
    TRY(multi_head_output(all.concat, layer, out)); /* n x d_model */
done:
    matrix_free(&weights);
    matrix_free(&all.q);
    matrix_free(&all.concat);
    return status;
}

/* Adds rows to a cache after the `past` that are there; gives all of them. */
static Status append(Matrix x, Matrix w, Matrix b, size_t past, Matrix cache, Matrix *all)
{
    Matrix rows;
    Status status = STATUS_OK;
    TRY(matrix_rows(cache, past, x.rows, &rows));
    TRY(linear(x, w, b, rows));
    TRY(matrix_rows(cache, 0, past + x.rows, all));
done:
    return status;
}

static Status attend_to_kept_target(Matrix x, const MultiHeadLayer *layer, const BlockCache *cache,
                                    size_t past, Matrix out)
{
    AttentionInput kept = {.mask = {.causal = true, .past = past}};
    Status status = STATUS_OK;
    TRY(append(x, layer->w_k, layer->b_k, past, cache->k, &kept.k)); /* past + n rows */
    TRY(append(x, layer->w_v, layer->b_v, past, cache->v, &kept.v));
    TRY(attend_to_kept(x, &kept, layer, out));
done:
    return status;
}

static Status attend_to_kept_memory(Matrix x, const MultiHeadLayer *layer, const BlockCache *cache,
                                    size_t padding, Matrix out)
{
    AttentionInput kept = {cache->memory_k, cache->memory_v, {.padding = padding}};
    return attend_to_kept(x, &kept, layer, out);
}

/* The block of chapter 9's decoder once more, for new words only. */
static Status step_block(const DecoderBlock *block, const BlockCache *kept,
                         const DecoderCache *cache, Matrix x)
{
    NormPlace place = block->norm_place;
    Matrix input = NO_MATRIX, result = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(x.rows, x.cols, &input));  /* n x d_model */
    TRY(matrix_create(x.rows, x.cols, &result)); /* n x d_model */
    if (block->self_attention.w_q.data != NULL) {
        TRY(sublayer_input(x, &block->norm_1, place, input));
        TRY(attend_to_kept_target(input, &block->self_attention, kept, cache->count, result));
        TRY(sublayer_output(x, result, &block->norm_1, place, x));
    }
    if (block->cross_attention.w_q.data != NULL) {
        TRY(sublayer_input(x, &block->norm_2, place, input));
        TRY(attend_to_kept_memory(input, &block->cross_attention, kept, cache->padding, result));
        TRY(sublayer_output(x, result, &block->norm_2, place, x));
    }
    if (block->feed_forward.w_1.data != NULL) {
        TRY(sublayer_input(x, &block->norm_3, place, input));
        TRY(feed_forward(input, &block->feed_forward, result));
        TRY(sublayer_output(x, result, &block->norm_3, place, x));
    }
done:
    matrix_free(&input);
    matrix_free(&result);
    return status;
}

static Status expect_room(Matrix x, const Decoder *stack, const DecoderCache *cache, Matrix out)
{
    if (cache->block_count != stack->count)
        return fail(STATUS_VALUE, "decoder_step: the cache has %zu blocks, but the decoder has %zu",
                    cache->block_count, stack->count);
    if (x.rows > cache->limit - cache->count)
        return fail(STATUS_VALUE, "decoder_step: %zu new words, but of %zu places %zu are taken",
                    x.rows, cache->limit, cache->count);
    return matrix_expect("decoder_step", "out", out, x.rows, x.cols, "n x d_model");
}

Status decoder_step(Matrix x, const Decoder *stack, DecoderCache *cache, Matrix out)
{
    Matrix rows = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(expect_room(x, stack, cache, out));
    TRY(matrix_create(x.rows, x.cols, &rows)); /* n x d_model */
    TRY(matrix_copy(x, rows));
    for (size_t i = 0; i < stack->count; i++)
        TRY(step_block(&stack->blocks[i], &cache->blocks[i], cache, rows));
    if (stack->has_norm)
        TRY(layer_norm(rows, &stack->norm, rows));
    TRY(matrix_copy(rows, out));
    cache->count += x.rows;
done:
    matrix_free(&rows);
    return status;
}

/* --- Word after word ------------------------------------------------------------------------- */

/* What the decoder makes of the words that are new to the cache; of all, if there is none. */
static Status run_new_words(const LanguageModel *model, Memory memory, const Text *text,
                            DecoderCache *cache, Matrix out)
{
    size_t first = text->count - out.rows;
    Matrix x = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(out.rows, out.cols, &x));
    TRY(embed(text->words + first, x.rows, first, &model->embedding, x));
    if (cache != NULL)
        TRY(decoder_step(x, &model->decoder, cache, out));
    else
        TRY(decoder(x, memory, &model->decoder, NO_WEIGHTS, out));
done:
    matrix_free(&x);
    return status;
}

Status next_word_logits(const LanguageModel *model, Memory memory, const Text *text,
                        DecoderCache *cache, Matrix logits)
{
    size_t known = cache != NULL ? cache->count : 0;
    Matrix words = model->embedding.words, out = NO_MATRIX, last;
    Status status = STATUS_OK;
    if (text->count <= known)
        return fail(STATUS_VALUE,
                    "next_word_logits: %zu words are known, and the text has no more than %zu",
                    known, text->count);
    TRY(matrix_expect("next_word_logits", "logits", logits, 1, words.rows, "1 x V"));
    TRY(matrix_create(text->count - known, words.cols, &out)); /* n x d_model */
    TRY(run_new_words(model, memory, text, cache, out));
    TRY(matrix_rows(out, out.rows - 1, 1, &last));
    TRY(vocabulary_logits(last, words, logits));
done:
    matrix_free(&out);
    return status;
}

Status generate(const LanguageModel *model, Memory memory, const Sampling *sampling, Random *random,
                DecoderCache *cache, Text *text)
{
    bool is_complete = false;
    Matrix logits = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(1, model->embedding.words.rows, &logits));
    while (!is_complete && text->count < text->limit) {
        size_t word = 0;
        TRY(next_word_logits(model, memory, text, cache, logits));
        TRY(choose_word(logits, sampling, random, &word));
        text->words[text->count++] = word;
        is_complete = word == text->stop;
    }
done:
    matrix_free(&logits);
    return status;
}
