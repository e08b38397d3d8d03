#include "gradient_arrays.h"

#include "learning_model.h"
#include "learning_pass.h"
#include "memory.h"
#include "training_files.h"

#include <stdio.h>
#include <stdlib.h>

/* What the reader gave, and what comes of it. */
typedef struct Given {
    ModelPlan plan;
    ParameterList list;
    float *values, *grads;
    LearningModel model, grad;
    Sequences words;
    size_t *reads, *writes, *right;
} Given;

static void given_free(Given *given)
{
    learning_model_free(&given->model);
    learning_model_free(&given->grad);
    free(given->list.items);
    free(given->values);
    free(given->grads);
    free(given->reads);
    free(given->writes);
    free(given->right);
    sequences_free(&given->words);
}

/* --- The model ------------------------------------------------------------------------------- */

static Status read_model(const char *path, const ModelChoices *choices, Given *given)
{
    Status status = STATUS_OK;
    TRY(parameters_plan(path, choices, &given->plan));
    TRY(parameter_list_create(&given->plan, &given->list));
    given->values = memory_allocate(given->list.size, sizeof *given->values);
    given->grads = memory_allocate(given->list.size, sizeof *given->grads);
    TRY(given->values != NULL && given->grads != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    TRY(parameters_read(path, &given->list, given->values));
    TRY(learning_model_create(&given->plan, given->values, &given->model));
    TRY(learning_model_create(&given->plan, given->grads, &given->grad));
done:
    return status;
}

/* --- The sequences --------------------------------------------------------------------------- */

static Status read_sequences(const SequenceOptions *places, Given *given)
{
    Status status = STATUS_OK;
    size_t most_source, most_target;
    TRY(sequences_read(places, given->plan.words, &given->words));
    if (given->plan.decoder_blocks == 0 &&
        array_cols(given->words.source) != array_cols(given->words.target))
        TRY(fail(STATUS_SHAPE,
                 "--target has %zu columns, expected %zu: a word for each of --source",
                 array_cols(given->words.target), array_cols(given->words.source)));
    most_source = array_cols(given->words.source);
    most_target = array_cols(given->words.target);
    given->reads = memory_allocate(most_source, sizeof *given->reads);
    given->writes = memory_allocate(most_target, sizeof *given->writes);
    given->right = memory_allocate(most_target, sizeof *given->right);
    if (given->reads == NULL || given->writes == NULL || given->right == NULL)
        status = STATUS_NO_MEMORY;
done:
    return status;
}

static size_t right_word(float number)
{
    return number >= 0.0f ? (size_t)number : NO_WORD;
}

/* One sequence, valid until the next. */
static Example take_example(const Given *given, size_t index)
{
    Matrix source = array_matrix(given->words.source, 0);
    Matrix target = array_matrix(given->words.target, 0);
    const float *right = matrix_row(target, index);
    Example example = {.source = given->reads, .target = given->writes, .right = given->right};
    example.source_count = sequence_words(matrix_row(source, index), source.cols, given->reads);
    size_t ahead = given->plan.decoder_blocks > 0 ? 1 : 0; /* the right word stands one further */
    size_t rows = target.cols - (target.cols > 0 ? ahead : 0);
    for (size_t t = 0; t < rows; t++)
        given->right[t] = right_word(right[t + ahead]);
    if (ahead > 0)
        example.target_count = sequence_words(right, rows, given->writes);
    return example;
}

/* --- The gradients --------------------------------------------------------------------------- */

static Status expect_something(const Example *example, size_t index, bool has_decoder)
{
    if (example->source_count > 0 && (!has_decoder || example->target_count > 0))
        return STATUS_OK;
    return fail(STATUS_VALUE, "sequence %zu has no words", index);
}

static Status count_answers(const Given *given, size_t *answers)
{
    Status status = STATUS_OK;
    *answers = 0;
    for (size_t i = 0; i < array_rows(given->words.source); i++) {
        Example example = take_example(given, i);
        TRY(expect_something(&example, i, given->plan.decoder_blocks > 0));
        *answers += example_answers(&given->model, &example);
    }
    if (*answers == 0)
        status = fail(STATUS_VALUE, "--target has no word that counts");
done:
    return status;
}

static Status add_gradients(Given *given, float *loss)
{
    Status status = STATUS_OK;
    KeptPass kept = {0};
    size_t answers;
    double sum = 0.0, own;
    TRY(count_answers(given, &answers));
    for (size_t i = 0; i < array_rows(given->words.source); i++) {
        Example example = take_example(given, i);
        double share = (double)example_answers(&given->model, &example) / (double)answers;
        TRY(pass_forward(&given->model, &example, &kept));
        TRY(pass_backward(&given->model, &example, &kept, share, &given->grad, &own));
        kept_pass_free(&kept);
        sum += share * own;
    }
    *loss = (float)sum;
done:
    kept_pass_free(&kept);
    return status;
}

Status gradient_arrays(const SequenceOptions *places, const ModelChoices *choices,
                       const char *model, const char *folder)
{
    Status status = STATUS_OK;
    Given given = {.values = NULL};
    Array loss = NO_ARRAY;
    TRY(read_model(model, choices, &given));
    TRY(read_sequences(places, &given));
    TRY(array_create(1, (size_t[]){1}, &loss));
    TRY(add_gradients(&given, loss.data));
    TRY(parameters_write(folder, &given.list, given.grads, loss, "loss"));
    printf("result task=gradients sequences=%zu loss=%.6f\n", array_rows(given.words.source),
           (double)loss.data[0]);
done:
    array_free(&loss);
    given_free(&given);
    return status;
}
