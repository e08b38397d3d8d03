#include "reversing_example.h"

#include "memory.h"
#include "plot.h"
#include "print.h"

#include <stdio.h>
#include <stdlib.h>

/* --- Reading and writing --------------------------------------------------------------------- */

/* The target is as long as the source and a full stop in front. */
static Status create_buffers(Reversal *reversal)
{
    Status status = STATUS_OK;
    size_t count = reversal->source.text.count, d_model = reversal->hand.d_model;
    TRY(matrix_create(count, d_model, &reversal->read));
    TRY(matrix_create(count, d_model, &reversal->x));
    reversal->target = (Text){.limit = count + 1, .stop = reversal->source.text.stop};
    reversal->target.words = memory_allocate(count + 1, sizeof *reversal->target.words);
    reversal->labels = memory_allocate(count, sizeof *reversal->labels);
    TRY(reversal->target.words != NULL && reversal->labels != NULL ? STATUS_OK : STATUS_NO_MEMORY);
done:
    return status;
}

static Status write_backwards(Reversal *reversal)
{
    Status status = STATUS_OK;
    static const Sampling GREEDY = {.temperature = 0.0f};
    const HandModel *hand = &reversal->hand;
    Text *target = &reversal->target;
    target->words[0] = target->stop;
    target->count = 1;
    TRY(generate(&hand->model, reversal->memory, &GREEDY, NULL, NULL, target));
    TRY(embed(target->words, reversal->x.rows, 0, &hand->model.embedding, reversal->x));
    for (size_t t = 0; t < reversal->x.rows; t++)
        reversal->labels[t] = reversal->source.names[target->words[t]];
done:
    return status;
}

Status reversal_create(Sentence sentence, Reversal *reversal)
{
    Status status = STATUS_OK;
    *reversal = (Reversal){.labels = NULL};
    Text *source = &reversal->source.text;
    TRY(numbered_text_create(sentence, false, 0, &reversal->source));
    TRY(reversing_model_create(reversal->source.vocabulary, source->count, &reversal->hand));
    TRY(create_buffers(reversal));
    TRY(hand_model_read(&reversal->hand, source->words, source->count, NO_MATRIX, reversal->read));
    reversal->memory = (Memory){.x = reversal->read};
    TRY(write_backwards(reversal));
done:
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
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"stands at", "the end is at", "is due at"};
    Reversal reversal = {0};
    Matrix table = NO_MATRIX;
    TRY(reversal_create(sentence, &reversal));
    TRY(matrix_create(3, reversal.read.rows, &table));
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
done:
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
    Status status = STATUS_OK;
    const Text *source = &reversal->source.text;
    Matrix out = NO_MATRIX;
    TRY(matrix_create(reversal->x.rows, reversal->x.cols, &out));
    TRY(hand_model_read(&reversal->hand, source->words, source->count, encoder_weights, out));
    TRY(decoder(reversal->x, reversal->memory, &reversal->hand.model.decoder,
                (DecoderWeights){NO_MATRIX, weights}, out));
done:
    matrix_free(&out);
    return status;
}

Status show_reversing(Sentence sentence)
{
    Status status = STATUS_OK;
    Reversal reversal = {0};
    Matrix encoder_weights = NO_MATRIX, weights = NO_MATRIX;
    TRY(reversal_create(sentence, &reversal));
    size_t count = reversal.source.text.count;
    TRY(matrix_create(count, count, &encoder_weights));
    TRY(matrix_create(count, count, &weights));
    TRY(look(&reversal, encoder_weights, weights));
    print_matrix(stdout, weights,
                 (PrintStyle){"cross-attention: the target asks (rows), the source answers",
                              reversal.labels, reversal.source.labels, 0});
    printf("source:  ");
    print_words(&reversal.source, reversal.source.text.words, count);
    printf("\nwritten: ");
    print_words(&reversal.source, reversal.target.words + 1, reversal.target.count - 1);
    printf("\n");
    TRY(draw(&reversal, encoder_weights, weights));
done:
    matrix_free(&encoder_weights);
    matrix_free(&weights);
    reversal_free(&reversal);
    return status;
}
