#include "program.h"

#include "array_picture.h"
#include "command_line.h"
#include "interrupt.h"
#include "plot.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

const char *program_option_name(size_t option)
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
    Status status = STATUS_OK;
    TRY(command_line_expect_outputs(&run.line));
    TRY(run.line.program->arrays());
done:
    return status;
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
    if (arrays)
        return work_on_arrays();
    command_line_shorten(&run.line);
    return program->example(sentence);
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

/* Whether the user gave a size, such as the number of heads or positions. */
static bool is_given_size(size_t option)
{
    const char *argument = run.line.program->options[option].argument;
    return run.line.values[option] != NULL && argument != NULL && strcmp(argument, "N") == 0;
}

/* With shapes that do not fit, the reader wants to know which option brought which. */
static void print_shapes(void)
{
    const char *before = " [";
    for (size_t i = 0; i < run.line.program->option_count; i++) {
        bool is_array = run.shapes[i][0] != '\0';
        if (!is_array && !is_given_size(i))
            continue;
        fprintf(stderr, "%s--%s ", before, program_option_name(i));
        print_error_text(run.line.values[i]);
        fprintf(stderr, "%s%s", is_array ? " " : "", run.shapes[i]);
        before = "; ";
    }
    if (before[0] == ';')
        fputc(']', stderr);
}

static void print_failure(Status status)
{
    /* What was printed before the failure must come out first. */
    fflush(stdout);
    fprintf(stderr, "%s: %s", run.line.program->name, last_error());
    if (status == STATUS_SHAPE)
        print_shapes();
    fputc('\n', stderr);
}

int program_main(const Program *program, int argc, char **argv)
{
    Status status = STATUS_OK;
    memset(&run, 0, sizeof run);
    run.line.program = program;
    /* Writing to a reader that has gone away then fails, and is reported. */
    signal(SIGPIPE, SIG_IGN);
    interrupts_expect(program->name);
    TRY(fill_standard_streams());
    TRY(command_line_read(program, argc, argv, &run.line));
    TRY(work());
    TRY(check_standard_output());
done:
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
        const char *name = program_option_name(required[i]);
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

/* Standard input can be read for one option alone. */
static Status take_standard_input(size_t option)
{
    const char *name = program_option_name(option);
    if (strcmp(run.line.values[option], "-") != 0)
        return STATUS_OK;
    if (run.standard_input != NULL)
        return fail(STATUS_USAGE, "--%s -: standard input is already read for --%s", name,
                    run.standard_input);
    run.standard_input = name;
    return STATUS_OK;
}

Status program_read(size_t option, const ArrayForm *form, Array *result)
{
    Status status = STATUS_OK;
    const char *path = run.line.values[option];
    *result = NO_ARRAY;
    if (path == NULL)
        return STATUS_OK;
    TRY(take_standard_input(option));
    TRY(array_read(path, form->kind, result));
    array_shape_text(*result, run.shapes[option]);
    TRY(array_form_expect(form, program_option_name(option), path, *result));
done:
    return status;
}

Status program_expect_same_batch(size_t first, Array one, size_t second, Array other)
{
    if (one.dims == other.dims && array_matrices(one) == array_matrices(other))
        return STATUS_OK;
    char text[SHAPE_TEXT_SIZE], text_of_other[SHAPE_TEXT_SIZE];
    return fail(STATUS_SHAPE, "--%s is %s and --%s is %s, but their batches must be equal",
                program_option_name(first), array_shape_text(one, text),
                program_option_name(second), array_shape_text(other, text_of_other));
}

/* --- What the program made ------------------------------------------------------------------- */

static Status draw_result(ProgramResult result)
{
    char name[PICTURE_NAME_SIZE], title[128];
    const Program *program = run.line.program;
    command_line_picture(program, result.option, name);
    snprintf(title, sizeof title, "%s --%s", program->name, program_option_name(result.option));
    return array_draw(name, title, result.array);
}

Status program_write(const ProgramResult *results, size_t count)
{
    Status status = STATUS_OK;
    bool plots = command_line_shared(&run.line, OPTION_PLOTS) != NULL;
    ArrayOutput outputs[PROGRAM_MAX_OPTIONS];
    size_t given = 0;
    for (size_t i = 0; i < count; i++) {
        const char *path = program_value(results[i].option);
        if (path != NULL)
            outputs[given++] = (ArrayOutput){path, results[i].array};
    }
    TRY(array_write(outputs, given));
    for (size_t i = 0; plots && i < count; i++)
        if (program_value(results[i].option) != NULL)
            TRY(draw_result(results[i]));
done:
    return status;
}
