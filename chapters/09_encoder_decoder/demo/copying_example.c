#include "copying_example.h"

#include "generation_cost.h"
#include "hand_model.h"
#include "numbered_text.h"
#include "plot.h"
#include "print.h"
#include "self_attention.h"

#include <stdio.h>
#include <string.h>

static const Sampling GREEDY = {.temperature = 0.0f};
/* As many words are written as the prompt needs to come round again; no more than this. */
enum { NEW_WORDS = 4 };

/* A prompt and the model that continues it. */
typedef struct Prompt {
    NumberedText numbered;
    HandModel hand;
} Prompt;

static Status prompt_create(Sentence sentence, Prompt *prompt)
{
    prompt->hand = (HandModel){.table_count = 0};
    Status status = numbered_text_create(sentence, true, NEW_WORDS, &prompt->numbered);
    if (status == STATUS_OK)
        status = copying_model_create(prompt->numbered.vocabulary, prompt->numbered.text.limit,
                                      &prompt->hand);
    return status;
}

static void prompt_free(Prompt *prompt)
{
    hand_model_free(&prompt->hand);
    numbered_text_free(&prompt->numbered);
}

/* --- Where the heads look -------------------------------------------------------------------- */

/* The weights of both heads, one below the other. */
static Status look(const Prompt *prompt, Matrix weights)
{
    Matrix x = NO_MATRIX, out = NO_MATRIX;
    const Text *text = &prompt->numbered.text;
    Status status = matrix_create(text->count, prompt->hand.d_model, &x);
    if (status == STATUS_OK)
        status = matrix_create(text->count, prompt->hand.d_model, &out);
    if (status == STATUS_OK)
        status = embed(text->words, text->count, 0, &prompt->hand.model.embedding, x);
    if (status == STATUS_OK)
        status = decoder(x, (Memory){0}, &prompt->hand.model.decoder,
                         (DecoderWeights){weights, NO_MATRIX}, out);
    matrix_free(&x);
    matrix_free(&out);
    return status;
}

/* The scores of the last word in block 1, from the rows that block 0 made. */
static Status last_scores(const Prompt *prompt, Matrix x, Matrix scores)
{
    const DecoderBlock *block = &prompt->hand.blocks[1];
    Decoder first = {.blocks = prompt->hand.blocks, .count = 1};
    Matrix rows = NO_MATRIX, q = NO_MATRIX, k = NO_MATRIX, last;
    Status status = matrix_create(x.rows, x.cols, &rows);
    if (status == STATUS_OK)
        status = decoder(x, (Memory){0}, &first, NO_WEIGHTS, rows);
    if (status == STATUS_OK)
        status = layer_norm(rows, &block->norm_1, rows);
    if (status == STATUS_OK)
        status = matrix_rows(rows, rows.rows - 1, 1, &last);
    if (status == STATUS_OK)
        status = project("w_q", last, block->self_attention.w_q, &q);
    if (status == STATUS_OK)
        status = project("w_k", rows, block->self_attention.w_k, &k);
    if (status == STATUS_OK)
        status = attention_scores(q, k, attention_scale(q.cols), scores);
    matrix_free(&rows);
    matrix_free(&q);
    matrix_free(&k);
    return status;
}

/* How the last word finds what it looks at. */
static Status show_last_word(const Prompt *prompt)
{
    const Text *text = &prompt->numbered.text;
    const char *const *labels = prompt->numbered.labels;
    Matrix x = NO_MATRIX, scores = NO_MATRIX;
    Status status = matrix_create(text->count, prompt->hand.d_model, &x);
    if (status == STATUS_OK)
        status = matrix_create(1, text->count, &scores);
    if (status == STATUS_OK)
        status = embed(text->words, text->count, 0, &prompt->hand.model.embedding, x);
    if (status == STATUS_OK)
        status = last_scores(prompt, x, scores);
    if (status == STATUS_OK) {
        printf("the last word, ");
        print_matrix(stdout, scores,
                     (PrintStyle){"scores in block 1", labels + text->count - 1, labels, 0});
        printf("the greatest is that of word %zu\n", greedy_word(scores));
    }
    matrix_free(&x);
    matrix_free(&scores);
    return status;
}

static Status draw_heads(const Prompt *prompt, Matrix previous, Matrix matching)
{
    const char *const *labels = prompt->numbered.labels;
    const HeatmapPanel panels[] = {
        {"block 0: the word before", previous, labels, labels, "asks", "is asked"},
        {"block 1: what stood behind me last time", matching, labels, labels, "asks", "is asked"}};
    return plot_heatmaps(&(HeatmapPlot){
        .name = "09_copying",
        .title = "Two heads copy: one notes the word before, the other finds its own word noted",
        .panels = panels,
        .panel_count = 2,
        .high = 1.0f,
        .unit = "weight",
        .decimals = -1});
}

Status show_copying_heads(Sentence sentence)
{
    Prompt prompt;
    Matrix weights = NO_MATRIX;
    Status status = prompt_create(sentence, &prompt);
    size_t count = prompt.numbered.text.count;
    if (status == STATUS_OK)
        status = matrix_create(2 * count, count, &weights);
    if (status == STATUS_OK)
        status = look(&prompt, weights);
    if (status == STATUS_OK) {
        const char *const *labels = prompt.numbered.labels;
        Matrix previous = matrix_view(weights.data, count, count);
        Matrix matching = matrix_view(matrix_row(weights, count), count, count);
        printf("%zu words, %zu positions: d_model = %zu (word %zu, place %zu, before %zu, free "
               "%zu)\n",
               prompt.hand.words, prompt.hand.places, prompt.hand.d_model, prompt.hand.words,
               prompt.hand.places, prompt.hand.words,
               prompt.hand.d_model - 2 * prompt.hand.words - prompt.hand.places);
        print_matrix(stdout, previous, (PrintStyle){"block 0, the word before", labels, labels, 0});
        print_matrix(stdout, matching,
                     (PrintStyle){"block 1, what stood behind me last time", labels, labels, 0});
        status = show_last_word(&prompt);
        if (status == STATUS_OK)
            status = draw_heads(&prompt, previous, matching);
    }
    matrix_free(&weights);
    prompt_free(&prompt);
    return status;
}

/* --- Writing --------------------------------------------------------------------------------- */

/* One word more, with its probability. */
static Status write_one(Prompt *prompt, Matrix logits)
{
    Text *text = &prompt->numbered.text;
    Status status = next_word_logits(&prompt->hand.model, (Memory){0}, text, NULL, logits);
    size_t word = greedy_word(logits);
    if (status == STATUS_OK)
        status = word_probabilities(logits, &(Sampling){.temperature = 1.0f}, logits);
    if (status != STATUS_OK)
        return status;
    print_words(&prompt->numbered, text->words, text->count);
    printf(" -> %s (%.2f)\n", prompt->numbered.names[word], (double)logits.data[word]);
    text->words[text->count++] = word;
    return STATUS_OK;
}

Status show_writing(Sentence sentence)
{
    Prompt prompt;
    Matrix logits = NO_MATRIX;
    Status status = prompt_create(sentence, &prompt);
    const Text *text = &prompt.numbered.text;
    if (status == STATUS_OK)
        status = matrix_create(1, prompt.hand.words, &logits);
    for (size_t i = 0; status == STATUS_OK && i < NEW_WORDS; i++) {
        status = write_one(&prompt, logits);
        if (status == STATUS_OK && text->words[text->count - 1] == text->stop)
            break;
    }
    matrix_free(&logits);
    prompt_free(&prompt);
    return status;
}

/* --- Chance ---------------------------------------------------------------------------------- */

enum { WAYS = 4 };
static const char *const WAY_NAMES[WAYS] = {"temperature 1", "temperature 4", "temperature 8",
                                            "temperature 8, top 2"};
static const Sampling SAMPLINGS[WAYS] = {{1.0f, 0}, {4.0f, 0}, {8.0f, 0}, {8.0f, 2}};

static Status show_probabilities(const Prompt *prompt, Matrix logits)
{
    Matrix table, row;
    Status status = matrix_create(WAYS, logits.cols, &table);
    for (size_t i = 0; status == STATUS_OK && i < WAYS; i++) {
        status = matrix_rows(table, i, 1, &row);
        if (status == STATUS_OK)
            status = word_probabilities(logits, &SAMPLINGS[i], row);
    }
    if (status == STATUS_OK) {
        print_matrix(stdout, logits, (PrintStyle){"logits", NULL, prompt->numbered.names, 2});
        print_matrix(stdout, table,
                     (PrintStyle){"probabilities", WAY_NAMES, prompt->numbered.names, 2});
    }
    matrix_free(&table);
    return status;
}

static Status write_by_chance(Prompt *prompt, size_t way, uint64_t seed)
{
    Text text = prompt->numbered.text; /* shares the words; the count is its own */
    Random random = {.state = seed};
    Status status =
        generate(&prompt->hand.model, (Memory){0}, &SAMPLINGS[way], &random, NULL, &text);
    if (status != STATUS_OK)
        return status;
    size_t old = prompt->numbered.text.count;
    printf("%s, seed %llu: ... ", WAY_NAMES[way], (unsigned long long)seed);
    print_words(&prompt->numbered, text.words + old, text.count - old);
    putchar('\n');
    return STATUS_OK;
}

Status show_chance(Sentence sentence)
{
    Prompt prompt;
    Matrix logits = NO_MATRIX;
    Status status = prompt_create(sentence, &prompt);
    if (status == STATUS_OK)
        status = matrix_create(1, prompt.hand.words, &logits);
    if (status == STATUS_OK)
        status =
            next_word_logits(&prompt.hand.model, (Memory){0}, &prompt.numbered.text, NULL, logits);
    if (status == STATUS_OK)
        status = show_probabilities(&prompt, logits);
    for (size_t way = 1; status == STATUS_OK && way < WAYS; way++)
        for (uint64_t seed = 1; status == STATUS_OK && seed <= 2; seed++)
            status = write_by_chance(&prompt, way, seed);
    matrix_free(&logits);
    prompt_free(&prompt);
    return status;
}

/* --- With and without a cache ---------------------------------------------------------------- */

/* Whether the logits behind each beginning of the text are the same both ways, to the bit. */
static Status compare_logits(const Prompt *prompt, Matrix both, bool *same)
{
    DecoderCache cache;
    Matrix anew = matrix_view(both.data, 1, both.cols);
    Matrix kept = matrix_view(matrix_row(both, 1), 1, both.cols);
    const LanguageModel *model = &prompt->hand.model;
    Text text = prompt->numbered.text;
    Status status = decoder_cache_create(&model->decoder, (Memory){0}, text.limit, &cache);
    *same = true;
    for (text.count = 1; status == STATUS_OK && text.count <= prompt->numbered.text.count;
         text.count++) {
        status = next_word_logits(model, (Memory){0}, &text, NULL, anew);
        if (status == STATUS_OK)
            status = next_word_logits(model, (Memory){0}, &text, &cache, kept);
        *same = *same && memcmp(anew.data, kept.data, both.cols * sizeof(float)) == 0;
    }
    decoder_cache_free(&cache);
    return status;
}

static void print_work(const Prompt *prompt, size_t old)
{
    const LanguageModel *model = &prompt->hand.model;
    size_t count = prompt->numbered.text.count;
    double anew = 0.0, kept = 0.0;
    for (size_t n = old; n < count; n++) {
        anew += word_multiplications(model, n, 0, 0);
        kept += word_multiplications(model, n == old ? old : 1, n == old ? 0 : n - 1, 0);
    }
    printf("multiplications for the prompt and %zu words: %.0f computed anew, %.0f with a cache\n",
           count - old, anew, kept);
}

static Status write_both_ways(Prompt *prompt)
{
    DecoderCache cache;
    const LanguageModel *model = &prompt->hand.model;
    Text *text = &prompt->numbered.text;
    size_t old = text->count;
    Status status = decoder_cache_create(&model->decoder, (Memory){0}, text->limit, &cache);
    if (status == STATUS_OK)
        status = generate(model, (Memory){0}, &GREEDY, NULL, NULL, text);
    if (status == STATUS_OK) {
        printf("computed anew: ... ");
        print_words(&prompt->numbered, text->words + old, text->count - old);
        text->count = old;
        status = generate(model, (Memory){0}, &GREEDY, NULL, &cache, text);
    }
    if (status == STATUS_OK) {
        printf("\nwith a cache:  ... ");
        print_words(&prompt->numbered, text->words + old, text->count - old);
        printf("\n");
        print_work(prompt, old);
    }
    decoder_cache_free(&cache);
    return status;
}

Status show_cache(Sentence sentence)
{
    Prompt prompt;
    Matrix both = NO_MATRIX;
    bool same = false;
    Status status = prompt_create(sentence, &prompt);
    if (status == STATUS_OK)
        status = write_both_ways(&prompt);
    if (status == STATUS_OK)
        status = matrix_create(2, prompt.hand.words, &both);
    if (status == STATUS_OK)
        status = compare_logits(&prompt, both, &same);
    if (status == STATUS_OK)
        printf("the logits behind every word, both ways: %s\n",
               same ? "equal to the bit" : "different");
    matrix_free(&both);
    prompt_free(&prompt);
    return status;
}
