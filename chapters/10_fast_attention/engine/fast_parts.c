#include "fast_parts.h"

#include "careful.h"
#include "fast_attention.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { CHUNK = 4 }; /* blocks of keys that all queries of a task meet before the next ones */

/* --- Masks ----------------------------------------------------------------------------------- */

/* The mask of one head: a bias for all heads one below the other is cut to this head's rows. */
static AttentionMask mask_of_head(const HeadsBlock *block, size_t head)
{
    AttentionMask mask = *block->mask;
    if (mask.bias.data != NULL && mask.bias.rows == block->heads * block->all_queries) {
        mask.bias.data = matrix_row(mask.bias, head * block->all_queries);
        mask.bias.rows = block->all_queries;
    }
    return mask;
}

/* --- Steps ----------------------------------------------------------------------------------- */

size_t heads_reserve(const Kernels *kernels, size_t queries, size_t d_v, Workspace *workspace)
{
    size_t panels = round_up(queries, kernels->panel) / kernels->panel;
    size_t begin = workspace_reserve(workspace, kernels->key_block, kernels->panel);
    workspace_reserve(workspace, kernels->key_block, kernels->panel); /* for clean values */
    workspace_reserve(workspace, panels, attention_state(kernels, d_v));
    return begin;
}

/* How many keys these queries may see: causality hides the ones after the last of them. */
static size_t keys_to_look_at(const HeadsBlock *block, size_t first, size_t queries)
{
    if (block->look_at_all)
        return block->keys - block->mask->padding;
    return visible_keys(block->mask, first, queries, block->keys);
}

/* What was computed for a panel, as careful.c looks at it. */
static CarefulHead careful_head(const Kernels *kernels, const HeadsBlock *block,
                                const KeysValues *kv, const HeadBlock *one, size_t visible)
{
    CarefulHead head = {.q = one->q,
                        .q_query = 1,
                        .q_step = kernels->panel,
                        .q_limit = block->q_limit,
                        .scale = 1.0,
                        .k = one->k,
                        .k_width = kernels->panel,
                        .k_panel = one->k_panel,
                        .v = kv->values,
                        .v_tokens = SIZE_MAX,
                        .v_width = kernels->panel,
                        .v_panel = one->v_panel,
                        .v_column = one->v_column,
                        .d_k = one->d_k,
                        .d_v = one->d_v,
                        .first = one->first,
                        .queries = one->queries,
                        .keys = one->keys,
                        .visible = visible,
                        .mask = one->mask,
                        .out = one->out,
                        .out_query = 1,
                        .out_step = kernels->panel};
    if (block->given.data == NULL)
        return head;
    head.q = matrix_row(block->given, one->first);
    head.q_query = block->given.stride;
    head.q_step = 1;
    head.scale = block->scale;
    return head;
}

/* The state begins with the greatest score of each query, minus infinity where nothing is seen. */
static bool score_is_safe(float greatest)
{
    return greatest == -INFINITY || fabsf(greatest) <= SAFE_SCORE;
}

/* Computes those queries of a panel again that see what is too large for the kernels, and adds the
 * values that were left out. */
static void mend_panel(const Kernels *kernels, const CarefulHead *head, const HeadBlock *one,
                       bool safe)
{
    const float *greatest = one->state, *sums = one->state + kernels->panel;
    Care care[CAREFUL_QUERIES] = {CARE_NONE};
    if (!safe)
        mark_products(head, care);
    for (size_t i = 0; i < head->queries; i++) {
        if (care[i] == CARE_NONE && !score_is_safe(greatest[i]))
            care[i] = CARE_DOUBLE;
        if (care[i] != CARE_NONE)
            attend_carefully(head, i, care[i]);
    }
    if (one->clean != NULL)
        add_unsafe_values(head, care, greatest, sums);
}

/* One panel of queries and some keys. */
static void attend_panel(const Kernels *kernels, const HeadsBlock *block, const KeysValues *kv,
                         size_t head, const AttentionMask *mask, size_t query, size_t from,
                         bool safe)
{
    size_t panel = kernels->panel, left = block->queries - query;
    size_t queries = left < panel ? left : panel, first = block->first + query;
    size_t visible = keys_to_look_at(block, first, queries), to = from + CHUNK * kernels->key_block;
    size_t scores = kernels->key_block * panel; /* whole cache lines */
    if (from > 0 && from >= visible)
        return;
    HeadBlock one = {.q = block->q + query * block->q_rows + head * block->d_k * panel,
                     .k = kv->keys + head * block->d_k * panel,
                     .k_panel = kv->key_rows * panel,
                     .v = kv->values,
                     .v_panel = kv->value_rows * panel,
                     .v_column = head * kv->value_filled,
                     .d_k = block->d_k,
                     .d_v = block->d_v,
                     .first = first,
                     .queries = queries,
                     .keys = block->keys,
                     .from = from,
                     .to = to < visible ? to : visible,
                     .begins = from == 0,
                     .ends = to >= visible,
                     .clean = kv->greatest_value <= SAFE_VALUE ? NULL : block->workspace + scores,
                     .mask = mask,
                     .scores = block->workspace,
                     .state = block->workspace + 2 * scores +
                              query / panel * attention_state(kernels, block->d_v),
                     .out = block->out + (query * block->heads + head * panel) * block->d_v};
    kernels->attend(&one);
    if (!one.ends)
        return;
    CarefulHead careful = careful_head(kernels, block, kv, &one, visible);
    mend_panel(kernels, &careful, &one, safe);
}

/*
 * Some keys and values at a time, which stay in the cache while each panel of queries meets them.
 * The first round is there also when there are no keys: it writes the zeros.
 */
void attend_heads(const Kernels *kernels, const HeadsBlock *block, const KeysValues *kv)
{
    bool safe = products_are_safe(block->d_k, block->greatest, block->q_limit, kv->greatest_key);
    for (size_t head = 0; head < block->heads; head++) {
        AttentionMask mask = mask_of_head(block, head);
        size_t from = 0;
        do {
            for (size_t query = 0; query < block->queries; query += kernels->panel)
                attend_panel(kernels, block, kv, head, &mask, query, from, safe);
            from += CHUNK * kernels->key_block;
        } while (from < block->keys);
    }
}

static float greater(float a, float b)
{
    return a > b ? a : b;
}

void compute_keys_values(const FastLayer *layer, Matrix context, size_t first, float *packed,
                         KeysValues *kv, float greatest[2])
{
    const Kernels *kernels = layer->kernels;
    size_t panel = kernels->panel;
    pack_tokens(kernels, context, 1.0f, packed);
    greatest[0] = project_transposed(kernels, &layer->key, packed, context.rows,
                                     kv->keys + first * kv->key_rows, kv->key_rows);
    greatest[1] = 0.0f;
    for (size_t c = 0; c < layer->value.results / panel; c++) {
        float *values = kv->values + (c * kv->value_rows + first) * panel;
        float found = project_panel(kernels, &layer->value, packed, context.rows, c, values);
        greatest[1] = greater(greatest[1], found);
    }
}

float magnitude_of_panels(const Kernels *kernels, const float *panels, size_t rows, size_t step,
                          size_t tokens)
{
    size_t panel = kernels->panel;
    float greatest = 0.0f;
    for (size_t t = 0; t < tokens; t += panel) {
        size_t here = tokens - t < panel ? tokens - t : panel;
        greatest = greater(greatest, kernels->magnitude(panels + t * step, rows, here));
    }
    return greatest;
}

float magnitude_of_values(const Kernels *kernels, const KeysValues *kv, size_t columns,
                          size_t first, size_t tokens)
{
    size_t panel = kernels->panel;
    float greatest = 0.0f;
    for (size_t c = 0; c < columns / panel; c++) {
        const float *values = kv->values + (c * kv->value_rows + first) * panel;
        greatest = greater(greatest, kernels->magnitude(values, tokens, panel));
    }
    return greatest;
}

void compute_output(const FastLayer *layer, const float *heads, float *panel, Matrix out)
{
    size_t width = layer->kernels->panel;
    for (size_t first = 0; first < out.cols; first += width) {
        size_t columns = out.cols - first < width ? out.cols - first : width;
        project_panel(layer->kernels, &layer->output, heads, out.rows, first / width, panel);
        for (size_t r = 0; r < out.rows; r++)
            memcpy(matrix_row(out, r) + first, panel + r * width, columns * sizeof *panel);
    }
}
