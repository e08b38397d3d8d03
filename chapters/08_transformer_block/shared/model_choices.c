#include "model_choices.h"

#include "program.h"

#include <string.h>

/* The place of a word in a list of words; without a word the first. */
static Status choose(const char *option, const char *word, const char *const *words, size_t count,
                     const char *list, size_t *result)
{
    for (size_t i = 0; i < count; i++)
        if (word == NULL || strcmp(word, words[i]) == 0) {
            *result = i;
            return STATUS_OK;
        }
    return fail(STATUS_USAGE, "--%s %s: expected %s", option, word, list);
}

Status model_choices_read(const ChoiceOptions *places, ModelChoices *result)
{
    static const char *const NORMS[] = {"post", "pre"};
    static const NormPlace NORM_PLACES[] = {NORM_POST, NORM_PRE};
    static const char *const BENDS[] = {"relu", "gelu", "gelu-tanh"};
    static const Activation ACTIVATIONS[] = {ACTIVATION_RELU, ACTIVATION_GELU,
                                             ACTIVATION_GELU_TANH};
    size_t norm = 0, bend = 0;
    Status status = program_size(places->heads, 1, 1, &result->heads);
    if (status == STATUS_OK)
        status = choose("norm", program_value(places->norm), NORMS, 2, "post or pre", &norm);
    if (status == STATUS_OK)
        status = choose("activation", program_value(places->activation), BENDS, 3,
                        "relu, gelu or gelu-tanh", &bend);
    if (status == STATUS_OK)
        status = program_number(places->epsilon, DEFAULT_EPSILON, &result->epsilon);
    if (status == STATUS_OK && result->epsilon < 0.0f)
        status = fail(STATUS_USAGE, "--epsilon %g: expected 0 or more", (double)result->epsilon);
    if (status == STATUS_OK) {
        result->norm_place = NORM_PLACES[norm];
        result->activation = ACTIVATIONS[bend];
    }
    return status;
}
