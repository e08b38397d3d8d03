#include "program.h"

#include "array_picture.h"
#include "command_line.h"
#include "interrupt.h"
#include "memory.h"
#include "plot.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one program of this process. */
static struct {
    CommandLine line;
    char shapes[PROGRAM_MAX_OPTIONS][SHAPE_TEXT_SIZE]; /* Of the arrays read; "" for the others. */
    const char *standard_input;                        /* The option that reads it, or NULL. */
} run;

static const char *option_name(size_t option)
{
    return run.line.program->options[option].name;
}

/* --- Running --------------------------------------------------------------------------------- */

/*
 * The next file to be opened gets the lowest free descriptor. Were it that of a closed standard
 * output, the program would print into its own data. What takes the place here is open the wrong
 * way round, so that the use of a closed stream still fails.
 */
static Status fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", mode) != fd)
            return fail(STATUS_SYSTEM, "/dev/null: %s", strerror(errno));
    }
    return STATUS_OK;
}

static Status work_on_arrays(void)
{
    Status status = command_line_expect_outputs(&run.line);
    return status == STATUS_OK ? run.line.program->arrays() : status;
}

static Status work(void)
{
    const Program *program = run.line.program;
    if (command_line_shared(&run.line, OPTION_HELP) != NULL) {
        command_line_help(program);
        return STATUS_OK;
    }
    bool arrays = command_line_has_arrays(&run.line);
    const char *sentence = run.line.sentence;
    if (sentence != NULL && (arrays || program->no_sentence))
        return fail(STATUS_USAGE, "unexpected argument \"%s\"%s (see --help)", sentence,
                    arrays ? " beside options for arrays" : "");
    const char *plots = command_line_shared(&run.line, OPTION_PLOTS);
    plot_into(plots == NULL && !arrays ? "build/plots" : plots);
    return arrays ? work_on_arrays() : program->example(sentence);
}

static Status check_standard_output(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return STATUS_OK;
    /* An earlier failure has left its mark on the stream, but not its reason. */
    return fail(STATUS_SYSTEM, "standard output: %s",
                errno != 0 ? strerror(errno) : "not everything could be written");
}

static void print_error_text(const char *text)
{
    char character[CHARACTER_SIZE];
    while (text_next_shown(&text, character))
        fputs(character, stderr);
}

/* With shapes that do not fit, the reader wants to know which file brought which. */
static void print_arrays_read(void)
{
    const char *before = " [";
    for (size_t i = 0; i < run.line.program->option_count; i++) {
        if (run.shapes[i][0] == '\0')
            continue;
        fprintf(stderr, "%s--%s ", before, option_name(i));
        print_error_text(run.line.values[i]);
        fprintf(stderr, " %s", run.shapes[i]);
        before = "; ";
    }
    if (before[0] == ';')
        fputc(']', stderr);
}

static void print_failure(Status status)
{
    /* What was printed before the failure stands before it. */
    fflush(stdout);
    fprintf(stderr, "%s: %s", run.line.program->name, last_error());
    if (status == STATUS_SHAPE)
        print_arrays_read();
    fputc('\n', stderr);
}

int program_main(const Program *program, int argc, char **argv)
{
    memset(&run, 0, sizeof run);
    run.line.program = program;
    /* A reader that has gone away is then a failure to write, which is reported as one. */
    signal(SIGPIPE, SIG_IGN);
    interrupts_expect(program->name);
    Status status = fill_standard_streams();
    if (status == STATUS_OK)
        status = command_line_read(program, argc, argv, &run.line);
    if (status == STATUS_OK)
        status = work();
    if (status == STATUS_OK)
        status = check_standard_output();
    if (status != STATUS_OK)
        print_failure(status);
    command_line_free(&run.line);
    return exit_status(status);
}

/* --- What the user gave ---------------------------------------------------------------------- */

const char *program_value(size_t option)
{
    return run.line.values[option];
}

Status program_require(const size_t *required, size_t count)
{
    const char *missing = NULL;
    char list[OPTION_LIST_SIZE] = "";
    for (size_t i = 0; i < count; i++) {
        const char *name = option_name(required[i]);
        if (missing == NULL && run.line.values[required[i]] == NULL)
            missing = name;
        option_list_add(list, name);
    }
    if (missing == NULL)
        return STATUS_OK;
    if (count == 1)
        return fail(STATUS_USAGE, "--%s is missing (see --help)", missing);
    return fail(STATUS_USAGE, "--%s is missing: %s belong together (see --help)", missing, list);
}

/* Reads digits and moves on to what follows, which is the end or, if there may be one, a comma. */
static Status read_digits(size_t option, const char **text, char separator, size_t *result)
{
    const char *digit = *text;
    for (*result = 0; isdigit((unsigned char)*digit); digit++) {
        size_t value = (size_t)(*digit - '0');
        if (*result > (SIZE_MAX - value) / 10)
            return fail(STATUS_USAGE, "--%s %s: the number is too large", option_name(option),
                        run.line.values[option]);
        *result = 10 * *result + value;
    }
    if (digit == *text || (*digit != '\0' && *digit != separator))
        return fail(STATUS_USAGE, "--%s %s: expected %s", option_name(option),
                    run.line.values[option],
                    separator == ',' ? "whole numbers separated by commas" : "a whole number");
    *text = digit;
    return STATUS_OK;
}

Status program_size(size_t option, size_t missing, size_t least, size_t *result)
{
    *result = missing;
    const char *text = run.line.values[option];
    if (text == NULL)
        return STATUS_OK;
    size_t number;
    Status status = read_digits(option, &text, '\0', &number);
    if (status != STATUS_OK)
        return status;
    if (number < least)
        return fail(STATUS_USAGE, "--%s %zu: expected %zu or more", option_name(option), number,
                    least);
    *result = number;
    return STATUS_OK;
}

static size_t count_commas(const char *text)
{
    size_t count = 0;
    while ((text = strchr(text, ',')) != NULL) {
        count++;
        text++;
    }
    return count;
}

Status program_sizes(size_t option, size_t **result, size_t *count)
{
    *result = NULL;
    *count = 0;
    const char *text = run.line.values[option];
    if (text == NULL)
        return STATUS_OK;
    size_t expected = count_commas(text) + 1;
    size_t *numbers = memory_allocate(expected, sizeof *numbers);
    if (numbers == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < expected; i++, text++) {
        Status status = read_digits(option, &text, ',', &numbers[i]);
        if (status != STATUS_OK) {
            free(numbers);
            return status;
        }
    }
    *result = numbers;
    *count = expected;
    return STATUS_OK;
}

Status program_number(size_t option, float missing, float *result)
{
    *result = missing;
    const char *text = run.line.values[option];
    if (text == NULL)
        return STATUS_OK;
    char *end;
    errno = 0;
    float number = strtof(text, &end);
    bool lost = errno == ERANGE && number == 0.0f;
    bool decimal = text[strspn(text, "+-.0123456789eE")] == '\0'; /* no hexadecimal, no blank */
    if (end == text || *end != '\0' || !decimal || !isfinite(number) || lost)
        return fail(STATUS_USAGE, "--%s %s: expected a finite number that float32 can hold",
                    option_name(option), text);
    *result = number;
    return STATUS_OK;
}

Status program_read(size_t option, ArrayKind kind, Array *result)
{
    *result = NO_ARRAY;
    const char *path = run.line.values[option], *name = option_name(option);
    if (path == NULL)
        return STATUS_OK;
    if (strcmp(path, "-") == 0) {
        if (run.standard_input != NULL)
            return fail(STATUS_USAGE, "--%s -: standard input is already read for --%s", name,
                        run.standard_input);
        run.standard_input = name;
    }
    Status status = array_read(path, kind, result);
    if (status == STATUS_OK)
        array_shape_text(*result, run.shapes[option]);
    return status;
}

Status program_expect_dims(size_t option, Array array, size_t least, size_t most, const char *shape)
{
    if (array.data == NULL || (array.dims >= least && array.dims <= most))
        return STATUS_OK;
    char text[SHAPE_TEXT_SIZE];
    return fail(STATUS_SHAPE, "--%s %s is %s, expected %s", option_name(option),
                run.line.values[option], array_shape_text(array, text), shape);
}

/* --- What the program made ------------------------------------------------------------------- */

static Status draw_result(ProgramResult result)
{
    char name[PICTURE_NAME_SIZE], title[128];
    const Program *program = run.line.program;
    command_line_picture(program, result.option, name);
    snprintf(title, sizeof title, "%s --%s", program->name, option_name(result.option));
    return array_draw(name, title, result.array);
}

Status program_write(const ProgramResult *results, size_t count)
{
    bool plots = command_line_shared(&run.line, OPTION_PLOTS) != NULL;
    ArrayOutput outputs[PROGRAM_MAX_OPTIONS];
    size_t given = 0;
    for (size_t i = 0; i < count; i++) {
        const char *path = program_value(results[i].option);
        if (path != NULL)
            outputs[given++] = (ArrayOutput){path, results[i].array};
    }
    Status status = array_write(outputs, given);
    for (size_t i = 0; status == STATUS_OK && plots && i < count; i++)
        if (program_value(results[i].option) != NULL)
            status = draw_result(results[i]);
    return status;
}
