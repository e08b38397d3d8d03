/* The program of chapter 2: the softmax of the reader's array, or the worked example. */
#include "program.h"
#include "scored_sentence.h"
#include "shift_example.h"
#include "softmax.h"
#include "temperature_example.h"
#include "weights_example.h"

#include <stddef.h>

static Status show(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    TRY(show_weights_by_hand(scored));
    TRY(show_rows_and_columns(scored));
    TRY(show_shifted_scores(scored));
    TRY(show_blocked_scores(scored));
    TRY(show_temperatures(scored));
    TRY(show_log_sum_exp(scored));
    show_one_pass(scored);
done:
    return status;
}

static Status example(const char *text)
{
    Status status = STATUS_OK;
    ScoredSentence scored = {0};
    TRY(scored_sentence_create(text != NULL ? text : EXAMPLE_RIVER, &scored));
    TRY(show(&scored));
done:
    scored_sentence_free(&scored);
    return status;
}

enum { X, TEMPERATURE, OUT, OPTION_COUNT };
static const Option OPTIONS[OPTION_COUNT] = {
    [X] = {"x", "FILE", "the scores, an array of 1 to 4 dimensions"},
    [TEMPERATURE] = {"temperature", "NUMBER", "what the scores are divided by (default: 1)"},
    [OUT] = {"out", "FILE", "receives the weights, which sum to 1 along the last dimension"},
};

static Status read_temperature(float *temperature)
{
    Status status = STATUS_OK;
    TRY(program_number(TEMPERATURE, 1.0f, temperature));
    if (*temperature <= 0.0f)
        TRY(fail(STATUS_USAGE, "--temperature %g: expected a number above 0",
                 (double)*temperature));
done:
    return status;
}

static Status arrays(void)
{
    Status status = STATUS_OK;
    Array x = NO_ARRAY;
    float temperature;
    TRY(program_require((const size_t[]){X, OUT}, 2));
    TRY(read_temperature(&temperature));
    TRY(program_read(X, &FORM_ANY, &x));
    Matrix rows = array_stacked(x, 0, array_matrices(x));
    TRY(softmax_with_temperature(rows, temperature, rows));
    TRY(program_write(&(ProgramResult){OUT, x}, 1));
done:
    array_free(&x);
    return status;
}

static const Program PROGRAM = {
    .name = "02_softmax",
    .summary = "The softmax along the last dimension of an array.",
    .options = OPTIONS,
    .option_count = OPTION_COUNT,
    .example = example,
    .arrays = arrays,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv);
}
