#include "whole.h"

#include "array_file.h"
#include "assert.h"
#include "model_files.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

const Command NO_GNUPLOT = {.environment = {"PATH=/nonexistent"}};

Array whole_read(const char *name)
{
    Array array;
    assert_ok(array_read(in(name), ARRAY_NUMBERS, &array));
    return array;
}

/* --- Input files, made on demand ------------------------------------------------------------- */

static const char ENCODER[] = "encoder.model", DECODER[] = "decoder.model";
static const char TRANSFORMER[] = "transformer.model";
static const char *const CONTENTS[] = {"",      "nan_",  "inf_",  "one_nan_",
                                       "mask_", "open_", "shut_", "other_"};
enum { NUMBERS, NOT_NUMBERS, INFINITE, ONE_NOT_NUMBER, MASK, OPEN, SHUT, OTHER, CONTENT_COUNT };

/* Reads "4x3.npy". */
static bool parse_shape(const char *name, size_t *dims, size_t shape[ARRAY_MAX_DIMS])
{
    for (*dims = 0; isdigit((unsigned char)*name) && *dims < ARRAY_MAX_DIMS;) {
        char *end;
        shape[(*dims)++] = strtoul(name, &end, 10);
        if (strcmp(end, ".npy") == 0 || strcmp(end, ".txt") == 0)
            return true;
        if (*end != 'x')
            return false;
        name = end + 1;
    }
    return false;
}

static bool parse_name(const char *name, size_t *content, size_t *dims,
                       size_t shape[ARRAY_MAX_DIMS])
{
    for (*content = 0; *content < CONTENT_COUNT; (*content)++) {
        size_t length = strlen(CONTENTS[*content]);
        if (strncmp(name, CONTENTS[*content], length) == 0 &&
            parse_shape(name + length, dims, shape))
            return true;
    }
    return false;
}

static float element(size_t content, size_t index, size_t cols)
{
    float number = (float)((index * 7 + 3) % 11) / 4.0f - 1.0f;
    switch (content) {
    case NOT_NUMBERS: return NAN;
    case INFINITE: return INFINITY;
    case ONE_NOT_NUMBER: return index + 1 == cols ? NAN : number;
    case MASK: return index % 3 != 1 ? 1.0f : 0.0f;
    case OPEN: return 1.0f;
    case SHUT: return 0.0f;
    case OTHER: return 0.75f - number;
    default: return number;
    }
}

/* An encoder of two layers with d_model 8. */
static void make_encoder(void)
{
    Random random = {5};
    if (exists(ENCODER))
        return;
    model_files_begin(ENCODER);
    model_files_write_encoder(&random, "", (EncoderFiles){2, 8, 12, true, true});
}

/* A decoder of two layers with d_model 8, or a transformer of two and one. */
static void make_decoder(const char *name, size_t encoder_layers)
{
    Random random = {6};
    if (exists(name))
        return;
    model_files_begin(name);
    model_files_write_decoder(
        &random, (DecoderFiles){2 - encoder_layers / 2, encoder_layers, 8, 12, true, true});
}

static void make_input(const char *name)
{
    size_t content, dims, shape[ARRAY_MAX_DIMS];
    if (strcmp(name, ENCODER) == 0)
        make_encoder();
    if (strcmp(name, DECODER) == 0)
        make_decoder(name, 0);
    if (strcmp(name, TRANSFORMER) == 0)
        make_decoder(name, 2);
    if (!parse_name(name, &content, &dims, shape))
        return;
    Array array;
    assert_ok(array_create(dims, shape, &array));
    for (size_t i = 0; i < array_size(array); i++)
        array.data[i] = element(content, i, shape[dims - 1]);
    assert_ok(array_write(&(ArrayOutput){in(name), array}, 1));
    array_free(&array);
}

/* --- Calls ----------------------------------------------------------------------------------- */

static void split(char *arguments, Command *command)
{
    size_t count = 1;
    for (char *word = strtok(arguments, " "); word != NULL; word = strtok(NULL, " ")) {
        ck_assert_uint_lt(count, COMMAND_MAX_WORDS - 1);
        make_input(word);
        command->words[count++] = word;
    }
    command->words[count] = NULL;
}

void whole_make_inputs(const char *arguments)
{
    char words[ARGUMENTS_SIZE];
    snprintf(words, sizeof words, "%s", arguments);
    split(words, &(Command){.words = {NULL}});
}

Outcome whole_run(const char *program, const char *arguments, const Command *extra)
{
    char path[PATH_SIZE], words[ARGUMENTS_SIZE];
    Command command = extra != NULL ? *extra : (Command){.words = {NULL}};
    snprintf(path, sizeof path, "%s/%s%s", BUILD, strchr(program, '/') != NULL ? "" : "bin/",
             program);
    ck_assert_int_lt(snprintf(words, sizeof words, "%s", arguments), ARGUMENTS_SIZE);
    split(words, &command);
    command.words[0] = path;
    command.directory = in(".");
    return process_run(&command);
}

void whole_expect_success(const char *program, const char *arguments, const Command *extra)
{
    Outcome outcome = whole_run(program, arguments, extra);
    ck_assert_msg(outcome.status == 0 && outcome.err[0] == '\0', "%s %s: status %d, \"%s\"",
                  program, arguments, outcome.status, outcome.err);
    outcome_free(&outcome);
}

void whole_expect_example(const char *program, const char *sentence, const char *shown)
{
    Outcome outcome = whole_run(program, sentence, &NO_GNUPLOT);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_msg(strstr(outcome.out, shown) != NULL, "%s", outcome.out);
    outcome_free(&outcome);
}

static bool has_words(const char *line, const char *words)
{
    char text[ARGUMENTS_SIZE];
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, "|"); word != NULL; word = strtok(NULL, "|"))
        if (strstr(line, word) == NULL)
            return false;
    return true;
}

static const char *base_name(const char *program)
{
    const char *slash = strrchr(program, '/');
    return slash != NULL ? slash + 1 : program;
}

void whole_check_failure(const Outcome *outcome, const char *program, const char *arguments,
                         int status, const char *words)
{
    char start[ARGUMENTS_SIZE];
    size_t length = (size_t)snprintf(start, sizeof start, "%s: ", base_name(program));
    ck_assert_msg(outcome->status == status, "%s %s: status %d, expected %d; \"%s\"", program,
                  arguments, outcome->status, status, outcome->err);
    ck_assert_msg(count_lines(outcome->err) == 1 && strncmp(outcome->err, start, length) == 0,
                  "%s %s: said \"%s\", expected one line that begins with \"%s\"", program,
                  arguments, outcome->err, start);
    ck_assert_msg(has_words(outcome->err, words), "%s %s: said \"%s\", expected it to tell \"%s\"",
                  program, arguments, outcome->err, words);
}

void whole_expect_failure(const char *program, const char *arguments, const Command *extra,
                          int status, const char *words)
{
    whole_make_inputs(arguments);
    size_t before = count_files(".");
    Outcome outcome = whole_run(program, arguments, extra);
    whole_check_failure(&outcome, program, arguments, status, words);
    ck_assert_msg(count_files(".") == before, "%s %s: left a file", program, arguments);
    outcome_free(&outcome);
}

/* --- Changing calls -------------------------------------------------------------------------- */

/* Copies a call, with another name in the place of one input; says how many inputs it has. */
static size_t rewrite(const char *arguments, size_t input, const char *name, char *result)
{
    char copy[ARGUMENTS_SIZE];
    size_t content, dims, shape[ARRAY_MAX_DIMS], count = 0, used = 0;
    size_t kept = strcspn(name, "*");
    snprintf(copy, sizeof copy, "%s", arguments);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        bool is_input = parse_name(word, &content, &dims, shape);
        bool chosen = is_input && count == input;
        used += (size_t)snprintf(result + used, ARGUMENTS_SIZE - used, "%s%.*s%s",
                                 used > 0 ? " " : "", chosen ? (int)kept : 0, name,
                                 chosen && name[kept] == '\0' ? "" : word);
        ck_assert_uint_lt(used, ARGUMENTS_SIZE);
        count += is_input;
    }
    return count;
}

size_t whole_inputs(const char *arguments)
{
    char copy[ARGUMENTS_SIZE];
    return rewrite(arguments, 0, "", copy);
}

void whole_replace(const char *arguments, size_t input, const char *name,
                   char result[ARGUMENTS_SIZE])
{
    ck_assert_uint_lt(input, rewrite(arguments, input, name, result));
}
