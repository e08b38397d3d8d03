#include "tiled_attention.h"

#include "attention_rows.h"
#include "gradients.h"
#include "mask_expect.h"
#include "packing.h"
#include "self_attention.h"
#include "tiled_kernels.h"

/* Larger numbers than a trained model has: beyond them differences of gradients lose digits in
 * float32 that double keeps. */
#define TILED_LIMIT 0x1p10f

/* --- Shapes ---------------------------------------------------------------------------------- */

static Status expect_head(const char *function, const TiledHead *head)
{
    Status status = STATUS_OK;
    const HeadMatrices *one = &head->one;
    size_t queries = one->q.rows, keys = one->k.rows;
    TRY(attention_expect_shapes(function, one->q, one->k, one->v, matrix_shape(queries, keys),
                                one->concat));
    TRY(mask_expect(function, &head->mask, 1, queries, keys));
done:
    return status;
}

static Status expect_gradients(const char *function, const TiledHead *head,
                               const HeadMatrices *grad)
{
    Status status = STATUS_OK;
    const HeadMatrices *one = &head->one;
    TRY(expect_head(function, head));
    TRY(matrix_expect(function, "the gradient of the result", grad->concat, one->q.rows,
                      one->v.cols, "T_q x d_v"));
    TRY(gradient_expect(function, "the gradient of q", grad->q, one->q.rows, one->q.cols));
    TRY(gradient_expect(function, "the gradient of k", grad->k, one->k.rows, one->k.cols));
    TRY(gradient_expect(function, "the gradient of v", grad->v, one->v.rows, one->v.cols));
done:
    return status;
}

/* --- Room ------------------------------------------------------------------------------------ */

/* What is done with a head. */
typedef struct Sweep {
    const Kernels *sizes;
    const TiledKernels *kernels;
    TiledGroup group;
    size_t queries; /* that see no unsafe key; once done, that are safe */
} Sweep;

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t wide(const Sweep *sweep, size_t cols)
{
    return round_up(cols == 0 ? 1 : cols, sweep->kernels->lanes);
}

/* An array in the room, and the pointer to it. */
typedef struct Place {
    size_t rows, cols;
    float **at;
} Place;

enum { FORWARD_PLACES = 6, ALL_PLACES = 12 };

static Status make_room(const Sweep *sweep, Workspace *room, TiledGroup *p)
{
    const HeadMatrices *one = &p->head->one;
    size_t group = sweep->kernels->group, blocks = group * sweep->kernels->key_block;
    size_t keys = round_up(p->keys, sweep->sizes->tile), begins[ALL_PLACES];
    size_t count = p->grad == NULL ? FORWARD_PLACES : ALL_PLACES;
    const Place places[ALL_PLACES] = {
        {keys, p->wide_k, &p->k},      {keys, p->wide_v, &p->v},
        {group, p->wide_k, &p->q},     {group, one->q.cols, &p->q_columns},
        {group, p->wide_v, &p->out},   {blocks, 1, &p->weights},
        {group, p->wide_v, &p->slope}, {group, one->v.cols, &p->slope_columns},
        {blocks, 1, &p->grad_scores},  {group, p->wide_k, &p->grad_q},
        {keys, p->wide_k, &p->grad_k}, {keys, p->wide_v, &p->grad_v},
    };
    Status status = STATUS_OK;
    Workspace needed = {0};
    for (size_t i = 0; i < count; i++)
        begins[i] = workspace_reserve(&needed, places[i].rows, places[i].cols);
    if (room->floats == NULL || room->size < needed.size) {
        workspace_free(room);
        *room = needed;
        TRY(workspace_create(room));
    }
    for (size_t i = 0; i < count; i++)
        *places[i].at = room->floats + begins[i];
done:
    return status;
}

/* --- Sweeping -------------------------------------------------------------------------------- */

static Matrix first_rows(Matrix matrix, size_t first, size_t rows)
{
    return (Matrix){matrix_row(matrix, first), rows, matrix.cols, matrix.stride};
}

/* Packs rows and sets to zero from the first unsafe one to the end of the last tile. */
static size_t pack(const Sweep *sweep, Matrix from, size_t rows, size_t cols, float *to)
{
    size_t safe = sweep->kernels->pack(from, 1.0f, TILED_LIMIT, cols, to);
    matrix_clear(matrix_view(to + safe * cols, rows - safe, cols));
    return safe;
}

/* Packs the keys and values; the queries that see an unsafe one are not for the kernels. */
static void pack_keys(Sweep *sweep)
{
    const TiledHead *head = sweep->group.head;
    const TiledGroup *p = &sweep->group;
    size_t rows = round_up(p->keys, sweep->sizes->tile);
    size_t keys = pack(sweep, first_rows(head->one.k, 0, p->keys), rows, p->wide_k, p->k);
    size_t values = pack(sweep, first_rows(head->one.v, 0, p->keys), rows, p->wide_v, p->v);
    size_t safe = least(keys, values);
    if (safe == p->keys)
        return;
    if (!head->mask.causal || safe <= head->mask.past)
        sweep->queries = 0;
    else
        sweep->queries = least(sweep->queries, safe - head->mask.past);
}

/* Packs the queries of a group, and says how many of the first ones are safe. */
static size_t pack_queries(const Sweep *sweep, TiledGroup *p)
{
    const TiledKernels *kernels = sweep->kernels;
    const HeadMatrices *one = &p->head->one;
    Matrix q = first_rows(one->q, p->first, p->queries);
    size_t safe = kernels->pack(q, p->head->scale, TILED_LIMIT, p->wide_k, p->q);
    pack_tokens(sweep->sizes, q, p->head->scale, p->q_columns);
    if (p->grad == NULL)
        return safe;
    Matrix slope = first_rows(p->grad->concat, p->first, p->queries);
    Matrix out = first_rows(one->concat, p->first, p->queries);
    safe = least(safe, kernels->pack(slope, 1.0f, TILED_LIMIT, p->wide_v, p->slope));
    pack_tokens(sweep->sizes, slope, 1.0f, p->slope_columns);
    return least(safe, kernels->pack(out, 1.0f, TILED_LIMIT, p->wide_v, p->out));
}

static void sweep_group(const Sweep *sweep, TiledGroup *p)
{
    if (p->grad == NULL) {
        sweep->kernels->forward(p);
        return;
    }
    sweep->kernels->backward(p);
    if (p->grad->q.data != NULL)
        sweep->kernels->add(p->grad_q, p->head->scale, p->wide_k,
                            first_rows(p->grad->q, p->first, p->queries));
}

/* Group after group, up to the first query that is not safe. */
static void sweep_groups(Sweep *sweep)
{
    TiledGroup *p = &sweep->group;
    pack_keys(sweep);
    for (p->first = 0; p->first < sweep->queries; p->first += p->queries) {
        p->queries = least(sweep->kernels->group, sweep->queries - p->first);
        size_t safe = pack_queries(sweep, p);
        if (safe < p->queries)
            sweep->queries = p->first + safe;
        p->queries = safe;
        if (safe > 0)
            sweep_group(sweep, p);
    }
}

static void add_keys(const Sweep *sweep)
{
    const TiledGroup *p = &sweep->group;
    if (p->grad->k.data != NULL)
        sweep->kernels->add(p->grad_k, 1.0f, p->wide_k, first_rows(p->grad->k, 0, p->keys));
    if (p->grad->v.data != NULL)
        sweep->kernels->add(p->grad_v, 1.0f, p->wide_v, first_rows(p->grad->v, 0, p->keys));
}

/* Does what is safe, and says how many of the first queries that was. */
static Status sweep_head(const TiledHead *head, const HeadMatrices *grad, Isa isa, Workspace *room,
                         size_t *done_queries)
{
    Status status = STATUS_OK;
    Sweep sweep = {
        .sizes = kernels_of(isa),
        .kernels = tiled_kernels_of(isa),
        .group = {.head = head, .grad = grad, .keys = head->one.k.rows - head->mask.padding},
        .queries = head->one.q.rows};
    TiledGroup *p = &sweep.group;
    *done_queries = 0;
    if (head->mask.allowed.data != NULL || head->mask.bias.data != NULL || p->keys == 0)
        return STATUS_OK;
    p->wide_k = wide(&sweep, head->one.k.cols);
    p->wide_v = wide(&sweep, head->one.v.cols);
    TRY(make_room(&sweep, room, p));
    if (grad != NULL) {
        matrix_clear(matrix_view(p->grad_k, p->keys, p->wide_k));
        matrix_clear(matrix_view(p->grad_v, p->keys, p->wide_v));
    }
    sweep_groups(&sweep);
    if (grad != NULL)
        add_keys(&sweep);
    *done_queries = sweep.queries;
done:
    return status;
}

Status tiled_attention(const TiledHead *head, Isa isa, Workspace *room)
{
    Status status = STATUS_OK;
    size_t done_queries;
    TRY(expect_head("tiled_attention", head));
    TRY(sweep_head(head, NULL, isa, room, &done_queries));
    TRY(attention_rows(head, done_queries));
done:
    return status;
}

Status tiled_attention_backward(const TiledHead *head, const HeadMatrices *grad, Isa isa,
                                Workspace *room)
{
    Status status = STATUS_OK;
    size_t done_queries;
    TRY(expect_gradients("tiled_attention_backward", head, grad));
    TRY(sweep_head(head, grad, isa, room, &done_queries));
    TRY(attention_rows_backward(head, grad, done_queries));
done:
    return status;
}
