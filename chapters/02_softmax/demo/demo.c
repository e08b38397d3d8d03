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
    Status status = show_weights_by_hand(scored);
    if (status == STATUS_OK)
        status = show_rows_and_columns(scored);
    if (status == STATUS_OK)
        status = show_shifted_scores(scored);
    if (status == STATUS_OK)
        status = show_blocked_scores(scored);
    if (status == STATUS_OK)
        status = show_temperatures(scored);
    if (status == STATUS_OK)
        status = show_log_sum_exp(scored);
    if (status == STATUS_OK)
        show_one_pass(scored);
    return status;
}

static Status example(const char *text)
{
    ScoredSentence scored;
    Status status = scored_sentence_create(text != NULL ? text : EXAMPLE_RIVER, &scored);
    if (status == STATUS_OK)
        status = show(&scored);
    scored_sentence_free(&scored);
    return status;
}

enum { X, TEMPERATURE, OUT, OPTION_COUNT };
static const Option OPTIONS[OPTION_COUNT] = {
    [X] = {"x", "FILE", "the scores, an array of 1 to 4 dimensions"},
    [TEMPERATURE] = {"temperature", "NUMBER", "what the scores are divided by (default: 1)"},
    [OUT] = {"out", "FILE", "receives the weights, which sum to 1 along the last dimension"},
};

static Status arrays(void)
{
    static const size_t REQUIRED[] = {X, OUT};
    Array x = NO_ARRAY;
    float temperature = 1.0f;
    Status status = program_require(REQUIRED, sizeof REQUIRED / sizeof *REQUIRED);
    if (status == STATUS_OK)
        status = program_number(TEMPERATURE, 1.0f, &temperature);
    if (status == STATUS_OK && temperature <= 0.0f)
        status =
            fail(STATUS_USAGE, "--temperature %g: expected a number above 0", (double)temperature);
    if (status == STATUS_OK)
        status = program_read(X, ARRAY_NUMBERS, &x);
    if (status == STATUS_OK) {
        Matrix rows = array_stacked(x, 0, array_matrices(x));
        status = softmax_with_temperature(rows, temperature, rows);
    }
    if (status == STATUS_OK)
        status = program_write(&(ProgramResult){OUT, x}, 1);
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
