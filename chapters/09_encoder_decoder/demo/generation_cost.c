#include "generation_cost.h"

#include "memory.h"
#include "plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- Counting -------------------------------------------------------------------------------- */

static double size(Matrix matrix)
{
    return (double)matrix.rows * (double)matrix.cols;
}

/* Each query is compared with each key, in as many columns as all heads have; then the values. */
static double mixing(const MultiHeadLayer *layer, double queries, double keys)
{
    return queries * keys * ((double)layer->w_k.cols + (double)layer->w_v.cols);
}

/* x W costs each row the size of W. */
static double block_multiplications(const DecoderBlock *block, double fresh, double past,
                                    double source)
{
    const MultiHeadLayer *self = &block->self_attention, *cross = &block->cross_attention;
    double asked = past > 0 ? 0.0 : source; /* rows of the memory that become keys and values */
    return fresh * (size(self->w_q) + size(self->w_k) + size(self->w_v) + size(self->w_o)) +
           mixing(self, fresh, past + fresh) + fresh * (size(cross->w_q) + size(cross->w_o)) +
           asked * (size(cross->w_k) + size(cross->w_v)) + mixing(cross, fresh, source) +
           fresh * (size(block->feed_forward.w_1) + size(block->feed_forward.w_2));
}

double word_multiplications(const LanguageModel *model, size_t fresh, size_t past, size_t source)
{
    double sum = size(model->embedding.words); /* the logits of one row */
    for (size_t i = 0; i < model->decoder.count; i++)
        sum += block_multiplications(&model->decoder.blocks[i], (double)fresh, (double)past,
                                     (double)source);
    return sum;
}

/* --- A model to measure ---------------------------------------------------------------------- */

/* As small as a model can be whose attention is most of the work in a long text. */
enum { WORDS = 32, D_MODEL = 16, D_FF = 64, MEASURED_HEADS = 2, MEASURED_BLOCKS = 2 };
enum { TABLES = 6 * MEASURED_BLOCKS + 1, LENGTHS = 8, FIRST_LENGTH = 8 };

typedef struct MeasuredModel {
    Matrix tables[TABLES];
    DecoderBlock blocks[MEASURED_BLOCKS];
    LanguageModel model;
} MeasuredModel;

static Matrix random_table(MeasuredModel *measured, size_t index, size_t rows, size_t cols,
                           Status *status)
{
    Random random = {.state = index};
    if (*status == STATUS_OK)
        *status = matrix_create(rows, cols, &measured->tables[index]);
    if (*status == STATUS_OK)
        random_fill(&random, 0.25, measured->tables[index]);
    return measured->tables[index];
}

static Status measured_create(MeasuredModel *measured)
{
    Status status = STATUS_OK;
    size_t index = 0;
    *measured = (MeasuredModel){.tables = {NO_MATRIX}};
    for (size_t i = 0; i < MEASURED_BLOCKS; i++, index += 6) {
        DecoderBlock *block = &measured->blocks[i];
        Matrix *attention[] = {&block->self_attention.w_q, &block->self_attention.w_k,
                               &block->self_attention.w_v, &block->self_attention.w_o};
        for (size_t w = 0; w < 4; w++)
            *attention[w] = random_table(measured, index + w, D_MODEL, D_MODEL, &status);
        block->self_attention.heads = MEASURED_HEADS;
        block->feed_forward.w_1 = random_table(measured, index + 4, D_MODEL, D_FF, &status);
        block->feed_forward.w_2 = random_table(measured, index + 5, D_FF, D_MODEL, &status);
        block->norm_place = NORM_PRE;
        block->norm_1.epsilon = block->norm_3.epsilon = DEFAULT_EPSILON;
    }
    measured->model.embedding.words = random_table(measured, index, WORDS, D_MODEL, &status);
    measured->model.decoder = (Decoder){.blocks = measured->blocks, .count = MEASURED_BLOCKS};
    return status;
}

static void measured_free(MeasuredModel *measured)
{
    for (size_t i = 0; i < TABLES; i++)
        matrix_free(&measured->tables[i]);
}

/* --- Showing the counts ---------------------------------------------------------------------- */

static void print_growth(const float naive[LENGTHS], const float cached[LENGTHS],
                         const float lengths[LENGTHS])
{
    printf("words so far  computed anew  times  with a cache  times\n");
    for (size_t i = 0; i < LENGTHS; i++) {
        printf("%12.0f  %13.0f", (double)lengths[i], (double)naive[i]);
        if (i == 0)
            printf("         %12.0f\n", (double)cached[i]);
        else
            printf("  %5.2f  %12.0f  %5.2f\n", (double)(naive[i] / naive[i - 1]), (double)cached[i],
                   (double)(cached[i] / cached[i - 1]));
    }
}

static Status plot_growth(const float naive[LENGTHS], const float cached[LENGTHS],
                          const float lengths[LENGTHS])
{
    const Curve curves[] = {{"computed anew", lengths, naive, LENGTHS},
                            {"with a cache", lengths, cached, LENGTHS}};
    return plot_curves(&(CurvePlot){
        .name = "09_cost",
        .title = "The next word costs ever more, and with a cache far less",
        .x_axis = "words so far",
        .y_axis = "multiplications",
        .curves = curves,
        .curve_count = 2,
        .log_x = true,
        .log_y = true,
        .points = true,
    });
}

Status show_generation_cost(void)
{
    Status status = STATUS_OK;
    MeasuredModel measured = {0};
    float lengths[LENGTHS], naive[LENGTHS], cached[LENGTHS];
    TRY(measured_create(&measured));
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t length = (size_t)FIRST_LENGTH << i;
        lengths[i] = (float)length;
        naive[i] = (float)word_multiplications(&measured.model, length, 0, 0);
        cached[i] = (float)word_multiplications(&measured.model, 1, length - 1, 0);
    }
    printf("d_model %d, %d blocks of %d heads, d_ff %d, %d words: multiplications for the next "
           "word\n",
           D_MODEL, MEASURED_BLOCKS, MEASURED_HEADS, D_FF, WORDS);
    print_growth(naive, cached, lengths);
    TRY(plot_growth(naive, cached, lengths));
done:
    measured_free(&measured);
    return status;
}

/* --- Timing ---------------------------------------------------------------------------------- */

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* The least of some runs: whatever disturbs a run makes it longer. */
static Status time_word(const LanguageModel *model, const Text *text, DecoderCache *cache,
                        Matrix logits, double *least)
{
    Status status = STATUS_OK;
    enum { RUNS = 3 };
    size_t known = cache != NULL ? cache->count : 0;
    for (size_t run = 0; run < RUNS; run++) {
        double start = milliseconds();
        TRY(next_word_logits(model, (Memory){0}, text, cache, logits));
        double elapsed = milliseconds() - start;
        if (run == 0 || elapsed < *least)
            *least = elapsed;
        if (cache != NULL)
            cache->count = known; /* forget the word again */
    }
done:
    return status;
}

/* Times the word behind a text, first anew, then behind a cache of all words but the last. */
static Status time_length(const LanguageModel *model, Text text, Matrix logits)
{
    Status status = STATUS_OK;
    DecoderCache cache = {0};
    Text known = text;
    double naive = 0.0, cached = 0.0;
    known.count = text.count - 1;
    TRY(decoder_cache_create(&model->decoder, (Memory){0}, text.count, &cache));
    TRY(time_word(model, &text, NULL, logits, &naive));
    if (known.count > 0)
        TRY(next_word_logits(model, (Memory){0}, &known, &cache, logits));
    TRY(time_word(model, &text, &cache, logits, &cached));
    printf("%12zu  %13.3f  %12.3f\n", text.count, naive, cached);
done:
    decoder_cache_free(&cache);
    return status;
}

Status measure_generation(size_t limit)
{
    Status status = STATUS_OK;
    MeasuredModel measured = {0};
    Matrix logits = NO_MATRIX;
    size_t *words = NULL;
    TRY(measured_create(&measured));
    TRY(matrix_create(1, WORDS, &logits));
    words = memory_allocate(limit, sizeof *words);
    TRY(words != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    printf("milliseconds for the next word\nwords so far  computed anew  with a cache\n");
    for (size_t i = 0; i < limit; i++)
        words[i] = i % WORDS;
    for (size_t n = 1; n <= limit; n *= 2)
        TRY(time_length(&measured.model, (Text){words, n, n, WORDS}, logits));
done:
    free(words);
    matrix_free(&logits);
    measured_free(&measured);
    return status;
}
