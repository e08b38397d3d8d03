#include "watched_heads.h"

#include "example.h"
#include "learning_pass.h"

#include <string.h>

/* Letters as the tasks number them. */
static size_t take_letters(const char *text, size_t *words)
{
    size_t count = 0;
    for (; text[count] != '\0'; count++)
        words[count] = text[count] == '.' ? TASK_STOP : (size_t)(text[count] - 'a') + 1;
    return count;
}

void watched_example(const LearningTask *task, TaskExample *example)
{
    Random random = {1};
    size_t tries = 0;
    do
        task_draw(task, &random, false, example);
    while (example->source_count < 9 && ++tries < 100);
    if (strcmp(task->name, "bank") == 0)
        example->source_count = bank_words(EXAMPLE_RIVER, example->source);
    if (strcmp(task->name, "induction") == 0)
        example->source_count = take_letters(".fadebc.debcfad", example->source);
    if (strcmp(task->name, "reverse") == 0) {
        example->source_count = take_letters("abcdefgh.", example->source);
        take_letters(".hgfedcba", example->target);
        take_letters("hgfedcba.", example->right);
    }
}

Status watched_weights(const LearningModel *model, const TaskExample *example, size_t block,
                       Matrix *weights)
{
    Status status = STATUS_OK;
    KeptPass kept = {0};
    Example taken = task_view(example);
    bool writes = model->plan.decoder_blocks > 0;
    const KeptStack *stack = writes ? &kept.decoder : &kept.encoder;
    Matrix own = NO_MATRIX;
    *weights = NO_MATRIX;
    TRY(pass_forward(model, &taken, &kept));
    own = stack->steps[writes ? 3 * block + 1 : 2 * block].heads.weights;
    TRY(matrix_rows(own, 0, stack->x.rows, &own)); /* of head 0 */
    TRY(matrix_create(own.rows, own.cols, weights));
    TRY(matrix_copy(own, *weights));
done:
    kept_pass_free(&kept);
    return status;
}

bool place_due(const TaskExample *example, size_t row, size_t column)
{
    return row + column + 2 == example->source_count; /* the full stop stands last */
}

bool place_before(const TaskExample *example, size_t row, size_t column)
{
    (void)example;
    return row == column + 1;
}

bool place_behind_same(const TaskExample *example, size_t row, size_t column)
{
    return column > 0 && column <= row && example->source[column - 1] == example->source[row] &&
           example->source[column] == example->right[row];
}

double weight_on(Matrix weights, const TaskExample *example, WatchedPlace *place)
{
    double sum = 0.0;
    size_t rows = 0;
    for (size_t r = 0; r < weights.rows; r++) {
        bool found = false;
        for (size_t c = 0; c < weights.cols; c++)
            if (place(example, r, c)) {
                sum += matrix_row(weights, r)[c];
                found = true;
            }
        rows += found;
    }
    return rows > 0 ? sum / (double)rows : 0.0;
}

Status mean_weight_on(const LearningTask *task, const LearningModel *model, size_t block,
                      WatchedPlace *place, double *mean)
{
    enum { WATCHED = 50 };
    Status status = STATUS_OK;
    Random random = {1};
    TaskExample example;
    Matrix weights = NO_MATRIX;
    *mean = 0.0;
    for (size_t i = 0; i < WATCHED; i++) {
        task_draw(task, &random, true, &example);
        TRY(watched_weights(model, &example, block, &weights));
        *mean += weight_on(weights, &example, place) / (double)WATCHED;
        matrix_free(&weights);
    }
done:
    matrix_free(&weights);
    return status;
}
