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

/* A prompt and the model that continues it. */
typedef struct Prompt {
    NumberedText numbered;
    HandModel hand;
} Prompt;

static Status prompt_create(Sentence sentence, Prompt *prompt)
{
    Status status = STATUS_OK;
    prompt->hand = (HandModel){.table_count = 0};
    TRY(numbered_text_create(sentence, true, COPIED_WORDS, &prompt->numbered));
    TRY(copying_model_create(prompt->numbered.vocabulary, prompt->numbered.text.limit,
                             &prompt->hand));
done:
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
    Status status = STATUS_OK;
    Matrix x = NO_MATRIX, out = NO_MATRIX;
    const Text *text = &prompt->numbered.text;
    TRY(matrix_create(text->count, prompt->hand.d_model, &x));
    TRY(matrix_create(text->count, prompt->hand.d_model, &out));
    TRY(embed(text->words, text->count, 0, &prompt->hand.model.embedding, x));
    TRY(decoder(x, (Memory){0}, &prompt->hand.model.decoder, (DecoderWeights){weights, NO_MATRIX},
                out));
done:
    matrix_free(&x);
    matrix_free(&out);
    return status;
}

/* The scores of the last word in block 1, from the rows that block 0 made. */
static Status last_scores(const Prompt *prompt, Matrix x, Matrix scores)
{
    Status status = STATUS_OK;
    const DecoderBlock *block = &prompt->hand.blocks[1];
    Decoder first = {.blocks = prompt->hand.blocks, .count = 1};
    Matrix rows = NO_MATRIX, q = NO_MATRIX, k = NO_MATRIX, last;
    TRY(matrix_create(x.rows, x.cols, &rows));
    TRY(decoder(x, (Memory){0}, &first, NO_WEIGHTS, rows));
    TRY(layer_norm(rows, &block->norm_1, rows));
    TRY(matrix_rows(rows, rows.rows - 1, 1, &last));
    TRY(project("w_q", last, block->self_attention.w_q, &q));
    TRY(project("w_k", rows, block->self_attention.w_k, &k));
    TRY(attention_scores(q, k, attention_scale(q.cols), scores));
done:
    matrix_free(&rows);
    matrix_free(&q);
    matrix_free(&k);
    return status;
}

/* How the last word finds what it looks at. */
static Status show_last_word(const Prompt *prompt)
{
    Status status = STATUS_OK;
    const Text *text = &prompt->numbered.text;
    const char *const *labels = prompt->numbered.labels;
    Matrix x = NO_MATRIX, scores = NO_MATRIX;
    TRY(matrix_create(text->count, prompt->hand.d_model, &x));
    TRY(matrix_create(1, text->count, &scores));
    TRY(embed(text->words, text->count, 0, &prompt->hand.model.embedding, x));
    TRY(last_scores(prompt, x, scores));
    printf("the last word, ");
    print_matrix(stdout, scores,
                 (PrintStyle){"scores in block 1", labels + text->count - 1, labels, 0});
    printf("the greatest is that of word %zu\n", greedy_word(scores));
done:
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
    Status status = STATUS_OK;
    Prompt prompt = {0};
    Matrix weights = NO_MATRIX;
    TRY(prompt_create(sentence, &prompt));
    size_t count = prompt.numbered.text.count;
    TRY(matrix_create(2 * count, count, &weights));
    TRY(look(&prompt, weights));
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
    TRY(show_last_word(&prompt));
    TRY(draw_heads(&prompt, previous, matching));
done:
    matrix_free(&weights);
    prompt_free(&prompt);
    return status;
}

/* --- Writing --------------------------------------------------------------------------------- */

/* One word more, with its probability. */
static Status write_one(Prompt *prompt, Matrix logits)
{
    Status status = STATUS_OK;
    Text *text = &prompt->numbered.text;
    TRY(next_word_logits(&prompt->hand.model, (Memory){0}, text, NULL, logits));
    size_t word = greedy_word(logits);
    TRY(word_probabilities(logits, &(Sampling){.temperature = 1.0f}, logits));
    print_words(&prompt->numbered, text->words, text->count);
    printf(" -> %s (%.2f)\n", prompt->numbered.names[word], (double)logits.data[word]);
    text->words[text->count++] = word;
done:
    return status;
}

Status show_writing(Sentence sentence)
{
    Status status = STATUS_OK;
    Prompt prompt = {0};
    Matrix logits = NO_MATRIX;
    TRY(prompt_create(sentence, &prompt));
    const Text *text = &prompt.numbered.text;
    TRY(matrix_create(1, prompt.hand.words, &logits));
    for (size_t i = 0; i < COPIED_WORDS; i++) {
        TRY(write_one(&prompt, logits));
        if (text->words[text->count - 1] == text->stop)
            break;
    }
done:
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
    Status status = STATUS_OK;
    Matrix table = NO_MATRIX, row;
    TRY(matrix_create(WAYS, logits.cols, &table));
    for (size_t i = 0; i < WAYS; i++) {
        TRY(matrix_rows(table, i, 1, &row));
        TRY(word_probabilities(logits, &SAMPLINGS[i], row));
    }
    print_matrix(stdout, logits, (PrintStyle){"logits", NULL, prompt->numbered.names, 2});
    print_matrix(stdout, table,
                 (PrintStyle){"probabilities", WAY_NAMES, prompt->numbered.names, 2});
done:
    matrix_free(&table);
    return status;
}

static Status write_by_chance(Prompt *prompt, size_t way, uint64_t seed)
{
    Status status = STATUS_OK;
    Text text = prompt->numbered.text; /* shares the words; the count is its own */
    Random random = {.state = seed};
    TRY(generate(&prompt->hand.model, (Memory){0}, &SAMPLINGS[way], &random, NULL, &text));
    size_t old = prompt->numbered.text.count;
    printf("%s, seed %llu: ... ", WAY_NAMES[way], (unsigned long long)seed);
    print_words(&prompt->numbered, text.words + old, text.count - old);
    putchar('\n');
done:
    return status;
}

Status show_chance(Sentence sentence)
{
    Status status = STATUS_OK;
    Prompt prompt = {0};
    Matrix logits = NO_MATRIX;
    TRY(prompt_create(sentence, &prompt));
    TRY(matrix_create(1, prompt.hand.words, &logits));
    TRY(next_word_logits(&prompt.hand.model, (Memory){0}, &prompt.numbered.text, NULL, logits));
    TRY(show_probabilities(&prompt, logits));
    for (size_t way = 1; way < WAYS; way++)
        for (uint64_t seed = 1; seed <= 2; seed++)
            TRY(write_by_chance(&prompt, way, seed));
done:
    matrix_free(&logits);
    prompt_free(&prompt);
    return status;
}

/* --- With and without a cache ---------------------------------------------------------------- */

/* Whether the logits after each beginning of the text are the same both ways, to the bit. */
static Status compare_logits(const Prompt *prompt, Matrix both, bool *same)
{
    Status status = STATUS_OK;
    DecoderCache cache = {0};
    Matrix anew = matrix_view(both.data, 1, both.cols);
    Matrix kept = matrix_view(matrix_row(both, 1), 1, both.cols);
    const LanguageModel *model = &prompt->hand.model;
    Text text = prompt->numbered.text;
    TRY(decoder_cache_create(&model->decoder, (Memory){0}, text.limit, &cache));
    *same = true;
    for (text.count = 1; text.count <= prompt->numbered.text.count; text.count++) {
        TRY(next_word_logits(model, (Memory){0}, &text, NULL, anew));
        TRY(next_word_logits(model, (Memory){0}, &text, &cache, kept));
        *same = *same && memcmp(anew.data, kept.data, both.cols * sizeof(float)) == 0;
    }
done:
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
    Status status = STATUS_OK;
    DecoderCache cache = {0};
    const LanguageModel *model = &prompt->hand.model;
    Text *text = &prompt->numbered.text;
    size_t old = text->count;
    TRY(decoder_cache_create(&model->decoder, (Memory){0}, text->limit, &cache));
    TRY(generate(model, (Memory){0}, &GREEDY, NULL, NULL, text));
    printf("computed anew: ... ");
    print_words(&prompt->numbered, text->words + old, text->count - old);
    text->count = old;
    TRY(generate(model, (Memory){0}, &GREEDY, NULL, &cache, text));
    printf("\nwith a cache:  ... ");
    print_words(&prompt->numbered, text->words + old, text->count - old);
    printf("\n");
    print_work(prompt, old);
done:
    decoder_cache_free(&cache);
    return status;
}

Status show_cache(Sentence sentence)
{
    Status status = STATUS_OK;
    Prompt prompt = {0};
    Matrix both = NO_MATRIX;
    bool same = false;
    TRY(prompt_create(sentence, &prompt));
    TRY(write_both_ways(&prompt));
    TRY(matrix_create(2, prompt.hand.words, &both));
    TRY(compare_logits(&prompt, both, &same));
    printf("the logits behind every word, both ways: %s\n",
           same ? "equal to the bit" : "different");
done:
    matrix_free(&both);
    prompt_free(&prompt);
    return status;
}
