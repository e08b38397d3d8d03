#include "command_line.h"

#include "array_file.h"
#include "atomic_file.h"
#include "example.h"
#include "memory.h"
#include "plot_file.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Option SHARED[SHARED_OPTIONS] = {
    {"plots", "DIR", "draw pictures into DIR (the worked example: into build/plots)"},
    {"help", NULL, "show this help and do nothing else; -h is the same"},
};

enum {
    FIRST_OPTION = 256, /* What getopt_long() returns for option 0: beyond any character. */
    WORD = 1            /* What it returns for an argument that is not an option. */
};

static const char ABOUT_FILES[] =
    "Arrays of one to four dimensions are read from NumPy's .npy files (float32 or float64; masks\n"
    "also bool and uint8), or from text as numpy.savetxt writes it. FILE - is standard input or\n"
    "output. Results go into .npy files where the name ends in .npy, else into text.\n"
    "\n"
    "Exit status: 0 all went well; 1 the system failed (memory, disk, pipe); 2 the input or the\n"
    "options are at fault.\n";

static size_t all_options(const Program *program)
{
    return program->option_count + SHARED_OPTIONS;
}

static const Option *option_at(const Program *program, size_t index)
{
    size_t count = program->option_count;
    return index < count ? &program->options[index] : &SHARED[index - count];
}

/* --- Help ------------------------------------------------------------------------------------ */

static void print_usage(const Program *program, const char *arguments, const char *help)
{
    printf("  %s %-24s %s\n", program->name, arguments, help);
}

/* Writes "--heads N", and gives its length. */
static int option_text(const Option *option, char text[OPTION_LIST_SIZE])
{
    const char *argument = option->argument;
    return snprintf(text, OPTION_LIST_SIZE, "--%s%s%s", option->name, argument != NULL ? " " : "",
                    argument != NULL ? argument : "");
}

static void print_options(const Program *program)
{
    char text[OPTION_LIST_SIZE];
    int width = 0;
    for (size_t i = 0; i < all_options(program); i++) {
        int needed = option_text(option_at(program, i), text);
        width = needed > width ? needed : width;
    }
    for (size_t i = 0; i < all_options(program); i++) {
        option_text(option_at(program, i), text);
        printf("  %-*s  %s\n", width, text, option_at(program, i)->help);
    }
}

void command_line_help(const Program *program)
{
    printf("%s: %s\n\nUsage:\n", program->name, program->summary);
    print_usage(program, "[--plots DIR]", "the worked example");
    if (!program->no_sentence)
        print_usage(program, "[--plots DIR] WORDS...", "the same with a sentence of your own");
    if (program->option_count > 0)
        print_usage(program, "OPTIONS [--plots DIR]", "arrays of your own");
    printf("\nOptions:\n");
    print_options(program);
    printf("\n%s", ABOUT_FILES);
}

void option_list_add(char list[OPTION_LIST_SIZE], const char *name)
{
    size_t used = strlen(list);
    snprintf(list + used, OPTION_LIST_SIZE - used, "%s--%s", used > 0 ? ", " : "", name);
}

/* --- Reading --------------------------------------------------------------------------------- */

static Status add_word(CommandLine *line, const char *word)
{
    size_t used = line->sentence != NULL ? strlen(line->sentence) : 0, length = strlen(word);
    char *sentence = memory_resize(line->sentence, used + length + 2, 1);
    if (sentence == NULL)
        return STATUS_NO_MEMORY;
    if (used > 0)
        sentence[used++] = ' ';
    memcpy(sentence + used, word, length + 1);
    line->sentence = sentence;
    return STATUS_OK;
}

/* Keeps the argument of an option; `apart` when it is a word of its own, not `--x=ARGUMENT`. */
static Status add_option(CommandLine *line, size_t index, const char *argument, bool apart)
{
    const Option *option = option_at(line->program, index);
    if (line->values[index] != NULL)
        return fail(STATUS_USAGE, "option --%s is given twice (see --help)", option->name);
    line->values[index] = "";
    if (option->argument == NULL)
        return STATUS_OK;
    if (argument[0] == '\0')
        return fail(STATUS_USAGE, "option --%s has an empty argument, expected %s (see --help)",
                    option->name, option->argument);
    /* More likely forgotten than meant; a file of such a name can be given as --x=--name. */
    if (apart && strncmp(argument, "--", 2) == 0)
        return fail(STATUS_USAGE, "option --%s needs an argument, %s, but %s follows (see --help)",
                    option->name, option->argument, argument);
    line->values[index] = argument;
    return STATUS_OK;
}

/* An option name that getopt_long() does not know, or that is ambiguous. */
static Status refuse_name(const Program *program, const char *given)
{
    size_t length = strcspn(given, "=");
    char list[OPTION_LIST_SIZE] = "";
    for (size_t i = 0; given[1] == '-' && i < all_options(program); i++) {
        const char *name = option_at(program, i)->name;
        if (strncmp(name, given + 2, length - 2) == 0)
            option_list_add(list, name);
    }
    if (list[0] == '\0')
        return fail(STATUS_USAGE, "unknown option %.*s (see --help)", (int)length, given);
    return fail(STATUS_USAGE, "option %.*s could be any of %s (see --help)", (int)length, given,
                list);
}

/* Says what is wrong with a word that getopt_long() did not take. */
static Status refuse(const Program *program, const char *given)
{
    if (optopt < FIRST_OPTION)
        return refuse_name(program, given);
    const Option *option = option_at(program, (size_t)(optopt - FIRST_OPTION));
    if (option->argument == NULL)
        return fail(STATUS_USAGE, "option --%s takes no argument (see --help)", option->name);
    return fail(STATUS_USAGE, "option --%s needs an argument, %s (see --help)", option->name,
                option->argument);
}

static void fill_table(const Program *program, struct option *table)
{
    for (size_t i = 0; i < all_options(program); i++) {
        const Option *option = option_at(program, i);
        table[i] = (struct option){.name = option->name,
                                   .has_arg = option->argument != NULL,
                                   .val = FIRST_OPTION + (int)i};
    }
    table[all_options(program)] = (struct option){.name = NULL};
}

static Status read_next(CommandLine *line, int argc, char **argv, const struct option *table,
                        bool *more)
{
    const char *given = argv[optind > 0 ? optind : 1];
    /* "-": words come in their place, and argv stays as it is. ":" keeps getopt_long() silent. */
    int code = getopt_long(argc, argv, "-:h", table, NULL);
    *more = code != -1;
    if (code == -1)
        return STATUS_OK;
    if (code == WORD)
        return add_word(line, optarg);
    if (code == 'h') /* Perhaps it is the start of "-heads". */
        return strcmp(given, "-h") == 0
                   ? add_option(line, line->program->option_count + OPTION_HELP, "", false)
                   : refuse_name(line->program, given);
    if (code >= FIRST_OPTION)
        return add_option(line, (size_t)(code - FIRST_OPTION), optarg, optarg == argv[optind - 1]);
    return refuse(line->program, given);
}

Status command_line_read(const Program *program, int argc, char **argv, CommandLine *result)
{
    *result = (CommandLine){.program = program};
    if (program->option_count > PROGRAM_MAX_OPTIONS)
        return fail(STATUS_USAGE, "%zu options, but there is room for %d", program->option_count,
                    PROGRAM_MAX_OPTIONS);
    if (argc < 2)
        return STATUS_OK;
    struct option table[PROGRAM_MAX_OPTIONS + SHARED_OPTIONS + 1];
    fill_table(program, table);
    opterr = 0;
    /* 0 starts afresh with glibc, musl, macOS and the BSDs; POSIX's 1 does not with all of them. */
    optind = 0;
    bool more = true;
    Status status = STATUS_OK;
    while (more && status == STATUS_OK && command_line_shared(result, OPTION_HELP) == NULL)
        status = read_next(result, argc, argv, table, &more);
    /* Where getopt_long() stopped without an error there may be "--", followed only by words. */
    for (int i = optind; !more && i < argc && status == STATUS_OK; i++)
        status = add_word(result, argv[i]);
    return status;
}

void command_line_free(CommandLine *line)
{
    free(line->sentence);
    line->sentence = NULL;
}

void command_line_shorten(CommandLine *line)
{
    size_t most = line->program->most_words, count;
    if (line->sentence == NULL)
        return;
    if (most == 0)
        most = PROGRAM_MOST_WORDS;
    line->sentence[sentence_beginning(line->sentence, most, &count)] = '\0';
    if (count > most)
        printf("the first %zu of %zu words: the example has no room for more\n\n", most, count);
}

bool command_line_has_arrays(const CommandLine *line)
{
    for (size_t i = 0; i < line->program->option_count; i++)
        if (line->values[i] != NULL)
            return true;
    return false;
}

const char *command_line_shared(const CommandLine *line, size_t which)
{
    return line->values[line->program->option_count + which];
}

static bool is_output(const char *name)
{
    static const char ENDING[] = "-out";
    size_t length = strlen(name), ending = sizeof ENDING - 1;
    return strcmp(name, "out") == 0 ||
           (length > ending && strcmp(name + length - ending, ENDING) == 0);
}

const char *command_line_picture(const Program *program, size_t option,
                                 char name[PICTURE_NAME_SIZE])
{
    enum { NUMBER_LENGTH = 2 }; /* the chapter's, with which the program's name begins */
    snprintf(name, PICTURE_NAME_SIZE, "%.*s_%s", NUMBER_LENGTH, program->name,
             program->options[option].name);
    return name;
}

/* A picture must not replace another result, or a file that is not a picture's. */
static Status expect_picture(const char *plots, const char *name, const ArrayOutput *outputs,
                             size_t count)
{
    AtomicFile file;
    for (size_t i = 0; i < count; i++)
        if (atomic_file_plan(outputs[i].path, &file) == STATUS_OK &&
            plot_file_has(plots, name, file.target))
            return fail(STATUS_USAGE,
                        "%s: --plots %s draws a picture there: give the result another path",
                        file.name, plots);
    return plot_file_expect_ours(plots, name);
}

static Status expect_pictures(const CommandLine *line, const char *plots,
                              const ArrayOutput *outputs, size_t count)
{
    char name[PICTURE_NAME_SIZE];
    const Program *program = line->program;
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < program->option_count; i++)
        if (line->values[i] != NULL && is_output(program->options[i].name))
            status = expect_picture(plots, command_line_picture(program, i, name), outputs, count);
    return status;
}

Status command_line_expect_outputs(const CommandLine *line)
{
    const char *plots = command_line_shared(line, OPTION_PLOTS);
    ArrayOutput outputs[PROGRAM_MAX_OPTIONS];
    size_t count = 0;
    for (size_t i = 0; i < line->program->option_count; i++) {
        const char *path = line->values[i], *name = line->program->options[i].name;
        if (path == NULL || !is_output(name))
            continue;
        /* The pictures' names would be mixed with the numbers. */
        if (plots != NULL && strcmp(path, "-") == 0)
            return fail(STATUS_USAGE,
                        "--%s - and --plots both write to standard output: give --%s a file", name,
                        name);
        outputs[count++] = (ArrayOutput){path, NO_ARRAY};
    }
    Status status = array_expect_writable(outputs, count);
    return status == STATUS_OK && plots != NULL ? expect_pictures(line, plots, outputs, count)
                                                : status;
}
