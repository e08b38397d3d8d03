#include "online_example.h"

#include "fast_attention.h"
#include "masking.h"
#include "plot.h"
#include "print.h"
#include "self_attention.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* The projections of the head `sense`, and room for its result. */
typedef struct Head {
    Matrix q, k, v, out;
} Head;

static Status head_create(Sentence sentence, Head *head)
{
    Status status = STATUS_OK;
    ExampleHead sense = example_layer().heads[0];
    *head = (Head){NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    TRY(project("w_q", sentence.x, sense.w_q, &head->q));
    TRY(project("w_k", sentence.x, sense.w_k, &head->k));
    TRY(project("w_v", sentence.x, sense.w_v, &head->v));
    TRY(matrix_create(sentence.count, EXAMPLE_D_K, &head->out));
done:
    return status;
}

static void head_free(Head *head)
{
    matrix_free(&head->q);
    matrix_free(&head->k);
    matrix_free(&head->v);
    matrix_free(&head->out);
}

/* --- One query, two keys at a time ----------------------------------------------------------- */

enum { PAIR = 2 };

/* Takes two keys in, and prints what is known then. */
static void take_pair(Sentence sentence, const Head *head, const float *scores, size_t first,
                      OnlineAttention *state)
{
    bool alone = first + 1 == sentence.count;
    Matrix v = {matrix_row(head->v, first), alone ? 1 : PAIR, head->v.cols, head->v.stride};
    float before = state->maximum;
    online_attention_add(state, scores + first, v);
    printf("  %-6s", sentence.words[first]);
    printf("%-6s", alone ? "" : sentence.words[first + 1]);
    printf("%8.2f%8.2f%8.2f ", (double)state->maximum, exp((double)before - state->maximum),
           (double)state->sum);
    for (size_t c = 0; c < state->d_v; c++)
        printf("%8.2f", (double)state->values[c]);
    printf("\n");
}

Status show_online_softmax(Sentence sentence, size_t query)
{
    Status status = STATUS_OK;
    float values[EXAMPLE_D_K];
    Head head = {0};
    Matrix scores = NO_MATRIX;
    TRY(head_create(sentence, &head));
    TRY(matrix_create(sentence.count, sentence.count, &scores));
    TRY(attention_scores(head.q, head.k, attention_scale(EXAMPLE_D_K), scores));
    const char *title = sentence.words[query];
    OnlineAttention state = online_attention_start(values, EXAMPLE_D_K);
    Matrix row = matrix_view(matrix_row(scores, query), 1, sentence.count);
    print_matrix(stdout, row, (PrintStyle){"scores in the head sense", &title, sentence.words, 2});
    printf("\n%s, two keys at a time: what is known after them\n", title);
    printf("  keys         maximum  factor     sum    water   money   being  action\n");
    for (size_t first = 0; first < sentence.count; first += PAIR)
        take_pair(sentence, &head, row.data, first, &state);
    online_attention_finish(&state, values);
    printf("  divided by the sum                 ");
    for (size_t c = 0; c < EXAMPLE_D_K; c++)
        printf("%8.2f", (double)values[c]);
    printf("\n");
done:
    matrix_free(&scores);
    head_free(&head);
    return status;
}

/* --- Blocks of any size ---------------------------------------------------------------------- */

Status show_block_sizes(Sentence sentence)
{
    Status status = STATUS_OK;
    const AttentionMask causal = {.causal = true};
    float scale = attention_scale(EXAMPLE_D_K);
    Head head = {0};
    Matrix weights = NO_MATRIX, expected = NO_MATRIX;
    TRY(head_create(sentence, &head));
    TRY(matrix_create(sentence.count, sentence.count, &weights));
    TRY(matrix_create(sentence.count, EXAMPLE_D_K, &expected));
    TRY(masked_attention(head.q, head.k, head.v, scale, &causal, weights, expected));
    for (size_t block = 1; block <= 4; block++) {
        TRY(blockwise_attention(head.q, head.k, head.v, scale, &causal, block, head.out));
        printf("causal, blocks of %zu: equal to chapter 7 to a millionth: %s\n", block,
               matrix_largest_gap(head.out, expected) < 1e-6f ? "yes" : "no");
    }
done:
    matrix_free(&weights);
    matrix_free(&expected);
    head_free(&head);
    return status;
}

/* --- Blocks that need not be computed -------------------------------------------------------- */

enum { TOKENS = 24, BLOCK = 4 };

/* 0 for a score that is never computed, 1 for one that is computed and blocked, 2 for a visible
 * one. Gives how many are computed. */
static size_t map_blocks(const AttentionMask *mask, bool skips, Matrix map)
{
    size_t computed = 0;
    for (size_t i = 0; i < map.rows; i++) {
        size_t visible = skips ? visible_keys(mask, i / BLOCK * BLOCK, BLOCK, map.cols) : map.cols;
        for (size_t j = 0; j < map.cols; j++)
            matrix_row(map, i)[j] = j >= visible                       ? 0.0f
                                    : may_attend(mask, i, j, map.cols) ? 2.0f
                                                                       : 1.0f;
        computed += visible;
    }
    return computed;
}

Status show_skipped_blocks(void)
{
    Status status = STATUS_OK;
    const AttentionMask causal = {.causal = true};
    Matrix all = NO_MATRIX, some = NO_MATRIX;
    TRY(matrix_create(TOKENS, TOKENS, &all));
    TRY(matrix_create(TOKENS, TOKENS, &some));
    size_t without = map_blocks(&causal, false, all), with = map_blocks(&causal, true, some);
    printf("%d tokens, causal, blocks of %d: scores computed without skipping %zu, with %zu; "
           "visible %d\n",
           TOKENS, BLOCK, without, with, TOKENS * (TOKENS + 1) / 2);
    HeatmapPanel panels[] = {{"every block", all, NULL, NULL, "query", "key"},
                             {"blocked blocks skipped", some, NULL, NULL, "query", "key"}};
    HeatmapPlot plot = {.name = "10_blocks",
                        .title = "A causal mask spares nearly half of the blocks",
                        .panels = panels,
                        .panel_count = 2,
                        .high = 2.0f,
                        .unit = "0: never computed, 1: computed and blocked, 2: visible",
                        .decimals = -1};
    TRY(plot_heatmaps(&plot));
done:
    matrix_free(&all);
    matrix_free(&some);
    return status;
}
