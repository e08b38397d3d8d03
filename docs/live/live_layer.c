/* The glue between the book's first page and the chapters: it computes nothing that they compute.
 */
#include "live_layer.h"

#include "example.h"
#include "layer_steps.h"
#include "masking.h"
#include "multi_head_attention.h"
#include "positional_encoding.h"
#include "self_attention.h"
#include "softmax.h"

/* What is of one head. Q, K, V and the result are views into those of all heads. */
typedef struct HeadRun {
    HeadMatrices one;
    Matrix scores, scaled, weights;
} HeadRun;

/* The last run. */
static struct {
    Sentence sentence;
    Matrix x, open, out;
    HeadMatrices all;
    HeadRun heads[EXAMPLE_HEADS];
} run;

static void forget(void)
{
    sentence_free(&run.sentence);
    matrix_free(&run.x);
    matrix_free(&run.open);
    matrix_free(&run.out);
    multi_head_free(&run.all);
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        matrix_free(&run.heads[h].scores);
        matrix_free(&run.heads[h].scaled);
        matrix_free(&run.heads[h].weights);
        run.heads[h].one = (HeadMatrices){NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    }
}

char *live_layer_text(void)
{
    static char text[LIVE_TEXT_SIZE];
    text[LIVE_TEXT_SIZE - 1] = '\0';
    return text;
}

static Status read_sentence(bool positions)
{
    Status status = STATUS_OK;
    size_t count;
    sentence_beginning(live_layer_text(), LIVE_LAYER_WORDS, &count);
    if (count > LIVE_LAYER_WORDS)
        return fail(STATUS_VALUE, "the sentence has %zu words, but the picture has room for %d",
                    count, LIVE_LAYER_WORDS);
    TRY(sentence_create(live_layer_text(), &run.sentence));
    TRY(matrix_create(run.sentence.count, EXAMPLE_D_MODEL, &run.x));
    TRY(positions ? add_positions(run.sentence.x, 0, run.x) : matrix_copy(run.sentence.x, run.x));
done:
    return status;
}

/* The weights are not made from the scores that are shown, but beside them, by chapter 7. */
static Status run_head(size_t head, float scale, const AttentionMask *mask)
{
    Status status = STATUS_OK;
    HeadRun *it = &run.heads[head];
    size_t tokens = run.x.rows;
    TRY(multi_head_select(&run.all, EXAMPLE_HEADS, head, &it->one));
    TRY(matrix_create(tokens, tokens, &it->scores));
    TRY(matrix_create(tokens, tokens, &it->scaled));
    TRY(matrix_create(tokens, tokens, &it->weights));
    TRY(attention_scores(it->one.q, it->one.k, 1.0f, it->scores));
    TRY(attention_scores(it->one.q, it->one.k, scale, it->scaled));
    TRY(masked_attention(it->one.q, it->one.k, it->one.v, scale, mask, it->weights,
                         it->one.concat));
done:
    return status;
}

static Status run_layer(bool causal, bool scaled, float temperature)
{
    Status status = STATUS_OK;
    MultiHeadLayer layer = hand_made_layer();
    AttentionMask mask = {.causal = causal};
    float scale = (scaled ? attention_scale(EXAMPLE_D_K) : 1.0f) / temperature;
    TRY(matrix_create(run.x.rows, run.x.rows, &run.open));
    TRY(mask_table(&mask, run.open));
    TRY(multi_head_project(run.x, run.x, &layer, &run.all));
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        TRY(run_head(h, scale, &mask));
    TRY(matrix_create(run.x.rows, EXAMPLE_D_MODEL, &run.out));
    TRY(multi_head_output(run.all.concat, &layer, run.out));
done:
    return status;
}

bool live_layer_run(bool causal, bool positions, bool scaled, float temperature)
{
    Status status = STATUS_OK;
    forget();
    TRY(softmax_with_temperature(NO_MATRIX, temperature, NO_MATRIX)); /* is it one at all? */
    TRY(read_sentence(positions));
    TRY(run_layer(causal, scaled, temperature));
done:
    if (status != STATUS_OK)
        forget();
    return status == STATUS_OK;
}

const Matrix *live_layer_matrix(LiveMatrix which, size_t head)
{
    static Matrix found[LIVE_MATRICES];
    ExampleLayer layer = example_layer();
    const HeadRun *it = &run.heads[head];
    found[LIVE_VECTORS] = run.sentence.x;
    found[LIVE_X] = run.x;
    found[LIVE_W_Q] = layer.heads[head].w_q;
    found[LIVE_W_K] = layer.heads[head].w_k;
    found[LIVE_W_V] = layer.heads[head].w_v;
    found[LIVE_Q] = it->one.q;
    found[LIVE_K] = it->one.k;
    found[LIVE_V] = it->one.v;
    found[LIVE_SCORES] = it->scores;
    found[LIVE_SCALED] = it->scaled;
    found[LIVE_OPEN] = run.open;
    found[LIVE_WEIGHTS] = it->weights;
    found[LIVE_HEAD] = it->one.concat;
    found[LIVE_CONCAT] = run.all.concat;
    found[LIVE_W_O] = layer.w_o;
    found[LIVE_OUT] = run.out;
    return &found[which];
}

const char *live_layer_word(size_t word)
{
    return word < run.sentence.count ? run.sentence.words[word] : NULL;
}

size_t live_layer_focus(void)
{
    return run.sentence.count > 0 ? sentence_focus(run.sentence) : 0;
}

const LiveNearest *live_layer_nearest(LiveMatrix which, size_t word)
{
    static LiveNearest nearest;
    Matrix matrix = *live_layer_matrix(which, 0);
    if (word >= run.sentence.count || matrix.cols != EXAMPLE_D_MODEL)
        return NULL;
    name_nearest(matrix_row(matrix, word), nearest.words, nearest.cosines);
    return &nearest;
}

const char *live_layer_column(size_t column)
{
    return EXAMPLE_COLUMNS[column];
}
