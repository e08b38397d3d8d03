/* Attention of all heads for a group of queries: one panel of them after another meets a few blocks
 * of keys. */
#include "careful.h"
#include "fast_attention.h"
#include "fast_internal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { CHUNK = 4 }; /* blocks of keys that all queries of a task meet before the next ones */

/* --- Masks ----------------------------------------------------------------------------------- */

/* The mask of one head: a bias for all heads one below the other is cut to this head's rows. */
static AttentionMask mask_of_head(const QueryGroup *group, size_t head)
{
    AttentionMask mask = *group->mask;
    if (mask.bias.data != NULL && mask.bias.rows == group->heads * group->all_queries) {
        mask.bias.data = matrix_row(mask.bias, head * group->all_queries);
        mask.bias.rows = group->all_queries;
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
static size_t keys_to_look_at(const QueryGroup *group, size_t first, size_t queries)
{
    if (group->look_at_all)
        return group->keys - group->mask->padding;
    return visible_keys(group->mask, first, queries, group->keys);
}

/* What was computed for a panel, as careful.c looks at it. */
static CarefulHead careful_head(const Kernels *kernels, const QueryGroup *group,
                                const KeysValues *kv, const PanelAttention *one, size_t visible)
{
    CarefulHead head = {.q = one->q,
                        .q_query = 1,
                        .q_step = kernels->panel,
                        .q_limit = group->q_limit,
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
    if (group->given.data == NULL)
        return head;
    head.q = matrix_row(group->given, one->first);
    head.q_query = group->given.stride;
    head.q_step = 1;
    head.scale = group->scale;
    return head;
}

/* The state begins with the greatest score of each query, minus infinity where nothing is seen. */
static bool score_is_safe(float greatest)
{
    return greatest == -INFINITY || fabsf(greatest) <= SAFE_SCORE;
}

/* Computes those queries of a panel again that see what is too large for the kernels, and adds the
 * values that were left out. */
static void mend_panel(const Kernels *kernels, const CarefulHead *head, const PanelAttention *one,
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
static void attend_panel(const Kernels *kernels, const QueryGroup *group, const KeysValues *kv,
                         size_t head, const AttentionMask *mask, size_t query, size_t from,
                         bool safe)
{
    size_t panel = kernels->panel, left = group->queries - query;
    size_t queries = left < panel ? left : panel, first = group->first + query;
    size_t visible = keys_to_look_at(group, first, queries), to = from + CHUNK * kernels->key_block;
    size_t scores = kernels->key_block * panel; /* whole cache lines */
    if (from > 0 && from >= visible)
        return;
    PanelAttention one = {.q = group->q + query * group->q_rows + head * group->d_k * panel,
                          .k = kv->keys + head * group->d_k * panel,
                          .k_panel = kv->key_rows * panel,
                          .v = kv->values,
                          .v_panel = kv->value_rows * panel,
                          .v_column = head * kv->value_filled,
                          .d_k = group->d_k,
                          .d_v = group->d_v,
                          .first = first,
                          .queries = queries,
                          .keys = group->keys,
                          .from = from,
                          .to = to < visible ? to : visible,
                          .begins = from == 0,
                          .ends = to >= visible,
                          .clean =
                              kv->greatest_value <= SAFE_VALUE ? NULL : group->workspace + scores,
                          .mask = mask,
                          .scores = group->workspace,
                          .state = group->workspace + 2 * scores +
                                   query / panel * attention_state(kernels, group->d_v),
                          .out = group->out + (query * group->heads + head * panel) * group->d_v};
    kernels->attend(&one);
    if (!one.ends)
        return;
    CarefulHead careful = careful_head(kernels, group, kv, &one, visible);
    mend_panel(kernels, &careful, &one, safe);
}

/*
 * Some keys and values at a time, which stay in the cache while each panel of queries meets them.
 * The first round runs even when there are no keys: it writes the zeros.
 */
void attend_heads(const Kernels *kernels, const QueryGroup *group, const KeysValues *kv)
{
    bool safe = products_are_safe(group->d_k, group->greatest, group->q_limit, kv->greatest_key);
    for (size_t head = 0; head < group->heads; head++) {
        AttentionMask mask = mask_of_head(group, head);
        size_t from = 0;
        do {
            for (size_t query = 0; query < group->queries; query += kernels->panel)
                attend_panel(kernels, group, kv, head, &mask, query, from, safe);
            from += CHUNK * kernels->key_block;
        } while (from < group->keys);
    }
}
