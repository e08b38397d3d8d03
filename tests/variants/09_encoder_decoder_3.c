/* New words go through the decoder one at a time, even when many come at once, and their keys meet
 * chapter 7's attention without a mask: what is kept ends at the word itself. */
#include "encoder_decoder.h"

#include "dot_products.h"
#include "memory.h"
#include "positional_encoding.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>
#include <stdlib.h>

/* --- Words into rows, rows into words -------------------------------------------------------- */

static Status expect_words(const size_t *words, size_t count, size_t first,
                           const Embedding *embedding)
{
    size_t vocabulary = embedding->words.rows, places = embedding->positions.rows;
    for (size_t t = 0; t < count; t++)
        if (words[t] >= vocabulary)
            return fail(STATUS_VALUE, "embed: word %zu is number %zu, but there are only %zu words",
                        t, words[t], vocabulary);
    if (embedding->positions.data != NULL && (first > places || count > places - first))
        return fail(STATUS_VALUE,
                    "embed: %zu words from position %zu on, but there are only %zu positions",
                    count, first, places);
    return STATUS_OK;
}

static Status expect_embedding(const Embedding *embedding, size_t count, Matrix out)
{
    size_t d_model = embedding->words.cols;
    Status status = matrix_expect("embed", "out", out, count, d_model, "T x d_model");
    if (status == STATUS_OK && embedding->positions.data != NULL)
        status = matrix_expect("embed", "positions", embedding->positions,
                               embedding->positions.rows, d_model, "P x d_model");
    return status;
}

static void add_row(const float *row, Matrix out, size_t t)
{
    for (size_t c = 0; c < out.cols; c++)
        matrix_row(out, t)[c] += row[c];
}

Status embed(const size_t *words, size_t count, size_t first, const Embedding *embedding,
             Matrix out)
{
    Status status = expect_embedding(embedding, count, out);
    if (status == STATUS_OK)
        status = expect_words(words, count, first, embedding);
    if (status != STATUS_OK)
        return status;
    double root = sqrt((double)out.cols);
    for (size_t t = 0; t < count; t++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, t)[c] = (float)(root * matrix_row(embedding->words, words[t])[c]);
    if (embedding->positions.data == NULL)
        return add_positions(out, first, out);
    for (size_t t = 0; t < count; t++)
        add_row(matrix_row(embedding->positions, first + t), out, t);
    return STATUS_OK;
}

/* --- The decoder ----------------------------------------------------------------------------- */

static Status expect_memory(const char *function, Memory memory)
{
    if (memory.x.data != NULL)
        return STATUS_OK;
    return fail(STATUS_VALUE, "%s: the cross-attention has no memory to look at", function);
}

/* What an attention works with: itself, and what it looks at. */
typedef struct Sight {
    const MultiHeadLayer *layer;
    Memory memory;  /* for the cross-attention */
    Matrix weights; /* where they go */
    Matrix k, v;    /* with a cache: keys and values of all that is remembered */
    size_t past;    /* with a cache: how many there were before */
} Sight;

/* A step of a block: makes something of its input. Both are T x d_model. */
typedef Status (*StepFunction)(const void *step, Matrix input, Matrix result);

static Status look_at_target(const void *step, Matrix input, Matrix result)
{
    const Sight *sight = step;
    AttentionMask mask = {.causal = true};
    return masked_multi_head_attention(input, NO_MATRIX, sight->layer, &mask, sight->weights,
                                       result);
}

static Status look_at_memory(const void *step, Matrix input, Matrix result)
{
    const Sight *sight = step;
    return cross_attention(input, sight->memory, sight->layer, sight->weights, result);
}

static Status think(const void *step, Matrix input, Matrix result)
{
    return feed_forward(input, step, result);
}

/* One step with its residual path and its norm, from x into x. */
static Status take_step(const DecoderBlock *block, const LayerNorm *norm, StepFunction function,
                        const void *step, Matrix x)
{
    Matrix input = NO_MATRIX, result = NO_MATRIX;
    Status status = matrix_create(x.rows, x.cols, &input);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &result);
    if (status == STATUS_OK)
        status = sublayer_input(x, norm, block->norm_place, input);
    if (status == STATUS_OK)
        status = function(step, input, result);
    if (status == STATUS_OK)
        status = sublayer_output(x, result, norm, block->norm_place, x);
    matrix_free(&input);
    matrix_free(&result);
    return status;
}

/* An attention step whose weights go where they are wanted, or nowhere. */
static Status attention_step(const DecoderBlock *block, const LayerNorm *norm,
                             StepFunction function, Sight sight, size_t keys, Matrix x)
{
    Matrix room = NO_MATRIX;
    Status status = STATUS_OK;
    if (sight.weights.data == NULL) {
        status = matrix_create(sight.layer->heads * x.rows, keys, &room);
        sight.weights = room;
    }
    if (status == STATUS_OK)
        status = take_step(block, norm, function, &sight, x);
    matrix_free(&room);
    return status;
}

/* The three steps, from x into x. */
static Status run_block(const DecoderBlock *block, Memory memory, DecoderWeights weights, Matrix x)
{
    Sight self = {.layer = &block->self_attention, .weights = weights.self};
    Sight cross = {.layer = &block->cross_attention, .memory = memory, .weights = weights.cross};
    Status status = STATUS_OK;
    if (self.layer->w_q.data != NULL)
        status = attention_step(block, &block->norm_1, look_at_target, self, x.rows, x);
    if (status == STATUS_OK && cross.layer->w_q.data != NULL)
        status = attention_step(block, &block->norm_2, look_at_memory, cross, memory.x.rows, x);
    if (status == STATUS_OK && block->feed_forward.w_1.data != NULL)
        status = take_step(block, &block->norm_3, think, &block->feed_forward, x);
    return status;
}

static void clear(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = 0.0f;
}

/* How many heads of a stack's attentions there are; of one that is left out, none. */
static size_t heads_of(const MultiHeadLayer *layer)
{
    return layer->w_q.data != NULL ? layer->heads : 0;
}

static Status expect_outputs(const char *function, Matrix x, Memory memory, const Decoder *stack,
                             DecoderWeights weights, Matrix out)
{
    size_t self = 0, cross = 0;
    Status status = matrix_expect(function, "out", out, x.rows, x.cols, "T x d_model");
    for (size_t i = 0; i < stack->count; i++) {
        self += heads_of(&stack->blocks[i].self_attention);
        cross += heads_of(&stack->blocks[i].cross_attention);
    }
    if (status == STATUS_OK && cross > 0)
        status = expect_memory(function, memory);
    if (status == STATUS_OK && weights.self.data != NULL)
        status = matrix_expect(function, "weights of the self-attention", weights.self,
                               self * x.rows, x.rows, "all heads T x T");
    if (status == STATUS_OK && weights.cross.data != NULL)
        status = matrix_expect(function, "weights of the cross-attention", weights.cross,
                               cross * x.rows, memory.x.rows, "all heads T x S");
    return status;
}

/* The next rows of the weights, those of one attention; moves past them. */
static Status next_rows(Matrix weights, const MultiHeadLayer *layer, size_t tokens, size_t *first,
                        Matrix *rows)
{
    size_t count = heads_of(layer) * tokens;
    *rows = NO_MATRIX;
    Status status = STATUS_OK;
    if (weights.data != NULL)
        status = matrix_rows(weights, *first, count, rows);
    *first += count;
    return status;
}

static Status run_blocks(const Decoder *stack, Memory memory, DecoderWeights weights, Matrix x)
{
    Status status = STATUS_OK;
    size_t self = 0, cross = 0; /* where the next block's weights begin */
    for (size_t i = 0; status == STATUS_OK && i < stack->count; i++) {
        const DecoderBlock *block = &stack->blocks[i];
        DecoderWeights rows;
        status = next_rows(weights.self, &block->self_attention, x.rows, &self, &rows.self);
        if (status == STATUS_OK)
            status = next_rows(weights.cross, &block->cross_attention, x.rows, &cross, &rows.cross);
        if (status == STATUS_OK)
            status = run_block(block, memory, rows, x);
    }
    return status;
}

/* A decoder of any number of blocks; `function` is who speaks in messages. */
static Status run_decoder(const char *function, Matrix x, Memory memory, const Decoder *stack,
                          DecoderWeights weights, Matrix out)
{
    Status status = expect_outputs(function, x, memory, stack, weights, out);
    if (status != STATUS_OK)
        return status;
    if (x.data != out.data)
        status = matrix_copy(x, out);
    if (status == STATUS_OK)
        status = run_blocks(stack, memory, weights, out);
    if (status == STATUS_OK && stack->has_norm)
        status = layer_norm(out, &stack->norm, out);
    if (status != STATUS_OK) {
        clear(weights.self);
        clear(weights.cross);
        clear(out);
    }
    return status;
}

Status decoder_block(Matrix x, Memory memory, const DecoderBlock *block, DecoderWeights weights,
                     Matrix out)
{
    Decoder alone = {.blocks = block, .count = 1};
    return run_decoder("decoder_block", x, memory, &alone, weights, out);
}

Status decoder(Matrix x, Memory memory, const Decoder *stack, DecoderWeights weights, Matrix out)
{
    return run_decoder("decoder", x, memory, stack, weights, out);
}

/* --- Choosing -------------------------------------------------------------------------------- */

/* Whether word a is more likely than word b. Of equal ones the first counts, and a NaN never does.
 */
static bool is_better(Matrix logits, size_t a, size_t b)
{
    float x = logits.data[a], y = logits.data[b];
    if (isnan(x) || isnan(y))
        return isnan(x) ? isnan(y) && a < b : true;
    return x > y || (x == y && a < b);
}

/* The best of a range: the better one of the best of its halves. */
static size_t best_between(Matrix logits, size_t low, size_t high)
{
    if (high - low <= 1)
        return low;
    size_t middle = low + (high - low) / 2;
    size_t left = best_between(logits, low, middle), right = best_between(logits, middle, high);
    return is_better(logits, right, left) ? right : left;
}

size_t greedy_word(Matrix logits)
{
    return best_between(logits, 0, logits.cols);
}

static size_t count_better(Matrix logits, size_t word)
{
    size_t count = 0;
    for (size_t other = 0; other < logits.cols; other++)
        count += is_better(logits, other, word);
    return count;
}

/* exp((logit - greatest) / t) of the words that are sampled from, then each over their sum. */
Status word_probabilities(Matrix logits, const Sampling *sampling, Matrix probabilities)
{
    size_t words = logits.cols, k = sampling->top_k > 0 ? sampling->top_k : words;
    double sum = 0.0, t = (double)sampling->temperature;
    Status status = matrix_expect("word_probabilities", "logits", logits, 1, words, "1 x V");
    if (status == STATUS_OK)
        status =
            matrix_expect("word_probabilities", "probabilities", probabilities, 1, words, "1 x V");
    if (status != STATUS_OK)
        return status;
    if (!isfinite(t) || t <= 0.0)
        return fail(STATUS_VALUE, "word_probabilities: the temperature is %g", t);
    double *shares = memory_allocate(words, sizeof *shares);
    if (shares == NULL)
        return STATUS_NO_MEMORY;
    double greatest = words > 0 ? logits.data[greedy_word(logits)] : 0.0;
    for (size_t word = 0; word < words; word++) {
        if (count_better(logits, word) < k)
            shares[word] = exp((logits.data[word] - greatest) / t);
        sum += shares[word];
    }
    for (size_t word = 0; word < words; word++)
        probabilities.data[word] = (float)(shares[word] / sum);
    free(shares);
    return STATUS_OK;
}

/* From the back: the last word that begins at or before u. */
size_t draw_word(Matrix probabilities, double u)
{
    size_t word = 0;
    double begin = 0.0;
    for (size_t w = 0; w < probabilities.cols; w++) {
        if (probabilities.data[w] > 0.0f && begin <= u)
            word = w;
        begin += probabilities.data[w];
    }
    return word;
}

Status choose_word(Matrix logits, const Sampling *sampling, Random *random, size_t *word)
{
    Matrix probabilities;
    if (sampling->temperature == 0.0f) {
        *word = greedy_word(logits);
        return STATUS_OK;
    }
    Status status = matrix_create(1, logits.cols, &probabilities);
    if (status == STATUS_OK)
        status = word_probabilities(logits, sampling, probabilities);
    if (status == STATUS_OK)
        *word = draw_word(probabilities, random_uniform(random));
    matrix_free(&probabilities);
    return status;
}

/* --- Remembering ----------------------------------------------------------------------------- */

static Status remember_memory(const MultiHeadLayer *layer, Memory memory, BlockCache *cache)
{
    Status status = expect_memory("decoder_cache_create", memory);
    if (status == STATUS_OK && memory.padding > memory.x.rows)
        status = fail(STATUS_VALUE, "decoder_cache_create: more padding than memory");
    if (status == STATUS_OK)
        status = matrix_create(memory.x.rows, layer->w_k.cols, &cache->memory_k);
    if (status == STATUS_OK)
        status = matrix_create(memory.x.rows, layer->w_v.cols, &cache->memory_v);
    if (status == STATUS_OK)
        status = linear(memory.x, layer->w_k, layer->b_k, cache->memory_k);
    if (status == STATUS_OK)
        status = linear(memory.x, layer->w_v, layer->b_v, cache->memory_v);
    return status;
}

static Status block_cache_create(const DecoderBlock *block, Memory memory, size_t limit,
                                 BlockCache *cache)
{
    Status status = matrix_create(limit, block->self_attention.w_k.cols, &cache->k);
    if (status == STATUS_OK)
        status = matrix_create(limit, block->self_attention.w_v.cols, &cache->v);
    if (status == STATUS_OK && block->cross_attention.w_q.data != NULL)
        status = remember_memory(&block->cross_attention, memory, cache);
    return status;
}

Status decoder_cache_create(const Decoder *stack, Memory memory, size_t limit, DecoderCache *cache)
{
    *cache = (DecoderCache){.limit = limit, .padding = memory.padding};
    cache->blocks = memory_allocate(stack->count, sizeof *cache->blocks);
    if (cache->blocks == NULL) {
        decoder_cache_free(cache);
        return STATUS_NO_MEMORY;
    }
    cache->block_count = stack->count;
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < stack->count; i++)
        status = block_cache_create(&stack->blocks[i], memory, limit, &cache->blocks[i]);
    if (status != STATUS_OK)
        decoder_cache_free(cache);
    return status;
}

/* Attention of all heads to keys and values that are there already. */
static Status look_at(const Sight *sight, Matrix input, const AttentionMask *mask, Matrix result)
{
    const MultiHeadLayer *layer = sight->layer;
    HeadMatrices all = {.k = sight->k, .v = sight->v}, one;
    Matrix weights;
    Status status = matrix_create(input.rows, layer->w_q.cols, &all.q);
    if (status == STATUS_OK)
        status = matrix_create(input.rows, layer->w_v.cols, &all.concat);
    if (status == STATUS_OK)
        status = linear(input, layer->w_q, layer->b_q, all.q); /* n x heads d_k */
    for (size_t h = 0; status == STATUS_OK && h < layer->heads; h++) {
        status = multi_head_select(&all, layer->heads, h, &one);
        if (status == STATUS_OK)
            status = matrix_rows(sight->weights, h * input.rows, input.rows, &weights);
        if (status == STATUS_OK)
            status = masked_attention(one.q, one.k, one.v, attention_scale(one.q.cols), mask,
                                      weights, one.concat);
    }
    if (status == STATUS_OK)
        status = multi_head_output(all.concat, layer, result);
    matrix_free(&all.q);
    matrix_free(&all.concat);
    return status;
}

/* Writes the new words' rows of a cache, after those that are there. */
static Status append(Matrix input, Matrix w, Matrix b, size_t past, Matrix cache)
{
    Matrix rows;
    Status status = matrix_rows(cache, past, input.rows, &rows);
    if (status == STATUS_OK)
        status = linear(input, w, b, rows);
    return status;
}

static Status look_at_kept_target(const void *step, Matrix input, Matrix result)
{
    Sight sight = *(const Sight *)step;
    const MultiHeadLayer *layer = sight.layer;
    Status status = append(input, layer->w_k, layer->b_k, sight.past, sight.k);
    if (status == STATUS_OK)
        status = append(input, layer->w_v, layer->b_v, sight.past, sight.v);
    if (status == STATUS_OK)
        status = matrix_rows(sight.k, 0, sight.past + input.rows, &sight.k);
    if (status == STATUS_OK)
        status = matrix_rows(sight.v, 0, sight.past + input.rows, &sight.v);
    if (status == STATUS_OK)
        status = look_at(&sight, input, &NO_MASK, result);
    return status;
}

static Status look_at_kept_memory(const void *step, Matrix input, Matrix result)
{
    const Sight *sight = step;
    AttentionMask mask = {.padding = sight->memory.padding};
    return look_at(sight, input, &mask, result);
}

/* The three steps of a block with a cache, from x into x. */
static Status run_cached_block(const DecoderBlock *block, const BlockCache *kept,
                               const DecoderCache *cache, Matrix x)
{
    Sight self = {
        .layer = &block->self_attention, .k = kept->k, .v = kept->v, .past = cache->count};
    Sight cross = {.layer = &block->cross_attention,
                   .memory = {.padding = cache->padding},
                   .k = kept->memory_k,
                   .v = kept->memory_v};
    Status status = STATUS_OK;
    if (self.layer->w_q.data != NULL)
        status = attention_step(block, &block->norm_1, look_at_kept_target, self,
                                cache->count + x.rows, x);
    if (status == STATUS_OK && cross.layer->w_q.data != NULL)
        status = attention_step(block, &block->norm_2, look_at_kept_memory, cross, cross.k.rows, x);
    if (status == STATUS_OK && block->feed_forward.w_1.data != NULL)
        status = take_step(block, &block->norm_3, think, &block->feed_forward, x);
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

/* One new word, from its row into its row. */
static Status step_one(Matrix row, const Decoder *stack, const DecoderCache *cache)
{
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < stack->count; i++)
        status = run_cached_block(&stack->blocks[i], &cache->blocks[i], cache, row);
    if (status == STATUS_OK && stack->has_norm)
        status = layer_norm(row, &stack->norm, row);
    return status;
}

Status decoder_step(Matrix x, const Decoder *stack, DecoderCache *cache, Matrix out)
{
    size_t before = cache->count;
    Matrix row;
    Status status = expect_room(x, stack, cache, out);
    if (status != STATUS_OK)
        return status;
    status = matrix_copy(x, out);
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++) {
        status = matrix_rows(out, t, 1, &row);
        if (status == STATUS_OK)
            status = step_one(row, stack, cache);
        cache->count++;
    }
    if (status != STATUS_OK) {
        cache->count = before;
        clear(out);
    }
    return status;
}

/* --- Writing --------------------------------------------------------------------------------- */

/* The logits of the last row, from new rows at position `first` on. */
static Status run_model(const LanguageModel *model, Memory memory, const size_t *words, Matrix x,
                        DecoderCache *cache, Matrix logits)
{
    Matrix out = NO_MATRIX, last;
    size_t first = cache != NULL ? cache->count : 0;
    Status status = embed(words + first, x.rows, first, &model->embedding, x);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &out);
    if (status == STATUS_OK)
        status = cache != NULL ? decoder_step(x, &model->decoder, cache, out)
                               : decoder(x, memory, &model->decoder, NO_WEIGHTS, out);
    if (status == STATUS_OK)
        status = matrix_rows(out, x.rows - 1, 1, &last);
    if (status == STATUS_OK)
        status = vocabulary_logits(last, model->embedding.words, logits);
    matrix_free(&out);
    return status;
}

Status next_word_logits(const LanguageModel *model, Memory memory, const Text *text,
                        DecoderCache *cache, Matrix logits)
{
    Matrix x;
    size_t known = cache != NULL ? cache->count : 0;
    if (text->count <= known)
        return fail(STATUS_VALUE,
                    "next_word_logits: %zu words are known, and the text has no more than %zu",
                    known, text->count);
    Status status = matrix_expect("next_word_logits", "logits", logits, 1,
                                  model->embedding.words.rows, "1 x V");
    if (status == STATUS_OK)
        status = matrix_create(text->count - known, model->embedding.words.cols, &x);
    if (status != STATUS_OK)
        return status;
    status = run_model(model, memory, text->words, x, cache, logits);
    matrix_free(&x);
    return status;
}

Status generate(const LanguageModel *model, Memory memory, const Sampling *sampling, Random *random,
                DecoderCache *cache, Text *text)
{
    Matrix logits;
    bool is_complete = false;
    Status status = matrix_create(1, model->embedding.words.rows, &logits);
    while (status == STATUS_OK && !is_complete && text->count < text->limit) {
        size_t word = 0;
        status = next_word_logits(model, memory, text, cache, logits);
        if (status == STATUS_OK)
            status = choose_word(logits, sampling, random, &word);
        if (status == STATUS_OK) {
            text->words[text->count++] = word;
            is_complete = word == text->stop;
        }
    }
    matrix_free(&logits);
    return status;
}
