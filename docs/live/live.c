/* The glue between the book's pages and the chapters: it computes nothing that a chapter computes.
 */
#include "live.h"

#include "dot_products.h"
#include "example_under_mask.h"
#include "head_splitting.h"
#include "layer_steps.h"
#include "nearest.h"
#include "positional_encoding.h"
#include "scored_sentence.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>

static const char *const TEXTS[LIVE_SENTENCES] = {EXAMPLE_RIVER, EXAMPLE_MONEY};

/* Copies a matrix into a table of the page. A sentence of another length is refused. */
static Status show(Matrix from, float *to, size_t rows, size_t cols)
{
    return matrix_copy(from, matrix_view(to, rows, cols));
}

/* --- Names ----------------------------------------------------------------------------------- */

static Status open_sentence(size_t sentence, Sentence *result)
{
    *result = (Sentence){0, NULL, NO_MATRIX};
    if (sentence >= LIVE_SENTENCES)
        return fail(STATUS_VALUE, "there is no sentence %zu", sentence);
    return sentence_create(TEXTS[sentence], result);
}

const char *live_word(size_t sentence, size_t word)
{
    Sentence words;
    Status status = open_sentence(sentence, &words);
    /* The words outlive the sentence. */
    const char *found = status == STATUS_OK && word < words.count ? words.words[word] : NULL;
    sentence_free(&words);
    return found;
}

const char *live_column(size_t column)
{
    return CONCAT_COLUMNS[column];
}

const char *live_head(size_t head)
{
    return example_layer().heads[head].name;
}

const char *live_error(void)
{
    return last_error();
}

/* --- Temperature ----------------------------------------------------------------------------- */

const LiveTemperature *live_temperature(float temperature)
{
    static LiveTemperature shown;
    Status status = STATUS_OK;
    ScoredSentence scored = {0};
    TRY(scored_sentence_create(EXAMPLE_RIVER, &scored));
    TRY(show(scored.row, shown.scores, 1, LIVE_WORDS));
    TRY(softmax_with_temperature(scored.row, temperature,
                                 matrix_view(shown.weights, 1, LIVE_WORDS)));
    shown.bits = entropy_bits(shown.weights, LIVE_WORDS);
done:
    scored_sentence_free(&scored);
    return status == STATUS_OK ? &shown : NULL;
}

/* --- Attention ------------------------------------------------------------------------------- */

const LiveAttention *live_attention(size_t sentence)
{
    static LiveAttention shown;
    Status status = STATUS_OK;
    ExampleHead sense = example_layer().heads[0];
    Matrix values = NO_MATRIX;
    Sentence words = {0};
    TRY(open_sentence(sentence, &words));
    TRY(sense_scores(words, matrix_view(shown.scores[0], LIVE_WORDS, LIVE_WORDS)));
    TRY(project("w_v", words.x, sense.w_v, &values));
    TRY(show(values, shown.values[0], LIVE_WORDS, EXAMPLE_D_K));
    TRY(self_attention(words.x, sense.w_q, sense.w_k, sense.w_v,
                       matrix_view(shown.weights[0], LIVE_WORDS, LIVE_WORDS),
                       matrix_view(shown.results[0], LIVE_WORDS, EXAMPLE_D_K)));
done:
    matrix_free(&values);
    sentence_free(&words);
    return status == STATUS_OK ? &shown : NULL;
}

/* --- Masks ----------------------------------------------------------------------------------- */

float *live_allowed(void)
{
    static float allowed[LIVE_PLACES][LIVE_PLACES];
    static bool made;
    for (size_t i = 0; !made && i < LIVE_PLACES; i++)
        for (size_t j = 0; j < LIVE_PLACES; j++)
            allowed[i][j] = 1.0f;
    made = true;
    return allowed[0];
}

/* The river's sentence with rows of zeros after it. */
static Status padded_sentence(Matrix *result)
{
    Status status = STATUS_OK;
    Sentence words = {0};
    Matrix front = NO_MATRIX;
    *result = NO_MATRIX;
    TRY(sentence_create(EXAMPLE_RIVER, &words));
    TRY(matrix_create(LIVE_PLACES, EXAMPLE_D_MODEL, result));
    TRY(matrix_rows(*result, 0, LIVE_WORDS, &front));
    TRY(matrix_copy(words.x, front));
done:
    sentence_free(&words);
    return status;
}

static void sum_rows(LiveMasks *shown)
{
    for (size_t i = 0; i < LIVE_PLACES; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < LIVE_PLACES; j++)
            sum += shown->weights[i][j];
        shown->sums[i] = (float)sum;
    }
}

const LiveMasks *live_masks(bool causal, size_t padding)
{
    static LiveMasks shown;
    AttentionMask mask = {.causal = causal,
                          .padding = padding,
                          .allowed = matrix_view(live_allowed(), LIVE_PLACES, LIVE_PLACES)};
    MaskedResult result = {NO_MATRIX, NO_MATRIX};
    Matrix x = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(padded_sentence(&x));
    TRY(mask_table(&mask, matrix_view(shown.open[0], LIVE_PLACES, LIVE_PLACES)));
    TRY(run_masked_head(example_layer().heads[0], x, &mask, &result));
    TRY(show(result.weights, shown.weights[0], LIVE_PLACES, LIVE_PLACES));
    sum_rows(&shown);
done:
    masked_result_free(&result);
    matrix_free(&x);
    return status == STATUS_OK ? &shown : NULL;
}

/* --- Positions ------------------------------------------------------------------------------- */

const LivePositions *live_positions(size_t position)
{
    static LivePositions shown;
    float other[EXAMPLE_D_MODEL];
    sinusoidal_positions(position, matrix_view(shown.encoding, 1, EXAMPLE_D_MODEL));
    for (size_t i = 0; i <= 2 * LIVE_REACH; i++) {
        sinusoidal_positions(position + i - LIVE_REACH, matrix_view(other, 1, EXAMPLE_D_MODEL));
        shown.products[i] =
            position + i < LIVE_REACH ? NAN : dot_product(shown.encoding, other, EXAMPLE_D_MODEL);
    }
    return &shown;
}

/* --- Heads ----------------------------------------------------------------------------------- */

static void name_results(Matrix results, const char *nearest[LIVE_WORDS][LIVE_NEAREST],
                         float cosines[LIVE_WORDS][LIVE_NEAREST])
{
    for (size_t t = 0; t < LIVE_WORDS; t++)
        name_nearest(matrix_row(results, t), nearest[t], cosines[t]);
}

/* What one head adds to the output: its columns of the concatenation times its rows of W_o. */
static Status part_of_head(const LayerSteps *steps, size_t head, Matrix part)
{
    Status status = STATUS_OK;
    Matrix columns, rows;
    TRY(head_view(steps->all.concat, EXAMPLE_HEADS, head, &columns));
    TRY(matrix_rows(example_layer().w_o, head * EXAMPLE_D_K, EXAMPLE_D_K, &rows));
    TRY(matrix_product(columns, rows, part)); /* T x EXAMPLE_D_MODEL */
done:
    return status;
}

static Status show_heads(const LayerSteps *steps, LiveHeads *shown)
{
    Status status = STATUS_OK;
    float numbers[LIVE_WORDS * EXAMPLE_D_MODEL];
    Matrix part = matrix_view(numbers, LIVE_WORDS, EXAMPLE_D_MODEL);
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        TRY(show(layer_weights(steps, h), shown->weights[h][0], LIVE_WORDS, LIVE_WORDS));
        TRY(part_of_head(steps, h, part));
        name_results(part, shown->nearest[h], shown->cosines[h]);
    }
    name_results(steps->out, shown->nearest[EXAMPLE_HEADS], shown->cosines[EXAMPLE_HEADS]);
done:
    return status;
}

const LiveHeads *live_heads(size_t sentence)
{
    static LiveHeads shown;
    Status status = STATUS_OK;
    LayerSteps steps = {0};
    if (sentence >= LIVE_SENTENCES) {
        (void)fail(STATUS_VALUE, "there is no sentence %zu", sentence);
        return NULL;
    }
    TRY(layer_steps_create(TEXTS[sentence], &steps));
    TRY(show_heads(&steps, &shown));
done:
    layer_steps_free(&steps);
    return status == STATUS_OK ? &shown : NULL;
}
