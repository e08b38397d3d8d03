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
    ValidCall call = VALID_CALLS[_i];
    size_t inputs = whole_inputs(call.arguments);
    /* The first input meets every file; each of the others a few, or this would take minutes. */
    for (size_t file = 0; inputs > 0 && file < BAD_FILES; file++)
        refuse_file(call, 0, file);
    for (size_t input = 1; input < inputs; input++)
        for (size_t i = 0; i < 3; i++)
            refuse_file(call, input, ((size_t)_i + input + 9 * i) % BAD_FILES);
}
END_TEST

/* --- Arrays and numbers that do not fit ------------------------------------------------------ */

#define OUT " --out out.npy"
#define LAYER(q, k, v, o) " --wq " q ".npy --wk " k ".npy --wv " v ".npy --wo " o ".npy --heads "
#define HUGE "18446744073709551615"
#define GOOD_LAYER LAYER("3x6", "3x6", "3x4", "4x5") "2"

static const struct {
    const char *program, *arguments, *words;
} MISFITS[] = {
    {"01_dot_products", "--a 2x3.npy --b 4x3.npy" OUT, "--a 2x3.npy (2, 3)|--b 4x3.npy (4, 3)"},
    {"01_dot_products", "--a 2x3.npy --b 2.txt" OUT, "--b 2.txt (2,)"},
    {"01_dot_products", "--a 2x4x3.npy --b 5x3x4.npy" OUT, "(2, 4, 3)|(5, 3, 4)"},
    {"01_dot_products", "--a 2x3.npy" OUT, "--b is missing"},

    {"02_softmax", "--x 2x3.npy --temperature 0" OUT, "--temperature 0: expected a number above 0"},
    {"02_softmax", "--x 2x3.npy --temperature -1" OUT, "--temperature -1: expected"},
    {"02_softmax", "--x 2x3.npy --temperature nan" OUT, "--temperature nan"},
    {"02_softmax", "--x 2x3.npy --temperature warm" OUT, "--temperature warm"},
    {"02_softmax", "--temperature 2" OUT, "--x is missing"},

    {"03_self_attention", "--x 4x3.npy --wq 4x2.npy --wk 3x2.npy --wv 3x5.npy" OUT,
     "--wq 4x2.npy (4, 2)"},
    {"03_self_attention", "--x 4x3.npy --wq 3x2.npy --wk 3x7.npy --wv 3x5.npy" OUT, "(3, 7)"},
    {"03_self_attention", "--x 4x3.npy --wq 3x2.npy --wk 3x2.npy --wv 2x5.npy" OUT,
     "--wv 2x5.npy (2, 5)"},
    {"03_self_attention", "--x 4x3.npy --wq 3x0.npy --wk 3x0.npy --wv 3x5.npy" OUT, "(3, 0)"},
    {"03_self_attention", "--x 4.npy --wq 3x2.npy --wk 3x2.npy --wv 3x5.npy" OUT, "--x 4.npy"},
    {"03_self_attention", "--x 4x3.npy --wq 7x3x2.npy --wk 3x2.npy --wv 3x5.npy" OUT, "--wq 7x3x2"},
    {"03_self_attention", "--x 4x3.npy --wq 3x2.npy --wk 3x2.npy" OUT, "--wv is missing"},
    {"03_self_attention", "--q 2x3.npy --k 4x2.npy --v 4x5.npy" OUT, "(2, 3)|(4, 2)"},
    {"03_self_attention", "--q 2x3.npy --k 4x3.npy --v 6x5.npy" OUT, "(4, 3)|(6, 5)"},
    {"03_self_attention", "--q 2x0.npy --k 4x0.npy --v 4x5.npy" OUT, "(2, 0)"},
    {"03_self_attention", "--q 6x2x3.npy --k 7x4x3.npy --v 6x4x5.npy" OUT, "(7, 4, 3)"},
    {"03_self_attention", "--q 2x3.npy --k 4x3.npy --v 4x5.npy --scale inf" OUT, "--scale inf"},
    {"03_self_attention", "--q 2x3.npy --v 4x5.npy" OUT, "--k is missing"},
    {"03_self_attention", "--x 4x3.npy --q 2x3.npy --k 4x3.npy --v 4x5.npy" OUT, "--x"},
    {"03_self_attention", "--scale 2" OUT, "missing"},

    {"04_head_splitting", "--x 4x6.npy --heads 4" OUT, "4 heads|(4, 6)"},
    {"04_head_splitting", "--x 4x6.npy --heads 7" OUT, "7 heads|(4, 6)"},
    {"04_head_splitting", "--x 4x0.npy --heads 3" OUT, "3 heads|(4, 0)"},
    {"04_head_splitting", "--x 4x6.npy --heads 0" OUT, "--heads 0"},
    {"04_head_splitting", "--x 4x6.npy --heads -2" OUT, "--heads -2"},
    {"04_head_splitting", "--x 4x6.npy --heads 2.5" OUT, "--heads 2.5"},
    {"04_head_splitting", "--x 4x6.npy --heads 18446744073709551618" OUT, "too large"},
    {"04_head_splitting", "--x 6.npy --heads 2" OUT, "--x 6.npy"},
    {"04_head_splitting", "--x 4x6.npy" OUT, "--heads is missing"},

    {"05_multi_head_attention", "--x 4x3.npy" LAYER("3x6", "3x6", "3x4", "4x5") "4" OUT, "4 heads"},
    {"05_multi_head_attention", "--x 4x3.npy" LAYER("3x6", "3x6", "3x4", "4x5") "3" OUT, "3 heads"},
    {"05_multi_head_attention", "--x 4x3.npy" LAYER("3x6", "3x6", "3x4", "4x5") "0" OUT,
     "--heads 0"},
    {"05_multi_head_attention", "--x 4x3.npy" LAYER("2x6", "3x6", "3x4", "4x5") "2" OUT,
     "--wq 2x6.npy (2, 6)"},
    {"05_multi_head_attention", "--x 4x3.npy" LAYER("3x6", "3x8", "3x4", "4x5") "2" OUT,
     "--wk 3x8.npy (3, 8)"},
    {"05_multi_head_attention", "--x 4x3.npy" LAYER("3x6", "3x6", "5x4", "4x5") "2" OUT,
     "--wv 5x4.npy (5, 4)"},
    {"05_multi_head_attention", "--x 4x3.npy" LAYER("3x6", "3x6", "3x4", "6x5") "2" OUT,
     "--wo 6x5.npy (6, 5)"},
    {"05_multi_head_attention", "--x 4x3.npy" LAYER("3x0", "3x0", "3x4", "4x5") "2" OUT, "(3, 0)"},
    {"05_multi_head_attention", "--x 3.npy" GOOD_LAYER OUT, "--x 3.npy"},
    {"05_multi_head_attention", "--x 4x3.npy --bq 5.npy" GOOD_LAYER OUT, "--bq 5.npy (5,)"},
    {"05_multi_head_attention", "--x 4x3.npy --bk 4.npy" GOOD_LAYER OUT, "--bk 4.npy (4,)"},
    {"05_multi_head_attention", "--x 4x3.npy --bv 6.npy" GOOD_LAYER OUT, "--bv 6.npy (6,)"},
    {"05_multi_head_attention", "--x 4x3.npy --bo 4.npy" GOOD_LAYER OUT, "--bo 4.npy (4,)"},
    {"05_multi_head_attention", "--x 4x3.npy --heads 2" OUT, "--wq is missing"},

    {"06_positional_encoding", "--positions 4" OUT, "--d-model is missing"},
    {"06_positional_encoding", "--d-model 4" OUT, "--positions is missing"},
    {"06_positional_encoding", "--positions 4 --d-model -5" OUT, "--d-model -5"},
    {"06_positional_encoding", "--positions 18446744073709551615 --d-model 1" OUT,
     "--positions 18446744073709551615"},
    {"06_positional_encoding", "--positions 1 --d-model 4611686018427387904" OUT,
     "--d-model 4611686018427387904"},
    {"06_positional_encoding", "--positions 18446744073709551615 --d-model 0" OUT, "--positions"},
    {"06_positional_encoding", "--positions 6000000000 --d-model 6000000000" OUT,
     "--positions 6000000000, --d-model 6000000000: "},
    {"04_head_splitting", "--x 4x6.npy --heads " HUGE OUT, HUGE " heads|--heads " HUGE},
    {"05_multi_head_attention", "--x 4x3.npy" LAYER("3x6", "3x6", "3x4", "4x5") HUGE OUT,
     HUGE " heads|--heads " HUGE},
    {"07_masking", "--x 4x3.npy" LAYER("3x6", "3x6", "3x4", "4x5") HUGE OUT,
     HUGE " heads|--heads " HUGE},
    {"07_masking", "--x 4x3.npy --key-lengths " HUGE GOOD_LAYER OUT, "--key-lengths " HUGE},
    {"08_transformer_block", "--x 4x8.npy --model encoder.model --heads " HUGE OUT,
     HUGE " heads|--heads " HUGE},
    {"08_transformer_block", "--x 4x8.npy --model encoder.model --heads 2 --key-lengths " HUGE OUT,
     "--key-lengths " HUGE},
    {"09_encoder_decoder",
     "--source 5x8.npy --target 4x8.npy --model decoder.model --heads " HUGE OUT,
     HUGE " heads|--heads " HUGE},
    {"10_fast_attention", "--x 4x3.npy" LAYER("3x6", "3x6", "3x4", "4x5") HUGE OUT,
     HUGE " heads|--heads " HUGE},
    {"10_fast_attention", "--q 2x3.npy --k 4x3.npy --v 4x5.npy --repeat 18446744073709551615" OUT,
     "--repeat 18446744073709551615"},
    {"06_positional_encoding", "--positions -4 --d-model 5" OUT, "--positions -4"},
    {"06_positional_encoding", "--x 5.npy" OUT, "--x 5.npy"},

    {"07_masking", "--x 4x3.npy --heads 2" OUT, "--wq is missing"},
    {"07_masking", "--x 4x3.npy --context 5x2.npy" GOOD_LAYER OUT, "--context 5x2.npy (5, 2)"},
    {"07_masking", "--x 7x4x3.npy --context 6x5x3.npy" GOOD_LAYER OUT, "(7, 4, 3)|(6, 5, 3)"},
    {"07_masking", "--x 4x3.npy --mask mask_4x5.npy" GOOD_LAYER OUT, "--mask mask_4x5.npy (4, 5)"},
    {"07_masking", "--x 4x3.npy --mask 4x4.npy" GOOD_LAYER OUT, "4x4.npy|0 or 1"},
    {"07_masking", "--x 4x3.npy --mask nan_4x4.npy" GOOD_LAYER OUT, "nan_4x4.npy|0 or 1"},
    {"07_masking", "--x 4x3.npy --bias 5x4.npy" GOOD_LAYER OUT, "--bias 5x4.npy (5, 4)"},
    {"07_masking", "--x 4x3.npy --bias 3x4x4.npy" GOOD_LAYER OUT, "--bias 3x4x4.npy (3, 4, 4)"},
    {"07_masking", "--x 4x3.npy --key-lengths 5" GOOD_LAYER OUT, "5"},
    {"07_masking", "--x 4x3.npy --key-lengths -1" GOOD_LAYER OUT, "--key-lengths -1"},
    {"07_masking", "--x 4x3.npy --key-lengths 2,x" GOOD_LAYER OUT, "--key-lengths 2,x"},
    {"07_masking", "--x 7x4x3.npy --key-lengths 1,2,3" GOOD_LAYER OUT, "--key-lengths"},
    {"07_masking", "--x 4x3.npy --causal --past -1" GOOD_LAYER OUT, "--past -1"},
    {"07_masking", "--q 2x3.npy --k 4x3.npy --v 4x5.npy --mask mask_4x2.npy" OUT, "mask_4x2.npy"},
    {"07_masking", "--q 2x3.npy --k 4x3.npy --v 4x5.npy --context 4x3.npy" OUT, "--context"},
    {"07_masking", "--q 2x3.npy --k 4x3.npy --v 5x5.npy" OUT, "(5, 5)"},
    {"07_masking", "--causal" OUT, "missing"},
};

START_TEST(input_that_does_not_fit_is_refused)
{
    begin();
    whole_expect_failure(MISFITS[_i].program, MISFITS[_i].arguments, NULL, 2, MISFITS[_i].words);
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
    ValidCall call = VALID_CALLS[_i];
    refuse_more(call, "--foo", "unknown option --foo|--help");
    refuse_more(call, "-x", "unknown option -x|--help");
    refuse_more(call, "--out again.npy", "--out is given twice|--help");
    refuse_more(call, "--plots", "--plots|DIR");
    refuse_more(call, "bank", "bank|--help");
    if (call.weights == NULL)
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
    ValidCall call = VALID_CALLS[_i];
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
    ValidCall call = VALID_CALLS[_i];
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
    add_named_rows(suite, "files", a_file_that_is_no_array_is_refused, VALID_CALL_COUNT);
    add_named_rows(suite, "misfits", input_that_does_not_fit_is_refused, COUNT(MISFITS));
    add_named_rows(suite, "options", options_that_make_no_sense_are_refused, VALID_CALL_COUNT);
    add_named_rows(suite, "standard input", standard_input_can_be_read_only_once, VALID_CALL_COUNT);
    add_named_rows(suite, "words", unknown_words_are_refused, WHOLE_PROGRAM_COUNT);
    add_named_rows(suite, "raw names", names_reach_the_terminal_without_control_characters,
                   VALID_CALL_COUNT);
    add_named_rows(suite, "raw words", words_reach_the_terminal_without_control_characters,
                   WHOLE_PROGRAM_COUNT);
    add_test(suite, text_without_an_end_is_refused);
    return suite;
}
