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
    static const char *const ACTIVATION_NAMES[] = {"relu", "gelu", "gelu-tanh"};
    static const Activation ACTIVATIONS[] = {ACTIVATION_RELU, ACTIVATION_GELU,
                                             ACTIVATION_GELU_TANH};
    size_t norm = 0, activation = 0;
    Status status = STATUS_OK;
    TRY(program_size(places->heads, 1, 1, &result->heads));
    TRY(choose("norm", program_value(places->norm), NORMS, 2, "post or pre", &norm));
    TRY(choose("activation", program_value(places->activation), ACTIVATION_NAMES, 3,
               "relu, gelu or gelu-tanh", &activation));
    TRY(program_number(places->epsilon, DEFAULT_EPSILON, &result->epsilon));
    if (result->epsilon < 0.0f)
        return fail(STATUS_USAGE, "--epsilon %g: expected 0 or more", (double)result->epsilon);
    result->norm_place = NORM_PLACES[norm];
    result->activation = ACTIVATIONS[activation];
done:
    return status;
}
