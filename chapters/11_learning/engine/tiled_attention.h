/**
 * @file tiled_attention.h
 * @brief Attention of one head, forwards and backwards, without the table of weights.
 *
 * The table has T_q x T_k numbers, and chapter 11's attention_backward() reads all of them. Here
 * the forward pass keeps one number for each query, the logarithm of its sum of exponentials, L.
 * From a score s the weight is e^(s - L), so the way back makes each weight again where it needs
 * it, a block of keys at a time (Dao et al. 2022, section 3.1 and appendix B.2). Beside inputs and
 * outputs both directions need memory for O(T (d_k + d_v)) floats.
 *
 * Results agree with masked_attention() and attention_backward() up to rounding: sums are kept in
 * float32. Numbers far beyond what a trained model has (or NaN), and masks with tables, go the slow
 * way, row by row (attention_rows.h). What is blocked changes no bit.
 */
#ifndef HEADWISE_TILED_ATTENTION_H
#define HEADWISE_TILED_ATTENTION_H

#include "isa.h"
#include "masking.h"
#include "multi_head_attention.h"
#include "status.h"
#include "workspace.h"

/** One head: what goes in, and what the forward pass makes. Views are welcome. */
typedef struct TiledHead {
    HeadMatrices one; /**< q T_q x d_k, k T_k x d_k, v T_k x d_v; `concat`, T_q x d_v, is the
                           result. */
    float scale;      /**< What each dot product is multiplied by; usually attention_scale(d_k). */
    AttentionMask mask; /**< Who may attend to whom. */
    float *log_sums;    /**< T_q: the logarithm of the sum of e^score; minus infinity for a query
                             that sees nothing. */
} TiledHead;

/**
 * Masked attention that keeps what the way back needs: `one.concat` and `log_sums` are written.
 *
 * @code
 * #include "self_attention.h" // attention_scale()
 *
 * float q[] = {2, 0};             // one query, d_k = 2
 * float k[] = {3, 0, 0, 3, 1, 1}; // three keys
 * float v[] = {1, 10, 100};       // three values, d_v = 1
 * float out[1], log_sum[1];
 * TiledHead head = {.one = {matrix_view(q, 1, 2), matrix_view(k, 3, 2), matrix_view(v, 3, 1),
 *                           matrix_view(out, 1, 1)},
 *                   .scale = attention_scale(2),
 *                   .log_sums = log_sum};
 * Workspace room = {0};
 * if (tiled_attention(&head, ISA_BASELINE, &room))
 *     return 1;
 * printf("%.2f %.3f\n", out[0], log_sum[0]); // 6.57 4.314
 * float slope[] = {1}, grad_q[2] = {0}, grad_k[6] = {0}, grad_v[3] = {0};
 * HeadMatrices grad = {matrix_view(grad_q, 1, 2), matrix_view(grad_k, 3, 2),
 *                      matrix_view(grad_v, 3, 1), matrix_view(slope, 1, 1)};
 * if (tiled_attention_backward(&head, &grad, ISA_BASELINE, &room))
 *     return 1;
 * printf("%.3f %.3f %.3f\n", grad_v[0], grad_v[1], grad_v[2]); // 0.932 0.013 0.055
 * workspace_free(&room);
 * @endcode
 *
 * @param head The head. What is written overlaps nothing else.
 * @param isa  The instructions to use; isa_choose() knows which ones are there.
 * @param room Working memory of the calling thread: `{0}` at first, grown when it is too small, to
 *             be freed with workspace_free() after the last call.
 * @return STATUS_SHAPE, STATUS_VALUE as masked_attention(); then nothing is written.
 *         STATUS_NO_MEMORY.
 */
Status tiled_attention(const TiledHead *head, Isa isa, Workspace *room) MUST_USE;

/**
 * The way back: attention_backward() of that head.
 *
 * @param head What tiled_attention() was given, with what it wrote.
 * @param grad `concat`, T_q x d_v, is the gradient of the result; `q`, `k` and `v` are added to,
 *             unless they are NO_MATRIX. Those of different heads may be columns of one matrix.
 * @param isa  The instructions to use.
 * @param room Working memory, as for tiled_attention().
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE; then nothing was added.
 *         STATUS_NO_MEMORY.
 */
Status tiled_attention_backward(const TiledHead *head, const HeadMatrices *grad, Isa isa,
                                Workspace *room) MUST_USE;

#endif
