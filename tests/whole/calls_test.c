/* What comes of the calls in chapters/NN_topic/demo/calls.txt is what stands there. With REFRESH=1
 * it is written there anew. */
#include "array.h"
#include "assert.h"
#include "results.h"
#include "whole.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Gives the lines that hold a text; says whether there is one. */
static bool grep(const char *lines, const char *text, FILE *answer)
{
    bool found = false;
    for (size_t length; *lines != '\0'; lines += length) {
        char line[ARGUMENTS_SIZE];
        length = strcspn(lines, "\n") + 1;
        snprintf(line, sizeof line, "%.*s", (int)length, lines);
        if (strstr(line, text) == NULL)
            continue;
        fputs(line, answer);
        found = true;
    }
    return found;
}

/* Without gnuplot, to be quick. A call that fails says so in one line and leaves no file. */
static void answer_call(const char *program, const char *arguments, const char *shown, FILE *answer)
{
    whole_make_inputs(arguments);
    size_t files = count_files(".");
    Outcome outcome = whole_run(program, arguments, &NO_GNUPLOT);
    int status = outcome.status;
    if (status != 0)
        whole_check_failure(&outcome, program, arguments, status, "");
    if (shown == NULL)
        fputs(outcome.out, answer);
    else if (!grep(outcome.out, shown, answer) && status == 0)
        status = 1;
    fputs(outcome.err, answer);
    if (status == 0 && strstr(arguments, "out ") != NULL)
        expect_results(program, arguments);
    files += describe_results(arguments, answer);
    ck_assert_msg(outcome.status == 0 || count_files(".") == files, "%s %s: left a file", program,
                  arguments);
    if (status != 0)
        fprintf(answer, "[%d]\n", status);
    outcome_free(&outcome);
}

/* Takes apart `program arguments | grep 'shown'`. */
static void answer(char *call, FILE *answers)
{
    static const char GREP[] = " | grep '";
    char *shown = strstr(call, GREP), *arguments;
    if (shown != NULL) {
        *shown = '\0';
        shown += sizeof GREP - 1;
        *strchr(shown, '\'') = '\0';
    }
    arguments = call + strcspn(call, " ");
    if (*arguments != '\0')
        *arguments++ = '\0';
    answer_call(call, arguments, shown, answers);
}

/* --- Sessions -------------------------------------------------------------------------------- */

/* The session as it stands there, and as it is now. */
typedef struct Replay {
    char *before, *after;
    size_t size_before, size_after;
} Replay;

static Replay replay(const char *program)
{
    Replay replay = {.before = NULL};
    bool in_answer = false;
    Session session = session_open(program);
    FILE *before = open_memstream(&replay.before, &replay.size_before);
    FILE *after = open_memstream(&replay.after, &replay.size_after);
    ck_assert(before != NULL && after != NULL);
    while (session_next(&session)) {
        in_answer = in_answer && strchr("$#\n", session.line[0]) == NULL;
        fputs(session.line, before);
        if (!in_answer)
            fputs(session.line, after);
        if (session.call[0] == '\0')
            continue;
        answer(session.call, after);
        in_answer = true;
    }
    session_close(&session);
    ck_assert(fclose(before) == 0 && fclose(after) == 0);
    return replay;
}

static void refresh(const char *program, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "chapters/%s/demo/calls.txt", program);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* The call that the first difference belongs to. */
static size_t call_that_differs(const Replay *replay)
{
    size_t at = 0;
    while (replay->before[at] == replay->after[at])
        at++;
    while (at > 0 && strncmp(replay->before + at, "\n$ ", 3) != 0)
        at--;
    return at;
}

TEST_TIMES(what_comes_of_a_call_is_what_stands_there, WHOLE_PROGRAM_COUNT)
{
    Replay session = replay(WHOLE_PROGRAMS[_i]);
    if (getenv("REFRESH") != NULL) {
        refresh(WHOLE_PROGRAMS[_i], session.after);
    } else if (strcmp(session.before, session.after) != 0) {
        size_t at = call_that_differs(&session);
        ck_abort_msg("expected (REFRESH=1 writes the file anew):%.600s\n\nbut now it is:%.600s",
                     session.before + at, session.after + at);
    }
    free(session.before);
    free(session.after);
}

TEST_TIMES(every_program_has_a_call_that_works, WHOLE_PROGRAM_COUNT)
{
    size_t calls = 0;
    for (size_t i = 0; i < valid_calls(); i++)
        calls += strcmp(valid_call((int)i).program, WHOLE_PROGRAMS[_i]) == 0;
    ck_assert_msg(calls > 0, "chapters/%s/demo/calls.txt has no call", WHOLE_PROGRAMS[_i]);
}
