#include "reversing_example.h"

#include "memory.h"
#include "plot.h"
#include "print.h"

#include <stdio.h>
#include <stdlib.h>

/* --- Reading and writing --------------------------------------------------------------------- */

/* Room for the target, which is as long as the source and a full stop in front. */
static Status make_room(Reversal *reversal)
{
    size_t count = reversal->source.text.count, d_model = reversal->hand.d_model;
    Status status = matrix_create(count, d_model, &reversal->read);
    if (status == STATUS_OK)
        status = matrix_create(count, d_model, &reversal->x);
    reversal->target = (Text){.limit = count + 1, .stop = reversal->source.text.stop};
    reversal->target.words = memory_allocate(count + 1, sizeof *reversal->target.words);
    reversal->labels = memory_allocate(count, sizeof *reversal->labels);
    if (reversal->target.words == NULL || reversal->labels == NULL)
        status = STATUS_NO_MEMORY;
    return status;
}

static Status write_backwards(Reversal *reversal)
{
    static const Sampling GREEDY = {.temperature = 0.0f};
    const HandModel *hand = &reversal->hand;
    Text *target = &reversal->target;
    target->words[0] = target->stop;
    target->count = 1;
    Status status = generate(&hand->model, reversal->memory, &GREEDY, NULL, NULL, target);
    if (status == STATUS_OK)
        status = embed(target->words, reversal->x.rows, 0, &hand->model.embedding, reversal->x);
    for (size_t t = 0; status == STATUS_OK && t < reversal->x.rows; t++)
        reversal->labels[t] = reversal->source.names[target->words[t]];
    return status;
}

Status reversal_create(Sentence sentence, Reversal *reversal)
{
    *reversal = (Reversal){.labels = NULL};
    Text *source = &reversal->source.text;
    Status status = numbered_text_create(sentence, false, 0, &reversal->source);
    if (status == STATUS_OK)
        status =
            reversing_model_create(reversal->source.vocabulary, source->count, &reversal->hand);
    if (status == STATUS_OK)
        status = make_room(reversal);
    if (status == STATUS_OK)
        status = hand_model_read(&reversal->hand, source->words, source->count, NO_MATRIX,
                                 reversal->read);
    reversal->memory = (Memory){.x = reversal->read};
    if (status == STATUS_OK)
        status = write_backwards(reversal);
    return status;
}

void reversal_free(Reversal *reversal)
{
    numbered_text_free(&reversal->source);
    hand_model_free(&reversal->hand);
    matrix_free(&reversal->read);
    matrix_free(&reversal->x);
    free(reversal->target.words);
    free(reversal->labels);
}

/* --- Showing --------------------------------------------------------------------------------- */

/* Which of some neighbouring columns holds the 1. */
static float place_of_one(const float *row, size_t first, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (row[first + i] > row[first + best])
            best = i;
    return (float)best;
}

Status show_reading(Sentence sentence)
{
    static const char *const ROWS[] = {"stands at", "the end is at", "is due at"};
    Reversal reversal;
    Matrix table = NO_MATRIX;
    Status status = reversal_create(sentence, &reversal);
    if (status == STATUS_OK)
        status = matrix_create(3, reversal.read.rows, &table);
    if (status == STATUS_OK) {
        const HandModel *hand = &reversal.hand;
        printf("%zu words, %zu positions: d_model = %zu (word %zu, place %zu, end %zu, due %zu, "
               "free %zu), %zu rules\n",
               hand->words, hand->places, hand->d_model, hand->words, hand->places, hand->places,
               hand->places, hand->d_model - hand->words - 3 * hand->places,
               hand->encoder_block.feed_forward.w_1.cols);
        for (size_t t = 0; t < reversal.read.rows; t++)
            for (size_t part = 0; part < 3; part++)
                matrix_row(table, part)[t] = place_of_one(
                    matrix_row(reversal.read, t), hand->words + part * hand->places, hand->places);
        print_matrix(stdout, table,
                     (PrintStyle){"what the encoder found out", ROWS, reversal.source.labels, 0});
    }
    matrix_free(&table);
    reversal_free(&reversal);
    return status;
}

static Status draw(const Reversal *reversal, Matrix encoder_weights, Matrix weights)
{
    const char *const *source = reversal->source.labels;
    const HeatmapPanel panels[] = {{"encoder: where does the source end?", encoder_weights, source,
                                    source, "asks", "is asked"},
                                   {"cross-attention: which word is due now?", weights,
                                    reversal->labels, source, "target: asks", "source: is asked"}};
    return plot_heatmaps(
        &(HeatmapPlot){.name = "09_reversing",
                       .title = "The encoder finds the end, the decoder reads the source backwards",
                       .panels = panels,
                       .panel_count = 2,
                       .high = 1.0f,
                       .unit = "weight",
                       .decimals = -1});
}

static Status look(const Reversal *reversal, Matrix encoder_weights, Matrix weights)
{
    const Text *source = &reversal->source.text;
    Matrix out;
    Status status = matrix_create(reversal->x.rows, reversal->x.cols, &out);
    if (status == STATUS_OK)
        status =
            hand_model_read(&reversal->hand, source->words, source->count, encoder_weights, out);
    if (status == STATUS_OK)
        status = decoder(reversal->x, reversal->memory, &reversal->hand.model.decoder,
                         (DecoderWeights){NO_MATRIX, weights}, out);
    matrix_free(&out);
    return status;
}

Status show_reversing(Sentence sentence)
{
    Reversal reversal;
    Matrix encoder_weights = NO_MATRIX, weights = NO_MATRIX;
    Status status = reversal_create(sentence, &reversal);
    size_t count = reversal.source.text.count;
    if (status == STATUS_OK)
        status = matrix_create(count, count, &encoder_weights);
    if (status == STATUS_OK)
        status = matrix_create(count, count, &weights);
    if (status == STATUS_OK)
        status = look(&reversal, encoder_weights, weights);
    if (status == STATUS_OK) {
        print_matrix(stdout, weights,
                     (PrintStyle){"cross-attention: the target asks (rows), the source answers",
                                  reversal.labels, reversal.source.labels, 0});
        printf("source:  ");
        print_words(&reversal.source, reversal.source.text.words, count);
        printf("\nwritten: ");
        print_words(&reversal.source, reversal.target.words + 1, reversal.target.count - 1);
        printf("\n");
        status = draw(&reversal, encoder_weights, weights);
    }
    matrix_free(&encoder_weights);
    matrix_free(&weights);
    reversal_free(&reversal);
    return status;
}
