/* The glue between the book's first page and the chapters: it computes nothing that they compute.
 */
#include "live_layer.h"

#include "example.h"
#include "layer_steps.h"
#include "positional_encoding.h"
#include "self_attention.h"
#include "softmax.h"

/* The last run. */
static struct {
    Sentence sentence;
    Matrix x;
    LayerRun layer;
    HeadRun heads[EXAMPLE_HEADS];
} run;

static void forget(void)
{
    sentence_free(&run.sentence);
    matrix_free(&run.x);
    layer_run_free(&run.layer);
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        head_run_free(&run.heads[h]);
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

static Status run_layer(bool causal, bool scaled, float temperature)
{
    Status status = STATUS_OK;
    run.layer = (LayerRun){.x = run.x, .layer = hand_made_layer(), .mask = {.causal = causal}};
    run.layer.scale = (scaled ? attention_scale(EXAMPLE_D_K) : 1.0f) / temperature;
    TRY(layer_run_begin(&run.layer));
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        TRY(layer_run_attend(&run.layer, h, &run.heads[h]));
        TRY(layer_run_scores(&run.layer, &run.heads[h]));
    }
    TRY(layer_run_end(&run.layer));
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
    found[which] = which == LIVE_VECTORS
                       ? run.sentence.x
                       : layer_run_matrix(&run.layer, &run.heads[head], head, which);
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
