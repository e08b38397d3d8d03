/* Attention in one pass over the keys, with chapter 2's online softmax, in double; the top k are
 * found by sorting; blocks and words follow each other by recursion. */
#include "encoder_decoder.h"

#include "dot_products.h"
#include "memory.h"
#include "positional_encoding.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Attention, row by row ------------------------------------------------------------------- */

/* The keys that a row sees: the first `base`, and one more for each row before it if causal. */
typedef struct View {
    Matrix k, v;
    size_t base;
    bool causal;
} View;

static size_t visible(View view, size_t row)
{
    return view.causal ? view.base + row + 1 : view.base;
}

static double scored(const float *q, const float *k, size_t d_k)
{
    double sum = 0.0;
    for (size_t c = d_k; c-- > 0;)
        sum += (double)q[c] * k[c];
    return sum / sqrt((double)d_k);
}

/* One head of one row. */
static void hear(const float *q, size_t d_k, size_t d_v, size_t head, View view, size_t seen,
                 float *weights, float *heard)
{
    OnlineSoftmax state = online_softmax_start();
    for (size_t j = 0; j < seen; j++)
        online_softmax_add(&state, (float)scored(q, matrix_row(view.k, j) + head * d_k, d_k));
    for (size_t c = 0; c < d_v; c++)
        heard[c] = 0.0f;
    for (size_t j = 0; j < view.k.rows; j++) {
        weights[j] = 0.0f;
        if (j >= seen)
            continue;
        weights[j] =
            online_softmax_weight(state, (float)scored(q, matrix_row(view.k, j) + head * d_k, d_k));
        for (size_t c = 0; c < d_v; c++)
            heard[c] += weights[j] * matrix_row(view.v, j)[head * d_v + c];
    }
}

static Status attend(Matrix x, const MultiHeadLayer *layer, View view, Matrix weights, Matrix out)
{
    Matrix q = NO_MATRIX, heard = NO_MATRIX;
    size_t d_k = layer->w_q.cols / layer->heads, d_v = layer->w_v.cols / layer->heads;
    Status status = matrix_create(x.rows, layer->w_q.cols, &q);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, layer->w_v.cols, &heard);
    if (status == STATUS_OK)
        status = linear(x, layer->w_q, layer->b_q, q);
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++)
        for (size_t h = 0; h < layer->heads; h++)
            hear(matrix_row(q, t) + h * d_k, d_k, d_v, h, view, visible(view, t),
                 matrix_row(weights, h * x.rows + t), matrix_row(heard, t) + h * d_v);
    if (status == STATUS_OK)
        status = linear(heard, layer->w_o, layer->b_o, out);
    matrix_free(&q);
    matrix_free(&heard);
    return status;
}

static Status project_both(Matrix x, const MultiHeadLayer *layer, Matrix k, Matrix v)
{
    Status status = linear(x, layer->w_k, layer->b_k, k);
    return status == STATUS_OK ? linear(x, layer->w_v, layer->b_v, v) : status;
}

static Status check_memory(Memory memory)
{
    if (memory.x.data == NULL)
        return fail(STATUS_VALUE, "the cross-attention has no memory to look at");
    if (memory.padding > memory.x.rows)
        return fail(STATUS_VALUE, "%zu rows of padding, but the memory has %zu", memory.padding,
                    memory.x.rows);
    return STATUS_OK;
}

Status cross_attention(Matrix x, Memory memory, const MultiHeadLayer *layer, Matrix weights,
                       Matrix out)
{
    Matrix k = NO_MATRIX, v = NO_MATRIX;
    Status status = check_memory(memory);
    if (status == STATUS_OK)
        status = multi_head_expect_shapes("cross_attention", x, memory.x, layer, weights, out);
    if (status == STATUS_OK)
        status = matrix_create(memory.x.rows, layer->w_k.cols, &k);
    if (status == STATUS_OK)
        status = matrix_create(memory.x.rows, layer->w_v.cols, &v);
    if (status == STATUS_OK)
        status = project_both(memory.x, layer, k, v);
    if (status == STATUS_OK)
        status =
            attend(x, layer, (View){k, v, memory.x.rows - memory.padding, false}, weights, out);
    matrix_free(&k);
    matrix_free(&v);
    return status;
}

/* --- The engine ------------------------------------------------------------------------------ */

static Status attention_with(Matrix x, const MultiHeadLayer *layer, const LayerNorm *norm,
                             NormPlace place, const BlockCache *kept, const DecoderCache *cache,
                             bool is_cross, Matrix weights)
{
    Matrix input = NO_MATRIX, own = NO_MATRIX, heard = NO_MATRIX, rows_k, rows_v;
    size_t past = cache->count, keys = is_cross ? kept->memory_k.rows : past + x.rows;
    View view = {is_cross ? kept->memory_k : kept->k, is_cross ? kept->memory_v : kept->v,
                 is_cross ? keys - cache->padding : past, !is_cross};
    view.k.rows = view.v.rows = keys;
    Status status = matrix_create(x.rows, x.cols, &input);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &heard);
    if (status == STATUS_OK && weights.data == NULL) {
        status = matrix_create(layer->heads * x.rows, keys, &own);
        weights = own;
    }
    if (status == STATUS_OK)
        status = sublayer_input(x, norm, place, input);
    if (status == STATUS_OK && !is_cross) {
        status = matrix_rows(kept->k, past, x.rows, &rows_k);
        if (status == STATUS_OK)
            status = matrix_rows(kept->v, past, x.rows, &rows_v);
        if (status == STATUS_OK)
            status = project_both(input, layer, rows_k, rows_v);
    }
    if (status == STATUS_OK)
        status = attend(input, layer, view, weights, heard);
    if (status == STATUS_OK)
        status = sublayer_output(x, heard, norm, place, x);
    matrix_free(&input);
    matrix_free(&own);
    matrix_free(&heard);
    return status;
}

static Status think(Matrix x, const DecoderBlock *block)
{
    Matrix both = NO_MATRIX, input, result;
    Status status = matrix_create(2 * x.rows, x.cols, &both);
    if (status == STATUS_OK)
        status = matrix_rows(both, 0, x.rows, &input);
    if (status == STATUS_OK)
        status = matrix_rows(both, x.rows, x.rows, &result);
    if (status == STATUS_OK)
        status = sublayer_input(x, &block->norm_3, block->norm_place, input);
    if (status == STATUS_OK)
        status = feed_forward(input, &block->feed_forward, result);
    if (status == STATUS_OK)
        status = sublayer_output(x, result, &block->norm_3, block->norm_place, x);
    matrix_free(&both);
    return status;
}

/* Takes the weights' next rows; none if nobody wants them. */
static Matrix cut(Matrix *weights, size_t rows)
{
    Matrix first = NO_MATRIX;
    if (weights->data == NULL)
        return first;
    first = *weights;
    first.rows = rows;
    weights->data += rows * weights->stride;
    weights->rows -= rows;
    return first;
}

/* The blocks from number i on. */
static Status run_from(size_t i, Matrix x, const Decoder *stack, DecoderCache *cache,
                       DecoderWeights weights)
{
    if (i == stack->count)
        return stack->has_norm ? layer_norm(x, &stack->norm, x) : STATUS_OK;
    const DecoderBlock *block = &stack->blocks[i];
    const MultiHeadLayer *self = &block->self_attention, *cross = &block->cross_attention;
    Status status = STATUS_OK;
    if (self->w_q.data != NULL)
        status = attention_with(x, self, &block->norm_1, block->norm_place, &cache->blocks[i],
                                cache, false, cut(&weights.self, self->heads * x.rows));
    if (status == STATUS_OK && cross->w_q.data != NULL)
        status = attention_with(x, cross, &block->norm_2, block->norm_place, &cache->blocks[i],
                                cache, true, cut(&weights.cross, cross->heads * x.rows));
    if (status == STATUS_OK && block->feed_forward.w_1.data != NULL)
        status = think(x, block);
    return status == STATUS_OK ? run_from(i + 1, x, stack, cache, weights) : status;
}

static Status run(Matrix x, const Decoder *stack, DecoderCache *cache, DecoderWeights weights)
{
    return run_from(0, x, stack, cache, weights);
}

static void clear(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        memset(matrix_row(matrix, r), 0, matrix.cols * sizeof(float));
}

static Status check_outputs(Matrix x, Memory memory, const Decoder *stack, DecoderWeights weights,
                            Matrix out)
{
    size_t self = 0, cross = 0;
    for (size_t i = 0; i < stack->count; i++) {
        const DecoderBlock *block = &stack->blocks[i];
        self += block->self_attention.w_q.data != NULL ? block->self_attention.heads : 0;
        cross += block->cross_attention.w_q.data != NULL ? block->cross_attention.heads : 0;
    }
    Status status = matrix_expect("the decoder", "out", out, x.rows, x.cols, "T x d_model");
    if (status == STATUS_OK && cross > 0)
        status = check_memory(memory);
    if (status == STATUS_OK && weights.self.data != NULL)
        status =
            matrix_expect("the decoder", "self", weights.self, self * x.rows, x.rows, "all T x T");
    if (status == STATUS_OK && weights.cross.data != NULL)
        status = matrix_expect("the decoder", "cross", weights.cross, cross * x.rows, memory.x.rows,
                               "all T x S");
    return status;
}

static Status check_layer(Matrix x, Matrix context, const MultiHeadLayer *layer)
{
    Matrix weights = {NULL, layer->heads * x.rows, context.rows, context.rows};
    Matrix out = {NULL, x.rows, x.cols, x.cols};
    if (layer->w_q.data == NULL)
        return STATUS_OK;
    return multi_head_expect_shapes("the decoder", x, context, layer, weights, out);
}

Status decoder(Matrix x, Memory memory, const Decoder *stack, DecoderWeights weights, Matrix out)
{
    DecoderCache cache = {.count = 0};
    Status status = check_outputs(x, memory, stack, weights, out);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; status == STATUS_OK && i < stack->count; i++) {
        status = check_layer(x, x, &stack->blocks[i].self_attention);
        if (status == STATUS_OK)
            status = check_layer(x, memory.x, &stack->blocks[i].cross_attention);
    }
    if (status == STATUS_OK)
        status = decoder_cache_create(stack, memory, x.rows, &cache);
    if (status == STATUS_OK && x.data != out.data)
        status = matrix_copy(x, out);
    if (status == STATUS_OK)
        status = run(out, stack, &cache, weights);
    decoder_cache_free(&cache);
    if (status != STATUS_OK) {
        clear(out);
        clear(weights.self);
        clear(weights.cross);
    }
    return status;
}

Status decoder_block(Matrix x, Memory memory, const DecoderBlock *block, DecoderWeights weights,
                     Matrix out)
{
    return decoder(x, memory, &(Decoder){.blocks = block, .count = 1}, weights, out);
}

Status decoder_step(Matrix x, const Decoder *stack, DecoderCache *cache, Matrix out)
{
    if (stack->count != cache->block_count || cache->limit - cache->count < x.rows)
        return fail(STATUS_VALUE, "decoder_step: no room for %zu words in %zu blocks", x.rows,
                    stack->count);
    Status status = matrix_expect("decoder_step", "out", out, x.rows, x.cols, "n x d_model");
    if (status == STATUS_OK)
        status = matrix_copy(x, out);
    if (status != STATUS_OK)
        return status;
    status = run(out, stack, cache, NO_WEIGHTS);
    if (status == STATUS_OK)
        cache->count += x.rows;
    else
        clear(out);
    return status;
}

/* --- Choosing -------------------------------------------------------------------------------- */

/* A word and its logit, to be sorted. */
typedef struct Candidate {
    float logit;
    size_t word;
} Candidate;

static int best_first(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;
    if (x->logit != y->logit)
        return x->logit > y->logit ? -1 : 1;
    return x->word < y->word ? -1 : 1;
}

Status word_probabilities(Matrix logits, const Sampling *sampling, Matrix probabilities)
{
    size_t words = logits.cols;
    size_t k = sampling->top_k == 0 || sampling->top_k > words ? words : sampling->top_k;
    double t = (double)sampling->temperature, sum = 0.0;
    if (logits.rows != 1 || probabilities.rows != 1 || probabilities.cols != words)
        return fail(STATUS_SHAPE, "word_probabilities: %zux%zu for %zux%zu", probabilities.rows,
                    probabilities.cols, logits.rows, words);
    if (!(t > 0.0) || isinf(t))
        return fail(STATUS_VALUE, "word_probabilities: a temperature of %g", t);
    Candidate *candidates = memory_allocate(words, sizeof *candidates);
    if (candidates == NULL)
        return STATUS_NO_MEMORY;
    for (size_t w = 0; w < words; w++)
        candidates[w] = (Candidate){logits.data[w], w};
    qsort(candidates, words, sizeof *candidates, best_first);
    for (size_t n = 0; n < k; n++)
        sum += exp(((double)candidates[n].logit - candidates[0].logit) / t);
    for (size_t n = words; n-- > 0;)
        probabilities.data[candidates[n].word] =
            n < k ? (float)(exp(((double)candidates[n].logit - candidates[0].logit) / t) / sum)
                  : 0.0f;
    free(candidates);
    return STATUS_OK;
}

/* --- Writing --------------------------------------------------------------------------------- */

/* Writes one word, and then the rest. */
static Status write_on(const LanguageModel *model, Memory memory, const Sampling *sampling,
                       Random *random, DecoderCache *cache, Text *text, Matrix logits)
{
    size_t word = 0;
    if (text->count >= text->limit)
        return STATUS_OK;
    Status status = next_word_logits(model, memory, text, cache, logits);
    if (status == STATUS_OK)
        status = choose_word(logits, sampling, random, &word);
    if (status != STATUS_OK)
        return status;
    text->words[text->count++] = word;
    if (word == text->stop)
        return STATUS_OK;
    return write_on(model, memory, sampling, random, cache, text, logits);
}

Status generate(const LanguageModel *model, Memory memory, const Sampling *sampling, Random *random,
                DecoderCache *cache, Text *text)
{
    Matrix logits;
    Status status = matrix_create(1, model->embedding.words.rows, &logits);
    if (status == STATUS_OK)
        status = write_on(model, memory, sampling, random, cache, text, logits);
    matrix_free(&logits);
    return status;
}
