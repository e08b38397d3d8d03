#include "hand_model.h"

#include <math.h>

/* A score this far above the others leaves them less than a billionth of the weight. */
static const float SHARP = 25.0f;
/* How much more a key scores than the one before it, where the last one is wanted. */
static const float RECENT = 10.0f;
/* What a head writes is twice what the word itself says, so the next word wins. */
static const float LOUD = 2.0f;

/* --- Tables ---------------------------------------------------------------------------------- */

/* A new table of zeros. Once one could not be made, none is. */
static Matrix table(HandModel *hand, size_t rows, size_t cols, Status *status)
{
    Matrix *place = &hand->tables[hand->table_count];
    if (*status == STATUS_OK)
        *status = matrix_create(rows, cols, place);
    if (*status != STATUS_OK)
        return NO_MATRIX;
    hand->table_count++;
    return *place;
}

/* Each of `count` columns goes into another one: from `from` on to `to` on. */
static void connect(Matrix w, size_t from, size_t to, size_t count, float strength)
{
    for (size_t i = 0; w.data != NULL && i < count; i++)
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
static MultiHeadLayer head(HandModel *hand, size_t d_k, size_t d_v, Status *status)
{
    size_t d_model = hand->d_model;
    return (MultiHeadLayer){.w_q = table(hand, d_model, d_k, status),
                            .w_k = table(hand, d_model, d_k, status),
                            .w_v = table(hand, d_model, d_v, status),
                            .w_o = table(hand, d_v, d_model, status),
                            .heads = 1};
}

/* A norm of rows that hold the root of d_model and `ones` ones: it puts back what it took. */
static LayerNorm idle_norm(HandModel *hand, size_t ones, Status *status)
{
    double d = (double)hand->d_model, mean = (sqrt(d) + (double)ones) / d;
    double variance = (d + (double)ones) / d - mean * mean;
    LayerNorm norm = {table(hand, 1, hand->d_model, status), table(hand, 1, hand->d_model, status),
                      0.0f};
    for (size_t c = 0; *status == STATUS_OK && c < hand->d_model; c++) {
        norm.gain.data[c] = (float)sqrt(variance);
        norm.shift.data[c] = (float)mean;
    }
    return norm;
}

/* Words and positions, each a 1 in a column of its own. `columns` is how many are needed in all. */
static void begin(HandModel *hand, size_t words, size_t places, size_t columns, Status *status)
{
    *hand = (HandModel){.words = words, .places = places, .d_model = square_from(columns)};
    Embedding *embedding = &hand->model.embedding;
    embedding->words = table(hand, words, hand->d_model, status);
    embedding->positions = table(hand, places, hand->d_model, status);
    connect(embedding->words, 0, 0, words, 1.0f);
    connect(embedding->positions, 0, words, places, 1.0f);
    hand->model.decoder.blocks = hand->blocks;
}

void hand_model_free(HandModel *hand)
{
    for (size_t i = 0; i < hand->table_count; i++)
        matrix_free(&hand->tables[i]);
    *hand = (HandModel){.table_count = 0};
}

/* --- The model that copies ------------------------------------------------------------------- */

/* Position t asks for position t - 1; the word there goes into the columns "before". */
static void make_previous_head(HandModel *hand, size_t before, Status *status)
{
    size_t words = hand->words, place = words, places = hand->places;
    MultiHeadLayer layer = head(hand, places, words, status);
    connect(layer.w_q, place + 1, 0, places - 1, SHARP * root_of(places));
    connect(layer.w_k, place, 0, places, 1.0f);
    connect(layer.w_v, 0, 0, words, 1.0f);
    connect(layer.w_o, 0, before, words, 1.0f / root_of(hand->d_model));
    hand->blocks[0].self_attention = layer;
}

/*
 * A word asks for rows that have it in "before". One more column tells keys with the same note
 * apart: there every query says 1, and a key says how far to the right it stands. The full stop
 * says as much there as a note does elsewhere, so a word without an earlier one looks at it.
 */
static void make_matching_head(HandModel *hand, size_t before, Status *status)
{
    size_t words = hand->words, place = words, places = hand->places;
    float root = root_of(hand->d_model), scale = root_of(words + 1);
    float match = RECENT * (float)places;
    MultiHeadLayer layer = head(hand, words + 1, words, status);
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
}

Status copying_model_create(size_t words, size_t places, HandModel *hand)
{
    Status status = STATUS_OK;
    size_t before = words + places; /* columns: word, place, before, free */
    begin(hand, words, places, before + words, &status);
    make_previous_head(hand, before, &status);
    make_matching_head(hand, before, &status);
    for (size_t i = 0; i < 2; i++) {
        hand->blocks[i].norm_place = NORM_PRE;
        hand->blocks[i].norm_1 = idle_norm(hand, i + 1, &status); /* place; then before, too */
    }
    hand->model.decoder.count = 2;
    return status;
}

/* --- The model that reverses ----------------------------------------------------------------- */

/* Everybody asks for the full stop; its position goes into the columns "end". */
static void make_end_head(HandModel *hand, size_t end, Status *status)
{
    size_t place = hand->words, places = hand->places;
    MultiHeadLayer layer = head(hand, 1, places, status);
    for (size_t p = 0; p < places; p++)
        connect(layer.w_q, place + p, 0, 1, SHARP);
    connect(layer.w_k, 0, 0, 1, 1.0f / root_of(hand->d_model));
    connect(layer.w_v, place, 0, places, 1.0f);
    connect(layer.w_o, 0, end, places, 1.0f);
    hand->encoder_block.attention = layer;
}

/*
 * One rule for each position p and each end e behind it: relu(place p + end e - 1) is 1 if both
 * hold, and then says when the word is due: the last word first, the full stop at the end.
 */
static void make_rules(HandModel *hand, size_t end, size_t due, Status *status)
{
    size_t place = hand->words, places = hand->places, rules = places * (places + 1) / 2, rule = 0;
    FeedForward network = {.w_1 = table(hand, hand->d_model, rules, status),
                           .b_1 = table(hand, 1, rules, status),
                           .w_2 = table(hand, rules, hand->d_model, status),
                           .activation = ACTIVATION_RELU};
    hand->encoder_block.feed_forward = network;
    if (*status != STATUS_OK)
        return;
    for (size_t e = 0; e < places; e++)
        for (size_t p = 0; p <= e; p++, rule++) {
            connect(network.w_1, place + p, rule, 1, 1.0f);
            connect(network.w_1, end + e, rule, 1, 1.0f);
            network.b_1.data[rule] = -1.0f;
            connect(network.w_2, rule, due + (p < e ? e - 1 - p : e), 1, 1.0f);
        }
}

/* Position t of the target asks for the word that is due at t. */
static void make_due_head(HandModel *hand, size_t due, Status *status)
{
    size_t words = hand->words, place = words, places = hand->places;
    MultiHeadLayer layer = head(hand, places, words, status);
    connect(layer.w_q, place, 0, places, SHARP * root_of(places));
    connect(layer.w_k, due, 0, places, 1.0f);
    connect(layer.w_v, 0, 0, words, 1.0f);
    connect(layer.w_o, 0, 0, words, LOUD);
    hand->blocks[0].cross_attention = layer;
}

Status reversing_model_create(size_t words, size_t places, HandModel *hand)
{
    Status status = STATUS_OK;
    size_t end = words + places, due = end + places; /* columns: word, place, end, due, free */
    begin(hand, words, places, due + places, &status);
    make_end_head(hand, end, &status);
    make_rules(hand, end, due, &status);
    make_due_head(hand, due, &status);
    hand->encoder_block.norm_place = hand->blocks[0].norm_place = NORM_PRE;
    hand->encoder_block.norm_1 = idle_norm(hand, 1, &status); /* place */
    hand->encoder_block.norm_2 = idle_norm(hand, 2, &status); /* place, end */
    hand->blocks[0].norm_2 = idle_norm(hand, 1, &status);
    hand->encoder = (Encoder){.blocks = &hand->encoder_block, .count = 1};
    hand->model.decoder.count = 1;
    return status;
}

Status hand_model_read(const HandModel *hand, const size_t *words, size_t count, Matrix weights,
                       Matrix x)
{
    Matrix rows;
    Status status = matrix_create(count, hand->d_model, &rows);
    if (status == STATUS_OK)
        status = embed(words, count, 0, &hand->model.embedding, rows);
    if (status == STATUS_OK)
        status = encoder(rows, &hand->encoder, &NO_MASK, weights, x);
    matrix_free(&rows);
    return status;
}
