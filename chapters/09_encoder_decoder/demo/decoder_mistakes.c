#include "decoder_mistakes.h"

#include "hand_model.h"
#include "numbered_text.h"
#include "plot.h"
#include "reversing_example.h"

#include <stdbool.h>
#include <stdio.h>

/* --- Cross-attention ------------------------------------------------------------------------- */

enum { CROSSINGS = 4 };
static const char *const CROSSING_NAMES[CROSSINGS] = {"right", "keys, values of the target",
                                                      "the source asks", "causal mask"};

/* One way to let two sequences meet. Both are equally long here, so no shape complains. */
static Status cross(const Reversal *reversal, size_t way, Matrix weights, Matrix heard)
{
    const AttentionMask CAUSAL = {.causal = true};
    const MultiHeadLayer *layer = &reversal->hand.blocks[0].cross_attention;
    Matrix target = reversal->x, source = reversal->read;
    switch (way) {
    case 1: return masked_multi_head_attention(target, target, layer, &NO_MASK, weights, heard);
    case 2: return masked_multi_head_attention(source, target, layer, &NO_MASK, weights, heard);
    case 3: return masked_multi_head_attention(target, source, layer, &CAUSAL, weights, heard);
    default: return cross_attention(target, reversal->memory, layer, weights, heard);
    }
}

/* The most likely word of each row. */
static void print_guesses(const NumberedText *numbered, Matrix logits)
{
    for (size_t t = 0; t < logits.rows; t++) {
        size_t word = greedy_word(matrix_view(matrix_row(logits, t), 1, logits.cols));
        printf("%s%s", t > 0 ? " " : "", numbered->names[word]);
    }
    printf("\n");
}

/* What would be written from what was heard, row by row. */
static Status print_written(const Reversal *reversal, Matrix heard, Matrix logits)
{
    Status status = STATUS_OK;
    for (size_t t = 0; t < heard.rows; t++)
        for (size_t c = 0; c < heard.cols; c++)
            matrix_row(heard, t)[c] += matrix_row(reversal->x, t)[c];
    TRY(vocabulary_logits(heard, reversal->hand.model.embedding.words, logits));
    print_guesses(&reversal->source, logits);
done:
    return status;
}

static Status draw_crossings(const Reversal *reversal, Matrix weights[CROSSINGS])
{
    const char *const *source = reversal->source.labels, *const *target = reversal->labels;
    HeatmapPanel panels[CROSSINGS];
    for (size_t i = 0; i < CROSSINGS; i++)
        panels[i] = (HeatmapPanel){CROSSING_NAMES[i],
                                   weights[i],
                                   i == 2 ? source : target,
                                   i == 1 || i == 2 ? target : source,
                                   "asks",
                                   "is asked"};
    return plot_heatmaps(&(HeatmapPlot){
        .name = "09_mistakes",
        .title = "Cross-attention, right and wrong: only the first one reads the source backwards",
        .panels = panels,
        .panel_count = CROSSINGS,
        .panels_per_row = 2,
        .high = 1.0f,
        .unit = "weight",
        .decimals = -1});
}

static Status run_crossings(const Reversal *reversal, Matrix weights[CROSSINGS])
{
    Status status = STATUS_OK;
    size_t count = reversal->x.rows;
    Matrix heard = NO_MATRIX, logits = NO_MATRIX;
    TRY(matrix_create(count, reversal->x.cols, &heard));
    TRY(matrix_create(count, reversal->hand.words, &logits));
    printf("what each position of the target writes\n");
    for (size_t i = 0; i < CROSSINGS; i++) {
        TRY(matrix_create(count, count, &weights[i]));
        TRY(cross(reversal, i, weights[i], heard));
        printf("  %-26s  ", CROSSING_NAMES[i]);
        TRY(print_written(reversal, heard, logits));
    }
done:
    matrix_free(&heard);
    matrix_free(&logits);
    return status;
}

Status show_cross_mistakes(Sentence sentence)
{
    Status status = STATUS_OK;
    Reversal reversal = {0};
    Matrix weights[CROSSINGS] = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    TRY(reversal_create(sentence, &reversal));
    TRY(run_crossings(&reversal, weights));
    TRY(draw_crossings(&reversal, weights));
done:
    for (size_t i = 0; i < CROSSINGS; i++)
        matrix_free(&weights[i]);
    reversal_free(&reversal);
    return status;
}

/* --- Writing --------------------------------------------------------------------------------- */

/* What can be forgotten. */
typedef enum Slip { NOTHING, POSITIONS, SCALE } Slip;
static const char *const SLIP_NAMES[] = {"right", "each word at position 0",
                                         "words not times the root of d_model"};
enum { SLIPS = sizeof SLIP_NAMES / sizeof *SLIP_NAMES, NEW_WORDS = 4 };

/* The row of one word. */
static Status embed_wrongly(const HandModel *hand, const Text *text, size_t position, Slip slip,
                            Matrix x)
{
    Status status = STATUS_OK;
    const Embedding *embedding = &hand->model.embedding;
    TRY(embed(text->words + position, 1, slip == POSITIONS ? 0 : position, embedding, x));
    for (size_t c = 0; slip == SCALE && c < hand->words; c++)
        x.data[c] = matrix_row(embedding->words, text->words[position])[c];
done:
    return status;
}

/* Reads the words that the cache does not know, one by one, and writes one more. */
static Status write_wrongly(const HandModel *hand, Slip slip, DecoderCache *cache, Text *text,
                            Matrix logits)
{
    Status status = STATUS_OK;
    Matrix x = NO_MATRIX, out = NO_MATRIX;
    TRY(matrix_create(1, hand->d_model, &x));
    TRY(matrix_create(1, hand->d_model, &out));
    while (cache->count < text->count) {
        TRY(embed_wrongly(hand, text, cache->count, slip, x));
        TRY(decoder_step(x, &hand->model.decoder, cache, out));
    }
    TRY(vocabulary_logits(out, hand->model.embedding.words, logits));
    text->words[text->count++] = greedy_word(logits);
done:
    matrix_free(&x);
    matrix_free(&out);
    return status;
}

static Status show_slip(const NumberedText *numbered, const HandModel *hand, Slip slip)
{
    Status status = STATUS_OK;
    DecoderCache cache = {0};
    Matrix logits = NO_MATRIX;
    Text text = numbered->text; /* shares the words; the count is its own */
    TRY(decoder_cache_create(&hand->model.decoder, (Memory){0}, text.limit, &cache));
    TRY(matrix_create(1, hand->words, &logits));
    while (text.count < text.limit)
        TRY(write_wrongly(hand, slip, &cache, &text, logits));
    printf("  %-37s ... ", SLIP_NAMES[slip]);
    print_words(numbered, text.words + numbered->text.count, text.count - numbered->text.count);
    printf("\n");
done:
    matrix_free(&logits);
    decoder_cache_free(&cache);
    return status;
}

/* --- Looking ahead --------------------------------------------------------------------------- */

/* The blocks one after the other; every word sees every other one. */
static Status run_uncausally(const Decoder *stack, Matrix x, Matrix out)
{
    Status status = STATUS_OK;
    Matrix weights = NO_MATRIX, heard = NO_MATRIX;
    TRY(matrix_create(x.rows, x.rows, &weights));
    TRY(matrix_create(x.rows, x.cols, &heard));
    TRY(matrix_copy(x, out));
    for (size_t i = 0; i < stack->count; i++) {
        TRY(masked_multi_head_attention(out, NO_MATRIX, &stack->blocks[i].self_attention, &NO_MASK,
                                        weights, heard));
        TRY(sublayer_output(out, heard, &stack->blocks[i].norm_1, NORM_PRE, out));
    }
done:
    matrix_free(&weights);
    matrix_free(&heard);
    return status;
}

static Status show_guesses(const NumberedText *numbered, const HandModel *hand, bool causal)
{
    Status status = STATUS_OK;
    const Text *text = &numbered->text;
    const Decoder *stack = &hand->model.decoder;
    Matrix x = NO_MATRIX, out = NO_MATRIX, logits = NO_MATRIX;
    TRY(matrix_create(text->count, hand->d_model, &x));
    TRY(matrix_create(text->count, hand->d_model, &out));
    TRY(matrix_create(text->count, hand->words, &logits));
    TRY(embed(text->words, text->count, 0, &hand->model.embedding, x));
    TRY(causal ? decoder(x, (Memory){0}, stack, NO_WEIGHTS, out) : run_uncausally(stack, x, out));
    TRY(vocabulary_logits(out, hand->model.embedding.words, logits));
    printf("  %-14s  ", causal ? "causal" : "no causal mask");
    print_guesses(numbered, logits);
done:
    matrix_free(&x);
    matrix_free(&out);
    matrix_free(&logits);
    return status;
}

Status show_writing_mistakes(Sentence sentence)
{
    Status status = STATUS_OK;
    NumberedText numbered = {0};
    HandModel hand = {.table_count = 0};
    TRY(numbered_text_create(sentence, true, NEW_WORDS, &numbered));
    TRY(copying_model_create(numbered.vocabulary, numbered.text.limit, &hand));
    printf("what is written\n");
    for (size_t slip = 0; slip < SLIPS; slip++)
        TRY(show_slip(&numbered, &hand, (Slip)slip));
    printf("what each word of the prompt says comes next\n");
    TRY(show_guesses(&numbered, &hand, true));
    TRY(show_guesses(&numbered, &hand, false));
done:
    hand_model_free(&hand);
    numbered_text_free(&numbered);
    return status;
}
