/* Words are ranked by counting, not by sorting, and u is used up word by word. */
#include "encoder_decoder.h"

#include "softmax.h"

#include <math.h>

Status embed(const size_t *words, size_t count, size_t first, const Embedding *embedding,
             Matrix out)
{
    Matrix table = embedding->words, places = embedding->positions;
    if (out.rows != count || out.cols != table.cols ||
        (places.data != NULL && places.cols != table.cols))
        return fail(STATUS_SHAPE, "embed: out is %zux%zu", out.rows, out.cols);
    for (size_t t = 0; t < count; t++)
        if (words[t] >= table.rows ||
            (places.data != NULL && (t >= places.rows || first >= places.rows - t)))
            return fail(STATUS_VALUE, "embed: no word %zu, or no place %zu for it", words[t], t);
    for (size_t c = 0; c < out.cols; c++)
        for (size_t t = 0; t < count; t++) {
            double angle =
                ((double)first + (double)t) * pow(10000.0, -(double)(c - c % 2) / (double)out.cols);
            double wave = c % 2 == 0 ? sin(angle) : cos(angle);
            double place = places.data == NULL ? wave : (double)matrix_row(places, first + t)[c];
            matrix_row(out, t)[c] =
                (float)(sqrt((double)out.cols) * (double)matrix_row(table, words[t])[c] + place);
        }
    return STATUS_OK;
}

Status vocabulary_logits(Matrix x, Matrix words, Matrix logits)
{
    if (x.cols != words.cols || logits.rows != x.rows || logits.cols != words.rows)
        return fail(STATUS_SHAPE, "vocabulary_logits: the shapes do not fit");
    for (size_t w = words.rows; w-- > 0;)
        for (size_t t = 0; t < x.rows; t++) {
            double sum = 0.0;
            for (size_t c = 0; c < x.cols; c++)
                sum += (double)matrix_row(words, w)[c] * (double)matrix_row(x, t)[c];
            matrix_row(logits, t)[w] = (float)sum;
        }
    return STATUS_OK;
}

static bool beats(Matrix logits, size_t word, size_t than)
{
    float a = logits.data[word], b = logits.data[than];
    bool equal = a == b || (isnan(a) && isnan(b));
    return equal ? word < than : a > b || (isnan(b) && !isnan(a));
}

size_t greedy_word(Matrix logits)
{
    size_t best = logits.cols - 1;
    for (size_t word = best; word-- > 0;)
        best = beats(logits, word, best) ? word : best;
    return best;
}

static size_t rank_of(Matrix logits, size_t word)
{
    size_t rank = 0;
    for (size_t other = 0; other < logits.cols; other++)
        rank += beats(logits, other, word);
    return rank;
}

Status word_probabilities(Matrix logits, const Sampling *sampling, Matrix probabilities)
{
    Status status = STATUS_OK;
    Matrix kept = NO_MATRIX;
    if (logits.rows != 1)
        return fail(STATUS_SHAPE, "word_probabilities: %zu rows", logits.rows);
    TRY(matrix_create(1, logits.cols, &kept));
    for (size_t word = 0; word < logits.cols; word++)
        kept.data[word] = sampling->top_k == 0 || rank_of(logits, word) < sampling->top_k
                              ? logits.data[word]
                              : -INFINITY;
    TRY(softmax_with_temperature(kept, sampling->temperature, probabilities));
done:
    matrix_free(&kept);
    return status;
}

size_t draw_word(Matrix probabilities, double u)
{
    size_t word = 0, last = 0;
    for (; word < probabilities.cols; word++) {
        if (!(probabilities.data[word] > 0.0f))
            continue;
        last = word;
        u -= (double)probabilities.data[word];
        if (u < 0.0)
            break;
    }
    return last;
}

Status choose_word(Matrix logits, const Sampling *sampling, Random *random, size_t *word)
{
    Matrix probabilities = NO_MATRIX;
    Status status = STATUS_OK;
    *word = greedy_word(logits);
    if (sampling->temperature != 0.0f) {
        TRY(matrix_create(1, logits.cols, &probabilities));
        TRY(word_probabilities(logits, sampling, probabilities));
        *word = draw_word(probabilities, random_uniform(random));
    }
done:
    matrix_free(&probabilities);
    return status;
}

Status generate(const LanguageModel *model, Memory memory, const Sampling *sampling, Random *random,
                DecoderCache *cache, Text *text)
{
    Status status = STATUS_OK;
    Matrix logits = NO_MATRIX;
    size_t word = text->stop;
    if (text->count >= text->limit)
        return STATUS_OK;
    TRY(matrix_create(1, model->embedding.words.rows, &logits));
    TRY(next_word_logits(model, memory, text, cache, logits));
    TRY(choose_word(logits, sampling, random, &word));
    text->words[text->count] = word;
    text->count += 1;
done:
    matrix_free(&logits);
    return status != STATUS_OK || word == text->stop
               ? status
               : generate(model, memory, sampling, random, cache, text);
}
