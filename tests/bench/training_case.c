#include "training_case.h"

#include "array_file.h"
#include "contender.h"
#include "random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

ModelPlan training_plan(size_t d_model, size_t heads, bool causal)
{
    return (ModelPlan){.words = PLAN_WORDS,
                       .d_model = d_model,
                       .d_ff = 4 * d_model,
                       .heads = heads,
                       .encoder_blocks = causal ? 2 : 1,
                       .decoder_blocks = causal ? 0 : 1,
                       .causal = causal,
                       .norm_place = NORM_PRE,
                       .activation = ACTIVATION_RELU,
                       .epsilon = 1e-5f};
}

static Status write_array(const char *directory, const char *name, Array array)
{
    char path[CONTENDER_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s.npy", directory, name);
    return array_write(&(ArrayOutput){.path = path, .array = array}, 1);
}

static Status write_values(const Case *which, const char *directory)
{
    Status status = STATUS_OK;
    ModelPlan plan = training_plan(which->d_model, which->heads, which->causal);
    ParameterList list = {.items = NULL};
    Array values = NO_ARRAY;
    TRY(parameter_list_create(&plan, &list));
    TRY(array_create(2, (size_t[]){1, list.size}, &values));
    parameters_begin(&list, 11, 1.0, values.data);
    TRY(write_array(directory, "values", values));
done:
    array_free(&values);
    free(list.items);
    return status;
}

static Status write_words(const char *directory, const char *name, size_t rows, size_t cols,
                          Random *random)
{
    Status status = STATUS_OK;
    Array words = NO_ARRAY;
    TRY(array_create(2, (size_t[]){rows, cols}, &words));
    for (size_t i = 0; i < rows * cols; i++)
        words.data[i] = (float)random_between(random, 0, PLAN_WORDS - 1);
    TRY(write_array(directory, name, words));
done:
    array_free(&words);
    return status;
}

Status training_write_inputs(const Case *which, const char *directory)
{
    Status status = STATUS_OK;
    Random random = {12};
    TRY(write_values(which, directory));
    TRY(write_words(directory, "source", which->batch, which->tokens, &random));
    TRY(write_words(directory, "target", which->batch, which->tokens + 1, &random));
done:
    return status;
}

/* The length of the difference of two vectors, relative to the right one's. A rounding may switch a
 * ReLU on or off, and changes single slopes by much. */
static double difference(const float *right, const float *answer, size_t count)
{
    double apart = 0.0, length = 0.0;
    for (size_t i = 0; i < count; i++) {
        apart += pow((double)answer[i] - right[i], 2.0);
        length += pow(right[i], 2.0);
    }
    double error = sqrt(apart / length);
    return isnan(error) ? (double)INFINITY : error;
}

Status training_compare(Array *first, const char *path, double *error)
{
    Status status = STATUS_OK;
    Array answer = NO_ARRAY;
    TRY(array_read(path, ARRAY_NUMBERS, &answer));
    if (first->data == NULL) {
        *first = answer;
        answer = NO_ARRAY;
    }
    const float *right = first->data, *numbers = answer.data != NULL ? answer.data : right;
    size_t count = array_cols(*first);
    if (answer.data != NULL && array_cols(answer) != count)
        TRY(fail(STATUS_SHAPE, "%s: %zu numbers, expected %zu", path, array_cols(answer), count));
    *error = fmax(difference(right, numbers, count - 1),
                  difference(right + count - 1, numbers + count - 1, 1));
done:
    array_free(&answer);
    return status;
}
