#include "tiled_attention.h"

#include "attention_rows.h"
#include "gradients.h"
#include "mask_expect.h"
#include "self_attention.h"

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

Status tiled_attention(const TiledHead *head, Isa isa, Workspace *room)
{
    Status status = STATUS_OK;
    (void)isa, (void)room;
    TRY(expect_head("tiled_attention", head));
    TRY(attention_rows(head));
done:
    return status;
}

Status tiled_attention_backward(const TiledHead *head, const HeadMatrices *grad, Isa isa,
                                Workspace *room)
{
    Status status = STATUS_OK;
    (void)isa, (void)room;
    TRY(expect_gradients("tiled_attention_backward", head, grad));
    TRY(attention_rows_backward(head, grad));
done:
    return status;
}
