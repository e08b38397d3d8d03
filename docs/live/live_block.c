/* The glue between the book's page and the block of chapter 8. */
#include "live.h"

#include "hand_block.h"
#include "transformer_block.h"

enum { WEIGHT_ROWS = EXAMPLE_HEADS * LIVE_WORDS };

static Matrix rows_of(float (*table)[EXAMPLE_D_MODEL])
{
    return matrix_view(table[0], LIVE_WORDS, EXAMPLE_D_MODEL);
}

/* One step after the other, each with what goes in, what comes out, the sum and its end. With
 * NORM_PRE the end of a step is the sum alone. */
static Status run(const TransformerBlock *block, LiveBlock *shown)
{
    Status status = STATUS_OK;
    float weights[WEIGHT_ROWS * LIVE_WORDS];
    NormPlace place = block->norm_place;
    Matrix x = rows_of(shown->x), heard = rows_of(shown->heard), middle = rows_of(shown->middle);
    Matrix input_1 = rows_of(shown->input_1), input_2 = rows_of(shown->input_2);
    Matrix answer = rows_of(shown->answer);
    TRY(sublayer_input(x, &block->norm_1, place, input_1));
    TRY(masked_multi_head_attention(input_1, NO_MATRIX, &block->attention, &NO_MASK,
                                    matrix_view(weights, WEIGHT_ROWS, LIVE_WORDS), heard));
    TRY(sublayer_output(x, heard, &block->norm_1, NORM_PRE, rows_of(shown->sum_1)));
    TRY(sublayer_output(x, heard, &block->norm_1, place, middle));
    TRY(sublayer_input(middle, &block->norm_2, place, input_2));
    TRY(feed_forward(input_2, &block->feed_forward, answer));
    TRY(sublayer_output(middle, answer, &block->norm_2, NORM_PRE, rows_of(shown->sum_2)));
    TRY(sublayer_output(middle, answer, &block->norm_2, place, rows_of(shown->out)));
done:
    return status;
}

const LiveBlock *live_block(bool pre)
{
    static LiveBlock shown;
    Status status = STATUS_OK;
    TransformerBlock block = hand_block(pre ? NORM_PRE : NORM_POST);
    Sentence words = {0};
    TRY(sentence_create(EXAMPLE_RIVER, &words));
    TRY(matrix_copy(words.x, rows_of(shown.x)));
    TRY(run(&block, &shown));
done:
    sentence_free(&words);
    return status == STATUS_OK ? &shown : NULL;
}
