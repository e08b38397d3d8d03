/*
 * Chapter 9, for you to write. The contracts are in encoder_decoder.h; `make try-09` checks what
 * you have, from the first step to the last, and `make hint-09` helps. Replace each
 * NOT_WRITTEN_YET() by your code. Everything of the chapters before is there for you to call.
 */
#include "encoder_decoder.h"

#include "dot_products.h"
#include "exercise.h"
#include "memory.h"
#include "positional_encoding.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>
#include <stdlib.h>

/* --- The decoder ----------------------------------------------------------------------------- */

/* The root of d_model times each word's row, plus its position. */
Status embed(const size_t *words, size_t count, size_t first, const Embedding *embedding,
             Matrix out)
{
    /* 1. Refuse shapes that do not fit, then words and positions that the tables do not have. */
    /* 2. Each word's row, times the root of d_model. */
    /* 3. Its row of the positions, from `first` on; without a table the waves of chapter 6. */
    NOT_WRITTEN_YET();
}

/* x times the words' rows, transposed: one number for each row and word. */
Status vocabulary_logits(Matrix x, Matrix words, Matrix logits)
{
    /* 1. Chapter 1 has the product that you need. */
    NOT_WRITTEN_YET();
}

/* The target asks, the memory answers; only its padding is blocked. */
Status cross_attention(Matrix x, Memory memory, const MultiHeadLayer *layer, Matrix weights,
                       Matrix out)
{
    /* 1. Refuse a memory that is not there (what would chapter 7 take a NO_MATRIX for?). */
    /* 2. Chapter 7's layer with a context and a mask. */
    NOT_WRITTEN_YET();
}

/* Self-attention, cross-attention, feed-forward network; each with its norm and residual path. */
Status decoder_block(Matrix x, Memory memory, const DecoderBlock *block, DecoderWeights weights,
                     Matrix out)
{
    /* 1. Refuse outputs that do not fit, and a cross-attention without a memory. */
    /* 2. Copy x to out, unless they are the same; the steps go from out into out. */
    /* 3. Each step that is not left out: sublayer_input(), the step, sublayer_output(). */
    /*    Weights that nobody asked for still need a matrix. */
    /* 4. If something failed, fill the outputs with zeros. */
    NOT_WRITTEN_YET();
}

/* Block after block, all with the same memory; then the last norm. */
Status decoder(Matrix x, Memory memory, const Decoder *stack, DecoderWeights weights, Matrix out)
{
    /* 1. Refuse outputs that do not fit: weights have the heads of all blocks. */
    /* 2. Run the blocks, each with its rows of the weights. */
    /* 3. The last norm, if there is one. Zeros, if something failed. */
    NOT_WRITTEN_YET();
}

/* --- The choice of a word -------------------------------------------------------------------- */

/* The word with the greatest logit, the first of several. */
size_t greedy_word(Matrix logits)
{
    /* 1. Remember the best word so far. Which comparison keeps the first of equals? And a NaN? */
    NOT_WRITTEN_YET();
}

/* softmax(logits / temperature) over the top_k greatest. */
Status word_probabilities(Matrix logits, const Sampling *sampling, Matrix probabilities)
{
    /* 1. Refuse shapes that differ. */
    /* 2. Copy the logits; every word but the k best gets minus infinity. */
    /* 3. Chapter 2's softmax with a temperature. */
    NOT_WRITTEN_YET();
}

/* The word on which u falls, on a line where each is as long as it is likely. */
size_t draw_word(Matrix probabilities, double u)
{
    /* 1. Add up the probabilities, and stop where the sum passes u. */
    /* 2. Skip words of probability 0. If rounding leaves u beyond all, take the last other. */
    NOT_WRITTEN_YET();
}

/* Greedy at temperature 0, else by chance. */
Status choose_word(Matrix logits, const Sampling *sampling, Random *random, size_t *word)
{
    /* 1. Temperature 0: the greedy word; the generator is not touched. */
    /* 2. Else: probabilities, and a draw by random_uniform(). */
    NOT_WRITTEN_YET();
}

/* --- Generation with a cache ----------------------------------------------------------------- */

/* Room for `limit` words, and the memory's keys and values. */
Status decoder_cache_create(const Decoder *stack, Memory memory, size_t limit, DecoderCache *cache)
{
    /* 1. One BlockCache for each block (memory_allocate() fills with zeros). */
    /* 2. Keys and values of the target: `limit` rows each. */
    /* 3. Keys and values of the memory, if the block has a cross-attention: linear(). */
    /* 4. If something failed, free it all. */
    NOT_WRITTEN_YET();
}

/* Frees everything; a cache of all zeros is fine. */
void decoder_cache_free(DecoderCache *cache)
{
    /* 1. Four matrices of each block, the list of blocks, and then all zeros. */
    NOT_WRITTEN_YET();
}

/* The decoder on new words only. */
Status decoder_step(Matrix x, const Decoder *stack, DecoderCache *cache, Matrix out)
{
    /* 1. Refuse words for which there is no room, and a cache of another number of blocks. */
    /* 2. As decoder(), but: the self-attention writes the new keys and values after the others, */
    /*    and looks at all of them; the mask knows the past. The cross-attention has its own. */
    /* 3. Only when all went well does the cache count the new words. */
    NOT_WRITTEN_YET();
}

/* The logits of the word after the last. */
Status next_word_logits(const LanguageModel *model, Memory memory, const Text *text,
                        DecoderCache *cache, Matrix logits)
{
    /* 1. Which words are new? Without a cache, all. Refuse a text without a new one. */
    /* 2. Embed them (at which position?), run decoder() or decoder_step(). */
    /* 3. The logits of the last row. */
    NOT_WRITTEN_YET();
}

/* Word after word. */
Status generate(const LanguageModel *model, Memory memory, const Sampling *sampling, Random *random,
                DecoderCache *cache, Text *text)
{
    /* 1. While there is room: logits, choice, append. */
    /* 2. The stop word is written, and ends it. */
    NOT_WRITTEN_YET();
}

/* --- Extra --------------------------------------------------------------------------------------
 *
 * No later chapter needs what follows; the contracts are in demo/writing_extra.h. Change the 0 to 1
 * to write it. Until then, the checks call the course's own.
 */
#if 0
#include "writing_extra.h"

/* The fewest most likely words whose probabilities sum to p or more, divided by their sum. */
Status keep_nucleus(Matrix probabilities, float p, Matrix kept)
{
    /* 1. Refuse a p that is not above 0 and at most 1, and shapes that differ. */
    /* 2. Take the most likely word that is left, until the sum is p. Is the last one in? */
    /* 3. What was kept must sum to one. */
    NOT_WRITTEN_YET();
}

/* The text whose words are most likely in the mean, of those that a beam finds. */
Status beam_search(const LanguageModel *model, Memory memory, size_t beams, Text *text)
{
    /* 1. Refuse a beam of no texts. It begins with one: the prompt. */
    /* 2. Continue every text that has not ended by every word: logits, then log p of each. */
    /* 3. The best are the next beam, ended ones among them. How do you compare a short text with a
     *    long one? */
    /* 4. Until none can be continued; the best is the result. Write it only if all went well. */
    NOT_WRITTEN_YET();
}

#endif
