/**
 * @file encoder_decoder.h
 * @brief Chapter 9: the decoder, which looks at what it has written and at the encoder's memory;
 * and how it writes, word by word.
 *
 * A decoder block has three steps: attention to the target, causal; attention to the source, as the
 * encoder left it; and the feed-forward network (Vaswani et al. 2017, section 3.1). Without the
 * second step it is the block of a model that only goes on writing, as GPT-2 does (Radford et al.
 * 2019, section 2.3). Words are numbers here, counted from 0: the rows of the embedding.
 */
#ifndef HEADWISE_ENCODER_DECODER_H
#define HEADWISE_ENCODER_DECODER_H

#include "masking.h"
#include "matrix.h"
#include "multi_head_attention.h"
#include "random.h"
#include "status.h"
#include "transformer_block.h"

#include <stdbool.h>
#include <stddef.h>

/* --- The types ------------------------------------------------------------------------------- */

/** The source as the encoder left it. `{0}` is no memory: for blocks without cross-attention. */
typedef struct Memory {
    Matrix x;       /**< S x d_model, or NO_MATRIX. */
    size_t padding; /**< Rows at the end that are padding, not words. */
} Memory;

/** One block of a decoder. Omitting a step omits its norm and its residual path. */
typedef struct DecoderBlock {
    MultiHeadLayer self_attention;  /**< To the target, causal; left out if w_q is NO_MATRIX. */
    MultiHeadLayer cross_attention; /**< To the memory; left out if w_q is NO_MATRIX. */
    FeedForward feed_forward;       /**< After both; left out if w_1 is NO_MATRIX. */
    LayerNorm norm_1;               /**< The norm of the self-attention. */
    LayerNorm norm_2;               /**< The norm of the cross-attention. */
    LayerNorm norm_3;               /**< The norm of the feed-forward network. */
    NormPlace norm_place;           /**< Where the norms stand. */
} DecoderBlock;

/** A stack of decoder blocks. */
typedef struct Decoder {
    const DecoderBlock *blocks; /**< The blocks, from the first to the last. */
    size_t count;               /**< How many; 0 or more. */
    bool has_norm;              /**< Whether a last norm follows; usual with NORM_PRE. */
    LayerNorm norm;             /**< The last norm, if there is one. */
} Decoder;

/** Where the attention weights go; NO_MATRIX if not needed. Head 0 of block 0 stands first. */
typedef struct DecoderWeights {
    Matrix self;  /**< Of the self-attentions: (all their heads T) x T. */
    Matrix cross; /**< Of the cross-attentions: (all their heads T) x S. */
} DecoderWeights;

/** No weights are needed. */
#define NO_WEIGHTS ((DecoderWeights){NO_MATRIX, NO_MATRIX})

/** The tables that turn words into rows. */
typedef struct Embedding {
    Matrix words;     /**< One row for each word of the vocabulary: V x d_model. */
    Matrix positions; /**< One row for each position, P x d_model; NO_MATRIX: chapter 6's waves. */
} Embedding;

/** A model that writes. The rows of its embedding also make the logits at the end ("tied"). */
typedef struct LanguageModel {
    Embedding embedding; /**< Before the blocks, and after them. */
    Decoder decoder;     /**< The blocks. */
} LanguageModel;

/** How a word is chosen. */
typedef struct Sampling {
    float temperature; /**< Divides the logits; 0: always the most likely word ("greedy"). */
    size_t top_k;      /**< Only the k most likely words are sampled from; 0: all of them. */
} Sampling;

/** A text that is being written. */
typedef struct Text {
    size_t *words; /**< The prompt and the space after it: `limit` words in all. */
    size_t count;  /**< Words so far; at first those of the prompt, 1 or more. */
    size_t limit;  /**< The most words there may be. */
    size_t stop;   /**< When this word has been written, the text is complete. */
} Text;

/** What one block keeps: keys and values of all heads. */
typedef struct BlockCache {
    Matrix k;        /**< Of the target: `limit` rows. */
    Matrix v;        /**< Of the target: `limit` rows. */
    Matrix memory_k; /**< Of the memory, S rows. */
    Matrix memory_v; /**< Of the memory, S rows. */
} BlockCache;

/** What a decoder keeps of the words that it has seen. */
typedef struct DecoderCache {
    BlockCache *blocks; /**< One for each block. */
    size_t block_count; /**< How many. */
    size_t count;       /**< Words that are kept: the position of the next one. */
    size_t limit;       /**< The most words that can be kept. */
    size_t padding;     /**< Of the memory. */
} DecoderCache;

/* --- The decoder: encoder_decoder.c ---------------------------------------------------------- */

/**
 * Turns words into rows: sqrt(d_model) times the word's row of the embedding, plus its position
 * (Vaswani et al. 2017, section 3.4).
 *
 * @code
 * float words[] = {1, 0, 0, 0, 0, 1, 0, 0}; // a vocabulary of two words, d_model = 4
 * Embedding embedding = {.words = matrix_view(words, 2, 4)};
 * size_t text[] = {1, 0};
 * float x[2 * 4];
 * if (embed(text, 2, 0, &embedding, matrix_view(x, 2, 4)))
 *     return 1;
 * printf("%.2f %.2f %.2f %.2f\n", x[0], x[1], x[2], x[3]); // 0.00 3.00 0.00 1.00
 * printf("%.2f %.2f %.2f %.2f\n", x[4], x[5], x[6], x[7]); // 2.84 0.54 0.01 1.00
 * @endcode
 *
 * @param words     The words, as rows of the embedding.
 * @param count     How many, T.
 * @param first     The position of the first one.
 * @param embedding The tables.
 * @param out       Receives the sequence, T x d_model.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE for a word or a position that the
 *         tables do not have; then nothing is written.
 */
Status embed(const size_t *words, size_t count, size_t first, const Embedding *embedding,
             Matrix out) MUST_USE;

/**
 * Cross-attention: the target asks, the memory answers with keys and values. Nothing is causal
 * here, because the whole source has been read; only its padding is blocked.
 *
 * @code
 * float x[] = {10, 0, 0, 10};              // two words that ask
 * float source[] = {10, 0, 0, 10, 99, 99}; // three that answer, of which the last is padding
 * float same[] = {1, 0, 0, 1};
 * Matrix w = matrix_view(same, 2, 2);
 * MultiHeadLayer layer = {.w_q = w, .w_k = w, .w_v = w, .w_o = w, .heads = 1};
 * Memory memory = {.x = matrix_view(source, 3, 2), .padding = 1};
 * float weights[2 * 3], out[2 * 2];
 * if (cross_attention(matrix_view(x, 2, 2), memory, &layer, matrix_view(weights, 2, 3),
 *                     matrix_view(out, 2, 2)))
 *     return 1;
 * printf("%.1f %.1f, %.1f %.1f\n", out[0], out[1], out[2], out[3]); // 10.0 0.0, 0.0 10.0
 * @endcode
 *
 * @param x       The target, T x d_model.
 * @param memory  The source as the encoder left it, S x d_model.
 * @param layer   The parameters.
 * @param weights Receives the attention weights of head 0, then of head 1, ...: (heads T) x S.
 * @param out     Receives what each row of the target heard, T x d_model. The outputs must not
 *                overlap each other or the inputs.
 * @return STATUS_VALUE without a memory, or when its padding is longer than it is; otherwise as
 *         masked_multi_head_attention(). Then nothing is written.
 */
Status cross_attention(Matrix x, Memory memory, const MultiHeadLayer *layer, Matrix weights,
                       Matrix out) MUST_USE;

/**
 * One block of a decoder.
 *
 * @param x       The target, T x d_model.
 * @param memory  The source as the encoder left it.
 * @param block   The parameters.
 * @param weights Receives the attention weights, or NO_WEIGHTS.
 * @param out     Receives the result, T x d_model; may be x itself. The outputs must not overlap
 *                each other or the inputs otherwise.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE as cross_attention() and
 *         layer_norm(), STATUS_NO_MEMORY. Then the outputs are unwritten or zeros.
 */
Status decoder_block(Matrix x, Memory memory, const DecoderBlock *block, DecoderWeights weights,
                     Matrix out) MUST_USE;

/**
 * A decoder: each block works on what the one before it made, and the last norm, if there is one,
 * on the end of it. All blocks see the same memory.
 *
 * @code
 * float target[] = {1, 0, 0, 1};       // two tokens, d_model = 2
 * float source[] = {3, 0, 0, 3, 0, 3}; // three, as an encoder left them
 * float same[] = {1, 0, 0, 1};
 * Matrix w = matrix_view(same, 2, 2);
 * MultiHeadLayer layer = {.w_q = w, .w_k = w, .w_v = w, .w_o = w, .heads = 1};
 * DecoderBlock block = {
 *     .self_attention = layer,
 *     .cross_attention = layer, // the feed-forward network is left out
 *     .norm_1 = {.epsilon = DEFAULT_EPSILON},
 *     .norm_2 = {.epsilon = DEFAULT_EPSILON},
 *     .norm_place = NORM_PRE,
 * };
 * Decoder stack = {.blocks = &block, .count = 1};
 * float self[2 * 2], cross[2 * 3], out[2 * 2];
 * DecoderWeights weights = {matrix_view(self, 2, 2), matrix_view(cross, 2, 3)};
 * if (decoder(matrix_view(target, 2, 2), (Memory){.x = matrix_view(source, 3, 2)}, &stack,
 *             weights, matrix_view(out, 2, 2)))
 *     return 1;
 * printf("%.2f %.2f\n", self[0], self[1]);                  // 1.00 0.00
 * printf("%.2f %.2f %.2f\n", cross[0], cross[1], cross[2]); // 0.97 0.01 0.01
 * printf("%.2f %.2f\n", out[0], out[1]);                    // 4.92 -0.92
 * @endcode
 *
 * @param x       The target, T x d_model.
 * @param memory  The source as the encoder left it.
 * @param stack   The blocks.
 * @param weights Receives the attention weights, or NO_WEIGHTS.
 * @param out     Receives the result, T x d_model. The outputs must not overlap each other or the
 *                inputs.
 * @return As decoder_block().
 */
Status decoder(Matrix x, Memory memory, const Decoder *stack, DecoderWeights weights,
               Matrix out) MUST_USE;

/**
 * The logits: how well each word of the vocabulary would go on from each row. A row's logit for a
 * word is its dot product with the word's row of the embedding: the output is tied to the input.
 *
 * @param x      What came out of the decoder, T x d_model.
 * @param words  The embedding's rows, V x d_model.
 * @param logits Receives one number for each row and each word, T x V; must not overlap the inputs.
 * @return STATUS_SHAPE when the shapes do not fit; then nothing is written.
 */
Status vocabulary_logits(Matrix x, Matrix words, Matrix logits) MUST_USE;

/* --- The choice of a word: word_choice.c ----------------------------------------------------- */

/**
 * The most likely word.
 *
 * @param logits One number for each word, 1 x V; V is 1 or more. A NaN is never the greatest.
 * @return The word with the greatest logit; the first of several; word 0 if all are NaN.
 */
size_t greedy_word(Matrix logits);

/**
 * How likely each word is to be chosen: the softmax of logits / temperature over the top_k greatest
 * logits; all others get 0. Of equal logits the first ones count as greater. Takes O(V log V).
 *
 * @code
 * float logits[] = {1, 3, 2, 0}, p[4];
 * Sampling sampling = {.temperature = 1, .top_k = 2};
 * Matrix probabilities = matrix_view(p, 1, 4);
 * if (word_probabilities(matrix_view(logits, 1, 4), &sampling, probabilities))
 *     return 1;
 * printf("%.2f %.2f %.2f %.2f\n", p[0], p[1], p[2], p[3]); // 0.00 0.73 0.27 0.00
 * printf("%zu\n", greedy_word(matrix_view(logits, 1, 4))); // 1
 * printf("%zu %zu\n", draw_word(probabilities, 0.7), draw_word(probabilities, 0.8)); // 1 2
 * @endcode
 *
 * @param logits        One number for each word, 1 x V.
 * @param sampling      Temperature and top_k.
 * @param probabilities Receives one number for each word, which sum to one: 1 x V; may be `logits`
 *                      itself.
 * @return STATUS_SHAPE when the shapes differ, STATUS_VALUE when the temperature is not above 0 and
 *         finite, STATUS_NO_MEMORY; then nothing is written.
 */
Status word_probabilities(Matrix logits, const Sampling *sampling, Matrix probabilities) MUST_USE;

/**
 * Draws a word. The words lie side by side on a line of length one, each as long as it is likely;
 * the one on which u falls is drawn.
 *
 * @param probabilities What word_probabilities() made, 1 x V.
 * @param u             A number of at least 0 and less than 1.
 * @return The word: of those that have a probability above 0, the first whose end lies beyond u, or
 *         the last if rounding left u beyond all ends; 0 if there is none.
 */
size_t draw_word(Matrix probabilities, double u);

/**
 * Chooses the next word: the greedy one at temperature 0, else one drawn by chance.
 *
 * @code
 * float logits[] = {1, 3, 2, 0};
 * Matrix row = matrix_view(logits, 1, 4);
 * Sampling greedy = {.temperature = 0}, by_chance = {.temperature = 1};
 * Random random = {7};
 * size_t word, seen[4] = {0};
 * if (choose_word(row, &greedy, NULL, &word))
 *     return 1;
 * printf("%zu\n", word); // 1
 * for (int i = 0; i < 1000; i++) {
 *     if (choose_word(row, &by_chance, &random, &word))
 *         return 1;
 *     seen[word]++;
 * }
 * printf("%zu %zu %zu %zu\n", seen[0], seen[1], seen[2], seen[3]); // 83 662 225 30
 * @endcode
 *
 * @param logits   One number for each word, 1 x V; V is 1 or more.
 * @param sampling How to choose.
 * @param random   The generator. It moves on by one random_uniform() when a word is drawn.
 * @param word     Receives the word.
 * @return As word_probabilities().
 */
Status choose_word(Matrix logits, const Sampling *sampling, Random *random, size_t *word) MUST_USE;

/* --- Generation, the cache: generation.c ----------------------------------------------------- */

/**
 * Makes a cache for a decoder that has seen nothing yet. Keys and values of the memory are computed
 * here, once for the whole text.
 *
 * @param stack  The decoder.
 * @param memory The source as the encoder left it.
 * @param limit  The most words that can be kept.
 * @param cache  Receives the cache, to be freed with decoder_cache_free(); all zeros on failure.
 * @return STATUS_SHAPE, STATUS_VALUE as decoder(); STATUS_NO_MEMORY.
 */
Status decoder_cache_create(const Decoder *stack, Memory memory, size_t limit,
                            DecoderCache *cache) MUST_USE;

/**
 * Frees a cache and makes it all zeros. One of all zeros may be freed.
 *
 * @param cache The cache.
 */
void decoder_cache_free(DecoderCache *cache);

/**
 * Runs the decoder on new words only. Their keys and values are added to the cache, after those
 * that it keeps; the new words see these and each other, causally. What comes out is, to the
 * bit, what decoder() gives for the same rows of the whole sequence.
 *
 * @code
 * float x[] = {1, 0, 0, 1, 2, 1}; // three words, d_model = 2
 * float same[] = {1, 0, 0, 1};
 * Matrix w = matrix_view(same, 2, 2);
 * DecoderBlock block = {.self_attention = {.w_q = w, .w_k = w, .w_v = w, .w_o = w, .heads = 1},
 *                       .norm_1 = {.epsilon = DEFAULT_EPSILON},
 *                       .norm_place = NORM_PRE};
 * Decoder stack = {.blocks = &block, .count = 1};
 * float whole[6], steps[6];
 * if (decoder(matrix_view(x, 3, 2), (Memory){0}, &stack, NO_WEIGHTS, matrix_view(whole, 3, 2)))
 *     return 1;
 * DecoderCache cache;
 * if (decoder_cache_create(&stack, (Memory){0}, 3, &cache))
 *     return 1;
 * for (size_t t = 0; t < 3; t++)
 *     if (decoder_step(matrix_view(x + 2 * t, 1, 2), &stack, &cache,
 *                      matrix_view(steps + 2 * t, 1, 2)))
 *         return 1;
 * printf("%zu: %.2f %.2f\n", cache.count, steps[4], steps[5]);  // 3: 2.94 0.06
 * printf("%d\n", steps[4] == whole[4] && steps[5] == whole[5]); // 1
 * decoder_cache_free(&cache);
 * @endcode
 *
 * @param x     The new rows, n x d_model.
 * @param stack The decoder that the cache was made for.
 * @param cache The cache; on success it keeps n words more.
 * @param out   Receives the result, n x d_model; must not overlap the inputs.
 * @return STATUS_VALUE when the cache has no space for them, or was made for another number of
 *         blocks; otherwise as decoder(). Then the cache keeps what it kept before, and out is
 *         unwritten or zeros.
 */
Status decoder_step(Matrix x, const Decoder *stack, DecoderCache *cache, Matrix out) MUST_USE;

/* --- Generation, word after word ------------------------------------------------------------- */

/**
 * The logits of the word that is to follow.
 *
 * @param model  The model.
 * @param memory The source as the encoder left it.
 * @param text   The words so far, 1 or more.
 * @param cache  A cache that keeps fewer words than the text has: only the others are computed.
 *               NULL: everything is computed anew. The result is the same to the bit.
 * @param logits Receives one number for each word of the vocabulary, 1 x V.
 * @return STATUS_VALUE for a text without a word that the cache does not know; otherwise as
 * embed(), decoder(), decoder_step() and vocabulary_logits(). Then nothing is written to the
 * logits.
 */
Status next_word_logits(const LanguageModel *model, Memory memory, const Text *text,
                        DecoderCache *cache, Matrix logits) MUST_USE;

/**
 * Writes word after word until the stop word is written or the text is
 * as long as it may be.
 *
 * @code
 * #include "hand_model.h"
 *
 * HandModel hand; // a model of 4 words and 8 places, which copies what came before
 * DecoderCache cache;
 * if (copying_model_create(4, 8, &hand) ||
 *     decoder_cache_create(&hand.model.decoder, (Memory){0}, 8, &cache))
 *     return 1;
 * size_t words[8] = {0, 3, 1, 2, 3}; // a full stop, then words
 * Text text = {.words = words, .count = 5, .limit = 8, .stop = 0};
 * Sampling greedy = {.temperature = 0};
 * if (generate(&hand.model, (Memory){0}, &greedy, NULL, &cache, &text))
 *     return 1;
 * printf("%zu: %zu %zu %zu\n", text.count, words[5], words[6], words[7]); // 8: 1 2 3
 * decoder_cache_free(&cache);
 * hand_model_free(&hand);
 * @endcode
 *
 * @param model    The model.
 * @param memory   The source as the encoder left it.
 * @param sampling How to choose.
 * @param random   The generator, if chance is to choose; else NULL is fine.
 * @param cache    An empty cache with space for the text, or NULL to compute everything anew for
 * each word.
 * @param text     The prompt; receives the words.
 * @return As next_word_logits() and choose_word(). The words written before a failure stay.
 */
Status generate(const LanguageModel *model, Memory memory, const Sampling *sampling, Random *random,
                DecoderCache *cache, Text *text) MUST_USE;

#endif
