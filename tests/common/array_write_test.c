#include "assert.h"

#include "array_file.h"
#include "atomic_file.h"
#include "files.h"
#include "frail_memory.h"
#include "npy.h"
#include "process.h"
#include "text_array.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES "tests/golden/array_files/"

enum { PATH_SIZE = 600 };

static size_t get(const char *path, unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is there", path);
    size_t count = fread(bytes, 1, size, file);
    fclose(file);
    return count;
}

static unsigned mode_of(const char *path)
{
    struct stat entry;
    ck_assert_int_eq(stat(path, &entry), 0);
    return entry.st_mode & 0777;
}

/* Element i is i / 8 - 1, as in the golden files. */
static Array numbers(size_t dims, size_t a, size_t b)
{
    static float data[6000];
    for (size_t i = 0; i < 6000; i++)
        data[i] = (float)i / 8 - 1;
    return (Array){data, dims, {a, b}};
}

static const char SMALL_TEXT[] = "-1 -0.875 -0.75\n-0.625 -0.5 -0.375\n";

static Array small(void)
{
    return numbers(2, 2, 3);
}

static Status write_one(const char *path, Array array)
{
    return array_write(&(ArrayOutput){path, array}, 1);
}

static Status is_writable(const char *path)
{
    return array_expect_writable(&(ArrayOutput){path, NO_ARRAY}, 1);
}

static Status write_two(const char *path, const char *other_path)
{
    ArrayOutput outputs[] = {{path, small()}, {other_path, numbers(2, 3, 2)}};
    return array_write(outputs, 2);
}

TEST(npy_files_are_those_of_numpy_to_the_byte)
{
    unsigned char bytes[400], expected[400];
    assert_ok(write_one(in("x.npy"), small()));
    size_t size = get(in("x.npy"), bytes, sizeof bytes);
    ck_assert_uint_eq(get(FILES "float32.npy", expected, sizeof expected), size);
    ck_assert_mem_eq(bytes, expected, size);
    assert_ok(write_one(in("x.npy"), numbers(1, 5, 0)));
    size = get(in("x.npy"), bytes, sizeof bytes);
    ck_assert_uint_eq(get(FILES "vector.npy", expected, sizeof expected), size);
    ck_assert_mem_eq(bytes, expected, size);
    assert_ok(write_one(in("x.npy"), numbers(2, 0, 4)));
    size = get(in("x.npy"), bytes, sizeof bytes);
    ck_assert_uint_eq(get(FILES "no_rows.npy", expected, sizeof expected), size);
    ck_assert_mem_eq(bytes, expected, size);
    ck_assert_uint_eq(count_files("."), 1);
}

TEST(what_is_written_is_read_back)
{
    const char *const names[] = {"x.npy", "x.txt"};
    for (size_t i = 0; i < 2; i++) {
        Array array = numbers(2, 1500, 4), back;
        assert_ok(write_one(in(names[i]), array));
        assert_ok(array_read(in(names[i]), ARRAY_NUMBERS, &back));
        ck_assert_uint_eq(back.dims, 2);
        assert_matrix_equal(array_matrix(back, 0), array_matrix(array, 0));
        array_free(&back);
    }
    ck_assert_uint_eq(count_files("."), 2);
}

TEST(the_name_tells_the_format)
{
    unsigned char bytes[400];
    const char *const names[] = {"x.txt", "x", "npy", "x.npy.txt", "x.npyy"};
    for (size_t i = 0; i < 5; i++) {
        assert_ok(write_one(in(names[i]), small()));
        assert_holds(names[i], SMALL_TEXT);
    }
    assert_ok(write_one(in(".npy"), small()));
    get(in(".npy"), bytes, sizeof bytes);
    ck_assert_mem_eq(bytes, "\x93NUMPY", 6);
    ck_assert_uint_eq(count_files("."), 6);
}

TEST(nothing_to_write_is_no_failure)
{
    assert_ok(array_write(NULL, 0));
}

TEST(a_new_file_has_the_permissions_that_the_umask_asks_for)
{
    mode_t before = umask(027);
    Status status = write_one(in("x.txt"), small());
    umask(before);
    assert_ok(status);
    ck_assert_uint_eq(mode_of(in("x.txt")), 0640);
    ck_assert_uint_eq(count_files("."), 1);
}

TEST(a_replaced_file_keeps_its_permissions)
{
    put("x.txt", "before");
    ck_assert_int_eq(chmod(in("x.txt"), 0604), 0);
    assert_ok(write_one(in("x.txt"), small()));
    assert_holds("x.txt", SMALL_TEXT);
    ck_assert_uint_eq(mode_of(in("x.txt")), 0604);
    ck_assert_uint_eq(count_files("."), 1);
}

/* Writes an array without a buffer to a stream that takes this many bytes. */
static bool writes_into(size_t room, bool (*write)(FILE *, Array), Array array)
{
    char store[400];
    ck_assert_uint_le(room, sizeof store);
    FILE *stream = fmemopen(store, room, "wb");
    ck_assert_ptr_nonnull(stream);
    setvbuf(stream, NULL, _IONBF, 0);
    bool written = write(stream, array);
    fclose(stream);
    return written;
}

TEST(a_stream_that_fills_up_anywhere_is_a_failure)
{
    Array array = {numbers(1, 6, 0).data, 3, {2, 1, 3}};
    const char text[] = "# shape (2, 1, 3)\n-1 -0.875 -0.75\n\n-0.625 -0.5 -0.375\n";
    size_t text_size = strlen(text), npy_size = 128 + 24;
    for (size_t room = 1; room < text_size; room++)
        ck_assert(!writes_into(room, text_write, array));
    for (size_t room = 1; room < npy_size; room++)
        ck_assert(!writes_into(room, npy_write, array));
    ck_assert(writes_into(text_size + 1, text_write, array));
    ck_assert(writes_into(npy_size + 1, npy_write, array));
}

TEST(a_symbolic_link_is_written_through)
{
    struct stat entry;
    put("x.txt", "before");
    ck_assert_int_eq(symlink("x.txt", in("link")), 0);
    assert_ok(write_one(in("link"), small()));
    assert_holds("x.txt", SMALL_TEXT);
    ck_assert_int_eq(lstat(in("link"), &entry), 0);
    ck_assert(S_ISLNK(entry.st_mode));
    ck_assert_uint_eq(count_files("."), 2);
}

TEST(paths_that_cannot_be_written_are_refused)
{
    char long_name[300] = "";
    memset(long_name, 'x', sizeof long_name - 1);
    ck_assert_int_eq(symlink("nowhere", in("link")), 0);
    put("file", "");
    const struct {
        const char *path, *reason;
    } refused[] = {
        {in("nowhere/x.npy"), "No such file or directory"},
        {in("nowhere/"), "No such file or directory"},
        {in("link"), "No such file or directory"},
        {in("file/x.npy"), "Not a directory"},
        {in(long_name), "File name too long"},
        {in("."), "Is a directory"},
        {"", "No such file or directory"},
        {"nowhere/x.txt", "No such file or directory"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char message[2 * PATH_SIZE];
        snprintf(message, sizeof message, "%s: cannot write: %s", refused[i].path,
                 refused[i].reason);
        assert_fails(write_one(refused[i].path, small()), STATUS_SYSTEM, message);
        ck_assert_str_eq(last_error(), message);
        assert_fails(is_writable(refused[i].path), STATUS_SYSTEM, message);
        ck_assert_str_eq(last_error(), message);
    }
    ck_assert_uint_eq(count_files("."), 2);
}

/* In a process of its own: asks as somebody who may not whether a file can be written, or writes.
 * It runs in the in("."), to which the stranger may not find the way. */
static int write_as_a_stranger(int argc, char **argv)
{
    uid_t me = geteuid();
    if (argc != 2 || (me == 0 && seteuid(65534) != 0))
        return 99;
    bool ask = strcmp(argv[0], "ask") == 0;
    Status status = ask ? is_writable(argv[1]) : write_one(argv[1], small());
    /* Back, so that the coverage can be written. */
    if (seteuid(me) != 0)
        return 98;
    fprintf(stderr, "%s", last_error());
    return exit_status(status);
}

/* The file, the permissions of the in("."), and whether it can be written. */
static const struct {
    const char *name;
    mode_t directory;
    bool writable;
} PERMISSIONS[] = {
    {"mine.txt", 0777, false}, {"new.txt", 0555, false}, {"all.txt", 0555, false},
    {"pipe.txt", 0777, false}, {"all.txt", 0777, true},
};

TEST_ROWS(a_file_or_directory_without_permission_is_left_alone, PERMISSIONS)
{
    put("mine.txt", "before");
    put("all.txt", "before");
    ck_assert_int_eq(mkfifo(in("pipe.txt"), 0444), 0);
    ck_assert_int_eq(chmod(in("mine.txt"), 0444), 0);
    ck_assert_int_eq(chmod(in("all.txt"), 0666), 0);
    ck_assert_int_eq(chmod(in("."), PERMISSIONS[_i].directory), 0);
    for (int ask = 0; ask < 2; ask++) {
        Command command = {.words = {ask ? "ask" : "write", PERMISSIONS[_i].name},
                           .function = write_as_a_stranger,
                           .directory = in(".")};
        Outcome outcome = process_run(&command);
        ck_assert_int_eq(outcome.status, PERMISSIONS[_i].writable ? 0 : 1);
        if (!PERMISSIONS[_i].writable)
            ck_assert_ptr_nonnull(strstr(outcome.err, ".txt: cannot write: Permission denied"));
        outcome_free(&outcome);
    }
    ck_assert_int_eq(chmod(in("."), 0755), 0);
    assert_holds("mine.txt", "before");
    assert_holds("all.txt", PERMISSIONS[_i].writable ? SMALL_TEXT : "before");
    ck_assert_uint_eq(count_files("."), 3);
}

TEST(asking_whether_a_file_can_be_written_writes_nothing)
{
    put("x.txt", "before");
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0); /* to open it would be to wait for a reader */
    assert_ok(is_writable(in("x.txt")));
    assert_ok(is_writable(in("new.txt")));
    assert_ok(is_writable(in("pipe")));
    assert_ok(is_writable("-"));
    assert_ok(array_expect_writable(NULL, 0));
    ArrayOutput outputs[] = {{in("x.txt"), NO_ARRAY}, {in("./x.txt"), NO_ARRAY}};
    assert_fails(array_expect_writable(outputs, 2), STATUS_USAGE, "two outputs have this path");
    assert_holds("x.txt", "before");
    ck_assert_uint_eq(count_files("."), 2);
}

TEST(a_place_is_a_directory_and_a_name)
{
    ck_assert(same_place("/x", "//x"));
    ck_assert(same_place("/dev/nowhere", "/dev/../dev/nowhere"));
    ck_assert(!same_place("/dev/x", "/x"));
    ck_assert(!same_place("/x", "/y"));
    ck_assert(!same_place("/nowhere/x", "/x"));
    ck_assert(!same_place("/x", "/nowhere/x"));
}

TEST(two_outputs_to_one_file_are_refused)
{
    char message[2 * PATH_SIZE];
    ck_assert_int_eq(mkdir(in("sub"), 0777), 0);
    assert_fails(write_two(in("x.npy"), in("x.npy")), STATUS_USAGE, "two outputs have this path");
    assert_fails(write_two(in("x.npy"), in("./x.npy")), STATUS_USAGE, "two outputs have this path");
    snprintf(message, sizeof message, "%s: two outputs have this path, expected one",
             in("sub/../x.npy"));
    assert_fails(write_two(in("x.npy"), in("sub/../x.npy")), STATUS_USAGE, message);
    assert_fails(write_two("-", "-"), STATUS_USAGE, "standard output: two outputs have this path");
    put("x", "before");
    ck_assert_int_eq(symlink("x", in("link")), 0);
    assert_fails(write_two(in("x"), in("link")), STATUS_USAGE, "two outputs have this path");
    assert_holds("x", "before");
    ck_assert_uint_eq(count_files("."), 3);
}

static int write_two_to_standard_output(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    float pair[] = {1, 2};
    Array array = {pair, 1, {2}};
    Status status = array_write((const ArrayOutput[]){{"-", array}, {"/dev/stdout", array}}, 2);
    fputs(last_error(), stderr);
    return exit_status(status);
}

TEST(two_outputs_to_standard_output_are_refused)
{
    Outcome outcome =
        process_run(&(Command){.words = {"two"}, .function = write_two_to_standard_output});
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_str_eq(outcome.out, "");
    ck_assert_str_eq(outcome.err, "/dev/stdout: two outputs have this path, expected one");
    outcome_free(&outcome);
}

TEST(all_outputs_appear_together)
{
    put("a.txt", "before");
    assert_ok(write_two(in("a.txt"), in("b.txt")));
    assert_holds("a.txt", SMALL_TEXT);
    assert_holds("b.txt", "-1 -0.875\n-0.75 -0.625\n-0.5 -0.375\n");
    ck_assert_uint_eq(count_files("."), 2);
}

TEST(one_output_that_fails_leaves_the_others_as_they_were)
{
    put("a.txt", "before");
    assert_fails(write_two(in("a.txt"), in("nowhere/b.txt")), STATUS_SYSTEM, "nowhere/b.txt: ");
    assert_fails(write_two(in("new.txt"), in(".")), STATUS_SYSTEM, "Is a directory");
    assert_fails(write_two(in("."), in("a.txt")), STATUS_SYSTEM, "Is a directory");
    assert_holds("a.txt", "before");
    ck_assert_uint_eq(count_files("."), 1);
}

TEST(a_full_disk_leaves_the_other_outputs_as_they_were)
{
    if (access("/dev/full", W_OK) != 0)
        return;
    put("a.txt", "before");
    assert_fails(write_two("/dev/full", in("a.txt")), STATUS_SYSTEM,
                 "/dev/full: cannot write: No space left on device");
    ck_assert_int_eq(symlink("/dev/full", in("full.npy")), 0);
    ck_assert_int_eq(symlink("/dev/full", in("full.txt")), 0);
    /* More than any buffer: this fails on the way, not at the end. */
    for (int i = 0; i < 2; i++) {
        ArrayOutput outputs[] = {{in("a.txt"), small()},
                                 {in(i == 0 ? "full.npy" : "full.txt"), numbers(2, 1500, 4)}};
        assert_fails(array_write(outputs, 2), STATUS_SYSTEM, ": cannot write: No space left on d");
    }
    assert_holds("a.txt", "before");
    ck_assert_uint_eq(count_files("."), 3);
}

/* In a process of its own: writes more than the process may. */
static int write_too_much(int argc, char **argv)
{
    struct rlimit before;
    signal(SIGXFSZ, SIG_IGN);
    if (argc != 2 || getrlimit(RLIMIT_FSIZE, &before) != 0 ||
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){5000, before.rlim_max}) != 0)
        return 99;
    ArrayOutput outputs[] = {{"-", small()}, {argv[0], small()}, {argv[1], numbers(2, 1500, 4)}};
    Status status = array_write(outputs, 3);
    /* Back, so that the coverage can be written, whose file may be longer than that. */
    if (setrlimit(RLIMIT_FSIZE, &before) != 0)
        return 97;
    return status == STATUS_SYSTEM && strstr(last_error(), argv[1]) != NULL &&
                   strstr(last_error(), ": cannot write: File too large") != NULL
               ? 0
               : 98;
}

TEST(a_file_that_breaks_off_never_appears)
{
    const char *const names[] = {"big.npy", "big.txt"};
    put("a.txt", "before");
    put("big.txt", "before");
    for (size_t i = 0; i < 2; i++) {
        Outcome outcome = process_run(
            &(Command){.words = {in("a.txt"), in(names[i])}, .function = write_too_much});
        ck_assert_int_eq(outcome.status, 0);
        /* What cannot be taken back is written last. */
        ck_assert_str_eq(outcome.out, "");
        outcome_free(&outcome);
    }
    assert_holds("a.txt", "before");
    assert_holds("big.txt", "before");
    ck_assert_uint_eq(count_files("."), 2);
}

/* In a process of its own: writes a matrix to a path and tells its status. */
static int write_matrix(int argc, char **argv)
{
    (void)argc;
    signal(SIGPIPE, SIG_IGN);
    printf("first ");
    Status status = write_one(argv[0], small());
    if (status != STATUS_OK)
        fprintf(stderr, "%s", last_error());
    else
        printf("last");
    return exit_status(status);
}

TEST(a_dash_is_standard_output)
{
    Outcome outcome = process_run(&(Command){.words = {"-"}, .function = write_matrix});
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.out, "first -1 -0.875 -0.75\n-0.625 -0.5 -0.375\nlast");
    outcome_free(&outcome);
}

TEST(standard_output_under_another_name_is_not_overwritten)
{
    /* Standard output is a file here, which another writer would begin anew. */
    Outcome outcome = process_run(&(Command){.words = {"/dev/stdout"}, .function = write_matrix});
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.out, "first -1 -0.875 -0.75\n-0.625 -0.5 -0.375\nlast");
    outcome_free(&outcome);
}

static void assert_standard_output_fails(Command command, const char *reason)
{
    char message[100];
    command.words[0] = "-";
    command.function = write_matrix;
    Outcome outcome = process_run(&command);
    ck_assert_int_eq(outcome.status, 1);
    snprintf(message, sizeof message, "standard output: cannot write: %s", reason);
    ck_assert_str_eq(outcome.err, message);
    outcome_free(&outcome);
}

TEST(standard_output_that_takes_nothing_is_a_failure)
{
    assert_standard_output_fails((Command){.out = STREAM_CLOSED}, "Bad file descriptor");
    assert_standard_output_fails((Command){.out = STREAM_BROKEN_PIPE}, "Broken pipe");
    if (access("/dev/full", W_OK) == 0)
        assert_standard_output_fails((Command){.output_path = "/dev/full"},
                                     "No space left on device");
}

/* In a process of its own: waits until there are so many files, temporary ones too, puts a
 * directory in the way of its renaming, and only then lets the pipe flow. */
static void obstruct(const char *pipe, const char *target, int files)
{
    char bytes[100];
    alarm(20);
    while (count_files(".") < (size_t)files)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (mkdir(target, 0755) != 0)
        _exit(1);
    int end = open(pipe, O_RDONLY);
    while (read(end, bytes, sizeof bytes) > 0)
        ;
    _exit(0);
}

TEST(a_file_that_cannot_take_its_place_is_removed)
{
    int status;
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    pid_t child = fork();
    if (child == 0)
        obstruct(in("pipe"), in("x.npy"), 2);
    assert_fails(write_two(in("x.npy"), in("pipe")), STATUS_SYSTEM, "x.npy: cannot write: ");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(count_files("."), 2);
}

TEST(what_was_moved_before_a_failure_is_moved_back)
{
    int status;
    put("old.txt", "before");
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    pid_t child = fork();
    if (child == 0)
        obstruct(in("pipe"), in("x.npy"), 5);
    ArrayOutput outputs[] = {{in("pipe"), small()},
                             {in("old.txt"), small()},
                             {in("new.txt"), small()},
                             {in("x.npy"), small()}};
    assert_fails(array_write(outputs, 4), STATUS_SYSTEM, "x.npy: cannot write: ");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    assert_holds("old.txt", "before");
    ck_assert_int_ne(access(in("new.txt"), F_OK), 0);
    ck_assert_uint_eq(count_files("."), 3);
}

/* In a process of its own: writes, and knows no way to the directory it is in. */
static int write_where_no_path_leads(int argc, char **argv)
{
    uid_t me = geteuid();
    if (argc != 1 || chmod("..", 0) != 0 || (me == 0 && seteuid(65534) != 0))
        return 99;
    Status status = write_one(argv[0], small());
    if (seteuid(me) != 0 || chmod("..", 0700) != 0)
        return 98;
    fprintf(stderr, "%s", last_error());
    return exit_status(status);
}

TEST(the_directories_above_need_not_be_open)
{
    ck_assert_int_eq(mkdir(in("inside"), 0777), 0);
    ck_assert_int_eq(chmod(in("inside"), 0777), 0);
    ck_assert_int_eq(mkdir(in("inside/deep"), 0777), 0);
    ck_assert_int_eq(chmod(in("inside/deep"), 0777), 0);
    const char *const PATHS[] = {"x.txt", "./y.txt", "deep/z.txt"};
    for (size_t i = 0; i < 3; i++) {
        Outcome outcome = process_run(&(Command){
            .words = {PATHS[i]}, .function = write_where_no_path_leads, .directory = in("inside")});
        ck_assert_msg(outcome.status == 0, "%s", outcome.err);
        outcome_free(&outcome);
    }
    assert_holds("inside/deep/z.txt", SMALL_TEXT);
    ck_assert_uint_eq(count_files("."), 1);
}

TEST(a_pipe_is_written_directly)
{
    int status;
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        Status write_status = write_one(in("pipe"), small());
        _exit(exit_status(write_status));
    }
    assert_holds("pipe", SMALL_TEXT);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(count_files("."), 1);
}

TEST(what_another_program_left_behind_is_not_touched)
{
    char name[64];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, ".headwise-%ld-%d", (long)getpid(), i);
        put(name, "left");
        if (i < 99)
            assert_ok(write_one(in("x.txt"), small()));
        assert_holds(name, "left");
    }
    assert_fails(write_one(in("x.txt"), small()), STATUS_SYSTEM, "cannot write: File exists");
    assert_holds("x.txt", SMALL_TEXT);
    ck_assert_uint_eq(count_files("."), 101);
}

/* In a process of its own: writes where the whole path is longer than any path may be. */
static int write_far_down(int argc, char **argv)
{
    enum { LENGTH = 200 };
    char here[PATH_MAX], name[LENGTH + 1] = "";
    memset(name, 'x', LENGTH);
    if (argc != 1 || chdir(argv[0]) != 0)
        return 99;
    while (getcwd(here, sizeof here) != NULL && strlen(here) + 1 + LENGTH < PATH_MAX)
        if (mkdir(name, 0755) != 0 || chdir(name) != 0)
            return 98;
    Status status = write_one(name, small());
    if (status != STATUS_OK)
        fprintf(stderr, "%s", last_error());
    return access(name, F_OK) == 0 ? exit_status(status) : 97;
}

/* In a process of its own: writes when no more files may be open. */
static int write_with_all_files_open(int argc, char **argv)
{
    struct rlimit before;
    if (argc != 1 || getrlimit(RLIMIT_NOFILE, &before) != 0 ||
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, before.rlim_max}) != 0)
        return 99;
    Status status = write_one(argv[0], small());
    if (setrlimit(RLIMIT_NOFILE, &before) != 0)
        return 98;
    fprintf(stderr, "%s", last_error());
    return exit_status(status);
}

TEST(a_file_that_cannot_be_opened_is_reported)
{
    Outcome outcome =
        process_run(&(Command){.words = {in("x.txt")}, .function = write_with_all_files_open});
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_ptr_nonnull(strstr(outcome.err, "/x.txt: cannot write: Too many open files"));
    outcome_free(&outcome);
}

TEST(where_the_whole_path_is_too_long_a_short_one_will_do)
{
    Outcome outcome = process_run(&(Command){.words = {in(".")}, .function = write_far_down});
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.err, "");
    outcome_free(&outcome);
    ck_assert_uint_eq(count_files("."), 1);
}

TEST(a_path_longer_than_any_may_be_is_refused)
{
    static char path[PATH_MAX + 10];
    memset(path, 'x', sizeof path - 1);
    for (size_t i = 100; i < sizeof path; i += 100)
        path[i] = '/';
    assert_fails(write_one(path, small()), STATUS_SYSTEM, "/xxxx");
    errno = 0;
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(errno, ENAMETOOLONG);
}

TEST(without_memory_nothing_is_written)
{
    put("x.txt", "before");
    memory_fail_at(1);
    assert_fails(write_one(in("x.txt"), small()), STATUS_NO_MEMORY, "out of memory");
    ck_assert(memory_has_failed());
    memory_fail_at(1);
    assert_fails(is_writable(in("x.txt")), STATUS_NO_MEMORY, "out of memory");
    memory_fail_at(2);
    assert_ok(write_one(in("y.txt"), small()));
    ck_assert(!memory_has_failed());
    memory_fail_at(0);
    assert_holds("x.txt", "before");
    ck_assert_uint_eq(count_files("."), 2);
}
