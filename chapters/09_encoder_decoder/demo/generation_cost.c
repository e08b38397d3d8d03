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

/* About the smallest model for which attention is most of the work in a long text; and one as large
 * as that of Vaswani et al. 2017. */
enum { D_MODEL = 16, LARGE_D_MODEL = 512, WORDS = 32, MEASURED_HEADS = 2, MEASURED_BLOCKS = 2 };
enum { W_Q, W_K, W_V, W_O, W_1, W_2, BLOCK_TABLES };
enum { TABLES = BLOCK_TABLES * MEASURED_BLOCKS + 1 };
enum { LENGTHS = 8, FIRST_LENGTH = 8, LARGE_LENGTHS = 4, LARGE_FIRST_LENGTH = 512 };

typedef struct MeasuredModel {
    Matrix tables[TABLES];
    DecoderBlock blocks[MEASURED_BLOCKS];
    LanguageModel model;
} MeasuredModel;

/* Makes a model of the tables as they are. */
static void connect(MeasuredModel *measured)
{
    for (size_t i = 0; i < MEASURED_BLOCKS; i++) {
        const Matrix *w = &measured->tables[i * BLOCK_TABLES];
        measured->blocks[i] = (DecoderBlock){
            .self_attention = {.w_q = w[W_Q],
                               .w_k = w[W_K],
                               .w_v = w[W_V],
                               .w_o = w[W_O],
                               .heads = MEASURED_HEADS},
            .feed_forward = {.w_1 = w[W_1], .w_2 = w[W_2]},
            .norm_1.epsilon = DEFAULT_EPSILON,
            .norm_3.epsilon = DEFAULT_EPSILON,
            .norm_place = NORM_PRE,
        };
    }
    measured->model.embedding.words = measured->tables[TABLES - 1];
    measured->model.decoder = (Decoder){.blocks = measured->blocks, .count = MEASURED_BLOCKS};
}

/* A model of shapes without numbers, enough to count. */
static void measured_shape(size_t d_model, MeasuredModel *measured)
{
    *measured = (MeasuredModel){.tables = {NO_MATRIX}};
    for (size_t i = 0; i < TABLES; i++) {
        size_t rows = i % BLOCK_TABLES == W_2 ? 4 * d_model : d_model;
        size_t cols = i % BLOCK_TABLES == W_1 ? 4 * d_model : d_model;
        measured->tables[i] = (Matrix){NULL, i == TABLES - 1 ? WORDS : rows, cols, cols};
    }
    connect(measured);
}

static Status measured_create(MeasuredModel *measured)
{
    Status status = STATUS_OK;
    measured_shape(D_MODEL, measured);
    for (size_t i = 0; i < TABLES; i++) {
        Matrix shape = measured->tables[i];
        Random random = {.state = i};
        TRY(matrix_create(shape.rows, shape.cols, &measured->tables[i]));
        random_fill(&random, 0.25, measured->tables[i]);
    }
    connect(measured);
done:
    return status;
}

static void measured_free(MeasuredModel *measured)
{
    for (size_t i = 0; i < TABLES; i++)
        matrix_free(&measured->tables[i]);
}

/* --- Showing the counts ---------------------------------------------------------------------- */

typedef struct Growth {
    float lengths[LENGTHS], naive[LENGTHS], cached[LENGTHS];
    size_t count;
} Growth;

static Growth grow(const LanguageModel *model, size_t first_length, size_t count)
{
    Growth growth = {.count = count};
    for (size_t i = 0; i < count; i++) {
        size_t length = first_length << i;
        growth.lengths[i] = (float)length;
        growth.naive[i] = (float)word_multiplications(model, length, 0, 0);
        growth.cached[i] = (float)word_multiplications(model, 1, length - 1, 0);
    }
    return growth;
}

static void print_growth(const Growth *growth)
{
    const float *naive = growth->naive, *cached = growth->cached;
    printf("words so far  computed anew  times  with a cache  times\n");
    for (size_t i = 0; i < growth->count; i++) {
        printf("%12.0f  %13.0f", (double)growth->lengths[i], (double)naive[i]);
        if (i == 0)
            printf("         %12.0f\n", (double)cached[i]);
        else
            printf("  %5.2f  %12.0f  %5.2f\n", (double)(naive[i] / naive[i - 1]), (double)cached[i],
                   (double)(cached[i] / cached[i - 1]));
    }
}

static Status plot_growth(const Growth *growth)
{
    const Curve curves[] = {{"computed anew", growth->lengths, growth->naive, growth->count},
                            {"with a cache", growth->lengths, growth->cached, growth->count}};
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

/* Prints how the cost grows, and from which length on comparing costs more than all else. */
static Growth show_growth(size_t d_model, size_t first_length, size_t count)
{
    MeasuredModel measured;
    const DecoderBlock *block = measured.blocks;
    measured_shape(d_model, &measured);
    double row = block_multiplications(block, 1.0, 0.0, 0.0);
    double pair = mixing(&block->self_attention, 1.0, 1.0);
    Growth growth = grow(&measured.model, first_length, count);
    printf("d_model %zu, %d blocks of %d heads, d_ff %zu, %d words: multiplications for the next "
           "word\n",
           d_model, MEASURED_BLOCKS, MEASURED_HEADS, block->feed_forward.w_1.cols, WORDS);
    print_growth(&growth);
    printf("all pairs of words cost as much as the rest from %.0f words on\n", (row - pair) / pair);
    return growth;
}

/* Radford et al. 2019, table 2 and section 2.3; Brown et al. 2020, table 2.1; Grattafiori et al.
 * 2024, table 3 and section 3.4.2. */
static void show_cache_sizes(void)
{
    static const struct {
        const char *name;
        double words, blocks, d_model, columns;
    } MODELS[] = {{"GPT-2", 1024, 48, 1600, 1600},
                  {"GPT-3", 2048, 96, 12288, 12288},
                  {"Llama 3 70B", 131072, 80, 8192, 1024}};
    printf("GiB of the cache for one text, in numbers of 2 bytes\n"
           "model         words  blocks  d_model  columns of K   GiB  with d_model columns\n");
    for (size_t i = 0; i < sizeof MODELS / sizeof *MODELS; i++) {
        double column = 2.0 * 2.0 * MODELS[i].words * MODELS[i].blocks / (1 << 30); /* of K and V */
        printf("%-12s %6.0f  %6.0f  %7.0f  %12.0f  %4.1f  %20.1f\n", MODELS[i].name,
               MODELS[i].words, MODELS[i].blocks, MODELS[i].d_model, MODELS[i].columns,
               column * MODELS[i].columns, column * MODELS[i].d_model);
    }
}

/* What the word behind every word of a text costs: in one pass, and in a pass for each. */
static void show_all_positions(void)
{
    enum { LENGTH = FIRST_LENGTH << (LENGTHS - 1) };
    MeasuredModel measured;
    measured_shape(D_MODEL, &measured);
    const LanguageModel *model = &measured.model;
    double logits = size(model->embedding.words), cached = 0.0, anew = 0.0;
    for (size_t n = 1; n <= LENGTH; n++) {
        cached += word_multiplications(model, 1, n - 1, 0);
        anew += word_multiplications(model, n, 0, 0);
    }
    printf("the word behind each of %d words, d_model %d: multiplications\n"
           "  all at once       %12.0f\n  with a cache      %12.0f\n  each one anew     %12.0f\n",
           LENGTH, D_MODEL, word_multiplications(model, LENGTH, 0, 0) + (LENGTH - 1) * logits,
           cached, anew);
}

Status show_generation_cost(void)
{
    Growth growth = show_growth(D_MODEL, FIRST_LENGTH, LENGTHS);
    show_growth(LARGE_D_MODEL, LARGE_FIRST_LENGTH, LARGE_LENGTHS);
    show_cache_sizes();
    show_all_positions();
    return plot_growth(&growth);
}

/* --- Timing ---------------------------------------------------------------------------------- */

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* The shortest of some runs: whatever disturbs a run makes it longer. */
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

/* Times the word after a text, first computed anew, then with a cache of all words but the last. */
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
