#include "tiled_example.h"

#include "example.h"
#include "print.h"
#include "self_attention.h"
#include "tiled_attention.h"

#include <stdio.h>

/* --- One row ---------------------------------------------------------------------------------- */

/* The head `sense`, whose values are units of water alone. */
static Status attend(Sentence sentence, TiledHead *head, Workspace *room)
{
    ExampleHead sense = example_layer().heads[0];
    HeadMatrices *one = &head->one;
    Status status = STATUS_OK;
    TRY(project("w_q", sentence.x, sense.w_q, &one->q));
    TRY(project("w_k", sentence.x, sense.w_k, &one->k));
    TRY(project("w_v", sentence.x, sense.w_v, &one->v));
    TRY(matrix_create(sentence.count, one->v.cols, &one->concat));
    head->scale = attention_scale(one->q.cols);
    TRY(tiled_attention(head, ISA_BASELINE, room));
done:
    return status;
}

static void print_row(const char *word, const TiledHead *head, size_t row)
{
    double water = matrix_row(head->one.concat, row)[0];
    printf("%s keeps L = %.3f and hears %.3f units of water\n", word, (double)head->log_sums[row],
           water);
    printf("  handed -1 for each, so the mean of g is %.3f\n", -water);
}

static Status show_row(Sentence sentence)
{
    Status status = STATUS_OK;
    Matrix log_sums = NO_MATRIX;
    TiledHead head = {.one = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX}};
    Workspace room = {0};
    TRY(matrix_create(1, sentence.count, &log_sums));
    head.log_sums = log_sums.data;
    TRY(attend(sentence, &head, &room));
    print_row(sentence.words[sentence_focus(sentence)], &head, sentence_focus(sentence));
done:
    workspace_free(&room);
    matrix_free(&log_sums);
    multi_head_free(&head.one);
    return status;
}

/* --- Memory ----------------------------------------------------------------------------------- */

enum { SHORTEST = 256, LONGEST = 4096, COLUMNS = 16, TABLES = 3 };

/* Both ways through a head whose numbers are all 0, which takes as much memory as any. */
static Status room_of(size_t t, Matrix zeros, Matrix made, Workspace *room)
{
    Status status = STATUS_OK;
    HeadMatrices in = {zeros, zeros, zeros, made};
    HeadMatrices grad = {NO_MATRIX, NO_MATRIX, NO_MATRIX, zeros};
    Matrix log_sums = NO_MATRIX;
    TRY(matrix_create(1, t, &log_sums));
    TiledHead head = {.one = in, .scale = 1.0f, .log_sums = log_sums.data};
    TRY(tiled_attention(&head, ISA_BASELINE, room));
    TRY(tiled_attention_backward(&head, &grad, ISA_BASELINE, room));
done:
    matrix_free(&log_sums);
    return status;
}

static Status show_room(size_t t)
{
    Status status = STATUS_OK;
    Workspace room = {0};
    Matrix zeros = NO_MATRIX, made = NO_MATRIX;
    const double float_mb = sizeof(float) / 1e6;
    TRY(matrix_create(t, COLUMNS, &zeros));
    TRY(matrix_create(t, COLUMNS, &made));
    TRY(room_of(t, zeros, made, &room));
    printf("  %8zu%12.1f MB%12.1f MB\n", t, (double)(TABLES * t * t) * float_mb,
           (double)(room.size + t) * float_mb);
done:
    workspace_free(&room);
    matrix_free(&zeros);
    matrix_free(&made);
    return status;
}

Status show_tiled(Sentence sentence)
{
    Status status = STATUS_OK;
    TRY(show_row(sentence));
    printf("\nmemory of both ways through one head, %d columns\n", COLUMNS);
    printf("  %8s%15s%15s\n", "words", "three tables", "tiled");
    for (size_t t = SHORTEST; t <= LONGEST; t *= 4)
        TRY(show_room(t));
done:
    return status;
}
