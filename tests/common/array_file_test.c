#include "assert.h"

#include "array_file.h"
#include "files.h"
#include "frail_memory.h"
#include "process.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES "tests/golden/array_files/"

/* Element i of every number file is i / 8 - 1. */
static void assert_numbers(const char *path, const char *shape)
{
    Array array;
    char text[SHAPE_TEXT_SIZE];
    assert_ok(array_read(path, ARRAY_NUMBERS, &array));
    ck_assert_msg(strcmp(array_shape_text(array, text), shape) == 0, "%s has shape %s, expected %s",
                  path, text, shape);
    for (size_t i = 0; i < array_size(array); i++)
        ck_assert_msg(array.data[i] == (float)i / 8 - 1, "%s: element %zu is %g", path, i,
                      (double)array.data[i]);
    array_free(&array);
}

static void assert_refused(const char *path, ArrayKind kind, const char *message)
{
    Array array = {.dims = 1};
    assert_fails(array_read(path, kind, &array), STATUS_FORMAT, message);
    ck_assert_msg(strncmp(last_error(), path, strlen(path)) == 0,
                  "the message \"%s\" begins with the path %s", last_error(), path);
    ck_assert_ptr_null(array.data);
    ck_assert_uint_eq(array.dims, 0);
}

TEST(all_that_numpy_writes_and_we_accept_is_read)
{
    assert_numbers(FILES "float32.npy", "(2, 3)");
    assert_numbers(FILES "float32_version_2.npy", "(2, 3)");
    assert_numbers(FILES "float32_version_3.npy", "(2, 3)");
    assert_numbers(FILES "float64.npy", "(2, 3)");
    assert_numbers(FILES "float32_fortran.npy", "(2, 3, 4)");
    assert_numbers(FILES "float64_fortran.npy", "(2, 1, 3, 2)");
    assert_numbers(FILES "vector.npy", "(5,)");
    assert_numbers(FILES "no_rows.npy", "(0, 4)");
    assert_numbers(FILES "matrix.txt", "(2, 3)");
    assert_numbers(FILES "matrix.csv", "(2, 3)");
    assert_numbers(FILES "vector.txt", "(5,)");
}

TEST(the_special_numbers_of_float64_become_those_of_float32)
{
    Array array;
    assert_ok(array_read(FILES "specials.npy", ARRAY_NUMBERS, &array));
    ck_assert_uint_eq(array_size(array), 6);
    ck_assert(isnan(array.data[0]));
    ck_assert(array.data[1] == INFINITY && array.data[2] == -INFINITY);
    ck_assert(array.data[3] == 0 && array.data[4] == 0 && signbit(array.data[4]));
    ck_assert(array.data[5] == 3.4028235e38F);
    array_free(&array);
}

TEST(masks_are_read_from_all_their_types)
{
    const char *const paths[] = {FILES "mask_bool.npy", FILES "mask_uint8.npy",
                                 FILES "mask_float64.npy"};
    float expected[] = {1, 0, 0, 1, 1, 0};
    for (size_t i = 0; i < 3; i++) {
        Array array;
        assert_ok(array_read(paths[i], ARRAY_MASK, &array));
        assert_matrix_equal(array_matrix(array, 0), matrix_view(expected, 2, 3));
        array_free(&array);
    }
}

TEST(foreign_files_are_refused_with_their_name_and_reason)
{
    assert_refused(FILES "big_endian.npy", ARRAY_NUMBERS, "big-endian float32 ('>f4')");
    assert_refused(FILES "float16.npy", ARRAY_NUMBERS, "float16 ('<f2')");
    assert_refused(FILES "int64.npy", ARRAY_NUMBERS, "int64 ('<i8')");
    assert_refused(FILES "int64.npy", ARRAY_MASK, "expected bool, uint8, float32 or float64");
    assert_refused(FILES "complex64.npy", ARRAY_NUMBERS, "complex64 ('<c8')");
    assert_refused(FILES "strings.npy", ARRAY_NUMBERS, "strings ('<U5')");
    assert_refused(FILES "structured.npy", ARRAY_NUMBERS, "structured");
    assert_refused(FILES "pickled.npy", ARRAY_NUMBERS, "Python objects ('|O')");
    assert_refused(FILES "mask_bool.npy", ARRAY_NUMBERS, "bool ('|b1')");
    assert_refused(FILES "scalar.npy", ARRAY_NUMBERS, "0 dimensions, expected 1 to 4");
    assert_refused(FILES "five_dimensions.npy", ARRAY_NUMBERS, "5 dimensions, expected 1 to 4");
    assert_refused(FILES "too_great.npy", ARRAY_NUMBERS, "element (1, 2) is 1e+300");
    assert_refused(FILES "mask_of_threes.npy", ARRAY_MASK, "element (0, 0) is 3, expected 0 or 1");
    assert_refused(FILES "archive.npz", ARRAY_NUMBERS, "ZIP archive");
    assert_refused(FILES "make_array_files.py", ARRAY_NUMBERS,
                   "line 2, column 1: '\"\"\"Makes' is not a number");
    assert_refused("/dev/null", ARRAY_NUMBERS, "the file is empty");
}

TEST(paths_that_cannot_be_read_are_refused)
{
    assert_refused(FILES "nowhere.npy", ARRAY_NUMBERS, "cannot open: No such file");
    assert_refused(FILES "float32.npy/x", ARRAY_NUMBERS, "cannot open: Not a directory");
    assert_refused("", ARRAY_NUMBERS, ": cannot open: No such file");
    assert_refused("tests", ARRAY_NUMBERS, "tests: cannot open: Is a directory");
}

/* In a process of its own: reads the file as somebody who may not. */
static int read_as_a_stranger(int argc, char **argv)
{
    Array array;
    uid_t me = geteuid();
    if (argc != 1 || (me == 0 && seteuid(65534) != 0))
        return 99;
    Status status = array_read(argv[0], ARRAY_NUMBERS, &array);
    if (seteuid(me) != 0)
        return 98;
    fprintf(stderr, "%s", last_error());
    array_free(&array);
    return exit_status(status);
}

TEST(an_unreadable_file_is_refused)
{
    put("x.txt", "1 2\n");
    ck_assert_int_eq(chmod(in("x.txt"), 0), 0);
    Outcome outcome =
        process_run(&(Command){.words = {in("x.txt")}, .function = read_as_a_stranger});
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, ": cannot open: Permission denied"));
    outcome_free(&outcome);
}

/* In a process of its own: reads standard input and tells what came. */
static int read_standard_input(int argc, char **argv)
{
    (void)argc;
    Array array;
    char text[SHAPE_TEXT_SIZE];
    Status status = array_read("-", argv[0][0] == 'm' ? ARRAY_MASK : ARRAY_NUMBERS, &array);
    if (status == STATUS_OK)
        printf("%s from %g on", array_shape_text(array, text), (double)array.data[0]);
    else
        fprintf(stderr, "%s", last_error());
    array_free(&array);
    return exit_status(status);
}

static void assert_input(const void *input, size_t size, int status, const char *out,
                         const char *err)
{
    Outcome outcome = process_run(&(Command){
        .words = {"numbers"}, .function = read_standard_input, .input = input, .input_size = size});
    ck_assert_int_eq(outcome.status, status);
    ck_assert_str_eq(outcome.out, out);
    ck_assert_str_eq(outcome.err, err);
    outcome_free(&outcome);
}

TEST(a_dash_is_standard_input)
{
    assert_input("7 8 9\n1 2 3\n", 12, 0, "(2, 3) from 7 on", "");
    unsigned char bytes[300];
    FILE *file = fopen(FILES "float32.npy", "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_input(bytes, size, 0, "(2, 3) from -1 on", "");
    assert_input(bytes, size - 1, 2, "",
                 "standard input: truncated: the shape (2, 3) of float32 needs 24 bytes of data, "
                 "but 23 follow the header");
    assert_input("", 0, 2, "", "standard input: the file is empty, expected .npy or text");
}

TEST(a_closed_standard_input_is_a_failure_of_the_system)
{
    Outcome outcome = process_run(
        &(Command){.words = {"mask"}, .function = read_standard_input, .in = STREAM_CLOSED});
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_str_eq(outcome.err, "standard input: cannot read: Bad file descriptor");
    outcome_free(&outcome);
}

TEST(a_file_of_any_length_is_read)
{
    enum { ROWS = 40000 };
    FILE *file = fopen(in("x.txt"), "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "%d %d %d\n", i, i + 1, i + 2);
    ck_assert_int_eq(fclose(file), 0);
    Array array;
    assert_ok(array_read(in("x.txt"), ARRAY_NUMBERS, &array));
    ck_assert_uint_eq(array.shape[0], ROWS);
    ck_assert_uint_eq(array.shape[1], 3);
    for (size_t i = 0; i < 3 * ROWS; i++)
        ck_assert(array.data[i] == (float)(i / 3 + i % 3));
    array_free(&array);
}

/* --- What has no end ------------------------------------------------------------------------- */

static const char NPY[] = "\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, "
                          "'shape': (2, 3), }          \n";
static const char LONG_HEADER[] = "\x93NUMPY\x02\x00\xff\xff\xff\xff{";

/* How a pipe begins that then repeats one byte forever, and why it is refused. */
static const struct {
    const char *beginning;
    size_t size;
    char more;
    const char *message;
} ENDLESS[] = {
    {"", 0, '\0', "neither .npy nor text: byte 0 is 0x00"},
    {"1 2\n", 4, '\0', "neither .npy nor text: byte 4 is 0x00"},
    {"1 2\n", 4, '\33', "neither .npy nor text: byte 4 is 0x1b"},
    {"PK\3\4", 4, ' ', "a ZIP archive"},
    {NPY, sizeof NPY - 1, '\0', "too long: the shape (2, 3) of float32 needs 24 bytes of data"},
    {NPY, sizeof NPY - 1, ' ', "too long: the shape (2, 3) of float32 needs 24 bytes of data"},
    {LONG_HEADER, sizeof LONG_HEADER - 1, ' ', "truncated: the .npy header should be 4294967295"},
    {"\x93NUMPY\x01", 7, ' ', ".npy version 1.32"},
};

static void write_for_ever(const char *pipe, size_t row)
{
    char block[4096];
    signal(SIGPIPE, SIG_DFL);
    alarm(60);
    FILE *file = fopen(pipe, "w");
    if (file == NULL)
        _exit(1);
    fwrite(ENDLESS[row].beginning, 1, ENDLESS[row].size, file);
    memset(block, ENDLESS[row].more, sizeof block);
    while (fwrite(block, 1, sizeof block, file) > 0)
        ;
    _exit(0);
}

TEST_ROWS(a_pipe_without_an_end_is_refused_as_soon_as_it_is_no_array, ENDLESS)
{
    int status;
    const char *path = in("pipe");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    pid_t child = fork();
    if (child == 0)
        write_for_ever(path, (size_t)_i);
    assert_refused(path, ARRAY_NUMBERS, ENDLESS[_i].message);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

TEST(a_device_without_an_end_is_refused)
{
    static const char *const DEVICES[] = {"/dev/zero", "/dev/full", "/dev/urandom"};
    for (size_t i = 0; i < sizeof DEVICES / sizeof *DEVICES; i++)
        if (access(DEVICES[i], R_OK) == 0) {
            assert_refused(DEVICES[i], ARRAY_NUMBERS, "neither .npy nor text");
            assert_refused(DEVICES[i], ARRAY_MASK, "neither .npy nor text");
        }
}

TEST(without_memory_nothing_is_read)
{
    const char *const paths[] = {FILES "float64_fortran.npy", FILES "matrix.txt"};
    for (size_t i = 0; i < 2; i++)
        for (size_t n = 1;; n++) {
            Array array;
            memory_fail_at(n);
            Status status = array_read(paths[i], ARRAY_NUMBERS, &array);
            if (!memory_has_failed()) {
                ck_assert_uint_gt(n, 2);
                assert_ok(status);
                array_free(&array);
                break;
            }
            assert_fails(status, STATUS_NO_MEMORY, "out of memory");
            ck_assert_ptr_null(array.data);
        }
    memory_fail_at(0);
}
