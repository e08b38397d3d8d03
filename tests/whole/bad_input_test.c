/* What is wrong with the user's input ends with exit status 2 and one line that says what. */
#include "assert.h"
#include "text.h"
#include "whole.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* --- Files that are no arrays ---------------------------------------------------------------- */

/* Files of a few bytes. */
static const struct {
    const char *name;
    const char *bytes;
    size_t size;
    const char *words; /* What the program must say. */
} RAW_FILES[] = {
    {"empty.npy", "", 0, "empty"},
    {"blank.txt", "\n# nothing\n\n", 12, "no numbers"},
    {"ragged.txt", "1 1 1\n1 1\n", 10, "line 2"},
    {"words.txt", "1 1 1\n1 five 1\n", 15, "line 2|five"},
    {"beyond.txt", "1 2 3e39\n", 9, "3e39"},
    {"nul.txt", "1 2\0 3\n", 7, "neither .npy nor text"},
    {"picture.png", "\x89PNG\r\n\x1a\n\0\0", 10, "neither .npy nor text"},
    {"archive.npz", "PK\x03\x04\x14\0\0\0", 8, "ZIP"},
    {"magic.npy", "\x93NUMPY", 6, "truncated"},
    {"version.npy", "\x93NUMPY\x09\0\x01\0\n", 11, "version 9.0"},
    {"header.npy", "\x93NUMPY\x01\0\xf4\x01{'descr'", 18, "truncated"},
};

/* Files in NumPy's format, with as many zero bytes of data. */
static const struct {
    const char *name;
    const char *header;
    size_t size;
    const char *words;
} NPY_FILES[] = {
    {"short.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }", 47, "truncated"},
    {"long.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }", 49, "too long"},
    {"beyond.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 9), }", 48,
     "truncated"},
    {"huge.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
     48, "too large"},
    {"scalar.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4, "dimensions"},
    {"five.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1), }", 4,
     "dimensions"},
    {"big.npy", "{'descr': '>f4', 'fortran_order': False, 'shape': (4, 3), }", 48, "big-endian"},
    {"pickled.npy", "{'descr': '|O', 'fortran_order': False, 'shape': (4, 3), }", 96,
     "Python objects"},
    {"integers.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (4, 3), }", 96, "int64"},
    {"complex.npy", "{'descr': '<c8', 'fortran_order': False, 'shape': (4, 3), }", 96, "complex64"},
    {"fields.npy", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }", 16,
     "structured"},
    {"garbled.npy", "{'descr' '<f4', 'fortran_order': False, 'shape': (4, 3), }", 48, "garbled"},
    {"keyless.npy", "{'descr': '<f4', 'fortran_order': False, }", 48, "no key 'shape'"},
};

/* Neither is a file. */
static const struct {
    const char *name, *words;
} NO_FILES[] = {
    {"missing.npy", "cannot open"},
    {"directory", "directory"},
    {"nowhere/x.npy", "cannot open"},
};

static void write_npy(size_t file)
{
    char bytes[1024] = "\x93NUMPY\x01\0";
    size_t length = strlen(NPY_FILES[file].header), start = 10;
    bytes[8] = (char)length;
    memcpy(bytes + start, NPY_FILES[file].header, length);
    whole_write(NPY_FILES[file].name, bytes, start + length + NPY_FILES[file].size);
}

static void begin(void)
{
    whole_begin("bad_input");
    for (size_t i = 0; i < COUNT(RAW_FILES); i++)
        whole_write(RAW_FILES[i].name, RAW_FILES[i].bytes, RAW_FILES[i].size);
    for (size_t i = 0; i < COUNT(NPY_FILES); i++)
        write_npy(i);
    ck_assert_int_eq(mkdir(whole_path("directory"), 0777), 0);
}

enum { BAD_FILES = COUNT(RAW_FILES) + COUNT(NPY_FILES) + COUNT(NO_FILES) };

static const char *bad_file(size_t index, const char **words)
{
    if (index < COUNT(RAW_FILES)) {
        *words = RAW_FILES[index].words;
        return RAW_FILES[index].name;
    }
    index -= COUNT(RAW_FILES);
    if (index < COUNT(NPY_FILES)) {
        *words = NPY_FILES[index].words;
        return NPY_FILES[index].name;
    }
    index -= COUNT(NPY_FILES);
    *words = NO_FILES[index].words;
    return NO_FILES[index].name;
}

static void refuse_file(ValidCall call, size_t input, size_t file)
{
    char arguments[ARGUMENTS_SIZE], expected[ARGUMENTS_SIZE];
    const char *words, *name = bad_file(file, &words);
    whole_replace(call.arguments, input, name, arguments);
    snprintf(expected, sizeof expected, "%s: |%s", name, words);
    whole_expect_failure(call.program, arguments, NULL, 2, expected);
}

START_TEST(a_file_that_is_no_array_is_refused)
{
    begin();
    ValidCall call = valid_call(_i);
    size_t inputs = whole_inputs(call.arguments);
    /* The first input meets every file; each of the others a few, or this would take minutes. */
    for (size_t file = 0; inputs > 0 && file < BAD_FILES; file++)
        refuse_file(call, 0, file);
    for (size_t input = 1; input < inputs; input++)
        for (size_t i = 0; i < 3; i++)
            refuse_file(call, input, ((size_t)_i + input + 9 * i) % BAD_FILES);
}
END_TEST

/* --- Options that make no sense, whatever the program ---------------------------------------- */

static void refuse_more(ValidCall call, const char *more, const char *words)
{
    char arguments[ARGUMENTS_SIZE];
    snprintf(arguments, sizeof arguments, "%s %s", call.arguments, more);
    whole_expect_failure(call.program, arguments, NULL, 2, words);
}

START_TEST(options_that_make_no_sense_are_refused)
{
    begin();
    ValidCall call = valid_call(_i);
    refuse_more(call, "--foo", "unknown option --foo|--help");
    refuse_more(call, "-x", "unknown option -x|--help");
    refuse_more(call, "--out again.npy", "--out is given twice|--help");
    refuse_more(call, "--plots", "--plots|DIR");
    refuse_more(call, "bank", "bank|--help");
    if (!writes_weights(call))
        return;
    char arguments[ARGUMENTS_SIZE];
    snprintf(arguments, sizeof arguments, "%.*s --weights-out ./out.npy",
             (int)(strstr(call.arguments, " --weights-out") - call.arguments), call.arguments);
    whole_expect_failure(call.program, arguments, NULL, 2, "out.npy|two outputs");
}
END_TEST

START_TEST(standard_input_can_be_read_only_once)
{
    begin();
    char once[ARGUMENTS_SIZE], twice[ARGUMENTS_SIZE];
    ValidCall call = valid_call(_i);
    if (whole_inputs(call.arguments) < 2)
        return;
    whole_replace(call.arguments, 1, "-", once);
    whole_replace(once, 0, "-", twice);
    Command command = {.input = "1 2\n", .input_size = 4};
    whole_expect_failure(call.program, twice, &command, 2, "standard input");
}
END_TEST

START_TEST(unknown_words_are_refused)
{
    begin();
    whole_expect_failure(WHOLE_PROGRAMS[_i], "--plots pictures bamk zzzzz", NULL, 2, "bamk");
}
END_TEST

/* --- What comes from outside and goes to a terminal ------------------------------------------ */

/* Two control characters, half a letter, and a whole one. No blanks: a call is cut at them. */
#define RAW "a\033[31m\xc2\x9b\xe6\x97\xc3\xbc"
#define HARMLESS "a?[31m????\xc3\xbc"

/* All but the ends of lines is what text.h calls harmless. */
static void expect_harmless(const char *arguments, const char *text)
{
    char character[CHARACTER_SIZE];
    for (const char *at = text; *at != '\0';) {
        const char *before = at;
        text_next(&at, character);
        ck_assert_msg(*before == '\n' || strncmp(before, character, (size_t)(at - before)) == 0,
                      "%s: byte 0x%02x is printed", arguments, (unsigned)(unsigned char)*before);
    }
}

static void expect_harmless_failure(const char *program, const char *arguments, const char *words)
{
    Command command = {.environment = {"PATH=/nonexistent"}};
    Outcome outcome = whole_run(program, arguments, &command);
    whole_check_failure(&outcome, program, "a call with control characters",
                        strstr(words, "cannot write") != NULL ? 1 : 2, words);
    expect_harmless("a failure", outcome.err);
    outcome_free(&outcome);
}

START_TEST(names_reach_the_terminal_without_control_characters)
{
    begin();
    ValidCall call = valid_call(_i);
    char arguments[ARGUMENTS_SIZE];
    if (whole_inputs(call.arguments) > 0) {
        whole_replace(call.arguments, 0, RAW, arguments);
        expect_harmless_failure(call.program, arguments, HARMLESS ": cannot open");
    }
    snprintf(arguments, sizeof arguments, "%.*s --out " RAW "/o.npy",
             (int)(strstr(call.arguments, " --out ") - call.arguments), call.arguments);
    expect_harmless_failure(call.program, arguments, HARMLESS "/o.npy: cannot write");
    snprintf(arguments, sizeof arguments, "%s --" RAW, call.arguments);
    expect_harmless_failure(call.program, arguments, "unknown option --" HARMLESS);
    snprintf(arguments, sizeof arguments, "%s " RAW, call.arguments);
    expect_harmless_failure(call.program, arguments, HARMLESS);
}
END_TEST

START_TEST(words_reach_the_terminal_without_control_characters)
{
    begin();
    Command command = {.environment = {"PATH=/nonexistent"}};
    Outcome outcome = whole_run(WHOLE_PROGRAMS[_i], "--plots pictures bank " RAW " bank", &command);
    expect_harmless(WHOLE_PROGRAMS[_i], outcome.out);
    expect_harmless(WHOLE_PROGRAMS[_i], outcome.err);
    outcome_free(&outcome);
}
END_TEST

/* --- Text without an end --------------------------------------------------------------------- */

START_TEST(text_without_an_end_is_refused)
{
    static const char *const SCRIPTS[] = {"yes 1 | ", "yes '1 ' | tr -d '\\n' | "};
    char script[ARGUMENTS_SIZE];
    begin();
    whole_make_inputs("2x2.npy");
    for (size_t i = 0; i < sizeof SCRIPTS / sizeof *SCRIPTS; i++) {
        snprintf(script, sizeof script, "%s \"$0\" --a - --b %s --out -", SCRIPTS[i],
                 whole_path("2x2.npy"));
        Command command = {.words = {"/bin/sh", "-c", script, BUILD "/bin/01_dot_products"}};
        Outcome outcome = process_run(&command);
        whole_check_failure(&outcome, "01_dot_products", SCRIPTS[i], 2,
                            "standard input: 256 MiB of text without an end");
        outcome_free(&outcome);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("bad input");
    add_named_rows(suite, "files", a_file_that_is_no_array_is_refused, valid_calls());
    add_named_rows(suite, "options", options_that_make_no_sense_are_refused, valid_calls());
    add_named_rows(suite, "standard input", standard_input_can_be_read_only_once, valid_calls());
    add_named_rows(suite, "words", unknown_words_are_refused, WHOLE_PROGRAM_COUNT);
    add_named_rows(suite, "raw names", names_reach_the_terminal_without_control_characters,
                   valid_calls());
    add_named_rows(suite, "raw words", words_reach_the_terminal_without_control_characters,
                   WHOLE_PROGRAM_COUNT);
    add_test(suite, text_without_an_end_is_refused);
    return suite;
}
