/* How good a model is. */
#include "trainer.h"

#include "learning_pass.h"

#include <string.h>

/* The generator of the examples that are only tried. */
static const uint64_t TRY_SEED = 0x7479727479727479;

Status trainer_write(const LearningModel *model, const size_t *source, size_t count,
                     size_t words[TASK_LONGEST], size_t *made)
{
    Status status = STATUS_OK;
    static const Sampling GREEDY = {.temperature = 0.0f};
    LanguageModel writer = {.embedding = model->embedding, .decoder = model->decoder};
    Text text = {.words = words, .count = 1, .limit = TASK_LONGEST, .stop = TASK_STOP};
    Matrix x = NO_MATRIX, read = NO_MATRIX;
    DecoderCache cache = {0};
    words[0] = TASK_STOP;
    TRY(matrix_create(count, model->plan.d_model, &x));
    TRY(matrix_create(count, model->plan.d_model, &read));
    TRY(embed(source, count, 0, &model->embedding, x));
    TRY(encoder(x, &model->encoder, &NO_MASK, NO_MATRIX, read));
    TRY(decoder_cache_create(&model->decoder, (Memory){.x = read}, TASK_LONGEST, &cache));
    TRY(generate(&writer, (Memory){.x = read}, &GREEDY, NULL, &cache, &text));
    *made = text.count;
done:
    decoder_cache_free(&cache);
    matrix_free(&x);
    matrix_free(&read);
    return status;
}

/* The slip: as in training, numbers are left out while the model writes. */
static Status write_dropping(const LearningModel *model, const TaskExample *made, Dropout *dropout,
                             size_t words[TASK_LONGEST], size_t *count)
{
    Status status = STATUS_OK;
    Example example = {.source = made->source, .source_count = made->source_count};
    KeptPass kept = {0};
    Matrix last;
    example.target = words;
    words[0] = TASK_STOP;
    for (*count = 1; *count <= made->target_count; ++*count) {
        example.target_count = *count;
        TRY(pass_forward_dropping(model, &example, dropout, &kept));
        TRY(matrix_rows(kept.logits, *count - 1, 1, &last));
        words[*count] = greedy_word(last);
        kept_pass_free(&kept);
    }
done:
    kept_pass_free(&kept);
    return status;
}

static Status try_to_write(const Trainer *trainer, const TaskExample *made, Dropout *dropout,
                           double *exact)
{
    Status status = STATUS_OK;
    size_t words[TASK_LONGEST], count = 0;
    TRY(trainer->slips.dropout_kept
            ? write_dropping(&trainer->model, made, dropout, words, &count)
            : trainer_write(&trainer->model, made->source, made->source_count, words, &count));
    *exact = count == made->target_count + 1 &&
             memcmp(words + 1, made->right, made->target_count * sizeof *words) == 0;
done:
    return status;
}

/* The share of rows whose most likely word is right. */
static double rows_right(const KeptPass *kept, const Example *example, size_t answers)
{
    size_t right = 0;
    for (size_t t = 0; t < kept->logits.rows; t++) {
        Matrix row = matrix_view(matrix_row(kept->logits, t), 1, kept->logits.cols);
        right += example->right[t] != NO_WORD && greedy_word(row) == example->right[t];
    }
    return (double)right / (double)answers;
}

static Status try_one(const Trainer *trainer, const TaskExample *made, Dropout *dropout,
                      Score *score)
{
    Status status = STATUS_OK;
    const LearningModel *model = &trainer->model;
    Example example = task_view(made);
    KeptPass kept = {0};
    TRY(pass_forward(model, &example, &kept));
    TRY(cross_entropy(kept.logits, example.right, &score->loss));
    if (model->plan.decoder_blocks > 0)
        TRY(try_to_write(trainer, made, dropout, &score->exact));
    else
        score->exact = rows_right(&kept, &example, example_answers(model, &example));
done:
    kept_pass_free(&kept);
    return status;
}

Status trainer_try(const Trainer *trainer, size_t count, Score *score)
{
    Status status = STATUS_OK;
    Random random = {TRY_SEED};
    Dropout dropout = {trainer->task.dropout, {TRY_SEED}};
    TaskExample made;
    Score one = {0};
    *score = (Score){0};
    for (size_t i = 0; i < count; i++) {
        task_draw(&trainer->task, &random, true, &made);
        TRY(try_one(trainer, &made, &dropout, &one));
        score->exact += one.exact / (double)count;
        score->loss += one.loss / (double)count;
    }
done:
    return status;
}
