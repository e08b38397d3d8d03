/* What comes of the calls in chapters/NN_topic/demo/calls.txt is what stands there. */
#include "array.h"
#include "assert.h"
#include "results.h"
#include "whole.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Says what a file holds: "(2, 5)", and whether these are zeros, or where NaN is. */
static void describe(const char *name, FILE *answer)
{
    char shape[SHAPE_TEXT_SIZE];
    Array array = whole_read(name);
    size_t size = array_size(array), zeros = 0, nans = 0;
    for (size_t i = 0; i < size; i++) {
        zeros += array.data[i] == 0.0f;
        nans += isnan(array.data[i]) != 0;
    }
    fprintf(answer, "%s %s%s", name, array_shape_text(array, shape),
            size > 0 && zeros == size ? ", zeros" : "");
    for (size_t i = 0; nans > 0 && i < size; i++)
        fprintf(answer, "%s%c", i % array_cols(array) == 0 ? " " : "",
                isnan(array.data[i]) ? 'N' : '.');
    fputc('\n', answer);
    array_free(&array);
}

/* Describes and removes the results that the call names, in its order; says how many there are. */
static size_t describe_results(const char *arguments, FILE *answer)
{
    char words[ARGUMENTS_SIZE];
    size_t count = 0;
    bool names_result = false;
    snprintf(words, sizeof words, "%s", arguments);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        FILE *file = names_result ? fopen(in(word), "r") : NULL;
        size_t length = strlen(word);
        names_result = length >= 5 && strcmp(word + length - 3, "out") == 0;
        if (file == NULL)
            continue;
        fclose(file);
        describe(word, answer);
        ck_assert_int_eq(remove(in(word)), 0);
        count++;
    }
    return count;
}

/* Without gnuplot, to be quick. A call that fails says so in one line and leaves no file. */
static int make_call(char *call, FILE *answer)
{
    const char *shown = session_grep(call);
    char *arguments = call + strcspn(call, " ");
    if (*arguments != '\0')
        *arguments++ = '\0';
    whole_make_inputs(arguments);
    size_t files = count_files(".");
    Outcome outcome = whole_run(call, arguments, &NO_GNUPLOT);
    if (outcome.status != 0)
        whole_check_failure(&outcome, call, arguments, outcome.status, "");
    else if (strstr(arguments, "out ") != NULL)
        expect_results(call, arguments);
    int status = session_print(&outcome, shown, answer);
    files += describe_results(arguments, answer);
    ck_assert_msg(outcome.status == 0 || count_files(".") == files, "%s %s: left a file", call,
                  arguments);
    outcome_free(&outcome);
    return status;
}

TEST_TIMES(what_comes_of_a_call_is_what_stands_there, WHOLE_PROGRAM_COUNT)
{
    session_repeat(session_path(WHOLE_PROGRAMS[_i]), make_call);
}

TEST_TIMES(every_program_has_a_call_that_works, WHOLE_PROGRAM_COUNT)
{
    size_t calls = 0;
    for (size_t i = 0; i < valid_calls(); i++)
        calls += strcmp(valid_call((int)i).program, WHOLE_PROGRAMS[_i]) == 0;
    ck_assert_msg(calls > 0, "chapters/%s/demo/calls.txt has no call", WHOLE_PROGRAMS[_i]);
}
