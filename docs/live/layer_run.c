/* The glue between the whole layer on the book's first page and the chapters: it computes nothing
 * that they compute. */
#include "layer_run.h"

#include "head_splitting.h"
#include "self_attention.h"

Status layer_run_begin(LayerRun *run)
{
    Status status = STATUS_OK;
    TRY(matrix_create(run->x.rows, run->x.rows, &run->open));
    TRY(mask_table(&run->mask, run->open));
    TRY(multi_head_project(run->x, run->x, &run->layer, &run->all));
done:
    return status;
}

/* The weights are not made from the scores that are shown, but beside them, by chapter 7. */
Status layer_run_attend(const LayerRun *run, size_t head, HeadRun *it)
{
    Status status = STATUS_OK;
    HeadMatrices *one = &it->one;
    TRY(multi_head_select(&run->all, run->layer.heads, head, one));
    TRY(matrix_create(run->x.rows, run->x.rows, &it->weights));
    TRY(masked_attention(one->q, one->k, one->v, run->scale, &run->mask, it->weights, one->concat));
done:
    return status;
}

Status layer_run_scores(const LayerRun *run, HeadRun *it)
{
    Status status = STATUS_OK;
    TRY(matrix_create(run->x.rows, run->x.rows, &it->scores));
    TRY(matrix_create(run->x.rows, run->x.rows, &it->scaled));
    TRY(attention_scores(it->one.q, it->one.k, 1.0f, it->scores));
    TRY(attention_scores(it->one.q, it->one.k, run->scale, it->scaled));
done:
    return status;
}

Status layer_run_end(LayerRun *run)
{
    Status status = STATUS_OK;
    TRY(matrix_create(run->x.rows, run->layer.w_o.cols, &run->out));
    TRY(multi_head_output(run->all.concat, &run->layer, run->out));
done:
    return status;
}

/* The head's columns of a projection or of its bias, if there are any. */
static Matrix own_columns(Matrix all, size_t heads, size_t head)
{
    Matrix own = NO_MATRIX;
    return all.data != NULL && head_view(all, heads, head, &own) == STATUS_OK ? own : NO_MATRIX;
}

Matrix layer_run_matrix(const LayerRun *run, const HeadRun *it, size_t head, LiveMatrix which)
{
    const MultiHeadLayer *layer = &run->layer;
    const Matrix found[LIVE_MATRICES] = {
        [LIVE_VECTORS] = run->x,
        [LIVE_X] = run->x,
        [LIVE_W_Q] = own_columns(layer->w_q, layer->heads, head),
        [LIVE_W_K] = own_columns(layer->w_k, layer->heads, head),
        [LIVE_W_V] = own_columns(layer->w_v, layer->heads, head),
        [LIVE_Q] = it->one.q,
        [LIVE_K] = it->one.k,
        [LIVE_V] = it->one.v,
        [LIVE_SCORES] = it->scores,
        [LIVE_SCALED] = it->scaled,
        [LIVE_OPEN] = run->open,
        [LIVE_WEIGHTS] = it->weights,
        [LIVE_HEAD] = it->one.concat,
        [LIVE_CONCAT] = run->all.concat,
        [LIVE_W_O] = layer->w_o,
        [LIVE_OUT] = run->out,
        [LIVE_B_Q] = own_columns(layer->b_q, layer->heads, head),
        [LIVE_B_K] = own_columns(layer->b_k, layer->heads, head),
        [LIVE_B_V] = own_columns(layer->b_v, layer->heads, head),
        [LIVE_B_O] = layer->b_o,
    };
    return found[which];
}

void layer_run_free(LayerRun *run)
{
    matrix_free(&run->open);
    matrix_free(&run->out);
    multi_head_free(&run->all);
    *run = (LayerRun){0};
}

void head_run_free(HeadRun *it)
{
    matrix_free(&it->scores);
    matrix_free(&it->scaled);
    matrix_free(&it->weights);
    *it = (HeadRun){0};
}
