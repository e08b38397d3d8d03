#include "masking_options.h"

/* The name of the first option between two places that was given, or NULL. */
static const char *given_name(size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++)
        if (program_value(i) != NULL)
            return program_option_name(i);
    return NULL;
}

static Status expect_input(bool *has_layer)
{
    const char *layer = given_name(LAYER_X, MASKING_CONTEXT),
               *sequences = given_name(MASKING_Q, MASKING_SCALE);
    *has_layer = layer != NULL;
    if (layer == NULL && sequences == NULL)
        return fail(STATUS_USAGE, "the input is missing: give --x and a layer, or --q, --k and "
                                  "--v (see --help)");
    if (layer != NULL && sequences != NULL)
        return fail(STATUS_USAGE,
                    "--%s and --%s do not go together: give --x and a layer, or --q, --k and --v "
                    "(see --help)",
                    layer, sequences);
    if (layer != NULL)
        return layer_expect_options();
    return program_require((const size_t[]){MASKING_Q, MASKING_K, MASKING_V}, 3);
}

Status masking_expect_options(bool *has_layer)
{
    Status status = STATUS_OK;
    TRY(expect_input(has_layer));
    if (program_value(MASKING_PAST) != NULL)
        TRY(program_require((const size_t[]){MASKING_CAUSAL, MASKING_PAST}, 2));
    if (program_value(MASKING_WEIGHTS_OUT) == NULL)
        TRY(program_require((const size_t[]){MASKING_OUT}, 1));
done:
    return status;
}
