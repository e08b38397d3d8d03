/*
 * Whole models of chapter 11 against finite differences of their loss, every parameter of them,
 * with double in float's place (in_double.h).
 */
#include "in_double.h"

#include "label_smoothing.h"
#include "learning_model.h"
#include "learning_pass.h"
#include "memory.h"
#include "run_all.h"

static const double STEP = 1e-5, CLOSE = 1e-8;

#define SMALL .words = 7, .d_model = 6, .d_ff = 5, .epsilon = 1e-5
#define POST_GELU .norm_place = NORM_POST, .activation = ACTIVATION_GELU
#define PRE_GELU .norm_place = NORM_PRE, .activation = ACTIVATION_GELU
#define PRE_TANH .norm_place = NORM_PRE, .activation = ACTIVATION_GELU_TANH

/* A source, what has been written, and the right words. */
static const size_t SOURCE[] = {3, 1, 6, 1, 2}, TARGET[] = {0, 2, 5, 2};

static const struct {
    const char *name;
    ModelPlan plan;
    size_t right[5];
} MODELS[] = {
    {"a tagger", {SMALL, POST_GELU, .heads = 2, .encoder_blocks = 2}, {1, 0, NO_WORD, 4, 6}},
    {"a language model",
     {SMALL, PRE_GELU, .heads = 3, .encoder_blocks = 2, .causal = true},
     {NO_WORD, 6, 1, 2, 0}},
    {"an encoder-decoder, post-norm",
     {SMALL, POST_GELU, .heads = 2, .encoder_blocks = 1, .decoder_blocks = 2},
     {2, 5, 2, NO_WORD}},
    {"an encoder-decoder, pre-norm",
     {SMALL, PRE_TANH, .heads = 1, .encoder_blocks = 2, .decoder_blocks = 1},
     {2, 5, NO_WORD, 0}},
    {"a classifier", {SMALL, PRE_GELU, .heads = 2, .encoder_blocks = 1, .classes = 3}, {2}},
};

typedef struct Trial {
    ParameterList list;
    double *values, *grads;
    LearningModel model, grad;
    Example example;
    double rate; /* of dropout */
} Trial;

static void must(Status status)
{
    ck_assert_msg(status == STATUS_OK, "%s", last_error());
}

enum { MODEL_COUNT = sizeof MODELS / sizeof *MODELS, ROWS = 2 * MODEL_COUNT };

/* A model whose biases and gains are by chance, too. Each comes twice: the second time, with
 * dropout and smoothed labels. */
static Trial begin(size_t row)
{
    size_t index = row % MODEL_COUNT;
    Trial trial = {.example = {SOURCE, 5, TARGET, 4, MODELS[index].right, 0.0}};
    trial.rate = row < MODEL_COUNT ? 0.0 : 0.25;
    trial.example.smoothing = row < MODEL_COUNT ? 0.0 : 0.1;
    Random random = {index + 1};
    must(parameter_list_create(&MODELS[index].plan, &trial.list));
    trial.values = memory_allocate(trial.list.size, sizeof *trial.values);
    trial.grads = memory_allocate(trial.list.size, sizeof *trial.grads);
    random_fill(&random, 0.7, matrix_view(trial.values, 1, trial.list.size));
    must(learning_model_create(&MODELS[index].plan, trial.values, &trial.model));
    must(learning_model_create(&MODELS[index].plan, trial.grads, &trial.grad));
    return trial;
}

static void end(Trial *trial)
{
    learning_model_free(&trial->model);
    learning_model_free(&trial->grad);
    free(trial->list.items);
    free(trial->values);
    free(trial->grads);
}

/* The same numbers are left out each time. */
static KeptPass run_forwards(const Trial *trial)
{
    KeptPass kept;
    Dropout dropout = {trial->rate, {9}};
    must(pass_forward_dropping(&trial->model, &trial->example, &dropout, &kept));
    return kept;
}

static double loss_of(const Trial *trial)
{
    double loss;
    KeptPass kept = run_forwards(trial);
    must(
        smoothed_cross_entropy(kept.logits, trial->example.right, trial->example.smoothing, &loss));
    kept_pass_free(&kept);
    return loss;
}

static double difference(const Trial *trial, double *number)
{
    double kept = *number;
    *number = kept + STEP;
    double above = loss_of(trial);
    *number = kept - STEP;
    double below = loss_of(trial);
    *number = kept;
    return (above - below) / (2 * STEP);
}

static void run_backwards(const Trial *trial, double share)
{
    KeptPass kept = run_forwards(trial);
    double loss;
    must(pass_backward(&trial->model, &trial->example, &kept, share, &trial->grad, &loss));
    ck_assert_double_eq(loss, loss_of(trial));
    kept_pass_free(&kept);
}

START_TEST(the_gradient_of_every_parameter)
{
    Trial trial = begin((size_t)_i);
    run_backwards(&trial, 1.0);
    for (size_t i = 0; i < trial.list.count; i++) {
        const Parameter *parameter = &trial.list.items[i];
        for (size_t j = 0; j < parameter->rows * parameter->cols; j++) {
            double seen = difference(&trial, &trial.values[parameter->first + j]);
            double said = trial.grads[parameter->first + j];
            ck_assert_msg(fabs(seen - said) <= CLOSE * fmax(1.0, fabs(seen)),
                          "%s: %s, number %zu: the gradient is %.12g, the difference %.12g",
                          MODELS[_i % MODEL_COUNT].name, parameter->name, j, said, seen);
        }
    }
    end(&trial);
}
END_TEST

START_TEST(key_biases_change_nothing)
{
    Trial trial = begin((size_t)_i);
    run_backwards(&trial, 1.0);
    for (size_t i = 0; i < trial.list.count; i++) {
        const Parameter *parameter = &trial.list.items[i];
        size_t d_model = trial.model.plan.d_model;
        if (strstr(parameter->name, "in_proj_bias") != NULL)
            for (size_t c = d_model; c < 2 * d_model; c++)
                ck_assert_double_le(fabs(trial.grads[parameter->first + c]), 1e-15);
    }
    end(&trial);
}
END_TEST

START_TEST(gradients_are_added_and_shared_out)
{
    Trial trial = begin((size_t)_i);
    run_backwards(&trial, 1.0);
    double *once = memory_allocate(trial.list.size, sizeof *once);
    memcpy(once, trial.grads, trial.list.size * sizeof *once);
    run_backwards(&trial, 0.5);
    for (size_t i = 0; i < trial.list.size; i++)
        ck_assert_double_le(fabs(trial.grads[i] - 1.5 * once[i]), 1e-12);
    free(once);
    end(&trial);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("models");
    tcase_add_loop_test(all, the_gradient_of_every_parameter, 0, ROWS);
    tcase_add_loop_test(all, key_biases_change_nothing, 0, ROWS);
    tcase_add_loop_test(all, gradients_are_added_and_shared_out, 0, ROWS);
    return run_all("finite differences of models", all);
}
