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
    for (size_t t = 0; t < heard.rows; t++)
        for (size_t c = 0; c < heard.cols; c++)
            matrix_row(heard, t)[c] += matrix_row(reversal->x, t)[c];
    Status status = vocabulary_logits(heard, reversal->hand.model.embedding.words, logits);
    if (status == STATUS_OK)
        print_guesses(&reversal->source, logits);
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
    size_t count = reversal->x.rows;
    Matrix heard = NO_MATRIX, logits = NO_MATRIX;
    Status status = matrix_create(count, reversal->x.cols, &heard);
    if (status == STATUS_OK)
        status = matrix_create(count, reversal->hand.words, &logits);
    printf("what each position of the target writes\n");
    for (size_t i = 0; status == STATUS_OK && i < CROSSINGS; i++) {
        status = matrix_create(count, count, &weights[i]);
        if (status == STATUS_OK)
            status = cross(reversal, i, weights[i], heard);
        if (status == STATUS_OK) {
            printf("  %-26s  ", CROSSING_NAMES[i]);
            status = print_written(reversal, heard, logits);
        }
    }
    matrix_free(&heard);
    matrix_free(&logits);
    return status;
}

Status show_cross_mistakes(Sentence sentence)
{
    Reversal reversal;
    Matrix weights[CROSSINGS] = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = reversal_create(sentence, &reversal);
    if (status == STATUS_OK)
        status = run_crossings(&reversal, weights);
    if (status == STATUS_OK)
        status = draw_crossings(&reversal, weights);
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
    const Embedding *embedding = &hand->model.embedding;
    Status status =
        embed(text->words + position, 1, slip == POSITIONS ? 0 : position, embedding, x);
    for (size_t c = 0; status == STATUS_OK && slip == SCALE && c < hand->words; c++)
        x.data[c] = matrix_row(embedding->words, text->words[position])[c];
    return status;
}

/* Reads the words that the cache does not know, one by one, and writes one more. */
static Status write_wrongly(const HandModel *hand, Slip slip, DecoderCache *cache, Text *text,
                            Matrix logits)
{
    Matrix x = NO_MATRIX, out = NO_MATRIX;
    Status status = matrix_create(1, hand->d_model, &x);
    if (status == STATUS_OK)
        status = matrix_create(1, hand->d_model, &out);
    while (status == STATUS_OK && cache->count < text->count) {
        status = embed_wrongly(hand, text, cache->count, slip, x);
        if (status == STATUS_OK)
            status = decoder_step(x, &hand->model.decoder, cache, out);
    }
    if (status == STATUS_OK)
        status = vocabulary_logits(out, hand->model.embedding.words, logits);
    if (status == STATUS_OK)
        text->words[text->count++] = greedy_word(logits);
    matrix_free(&x);
    matrix_free(&out);
    return status;
}

static Status show_slip(const NumberedText *numbered, const HandModel *hand, Slip slip)
{
    DecoderCache cache;
    Matrix logits = NO_MATRIX;
    Text text = numbered->text; /* shares the words; the count is its own */
    Status status = decoder_cache_create(&hand->model.decoder, (Memory){0}, text.limit, &cache);
    if (status == STATUS_OK)
        status = matrix_create(1, hand->words, &logits);
    while (status == STATUS_OK && text.count < text.limit)
        status = write_wrongly(hand, slip, &cache, &text, logits);
    if (status == STATUS_OK) {
        printf("  %-37s ... ", SLIP_NAMES[slip]);
        print_words(numbered, text.words + numbered->text.count, text.count - numbered->text.count);
        printf("\n");
    }
    matrix_free(&logits);
    decoder_cache_free(&cache);
    return status;
}

/* --- Looking ahead --------------------------------------------------------------------------- */

/* The blocks one after the other; every word sees every other one. */
static Status run_uncausally(const Decoder *stack, Matrix x, Matrix out)
{
    Matrix weights = NO_MATRIX, heard = NO_MATRIX;
    Status status = matrix_create(x.rows, x.rows, &weights);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &heard);
    if (status == STATUS_OK)
        status = matrix_copy(x, out);
    for (size_t i = 0; status == STATUS_OK && i < stack->count; i++) {
        status = masked_multi_head_attention(out, NO_MATRIX, &stack->blocks[i].self_attention,
                                             &NO_MASK, weights, heard);
        if (status == STATUS_OK) /* the norms change nothing here, and are left out */
            status = sublayer_output(out, heard, &stack->blocks[i].norm_1, NORM_PRE, out);
    }
    matrix_free(&weights);
    matrix_free(&heard);
    return status;
}

static Status show_guesses(const NumberedText *numbered, const HandModel *hand, bool causal)
{
    const Text *text = &numbered->text;
    const Decoder *stack = &hand->model.decoder;
    Matrix x = NO_MATRIX, out = NO_MATRIX, logits = NO_MATRIX;
    Status status = matrix_create(text->count, hand->d_model, &x);
    if (status == STATUS_OK)
        status = matrix_create(text->count, hand->d_model, &out);
    if (status == STATUS_OK)
        status = matrix_create(text->count, hand->words, &logits);
    if (status == STATUS_OK)
        status = embed(text->words, text->count, 0, &hand->model.embedding, x);
    if (status == STATUS_OK)
        status = causal ? decoder(x, (Memory){0}, stack, NO_WEIGHTS, out)
                        : run_uncausally(stack, x, out);
    if (status == STATUS_OK)
        status = vocabulary_logits(out, hand->model.embedding.words, logits);
    if (status == STATUS_OK) {
        printf("  %-14s  ", causal ? "causal" : "no causal mask");
        print_guesses(numbered, logits);
    }
    matrix_free(&x);
    matrix_free(&out);
    matrix_free(&logits);
    return status;
}

Status show_writing_mistakes(Sentence sentence)
{
    NumberedText numbered;
    HandModel hand = {.table_count = 0};
    Status status = numbered_text_create(sentence, true, NEW_WORDS, &numbered);
    if (status == STATUS_OK)
        status = copying_model_create(numbered.vocabulary, numbered.text.limit, &hand);
    if (status == STATUS_OK)
        printf("what is written\n");
    for (size_t slip = 0; status == STATUS_OK && slip < SLIPS; slip++)
        status = show_slip(&numbered, &hand, (Slip)slip);
    if (status == STATUS_OK) {
        printf("what each word of the prompt says comes next\n");
        status = show_guesses(&numbered, &hand, true);
    }
    if (status == STATUS_OK)
        status = show_guesses(&numbered, &hand, false);
    hand_model_free(&hand);
    numbered_text_free(&numbered);
    return status;
}
