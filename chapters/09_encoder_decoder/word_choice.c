/* The choice of a word: from logits to one of them. */
#include "encoder_decoder.h"

#include "memory.h"
#include "softmax.h"

#include <math.h>
#include <stdlib.h>

/* A word that may be chosen. */
typedef struct Candidate {
    float logit;
    size_t word;
} Candidate;

/* The better one has the greater logit; of equal ones the first is better, and a NaN is the worst.
 */
static bool is_better(Candidate a, Candidate b)
{
    if (isnan(a.logit) || isnan(b.logit))
        return isnan(a.logit) ? isnan(b.logit) && a.word < b.word : true;
    return a.logit > b.logit || (a.logit == b.logit && a.word < b.word);
}

static Candidate candidate(Matrix logits, size_t word)
{
    return (Candidate){logits.data[word], word};
}

size_t greedy_word(Matrix logits)
{
    size_t best = 0;
    for (size_t word = 1; word < logits.cols; word++)
        if (is_better(candidate(logits, word), candidate(logits, best)))
            best = word;
    return best;
}

static int best_first(const void *a, const void *b)
{
    Candidate x = *(const Candidate *)a, y = *(const Candidate *)b;
    return is_better(y, x) - is_better(x, y);
}

/* The logits of the k best words, and minus infinity for the others. */
static Status keep_best(Matrix logits, size_t k, Matrix kept)
{
    Candidate *ranked = memory_allocate(logits.cols, sizeof *ranked);
    if (ranked == NULL)
        return STATUS_NO_MEMORY;
    for (size_t word = 0; word < logits.cols; word++) {
        ranked[word] = candidate(logits, word);
        kept.data[word] = -INFINITY;
    }
    qsort(ranked, logits.cols, sizeof *ranked, best_first);
    for (size_t rank = 0; rank < k; rank++)
        kept.data[ranked[rank].word] = ranked[rank].logit;
    free(ranked);
    return STATUS_OK;
}

Status word_probabilities(Matrix logits, const Sampling *sampling, Matrix probabilities)
{
    size_t words = logits.cols;
    size_t k = sampling->top_k > 0 && sampling->top_k < words ? sampling->top_k : words;
    Matrix kept = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_expect("word_probabilities", "logits", logits, 1, words, "1 x V"));
    TRY(matrix_expect("word_probabilities", "probabilities", probabilities, 1, words, "1 x V"));
    TRY(matrix_create(1, words, &kept));
    TRY(keep_best(logits, k, kept));
    TRY(softmax_with_temperature(kept, sampling->temperature, probabilities));
done:
    matrix_free(&kept);
    return status;
}

size_t draw_word(Matrix probabilities, double u)
{
    size_t last = 0;
    double end = 0.0; /* of the words so far, on the line */
    for (size_t word = 0; word < probabilities.cols && u >= end; word++)
        if (probabilities.data[word] > 0.0f) {
            end += probabilities.data[word];
            last = word;
        }
    return last;
}

Status choose_word(Matrix logits, const Sampling *sampling, Random *random, size_t *word)
{
    Matrix probabilities = NO_MATRIX;
    Status status = STATUS_OK;
    if (sampling->temperature == 0.0f) {
        *word = greedy_word(logits);
        return STATUS_OK;
    }
    TRY(matrix_create(1, logits.cols, &probabilities));
    TRY(word_probabilities(logits, sampling, probabilities));
    *word = draw_word(probabilities, random_uniform(random));
done:
    matrix_free(&probabilities);
    return status;
}
