/* The glue between the book's page and the model of chapter 9 that copies. */
#include "live.h"

#include "encoder_decoder.h"
#include "hand_model.h"
#include "numbered_text.h"

#include <string.h>

static const char PROMPT[] = "she sat on the river bank she sat on";

/* A text that is being written, by a model that keeps what it has computed. */
typedef struct Writer {
    Sentence prompt;
    NumberedText numbered;
    HandModel hand;
    DecoderCache cache;
    size_t next; /* the word that the model would write */
} Writer;

static void writer_free(Writer *writer)
{
    decoder_cache_free(&writer->cache);
    hand_model_free(&writer->hand);
    numbered_text_free(&writer->numbered);
    sentence_free(&writer->prompt);
    memset(writer, 0, sizeof *writer);
}

static Status writer_create(Writer *writer)
{
    Status status = STATUS_OK;
    const Text *text = &writer->numbered.text;
    TRY(sentence_create(PROMPT, &writer->prompt));
    TRY(numbered_text_create(writer->prompt, true, LIVE_STEPS, &writer->numbered));
    TRY(copying_model_create(writer->numbered.vocabulary, text->limit, &writer->hand));
    TRY(decoder_cache_create(&writer->hand.model.decoder, (Memory){0}, text->limit,
                             &writer->cache));
done:
    return status;
}

/* The model's next word, for which only what the cache does not have is computed. */
static Status ask(Writer *writer, LiveWriting *shown)
{
    Status status = STATUS_OK;
    size_t kept = writer->cache.count;
    float numbers[LIVE_KINDS];
    Matrix logits = matrix_view(numbers, 1, LIVE_KINDS);
    const Sampling plain = {.temperature = 1.0f};
    TRY(next_word_logits(&writer->hand.model, (Memory){0}, &writer->numbered.text, &writer->cache,
                         logits));
    writer->next = greedy_word(logits);
    TRY(word_probabilities(logits, &plain, logits));
    shown->probability = numbers[writer->next];
    shown->fresh = (float)(writer->cache.count - kept);
done:
    return status;
}

/* Where both heads look, at each word of the text. */
static Status show_weights(const Writer *writer, LiveWriting *shown)
{
    Status status = STATUS_OK;
    const Text *text = &writer->numbered.text;
    Matrix x = NO_MATRIX, out = NO_MATRIX, weights = NO_MATRIX;
    TRY(matrix_create(text->count, writer->hand.d_model, &x));
    TRY(matrix_create(text->count, writer->hand.d_model, &out));
    TRY(matrix_create(2 * text->count, text->count, &weights));
    TRY(embed(text->words, text->count, 0, &writer->hand.model.embedding, x));
    TRY(decoder(x, (Memory){0}, &writer->hand.model.decoder, (DecoderWeights){weights, NO_MATRIX},
                out));
    memset(shown->weights, 0, sizeof shown->weights);
    for (size_t h = 0; h < 2; h++)
        for (size_t t = 0; t < text->count; t++)
            memcpy(shown->weights[h][t], matrix_row(weights, h * text->count + t),
                   text->count * sizeof(float));
done:
    matrix_free(&x);
    matrix_free(&out);
    matrix_free(&weights);
    return status;
}

/* What the second head keeps of each word; the last column of a key is for its position. */
static void show_cache(const Writer *writer, LiveWriting *shown)
{
    const BlockCache *kept = &writer->cache.blocks[1];
    memset(shown->keys, 0, sizeof shown->keys);
    memset(shown->values, 0, sizeof shown->values);
    for (size_t t = 0; t < writer->cache.count; t++) {
        memcpy(shown->keys[t], matrix_row(kept->k, t), sizeof shown->keys[t]);
        memcpy(shown->values[t], matrix_row(kept->v, t), sizeof shown->values[t]);
    }
}

static void show_text(const Writer *writer, LiveWriting *shown)
{
    const NumberedText *numbered = &writer->numbered;
    shown->count = (float)numbered->text.count;
    shown->next = numbered->names[writer->next];
    for (size_t i = 0; i < LIVE_KINDS; i++)
        shown->names[i] = numbered->names[i];
    for (size_t t = 0; t < LIVE_TEXT; t++)
        shown->words[t] = t < numbered->text.count ? numbered->names[numbered->text.words[t]] : "";
}

const LiveWriting *live_writing(bool anew)
{
    static LiveWriting shown;
    static Writer writer;
    Status status = STATUS_OK;
    Text *text = &writer.numbered.text;
    if (anew) {
        writer_free(&writer);
        TRY(writer_create(&writer));
    } else if (text->count < text->limit)
        text->words[text->count++] = writer.next;
    else
        TRY(fail(STATUS_VALUE, "the text is as long as it may be"));
    TRY(ask(&writer, &shown));
    TRY(show_weights(&writer, &shown));
    show_cache(&writer, &shown);
    show_text(&writer, &shown);
done:
    if (status != STATUS_OK)
        writer_free(&writer); /* a text that may lack a word is not continued */
    return status == STATUS_OK ? &shown : NULL;
}
