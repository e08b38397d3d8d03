#include "hand_model.h"

#include <math.h>

/* A score this far above the others leaves them less than a billionth of the weight. */
static const float SHARP = 25.0f;
/* How much more a key scores than the one before it, where the last one is wanted. */
static const float RECENT = 10.0f;
/* What a head writes is twice what the word itself says, so the next word wins. */
static const float LOUD = 2.0f;

/* --- Tables ---------------------------------------------------------------------------------- */

/* A new table of zeros, which the model frees. */
static Status make_table(HandModel *hand, size_t rows, size_t cols, Matrix *table)
{
    Status status = matrix_create(rows, cols, table);
    if (status == STATUS_OK)
        hand->tables[hand->table_count++] = *table;
    return status;
}

/* Each of `count` columns goes into another one: from `from` on to `to` on. */
static void connect(Matrix w, size_t from, size_t to, size_t count, float strength)
{
    for (size_t i = 0; i < count; i++)
        matrix_row(w, from + i)[to + i] = strength;
}

static size_t square_from(size_t least)
{
    size_t root = 1;
    while (root * root < least)
        root++;
    return root * root;
}

static float root_of(size_t n)
{
    return sqrtf((float)n);
}

/* One head; all else is left out. */
static Status make_head(HandModel *hand, size_t d_k, size_t d_v, MultiHeadLayer *layer)
{
    Status status = STATUS_OK;
    layer->heads = 1;
    TRY(make_table(hand, hand->d_model, d_k, &layer->w_q));
    TRY(make_table(hand, hand->d_model, d_k, &layer->w_k));
    TRY(make_table(hand, hand->d_model, d_v, &layer->w_v));
    TRY(make_table(hand, d_v, hand->d_model, &layer->w_o));
done:
    return status;
}

/* A norm of rows that hold the root of d_model and `ones` ones: it puts back what it took. */
static Status make_idle_norm(HandModel *hand, size_t ones, LayerNorm *norm)
{
    double d = (double)hand->d_model, mean = (sqrt(d) + (double)ones) / d;
    double variance = (d + (double)ones) / d - mean * mean;
    Status status = STATUS_OK;
    norm->epsilon = 0.0f;
    TRY(make_table(hand, 1, hand->d_model, &norm->gain));
    TRY(make_table(hand, 1, hand->d_model, &norm->shift));
    for (size_t c = 0; c < hand->d_model; c++) {
        norm->gain.data[c] = (float)sqrt(variance);
        norm->shift.data[c] = (float)mean;
    }
done:
    return status;
}

/* Words and positions, each a 1 in a column of its own. `columns` is how many are needed in all. */
static Status begin(HandModel *hand, size_t words, size_t places, size_t columns)
{
    Embedding *embedding = &hand->model.embedding;
    Status status = STATUS_OK;
    *hand = (HandModel){.words = words, .places = places, .d_model = square_from(columns)};
    hand->model.decoder.blocks = hand->blocks;
    TRY(make_table(hand, words, hand->d_model, &embedding->words));
    TRY(make_table(hand, places, hand->d_model, &embedding->positions));
    connect(embedding->words, 0, 0, words, 1.0f);
    connect(embedding->positions, 0, words, places, 1.0f);
done:
    return status;
}

void hand_model_free(HandModel *hand)
{
    for (size_t i = 0; i < hand->table_count; i++)
        matrix_free(&hand->tables[i]);
    *hand = (HandModel){.table_count = 0};
}

/* --- The model that copies ------------------------------------------------------------------- */

/* Position t asks for position t - 1; the word there goes into the columns "before". */
static Status make_previous_head(HandModel *hand, size_t before)
{
    size_t words = hand->words, place = words, places = hand->places;
    MultiHeadLayer layer = {.heads = 1};
    Status status = STATUS_OK;
    TRY(make_head(hand, places, words, &layer));
    connect(layer.w_q, place + 1, 0, places - 1, SHARP * root_of(places));
    connect(layer.w_k, place, 0, places, 1.0f);
    connect(layer.w_v, 0, 0, words, 1.0f);
    connect(layer.w_o, 0, before, words, 1.0f / root_of(hand->d_model));
    hand->blocks[0].self_attention = layer;
done:
    return status;
}

/*
 * A word asks for rows that have it in "before". One more column tells keys with the same note
 * apart: there every query says 1, and a key says how far to the right it stands. The full stop
 * says as much there as a note does elsewhere, so a word without an earlier one looks at it.
 */
static Status make_matching_head(HandModel *hand, size_t before)
{
    size_t words = hand->words, place = words, places = hand->places;
    float root = root_of(hand->d_model), scale = root_of(words + 1);
    float match = RECENT * (float)places;
    MultiHeadLayer layer = {.heads = 1};
    Status status = STATUS_OK;
    TRY(make_head(hand, words + 1, words, &layer));
    connect(layer.w_q, 0, 0, words, match * scale / root);
    connect(layer.w_k, before, 0, words, 1.0f);
    for (size_t p = 0; p < places; p++) {
        connect(layer.w_q, place + p, words, 1, scale);
        connect(layer.w_k, place + p, words, 1, RECENT * (float)p);
    }
    connect(layer.w_k, 0, words, 1, match / root);
    connect(layer.w_v, 0, 0, words, 1.0f);
    connect(layer.w_o, 0, 0, words, LOUD);
    hand->blocks[1].self_attention = layer;
done:
    return status;
}

Status copying_model_create(size_t words, size_t places, HandModel *hand)
{
    size_t before = words + places; /* columns: word, place, before, free */
    Status status = STATUS_OK;
    TRY(begin(hand, words, places, before + words));
    TRY(make_previous_head(hand, before));
    TRY(make_matching_head(hand, before));
    for (size_t i = 0; i < 2; i++) {
        hand->blocks[i].norm_place = NORM_PRE;
        TRY(make_idle_norm(hand, i + 1, &hand->blocks[i].norm_1)); /* place; then before, too */
    }
    hand->model.decoder.count = 2;
done:
    return status;
}

/* --- The model that reverses ----------------------------------------------------------------- */

/* Every word asks for the full stop; its position goes into the columns "end". */
static Status make_end_head(HandModel *hand, size_t end)
{
    size_t place = hand->words, places = hand->places;
    MultiHeadLayer layer = {.heads = 1};
    Status status = STATUS_OK;
    TRY(make_head(hand, 1, places, &layer));
    for (size_t p = 0; p < places; p++)
        connect(layer.w_q, place + p, 0, 1, SHARP);
    connect(layer.w_k, 0, 0, 1, 1.0f / root_of(hand->d_model));
    connect(layer.w_v, place, 0, places, 1.0f);
    connect(layer.w_o, 0, end, places, 1.0f);
    hand->encoder_block.attention = layer;
done:
    return status;
}

/*
 * One rule for each position p and each end e after it: relu(place p + end e - 1) is 1 if both
 * hold, and then says when the word is due: the last word first, the full stop at the end.
 */
static Status make_rules(HandModel *hand, size_t end, size_t due)
{
    size_t place = hand->words, places = hand->places, rules = places * (places + 1) / 2, rule = 0;
    FeedForward *network = &hand->encoder_block.feed_forward;
    Status status = STATUS_OK;
    network->activation = ACTIVATION_RELU;
    TRY(make_table(hand, hand->d_model, rules, &network->w_1));
    TRY(make_table(hand, 1, rules, &network->b_1));
    TRY(make_table(hand, rules, hand->d_model, &network->w_2));
    for (size_t e = 0; e < places; e++)
        for (size_t p = 0; p <= e; p++, rule++) {
            connect(network->w_1, place + p, rule, 1, 1.0f);
            connect(network->w_1, end + e, rule, 1, 1.0f);
            network->b_1.data[rule] = -1.0f;
            connect(network->w_2, rule, due + (p < e ? e - 1 - p : e), 1, 1.0f);
        }
done:
    return status;
}

/* Position t of the target asks for the word that is due at t. */
static Status make_due_head(HandModel *hand, size_t due)
{
    size_t words = hand->words, place = words, places = hand->places;
    MultiHeadLayer layer = {.heads = 1};
    Status status = STATUS_OK;
    TRY(make_head(hand, places, words, &layer));
    connect(layer.w_q, place, 0, places, SHARP * root_of(places));
    connect(layer.w_k, due, 0, places, 1.0f);
    connect(layer.w_v, 0, 0, words, 1.0f);
    connect(layer.w_o, 0, 0, words, LOUD);
    hand->blocks[0].cross_attention = layer;
done:
    return status;
}

Status reversing_model_create(size_t words, size_t places, HandModel *hand)
{
    size_t end = words + places, due = end + places; /* columns: word, place, end, due, free */
    TransformerBlock *reader = &hand->encoder_block;
    DecoderBlock *writer = &hand->blocks[0];
    Status status = STATUS_OK;
    TRY(begin(hand, words, places, due + places));
    TRY(make_end_head(hand, end));
    TRY(make_rules(hand, end, due));
    TRY(make_due_head(hand, due));
    TRY(make_idle_norm(hand, 1, &reader->norm_1)); /* place */
    TRY(make_idle_norm(hand, 2, &reader->norm_2)); /* place, end */
    TRY(make_idle_norm(hand, 1, &writer->norm_2));
    reader->norm_place = writer->norm_place = NORM_PRE;
    hand->encoder = (Encoder){.blocks = reader, .count = 1};
    hand->model.decoder.count = 1;
done:
    return status;
}

Status hand_model_read(const HandModel *hand, const size_t *words, size_t count, Matrix weights,
                       Matrix x)
{
    Matrix rows = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(count, hand->d_model, &rows));
    TRY(embed(words, count, 0, &hand->model.embedding, rows));
    TRY(encoder(rows, &hand->encoder, &NO_MASK, weights, x));
done:
    matrix_free(&rows);
    return status;
}
