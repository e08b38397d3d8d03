/* A block is a list of three steps of one form; padding is a table of ones and zeros. */
#include "encoder_decoder.h"

Status cross_attention(Matrix x, Memory memory, const MultiHeadLayer *layer, Matrix weights,
                       Matrix out)
{
    Status status = STATUS_OK;
    AttentionMask mask = {0};
    if (memory.x.data == NULL || memory.padding > memory.x.rows)
        return fail(STATUS_VALUE, "cross_attention: of %zu rows %zu are padding", memory.x.rows,
                    memory.padding);
    TRY(matrix_create(x.rows, memory.x.rows, &mask.allowed));
    for (size_t s = 0; s < memory.x.rows - memory.padding; s++)
        for (size_t t = 0; t < x.rows; t++)
            matrix_row(mask.allowed, t)[s] = 1.0f;
    TRY(masked_multi_head_attention(x, memory.x, layer, &mask, weights, out));
done:
    matrix_free(&mask.allowed);
    return status;
}

typedef struct Run {
    Memory memory;
    Matrix self, cross; /* the weights that are still to be written */
} Run;

typedef Status (*Step)(const DecoderBlock *block, Run *run, Matrix input, Matrix result);

static Status next_rows(Matrix *weights, size_t rows, size_t cols, Matrix *own, Matrix *made)
{
    Status status = STATUS_OK;
    if (weights->data == NULL) {
        TRY(matrix_create(rows, cols, made));
        *own = *made;
        return STATUS_OK;
    }
    TRY(matrix_rows(*weights, 0, rows, own));
    TRY(matrix_rows(*weights, rows, weights->rows - rows, weights));
done:
    return status;
}

static Status look_back(const DecoderBlock *block, Run *run, Matrix input, Matrix result)
{
    Status status = STATUS_OK;
    Matrix own, made = NO_MATRIX;
    TRY(next_rows(&run->self, block->self_attention.heads * input.rows, input.rows, &own, &made));
    TRY(masked_multi_head_attention(input, input, &block->self_attention,
                                    &(AttentionMask){.causal = true}, own, result));
done:
    matrix_free(&made);
    return status;
}

static Status look_across(const DecoderBlock *block, Run *run, Matrix input, Matrix result)
{
    Status status = STATUS_OK;
    Matrix own, made = NO_MATRIX;
    TRY(next_rows(&run->cross, block->cross_attention.heads * input.rows, run->memory.x.rows, &own,
                  &made));
    TRY(cross_attention(input, run->memory, &block->cross_attention, own, result));
done:
    matrix_free(&made);
    return status;
}

static Status think(const DecoderBlock *block, Run *run, Matrix input, Matrix result)
{
    (void)run;
    return feed_forward(input, &block->feed_forward, result);
}

static Status take_steps(const DecoderBlock *block, Run *run, Matrix x)
{
    Status status = STATUS_OK;
    const float *has[] = {block->self_attention.w_q.data, block->cross_attention.w_q.data,
                          block->feed_forward.w_1.data};
    const LayerNorm *norms[] = {&block->norm_1, &block->norm_2, &block->norm_3};
    const Step steps[] = {look_back, look_across, think};
    Matrix room[2] = {{0}};
    TRY(matrix_create(x.rows, x.cols, &room[0]));
    TRY(matrix_create(x.rows, x.cols, &room[1]));
    for (size_t i = 0; i < 3; i++) {
        if (has[i] == NULL)
            continue;
        TRY(sublayer_input(x, norms[i], block->norm_place, room[0]));
        TRY(steps[i](block, run, room[0], room[1]));
        TRY(sublayer_output(x, room[1], norms[i], block->norm_place, x));
    }
done:
    matrix_free(&room[0]);
    matrix_free(&room[1]);
    return status;
}

Status decoder(Matrix x, Memory memory, const Decoder *stack, DecoderWeights weights, Matrix out)
{
    Status status = STATUS_OK;
    Matrix rows = NO_MATRIX;
    Run run = {memory, weights.self, weights.cross};
    size_t self = 0, cross = 0;
    for (const DecoderBlock *block = stack->blocks; block < stack->blocks + stack->count; block++) {
        self += block->self_attention.w_q.data != NULL ? block->self_attention.heads * x.rows : 0;
        cross +=
            block->cross_attention.w_q.data != NULL ? block->cross_attention.heads * x.rows : 0;
    }
    if (weights.self.data != NULL)
        TRY(matrix_expect("decoder", "weights.self", weights.self, self, x.rows,
                          "all heads T x T"));
    if (weights.cross.data != NULL)
        TRY(matrix_expect("decoder", "weights.cross", weights.cross, cross, memory.x.rows,
                          "all heads T x S"));
    TRY(matrix_expect("decoder", "out", out, x.rows, x.cols, "as x"));
    TRY(matrix_create(x.rows, x.cols, &rows));
    TRY(matrix_copy(x, rows));
    for (size_t i = 0; i < stack->count; i++)
        TRY(take_steps(&stack->blocks[i], &run, rows));
    if (stack->has_norm)
        TRY(layer_norm(rows, &stack->norm, rows));
    TRY(matrix_copy(rows, out));
done:
    matrix_free(&rows);
    if (status != STATUS_OK) {
        matrix_clear(weights.self);
        matrix_clear(weights.cross);
    }
    return status;
}

Status decoder_block(Matrix x, Memory memory, const DecoderBlock *block, DecoderWeights weights,
                     Matrix out)
{
    return decoder(x, memory, &(Decoder){.blocks = block, .count = 1}, weights, out);
}

Status next_word_logits(const LanguageModel *model, Memory memory, const Text *text,
                        DecoderCache *cache, Matrix logits)
{
    Status status = STATUS_OK;
    Matrix words = model->embedding.words, x = NO_MATRIX, out = NO_MATRIX, all = NO_MATRIX, last;
    size_t known = cache == NULL ? 0 : cache->count, count = text->count - known;
    if (text->count <= known)
        return fail(STATUS_VALUE, "next_word_logits: no new word");
    TRY(matrix_create(count, words.cols, &x));
    TRY(matrix_create(count, words.cols, &out));
    TRY(matrix_create(count, words.rows, &all));
    TRY(matrix_rows(all, count - 1, 1, &last));
    TRY(matrix_expect("next_word_logits", "logits", logits, 1, words.rows, "1 x V"));
    TRY(embed(text->words + known, count, known, &model->embedding, x));
    TRY(cache == NULL ? decoder(x, memory, &model->decoder, NO_WEIGHTS, out)
                      : decoder_step(x, &model->decoder, cache, out));
    TRY(vocabulary_logits(out, words, all));
    TRY(matrix_copy(last, logits));
done:
    matrix_free(&all);
    matrix_free(&out);
    matrix_free(&x);
    return status;
}
